/** The measurements of limits on networks whose limits are known in closed form. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { floats } from '../../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import type { Call, Json, Target } from '../../../../server/src/protocol.js';
import { dataOf, feature, linear, rowFunction, targetOf } from '../../methods/global/rows.js';
import { network as convolutional } from '../../methods/networks.js';
import { call, Workbench, type Result } from '../../methods/workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const random = new Stream(1, 'limits');
const normals = (rows: number, features: number) =>
  Array.from({ length: rows }, () => Array.from({ length: features }, () => random.normal()));
const layer = (name: string, given: Readonly<Record<string, Json>> = {}): Call => call('layer', name, given);

const measure = (name: string, target: Target, data: string, given: Readonly<Record<string, Json>> = {}) =>
  bench.run({ kind: 'metric', metric: call('metric', name, given), subjects: [target], data });
const statistic = ({ meta }: Result, name: string): number => meta.statistics![name]!.value;

/** A network trained on data; with a rate of 0 it stays as it was drawn. */
async function trained(data: string, layers: Call[], given: Readonly<Record<string, Json>> = {}) {
  const network = call('network', 'layers', { layers });
  const training = call('training', 'train', { network, loss: 'mean_squared', seed: 1, validation: 0, ...given });
  const { key } = await bench.run({ kind: 'training', training, data });
  const model = { ...training, parameters: { ...training.parameters, of: key } };
  return (name = 'output', parameters = {}): Target => ({ target: call('target', name, parameters), model });
}
const asDrawn = { epochs: 1, optimizer: call('optimizer', 'sgd', { rate: 0 }) };

describe('kernel_rescaling', () => {
  it('turns the order of the norms round and leaves predictions and ablations as they are', async () => {
    const target = await bench.target(convolutional({ length: 30 }), 30);
    const letters = () => Array.from({ length: 30 }, () => 'ACGT'[random.integer(4)]!).join('');
    const data = await bench.sequences(...Array.from({ length: 40 }, letters));
    const found = await measure('kernel_rescaling', target, data);
    expect(statistic(found, 'norms')).toBeCloseTo(-1, 10);
    expect(statistic(found, 'ablation')).toBeCloseTo(1, 10);
    expect(statistic(found, 'change')).toBeLessThan(1e-5);
    const drawn = await measure('kernel_rescaling', target, data, { factors: 'random', seed: 3 });
    expect(Math.abs(statistic(drawn, 'norms'))).toBeLessThan(1);
    expect(statistic(drawn, 'ablation')).toBeCloseTo(1, 10);
    await expect(measure('kernel_rescaling', target, data, { layer: 'nothing' })).rejects.toThrow(
      'no layer with a kernel',
    );
  });
});

