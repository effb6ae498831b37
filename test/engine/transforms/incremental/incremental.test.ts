import fc from 'fast-check';
import { expect, it } from 'vitest';
import { interpret, toValue } from '../../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { floats, sizeOf, type Graph } from '../../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import { incremental } from '../../../../server/src/engine/transforms/incremental/incremental.js';
import { SUBSTITUTIONS } from '../../../../server/src/engine/transforms/incremental/windows.js';
import { expectClose } from '../../ops/judge.js';

const LENGTH = 40;

/** A layer of a stack [batch, channels, 1, positions]; `random` draws its weights. */
type Layer = (builder: GraphBuilder, x: string, random: Stream) => string;

const drawn = (builder: GraphBuilder, random: Stream, ...shape: number[]): string =>
  builder.constant(
    floats(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => 0.5 * random.normal()),
    ),
  );

const window = (kernel: number, stride: number, dilation: number, begin: number, end: number) => ({
  kernel_shape: [1, kernel],
  strides: [1, stride],
  dilations: [1, dilation],
  pads: [0, begin, 0, end],
});

const convolution = fc
  .tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 1, max: 2 }),
    fc.nat(3),
    fc.nat(3),
  )
  .map(
    ([kernel, stride, dilation, begin, end]): Layer =>
      (b, x, random) =>
        b.add(
          'Conv',
          [x, drawn(b, random, 3, b.shape(x)[1]!, 1, kernel), drawn(b, random, 3)],
          window(kernel, stride, dilation, begin, end),
        ),
  );
const pool = fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.nat(1), fc.nat(1)).map(
  ([kernel, stride, begin, end]): Layer =>
    (b, x) =>
      b.add('MaxPool', [x], window(kernel, stride, 1, begin, end)),
);
const average = fc
  .tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.nat(1), fc.nat(1), fc.nat(1))
  .map(
    ([kernel, stride, begin, end, count_include_pad]): Layer =>
      (b, x) =>
        b.add('AveragePool', [x], { ...window(kernel, stride, 1, begin, end), count_include_pad }),
  );
const others: readonly Layer[] = [
  (b, x) => b.add('Relu', [x]),
  (b, x) => b.add('Tanh', [x]),
  (b, x, random) => {
    const size = b.shape(x)[1]!;
    const positive = b.constant(
      floats(
        [size],
        Float32Array.from({ length: size }, () => 0.5 + random.uniform()),
      ),
    );
    const [scale, bias, mean] = [0, 1, 2].map(() => drawn(b, random, size)) as [string, string, string];
    return b.add('BatchNormalization', [x, scale, bias, mean, positive]);
  },
  // A connection around a convolution.
  (b, x, random) => {
    const size = b.shape(x)[1]!;
    return b.add('Add', [b.add('Conv', [x, drawn(b, random, size, size, 1, 3)], window(3, 1, 1, 1, 1)), x]);
  },
  (b, x, random) => b.add('Mul', [x, drawn(b, random, 1, b.shape(x)[1]!, 1, 1)]),
  // Channels in groups, from one channel to a group on.
  (b, x, random) => {
    const size = b.shape(x)[1]!;
    return b.add('Conv', [x, drawn(b, random, 2 * size, 1, 1, 3)], { ...window(3, 1, 1, 1, 1), group: size });
  },
  (b, x, random) => {
    const size = b.shape(x)[1]!;
    const group = size % 2 === 0 ? 2 : size;
    return b.add('Conv', [x, drawn(b, random, size, size / group, 1, 2)], { ...window(2, 1, 1, 0, 1), group });
  },
  // Channels as the rows of an image, all of which the kernel sees.
  (b, x, random) => {
    const image = b.add('Transpose', [x], { perm: [0, 2, 1, 3] });
    const rows = b.shape(x)[1]!;
    return b.add('Conv', [image, drawn(b, random, 3, 1, rows, 2)], {
      ...window(2, 1, 1, 0, 0),
      kernel_shape: [rows, 2],
    });
  },
  // No rule: mutants are written out in full here.
  (b, x) => b.add('Softmax', [x], { axis: 3 }),
];
const layers = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: convolution },
    { weight: 2, arbitrary: pool },
    { weight: 2, arbitrary: average },
    { weight: 4, arbitrary: fc.constantFrom(...others) },
  ),
  {
    minLength: 1,
    maxLength: 6,
  },
);
const ending = fc.constantFrom<Layer>(
  (b, x, random) => {
    const flat = b.add('Flatten', [x]);
    return b.add('Gemm', [flat, drawn(b, random, 2, b.shape(flat)[1]!), drawn(b, random, 2)], { transB: 1 });
  },
  (b, x, random) => {
    const last = b.add('Transpose', [x], { perm: [0, 2, 3, 1] });
    const flat = b.add('Reshape', [last, b.integers([b.shape(x)[0]!, -1])]);
    return b.add('MatMul', [flat, drawn(b, random, b.shape(flat)[1]!, 2)]);
  },
  (b, x) => b.add('Flatten', [b.add('GlobalAveragePool', [x])]),
  (b, x) => b.add('ReduceMean', [x, b.integers([2, -1])], { keepdims: 0 }),
);

