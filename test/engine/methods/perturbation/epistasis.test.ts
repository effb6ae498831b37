import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { expectSameMap, scaleOf } from '../close.js';
import { indicator, network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, encode, oracle, Workbench } from '../workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

it('is zero where effects add up', async () => {
  const weights = Array.from({ length: 24 }, (_, i) => Math.cos(i));
  const target = await bench.target(
    scalarFunction(6, (b, flat) => weightedSum(b, flat, weights)),
    6,
  );
  const { arrays } = await bench.explain(
    call('method', 'epistasis', { bases: 'all' }),
    target,
    await bench.sequences('ACGTAC'),
  );
  expect(scaleOf(arrays['array']!) / scaleOf(arrays['effects']!)).toBeLessThan(1e-6);
});

it('is the product of the effects where they multiply', async () => {
  // f = a · c with a = 1 + 2 [G at 1] and c = 3 + [T at 4]: the pair adds 2 · 1.
  const graph = scalarFunction(6, (b, flat) =>
    b.add('Mul', [
      weightedSum(
        b,
        flat,
        indicator(6, [1, 'G']).map(v => 2 * v),
        1,
      ),
      weightedSum(b, flat, indicator(6, [4, 'T']), 3),
    ]),
  );
  const target = await bench.target(graph, 6, call('target', 'output'));
  for (const bases of ['strongest', 'all']) {
    const method = call('method', 'epistasis', { from: 1, to: 5, bases });
    const { arrays, meta } = await bench.explain(method, target, await bench.sequences('ACGTAC'));
    const expected = new Array<number>(16).fill(0);
    expected[3] = expected[12] = 2;
    expectSameMap(arrays['array']!, expected, 1e-6);
    expect([arrays['bases']![3], arrays['bases']![12]]).toEqual([2, 3]);
    expect(meta.map).toBe('interaction');
    expect(meta.arrays[0]!.axes.map(({ name, size }) => [name, size])).toEqual([
      ['example', 1],
      ['position', 4],
      ['position', 4],
    ]);
  }
});

it.each(['strongest', 'all'] as const)('equals brute force in float64: %s', async bases => {
  const length = 12;
  const target = await bench.target(network({ length }), length);
  const chosen = sequences(2, length, 6);
  const method = call('method', 'epistasis', { from: 2, to: 9, bases });
  const { arrays } = await bench.explain(method, target, await bench.sequences(...chosen));
  const { f } = oracle(await bench.load(target));
  const replace = (sequence: string, at: number, base: string) => sequence.slice(0, at) + base + sequence.slice(at + 1);
  const expected = chosen.flatMap(sequence => {
    const value = (s: string): number => f(encode(s));
    const none = value(sequence);
    const effect = (at: number, base: string): number => value(replace(sequence, at, base)) - none;
    const strongest = (candidates: readonly number[]): number =>
      candidates.reduce((best, one) => (Math.abs(one) > Math.abs(best) ? one : best), 0);
    const others = (at: number): string[] => {
      const all = [...'ACGT'].filter(base => base !== sequence[at]);
      if (bases === 'all') return all;
      const most = Math.max(...all.map(base => Math.abs(effect(at, base))));
      return [all.find(base => Math.abs(effect(at, base)) === most)!];
    };
    return Array.from({ length: 49 }, (_, at) => {
      const [i, j] = [2 + Math.floor(at / 7), 2 + (at % 7)];
      if (i === j) return 0;
      return strongest(
        others(i).flatMap(one =>
          others(j).map(
            other => value(replace(replace(sequence, i, one), j, other)) - none - effect(i, one) - effect(j, other),
          ),
        ),
      );
    });
  });
  expectSameMap(arrays['array']!, expected, 1e-4);
});

it('goes through pairs that are too many to assemble at once', async () => {
  const length = 4096;
  const graph = scalarFunction(length, (b, flat) =>
    b.add('Mul', [
      weightedSum(b, flat, indicator(length, [1, 'G'])),
      weightedSum(b, flat, indicator(length, [38, 'T'])),
    ]),
  );
  const target = await bench.target(graph, length, call('target', 'output'));
  const data = await bench.sequences('A'.repeat(length));
  const { arrays } = await bench.explain(call('method', 'epistasis', { to: 40, bases: 'all' }), target, data);
  const expected = new Array<number>(1600).fill(0);
  expected[40 + 38] = expected[38 * 40 + 1] = 1;
  expect([...arrays['array']!]).toEqual(expected);
});

it('refuses a stretch without pairs', async () => {
  const target = await bench.target(network({ length: 12 }), 12);
  const data = await bench.sequences(...sequences(1, 12));
  await expect(bench.explain(call('method', 'epistasis', { from: 5, to: 20 }), target, data)).rejects.toThrow(
    'there are no pairs of positions in 5 … 20 of 12',
  );
});
