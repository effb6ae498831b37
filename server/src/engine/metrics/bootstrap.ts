/**
 * Percentile bootstrap over units (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13). A resample is
 * written as how often it holds each unit, so one function gives the statistic of the data (each unit once) and of every
 * resample, and an order of the values is computed once. The draws depend on the number of units and nothing else.
 * docs/intervals.md says how often these intervals hold the truth.
 */
import { percentileInterval } from '../../store/percentile.js';
import { Stream } from '../random/philox.js';
import { boundsAsDraws, wilson, type Bound } from './bounds.js';
import type { StatisticResult } from './metric.js';

/** Resamples behind an interval. */
export const DRAWS = 2000;

/** Fewest units for which an interval is given. */
export const FEWEST_UNITS = 10;

/** A statistic of the units, given how often each counts; NaN or infinite where it is not defined. */
export type Weighted = (counts: Uint32Array) => number;

/** A statistic to be estimated from `n` units. */
export interface Estimand {
  readonly n: number;
  readonly of: Weighted;
  /**
   * `none` for extremes and exact counts; a text withholds the interval for that reason; a bound (bounds.ts) gives it in the place
   * of resampling. Its draws then belong to resamples of what is `resampled`, the same as those of any other result with as many
   * units; without it they are in rising order.
   */
  readonly interval?:
    'none' | { readonly withheld: string } | { readonly bound: Bound; readonly resampled?: Resampled };
}

/** What rises and falls with a statistic from resample to resample. */
export interface Resampled {
  readonly n: number;
  readonly of: Weighted;
}

/** The values that are defined. */
export function defined(values: Float64Array): Float64Array {
  return values.filter(value => !Number.isNaN(value));
}

/** Σ count · value / Σ count. */
export function mean(values: Float64Array): Weighted {
  return counts => {
    let total = 0;
    let sum = 0;
    for (let unit = 0; unit < values.length; unit++) {
      total += counts[unit]!;
      sum += counts[unit]! * values[unit]!;
    }
    return sum / total;
  };
}

/** The mean of what is 0 or 1 at each unit (or shared out between): where all are equal a resample would show no spread. */
export function share(values: Float64Array): Estimand {
  const n = values.length;
  const of = mean(values);
  const successes = values.reduce((sum, value) => sum + value, 0);
  return { n, of, interval: { bound: wilson(successes, n), resampled: { n, of } } };
}

/** Standard deviation with n − 1; not defined for one unit. */
export function standardDeviation(values: Float64Array): Weighted {
  const centre = mean(values);
  return counts => {
    const middle = centre(counts);
    let total = 0;
    let squares = 0;
    for (let unit = 0; unit < values.length; unit++) {
      total += counts[unit]!;
      squares += counts[unit]! * (values[unit]! - middle) ** 2;
    }
    return total > 1 ? Math.sqrt(squares / (total - 1)) : NaN;
  };
}

/** Indices of the values in ascending order. */
export function ascending(values: Float64Array): Uint32Array {
  return Uint32Array.from(values, (_, index) => index).sort((a, b) => values[a]! - values[b]!);
}

/** The middle value, or the mean of the two middle values. */
export function median(values: Float64Array): Weighted {
  const order = ascending(values);
  return counts => {
    let total = 0;
    for (const unit of order) total += counts[unit]!;
    let passed = 0;
    let lower: number | undefined;
    for (const unit of order) {
      passed += counts[unit]!;
      if (lower === undefined && 2 * passed >= total) lower = values[unit]!;
      if (2 * passed > total) return (lower! + values[unit]!) / 2;
    }
    return NaN;
  };
}

/** The statistic of `DRAWS` resamples of n units; a resample that does not define it is drawn again. */
function bootstrap(n: number, of: Weighted): Float64Array {
  const draws = new Float64Array(DRAWS);
  const counts = new Uint32Array(n);
  for (let draw = 0; draw < DRAWS; draw++) {
    const stream = new Stream(0, 'bootstrap', undefined, draw);
    do {
      counts.fill(0);
      for (let unit = 0; unit < n; unit++) counts[stream.integer(n)]!++;
      draws[draw] = of(counts);
    } while (!Number.isFinite(draws[draw]));
  }
  return draws;
}

/** Draws of a bound, each at the rank of its resample. */
function boundedDraws(bound: Bound, resampled: Resampled | undefined): Float64Array {
  const rising = boundsAsDraws(bound, DRAWS);
  if (resampled === undefined) return rising;
  const draws = new Float64Array(DRAWS);
  ascending(bootstrap(resampled.n, resampled.of)).forEach((draw, rank) => (draws[draw] = rising[rank]!));
  return draws;
}

/**
 * Values, intervals and draws of several statistics. Those that the data do not define are left out.
 *
 * @param units what the statistics are over, in words
 */
export function estimate(
  estimands: Readonly<Record<string, Estimand>>,
  units = 'examples',
): {
  statistics: Record<string, StatisticResult>;
  draws: Map<string, Float64Array>;
} {
  const statistics: Record<string, StatisticResult> = {};
  const draws = new Map<string, Float64Array>();
  for (const [name, { n, of, interval }] of Object.entries(estimands)) {
    const value = of(new Uint32Array(n).fill(1));
    if (!Number.isFinite(value)) continue;
    if (interval === 'none') {
      statistics[name] = { value, n };
    } else if (n < FEWEST_UNITS) {
      statistics[name] = { value, n, withheld: `${n} of at least ${FEWEST_UNITS} ${units} that an interval needs` };
    } else if (interval && 'withheld' in interval) {
      statistics[name] = { value, n, withheld: interval.withheld };
    } else {
      const drawn = interval ? boundedDraws(interval.bound, interval.resampled) : bootstrap(n, of);
      draws.set(name, drawn);
      statistics[name] = {
        value,
        n,
        interval: interval ? [interval.bound(0.025), interval.bound(0.975)] : percentileInterval(drawn, 0.95),
      };
    }
  }
  return { statistics, draws };
}