function stack(batch: number, seed: number, parts: readonly Layer[]): Graph {
  const random = new Stream(seed, 'stack');
  const builder = new GraphBuilder('stack');
  const x = builder.input('x', 'float32', [batch, LENGTH, 4]);
  const ordered = builder.add('Gather', [x, builder.integers([0, 3, 1, 2])], { axis: 2 });
  let value = builder.add('Unsqueeze', [
    builder.add('Transpose', [ordered], { perm: [0, 2, 1] }),
    builder.integers([2]),
  ]);
  for (const part of parts) value = part(builder, value, random);
  const squashed = builder.add('Sigmoid', [value]);
  return builder.finish([builder.add('ReduceSum', [squashed, builder.integers([1])], { keepdims: 0 })]);
}

function randomBases(seed: number): number[] {
  const random = new Stream(seed, 'bases');
  return Array.from({ length: LENGTH }, () => random.integer(4));
}
const encode = (bases: readonly number[]) =>
  toValue(
    floats(
      [1, LENGTH, 4],
      bases.flatMap(base => [0, 1, 2, 3].map(other => Number(other === base))),
    ),
  );

/** A stack that its input is long enough for. */
function possible(seed: number, parts: readonly Layer[]): Graph | undefined {
  try {
    return stack(1, seed, parts);
  } catch {
    return undefined;
  }
}

it('gives every mutant what the whole graph gives it: any stack, any run length', () => {
  let windowed = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 999 }),
      layers,
      ending,
      fc.constantFrom(LENGTH, 17),
      (seed, parts, end, sites) => {
        const one = possible(seed, [...parts, end]);
        fc.pre(one !== undefined);
        const found = incremental(one, batch => stack(batch, seed, [...parts, end]), sites);
        if (found === undefined) return;
        windowed++;
        const bases = randomBases(seed);
        const f = (mutated: readonly number[]): number => {
          const values = interpret(one, { x: encode(mutated) });
          return values.get(one.outputs[0]!.name)!.data[0]!;
        };
        for (let first = 0; first < LENGTH; first += sites) {
          const tables = Object.entries(found.tables(first)).map(([name, table]) => [name, toValue(table)] as const);
          const values = interpret(found.graph, { x: encode(bases), ...Object.fromEntries(tables) }).get(found.f)!.data;
          const count = Math.min(sites, LENGTH - first);
          const expected = Array.from({ length: count * SUBSTITUTIONS }, (_, i) => {
            const position = first + Math.floor(i / SUBSTITUTIONS);
            return f(bases.map((base, at) => (at === position ? (base + 1 + (i % SUBSTITUTIONS)) % 4 : base)));
          });
          expectClose(values.subarray(0, expected.length), expected, 1e-6, 'mutants');
          expect(values.at(-1)!).toBeCloseTo(f(bases), 6);
        }
      },
    ),
    { seed: 11, numRuns: 100 },
  );
  expect(windowed).toBeGreaterThan(50);
});

it.each<[string, Layer, string]>([
  [
    'a grouped convolution',
    (b, x) => {
      const kernel = b.constant(floats([4, 1, 1, 3], new Float32Array(12)));
      return b.add('Conv', [x, kernel], { ...window(3, 1, 1, 1, 1), group: 4 });
    },
    'Conv',
  ],
  [
    'a convolution that sees all rows of an image',
    (b, x) => {
      const image = b.add('Transpose', [x], { perm: [0, 2, 1, 3] });
      const kernel = b.constant(floats([3, 1, 4, 3], new Float32Array(36)));
      return b.add('Conv', [image, kernel], { ...window(3, 1, 1, 0, 0), kernel_shape: [4, 3] });
    },
    'Conv',
  ],
  ['an average pool', (b, x) => b.add('AveragePool', [x], window(3, 2, 1, 1, 0)), 'AveragePool'],
  ['a mean over positions', (b, x) => b.add('GlobalAveragePool', [x]), 'GlobalAveragePool'],
])('computes %s for the sequence alone', (_, layer, operator) => {
  const parts: Layer[] = [
    (b, x, random) => b.add('Conv', [x, drawn(b, random, 4, 4, 1, 3)], window(3, 1, 1, 1, 1)),
    layer,
    (b, x) => b.add('ReduceMean', [x, b.integers([2, 3])], { keepdims: 0 }),
  ];
  const original = stack(1, 1, parts);
  const found = incremental(original, batch => stack(batch, 1, parts), 8)!;
  const count = ({ nodes }: Graph): number => nodes.filter(node => node.operator === operator).length;
  expect(count(found.graph)).toBe(count(original));
});
