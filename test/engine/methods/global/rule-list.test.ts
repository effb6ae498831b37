import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { ensembleOf } from '../../../../server/src/engine/methods/ensemble.js';
import {
  captures,
  fallingList,
  fallingLoss,
  falls,
  type Captured,
} from '../../../../server/src/engine/methods/global/falling-list.js';
import { entropy, featureConditions, minedRules } from '../../../../server/src/engine/methods/global/mined-rules.js';
import { both, rowSet, sizeOf } from '../../../../server/src/engine/methods/global/row-sets.js';
import { RULE_LIST_FIELDS } from '../../../../server/src/engine/methods/global/rule-list.js';
import type { PreparedMethod } from '../../../../server/src/engine/methods/method.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import { call, Workbench, type Result } from '../workbench.js';
import { dataOf, linear, targetOf } from './rows.js';

const nothing = () => Promise.resolve();

describe('losses under falling shares', () => {
  it('are the least over all ways to pool neighbours into shares that fall', () => {
    const random = new Stream(1, 'parts');
    for (let round = 0; round < 50; round++) {
      const parts = Array.from({ length: 6 }, (): Captured => {
        const count = 1 + random.integer(9);
        return { count, positives: random.integer(count + 1) };
      });
      const losses = Array.from({ length: 2 ** 5 }, (_, joined) => {
        const pooled: Captured[] = [];
        parts.forEach((part, i) => {
          const last = i > 0 && joined & (1 << (i - 1)) ? pooled.pop()! : { positives: 0, count: 0 };
          pooled.push({ positives: last.positives + part.positives, count: last.count + part.count });
        });
        return falls(pooled)
          ? pooled.reduce((sum, { positives, count }) => sum + entropy(positives, count), 0)
          : Infinity;
      });
      expect(fallingLoss(parts)).toBeCloseTo(Math.min(...losses), 9);
    }
  });

  it('is compared across a rule that nobody came to', () => {
    const nobody = { positives: 0, count: 0 };
    expect(falls([{ positives: 4, count: 5 }, nobody, { positives: 1, count: 5 }])).toBe(true);
    expect(falls([{ positives: 1, count: 5 }, nobody, { positives: 4, count: 5 }])).toBe(false);
  });
});

describe('the search for a falling list', () => {
  it('finds the best of all lists, where all can be counted', async () => {
    for (let round = 0; round < 12; round++) {
      const random = new Stream(round, 'rows');
      const count = 90;
      const rules = Array.from({ length: 6 }, () => {
        const share = 0.1 + 0.5 * random.uniform();
        return { conditions: [], met: rowSet(count, () => random.uniform() < share) };
      });
      const risk = rules.map(() => random.uniform());
      const first = (row: number): number => rules.findIndex(({ met }) => (met[row >>> 5]! >>> (row & 31)) & 1);
      const answers = rowSet(count, row => random.uniform() < (risk[first(row)] ?? 0.1));
      const problem = { rules, answers, count, support: 5, longest: 3, price: 1 + 2 * random.uniform() };
      const costOf = (list: readonly number[]): number => {
        const parts = captures(
          list.map(rule => rules[rule]!),
          answers,
          count,
        );
        const enough = parts.slice(0, -1).every(part => part.count >= problem.support);
        if (!enough || !falls(parts)) return Infinity;
        return parts.reduce((sum, part) => sum + entropy(part.positives, part.count), 0) + problem.price * list.length;
      };
      const lists = (length: number): number[][] =>
        length === 0
          ? [[]]
          : [
              ...lists(length - 1),
              ...lists(length - 1).flatMap(list => rules.flatMap((_, i) => (list.includes(i) ? [] : [[...list, i]]))),
            ];
      const least = Math.min(...lists(3).map(costOf));
      const found = await fallingList(problem, 2000, 1, nothing);
      expect(costOf(found), `round ${round}`).toBeCloseTo(least, 9);
    }
  });
});

describe('rules', () => {
  it('are the pairs and single conditions that tell most of the answer, each set of examples once', async () => {
    const random = new Stream(3, 'rows');
    const [count, variants] = [200, 5];
    const x = Float32Array.from({ length: count * variants }, () => random.integer(3));
    const conditions = featureConditions(x, count, { alphabet: 'genotypes', shape: [variants] }, 4, []);
    const among = rowSet(count, row => row % 2 === 0);
    const answers = both(
      among,
      rowSet(count, row => x[row * variants]! + x[row * variants + 1]! > 1 + random.uniform()),
    );
    const mining = { among, answers, support: 8, longest: 2, candidates: 40 };
    const found = await minedRules(conditions, mining, nothing);
    const sets = new Map<string, number>();
    const consider = (met: Uint32Array): void => {
      const [size, total, hits] = [sizeOf(met), sizeOf(among), sizeOf(both(met, answers))];
      if (size < 8 || total - size < 8) return;
      const rest = entropy(sizeOf(answers) - hits, total - size);
      sets.set(met.join(), entropy(sizeOf(answers), total) - entropy(hits, size) - rest);
    };
    for (const a of conditions)
      for (const b of conditions) if (a === b || a.feature !== b.feature) consider(both(both(a.met, b.met), among));
    const best = [...sets.values()].sort((a, b) => b - a).slice(0, 40);
    expect(new Set(found.map(({ met }) => met.join())).size).toBe(40);
    found.forEach(({ met }, i) => expect(sets.get(met.join())).toBeCloseTo(best[i]!, 9));
  });

  it('cut expression at quantiles that occur, and ask for certain bases', () => {
    const rows = (set: Uint32Array | undefined, count: number) =>
      Array.from({ length: count }, (_, row) => (set![0]! >>> row) & 1);
    const genes = featureConditions(Float32Array.of(1, 5, 5, 7), 4, { alphabet: 'expression', shape: [1] }, 2, [
      'TP53',
    ]);
    expect(genes.map(({ text }) => text)).toEqual(['TP53 ≤ 5', 'TP53 > 5']);
    expect(rows(genes[1]?.met, 4)).toEqual([0, 0, 0, 1]);
    const bases = featureConditions(
      Float32Array.of(0, 1, 0, 0, 0.25, 0.25, 0.25, 0.25),
      2,
      { alphabet: 'dna', shape: [1, 4] },
      2,
      [],
    );
    expect(bases[1]?.text).toBe('position 1 = C');
    expect(bases.map(({ met }) => rows(met, 2))).toEqual([
      [0, 0],
      [1, 0],
      [0, 0],
      [0, 0],
    ]);
  });
});

