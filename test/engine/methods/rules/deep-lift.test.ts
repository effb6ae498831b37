import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { referenceExecutor } from '../../../../server/src/engine/backends/reference.js';
import type { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { PAIR_FIELDS } from '../../../../server/src/engine/methods/pairs.js';
import { expectSameMap } from '../close.js';
import { indicator, network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, PLANTED, Workbench, type Result } from '../workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const zeros = call('reference', 'zeros');
const shuffled = (copies: number) => call('reference', 'dinucleotide_shuffle', { copies, seed: 1 });
const deepLift = (baseline: ReturnType<typeof call>) => call('method', 'deep_lift', { baseline });

/** |Σ contributions − difference| of every pair, as a share of the largest difference. */
function gaps({ arrays }: Result): number[] {
  const pairs = arrays['pairs']!;
  const count = pairs.length / PAIR_FIELDS.length;
  const at = (pair: number, field: number): number => pairs[pair * PAIR_FIELDS.length + field]!;
  const differences = Array.from({ length: count }, (_, pair) => at(pair, 1) - at(pair, 2));
  const scale = Math.max(...differences.map(Math.abs));
  return differences.map((difference, pair) => Math.abs(at(pair, 0) - difference) / scale);
}

describe('closed forms on "ACG" against zeros', () => {
  const A = indicator(3, [0, 'A']);
  const C = indicator(3, [1, 'C']);
  const AC = indicator(3, [0, 'A'], [1, 'C']);
  type Body = (builder: GraphBuilder, x: string, y: string, flat: string) => string;

  /** Position scores of f(x, y), x and y being 1 in the example and 0 in the reference. */
  async function explain(body: Body): Promise<number[]> {
    const graph = scalarFunction(3, (b, flat) => body(b, weightedSum(b, flat, A), weightedSum(b, flat, C), flat));
    const target = await bench.target(graph, 3, call('target', 'output'));
    const result = await bench.explain(deepLift(zeros), target, await bench.sequences('ACG'));
    expect(Math.max(...gaps(result))).toBeLessThan(1e-6);
    return [...result.arrays['scores']!];
  }
  const near = (...values: number[]) => values.map(value => expect.closeTo(value, 5) as number);

  it('a linear function: its weights', async () => {
    const weights = Array.from({ length: 12 }, (_, i) => Math.cos(i));
    expect(await explain((b, _x, _y, flat) => weightedSum(b, flat, weights, 5))).toEqual(
      near(weights[0]!, weights[5]!, weights[10]!),
    );
  });

  it('min(1, x + y), saturated at the input: ½ and ½, where the gradient is zero', async () => {
    const scores = await explain((b, _x, _y, flat) =>
      b.add('Sub', [
        b.scalar(1),
        b.add('Relu', [
          weightedSum(
            b,
            flat,
            AC.map(v => -v),
            1,
          ),
        ]),
      ]),
    );
    expect(scores).toEqual(near(0.5, 0.5, 0));
  });

  it('a sigmoid of 4x + 2y: its difference, shared 2 : 1', async () => {
    const scores = await explain((b, _x, _y, flat) =>
      b.add('Sigmoid', [
        weightedSum(
          b,
          flat,
          AC.map((v, i) => v * (i < 4 ? 4 : 2)),
        ),
      ]),
    );
    const total = 1 / (1 + Math.exp(-6)) - 0.5;
    expect(scores).toEqual(near((2 / 3) * total, total / 3, 0));
  });

  it('a product of branches: ½ and ½', async () => {
    expect(await explain((b, x, y) => b.add('Mul', [x, y]))).toEqual(near(0.5, 0.5, 0));
  });

  it('max(x, 2y): to the branch that wins, and max(−x, −y) to the one that wins in the reference', async () => {
    const twice = (b: GraphBuilder, y: string) => b.add('Mul', [y, b.scalar(2)]);
    expect(await explain((b, x, y) => b.add('Max', [x, twice(b, y)]))).toEqual(near(0, 2, 0));
    const scores = await explain((b, x, y) => b.add('Max', [b.add('Neg', [x]), b.add('Neg', [twice(b, y)])]));
    // Both tie at 0 in the reference, and −x wins in the example.
    expect(scores).toEqual(near(-0.5, -0.5, 0));
  });

  it('a ReLU that is used twice, and an exponential', async () => {
    const scores = await explain((b, x, y) => {
      const h = b.add('Relu', [b.add('Sub', [x, y])]);
      return b.add('Add', [b.add('Exp', [x]), b.add('Add', [h, h])]);
    });
    expect(scores).toEqual(near(Math.E - 1, 0, 0));
  });
});

it('every pair of the example network is complete', async () => {
  const target = await bench.target(PLANTED, 100);
  const data = await bench.sequences(...sequences(8, 100, 3));
  const result = await bench.explain(deepLift(shuffled(3)), target, data);
  expect(gaps(result)).toHaveLength(24);
  expect(Math.max(...gaps(result))).toBeLessThan(1e-4);
  expect(result.meta.notes[0]).toMatchObject({ level: 'information', code: 'rules/conservation' });
});

it('the native runtime and the reference interpreter agree', async () => {
  const target = await bench.target(network({ length: 12 }), 12);
  const data = await bench.sequences(...sequences(4, 12, 3));
  const native = await bench.explain(deepLift(shuffled(2)), target, data);
  const plain = await bench.explain(deepLift(shuffled(2)), target, data, { executor: referenceExecutor, run: 'plain' });
  expectSameMap(native.arrays['array']!, plain.arrays['array']!, 1e-4);
});

it('several references give the mean of single ones', async () => {
  const target = await bench.target(PLANTED, 100);
  const data = await bench.sequences(...sequences(4, 100, 5));
  const { arrays } = await bench.explain(deepLift(shuffled(3)), target, data);
  const { multipliers, references, array } = arrays as Record<string, Float32Array>;
  const inputs = await (await bench.store.array(data)).read();
  const rebuilt = Float32Array.from(inputs, (value, i) => {
    const first = Math.floor(i / 400) * 1200 + (i % 400);
    return [0, 400, 800].reduce(
      (sum, at) => sum + (multipliers![first + at]! * (value - references![first + at]!)) / 3,
      0,
    );
  });
  expectSameMap(rebuilt, array!, 1e-5);
});

it('a probability is explained exactly, and so is the logit in front of it', async () => {
  const graph = network({ length: 12, units: 3, ending: 'Softmax' });
  const data = await bench.sequences(...sequences(2, 12, 6));
  for (const kind of ['output', 'logit']) {
    const target = await bench.target(graph, 12, call('target', kind, { index: 1 }));
    expect(Math.max(...gaps(await bench.explain(deepLift(zeros), target, data)))).toBeLessThan(1e-5);
  }
});

it('an operator without a rule is refused by name', async () => {
  const graph = scalarFunction(3, (b, flat) => {
    const x = weightedSum(b, flat, indicator(3, [0, 'A']));
    return b.add('Where', [b.add('Greater', [x, b.scalar(0)]), x, b.scalar(0)]);
  });
  const target = await bench.target(graph, 3, call('target', 'output'));
  await expect(bench.explain(deepLift(zeros), target, await bench.sequences('ACG'))).rejects.toMatchObject({
    problem: { code: 'gradient/refused', message: expect.stringContaining('Where') as string },
  });
});

const PEAKS = join(import.meta.dirname, '../../../../../shared/data/peaks');

describe.skipIf(!existsSync(PEAKS))('shared/data/peaks/ctcf_vs_pu1.onnx', () => {
  it.each(['rescale', 'reveal_cancel', 'genomics_default'])('%s conserves on real peaks, at every node', async rule => {
    const target = await bench.target(join(PEAKS, 'ctcf_vs_pu1.onnx'), 100);
    const peaks = call('source', 'fasta', { path: await bench.file(join(PEAKS, 'ctcf.fa.gz')), label: 1 });
    const { key } = await bench.data(peaks, [call('stage', 'take', { size: 16 })]);
    const method = call('method', 'deep_lift', { baseline: shuffled(4), rule });
    const result = await bench.explain(method, target, key);
    expect(Math.max(...gaps(result))).toBeLessThan(1e-4);
    expect(result.meta.notes[0]).toMatchObject({ level: 'information', code: 'rules/conservation' });
  });
});
