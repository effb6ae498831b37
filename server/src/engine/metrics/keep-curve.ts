/**
 * How well a model still classifies when it is left only some features: the best by their scores, the worst, random ones.
 * Bontonou et al. 2023, arXiv 2303.11336.
 */
import type { Curve, Note } from '../../protocol.js';
import { quantile } from '../../store/percentile.js';
import { Stream } from '../random/philox.js';
import { estimate } from './bootstrap.js';
import { byClass, descending, likeliest, meanOverClasses, summedScores, type Classified } from './classes.js';
import type { MetricResult } from './metric.js';
import type { Replaced } from './prediction-gaps.js';
import { RowQueue, type Ask } from './row-queue.js';

/** Which features are kept, as many as asked for; several sets where chance chooses. */
export interface Selection {
  readonly name: string;
  /** Sets of features; none where the selection has no set of that size. */
  readonly sets: (count: number) => readonly Uint32Array[];
}

export interface SelectionOptions {
  /** Whether the mean |score| of a feature is taken over classes, or over examples. */
  readonly balance: boolean;
  /** Random sets of each size. */
  readonly repeats: number;
  readonly seed: number;
}

/** `each_class`: the best of each class together, by the magnitude of the summed scores; the others by mean |score| over all. */
export function selections(classified: Classified, { balance, repeats, seed }: SelectionOptions): readonly Selection[] {
  const { classes, features } = classified;
  const groups = [...byClass(classes).values()];
  const size = (examples: readonly number[]) => summedScores(classified, examples, Math.abs);
  const magnitudes = balance
    ? groups.map(examples => size(examples).map(score => score / examples.length)).reduce(added)
    : size([...classes.keys()]);
  const best = descending(magnitudes);
  const worst = Uint32Array.from(best).reverse();
  const ofClasses = groups.map(examples => descending(summedScores(classified, examples).map(Math.abs)));
  const orders = Array.from({ length: repeats }, (_, repeat) => {
    const order = Uint32Array.from({ length: features }, (_, feature) => feature);
    new Stream(seed, 'keep_curve', undefined, repeat).shuffle(order);
    return order;
  });
  return [
    { name: 'best', sets: count => [best.subarray(0, count)] },
    {
      name: 'each_class',
      sets: count => [Uint32Array.from(new Set(ofClasses.flatMap(order => [...order.subarray(0, count)])))],
    },
    { name: 'worst', sets: count => [worst.subarray(0, count)] },
    { name: 'random', sets: count => orders.map(order => order.subarray(0, count)) },
    {
      name: 'without_best',
      sets: count => {
        if (2 * count > features) return [];
        const excluded = new Set(best.subarray(0, count));
        return orders.map(order => order.filter(feature => !excluded.has(feature)).subarray(0, count));
      },
    },
  ];
}

const added = (a: Float64Array<ArrayBuffer>, b: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> =>
  a.map((value, i) => value + b[i]!);

/** What became of the examples with the features of one selection: by size and set, 1 where still right. */
export interface Kept {
  readonly name: string;
  /** [size][set][example]; no set where the selection has none of that size */
  readonly right: readonly (readonly Float64Array<ArrayBuffer>[])[];
}

/** Every other feature is replaced by its baseline. */
export async function keepFeatures(
  { classes, features, x, baseline }: Replaced,
  { name, sets }: Selection,
  sizes: readonly number[],
  ask: Ask,
): Promise<Kept> {
  const size = x.length / classes.length;
  const width = size / features;
  const queue = new RowQueue(size, ask);
  const right: Float64Array<ArrayBuffer>[][] = [];
  for (const count of sizes) {
    const ofSize: Float64Array<ArrayBuffer>[] = [];
    for (const kept of sets(count)) {
      const found = new Float64Array(classes.length);
      ofSize.push(found);
      for (const [example, label] of classes.entries()) {
        const row = baseline.slice(example * size, (example + 1) * size);
        for (const feature of kept) {
          const at = feature * width;
          row.set(x.subarray(example * size + at, example * size + at + width), at);
        }
        await queue.add(row, example, probabilities => {
          found[example] = Number(likeliest(probabilities) === label);
        });
      }
    }
    right.push(ofSize);
  }
  await queue.flush();
  return { name, right };
}

export interface KeepCurveInput {
  readonly classes: readonly number[];
  readonly sizes: readonly number[];
  readonly kept: readonly Kept[];
  readonly notes?: readonly Note[];
}

/** Balanced accuracy by size, and its mean over the sizes for each selection. */
export function keepCurve({ classes, sizes, kept, notes = [] }: KeepCurveInput): MetricResult {
  const n = classes.length;
  const once = new Uint32Array(n).fill(1);
  const accuracy = (right: Float64Array) => meanOverClasses(right, classes)(once);
  const perExample = kept.map(({ name, right }) => {
    const measured = right.filter(sets => sets.length > 0).map(meanOf);
    return { name, values: measured.length > 0 ? meanOf(measured) : new Float64Array(n).fill(NaN) };
  });
  return {
    units: n,
    columns: [...perExample, { name: 'class', values: Float64Array.from(classes) }],
    ...estimate(
      Object.fromEntries(perExample.map(({ name, values }) => [name, { n, of: meanOverClasses(values, classes) }])),
    ),
    curve: curveOf(sizes, kept, accuracy),
    notes,
  };
}

function meanOf(arrays: readonly Float64Array<ArrayBuffer>[]): Float64Array<ArrayBuffer> {
  return arrays.reduce(added).map(sum => sum / arrays.length);
}

/** A selection that lacks the larger sizes ends before them. */
function curveOf(sizes: readonly number[], kept: readonly Kept[], accuracy: (right: Float64Array) => number): Curve {
  return {
    title: 'Balanced accuracy with some of the features',
    x: { title: 'Features kept (of each class, for each_class)', unit: 'features', values: [...sizes] },
    unit: 'share',
    series: kept.map(({ name, right }) => {
      const all = right.filter(sets => sets.length > 0).map(sets => Float64Array.from(sets, accuracy).sort());
      const several = all.some(values => values.length > 1);
      return {
        name,
        values: all.map(values => values.reduce((sum, value) => sum + value, 0) / values.length),
        ...(several && {
          low: all.map(values => quantile(values, 0.025)),
          high: all.map(values => quantile(values, 0.975)),
        }),
      };
    }),
  };
}
