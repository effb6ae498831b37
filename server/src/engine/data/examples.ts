/** Examples in memory: DNA as one byte per position, or rows of numbers, with what is known of each example. */
import type { Note } from '../../protocol.js';

/**
 * Letters by code: 0–3 are the bases in stored order, 4–14 the IUPAC ambiguity codes. 255 is "no base" (all zero).
 */
export const LETTERS = 'ACGTRYSWKMBDHVN';
export const NO_BASE = 255;

/** Where an example comes from; random draws are keyed by it, so that order and batches cannot matter. */
export interface Origin {
  /** First 8 hexadecimal digits of the source's hash. */
  readonly source: string;
  /** Index in the source, from 0. */
  readonly index: number;
}

interface Known {
  readonly names: readonly string[];
  /** Class of each example, where it has one. */
  readonly labels: readonly (number | undefined)[];
  /** What the classes are called, by their numbers; absent where labels are measured values, or nothing named them. */
  readonly classes?: readonly string[];
  readonly origins: readonly Origin[];
  readonly notes: readonly Note[];
}

/** DNA sequences of one length. */
export interface Sequences extends Known {
  readonly alphabet: 'dna';
  /** Positions of each example. */
  readonly length: number;
  /** Letter codes, [example, position]. */
  readonly letters: Uint8Array;
  /** The same sequences with another allele of a variant: letter codes, [example, position]. */
  readonly alternatives?: Uint8Array;
  /** The genes of the variants (`nearest-genes.ts`), [example]. */
  readonly genes?: readonly string[];
  /** Information content in bits of the planted motif at [example, position]; 0 in the background. */
  readonly truth?: Float32Array;
  /** Probabilities of A, C, G, T from which a simulation drew each letter, [example, position, base]. */
  readonly distribution?: Float32Array;
}

/** What is known to be true of each feature: planted effects, decoys, the classes that a gene tells apart. */
export interface FeatureTruth {
  readonly columns: readonly string[];
  /** [feature, column] */
  readonly values: Float64Array;
}

/** The values of one column of a truth, [feature]; undefined where it has none of that name. */
export function truthColumn({ columns, values }: FeatureTruth, name: string): Float64Array | undefined {
  const column = columns.indexOf(name);
  return column < 0 ? undefined : values.filter((_, at) => at % columns.length === column);
}

/** What else is known of people, to be taken into account beside their genotypes. */
export interface Covariates {
  readonly names: readonly string[];
  /** [example, covariate] */
  readonly values: Float64Array;
}

/** Rows of numbers: genotypes of people, expression of samples. */
export interface Rows extends Known {
  readonly alphabet: 'genotypes' | 'expression';
  /** Features of each example. */
  readonly length: number;
  /** Names of the features. */
  readonly features: readonly string[];
  /** Where variants are on the genome, `20:61795`, in the order of the features; what was added behind them has no place. */
  readonly places?: readonly string[];
  /** The genes of variants (`nearest-genes.ts`), in the order of the features; what was added behind them has none. */
  readonly genes?: readonly string[];
  /** [example, feature] */
  readonly values: Float32Array;
  readonly covariates?: Covariates;
  readonly truth?: FeatureTruth;
}

export type Examples = Sequences | Rows;
