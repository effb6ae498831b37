/** Conditions of a rule: what a feature of an example is, and which inputs of a background are alike in it. */
import type { InputSpace } from '../../data/input-space.js';
import type { Stream } from '../../random/philox.js';
import { featureName, valueText } from './changes.js';

export interface Condition {
  readonly feature: number;
  /** For people: `position 12 = A`, `0.5 < TP53 ≤ 2`. */
  readonly text: string;
  /** Values of an expression bin, above `low` and at most `high`. */
  readonly low?: number;
  readonly high?: number;
  /** 1 for each input of the background that meets it. */
  readonly met: Uint8Array;
  /** Makes an input meet the condition that does not. */
  readonly impose: (row: Float32Array, random: Stream) => void;
}

/**
 * A condition for each feature: the same base or count of alleles, or an expression value in the same quantile bin.
 * Positions without one certain base have none.
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
  names: readonly string[],
): Condition[] {
  const size = example.length;
  const width = size / length;
  const copies = background.length / size;
  const conditions: Condition[] = [];
  for (let feature = 0; feature < length; feature++) {
    const start = feature * width;
    const own = example.subarray(start, start + width);
    const name = featureName(feature, names);
    if (alphabet === 'expression') {
      const values = Float32Array.from({ length: copies }, (_, copy) => background[copy * size + feature]!);
      conditions.push({ feature, ...inBin(feature, name, own[0]!, values, bins) });
      continue;
    }
    if (alphabet === 'dna' && !own.includes(1)) continue;
    const met = Uint8Array.from({ length: copies }, (_, copy) =>
      Number(own.every((value, i) => value === background[copy * size + start + i])),
    );
    conditions.push({ feature, text: `${name} = ${valueText(own)}`, met, impose: row => row.set(own, start) });
  }
  return conditions;
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
): Omit<Condition, 'feature'> {
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
