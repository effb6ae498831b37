/** Genomes by their catalog names: bases by range. */
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/genomes.js';
import { IndexedFasta } from './indexed-fasta.js';
import { pathOf, type Files } from './source.js';
import { TwoBit } from './twobit.js';

export interface Genome {
  readonly chromosomes: readonly string[];
  /** Bases of a chromosome; undefined where there is none of that name. */
  size(chromosome: string): Promise<number | undefined>;
  /** Letter codes of bases `start` … `end − 1`, which must exist. @throws Failure when the file is damaged */
  read(chromosome: string, start: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

type Opener<Parameters> = (parameters: Parameters, files: Files) => Promise<Genome>;

/** One implementation per genome of the catalog. */
export const GENOMES: {
  readonly [Name in keyof typeof specifications]: Opener<ParametersOf<(typeof specifications)[Name]>>;
} = {
  two_bit: ({ path }, files) => TwoBit.open(pathOf(path, files)),
  indexed_fasta: ({ path }, files) => IndexedFasta.open(pathOf(path, files)),
};

/** @throws Failure */
export function openGenome(
  { call, parameters }: { readonly call: string; readonly parameters: unknown },
  files: Files,
): Promise<Genome> {
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const opener = GENOMES[call as keyof typeof GENOMES] as Opener<unknown> | undefined;
  if (!opener) throw new Error(`no implementation of the genome ${call}`);
  return opener(parameters, files);
}
