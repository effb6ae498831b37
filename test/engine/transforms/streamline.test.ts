import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { Executor } from '../../../server/src/engine/backends/executor.js';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, sizeOf, type Graph, type Tensor } from '../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { differentiate, type Rules } from '../../../server/src/engine/transforms/autodiff.js';
import { fastDerivatives } from '../../../server/src/engine/transforms/fast-derivatives.js';
import { streamline } from '../../../server/src/engine/transforms/streamline.js';
import { emit } from '../../../server/src/engine/transforms/specialise.js';
import { expectClose, expectSameNatively } from '../ops/judge.js';

let native: Executor;
beforeAll(async () => {
  native = await onnxruntimeExecutor(2);
});

const BATCH = 2;

/** What varies between networks: two blocks of convolution, normalisation, ReLU and pool, then dense layers. */
const form = fc.record({
  seed: fc.integer({ min: 1, max: 1000 }),
  length: fc.integer({ min: 24, max: 33 }),
  width: fc.integer({ min: 1, max: 6 }),
  begin: fc.integer({ min: 0, max: 4 }),
  end: fc.integer({ min: 0, max: 4 }),
  pool: fc.integer({ min: 2, max: 4 }),
  normalised: fc.boolean(),
  relu: fc.boolean(),
  /** Whether something else reads the first block's convolution. */
  shared: fc.boolean(),
  transB: fc.integer({ min: 0, max: 1 }),
});
type Form = typeof form extends fc.Arbitrary<infer F> ? F : never;

function network({ seed, length, width, begin, end, pool, normalised, relu, shared, transB }: Form): Graph {
  const random = new Stream(seed, 'streamline');
  const builder = new GraphBuilder('network');
  const drawn = (...shape: number[]): string =>
    builder.constant(
      floats(
        shape,
        Float32Array.from({ length: sizeOf(shape) }, () => 0.6 * random.normal()),
      ),
    );
  const positive = (size: number): string =>
    builder.constant(
      floats(
        [size],
        Float32Array.from({ length: size }, () => 0.5 + random.uniform()),
      ),
    );
  const normalise = (x: string): string => {
    const size = builder.shape(x)[1]!;
    return normalised
      ? builder.add('BatchNormalization', [x, drawn(size), drawn(size), drawn(size), positive(size)])
      : x;
  };
  const rectify = (x: string): string => (relu ? builder.add('Relu', [x]) : x);
  const block = (x: string, filters: number, taps: number, window: number): [string, string] => {
    const convolved = builder.add('Conv', [x, drawn(filters, builder.shape(x)[1]!, 1, taps), drawn(filters)], {
      pads: [0, begin, 0, end],
    });
    const rectified = rectify(normalise(convolved));
    const attributes = { kernel_shape: [1, window], strides: [1, window] };
    return [builder.add('MaxPool', [rectified], attributes), convolved];
  };
  const x = builder.input('x', 'float32', [BATCH, 4, 1, length]);
  const [first, convolved] = block(x, 18, width, pool);
  const [second] = block(first, 5, 3, 2);
  let flat = builder.add('Flatten', [second]);
  if (shared) flat = builder.add('Concat', [flat, builder.add('Flatten', [convolved])], { axis: 1 });
  const inputs = builder.shape(flat)[1]!;
  const weights = transB === 1 ? drawn(3, inputs) : drawn(inputs, 3);
  const hidden = builder.add('Relu', [normalise(builder.add('Gemm', [flat, weights, drawn(3)], { transB }))]);
  return builder.finish([builder.add('Gemm', [hidden, drawn(3, 1)])]);
}

/** Output and gradient of Σ y, in one graph. */
function withGradient(graph: Graph, rules?: Rules): Graph {
  const builder = new GraphBuilder(graph.name);
  const x = builder.input('x', 'float32', graph.inputs[0]!.shape.map(Number));
  const [y] = emit(builder, graph, [x]) as [string];
  const seed = builder.constant(floats([BATCH, 1], [1, 1]));
  const { nodes } = builder.finish([y]);
  const [gradient] = differentiate(builder, nodes, new Map([[y, seed]]), [x], rules);
  return builder.finish([y, gradient ?? x]);
}

/** One-hot rows with runs of one base, where neighbours in a pooling window tie. */
function sequences(length: number, seed: number): Tensor {
  const random = new Stream(seed, 'runs');
  const data = new Float32Array(BATCH * 4 * length);
  for (let row = 0; row < BATCH; row++) {
    let base = 0;
    for (let at = 0; at < length; at++) {
      if (random.uniform() < 0.3) base = random.integer(4);
      data[(row * 4 + base) * length + at] = 1;
    }
  }
  return floats([BATCH, 4, 1, length], data);
}

it('keeps function and gradient of any convolutional stack, ties included', async () => {
  await fc.assert(
    fc.asyncProperty(
      form,
      fc.constantFrom('gradients' as const, 'rules' as const, 'predictions' as const),
      async (drawn, purpose) => {
        const graph = network(drawn);
        const plain = withGradient(graph);
        const fast = withGradient(streamline(graph, purpose, 0), fastDerivatives);
        const x = sequences(drawn.length, drawn.seed);
        const [expected, found] = [plain, fast].map(g => {
          const values = interpret(g, { x: toValue(x) });
          return g.outputs.map(({ name }) => values.get(name)!.data);
        }) as [Float64Array[], Float64Array[]];
        expectClose(found[0]!, expected[0]!, 1e-5, 'output');
        expectClose(found[1]!, expected[1]!, 1e-5, 'gradient');
        await expectSameNatively(native, fast, { x });
      },
    ),
    { seed: 5, numRuns: 40 },
  );
});

it('leaves no normalisation, computes the phases of the first pool apart and pools in front of ReLU', () => {
  const drawn = { seed: 1, length: 25, width: 5, begin: 2, end: 2, pool: 2, normalised: true, relu: true };
  const { nodes } = streamline(network({ ...drawn, shared: false, transB: 0 }), 'gradients', 0);
  expect(nodes.map(node => node.operator)).toEqual([
    'Pad',
    'Slice',
    'Conv',
    'Slice',
    'Conv',
    'Max',
    'Relu',
    'Conv',
    'MaxPool',
    'Relu',
    'Flatten',
    'Gemm',
    'Relu',
    'Gemm',
  ]);
});

it.each([
  ['of few filters under a wide pool stay together', 24, 200, 50, 1],
  ['of many filters under a narrow one are apart', 256, 249, 2, 2],
])('phases %s', (_, filters, length, window, convolutions) => {
  const builder = new GraphBuilder('network');
  const x = builder.input('x', 'float32', [BATCH, 4, 1, length]);
  const kernel = builder.constant(floats([filters, 4, 1, 7], new Float32Array(filters * 28)));
  const map = builder.add('Conv', [x, kernel], { pads: [0, 3, 0, 3] });
  const pooled = builder.add('MaxPool', [map], { kernel_shape: [1, window], strides: [1, window] });
  const { nodes } = streamline(builder.finish([pooled]), 'gradients');
  expect(nodes.filter(({ operator }) => operator === 'Conv')).toHaveLength(convolutions);
});
