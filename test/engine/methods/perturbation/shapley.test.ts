import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { shapleyValues } from '../../../../server/src/engine/methods/perturbation/exact-shapley.js';
import {
  allCoalitions,
  drawCoalitions,
  fitAdditiveGame,
} from '../../../../server/src/engine/methods/perturbation/kernel-shap.js';
import type { Call, Json } from '../../../../server/src/protocol.js';
import { expectSameMap, sum } from '../close.js';
import { network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, encode, oracle, Workbench, type Result } from '../workbench.js';

const seeded = { seed: 7, numRuns: 60 };
const near = (values: ArrayLike<number>, digits = 8): number[] =>
  Array.from(values, value => expect.closeTo(value, digits) as number);

/** All orders of 0 … n − 1. */
function orders(n: number): number[][] {
  if (n === 0) return [[]];
  return orders(n - 1).flatMap(order => Array.from({ length: n }, (_, at) => order.toSpliced(at, 0, n - 1)));
}

/** The mean over all orders of what a player's entry changes. */
function byOrders(values: ArrayLike<number>, players: number): number[] {
  const phi = new Array<number>(players).fill(0);
  const all = orders(players);
  for (const order of all) {
    let coalition = 0;
    for (const player of order) {
      phi[player]! += (values[coalition | (1 << player)]! - values[coalition]!) / all.length;
      coalition |= 1 << player;
    }
  }
  return phi;
}

const players = fc.integer({ min: 1, max: 5 });
const worth = fc.double({ min: -3, max: 3, noNaN: true });
const game = players.chain(n => fc.tuple(fc.constant(n), fc.array(worth, { minLength: 2 ** n, maxLength: 2 ** n })));

/** Kernel regression over all coalitions of a game. */
const kernel = (values: readonly number[], n: number) =>
  fitAdditiveGame(allCoalitions(n), values.slice(1, -1), values[0]!, values.at(-1)!)!;

describe.each([
  ['the formula over coalitions', shapleyValues],
  ['kernel regression over all coalitions', (values: readonly number[], n: number) => kernel(values, n).values],
])('%s', (_, solve) => {
  it('equals the mean over all orders', () => {
    fc.assert(
      fc.property(game, ([n, values]) => {
        expect([...solve(values, n)]).toEqual(near(byOrders(values, n)));
      }),
      seeded,
    );
  });

  it('is efficient and linear', () => {
    fc.assert(
      fc.property(game, fc.array(worth, { minLength: 32, maxLength: 32 }), worth, ([n, values], other, scale) => {
        const phi = solve(values, n);
        expect(sum(phi)).toBeCloseTo(values.at(-1)! - values[0]!, 8);
        const second = solve(other.slice(0, 2 ** n), n);
        const mixed = solve(
          values.map((value, i) => value + scale * other[i]!),
          n,
        );
        expect([...mixed]).toEqual(near(phi.map((value, i) => value + scale * second[i]!)));
      }),
      seeded,
    );
  });

  it('gives a dummy what it earns alone, and players that are interchangeable the same', () => {
    fc.assert(
      fc.property(fc.array(worth, { minLength: 16, maxLength: 16 }), worth, (values, own) => {
        const withDummy = Array.from({ length: 32 }, (_x, c) => values[c & 15]! + (c & 16 ? own : 0));
        expect(solve(withDummy, 5)[4]).toBeCloseTo(own, 8);
        // A coalition is worth what it is with players 0 and 1 exchanged.
        const swapped = (c: number): number => (c & ~3) | ((c & 1) << 1) | ((c & 2) >> 1);
        const symmetric = values.map((value, c) => value + values[swapped(c)]!);
        const phi = solve(symmetric, 4);
        expect(phi[0]).toBeCloseTo(phi[1]!, 8);
      }),
      seeded,
    );
  });
});

it('kernel regression over all coalitions knows additive games: R² is 1, and below it where players interact', () => {
  const additive = Array.from({ length: 16 }, (_, c) => 2 + 1.5 * (c & 1) - (c & 8));
  expect(kernel(additive, 4).rSquared).toBeCloseTo(1, 10);
  const product = Array.from({ length: 16 }, (_, c) => Number((c & 3) === 3));
  expect(kernel(product, 4).rSquared).toBeLessThan(0.9);
});

