/** Occlusion, ablation of groups and of pairs of groups, on sequences and on rows of numbers. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { windowStarts } from '../../../../server/src/engine/methods/perturbation/occlusion.js';
import type { Json } from '../../../../server/src/protocol.js';
import { expectSameMap } from '../close.js';
import { indicator, network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, encode, openBatch, oracle, Workbench } from '../workbench.js';

const LENGTH = 12;

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const uniform = call('reference', 'uniform');
const ablation = (given: Readonly<Record<string, Json>>) => call('method', 'feature_ablation', given);
const occlusion = (given: Readonly<Record<string, Json>>) => call('method', 'occlusion', given);
const scores = async (method: ReturnType<typeof call>, ...chosen: readonly string[]) => {
  const target = await bench.target(network({ length: LENGTH }), LENGTH);
  return bench.explain(method, target, await bench.sequences(...chosen));
};

it('windows reach from the first feature to the last', () => {
  expect(windowStarts(10, 4, 3)).toEqual([0, 3, 6]);
  expect(windowStarts(10, 4, 4)).toEqual([0, 4, 6]);
  expect(windowStarts(3, 5, 1)).toEqual([0]);
});

it('occlusion equals brute force in float64: the mean over the windows that cover a position', async () => {
  const [sequence] = sequences(1, LENGTH, 3);
  const { arrays } = await scores(occlusion({ baseline: uniform, window: 5, stride: 3 }), sequence!);
  const { f } = oracle(await bench.load(await bench.target(network({ length: LENGTH }), LENGTH)));
  const x = encode(sequence!);
  const windows = [0, 3, 6, 7].map(start => {
    const covers = (position: number): boolean => position >= start && position < start + 5;
    return { covers, lost: f(x) - f(x.map((value, at) => (covers(Math.floor(at / 4)) ? 0.25 : value))) };
  });
  expectSameMap(
    arrays['windows']!,
    windows.map(({ lost }) => lost),
    1e-5,
  );
  const expected = Array.from({ length: LENGTH }, (_, position) => {
    const over = windows.filter(({ covers }) => covers(position));
    return over.reduce((sum, { lost }) => sum + lost / over.length, 0);
  });
  expectSameMap(arrays['scores']!, expected, 1e-5);
});

it('a window of 1 is the ablation of every feature; with references drawn, the mean over them', async () => {
  const baseline = call('reference', 'dinucleotide_shuffle', { copies: 3, seed: 2 });
  const chosen = sequences(3, LENGTH, 4);
  const occluded = await scores(occlusion({ baseline, window: 1 }), ...chosen);
  const ablated = await scores(ablation({ baseline }), ...chosen);
  expectSameMap(occluded.arrays['array']!, ablated.arrays['array']!, 1e-6);
  expect(occluded.arrays['array']!.every((value, at) => encode(...chosen)[at] === 1 || value === 0)).toBe(true);
});

it('every feature of a group has what the group loses; an unknown base has it in four parts', async () => {
  const method = ablation({ baseline: call('reference', 'zeros'), groups: { ends: [0, 11] }, window: 20 });
  const { arrays } = await scores(method, 'NCGTACGTACGR');
  const [ends, middle] = arrays['groups']!;
  const expected = Array.from({ length: LENGTH }, (_, at) => (at % 11 === 0 ? ends! : middle!));
  expectSameMap(arrays['scores']!, expected, 1e-6);
  const quarter = ends! / 4;
  expectSameMap(arrays['array']!.subarray(0, 4), [quarter, quarter, quarter, quarter], 1e-6);
  expectSameMap(arrays['array']!.subarray(44), [ends! / 2, 0, ends! / 2, 0], 1e-6);
});

it('goes through inputs that are too many to assemble at once', async () => {
  const length = 4096;
  const weights = Array.from({ length: 4 * length }, (_, i) => Math.sin(i * i));
  const graph = scalarFunction(length, (b, flat) => weightedSum(b, flat, weights));
  const [sequence] = sequences(1, length, 6);
  const { arrays } = await bench.explain(
    ablation({ baseline: call('reference', 'zeros'), window: 8 }),
    await bench.target(graph, length),
    await bench.sequences(sequence!),
  );
  const x = encode(sequence!);
  const expected = Array.from({ length: 512 }, (_, group) =>
    x.subarray(32 * group, 32 * (group + 1)).reduce((sum, value, at) => sum + value * weights[32 * group + at]!, 0),
  );
  expectSameMap(arrays['groups']!, expected, 1e-4);
});

it('rows of numbers: a linear model loses w (x − b) of each gene of a pathway in a file', async () => {
  const weights = [2, -1, 0.5, 3];
  const rows = [
    [1, 2, 3, 4],
    [0, 1, -2, 5],
  ];
  const table = join(bench.folder, 'expression.tsv');
  const pathways = join(bench.folder, 'pathways.tsv');
  await writeFile(table, `name\tTP53\tMDM2\tMYC\tACTB\n${rows.map((row, i) => `s${i}\t${row.join('\t')}\n`).join('')}`);
  await writeFile(pathways, 'TP53\tp53\nMDM2\tp53\n');
  const data = await bench.data(call('source', 'table', { path: await bench.file(table), names: 'name' }));
  const builder = new GraphBuilder('linear');
  const column = builder.constant({ type: 'float32', shape: [4, 1], data: Float32Array.from(weights) });
  const graph = openBatch(builder.finish([builder.add('MatMul', [builder.input('x', 'float32', [1, 4]), column])]));
  const target = await bench.target(graph, 4, call('target', 'output'), {
    input: call('alphabet', 'expression', { genes: 4 }),
  });
  const baseline = call('reference', 'mean');
  const groups = await bench.file(pathways);
  const lost = rows.map((row, i) => row.map((value, j) => weights[j]! * (value - (value + rows[1 - i]![j]!) / 2)));

  const { arrays } = await bench.explain(ablation({ baseline, groups }), target, data.key);
  expectSameMap(
    arrays['array']!,
    lost.flatMap(([a, b, c, d]) => [a! + b!, a! + b!, c!, d!]),
    1e-6,
  );
  const exact = await bench.explain(call('method', 'exact_shapley', { baseline, groups }), target, data.key);
  expect(exact.meta.arrays.find(({ name }) => name === 'groups')!.axes[1]!.labels).toEqual(['p53', 'MYC', 'ACTB']);
  expectSameMap(
    exact.arrays['array']!,
    lost.flatMap(([a, b, c, d]) => [(a! + b!) / 2, (a! + b!) / 2, c!, d!]),
    1e-6,
  );
});

it('pairs of groups equal brute force in float64, and one group that makes up for another is negative', async () => {
  const [sequence] = sequences(1, LENGTH, 5);
  const method = (given: Readonly<Record<string, Json>>) =>
    call('method', 'pairwise_ablation', { baseline: uniform, window: 4, ...given });
  const { arrays, meta } = await scores(method({}), sequence!);
  const { f } = oracle(await bench.load(await bench.target(network({ length: LENGTH }), LENGTH)));
  const x = encode(sequence!);
  const without = (...windows: readonly number[]): number =>
    f(x.map((value, at) => (windows.includes(Math.floor(at / 16)) ? 0.25 : value)));
  const expected = Array.from({ length: 9 }, (_, at) => {
    const [i, j] = [Math.floor(at / 3), at % 3];
    return i === j ? 0 : f(x) - without(i) - without(j) + without(i, j);
  });
  expectSameMap(arrays['array']!, expected, 1e-4);
  expectSameMap(
    arrays['groups']!,
    [0, 1, 2].map(i => f(x) - without(i)),
    1e-5,
  );
  expect(meta.map).toBe('interaction');

  // max(A at 0, A at 5): either is enough.
  const graph = scalarFunction(LENGTH, (b, flat) => {
    const [one, other] = [0, 5].map(position => weightedSum(b, flat, indicator(LENGTH, [position, 'A']))) as [
      string,
      string,
    ];
    return b.add('Add', [one, b.add('Relu', [b.add('Sub', [other, one])])]);
  });
  const redundant = await bench.explain(
    method({ baseline: call('reference', 'zeros') }),
    await bench.target(graph, LENGTH, call('target', 'output')),
    await bench.sequences('ACGTCAGTACGT'),
  );
  expect([...redundant.arrays['groups']!]).toEqual([0, 0, 0]);
  expect([...redundant.arrays['array']!]).toEqual([0, -1, 0, -1, 0, 0, 0, 0, 0]);
});