describe('gradient_flow', () => {
  it.each([1, 2])('of ReLU networks as drawn with weight variance %i/n has its closed form', async variance => {
    const width = 64;
    const labels = Array.from({ length: 20 }, () => 0);
    const data = await dataOf(bench, normals(20, 10), { labels });
    const hidden = Array.from({ length: 12 }, () => [layer('dense', { units: width }), layer('relu')]).flat();
    const target = await trained(data, [...hidden, layer('dense', { units: 1 })], {
      ...asDrawn,
      scale: Math.sqrt(variance / width),
      members: 8,
    });
    const decay = statistic(await measure('gradient_flow', target(), data), 'decay');
    const expected = 0.5 * Math.log(variance / 2) - 5 / (4 * width);
    // Of eight networks with 12 layers, ln‖·‖ has a standard error of about ½ √(5 · 12 / 64 / 8) over the whole depth.
    expect(Math.abs(decay - expected)).toBeLessThan((3 * 0.5 * Math.sqrt((5 * 12) / width / 8)) / 12);
  });

  it('loses p (1 − p) at a sigmoid, and finds dead units', async () => {
    const data = await dataOf(bench, normals(30, 4), { labels: Array.from({ length: 30 }, (_, i) => i % 2) });
    const target = await trained(
      data,
      [layer('dense', { units: 6 }), layer('relu'), layer('dense', { units: 1 }), layer('sigmoid')],
      { ...asDrawn, scale: 3, loss: 'binary_cross_entropy' },
    );
    const [logit, probability] = [target('logit'), target('output')];
    const norms = async (of: Target) => (await measure('gradient_flow', of, data)).arrays['array']!;
    const [a, b] = [await norms(logit), await norms(probability)];
    const { arrays } = await bench.explain(call('method', 'saliency'), probability, data);
    arrays['predictions']!.forEach((p, row) => {
      const slope = p * (1 - p);
      expect(Math.abs(b[2 * row]! - slope * a[2 * row]!)).toBeLessThan(1e-5 * (1 + a[2 * row]!));
    });
    const dead = rowFunction(2, (builder, x) => {
      const kernel = builder.constant(floats([2, 4], [1, -1, 0, 1, 1, -1, 0, -1]));
      const bias = builder.constant(floats([4], [0, 0, -1, -1000]));
      const units = builder.add('Relu', [builder.add('Gemm', [x, kernel, bias])]);
      return builder.add('Gemm', [
        units,
        builder.constant(floats([4, 1], [1, 2, 3, 4])),
        builder.constant(floats([1], [0])),
      ]);
    });
    const found = await measure('gradient_flow', await targetOf(bench, dead, 2), await dataOf(bench, normals(20, 2)));
    expect(statistic(found, 'dead')).toBe(0.5);
  });
});

describe('unit_redundancy', () => {
  /** Units max(x₀, 0) as often as there are copies, and f of them. */
  const copied = (copies: number, operator: 'ReduceMean' | 'ReduceMax') =>
    rowFunction(3, (builder, x) => {
      const kernel = builder.constant(floats([1, copies], new Array<number>(copies).fill(1)));
      const units = builder.add('MatMul', [feature(builder, x, 0), kernel]);
      builder.append({ operator: 'Relu', name: 'units', inputs: [units], outputs: ['units'], attributes: {} });
      return builder.add(operator, ['units', builder.integers([1])], { keepdims: 1 });
    });

  it.each([
    ['ReduceMean' as const, 1, 1],
    ['ReduceMean' as const, 4, 0.25],
    // Of a maximum of copies one can be taken down without effect; held at the mean it rises above where the others are low.
    ['ReduceMax' as const, 4, 0.5],
  ])('%s of %i copies shows %d of the effect for each', async (operator, copies, expected) => {
    const rows = normals(400, 3);
    const data = await dataOf(bench, rows);
    const found = await measure('unit_redundancy', await targetOf(bench, copied(copies, operator), 3), data, {
      layer: 'units',
    });
    // E|h − E h| falls half above and half below the mean.
    expect(statistic(found, 'single')).toBeCloseTo(expected, 4);
    expect(statistic(found, 'rank')).toBeCloseTo(1 / copies, 4);
    expect(statistic(found, 'spread')).toBeCloseTo(1, 4);
    if (copies > 1) expect(statistic(found, 'alike')).toBe(1);
  });
});

