/**
 * Whether a map says what the model does. Infidelity: Yeh et al. 2019, NeurIPS, "On the (In)fidelity and Sensitivity of
 * Explanations"; correlation: Bhatt, Weller & Moura 2020, IJCAI; deletion and insertion: Petsiuk, Das & Saenko 2018, BMVC.
 */
import type { Note } from '../../protocol.js';
import { defined, estimate, mean, median } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult } from './metric.js';
import type { Changes, ReplacementCurves } from './replacement.js';

/** Sums over the samples of one example. */
function momentsOf({ predicted, observed, samples }: Changes, example: number) {
  const moments = { p: 0, o: 0, pp: 0, oo: 0, po: 0 };
  for (let at = example * samples; at < (example + 1) * samples; at++) {
    const [p, o] = [predicted[at]!, observed[at]!];
    moments.p += p / samples;
    moments.o += o / samples;
    moments.pp += (p * p) / samples;
    moments.oo += (o * o) / samples;
    moments.po += (p * o) / samples;
  }
  return moments;
}

function noteOf(values: Float64Array, message: string): Note[] {
  const missing = values.length - defined(values).length;
  if (missing === 0) return [];
  return [
    { level: 'warning', code: 'metric/undefined', message: `${missing} of ${values.length} examples ${message}` },
  ];
}

const each = (changes: Changes, of: (moments: ReturnType<typeof momentsOf>) => number): Float64Array =>
  Float64Array.from({ length: changes.observed.length / changes.samples }, (_, example) =>
    of(momentsOf(changes, example)),
  );

/** E[(predicted − observed)²] of each example; as a share of E[observed²]; and after the best scaling of the map. */
export function infidelity(changes: Changes): MetricResult {
  requireFinite(changes.observed, 'changes of the target', changes.samples);
  requireFinite(changes.predicted, 'changes that the map predicts', changes.samples);
  const squared = each(changes, ({ pp, oo, po }) => Math.max(0, pp - 2 * po + oo));
  const unexplained = each(changes, ({ pp, oo, po }) => (oo > 0 ? Math.max(0, pp - 2 * po + oo) / oo : NaN));
  const scaled = each(changes, ({ pp, oo, po }) => (oo > 0 ? 1 - (pp > 0 ? po ** 2 / (pp * oo) : 0) : NaN));
  const shares = defined(unexplained);
  const edges = equalBins(
    0,
    shares.reduce((most, value) => Math.max(most, value), 1),
    20,
  );
  return {
    units: squared.length,
    columns: [
      { name: 'infidelity', values: squared },
      { name: 'unexplained', values: unexplained },
      { name: 'scaled', values: scaled },
    ],
    ...estimate({
      mean: { n: squared.length, of: mean(squared) },
      unexplained: { n: shares.length, of: median(shares) },
      scaled: { n: shares.length, of: median(defined(scaled)) },
    }),
    distribution: {
      title: 'Share of the squared change that the map does not explain, of each example',
      unit: 'share',
      edges,
      counts: countInBins(shares, edges),
    },
    notes: noteOf(unexplained, 'never change the target: no share of the change is defined for them.'),
  };
}

/** Pearson correlation of predicted and observed changes over the sets of each example. */
export function faithfulnessCorrelation(changes: Changes): MetricResult {
  requireFinite(changes.observed, 'changes of the target', changes.samples);
  requireFinite(changes.predicted, 'changes that the map predicts', changes.samples);
  const correlation = each(changes, ({ p, o, pp, oo, po }) => {
    const [varP, varO] = [pp - p * p, oo - o * o];
    // What is left of a constant is rounding.
    return varP <= 1e-12 * pp || varO <= 1e-12 * oo
      ? NaN
      : Math.max(-1, Math.min(1, (po - p * o) / Math.sqrt(varP * varO)));
  });
  const known = defined(correlation);
  const edges = equalBins(-1, 1, 20);
  return {
    units: correlation.length,
    columns: [{ name: 'correlation', values: correlation }],
    ...estimate({
      mean: { n: known.length, of: mean(known) },
      median: { n: known.length, of: median(known) },
    }),
    distribution: {
      title: 'Correlation of predicted and observed changes of each example',
      unit: 'correlation',
      edges,
      counts: countInBins(known, edges),
    },
    notes: noteOf(correlation, 'have changes that are all equal, and no correlation.'),
  };
}

/** Area under the curve of each row by the trapezoid rule over the share of the features, from 0 to 1. */
export function areas(curves: Float64Array, sizes: readonly number[]): Float64Array {
  const all = sizes.at(-1)!;
  return Float64Array.from({ length: curves.length / sizes.length }, (_, row) => {
    let area = 0;
    for (let step = 1; step < sizes.length; step++) {
      const at = row * sizes.length + step;
      area += (((curves[at - 1]! + curves[at]!) / 2) * (sizes[step]! - sizes[step - 1]!)) / all;
    }
    return area;
  });
}

export const deletion = (curves: ReplacementCurves): MetricResult => alongOrder(curves, 1);
export const insertion = (curves: ReplacementCurves): MetricResult => alongOrder(curves, -1);

/** @param sign 1 where a good order has the smaller area */
function alongOrder({ byScore, random, sizes }: ReplacementCurves, sign: 1 | -1): MetricResult {
  requireFinite(byScore, 'targets along the order', sizes.length);
  const area = areas(byScore, sizes);
  const chance = areas(random, sizes);
  const gain = area.map((value, example) => sign * (chance[example]! - value));
  const n = area.length;
  const meanCurve = (curves: Float64Array) =>
    sizes.map((_, step) => {
      let sum = 0;
      for (let example = 0; example < n; example++) sum += curves[example * sizes.length + step]! / n;
      return sum;
    });
  const limit = (of: typeof Math.min) => gain.reduce((a, b) => of(a, b), 0);
  const edges = equalBins(limit(Math.min), limit(Math.max), 20);
  return {
    units: n,
    columns: [
      { name: 'area', values: area },
      { name: 'random', values: chance },
      { name: 'over_random', values: gain },
    ],
    ...estimate({
      over_random: { n, of: mean(gain) },
      area: { n, of: mean(area) },
      random: { n, of: mean(chance) },
    }),
    distribution: {
      title: 'Area gained over a random order, of each example',
      unit: 'target',
      edges,
      counts: countInBins(gain, edges),
    },
    curve: {
      title: sign === 1 ? 'Target while features are replaced' : 'Target while features are put back',
      x: { title: sign === 1 ? 'Features replaced' : 'Features put back', unit: 'features', values: [...sizes] },
      unit: 'target',
      series: [
        { name: 'largest scores first', values: meanCurve(byScore) },
        { name: 'random order', values: meanCurve(random) },
      ],
    },
    notes: [],
  };
}
