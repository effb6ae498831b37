/** Values of results in a few words. */
import type { Snapshot, Statistic } from '../protocol.js';
import { quantity } from '../protocol.js';

/** What an example's length is counted in. */
export const LENGTH_WORDS = { dna: 'nt', genotypes: 'variants', expression: 'genes' } as const;

/** `1 network`, `12 networks`. */
export const counted = (count: number, what: string): string =>
  `${quantity(count, 'count')} ${what}${count === 1 ? '' : 's'}`;

/** `0.83 [0.79, 0.86]`, or the value alone where there is no interval. */
export function valueWithInterval({ value, unit, interval }: Pick<Statistic, 'value' | 'unit' | 'interval'>): string {
  const [low, high] = interval ?? [];
  if (low === undefined || high === undefined) return quantity(value, unit);
  return `${quantity(value, unit)} [${quantity(low, unit)}, ${quantity(high, unit)}]`;
}

/** The statistic of a metric that stands for it. */
export function headlineOf({ statistics, headline }: Snapshot['metrics'][number]): Statistic | undefined {
  return statistics.find(({ name }) => name === headline) ?? statistics[0];
}

/** Everything that a snapshot has of one declaration or another, in no order of the text. */
export function resultsOf({
  data,
  maps,
  tables,
  benchmarks,
  metrics,
}: Pick<Snapshot, 'data' | 'maps' | 'tables' | 'benchmarks' | 'metrics'>) {
  return [...data, ...maps, ...tables, ...benchmarks, ...metrics];
}