describe('layers with their units last, [batch, position, unit]', () => {
  /** ReLU(x · kernel) at each of two positions of two numbers, summed over positions and then by the last layer. */
  const positioned = (kernel: number[], last: number[]) =>
    rowFunction(4, (builder, x) => {
      const rows = builder.add('Reshape', [x, builder.integers([0, 2, 2])]);
      const product = builder.add('MatMul', [rows, builder.constant(floats([2, last.length], kernel))]);
      builder.append({ operator: 'Relu', name: 'units', inputs: [product], outputs: ['units'], attributes: {} });
      const sum = builder.add('ReduceSum', ['units', builder.integers([1])], { keepdims: 0 });
      return builder.add('MatMul', [sum, builder.constant(floats([last.length, 1], last))]);
    });

  it('have as many units as kernels, not as positions', async () => {
    const data = await dataOf(bench, normals(300, 4));
    // Three copies of max(x₀, 0): each shows a third of the effect of all.
    const copies = await targetOf(bench, positioned([1, 1, 1, 0, 0, 0], [1, 1, 1]), 4);
    const found = await measure('unit_redundancy', copies, data, { layer: 'units' });
    expect(found.meta.statistics!['single']).toMatchObject({ n: 3 });
    expect(statistic(found, 'single')).toBeCloseTo(1 / 3, 4);
    expect(statistic(found, 'rank')).toBeCloseTo(1 / 3, 4);
  });

  it('are dead where no position activates them', async () => {
    const data = await dataOf(
      bench,
      normals(30, 4).map(row => row.map(value => Math.abs(value))),
    );
    // Of four units over positive numbers one is positive at every position, one at some, and two are never.
    const target = await targetOf(bench, positioned([1, 1, -1, -1, 1, -1, -1, 0], [1, 1, 1, 1]), 4);
    expect(statistic(await measure('gradient_flow', target, data), 'dead')).toBe(0.5);
    const { meta } = await bench.explain(call('method', 'saliency'), target, data);
    expect(meta.notes.map(({ message }) => message).join()).toContain('2 of 4 ReLU units are active nowhere');
  });

  it('are refused where the graph does not tell them apart', async () => {
    const attending = rowFunction(4, (builder, x) => {
      const rows = builder.add('Reshape', [x, builder.integers([0, 2, 2])]);
      const shares = builder.add('MatMul', [rows, builder.add('Transpose', [rows], { perm: [0, 2, 1] })]);
      const name = 'taken';
      builder.append({ operator: 'MatMul', name, inputs: [shares, rows], outputs: [name], attributes: {} });
      const rectified = builder.add('Relu', [name]);
      return builder.add('ReduceSum', [builder.add('Flatten', [rectified]), builder.integers([1])], { keepdims: 1 });
    });
    const data = await dataOf(bench, normals(20, 4));
    const target = await targetOf(bench, attending, 4);
    await expect(measure('unit_redundancy', target, data, { layer: 'taken' })).rejects.toThrow(
      'the graph does not tell which axis counts its units',
    );
    const { meta } = await measure('gradient_flow', target, data);
    expect(meta.notes).toMatchObject([{ code: 'gradient-flow/units' }]);
  });
});

describe('joint_effects', () => {
  it('finds of a maximum that each alone shows nothing', async () => {
    const graph = rowFunction(3, (builder, x) => builder.add('Max', [feature(builder, x, 0), feature(builder, x, 1)]));
    const data = await dataOf(bench, new Array(12).fill([1, 1, 1]));
    const pairs = call('method', 'pairwise_ablation', { baseline: call('reference', 'zeros') });
    const found = await bench.explain(pairs, await targetOf(bench, graph, 3), data);
    const metric = call('metric', 'joint_effects');
    const result = await bench.run({ kind: 'metric', metric, subjects: [found.key] });
    expect([statistic(result, 'median'), statistic(result, 'hidden')]).toEqual([0, 1]);
  });
});

describe('attention_freedom', () => {
  it('moves attention over SNPs without a change of the prediction, and none where keys are fewer than dimensions', async () => {
    const rows = normals(25, 10).map(row => row.map(value => Math.max(0, Math.min(2, Math.round(1 + value)))));
    const data = await dataOf(bench, rows, { as: 'genotypes', labels: rows.map(([a]) => a!) });
    const attending = (size: number) =>
      trained(
        data,
        [
          layer('tokens', { units: 6 }),
          layer('self_attention', { heads: 2, size }),
          layer('flatten'),
          layer('dense', { units: 1 }),
        ],
        asDrawn,
      );
    const found = await measure('attention_freedom', (await attending(3))(), data);
    // Ten keys, and three dimensions with the sum.
    expect(statistic(found, 'free')).toBeCloseTo(0.6, 10);
    expect(statistic(found, 'moved')).toBeGreaterThan(0.05);
    expect(statistic(found, 'change')).toBeLessThan(1e-4);
    // Values lie in the six channels of the tokens, however large the head.
    const wide = await measure('attention_freedom', (await attending(16))(), data, { layer: 'self_attention_1' });
    expect(statistic(wide, 'free')).toBeCloseTo(0.3, 10);
  });
});

