/**
 * Decoys: every variant a second time, with the people exchanged. One permutation of the people is applied to all variants
 * at once, so that allele frequencies and linkage disequilibrium among the decoys stay exactly as they are and only what
 * ties genotypes to the trait is cut. SNPBench: Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784.
 */
import type { with_decoys as specification } from '../../catalog/stages.js';
import type { ParametersOf } from '../../catalog/specification.js';
import { truthColumn, type Rows } from '../data/examples.js';
import { Failure } from '../failure.js';
import { Stream } from '../random/philox.js';
import { GenotypeTruth } from './genotype-truth.js';
import { requireRoomFor } from './genotypes.js';

/**
 * The cohort with a decoy of every variant behind its own variants. People are exchanged within blocks; each draws its own
 * rank, so that parts of a split are permuted differently with the same seed.
 *
 * @throws Failure when there are decoys already, or one person alone, or the genotypes do not fit into memory
 */
export function withDecoys(rows: Rows, { block, seed }: ParametersOf<typeof specification>): Rows {
  const { length, values, origins, features, truth } = rows;
  const people = origins.length;
  if (truth && truthColumn(truth, 'decoy')?.some(decoy => decoy === 1))
    throw new Failure('simulate/decoys-of-decoys', '`with_decoys`: the cohort has decoys already', {
      remedy: 'Apply the stage once.',
    });
  if (people < 2)
    throw new Failure('data/too-few', '`with_decoys`: there is nobody to exchange one person with', {
      remedy: 'Apply it before people are chosen.',
    });
  requireRoomFor(people, 2 * length);
  const all = new Float32Array(2 * values.length);
  for (let from = 0; from < people; from += block) {
    const members = Array.from({ length: Math.min(block, people - from) }, (_, i) => from + i);
    const ranks = new Map(members.map(i => [i, new Stream(seed, 'with_decoys', origins[i]).uniform()]));
    const lenders = [...members].sort((a, b) => ranks.get(a)! - ranks.get(b)!);
    members.forEach((person, i) => {
      const lender = lenders[i]!;
      all.set(values.subarray(person * length, (person + 1) * length), 2 * person * length);
      all.set(values.subarray(lender * length, (lender + 1) * length), (2 * person + 1) * length);
    });
  }
  const known = GenotypeTruth.of(rows, length);
  for (let variant = length; variant < 2 * length; variant++) known.set(variant, { decoy: 1 });
  return {
    ...rows,
    length: 2 * length,
    features: [...features, ...features.map(feature => `decoy:${feature}`)],
    values: all,
    truth: known.done(),
  };
}
