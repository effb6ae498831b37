/**
 * Genotypes of unrelated people: two haplotypes each, in blocks of linkage disequilibrium that a Gaussian copula makes.
 * Hardy–Weinberg proportions hold, because a person's haplotypes are independent. The trait is that of `polygenic_trait`.
 */
import { createHash } from 'node:crypto';
import type { simulate_genotypes as specification } from '../../catalog/simulators.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Origin, Rows } from '../data/examples.js';
import type { Source } from '../data/source.js';
import { Failure } from '../failure.js';
import { beta } from '../random/distributions.js';
import { normalQuantile } from '../random/normal-distribution.js';
import { Stream } from '../random/philox.js';
import { polygenicTrait } from './polygenic-trait.js';

type Parameters = ParametersOf<typeof specification>;

/** Genotypes that fit into memory: four bytes each. */
export const MOST_VALUES = 2 ** 29;

/** @throws Failure when a matrix of people and variants does not fit into memory */
export function requireRoomFor(
  people: number,
  variants: number,
  words = ['people', 'variants', 'genotypes'],
  how = '',
): void {
  const [rows, columns, values] = words;
  if (people * variants > MOST_VALUES)
    throw new Failure(
      'data/too-large',
      `${people} ${rows} × ${variants} ${columns} are ${(people * variants).toLocaleString('en')} ${values}`,
      { remedy: `Take at most ${MOST_VALUES.toLocaleString('en')}: fewer ${rows} or fewer ${columns}.${how}` },
    );
}

/** The frequency of the effect allele of each variant: Beta(0.7, 3) between the smallest allowed and ½. */
function drawFrequencies({ variants, minimum_frequency, seed }: Parameters): Float64Array {
  return Float64Array.from({ length: variants }, (_, index) => {
    const stream = new Stream(seed, 'simulate_genotypes frequency', { source: '0', index });
    for (;;) {
      const frequency = beta(stream, 0.7, 3);
      if (frequency >= minimum_frequency && frequency <= 0.5) return frequency;
    }
  });
}

/** Genotypes and trait of all people. A person's genotypes do not depend on how many people there are; the trait does. */
export function simulateGenotypes(parameters: Parameters): Rows {
  const { people, variants, block, correlation, heritability, causal, seed } = parameters;
  requireRoomFor(people, variants);
  const frequencies = drawFrequencies(parameters);
  const thresholds = frequencies.map(frequency => normalQuantile(1 - frequency));
  const { minimum_frequency } = parameters;
  const identity = JSON.stringify(['simulate_genotypes', variants, block, correlation, minimum_frequency, seed]);
  const source = createHash('sha256').update(identity).digest('hex').slice(0, 8);
  const innovation = Math.sqrt(1 - correlation ** 2);
  const values = new Float32Array(people * variants);
  const origins: Origin[] = [];
  for (let index = 0; index < people; index++) {
    const origin = { source, index };
    const stream = new Stream(seed, 'simulate_genotypes', origin);
    for (let haplotype = 0; haplotype < 2; haplotype++) {
      let latent = 0;
      for (let variant = 0; variant < variants; variant++) {
        latent = variant % block === 0 ? stream.normal() : correlation * latent + innovation * stream.normal();
        if (latent > thresholds[variant]!) values[index * variants + variant]! += 1;
      }
    }
    origins.push(origin);
  }
  const rows: Rows = {
    alphabet: 'genotypes',
    length: variants,
    features: Array.from({ length: variants }, (_, variant) => `snp${variant + 1}`),
    values,
    names: origins.map(({ index }) => `person ${index + 1}`),
    labels: origins.map(() => undefined),
    origins,
    notes: [],
  };
  return polygenicTrait(rows, { heritability, causal, seed });
}

export const simulateGenotypesSource: Source<Parameters, Rows> = {
  async read(parameters) {
    return simulateGenotypes(parameters);
  },
  async describe({ people, variants }) {
    requireRoomFor(people, variants);
    return {
      is: 'data',
      examples: people,
      complete: true,
      alphabet: 'genotypes',
      length: [variants, variants],
      notes: [],
    };
  },
};
