import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { OUTCOME_FIELDS } from '../../../../server/src/engine/methods/global/counterfactual.js';
import { call, encode, oracle, Workbench, type Result } from '../workbench.js';
import { network, sequences } from '../networks.js';
import { dataOf, feature, linear, rowFunction, targetOf } from './rows.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const counterfactual = (given = {}) => call('method', 'counterfactual', given);

/** The outcome of one example by field. */
function outcomeOf({ arrays }: Result, row = 0): Record<(typeof OUTCOME_FIELDS)[number], number> {
  const start = row * OUTCOME_FIELDS.length;
  const values = OUTCOME_FIELDS.map((field, i) => [field, arrays['outcome']![start + i]!] as const);
  return Object.fromEntries(values) as ReturnType<typeof outcomeOf>;
}

/** The fewest changes to 0, 1 or 2 that bring Σ w x + b above 0, by trying all genotypes. */
function fewest(weights: readonly number[], bias: number, x: readonly number[]): number {
  let best = Infinity;
  for (let code = 0; code < 3 ** x.length; code++) {
    const other = x.map((_, i) => Math.floor(code / 3 ** i) % 3);
    const edits = other.filter((count, i) => count !== x[i]).length;
    if (other.reduce((sum, count, i) => sum + count * weights[i]!, bias) > 0) best = Math.min(best, edits);
  }
  return best;
}