it('lists of several networks are refused where they differ: rules have no mean', () => {
  const list = (...names: string[]): PreparedMethod => ({
    produces: 'rule',
    axes: [],
    rows: { axis: 'rule', names },
    arrays: [],
    blockRows: 1,
    explain: () => Promise.resolve({ map: new Float32Array(names.length) }),
    notes: () => [],
    release: nothing,
  });
  expect(() => ensembleOf([list('g1 = 2', 'otherwise'), list('always')], [], 1)).toThrow('have no mean');
  expect(ensembleOf([list('always'), list('always')], [], 1).rows?.names).toEqual(['always']);
});

describe('rule_list', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await Workbench.create(await onnxruntimeExecutor(2));
  });
  afterAll(() => bench.remove());

  const random = new Stream(7, 'people');
  const people = Array.from({ length: 1500 }, () => Array.from({ length: 12 }, () => random.integer(3)));
  const fields = ({ arrays }: Result, rule: number) =>
    Object.fromEntries(
      RULE_LIST_FIELDS.map((field, i) => [field, arrays['array']![rule * RULE_LIST_FIELDS.length + i]!]),
    ) as Record<(typeof RULE_LIST_FIELDS)[number], number>;
  const namesOf = async ({ key }: Result) => (await bench.store.rows(key)).rows.map(([name]) => name);

  it('finds a planted list, with its risks in their intervals', async () => {
    const riskOf = (g: readonly number[]): number => (g[3] === 2 ? 0.95 : g[5]! >= 1 && g[8] === 0 ? 0.6 : 0.1);
    const labels = people.map(g => Number(random.uniform() < riskOf(g)));
    const target = await targetOf(bench, linear(new Array<number>(12).fill(0)), 12, 'genotypes');
    const found = await bench.explain(
      call('method', 'rule_list', { seed: 1 }),
      target,
      await dataOf(bench, people, { as: 'genotypes', labels }),
    );
    const [first, second, third] = await namesOf(found);
    expect([first, third]).toEqual(['g3 = 2', 'otherwise']);
    expect(['g5 ≥ 1 and g8 = 0', 'g8 = 0 and g5 ≥ 1']).toContain(second);
    expect(found.meta.rows).toBe(3);
    [0.95, 0.6, 0.1].forEach((risk, rule) => {
      const { low, high, searched } = fields(found, rule);
      expect(low).toBeLessThan(risk);
      expect(high).toBeGreaterThan(risk);
      expect(Math.abs(searched - risk)).toBeLessThan(0.15);
    });
    const held = [0, 1, 2].map(rule => fields(found, rule));
    expect(held.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(held.reduce((sum, { examples }) => sum + examples, 0)).toBeGreaterThan(700);
  });

  it('has no rule for answers that nothing tells', async () => {
    const labels = people.map(() => random.integer(2));
    const target = await targetOf(bench, linear(new Array<number>(12).fill(0)), 12, 'genotypes');
    const data = await dataOf(bench, people, { as: 'genotypes', labels });
    for (const seed of [1, 2, 3]) {
      const found = await bench.explain(call('method', 'rule_list', { seed, conditions: 3 }), target, data);
      expect(await namesOf(found)).toEqual(['always']);
    }
  });

  it('explains what a network answers, and needs two answers', async () => {
    const weights = [3, 0, 0, -3];
    const rows = Array.from({ length: 400 }, () => weights.map(() => 4 * random.uniform() - 2));
    const data = await dataOf(bench, rows);
    const target = await targetOf(bench, linear(weights), 4);
    const method = (given = {}) => call('method', 'rule_list', { of: 'predictions', seed: 1, ...given });
    const found = await bench.explain(method(), target, data);
    const names = (await namesOf(found)).slice(0, -1);
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) expect(name).toMatch(/^g[03] [≤>] [-.\d]+( and g[03] [≤>] [-.\d]+)?$/);
    const { risk } = fields(found, 0);
    expect(risk).toBeGreaterThan(0.9);
    expect(fields(found, names.length).risk).toBeLessThan(0.2);
    await expect(bench.explain(method({ threshold: 1000 }), target, data)).rejects.toThrow('nothing to tell apart');
    await expect(bench.explain(method({ of: 'labels' }), target, data)).rejects.toThrow('needs a label');
  });
});
