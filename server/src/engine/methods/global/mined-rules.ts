/** Rules for a rule list: conditions on single features and their conjunctions, as far as they tell something of the answer. */
import type { InputSpace } from '../../data/input-space.js';
import type { Passed } from '../passes.js';
import { featureName } from './changes.js';
import { both, rowSet, sharedBy, sizeOf, type RowSet } from './row-sets.js';

/** What one feature has to be. */
export interface FeatureCondition {
  readonly feature: number;
  /** For people: `rs7 ≥ 1`, `0.5 < TP53`, `position 12 = A`. */
  readonly text: string;
  /** Examples that meet it. */
  readonly met: RowSet;
}

/** A conjunction. */
export interface MinedRule {
  readonly conditions: readonly FeatureCondition[];
  readonly met: RowSet;
}

const BASES = ['A', 'C', 'G', 'T'];

/** Counts of alleles, dosages being rounded: carriers, homozygotes, and who is not. */
const ALLELES: readonly (readonly [text: string, meets: (count: number) => boolean])[] = [
  ['= 0', count => count < 0.5],
  ['= 1', count => count >= 0.5 && count < 1.5],
  ['= 2', count => count >= 1.5],
  ['≥ 1', count => count >= 0.5],
  ['≤ 1', count => count < 1.5],
];

/**
 * Every condition on one feature: a base at a position, a count of alleles, an expression value above or not above a quantile
 * that occurs.
 *
 * @param x [example, length, width]
 * @param bins quantile bins of expression values
 */
export function featureConditions(
  x: Float32Array,
  count: number,
  { alphabet, shape: [length = 0] }: InputSpace,
  bins: number,
  features: readonly string[],
): FeatureCondition[] {
  const size = x.length / count;
  const width = size / length;
  const all: FeatureCondition[] = [];
  for (let feature = 0; feature < length; feature++) {
    const name = featureName(feature, features);
    const add = (text: string, meets: (value: number) => boolean, letter = 0): void => {
      const met = rowSet(count, row => meets(x[row * size + feature * width + letter]!));
      all.push({ feature, text: `${name} ${text}`, met });
    };
    if (alphabet === 'dna') BASES.forEach((base, letter) => add(`= ${base}`, share => share === 1, letter));
    else if (alphabet === 'genotypes') for (const [text, meets] of ALLELES) add(text, meets);
    else
      for (const cut of cuts(x, count, feature, bins)) {
        const shown = String(Number(cut.toPrecision(4)));
        add(`≤ ${shown}`, value => value <= cut);
        add(`> ${shown}`, value => value > cut);
      }
  }
  return all;
}

/** The quantiles between bins, those that occur and are different. */
function cuts(x: Float32Array, count: number, feature: number, bins: number): Set<number> {
  const size = x.length / count;
  const sorted = Float32Array.from({ length: count }, (_, row) => x[row * size + feature]!).sort();
  return new Set(Array.from({ length: bins - 1 }, (_, i) => sorted[Math.ceil(((i + 1) / bins) * count) - 1]!));
}

/** Entropy of so many answers of which so many are positive, in nats. */
export function entropy(positives: number, count: number): number {
  const term = (part: number): number => (part > 0 ? part * Math.log(count / part) : 0);
  return term(positives) + term(count - positives);
}

interface Scored extends MinedRule {
  /** What it tells of the answer by itself, in nats over all examples. */
  readonly information: number;
}

export interface Mining {
  /** The examples that count. */
  readonly among: RowSet;
  /** Those of them with a positive answer. */
  readonly answers: RowSet;
  /** Fewest examples that meet a rule, and that do not. */
  readonly support: number;
  /** Most conditions of a rule. */
  readonly longest: number;
  /** Most rules. */
  readonly candidates: number;
}

/**
 * The rules that tell most of the answer by themselves. Conjunctions grow from the best rules with one condition less: up to
 * two conditions nothing is passed over where `candidates` hold all conditions.
 *
 * @returns most telling first; `met` only among the examples that count
 */
export async function minedRules(
  conditions: readonly FeatureCondition[],
  { among, answers, support, longest, candidates }: Mining,
  passed: Passed,
): Promise<MinedRule[]> {
  const [positives, count] = [sizeOf(answers), sizeOf(among)];
  let best: Scored[] = [];
  let fresh: Scored[] = [];
  const consider = (rule: MinedRule): void => {
    const size = sizeOf(rule.met);
    if (size < support || count - size < support) return;
    const met = sharedBy(rule.met, answers);
    const information = entropy(positives, count) - entropy(met, size) - entropy(positives - met, count - size);
    fresh.push({ ...rule, information });
  };
  const settle = (): void => {
    best = different([...best, ...fresh].sort((a, b) => b.information - a.information)).slice(0, candidates);
    fresh = [];
  };
  for (const condition of conditions) consider({ conditions: [condition], met: both(condition.met, among) });
  const single = fresh.map(({ conditions: [condition] }) => condition!);
  settle();
  for (let length = 2; length <= longest; length++)
    for (const rule of best.filter(shorter => shorter.conditions.length === length - 1)) {
      for (const condition of single)
        if (rule.conditions.every(({ feature }) => feature !== condition.feature))
          consider({ conditions: [...rule.conditions, condition], met: both(rule.met, condition.met) });
      settle();
      await passed(0);
    }
  return best;
}

/** Of rules that the same examples meet, the first: the sort is stable, so it has the fewest conditions. */
function different(sorted: readonly Scored[]): Scored[] {
  const kept: Scored[] = [];
  for (const rule of sorted) {
    const alike = (other: Scored): boolean => other.met.every((word, i) => word === rule.met[i]);
    let same = false;
    for (let i = kept.length - 1; !same && i >= 0 && kept[i]!.information === rule.information; i--)
      same = alike(kept[i]!);
    if (!same) kept.push(rule);
  }
  return kept;
}
