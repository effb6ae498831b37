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
  expect(meta.notes).toMatchObject([
    { level: 'information', message: expect.stringContaining('Only what a substitution') },
  ]);
  expectSameMap(arrays['array']!, expected, 1e-5);
  const x = encode(...chosen);
  expect([...arrays['array']!].every((effect, i) => x[i] !== 1 || effect === 0)).toBe(true);
});

it('takes whole passes where windows would cost more, and says so', async () => {
  const graph = scalarFunction(3, (builder, flat) => weightedSum(builder, flat, indicator(3, [1, 'C'])));
  const { meta } = await bench.explain(mutagenesis, await bench.target(graph, 3), await bench.sequences('ACG'));
  expect(meta.notes).toMatchObject([{ level: 'information', message: expect.stringContaining('Every mutant') }]);
});

it('explains a sequence with an ambiguity code as it does beside others', async () => {
  const target = await bench.target(PLANTED, 100);
  const [plain, other] = sequences(2, 100) as [string, string];
  const ambiguous = `${other.slice(0, 40)}N${other.slice(41)}`;
  const { arrays } = await bench.explain(mutagenesis, target, await bench.sequences(ambiguous, plain));
  const { f } = oracle(await bench.load(target));
  const x = encode(ambiguous).fill(0.25, 160, 164);
  const before = f(x);
  const effect = (at: number, base: number): number => {
    const mutant = x.slice();
    mutant.fill(0, at * 4, at * 4 + 4)[at * 4 + base] = 1;
    return f(mutant) - before;
  };
  expectSameMap(
    arrays['array']!.subarray(0, 400),
    Array.from({ length: 400 }, (_, i) => effect(Math.floor(i / 4), i % 4)),
    1e-5,
  );
  const alone = await bench.explain(mutagenesis, target, await bench.sequences(plain));
  expect([...arrays['array']!.subarray(400)]).toEqual([...alone.arrays['array']!]);
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
