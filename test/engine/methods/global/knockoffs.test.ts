import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { differences } from '../../../../server/src/engine/methods/global/knockoff-importance.js';
import {
  chainKnockoff,
  equicorrelated,
  fitChain,
  gaussianOf,
  knockoffsOf,
  knockoffThreshold,
  maximumEntropy,
} from '../../../../server/src/engine/methods/global/knockoffs.js';
import { lasso, standardised } from '../../../../server/src/engine/methods/global/lasso.js';
import { choleskyFactor } from '../../../../server/src/engine/methods/perturbation/cholesky.js';
import { benjaminiHochberg } from '../../../../server/src/engine/metrics/discoveries.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import { call, Workbench } from '../workbench.js';
import { dataOf, linear, targetOf } from './rows.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

/** Neighbours correlate by r, features k apart by its k-th power. */
const decaying = (size: number, r: number): Float64Array =>
  Float64Array.from({ length: size * size }, (_, at) => r ** Math.abs(Math.floor(at / size) - (at % size)));

/** Rows of normal variables with these correlations: [example, feature]. */
function normalRows(count: number, matrix: Float64Array, size: number, seed: number): Float32Array {
  const factor = choleskyFactor(matrix, size)!;
  const rows = new Float32Array(count * size);
  for (let row = 0; row < count; row++) {
    const stream = new Stream(seed, 'rows', undefined, row);
    const z = Float64Array.from({ length: size }, () => stream.normal());
    for (let i = 0; i < size; i++) for (let k = 0; k <= i; k++) rows[row * size + i]! += factor[i * size + k]! * z[k]!;
  }
  return rows;
}
const origins = (count: number) => Array.from({ length: count }, (_, index) => ({ source: '00000007', index }));
const nothing = () => Promise.resolve();

describe('Gaussian knockoffs', () => {
  it('are 2 λ_min away from their originals when all are alike in that', () => {
    expect(equicorrelated(Float64Array.of(1, 0.8, 0.8, 1), 2)[0]).toBeCloseTo(0.999 * 0.4, 6);
    expect(equicorrelated(Float64Array.of(1, 0.3, 0.3, 1), 2)[0]).toBeCloseTo(0.999, 6);
  });

  it('have maximal entropy where no s_j can raise it: s_j = 1 / [(2Σ − S)⁻¹]_jj', () => {
    const size = 7;
    const matrix = decaying(size, 0.7);
    const gaps = maximumEntropy(matrix, size).map(gap => gap / 0.999);
    const entropy = (s: Float64Array): number => {
      const factor = choleskyFactor(
        matrix.map((r, at) => 2 * r - (at % (size + 1) === 0 ? s[at % size]! : 0)),
        size,
      )!;
      return s.reduce((sum, gap, j) => sum + Math.log(gap) + 2 * Math.log(factor[j * size + j]!), 0);
    };
    const best = entropy(gaps);
    for (let j = 0; j < size; j++)
      for (const step of [-0.01, 0.01])
        expect(entropy(gaps.map((gap, i) => (i === j ? gap + step : gap)))).toBeLessThan(best);
    expect(best).toBeGreaterThan(entropy(equicorrelated(matrix, size)));
  });

  it('have the covariance of the originals, and less of it by S with them', async () => {
    const size = 4;
    const matrix = decaying(size, 0.6);
    const count = 20_000;
    const x = normalRows(count, matrix, size, 3);
    for (const construction of ['maximum_entropy', 'equicorrelated'] as const) {
      const space = { alphabet: 'expression', shape: [size] } as const;
      const { draw } = await knockoffsOf(x, origins(count), space, { construction, seed: 1 }, nothing);
      const copy = draw(0);
      const gaps = construction === 'equicorrelated' ? equicorrelated(matrix, size) : maximumEntropy(matrix, size);
      const covariance = (a: Float32Array, b: Float32Array, i: number, j: number): number => {
        let sum = 0;
        for (let row = 0; row < count; row++) sum += a[row * size + i]! * b[row * size + j]!;
        return sum / count;
      };
      // Standard errors are below 0.01.
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          const r = matrix[i * size + j]!;
          expect(Math.abs(covariance(copy, copy, i, j) - r)).toBeLessThan(0.04);
          expect(Math.abs(covariance(x, copy, i, j) - r + (i === j ? gaps[i]! : 0))).toBeLessThan(0.04);
        }
    }
  });

  it('are refused nothing by a matrix that is nearly singular', () => {
    const matrix = decaying(5, 0.999);
    for (const gaps of [equicorrelated(matrix, 5), maximumEntropy(matrix, 5)])
      expect(gaussianOf(matrix, gaps, 5).factor.every(Number.isFinite)).toBe(true);
  });
});

