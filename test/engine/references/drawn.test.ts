import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { StoredExamples } from '../../../server/src/engine/data/stored-examples.js';
import { referenceOf } from '../../../server/src/engine/methods/references/references.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import type { Call } from '../../../server/src/protocol.js';
import { call, encode, Workbench } from '../methods/workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(referenceExecutor);
});
afterAll(() => bench.remove());

const reference = (name: string, given: Parameters<typeof call>[2]): Call => call('reference', name, given);

/** The references of every example, one text per copy, and the notes. */
async function drawn(of: Call, data: string) {
  const examples = await StoredExamples.open(bench.store, data);
  const made = await referenceOf(of, {
    examples,
    open: key => StoredExamples.open(bench.store, key),
    files: bench.paths,
  });
  const size = made.copies * examples.size;
  const all = new Float32Array(examples.count * size);
  const distinct = examples.origins.map((origin, row) =>
    made.fill({ letters: new Uint8Array(0), origin, row }, all.subarray(row * size, (row + 1) * size)),
  );
  const rows = Array.from({ length: examples.count * made.copies }, (_, i) =>
    [...all.subarray(i * examples.size, (i + 1) * examples.size)].join(),
  );
  return {
    notes: made.notes ?? [],
    distinct,
    copies: distinct.map((_, i) => rows.slice(i * made.copies, (i + 1) * made.copies)),
  };
}

/** Sequences with so many letters C or G, in random places; the others are A or T. */
function withGc(length: number, ...counts: readonly number[]): string[] {
  return counts.map((count, i) => {
    const stream = new Stream(11, 'test sequences', undefined, i);
    const order = [...Array(length).keys()];
    stream.shuffle(order);
    return order.map(place => (place < count ? 'CG' : 'AT')[stream.integer(2)]!).join('');
  });
}

const row = (sequence: string): string => [...encode(sequence)].join();
const gcOf = (text: string): number => {
  const shares = text.split(',').map(Number);
  return shares.reduce((sum, share, i) => sum + (i % 4 === 1 || i % 4 === 2 ? share : 0), 0) / (shares.length / 4);
};

describe('gc_matched', () => {
  const background = withGc(50, ...Array.from({ length: 60 }, (_, i) => 10 + (i % 30)));

  it('draws sequences whose share of G and C is within the tolerance, each once before any twice', async () => {
    const data = await bench.sequences(...withGc(50, 12, 20, 25, 38));
    const of = await bench.sequences(...background);
    const { copies, distinct, notes } = await drawn(
      reference('gc_matched', { of, tolerance: 0.02, copies: 8, seed: 3 }),
      data,
    );
    expect(notes).toEqual([]);
    // Three counts of G and C lie within 2 % of 50 letters, with two sequences each.
    expect(distinct).toEqual([6, 6, 6, 6]);
    [12, 20, 25, 38].forEach((count, example) => {
      const fitting = background.filter((_, i) => Math.abs(10 + (i % 30) - count) <= 1).map(row);
      expect(new Set(copies[example]!.slice(0, 6))).toEqual(new Set(fitting));
      expect(copies[example]!.slice(6).every(copy => fitting.includes(copy))).toBe(true);
    });
  });

  it('takes the nearest where none fits, and says how far off they are', async () => {
    const data = await bench.sequences(...withGc(50, 3, 20, 45));
    const of = await bench.sequences(...background);
    const { copies, notes } = await drawn(reference('gc_matched', { of, copies: 2, seed: 3 }), data);
    expect(copies.map(own => own.map(gcOf))).toEqual([
      [expect.closeTo(0.2), expect.closeTo(0.2)],
      [expect.closeTo(0.4, 1), expect.closeTo(0.4, 1)],
      [expect.closeTo(0.78), expect.closeTo(0.78)],
    ]);
    expect(notes).toMatchObject([
      { level: 'warning', code: 'reference/gc', message: expect.stringMatching(/^2 of 3 .* within 2 % .* 14 % away/) },
    ]);
  });

  it('never takes the example itself, and refuses where there is nothing else', async () => {
    const own = withGc(30, 15, 15, 3);
    const data = await bench.sequences(...own);
    const { copies } = await drawn(reference('gc_matched', { copies: 3, seed: 1 }), data);
    expect(copies[0]).toEqual(new Array(3).fill(row(own[1]!)));
    expect(copies[1]).toEqual(new Array(3).fill(row(own[0]!)));
    const alone = await bench.sequences(own[0]!);
    await expect(drawn(reference('gc_matched', { copies: 1, seed: 1 }), alone)).rejects.toMatchObject({
      problem: { code: 'reference/alone', place: 'example "s0"' },
    });
  });
});

