/** A trait of many small additive effects: y = √h²·g + √(1 − h²)·e, g a standardised sum of effects. */
import type { polygenic_trait as specification } from '../../catalog/stages.js';
import type { ParametersOf } from '../../catalog/specification.js';
import { truthColumn, type Rows } from '../data/examples.js';
import { Failure } from '../failure.js';
import { Stream } from '../random/philox.js';
import { GenotypeTruth } from './genotype-truth.js';
import { standardise } from './moments.js';

/**
 * Gives every person a trait, and every causal variant its effect.
 *
 * @param rows genotypes; their labels are replaced, and what was known of effects on the old ones
 * @param parameters `heritability` is the variance that the effects explain in these people, up to chance in the noise
 * @throws Failure when no causal variant varies, or some variants are decoys, which must have no effect
 */
export function polygenicTrait(
  { truth: known, classes: _classes, ...rows }: Rows,
  parameters: ParametersOf<typeof specification>,
): Rows {
  if (known && truthColumn(known, 'decoy')?.includes(1))
    throw new Failure('simulate/decoys', '`polygenic_trait`: the cohort has decoys, which must have no effect', {
      remedy: 'Apply `with_decoys` after it.',
    });
  const { heritability, causal, seed } = parameters;
  const { values, length, origins } = rows;
  const people = origins.length;
  const drawn = new Stream(seed, 'polygenic_trait').choose(length, Math.round(causal * length));
  const effects = new Stream(seed, 'polygenic_trait effects');
  const genetic = new Float64Array(people);
  const causes: { variant: number; effect: number }[] = [];
  for (const variant of drawn) {
    const effect = effects.normal();
    const genotypes = standardise(columnOf(values, variant, length));
    if (genotypes.every(value => value === 0)) continue;
    causes.push({ variant, effect });
    for (let person = 0; person < people; person++) genetic[person]! += effect * genotypes[person]!;
  }
  const explained = standardise(genetic);
  if (heritability > 0 && explained.every(value => value === 0))
    throw new Failure('simulate/no-cause', 'none of the causal variants varies among these people', {
      remedy: 'Raise `causal`, or leave `heritability` at 0%.',
    });
  const scale = Math.sqrt(heritability / meanSquare(genetic));
  const truth = GenotypeTruth.of(rows);
  for (let variant = 0; variant < length; variant++) truth.set(variant, { polygenic: 0 });
  if (heritability > 0) for (const { variant, effect } of causes) truth.set(variant, { polygenic: effect * scale });
  const labels = origins.map((origin, person) => {
    const noise = new Stream(seed, 'polygenic_trait noise', origin).normal();
    return Math.sqrt(heritability) * explained[person]! + Math.sqrt(1 - heritability) * noise;
  });
  return { ...rows, labels, truth: truth.done() };
}

function meanSquare(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}

/** One column of a matrix with `width` columns. */
export function columnOf(values: Float32Array, column: number, width: number): Float64Array {
  return Float64Array.from({ length: values.length / width }, (_, row) => values[row * width + column]!);
}
