/**
 * Attribution precision estimated with decoys: as many of the real variants in the top are taken to be false as there are
 * decoys. Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784.
 */
import { quantile } from '../../store/percentile.js';
import type { Note } from '../../protocol.js';
import { truthColumn, type FeatureTruth } from '../data/examples.js';
import { Failure } from '../failure.js';
import { wilson } from './bounds.js';
import { ascending, estimate, type Weighted } from './bootstrap.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';

export interface DecoyPrecisionInput {
  /** Score of each variant over the data set, [variant]. */
  readonly scores: Values;
  /** The column decoy: 1 for a decoy. */
  readonly truth: FeatureTruth | undefined;
  /** Share of the scores that is top. */
  readonly top: number;
}

/** The top shares of the published curve. */
const CURVE = [0.01, 0.02, 0.03, 0.05, 0.1, 0.2];

/** What lies above the quantile of all scores, real ones and decoys together. */
interface Top {
  readonly count: number;
  readonly decoys: number;
  /** Scores equal to the quantile, which are not above it. */
  readonly tied: number;
}

/**
 * 1 − decoys / real ones among the scores above the quantile 1 − top; 0 without any real one. With d decoys of n it is
 * (n − 2d) / (n − d), which falls with d, so the interval is that of the share of decoys, turned around.
 *
 * @throws Failure `metric/no-decoys` for data without decoys
 */
export function decoyPrecision({ scores, truth, top }: DecoyPrecisionInput): MetricResult {
  requireFinite(scores, 'scores', 1);
  const decoy = truth && truthColumn(truth, 'decoy');
  if (!decoy?.includes(1))
    throw new Failure('metric/no-decoys', 'no variant of this data set is a decoy', {
      remedy: 'Add them before training: data trained_on = cohort | with_decoys(seed: 1).',
    });
  const sorted = Float64Array.from(scores).sort();
  const { count, decoys, tied } = topOf(scores, decoy, sorted, top);
  const bound = wilson(decoys, count);
  return {
    units: scores.length,
    axis: 'variant',
    columns: [
      { name: 'score', values: Float64Array.from(scores) },
      { name: 'decoy', values: decoy },
    ],
    ...estimate(
      {
        precision: {
          n: count,
          of: () => precision(count, decoys),
          interval:
            decoys < count
              ? {
                  bound: probability => precisionOf(bound(1 - probability)),
                  resampled: { n: scores.length, of: realAmongHighest(scores, decoy, count) },
                }
              : { withheld: 'no real variant is in the top' },
        },
        decoys: { n: count, of: () => decoys, interval: 'none' },
        count: { n: scores.length, of: () => count, interval: 'none' },
      },
      'variants',
    ),
    curve: {
      title: 'Precision estimated with decoys',
      x: { title: 'Share of the scores that is top', unit: 'share', values: CURVE },
      unit: 'share',
      series: [
        {
          name: 'precision',
          values: CURVE.map(share => {
            const at = topOf(scores, decoy, sorted, share);
            return precision(at.count, at.decoys);
          }),
        },
      ],
    },
    notes: notesOf(count, decoys, tied, scores.length),
  };
}

function topOf(scores: Values, decoy: Float64Array, sorted: Float64Array, share: number): Top {
  const border = quantile(sorted, 1 - share);
  let [count, decoys, tied] = [0, 0, 0];
  for (let variant = 0; variant < scores.length; variant++) {
    if (scores[variant] === border) tied++;
    if (!(scores[variant]! > border)) continue;
    count++;
    decoys += decoy[variant]!;
  }
  return { count, decoys, tied };
}

/** Real ones among the `count` highest scores of a resample. */
function realAmongHighest(scores: Values, decoy: Float64Array, count: number): Weighted {
  const falling = ascending(Float64Array.from(scores)).reverse();
  return counts => {
    let [left, real] = [count, 0];
    for (let place = 0; left > 0; place++) {
      const taken = Math.min(left, counts[falling[place]!]!);
      left -= taken;
      real += taken * (1 - decoy[falling[place]!]!);
    }
    return real;
  };
}

function precision(count: number, decoys: number): number {
  return decoys < count ? precisionOf(decoys / count) : 0;
}

const precisionOf = (share: number): number => (1 - 2 * share) / (1 - share);

function notesOf(count: number, decoys: number, tied: number, variants: number): Note[] {
  const notes: Note[] = [];
  if (2 * decoys > count)
    notes.push({
      level: 'warning',
      code: 'GA022',
      message: `Of ${count} top variants ${decoys} are decoys, more than are real: the estimate is below zero, as chance makes it where nothing is found.`,
    });
  if (tied > 1)
    notes.push({
      level: 'warning',
      code: 'GA022',
      message: `${tied} of ${variants} scores equal the threshold and are not top, which leaves ${count}.`,
    });
  return notes;
}