describe('collinearity and hub_bias', () => {
  it('read the data and the members behind a map', async () => {
    const rows = normals(60, 3).map(([a, b, c]) => [a!, 0.8 * a! + 0.6 * b!, c!]);
    const data = await dataOf(bench, rows, { labels: rows.map(([a]) => a!) });
    const target = await trained(data, [layer('dense', { units: 1 })], { ...asDrawn, members: 3 });
    const map = await bench.explain(call('method', 'saliency'), target(), data);
    const result = await bench.run({ kind: 'metric', metric: call('metric', 'collinearity'), subjects: [map.key] });
    const mean = (of: (row: number[]) => number) => rows.reduce((sum, row) => sum + of(row) / rows.length, 0);
    const [a, c] = [mean(([v]) => v!), mean(([, v]) => v!)];
    const r =
      mean(([x, y]) => (x! - a) * (y! - c)) / Math.sqrt(mean(([x]) => (x! - a) ** 2) * mean(([, y]) => (y! - c) ** 2));
    expect(statistic(result, 'largest')).toBeGreaterThanOrEqual(1 / (1 - r * r) - 1e-6);
    expect(statistic(result, 'spread')).toBeGreaterThan(0);
  });

  it('knows how many features a node has', async () => {
    const rows = normals(40, 6);
    const data = await dataOf(bench, rows, { labels: rows.map(([a]) => a!) });
    const table = join(bench.folder, 'groups.tsv');
    const groups = [[0], [1, 2], [0, 3, 4, 5]];
    await writeFile(table, groups.flatMap((members, g) => members.map(m => `g${m}\tp${g}\n`)).join(''));
    const masked = layer('masked_dense', { annotation: await bench.file(table), units: 3 });
    const target = await trained(data, [masked, layer('dense', { units: 1 })], { epochs: 1 });
    const of = (name: string) => call('method', name, { layer: 'masked_dense_1' });
    const map = await bench.explain(of('layer_gradient_x_activation'), target(), data);
    const { arrays } = await bench.run({ kind: 'metric', metric: call('metric', 'hub_bias'), subjects: [map.key] });
    expect([...arrays['array']!].filter((_, at) => at % 2 === 1)).toEqual([1, 2, 4]);
    const elsewhere = await bench.explain(call('method', 'layer_activation', { layer: 'dense_1' }), target(), data);
    await expect(
      bench.run({ kind: 'metric', metric: call('metric', 'hub_bias'), subjects: [elsewhere.key] }),
    ).rejects.toThrow('not the values of a masked_dense layer');
  });
});

describe('loss_gap', () => {
  it('is the difference of the mean losses of two models on the same examples', async () => {
    const rows = normals(50, 2);
    const labels = rows.map(([a, b]) => a! - b!);
    const data = await dataOf(bench, rows, { labels });
    const [first, second] = [await targetOf(bench, linear([1, 0]), 2), await targetOf(bench, linear([1, -0.5]), 2)];
    const metric = call('metric', 'loss_gap');
    const result = await bench.run({ kind: 'metric', metric, subjects: [first, second], data });
    const squares = rows.reduce((sum, [, b]) => sum + b! ** 2 / 50, 0);
    expect(statistic(result, 'gap')).toBeCloseTo(0.75 * squares, 5);
    expect(statistic(result, 'second')).toBeCloseTo(0.25 * squares, 5);
  });
});