describe('another_class', () => {
  /** Three classes of two sequences, and one sequence of unknown class. */
  const classes = [['AAAA', 'AAAC'], ['CCCC', 'CCCA'], ['GGGG', 'GGGA'], ['TTTT']];
  async function labelled(): Promise<string> {
    const parts = [];
    for (const [label, sequences] of classes.entries()) {
      const key = await bench.sequences(...sequences);
      const stages = label < 3 ? [call('stage', 'label', { class: label })] : [];
      parts.push((await bench.data(key, stages)).key);
    }
    const [first, ...others] = parts as [string, ...string[]];
    return (await bench.data(first, [call('stage', 'concat', { data: others })])).key;
  }

  it('draws from all other classes, or from one', async () => {
    const of = await labelled();
    const data = (await bench.data(of, [call('stage', 'only_class', { class: 1 })])).key;
    const any = await drawn(reference('another_class', { of, copies: 5, seed: 1 }), data);
    const others = ['AAAA', 'AAAC', 'GGGG', 'GGGA'].map(row);
    for (const copies of any.copies) {
      expect(new Set(copies.slice(0, 4))).toEqual(new Set(others));
      expect(others).toContain(copies[4]);
    }
    expect(any.distinct).toEqual([4, 4]);
    const one = await drawn(reference('another_class', { of, class: 2, copies: 2, seed: 1 }), data);
    for (const copies of one.copies) expect(new Set(copies)).toEqual(new Set(['GGGG', 'GGGA'].map(row)));
  });

  it('draws each order equally often, by example, copy and seed alone', async () => {
    const of = await labelled();
    const data = await bench.sequences(...new Array<string>(1200).fill('CATG'));
    const { copies } = await drawn(reference('another_class', { of, class: 0, copies: 2, seed: 4 }), data);
    const first = copies.filter(([copy]) => copy === row('AAAA')).length;
    // Within four standard deviations of a half.
    expect(Math.abs(first - 600)).toBeLessThan(4 * Math.sqrt(300));
    const more = await drawn(reference('another_class', { of, class: 0, copies: 7, seed: 4 }), data);
    expect(more.copies.map(own => own.slice(0, 2))).toEqual(copies);
  });

  it.each([
    ['an example without a label', { copies: 1, seed: 1 }, 'reference/label', /no label/],
    ['a class that nobody has', { class: 7, copies: 1, seed: 1 }, 'reference/label', /has the label 7/],
    ['an example of the wanted class', { class: 0, copies: 1, seed: 1 }, 'reference/label', /of class 0 itself/],
  ])('refuses %s', async (_, given, code, message) => {
    await expect(drawn(reference('another_class', given), await labelled())).rejects.toMatchObject({
      problem: { code, message: expect.stringMatching(message) },
    });
  });

  it('serves people as well as sequences', async () => {
    const people = call('source', 'simulate_genotypes', { people: 40, variants: 12, seed: 2 });
    const cohort = await bench.data(people);
    const key = (await bench.data(cohort.key, [call('stage', 'label', { class: 1 })])).key;
    const controls = (
      await bench.data(cohort.key, [call('stage', 'take', { size: 5 }), call('stage', 'label', { class: 0 })])
    ).key;
    const { copies } = await drawn(reference('another_class', { of: controls, copies: 5, seed: 1 }), key);
    const rows = Array.from({ length: 5 }, (_, i) => [...cohort.arrays['array']!.subarray(12 * i, 12 * i + 12)].join());
    for (const own of copies) expect(own.toSorted()).toEqual(rows.toSorted());
  });
});
