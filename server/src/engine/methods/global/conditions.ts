/** Conditions of a rule: what a feature of an example is, and which inputs of a background are alike in it. */
import type { InputSpace } from '../../data/input-space.js';
import type { Stream } from '../../random/philox.js';
import type { FeatureGroups } from '../groups.js';
import { featureName, valueText } from './changes.js';

/** What one feature has to be. */
interface Member {
  readonly feature: number;
  /** For people: `position 12 = A`, `0.5 < TP53 ≤ 2`. */
  readonly text: string;
  /** Values of an expression bin, above `low` and at most `high`. */
  readonly low?: number;
  readonly high?: number;
  /** 1 for each input of the background that meets it. */
  readonly met: Uint8Array;
  /** Makes an input meet it. */
  readonly impose: (row: Float32Array, random: Stream) => void;
}

/** What a feature, or all features of a group, have to be. */
export interface Condition {
  readonly members: readonly Member[];
  readonly text: string;
  readonly met: Uint8Array;
  /** Makes an input meet the condition, the inputs of the background by their numbers. */
  readonly impose: (row: Float32Array, copy: number, random: Stream) => void;
}

/**
 * A condition for each group of features: the same bases or counts of alleles, or expression values in the same quantile
 * bins. Positions without one certain base are left free.
 *
 * @param example [length, width]
 * @param background [copy, length, width]
 * @param bins quantile bins of expression values
 */
export function conditionsOf(
  example: Float32Array,
  background: Float32Array,
  { alphabet, shape: [length = 0] }: InputSpace,
  bins: number,
  groups: FeatureGroups,
  features: readonly string[],
): Condition[] {
  const size = example.length;
  const width = size / length;
  const copies = background.length / size;
  const memberOf = (feature: number): Member[] => {
    const start = feature * width;
    const own = example.subarray(start, start + width);
    const name = featureName(feature, features);
    if (alphabet === 'expression') {
      const values = Float32Array.from({ length: copies }, (_, copy) => background[copy * size + feature]!);
      return [{ feature, ...inBin(feature, name, own[0]!, values, bins) }];
    }
    if (alphabet === 'dna' && !own.includes(1)) return [];
    const met = Uint8Array.from({ length: copies }, (_, copy) =>
      Number(own.every((value, i) => value === background[copy * size + start + i])),
    );
    return [{ feature, text: `${name} = ${valueText(own)}`, met, impose: row => row.set(own, start) }];
  };
  return groups.members.flatMap((list, group) => {
    const members = list.flatMap(memberOf);
    if (members.length === 0) return [];
    return {
      members,
      text: members.length === 1 ? members[0]!.text : `${groups.names[group]!} as it is`,
      met: Uint8Array.from({ length: copies }, (_, copy) => Number(members.every(({ met }) => met[copy] === 1))),
      impose: (row, copy, random) => {
        for (const { met, impose } of members) if (met[copy] === 0) impose(row, random);
      },
    };
  });
}

/**
 * A value from the same bin of the background, its bins cut at quantiles that occur. Imposed is a value drawn from those in
 * the bin, or the example's own where there is none.
 */
function inBin(
  feature: number,
  name: string,
  own: number,
  values: Float32Array,
  bins: number,
): Omit<Member, 'feature'> {
  const sorted = Float32Array.from(values).sort();
  const cuts = Array.from({ length: bins - 1 }, (_, i) => sorted[Math.ceil(((i + 1) / bins) * sorted.length) - 1]!);
  const low = cuts.findLast(cut => cut < own) ?? -Infinity;
  const high = cuts.find(cut => cut >= own) ?? Infinity;
  const met = Uint8Array.from(values, value => Number(value > low && value <= high));
  const inside = values.filter((_, copy) => met[copy] === 1);
  const shown = (value: number): string => String(Number(value.toPrecision(4)));
  const text = `${low > -Infinity ? `${shown(low)} < ` : ''}${name}${high < Infinity ? ` ≤ ${shown(high)}` : ''}`;
  return {
    text,
    low,
    high,
    met,
    impose: (row, random) => {
      row[feature] = inside.length > 0 ? inside[random.integer(inside.length)]! : own;
    },
  };
}
