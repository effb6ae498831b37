/** Measurements of faithfulness beside their definitions written out, for a function whose changes are known. */
import { describe, expect, it } from 'vitest';
import {
  areas,
  deletion,
  faithfulnessCorrelation,
  infidelity,
} from '../../../server/src/engine/metrics/faithfulness.js';
import {
  otherBases,
  otherCounts,
  randomChanges,
  replacementCurves,
  type Explained,
} from '../../../server/src/engine/metrics/replacement.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const FEATURES = 6;
const EXAMPLES = 5;

const normals = (count: number, draw: number): Float32Array => {
  const stream = new Stream(4, 'test', undefined, draw);
  return Float32Array.from({ length: count }, () => stream.normal());
};
/** Σ sin(i + x_i · x_{i+1}) */
const f = (row: Float32Array): number =>
  row.reduce((total, value, i) => total + Math.sin(i + value * row[(i + 1) % row.length]!), 0);
const ask = (rows: Float32Array) =>
  Promise.resolve(
    Float32Array.from({ length: rows.length / FEATURES }, (_, i) => f(rows.subarray(i * FEATURES, (i + 1) * FEATURES))),
  );
const x = normals(EXAMPLES * FEATURES, 1);
const rowOf = (values: ArrayLike<number>, example: number) =>
  Array.from(values).slice(example * FEATURES, (example + 1) * FEATURES);
const explained = (kind: Explained['kind']): Explained => ({
  space: { alphabet: 'expression', shape: [FEATURES] },
  kind,
  x,
  map: normals(EXAMPLES * FEATURES, 2),
  scores: normals(EXAMPLES * FEATURES, 3),
  outputs: Float32Array.from({ length: EXAMPLES }, (_, example) => f(Float32Array.from(rowOf(x, example)))),
});
const alternative = (example: number, draw: number) => Promise.resolve(normals(FEATURES, 100 + example * 10 + draw));
const streamOf = (example: number, draw: number) => new Stream(9, 'sets', { source: '00000001', index: example }, draw);

describe('replaced features', () => {
  it.each(['gradient', 'contribution'] as const)('change the target as loops say, for a %s map', async kind => {
    const data = explained(kind);
    const samples = 4;
    const { predicted, observed } = await randomChanges(data, { count: 2, samples }, alternative, streamOf, ask);
    for (let example = 0; example < EXAMPLES; example++)
      for (let sample = 0; sample < samples; sample++) {
        const own = rowOf(x, example);
        const other = normals(FEATURES, 100 + example * 10 + sample);
        const row = Float32Array.from(own);
        let sum = 0;
        for (const feature of streamOf(example, sample).choose(FEATURES, 2)) {
          row[feature] = other[feature]!;
          sum +=
            kind === 'contribution'
              ? rowOf(data.scores, example)[feature]!
              : (own[feature]! - other[feature]!) * rowOf(data.map, example)[feature]!;
        }
        expect(predicted[example * samples + sample]).toBeCloseTo(sum, 10);
        expect(observed[example * samples + sample]).toBeCloseTo(f(Float32Array.from(own)) - f(row), 5);
      }
  });

  it('are replaced, or put back, in the order of the scores and in random orders', async () => {
    const data = explained('contribution');
    for (const mode of ['deletion', 'insertion'] as const) {
      const { byScore, random, sizes } = await replacementCurves(
        data,
        mode,
        { steps: 3, repeats: 2 },
        alternative,
        streamOf,
        ask,
      );
      expect(sizes).toEqual([0, 2, 4, 6]);
      for (let example = 0; example < EXAMPLES; example++) {
        const own = rowOf(x, example);
        const scores = rowOf(data.scores, example);
        const best = own.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
        sizes.forEach((size, step) => {
          const at = example * sizes.length + step;
          const values = [0, 1].map(repeat => {
            const other = [...normals(FEATURES, 100 + example * 10 + repeat)];
            const gone = (i: number) => best.slice(0, size).includes(i) === (mode === 'deletion');
            return f(Float32Array.from(own, (value, i) => (gone(i) ? other[i]! : value)));
          });
          expect(byScore[at]).toBeCloseTo((values[0]! + values[1]!) / 2, 5);
          if (size === 0 || size === FEATURES) expect(random[at]).toBeCloseTo(byScore[at]!, 5);
        });
      }
    }
  });

  it('stay letters and counts, and are all others', () => {
    const sequence = Float32Array.of(0, 1, 0, 0, 0.5, 0, 0.5, 0, 0.25, 0.25, 0.25, 0.25);
    const seen = new Set<string>();
    for (let draw = 0; draw < 200; draw++) {
      const other = otherBases(sequence, new Stream(1, 'other', undefined, draw));
      const bases = [0, 1, 2].map(position => other.subarray(position * 4, position * 4 + 4).indexOf(1));
      expect(other.filter(value => value !== 0)).toEqual(Float32Array.of(1, 1, 1));
      bases.forEach((base, position) => seen.add(`${position}${base}`));
    }
    expect([...seen].sort()).toEqual(['00', '02', '03', '11', '13', '20', '21', '22', '23']);
    const counts = Float32Array.of(0, 1, 2);
    const drawn = Array.from({ length: 50 }, (_, draw) => otherCounts(counts, new Stream(1, 'other', undefined, draw)));
    for (const i of [0, 1, 2])
      expect(new Set(drawn.map(row => row[i]))).toEqual(new Set([0, 1, 2].filter(v => v !== i)));
  });
});

describe('infidelity and correlation', () => {
  const changes = {
    predicted: Float64Array.of(1, 2, 3, 0, 0, 0),
    observed: Float64Array.of(2, 4, 6, 1, 2, 3),
    samples: 3,
  };

  it('are the mean square of what is not explained, its share, and what no scaling can explain', () => {
    const { statistics, columns } = infidelity(changes);
    const [squares, shares, scaled] = columns.map(({ values }) => [...values]);
    expect(squares).toEqual([expect.closeTo(14 / 3, 12), expect.closeTo(14 / 3, 12)]);
    expect(shares).toEqual([expect.closeTo(1 / 4, 12), 1]);
    expect(scaled).toEqual([expect.closeTo(0, 12), 1]);
    expect(statistics['mean']!.value).toBeCloseTo(14 / 3, 12);
  });

  it('leave examples out whose changes are all equal', () => {
    const { columns, notes, statistics } = faithfulnessCorrelation(changes);
    expect(columns[0]!.values[0]).toBeCloseTo(1, 12);
    expect(columns[0]!.values[1]).toBeNaN();
    expect(statistics['mean']).toMatchObject({ n: 1 });
    expect(notes[0]!.message).toContain('1 of 2 examples');
  });
});

describe('deletion', () => {
  it('has the area by the trapezoid rule, over uneven steps', () => {
    // (4 + 2)/2 · ¼ + (2 + 0)/2 · ¾
    expect(areas(Float64Array.of(4, 2, 0), [0, 1, 4])[0]).toBeCloseTo(1.5, 12);
    const { statistics } = deletion({
      byScore: Float64Array.of(4, 2, 0),
      random: Float64Array.of(4, 4, 0),
      sizes: [0, 1, 4],
    });
    expect(statistics['over_random']!.value).toBeCloseTo(2.5 - 1.5, 12);
  });
});