it('drawn coalitions come near the exact values, as near as their standard errors say', () => {
  const n = 6;
  const values = Array.from({ length: 64 }, (_, c) => Math.sin(c * c) + (c & 5 ? 2 : 0));
  const exact = shapleyValues(values, n);
  let squares = 0;
  const seeds = 120;
  for (let seed = 0; seed < seeds; seed++) {
    const coalitions = drawCoalitions(n, 60, seed, { source: '0000000a', index: 3 });
    const asked = Array.from(coalitions.weights, (_, i) => {
      const members = coalitions.present.subarray(i * n, (i + 1) * n);
      return values[members.reduce((coalition, has, player) => coalition | (has << player), 0)]!;
    });
    const fit = fitAdditiveGame(coalitions, asked, values[0]!, values[63]!)!;
    expect(sum(fit.values)).toBeCloseTo(values[63]! - values[0]!, 8);
    fit.values.forEach((value, i) => (squares += ((value - exact[i]!) / fit.standardErrors[i]!) ** 2));
  }
  const ratio = squares / (seeds * n);
  expect(ratio).toBeGreaterThan(0.75);
  expect(ratio).toBeLessThan(1.35);
});

describe('on models', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await Workbench.create(await onnxruntimeExecutor(2));
  });
  afterAll(() => bench.remove());

  const LENGTH = 12;
  const baseline = call('reference', 'dinucleotide_shuffle', { copies: 3, seed: 4 });
  const groups: Json = { core: ['4-6'], ends: [0, 11] };
  const method = (name: string, given: Readonly<Record<string, Json>> = {}): Call =>
    call('method', name, { baseline, groups, window: 3, ...given });
  const model = () => bench.target(network({ length: LENGTH }), LENGTH);
  /** Features of the groups above, windows between them included, in the order of their first features. */
  const MEMBERS = [[0, 11], [1, 2], [3], [4, 5, 6], [7, 8], [9, 10]];
  const NAMES = ['ends', '1-2', '3', 'core', '7-8', '9-10'];
  const labelsOf = ({ meta }: Result) => meta.arrays.find(({ name }) => name === 'groups')!.axes[1]!.labels;

  /** Shapley values by brute force in float64, [row × group]. */
  async function bruteForce(sequence: string, references: Float32Array): Promise<number[]> {
    const { f } = oracle(await bench.load(await model()));
    const x = encode(sequence);
    const copies = references.length / x.length;
    const values = Array.from({ length: 2 ** MEMBERS.length }, (_, coalition) => {
      const present = new Set(MEMBERS.filter((_m, group) => coalition & (1 << group)).flat());
      const outputs = Array.from({ length: copies }, (_c, copy) =>
        f(x.map((value, at) => (present.has(Math.floor(at / 4)) ? value : references[copy * x.length + at]!))),
      );
      return sum(outputs) / copies;
    });
    return byOrders(values, MEMBERS.length);
  }

  it('exact values equal brute force over all orders, and their map sums to f(x) − mean f(reference)', async () => {
    const chosen = sequences(2, LENGTH, 5);
    const data = await bench.sequences(...chosen);
    const found = await bench.explain(method('exact_shapley'), await model(), data);
    // A method that stores the references that it was given.
    const stored = await bench.explain(call('method', 'deep_lift', { baseline }), await model(), data);
    const references = stored.arrays['references'] as Float32Array;
    const size = references.length / 2;
    const expected = [
      ...(await bruteForce(chosen[0]!, references.subarray(0, size))),
      ...(await bruteForce(chosen[1]!, references.subarray(size))),
    ];
    expect(labelsOf(found)).toEqual(NAMES);
    expectSameMap(found.arrays['groups']!, expected, 1e-5);

    const x = encode(...chosen);
    const placed = Array.from(x, (value, at) => {
      const feature = Math.floor(at / 4) % LENGTH;
      const row = Math.floor(at / 4 / LENGTH);
      const group = MEMBERS.findIndex(members => members.includes(feature));
      return (value * expected[row * MEMBERS.length + group]!) / MEMBERS[group]!.length;
    });
    expectSameMap(found.arrays['array']!, placed, 1e-5);
    const gap = await bench.run({
      kind: 'metric',
      metric: call('metric', 'completeness'),
      subjects: [found.key],
    });
    expect(gap.meta.statistics!['max']!.value).toBeLessThan(1e-5);
  });

  it('kernel regression that reaches all coalitions is exact; drawn orders come within their standard errors', async () => {
    const data = await bench.sequences(...sequences(4, LENGTH, 6));
    const target = await model();
    const exact = (await bench.explain(method('exact_shapley'), target, data)).arrays['groups']!;
    const kernelShap = await bench.explain(method('kernel_shap', { seed: 1 }), target, data);
    expectSameMap(kernelShap.arrays['groups']!, exact, 1e-5);
    expect(kernelShap.arrays['standard_errors']!.every(error => error === 0)).toBe(true);

    for (const antithetic of [true, false]) {
      const given = { seed: 2, permutations: antithetic ? 60 : 120, antithetic };
      const { arrays } = await bench.explain(method('shapley_sampling', given), target, data);
      // Where all shuffles agree with the example, as at both ends, there is neither value nor error.
      const errors = Array.from(arrays['groups']!, (value, i) => {
        const error = arrays['standard_errors']![i]!;
        return (value - exact[i]!) / Math.max(error, 1e-6);
      });
      expect(Math.max(...errors.map(Math.abs))).toBeLessThan(4);
      const ratio = sum(errors.map(error => error ** 2)) / errors.length;
      expect(ratio).toBeGreaterThan(0.3);
      expect(ratio).toBeLessThan(2.5);
    }
  });

  it('a linear model has w (x − b) at every position, whatever is drawn', async () => {
    const length = 20;
    const weights = Array.from({ length: 4 * length }, (_, i) => Math.sin(2 * i));
    const graph = scalarFunction(length, (builder, flat) => weightedSum(builder, flat, weights));
    const target = await bench.target(graph, length);
    const [sequence] = sequences(1, length, 7);
    const data = await bench.sequences(sequence!);
    const uniform = call('reference', 'uniform');
    const expected = Array.from({ length }, (_, position) => {
      const here = weights.slice(4 * position, 4 * position + 4);
      return here['ACGT'.indexOf(sequence![position]!)]! - sum(here) / 4;
    });
    for (const [name, given] of [
      ['kernel_shap', { samples: 200, seed: 3 }],
      ['shapley_sampling', { permutations: 2, seed: 3 }],
    ] as const) {
      const { arrays } = await bench.explain(call('method', name, { baseline: uniform, ...given }), target, data);
      // Every coalition of an additive game tells the same: nothing is left to the draw.
      expectSameMap(arrays['scores']!, expected, 1e-5);
      expect(Math.max(...arrays['standard_errors']!)).toBeLessThan(1e-5);
    }
  });

  it.each([
    ['shapley_sampling', { permutations: 4, seed: 1 }],
    ['kernel_shap', { samples: 40, seed: 1 }],
    ['lime', { samples: 50, seed: 1 }],
  ])('%s does not depend on the batch or on the other examples', async (name, given) => {
    const drawn = method(name, given);
    const target = await model();
    const data = await bench.sequences(...sequences(4, LENGTH, 8));
    const together = await bench.explain(drawn, target, data);
    const alone = await bench.data(data, [call('stage', 'take', { from: 2, size: 1 })]);
    const single = await bench.explain(drawn, target, alone.key);
    const five = await bench.target(network({ length: LENGTH, batch: 5 }), LENGTH);
    const batched = await bench.explain(drawn, five, data);
    const size = LENGTH * 4;
    expectSameMap(single.arrays['array']!, together.arrays['array']!.subarray(2 * size, 3 * size), 1e-5);
    expectSameMap(batched.arrays['array']!, together.arrays['array']!, 1e-5);
    const other = await bench.explain(method(name, { ...given, seed: 2 }), target, data);
    expect([...other.arrays['array']!]).not.toEqual([...together.arrays['array']!]);
  });

  it('refuses more groups than it can enumerate, and fewer samples than it can fit', async () => {
    const target = await bench.target(network({ length: 20 }), 20);
    const data = await bench.sequences(...sequences(1, 20));
    const uniform = { baseline: call('reference', 'uniform') };
    await expect(bench.explain(call('method', 'exact_shapley', uniform), target, data)).rejects.toThrow(
      'there are 20 groups; exact_shapley takes up to 12',
    );
    const few = call('method', 'kernel_shap', { ...uniform, samples: 30, seed: 1 });
    await expect(bench.explain(few, target, data)).rejects.toThrow('30 samples are too few to fit 20 groups');
  });

  it('a single group has the whole difference', async () => {
    const data = await bench.sequences(...sequences(2, LENGTH, 9));
    for (const [name, given] of [
      ['exact_shapley', {}],
      ['shapley_sampling', { seed: 1 }],
      ['kernel_shap', { seed: 1 }],
    ] as const) {
      const one = method(name, { ...given, groups: { all: ['0-11'] } });
      const { arrays } = await bench.explain(one, await model(), data);
      const pairs = arrays['pairs']!;
      expect([...arrays['groups']!]).toEqual(near([pairs[1]! - pairs[2]!, pairs[5]! - pairs[6]!], 5));
    }
  });
});