describe('counterfactual', () => {
  it('needs as few changes of alleles as brute force, for any linear model', async () => {
    const row = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 4, maxLength: 4 }),
        fc.integer({ min: -24, max: 2 }),
        fc.array(row, { minLength: 3, maxLength: 3 }),
        async (weights, bias, people) => {
          const target = await targetOf(bench, linear(weights, bias + 0.5), 4, 'genotypes');
          const data = await dataOf(bench, people, { as: 'genotypes' });
          const found = await bench.explain(counterfactual({ flip: 'above', edits: 4 }), target, data);
          people.forEach((person, i) => {
            const { edits, flipped, after } = outcomeOf(found, i);
            const expected = fewest(weights, bias + 0.5, person);
            if (expected === Infinity) {
              expect(flipped).toBe(0);
              return;
            }
            // Effects of single changes add up in a linear model, so greedy is exact.
            expect([flipped, edits]).toEqual([1, expected]);
            const map = found.arrays['array']!.slice(i * 4, i * 4 + 4);
            const changed = person.map((count, variant) => count + map[variant]!);
            expect([...map].filter(change => change !== 0)).toHaveLength(edits);
            expect(changed.every(count => [0, 1, 2].includes(count))).toBe(true);
            expect(after).toBe(changed.reduce((sum, count, variant) => sum + count * weights[variant]!, bias + 0.5));
          });
        },
      ),
      { seed: 3, numRuns: 25 },
    );
  });

  // x₀ alone gains most at once, but then needs two more; x₁ and x₂ only act together.
  const trap = rowFunction(4, (b, x) => {
    const both = b.add('Mul', [feature(b, x, 1), feature(b, x, 2)]);
    const alone = b.add('Mul', [feature(b, x, 0), b.scalar(1)]);
    const little = b.add('Mul', [feature(b, x, 3), b.scalar(0.6)]);
    const sum = b.add('Add', [b.add('Add', [b.add('Mul', [both, b.scalar(1)]), alone]), little]);
    return b.add('Sub', [sum, b.scalar(3.5)]);
  });

  it('finds by trying all pairs what greedy misses, and proves it', async () => {
    const target = await targetOf(bench, trap, 4, 'genotypes');
    const data = await dataOf(bench, [[0, 0, 0, 0]], { as: 'genotypes' });
    const greedy = outcomeOf(await bench.explain(counterfactual({ exact: 1, edits: 4 }), target, data));
    const exact = await bench.explain(counterfactual({ exact: 2, edits: 4 }), target, data);
    expect(greedy).toMatchObject({ flipped: 1, proven: 0 });
    expect(greedy.edits).toBeGreaterThan(2);
    expect(outcomeOf(exact)).toMatchObject({ edits: 2, flipped: 1, proven: 1, before: -3.5, after: 0.5 });
    expect([...exact.arrays['array']!]).toEqual([0, 2, 2, 0]);
    expect(exact.meta.notes.map(({ message }) => message)).toEqual([
      'Across the threshold: 1 with 2 changes.',
      'row 1: g1 0 → 2, g2 0 → 2; the target goes from -3.50 to 0.500.',
    ]);
  });

  it('says how far it came where no flip is found, and does nothing where nothing is to do', async () => {
    const target = await targetOf(bench, linear([1, 1], -10), 2, 'genotypes');
    const data = await dataOf(bench, [[0, 0]], { as: 'genotypes' });
    const above = await bench.explain(counterfactual({ exact: 2, edits: 2 }), target, data);
    expect(outcomeOf(above)).toEqual({ edits: 2, flipped: 0, proven: 1, before: -10, after: -6 });
    expect(above.meta.notes[0]!.message).toBe('1 of 1 examples do not get there within 2 changes.');
    const below = await bench.explain(counterfactual({ flip: 'below' }), target, data);
    expect(outcomeOf(below)).toEqual({ edits: 0, flipped: 1, proven: 1, before: -10, after: -10 });
    expect([...below.arrays['array']!]).toEqual([0, 0]);
  });

  it('keeps sequences one-hot, and a single substitution is the one that moves the target most', async () => {
    const target = await bench.target(network({ length: 12 }), 12);
    const texts = sequences(6, 12);
    const found = await bench.explain(counterfactual({ edits: 3 }), target, await bench.sequences(...texts));
    const { f } = oracle(await bench.load(target));
    const x = encode(...texts);
    for (let row = 0; row < texts.length; row++) {
      const own = x.slice(row * 48, row * 48 + 48);
      const changed = own.map((v, i) => v + found.arrays['array']![row * 48 + i]!);
      for (let position = 0; position < 12; position++)
        expect([...changed.slice(position * 4, position * 4 + 4)].sort()).toEqual([0, 0, 0, 1]);
      const { edits, flipped, before, after } = outcomeOf(found, row);
      expect(changed.filter((v, i) => v !== own[i])).toHaveLength(2 * edits);
      expect(after).toBeCloseTo(f(changed), 4);
      expect(flipped).toBe(Number(after > 0 !== before > 0));
      if (edits !== 1) continue;
      let furthest = 0;
      for (let i = 0; i < 48; i++) {
        const single = own.slice();
        single.fill(0, i - (i % 4), i - (i % 4) + 4);
        single[i] = 1;
        furthest = Math.max(furthest, -Math.sign(before) * (f(single) - before));
      }
      expect(Math.abs(after - before)).toBeCloseTo(furthest, 4);
    }
  });

  it('takes values of expression from references, and asks for them', async () => {
    const target = await targetOf(bench, linear([1, 2, -1]), 3);
    const data = await dataOf(bench, [[1, 1, 1]]);
    const others = await dataOf(bench, [[-1, -4, 1.5]]);
    const baseline = call('reference', 'samples', { of: others, copies: 3, seed: 1 });
    const found = await bench.explain(counterfactual({ baseline }), target, data);
    expect([...found.arrays['array']!]).toEqual([0, -5, 0]);
    await expect(bench.explain(counterfactual(), target, data)).rejects.toMatchObject({
      problem: { code: 'method/baseline' },
    });
  });

  it('refuses a search that would not end', async () => {
    const target = await targetOf(bench, linear(new Array<number>(500).fill(1), 1), 500, 'genotypes');
    const data = await dataOf(bench, [new Array<number>(500).fill(0)], { as: 'genotypes' });
    await expect(bench.explain(counterfactual({ exact: 3 }), target, data)).rejects.toMatchObject({
      message: '`exact: 3` would try 1.7e+8 combinations of 1000 changes for each example',
    });
  });
});
