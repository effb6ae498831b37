/** What holds for every method of the catalog that explains examples: it does not matter which others there are, or in which order. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entriesOf, isMap, type MethodEntry } from '../../../server/src/catalog/index.js';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, type Graph } from '../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import type { Call, Json, Target } from '../../../server/src/protocol.js';
import { scaleOf } from './close.js';
import { sequences } from './networks.js';
import { call, openBatch, Workbench, type Result } from './workbench.js';

const LENGTH = 24;
const EXAMPLES = 5;

/** Convolution, ReLU, pool, softplus layer, linear layer: every rule has something to do and second derivatives exist. */
function smallNetwork(): Graph {
  const random = new Stream(3, 'every method');
  const drawn = (...shape: number[]) =>
    floats(
      shape,
      Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.5 * random.normal()),
    );
  const builder = new GraphBuilder('small');
  const x = builder.input('x', 'float32', [1, 4, LENGTH]);
  const constant = (...shape: number[]): string => builder.constant(drawn(...shape));
  const conv = 'convolution';
  const inputs = [x, constant(6, 4, 5), constant(6)];
  builder.append({ operator: 'Conv', name: conv, inputs, outputs: [conv], attributes: { kernel_shape: [5] } });
  const pool = builder.add('MaxPool', [builder.add('Relu', [conv])], { kernel_shape: [4], strides: [4] });
  const layer = builder.add('Gemm', [builder.add('Flatten', [pool]), constant(30, 5), constant(5)]);
  const out = builder.add('Gemm', [builder.add('Softplus', [layer]), constant(5, 1), constant(1)]);
  return openBatch(builder.finish([out]));
}

/** Values for the parameters that have no default. */
const GIVEN: Readonly<Record<string, Json>> = {
  baseline: call('reference', 'uniform'),
  method: call('method', 'saliency'),
  seed: 3,
  samples: 128,
  noise: { absolute: 0.1, unit: 'counts' },
  layer: 'convolution',
  index: 0,
  beta: 10,
};
/** Where the general values are not those that a method needs. */
const OWN: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  exact_shapley: { window: 3 },
};
/** This network has no attention, its predictions all have one sign, so that every rule is empty, and the sequences no variants. */
const ELSEWHERE = ['attention_maps', 'effective_attention', 'anchors', 'variant_effect', 'variant_attribution'];

function callOf({ name, parameters }: MethodEntry): Call {
  const needed = Object.entries(parameters).flatMap(([parameter, { default: value, optional }]) =>
    (value === undefined && optional !== true) || parameter === 'samples'
      ? [[parameter, GIVEN[parameter]!] as const]
      : [],
  );
  return call('method', name, { ...Object.fromEntries(needed), ...OWN[name] });
}

const LOCAL = entriesOf('method').filter(
  ({ name, typology, alphabets }) =>
    typology.scope === 'local' && (alphabets?.includes('dna') ?? true) && !ELSEWHERE.includes(name),
);

describe('every local method', () => {
  let bench: Workbench;
  let target: Target;
  const chosen = sequences(EXAMPLES, LENGTH, 9);
  const keys: Record<'together' | 'turned' | 'alone', string> = { together: '', turned: '', alone: '' };
  beforeAll(async () => {
    bench = await Workbench.create(await onnxruntimeExecutor(1));
    target = await bench.target(smallNetwork(), LENGTH);
    keys.together = await bench.sequences(...chosen);
    keys.turned = await bench.sequences(...chosen.toReversed());
    keys.alone = await bench.sequences(chosen[2]!);
  });
  afterAll(() => bench.remove());

  it.each(LOCAL.map(entry => [entry.name, entry] as const))('%s', async (_, entry) => {
    const method = callOf(entry);
    const explain = (data: string): Promise<Result> => bench.explain(method, target, data);
    const [together, turned, alone] = [
      await explain(keys.together),
      await explain(keys.turned),
      await explain(keys.alone),
    ];
    const map = together.arrays['array']!;
    const size = map.length / EXAMPLES;
    const row = ({ arrays }: Result, at: number) => arrays['array']!.subarray(at * size, (at + 1) * size);
    const scale = scaleOf(map);
    expect(scale, 'a map of zeros proves nothing').toBeGreaterThan(0);
    // An example may well have a map of zeros: rows are compared on the scale of the whole.
    const expectSame = (found: ArrayLike<number>, expected: ArrayLike<number>): void =>
      expect(scaleOf(Array.from(expected, (value, i) => found[i]! - value)) / scale).toBeLessThan(1e-4);
    expect(map.every(Number.isFinite)).toBe(true);
    // Random draws follow the place of an example in its file: the first of the turned file is another origin.
    const drawn = Object.keys(entry.parameters).includes('seed');
    if (!drawn) for (let at = 0; at < EXAMPLES; at++) expectSame(row(turned, EXAMPLES - 1 - at), row(together, at));
    if (!drawn) expectSame(row(alone, 0), row(together, 2));
    // Drawn or not, the same example of the same file has the same explanation among fewer others.
    const some = await bench.data(keys.together, [call('stage', 'take', { size: 2, from: 2 })]);
    const among = await explain(some.key);
    for (const at of [0, 1]) expectSame(row(among, at), row(together, at + 2));
    if (isMap(together.meta.map)) expect(together.arrays['scores']!.length).toBe(EXAMPLES * LENGTH);
  });
});
