import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { expectSameMap, sum } from '../close.js';
import { indicator, network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, encode, oracle, PLANTED, Workbench } from '../workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const mutagenesis = call('method', 'in_silico_mutagenesis');

it.each([
  ['a small network', network({ length: 30 }), 30, 3],
  ['the network of the example', PLANTED, 100, 1],
])('equals brute force in float64, each mutant alone: %s', async (_, source, length, count) => {
  const target = await bench.target(source, length);
  const chosen = sequences(count, length, 3);
  const { arrays, meta } = await bench.explain(mutagenesis, target, await bench.sequences(...chosen));
  const { f } = oracle(await bench.load(target));
  const expected = chosen.flatMap(sequence => {
    const before = f(encode(sequence));
    return [...sequence].flatMap((_base, at) =>
      [...'ACGT'].map(base => f(encode(sequence.slice(0, at) + base + sequence.slice(at + 1))) - before),
    );
  });
  expect(meta.map).toBe('effect');
  expectSameMap(arrays['array']!, expected, 1e-5);
  const x = encode(...chosen);
  expect([...arrays['array']!].every((effect, i) => x[i] !== 1 || effect === 0)).toBe(true);
});

it('scores a position with minus the mean effect of its three substitutions', async () => {
  const target = await bench.target(network({ length: 30 }), 30);
  const { arrays } = await bench.explain(mutagenesis, target, await bench.sequences(...sequences(2, 30)));
  const map = arrays['array']!;
  const expected = Array.from({ length: 60 }, (_, i) => -sum(map.subarray(4 * i, 4 * i + 4)) / 3);
  expectSameMap(arrays['scores']!, expected, 1e-6);
});

it('replaces an ambiguity code by each of the four bases', async () => {
  const graph = scalarFunction(3, (builder, flat) => weightedSum(builder, flat, indicator(3, [1, 'C'])));
  const { arrays } = await bench.explain(mutagenesis, await bench.target(graph, 3), await bench.sequences('ANG'));
  const [none, atN] = [
    [0, 0, 0, 0],
    [-0.25, 0.75, -0.25, -0.25],
  ] as const;
  expect([...arrays['array']!]).toEqual([...none, ...atN, ...none]);
});
