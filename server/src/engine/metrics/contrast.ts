/**
 * The difference between two sets of measurements. Units that both have cancel what is their own: the interval is a paired one. Units
 * are resampled with what was measured at them on either side (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 9.5), which
 * without a common unit is the bootstrap of two independent samples.
 */
import type { Note } from '../../protocol.js';
import { estimate, FEWEST_UNITS, mean, share, type Estimand, type Weighted } from './bootstrap.js';
import type { MetricResult, Values } from './metric.js';

export interface ContrastInput {
  /** Pairs of measurements, each [unit], NaN where a unit was not measured; every pair has the same units. */
  readonly pairs: readonly { readonly from: Values; readonly to: Values }[];
  /** What a unit is. */
  readonly axis?: string;
  /** Where both sides need not have the same units: how many of them are on both. */
  readonly common?: number;
}

/** Measurements averaged over the pairs, unit by unit; where both sides have the same units, those that some pair lacks are left out. */
export function contrast({ pairs, axis, common }: ContrastInput): MetricResult {
  const units = pairs[0]?.from.length ?? 0;
  const over = (of: (pair: ContrastInput['pairs'][number]) => Values): Float64Array =>
    Float64Array.from({ length: units }, (_, unit) => {
      const each = pairs.map(pair => of(pair)[unit]!);
      return each.reduce((sum, value) => sum + value, 0) / each.length;
    });
  const [from, to] = [over(pair => pair.from), over(pair => pair.to)];
  const differences = Float64Array.from({ length: units }, (_, unit) => to[unit]! - from[unit]!);
  const both = differences.filter(difference => !Number.isNaN(difference));
  const paired = common === undefined || common === units;
  return {
    units,
    ...(axis !== undefined && { axis }),
    columns: [
      { name: 'difference', values: differences },
      { name: 'from', values: from },
      { name: 'to', values: to },
    ],
    ...estimate({
      mean: paired ? { n: both.length, of: mean(both) } : differenceOfMeans(from, to),
      improved: share(both.map(difference => Number(difference > 0))),
      pairs: { n: pairs.length, of: () => pairs.length, interval: 'none' },
      paired: { n: units, of: () => (common ?? units) / units, interval: 'none' },
    }),
    notes: paired ? undefinedNote(units - both.length, units) : [independenceNote(units, common)],
  };
}

function differenceOfMeans(from: Float64Array, to: Float64Array): Estimand {
  const measured = Array.from(from, (_, unit) => unit).filter(
    unit => !Number.isNaN(from[unit]!) || !Number.isNaN(to[unit]!),
  );
  const side = (values: Float64Array): Weighted => {
    const own = Float64Array.from(measured, unit => values[unit]!);
    return counts => {
      let [total, sum] = [0, 0];
      for (let unit = 0; unit < own.length; unit++) {
        if (Number.isNaN(own[unit]!)) continue;
        total += counts[unit]!;
        sum += counts[unit]! * own[unit]!;
      }
      return sum / total;
    };
  };
  const [low, high] = [side(from), side(to)];
  const fewest = Math.min(...[from, to].map(values => values.filter(value => !Number.isNaN(value)).length));
  const of: Weighted = counts => high(counts) - low(counts);
  return {
    n: measured.length,
    of,
    ...(fewest < FEWEST_UNITS && {
      interval: { withheld: `${fewest} of at least ${FEWEST_UNITS} units that an interval needs on either side` },
    }),
  };
}

const independenceNote = (units: number, common = 0): Note => ({
  level: 'information',
  code: 'metric/unpaired',
  message:
    common === 0
      ? 'The two data sets have no unit in common: the interval is that of two independent samples.'
      : `${common} of ${units} units are in both data sets: these are resampled together, the others each on its side.`,
});

const undefinedNote = (left: number, units: number): Note[] =>
  left === 0
    ? []
    : [
        {
          level: 'information',
          code: 'metric/undefined',
          message: `${left} of ${units} units have no value in some cell and are left out.`,
        },
      ];
