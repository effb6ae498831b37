import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { StoredExamples } from '../../../../server/src/engine/data/stored-examples.js';
import type { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { RULE_FIELDS } from '../../../../server/src/engine/methods/global/anchors.js';
import { referenceOf } from '../../../../server/src/engine/methods/references/references.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import type { Call } from '../../../../server/src/protocol.js';
import { indicator, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, encode, Workbench, type Result } from '../workbench.js';
import { dataOf, feature, linear, rowFunction, targetOf, type Alphabet } from './rows.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const anchors = (background: Call, given = {}) => call('method', 'anchors', { background, seed: 1, ...given });
const samples = (of: string, copies = 300) => call('reference', 'samples', { of, copies, seed: 2 });

function outcomeOf({ arrays }: Result, row: number): Record<(typeof RULE_FIELDS)[number], number> {
  const start = row * RULE_FIELDS.length;
  const values = RULE_FIELDS.map((field, i) => [field, arrays['outcome']![start + i]!] as const);
  return Object.fromEntries(values) as ReturnType<typeof outcomeOf>;
}
/** Features of the rule of a row. */
const ruleOf = ({ arrays }: Result, row: number, length: number): number[] =>
  [...arrays['array']!.slice(row * length, (row + 1) * length).keys()].filter(
    i => arrays['array']![row * length + i] === 1,
  );

function randomRows(count: number, features: number, draw: (random: Stream) => number, seed = 4): number[][] {
  const random = new Stream(seed, 'anchor rows');
  return Array.from({ length: count }, () => Array.from({ length: features }, () => draw(random)));
}

/** (g0 = 2 and g1 = 2) or g2 = 2, as a logit. */
const logic = rowFunction(5, (b, x) => {
  const isTwo = (index: number, builder: GraphBuilder = b): string =>
    builder.add('Relu', [builder.add('Sub', [feature(builder, x, index), builder.scalar(1)])]);
  const either = b.add('Add', [b.add('Mul', [isTwo(0), isTwo(1)]), isTwo(2)]);
  return b.add('Sub', [either, b.scalar(0.5)]);
});
const truth = (g: readonly number[]): boolean => (g[0] === 2 && g[1] === 2) || g[2] === 2;

/** The background of every example, as the method gets it: [example][copy] rows. */
async function backgroundOf(data: string, background: Call, features: number): Promise<number[][][]> {
  const examples = await StoredExamples.open(bench.store, data);
  const open = (key: string) => StoredExamples.open(bench.store, key);
  const reference = await referenceOf(background, { examples, open, files: {} });
  return examples.origins.map((origin, row) => {
    const rows = new Float32Array(reference.copies * features);
    reference.fill({ letters: new Uint8Array(0), origin, row }, rows);
    return Array.from({ length: reference.copies }, (_, i) => [...rows.slice(i * features, (i + 1) * features)]);
  });
}
const subsets = (count: number): number[][] =>
  Array.from({ length: 2 ** count }, (_, code) =>
    Array.from({ length: count }, (_, i) => i).filter(i => code & (1 << i)),
  );

describe('anchors', () => {
  it(
    'are as short as brute force over all rules, as precise as they say, and cover most',
    { timeout: 60_000 },
    async () => {
      const population = await dataOf(
        bench,
        randomRows(500, 5, random => random.integer(3)),
        { as: 'genotypes' },
      );
      const people = randomRows(40, 5, random => random.integer(3), 9);
      const data = await dataOf(bench, people, { as: 'genotypes' });
      const target = await targetOf(bench, logic, 5, 'genotypes');
      const background = samples(population);
      const found = await bench.explain(anchors(background, { tolerance: 0.05 }), target, data);
      const backgrounds = await backgroundOf(data, background, 5);
      let broken = 0;
      people.forEach((person, row) => {
        const others = backgrounds[row]!;
        const share = (holds: (other: number[]) => boolean): number => others.filter(holds).length / others.length;
        const rules = subsets(5).map(conditions => ({
          conditions,
          precision: share(
            other => truth(other.map((g, i) => (conditions.includes(i) ? person[i]! : g))) === truth(person),
          ),
          coverage: share(other => conditions.every(i => other[i] === person[i])),
        }));
        const own = ruleOf(found, row, 5);
        const outcome = outcomeOf(found, row);
        const exact = rules.find(({ conditions }) => conditions.join() === own.join())!;
        expect(outcome).toMatchObject({ accepted: 1, conditions: own.length });
        expect(outcome.coverage).toBeCloseTo(exact.coverage, 12);
        expect(outcome.bound).toBeGreaterThanOrEqual(0.95);
        if (outcome.bound > exact.precision) broken++;
        const sure = rules.filter(({ precision }) => precision === 1);
        expect(own.length).toBeLessThanOrEqual(Math.min(...sure.map(({ conditions }) => conditions.length)));
        // Of equally long rules, up to what the beam saw, the one that more people meet.
        const rivals = sure.filter(({ conditions }) => conditions.length === own.length).length;
        if (rivals <= 2 && exact.precision === 1)
          expect(exact.coverage).toBe(
            Math.max(...sure.filter(r => r.conditions.length === own.length).map(r => r.coverage)),
          );
      });
      expect(broken).toBeLessThanOrEqual(0.05 * people.length);
      expect(found.meta.notes[0]!.message).toMatch(
        /^row 1: the target is (not )?above 0 where g\d = [012]( and g\d = [012])* \(precision /,
      );
    },
  );

  it('hold the bases that decide', async () => {
    const graph = scalarFunction(8, (b, flat) => weightedSum(b, flat, indicator(8, [2, 'G'], [5, 'A']), -1.5));
    const target = await bench.target(graph, 8);
    const data = await bench.sequences('ACGTAATT', 'ACCTAATT');
    const background = samples(await bench.sequences(...sequences(400, 8)));
    const found = await bench.explain(anchors(background), target, data);
    expect(ruleOf(found, 0, 8)).toEqual([2, 5]);
    // One sequence in sixteen is above the threshold, so "not above" needs no more than one base, or none at 90 %.
    expect(ruleOf(found, 1, 8)).toEqual([2]);
    const easy = await bench.explain(anchors(background, { precision: 0.9 }), target, data);
    expect(ruleOf(easy, 1, 8)).toEqual([]);
    expect(outcomeOf(easy, 1)).toMatchObject({ coverage: 1, conditions: 0, accepted: 1 });
    expect(found.meta.arrays[0]!.axes.map(({ name }) => name)).toEqual(['example', 'position']);
    expect(found.meta.notes[0]!.message).toContain('where position 3 = G and position 6 = A (precision 100.0 %');
  });

  it('hold groups as a whole', async () => {
    // A word of four: no single base of it says much.
    const word = [...'TGCA'].map((base, i) => [3 + i, base] as const);
    const graph = scalarFunction(10, (b, flat) => weightedSum(b, flat, indicator(10, ...word), -3.5));
    const data = await bench.sequences('AAATGCAGGG');
    const background = samples(await bench.sequences(...sequences(400, 10)));
    const groups = { word: ['3-6'], tail: ['7-9'] };
    const found = await bench.explain(anchors(background, { groups }), await bench.target(graph, 10), data);
    expect(ruleOf(found, 0, 10)).toEqual([3, 4, 5, 6]);
    expect(outcomeOf(found, 0)).toMatchObject({ conditions: 1, accepted: 1 });
    expect(found.meta.notes[0]!.message).toContain('s0: the target is above 0 where word as it is (precision 100.0 %');
  });

  it('cut expression into quantile bins', async () => {
    const population = await dataOf(
      bench,
      randomRows(400, 3, random => random.normal()),
    );
    const data = await dataOf(bench, [
      [2, 0, 0],
      [-2, 0, 0],
    ]);
    const target = await targetOf(bench, linear([1, 0.05, 0]), 3);
    const found = await bench.explain(anchors(samples(population)), target, data);
    expect([ruleOf(found, 0, 3), ruleOf(found, 1, 3)]).toEqual([[0], [0]]);
    const [low, high] = [found.arrays['low']!, found.arrays['high']!];
    expect(low[0]).toBeCloseTo(0.67, 0.5);
    expect([high[0], low[3]]).toEqual([Infinity, -Infinity]);
    expect(high[3]).toBeCloseTo(-0.67, 0.5);
    expect(low[1]).toBeNaN();
    expect(outcomeOf(found, 0).coverage).toBeCloseTo(0.25, 1);
    const second = await bench.data(data, [call('stage', 'take', { size: 1, from: 1 })]);
    const alone = await bench.explain(anchors(samples(population)), target, second.key);
    expect([...alone.arrays['outcome']!]).toEqual([...found.arrays['outcome']!.slice(RULE_FIELDS.length)]);
    expect(found.meta.notes[1]!.message).toMatch(/where g0 ≤ -0\.\d+ \(precision/);
  });

  it('say so where no rule is precise enough, and find those among many features', async () => {
    const build = async (features: number, as: Alphabet) => {
      const rows = randomRows(300, features, random => random.integer(2));
      return { data: await dataOf(bench, [rows[0]!], { as }), population: await dataOf(bench, rows, { as }) };
    };
    // Parity: no rule that leaves a feature open says anything.
    const parity = rowFunction(4, (b, x) => {
      const signs = [0, 1, 2, 3].map(i => b.add('Sub', [b.add('Mul', [feature(b, x, i), b.scalar(2)]), b.scalar(1)]));
      return signs.reduce((product, sign) => b.add('Mul', [product, sign]));
    });
    const odd = await build(4, 'genotypes');
    const none = await bench.explain(
      anchors(samples(odd.population), { conditions: 3, budget: 1000 }),
      await targetOf(bench, parity, 4, 'genotypes'),
      odd.data,
    );
    expect(outcomeOf(none, 0)).toMatchObject({ accepted: 0 });
    expect(none.meta.notes[0]).toMatchObject({ code: 'method/no-rule', level: 'warning' });

    const weights = Array.from({ length: 60 }, (_, i) => (i === 41 ? 10 : 0.1));
    const wide = await build(60, 'genotypes');
    const found = await bench.explain(
      anchors(samples(wide.population), { candidates: 5 }),
      await targetOf(bench, linear(weights, -8), 60, 'genotypes'),
      wide.data,
    );
    expect(ruleOf(found, 0, 60)).toEqual([41]);
  });

  it('need a distribution', async () => {
    const data = await bench.sequences('ACGTA');
    const graph = scalarFunction(5, (b, flat) => weightedSum(b, flat, encode('ACGTA')));
    const failing = bench.explain(anchors(call('reference', 'uniform')), await bench.target(graph, 5), data);
    await expect(failing).rejects.toMatchObject({ message: 'uniform gives one input, which is no distribution' });
  });
});
