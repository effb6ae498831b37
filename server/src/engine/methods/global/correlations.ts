/** Pearson correlations between the features of rows of numbers. */
import type { Note } from '../../../protocol.js';
import type { Passed } from '../passes.js';

/** |r| from which features cannot be moved one without the other. */
const STRONG = 0.7;

export class Correlations {
  readonly means: Float64Array;
  /** Standard deviations with n; 0 for a feature that is the same in all examples. */
  readonly deviations: Float64Array;
  /** Standardised columns, [feature, example]; zeros where a feature is the same in all examples. */
  private readonly columns: Float32Array;

  /** @param values [example, feature] */
  constructor(
    values: Float32Array,
    readonly examples: number,
    readonly features: number,
  ) {
    this.means = new Float64Array(features);
    this.deviations = new Float64Array(features);
    this.columns = new Float32Array(values.length);
    for (let i = 0; i < values.length; i++) this.means[i % features]! += values[i]! / examples;
    for (let i = 0; i < values.length; i++)
      this.deviations[i % features]! += (values[i]! - this.means[i % features]!) ** 2 / examples;
    for (let feature = 0; feature < features; feature++) {
      const deviation = Math.sqrt(this.deviations[feature]!);
      // Sums of a constant leave a rest of rounding.
      this.deviations[feature] = deviation > 1e-9 * Math.abs(this.means[feature]!) ? deviation : 0;
      if (this.deviations[feature] === 0) continue;
      for (let example = 0; example < examples; example++)
        this.columns[feature * examples + example] =
          (values[example * features + feature]! - this.means[feature]!) / deviation;
    }
  }

  /** (value − mean) / standard deviation of one feature, [example]. */
  column(feature: number): Float32Array {
    return this.columns.subarray(feature * this.examples, (feature + 1) * this.examples);
  }

  between(one: number, other: number): number {
    const [a, b] = [this.column(one), this.column(other)];
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
    return sum / this.examples;
  }
}

/** A feature that is moved, or several together. */
export interface Moved {
  readonly name: string;
  readonly features: readonly number[];
}

/**
 * Warns (GA031) of features that are moved although others, which stay, are strongly correlated with them.
 *
 * @param doing what the method does to them, for the text
 * @param instead what to do instead
 */
export async function correlationNotes(
  correlations: Correlations,
  moved: readonly Moved[],
  nameOf: (feature: number) => string,
  doing: string,
  instead: string,
  passed: Passed,
): Promise<Note[]> {
  const found: { name: string; other: string; r: number }[] = [];
  for (const { name, features } of moved) {
    const own = new Set(features);
    let strongest = { name, other: '', r: 0 };
    for (const feature of features)
      for (let other = 0; other < correlations.features; other++) {
        if (own.has(other)) continue;
        const r = correlations.between(feature, other);
        if (Math.abs(r) > Math.abs(strongest.r)) strongest = { name, other: nameOf(other), r };
      }
    if (Math.abs(strongest.r) > STRONG) found.push(strongest);
    await passed(0);
  }
  if (found.length === 0) return [];
  const shown = found
    .sort((a, b) => Math.abs(b.r) - Math.abs(a.r))
    .slice(0, 3)
    .map(({ name, other, r }) => `${name} with ${other} (r = ${r.toFixed(2)})`);
  return [
    {
      level: 'warning',
      code: 'GA031',
      message:
        `${found.length} of ${moved.length} features or groups have |r| > ${STRONG} with a feature that stays: ${shown.join(', ')}${found.length > 3 ? ', …' : ''}. ` +
        `${doing} makes inputs that do not occur; ${instead}.`,
    },
  ];
}
