/**
 * Attribution recall: which of the variants planted with a known effect are among the top scores, by kind of effect.
 * Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784.
 */
import type { Curve, Note } from '../../protocol.js';
import { truthColumn, type FeatureTruth } from '../data/examples.js';
import { Failure } from '../failure.js';
import { estimate, share } from './bootstrap.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';
import { topShares } from './ranks.js';

export interface AttributionRecallInput {
  /** Score of each variant over the data set, [variant]. */
  readonly scores: Values;
  /** Columns additive, dominant, recessive, epistatic (1 where planted), partner, and decoy where there are any. */
  readonly truth: FeatureTruth | undefined;
  /** Share of the variants that is top. */
  readonly top: number;
  /** P-values of an association scan, [variant]: adds the recall of what it finds among the variants that were not planted. */
  readonly pValues?: Values;
}

/** Level of the association scan, divided by the number of tests (Bonferroni). */
const LEVEL = 0.05;

const KINDS = ['additive', 'dominant', 'recessive', 'epistatic'] as const;

/** The top shares of the published curve. */
const CURVE = Array.from({ length: 20 }, (_, i) => (i + 1) / 100);

/** The variants that recall is asked about: their numbers, by kind of effect, and the partner of each. */
interface Planted {
  readonly kinds: ReadonlyMap<string, readonly number[]>;
  readonly pairs: readonly (readonly [number, number])[];
}

/**
 * Recall at `top` and as a curve. Decoys take no part in the ranking. Tied scores at the border share its places, so the
 * recall is that expected when ties are broken at random.
 *
 * @throws Failure `metric/no-truth` for data without planted variants
 */
export function attributionRecall({ scores, truth, top, pValues }: AttributionRecallInput): MetricResult {
  requireFinite(scores, 'scores', 1);
  const decoy = truth && truthColumn(truth, 'decoy');
  const ranked = Array.from(scores.keys()).filter(variant => decoy?.[variant] !== 1);
  const planted = plantedIn(truth, ranked, pValues);
  const values = Float64Array.from(ranked, variant => scores[variant]!);
  const place = new Map(ranked.map((variant, at) => [variant, at]));
  const recallAt = (share: number) => {
    const count = Math.min(ranked.length, Math.max(1, Math.round(share * ranked.length)));
    const inTop = topShares(values, count);
    const of = (variant: number) => inTop[place.get(variant)!]!;
    const found = new Map([...planted.kinds].map(([kind, variants]) => [kind, Float64Array.from(variants, of)]));
    if (planted.pairs.length > 0)
      found.set(
        'pairs',
        Float64Array.from(planted.pairs, ([a, b]) => of(a) * of(b)),
      );
    return { count, inTop, found };
  };
  const { count, inTop, found } = recallAt(top);
  return {
    units: scores.length,
    axis: 'variant',
    columns: [
      { name: 'score', values: Float64Array.from(scores) },
      { name: 'top', values: Float64Array.from(scores, (_, variant) => inTop[place.get(variant) ?? -1] ?? NaN) },
    ],
    ...estimate(Object.fromEntries([...found].map(([name, each]) => [name, share(each)])), 'variants'),
    curve: curveOf(CURVE.map(share => recallAt(share).found)),
    notes: notesOf(count, ranked.length, inTop),
  };
}

function plantedIn(truth: FeatureTruth | undefined, ranked: readonly number[], pValues: Values | undefined): Planted {
  const partner = truth && truthColumn(truth, 'partner');
  const kinds = new Map<string, readonly number[]>([['all', []]]);
  for (const kind of KINDS) {
    const flags = truth && truthColumn(truth, kind);
    const variants = ranked.filter(variant => flags?.[variant] === 1);
    if (variants.length > 0) kinds.set(kind, variants);
  }
  const all = [...kinds.values()].flat();
  if (all.length === 0)
    throw new Failure('metric/no-truth', 'no variant of this data set was planted with a known effect', {
      remedy: 'Plant some: data planted = cohort | spike_in(seed: 1).',
    });
  kinds.set('all', all);
  const known = new Set(all);
  const found = ranked.filter(variant => !known.has(variant) && pValues && pValues[variant]! < LEVEL / ranked.length);
  if (found.length > 0) kinds.set('associated', found);
  const pairs = (kinds.get('epistatic') ?? []).flatMap(variant => {
    const other = partner?.[variant] ?? -1;
    return other > variant ? [[variant, other] as const] : [];
  });
  return { kinds, pairs };
}

/** @param found of each kind which variants are in the top, point by point */
function curveOf(found: readonly ReadonlyMap<string, Float64Array>[]): Curve {
  const names = [...found[0]!.keys()];
  return {
    title: 'Recall of planted variants',
    x: { title: 'Share of the variants that is top', unit: 'share', values: CURVE },
    unit: 'share',
    series: names.map(name => ({
      name,
      values: found.map(point => sum(point.get(name)!) / point.get(name)!.length),
    })),
  };
}

function notesOf(count: number, variants: number, inTop: Float64Array): Note[] {
  const notes: Note[] = [
    {
      level: 'information',
      code: 'metric/top',
      message: `${count} of ${variants} variants are top: scores unrelated to the effects recall ${((100 * count) / variants).toFixed(1)} %.`,
    },
  ];
  const tied = inTop.filter(share => share > 0 && share < 1).length;
  if (tied > 0)
    notes.push({
      level: 'warning',
      code: 'GA022',
      message: `${tied} variants have the same score at the border of the top; they share its last places in equal parts.`,
    });
  return notes;
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