describe('knockoffs of a Markov chain', () => {
  it('can be exchanged with their originals, variant by variant', () => {
    const chain = new Float64Array(27);
    const stream = new Stream(4, 'chain');
    for (let row = 0; row < 9; row++) {
      const weights = [0, 1, 2].map(() => 0.1 + stream.uniform());
      const total = weights.reduce((a, b) => a + b);
      weights.forEach((weight, state) => (chain[(row < 3 ? 0 : row) * 3 + state] = weight / total));
    }
    const step = (variant: number, before: number, random: Stream): number => {
      let left = random.uniform();
      let state = 0;
      while (state < 2 && left >= chain[(variant * 3 + before) * 3 + state]!)
        left -= chain[(variant * 3 + before) * 3 + state++]!;
      return state;
    };
    const counts = new Map<string, number>();
    for (let row = 0; row < 30_000; row++) {
      const random = new Stream(5, 'row', undefined, row);
      const x = new Float32Array(3);
      for (let j = 0; j < 3; j++) x[j] = step(j, j === 0 ? 0 : x[j - 1]!, random);
      const key = `${x.join('')}${chainKnockoff(x, chain, random).join('')}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    // Each pair of cells that an exchange turns into each other has the same expectation: a χ² with as many degrees of freedom.
    for (const variant of [0, 1, 2]) {
      let [statistic, freedom] = [0, 0];
      for (const [key, count] of counts) {
        const letters = [...key];
        [letters[variant], letters[variant + 3]] = [letters[variant + 3]!, letters[variant]!];
        const turned = letters.join('');
        if (turned <= key && counts.has(turned)) continue;
        const other = counts.get(turned) ?? 0;
        if (count + other < 10) continue;
        statistic += (count - other) ** 2 / (count + other);
        freedom++;
      }
      expect(freedom).toBeGreaterThan(50);
      expect(statistic).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom));
    }
  });

  it('are fitted to transitions, with one example’s worth of the frequencies', () => {
    const chain = fitChain(Float32Array.of(0, 1, 0, 1, 2, 0, 2, 2), 2);
    const row = (variant: number, before: number) => [
      ...chain.slice((variant * 3 + before) * 3, (variant * 3 + before + 1) * 3),
    ];
    expect(row(0, 0)).toEqual([2.5, 0.5, 2.5].map((count): unknown => expect.closeTo(count / 5.5, 12)));
    const shares = [1.5, 2.5, 1.5].map(count => count / 5.5);
    expect(row(1, 0)).toEqual([0, 2, 0].map((count, i): unknown => expect.closeTo((count + shares[i]!) / 3, 12)));
    expect(row(1, 1)).toEqual(shares.map((share): unknown => expect.closeTo(share, 12)));
  });
});

describe('selection', () => {
  it('takes the smallest threshold at which the estimated share is small enough', () => {
    expect(knockoffThreshold([5, 4, 3, -2, 1], 0.5)).toBe(1);
    expect(knockoffThreshold([5, 4, 3, -2, 1], 0.34)).toBe(3);
    expect(knockoffThreshold([5, 4, 3, -2, 1], 0.3)).toBe(Infinity);
    expect(knockoffThreshold([0, 0], 0.5)).toBe(Infinity);
    expect([...benjaminiHochberg(Float64Array.of(0.01, 0.9, 0.04, 0.03), 0.05)]).toEqual([1, 0, 0, 0]);
    expect([...benjaminiHochberg(Float64Array.of(0.01, 0.9, 0.037, 0.03), 0.05)]).toEqual([1, 0, 1, 1]);
  });

  it('finds the lasso at its optimality conditions', () => {
    const rows = normalRows(50, decaying(6, 0.5), 6, 8);
    const columns = Array.from({ length: 6 }, (_, j) => standardised(rows.filter((_v, at) => at % 6 === j)));
    const y = standardised(columns[0]!.map((v, i) => v - 0.5 * columns[3]![i]!));
    const found = lasso(columns, y, 0.2);
    const rest = y.map((v, i) => v - found.reduce((sum, b, j) => sum + b * columns[j]![i]!, 0));
    found.forEach((b, j) => {
      const slope = columns[j]!.reduce((sum, v, i) => sum + v * rest[i]!, 0) / 50;
      if (b === 0) expect(Math.abs(slope)).toBeLessThanOrEqual(0.2 + 1e-6);
      else expect(slope).toBeCloseTo(0.2 * Math.sign(b), 5);
    });
    expect(found.filter(b => b !== 0).length).toBeGreaterThan(1);
  });

  it('keeps the false discovery rate of 10 % on correlated features, and has power', { timeout: 60_000 }, async () => {
    const [size, count, real] = [60, 300, 20];
    const matrix = decaying(size, 0.5);
    const space = { alphabet: 'expression', shape: [size] } as const;
    for (const construction of ['maximum_entropy', 'equicorrelated'] as const) {
      const shares: number[] = [];
      const powers: number[] = [];
      for (let study = 0; study < 24; study++) {
        const x = normalRows(count, matrix, size, 100 + study);
        const noise = new Stream(200 + study, 'noise');
        const labels = Array.from({ length: count }, (_, row) => {
          let y = 2 * noise.normal();
          for (let j = 0; j < size; j += 3) y += (j % 2 ? -0.6 : 0.6) * x[row * size + j]!;
          return y;
        });
        const { draw } = await knockoffsOf(x, origins(count), space, { construction, seed: study }, nothing);
        const statistics = differences(x, draw(0), labels, size);
        const threshold = knockoffThreshold(statistics, 0.1);
        const kept = [...statistics.keys()].filter(j => statistics[j]! >= threshold);
        const hits = kept.filter(j => j % 3 === 0).length;
        shares.push(kept.length > 0 ? 1 - hits / kept.length : 0);
        powers.push(hits / real);
      }
      const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
      const error = Math.sqrt(mean(shares.map(v => (v - mean(shares)) ** 2)) / shares.length);
      expect(mean(shares), construction).toBeLessThan(0.1 + 3 * error);
      expect(mean(powers), construction).toBeGreaterThan(0.5);
    }
  });
});

describe('conditional_predictive_impact', () => {
  it('sees what a feature adds and not what it goes with', async () => {
    const count = 600;
    const rows = normalRows(count, Float64Array.of(1, 0.8, 0, 0.8, 1, 0, 0, 0, 1), 3, 9);
    const list = Array.from({ length: count }, (_, i) => [...rows.subarray(i * 3, i * 3 + 3)]);
    const noise = new Stream(2, 'noise');
    const labels = list.map(([a]) => a! + 0.3 * noise.normal());
    const data = await dataOf(bench, list, { labels });
    const impact = call('method', 'conditional_predictive_impact', { seed: 1 });
    const right = await bench.explain(impact, await targetOf(bench, linear([1, 0, 0]), 3), data);
    expect(right.arrays['p_values']![0]).toBeLessThan(1e-6);
    expect([...right.arrays['p_values']!].slice(1)).toEqual([1, 1]);
    // A model that reads the stand-in: permuting that costs it much, its knockoff does not, for it goes with the first as well.
    const wrong = await targetOf(bench, linear([0, 0.8, 0]), 3);
    const { arrays } = await bench.explain(impact, wrong, data);
    const permuted = await bench.explain(call('method', 'permutation_importance', { seed: 1 }), wrong, data);
    expect(arrays['p_values']![1]).toBeGreaterThan(0.01);
    expect(Math.abs(arrays['array']![1]!)).toBeLessThan(0.1 * permuted.arrays['array']![1]!);
  });
});

describe('knockoff_importance', () => {
  it('selects variants of a simulated cohort, and is measured against its truth', { timeout: 60_000 }, async () => {
    const source = call('source', 'simulate_genotypes', {
      people: 800,
      variants: 100,
      block: 5,
      correlation: 0.5,
      heritability: 0.7,
      causal: 0.2,
      seed: 3,
    });
    const { key } = await bench.data(source);
    const target = await targetOf(bench, linear(new Array<number>(100).fill(0)), 100, 'genotypes');
    const found = await bench.explain(call('method', 'knockoff_importance', { seed: 1, rate: 0.2 }), target, key);
    expect(found.meta.notes[0]!.message).toContain('knockoffs by markov chain');
    const { meta, arrays } = await bench.run({
      kind: 'metric',
      metric: call('metric', 'discoveries'),
      subjects: [found.key],
    });
    expect(meta.statistics!['power']!.value).toBeGreaterThan(0.3);
    expect(meta.statistics!['false_share']!.value).toBeLessThan(0.4);
    const pairs = arrays['array']!;
    let hits = 0;
    for (let i = 0; i < 100; i++) hits += pairs[2 * i]! * pairs[2 * i + 1]!;
    expect(meta.statistics!['power']!.value).toBeCloseTo(hits / 20, 6);
  });
});
