/**
 * One measurement of several networks of an ensemble, each explained alone: the mean over the networks, and an interval that counts both
 * the examples and the networks as drawn (a crossed bootstrap, Owen 2007, Annals of Applied Statistics 1:386).
 */
import { percentileInterval } from '../../store/percentile.js';
import type { Note } from '../../protocol.js';
import { Stream } from '../random/philox.js';
import { DRAWS, FEWEST_UNITS, defined, mean, standardDeviation } from './bootstrap.js';
import type { MetricResult, StatisticResult } from './metric.js';

/** What was measured of a network. */
export interface OfNetwork {
  readonly statistics: Readonly<Record<string, number>>;
  /** Bootstrap draws of statistics over examples. */
  readonly draws: ReadonlyMap<string, Float64Array>;
}

/**
 * Draw d of every network is of the same resample of examples, as long as they were measured on as many; so the mean of draw d over
 * resampled networks is a draw over both. A statistic without draws over examples varies over networks only.
 *
 * @param networks at least one
 */
export function overNetworks(networks: readonly OfNetwork[]): MetricResult {
  const names = [...new Set(networks.flatMap(({ statistics }) => Object.keys(statistics)))];
  const columns = names.map(name => ({
    name,
    values: Float64Array.from(networks, ({ statistics }) => statistics[name] ?? NaN),
  }));
  const statistics: Record<string, StatisticResult> = {};
  const draws = new Map<string, Float64Array>();
  const notes: Note[] = [];
  for (const { name, values } of columns) {
    const known = networks.filter(({ statistics: own }) => own[name] !== undefined);
    const n = known.length;
    const value = overAll(mean, values);
    if (n < networks.length)
      notes.push({
        level: 'information',
        code: 'metric/undefined',
        message: `${name} is not defined for ${networks.length - n} of ${networks.length} networks, which are left out.`,
      });
    if (n < FEWEST_UNITS) {
      statistics[name] = { value, n, withheld: `${n} of at least ${FEWEST_UNITS} networks that an interval needs` };
      continue;
    }
    const drawn = crossed(known, name);
    draws.set(name, drawn);
    statistics[name] = { value, n, interval: percentileInterval(drawn, 0.95) };
  }
  return { units: networks.length, axis: 'network', columns, statistics, draws, notes };
}

/** Standard deviation over networks with n − 1; NaN for fewer than two. */
export const deviationOver = (values: Float64Array): number => overAll(standardDeviation, values);

function overAll(statistic: typeof mean, values: Float64Array): number {
  const known = defined(values);
  return statistic(known)(new Uint32Array(known.length).fill(1));
}

function crossed(networks: readonly OfNetwork[], name: string): Float64Array {
  return Float64Array.from({ length: DRAWS }, (_, draw) => {
    const stream = new Stream(0, 'networks', undefined, draw);
    let sum = 0;
    for (let each = 0; each < networks.length; each++) {
      const { statistics, draws } = networks[stream.integer(networks.length)]!;
      sum += draws.get(name)?.[draw] ?? statistics[name]!;
    }
    return sum / networks.length;
  });
}
