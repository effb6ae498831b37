/**
 * Feature agreement with a simulation: how many of the features that tell a class apart are among as many top features, example
 * by example (local) and for the class as a whole (global). Bontonou et al. 2023, arXiv 2303.11336.
 */
import type { Note } from '../../protocol.js';
import { truthColumn, type FeatureTruth } from '../data/examples.js';
import { Failure } from '../failure.js';
import { estimate } from './bootstrap.js';
import { byClass, meanOverClasses, normalisedScores, summedScores, type Classified } from './classes.js';
import { countInBins, equalBins } from './histogram.js';
import type { MetricResult } from './metric.js';
import { topShares } from './ranks.js';

export interface FeatureAgreementInput extends Classified {
  /** The sub-class of each example, by which the truth knows it: `class 0`, `class 0/2`. */
  readonly groups: readonly string[];
  readonly truth: FeatureTruth | undefined;
  readonly notes?: readonly Note[];
}

/**
 * |top k ∩ truth| / k, as expected when ties are broken at random, with k the informative features of the example's sub-class, and of the other class where there are two: what
 * tells that one apart tells this one too. Scores keep their sign. Globally by the sum of the normalised scores over the class, and by how
 * often a feature is in the top k of an example.
 *
 * @throws Failure `metric/no-truth` for data that know of no informative features
 */
export function featureAgreement(input: FeatureAgreementInput): MetricResult {
  const { groups, truth, features, notes = [] } = input;
  const informative = informativeOf(truth, groups);
  const names = [...informative.keys()];
  const numbers = groups.map(group => names.indexOf(group));
  const local = new Float64Array(groups.length);
  const counts = names.map(() => new Float64Array(features));
  groups.forEach((group, example) => {
    const known = informative.get(group)!;
    const top = topShares(normalisedScores(input, example), known.size);
    top.forEach((share, feature) => (counts[numbers[example]!]![feature]! += share));
    local[example] = shareIn(top, known);
  });
  const agreement = (scoresOf: (number: number, examples: readonly number[]) => Float64Array) => {
    const classes = [...byClass(numbers)];
    const shares = classes.map(([number, examples]) => {
      const known = informative.get(names[number]!)!;
      return shareIn(topShares(scoresOf(number, examples), known.size), known);
    });
    return { n: classes.length, of: () => shares.reduce((sum, share) => sum + share, 0) / shares.length };
  };
  const edges = equalBins(0, 1, 20);
  return {
    units: groups.length,
    columns: [
      { name: 'local', values: local },
      { name: 'class', values: Float64Array.from(input.classes) },
    ],
    ...estimate({
      local: { n: groups.length, of: meanOverClasses(local, numbers) },
      global: { ...agreement((_, examples) => summedScores(input, examples)), interval: 'none' },
      frequency: { ...agreement(number => counts[number]!), interval: 'none' },
    }),
    distribution: { title: 'Agreement of each example', unit: 'share', edges, counts: countInBins(local, edges) },
    notes: [...notes, chance(informative, features)],
  };
}

/** @param top how much of each feature is on top, [feature] */
function shareIn(top: Float64Array, known: ReadonlySet<number>): number {
  let found = 0;
  for (const feature of known) found += top[feature]!;
  return found / known.size;
}

/** The informative features of each group that occurs. */
function informativeOf(truth: FeatureTruth | undefined, groups: readonly string[]): Map<string, ReadonlySet<number>> {
  const classes = (truth?.columns ?? []).filter(name => /^class \d+$/.test(name));
  return new Map(
    [...new Set(groups)].sort().map(group => {
      const [own] = group.split('/');
      const others = classes.length === 2 ? classes.filter(name => name !== own) : [];
      const columns = [group, ...others].map(name => truth && truthColumn(truth, name));
      const known = columns.flatMap(column => (column ? [...column.keys()].filter(f => column[f] === 1) : []));
      if (known.length === 0)
        throw new Failure('metric/no-truth', `nothing is known of which features tell ${group} apart`, {
          remedy: 'Take simulated data, such as simulate_expression.',
        });
      return [group, new Set(known)];
    }),
  );
}

function chance(informative: ReadonlyMap<string, ReadonlySet<number>>, features: number): Note {
  const sizes = [...informative.values()].map(known => known.size);
  const usual = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  return {
    level: 'information',
    code: 'metric/chance',
    message: `About ${usual.toFixed(0)} of ${features} features tell a class apart; unrelated scores agree with ${((100 * usual) / features).toFixed(1)} % of them.`,
  };
}
