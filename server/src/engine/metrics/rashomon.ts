/**
 * Whether networks are as good as each other: the mean loss of the worst against that of the best, on the same examples.
 * Rashomon sets: Breiman 2001, Statist Sci 16:199; Fisher, Rudin & Dominici 2019, JMLR 20:177.
 */
import { Failure } from '../failure.js';
import { estimate, mean } from './bootstrap.js';
import { requireFinite, type MetricResult } from './metric.js';

export interface RashomonInput {
  /** Loss of each example, by member. */
  readonly losses: readonly Float64Array[];
  readonly names?: readonly string[];
}

/** @throws Failure `metric/members` for a single network */
export function rashomon({ losses, names }: RashomonInput): MetricResult {
  if (losses.length < 2)
    throw new Failure('metric/members', 'one network cannot be compared with others', {
      remedy: 'Train several: train(members: 5, …).',
    });
  for (const each of losses) requireFinite(each, 'losses', 1, names);
  const n = losses[0]!.length;
  const means = losses.map(each => mean(each));
  const least = (counts: Uint32Array): number => Math.min(...means.map(of => of(counts)));
  const most = (counts: Uint32Array): number => Math.max(...means.map(of => of(counts)));
  const each = means.map(of => of(new Uint32Array(n).fill(1)));
  const shown = (value: number): string => value.toPrecision(3);
  return {
    units: n,
    columns: losses.map((values, member) => ({ name: `member ${member + 1}`, values })),
    ...estimate({
      excess: { n, of: counts => most(counts) / least(counts) - 1 },
      loss: { n, of: least },
    }),
    notes: [
      {
        level: 'information',
        code: 'metric/members',
        message: `Mean losses of the ${losses.length} networks: ${each.map(shown).join(', ')}.`,
      },
    ],
  };
}
