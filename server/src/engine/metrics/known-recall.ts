/** Which features that are known to matter, such as marker genes of a cell type, are among the top scores. */
import { Failure } from '../failure.js';
import { estimate, share } from './bootstrap.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';
import { averageRanks, topShares } from './ranks.js';

export interface KnownRecallInput {
  /** Score of each feature over the data set, [feature]. */
  readonly scores: Values;
  /** Names of the features; a name that repeats is found wherever it stands. */
  readonly names: readonly string[];
  /** Names of those that are known to matter. */
  readonly known: readonly string[];
  /** Share of the features that is top. */
  readonly top: number;
}

/**
 * Recall at `top`, where tied scores share the last places in equal parts, and the median rank of the known features from 1.
 *
 * @throws Failure `metric/unknown-feature`
 */
export function knownRecall({ scores, names, known, top }: KnownRecallInput): MetricResult {
  requireFinite(scores, 'scores', 1);
  const absent = known.filter(name => !names.includes(name));
  if (absent.length > 0 || known.length === 0)
    throw new Failure('metric/unknown-feature', `the data have no feature ${absent.join(', ') || 'that is named'}`, {
      remedy: `Name features as the data do (upper and lower case matter), such as ${names.slice(0, 3).join(', ')}.`,
    });
  const wanted = [...names.keys()].filter(feature => known.includes(names[feature]!));
  const values = Float64Array.from(scores);
  const count = Math.min(names.length, Math.max(1, Math.round(top * names.length)));
  const inTop = topShares(values, count);
  const ranks = averageRanks(values.map(value => -value));
  const n = wanted.length;
  const places = wanted.map(feature => ranks[feature]!).sort((a, b) => a - b);
  const median = (places[(n - 1) >> 1]! + places[n >> 1]!) / 2;
  return {
    units: names.length,
    axis: 'feature',
    columns: [
      { name: 'score', values },
      { name: 'rank', values: ranks },
      { name: 'known', values: values.map((_, feature) => Number(wanted.includes(feature))) },
    ],
    ...estimate(
      {
        recall: share(Float64Array.from(wanted, feature => inTop[feature]!)),
        rank: { n, of: () => median, interval: 'none' },
      },
      'features',
    ),
    notes: [
      {
        level: 'information',
        code: 'metric/top',
        message: `${count} of ${names.length} features are top: scores that know nothing recall ${((100 * count) / names.length).toFixed(1)} %. Ranks of the known: ${wanted.map(feature => `${names[feature]} ${ranks[feature]}`).join(', ')}.`,
      },
    ],
  };
}
