/**
 * Human chromosomes by the names that genotype files have for them: numbers with or without `chr`, and for those beyond the autosomes
 * letters or the codes of PLINK. Source: https://www.cog-genomics.org/plink/1.9/input#chr_set and /plink/2.0/data#irreg_output.
 */

/** What a chromosome is to quality control. The pseudo-autosomal regions (`XY`) have two copies in everybody. */
export type ChromosomeKind = 'autosome' | 'X' | 'Y' | 'XY' | 'MT';

export interface Chromosome {
  readonly kind: ChromosomeKind;
  /** As annotations name it, without `chr`: positions in `XY` are those of X. */
  readonly name: string;
}

const OTHERS: Readonly<Record<string, Exclude<ChromosomeKind, 'autosome'>>> = {
  '23': 'X',
  X: 'X',
  '24': 'Y',
  Y: 'Y',
  '25': 'XY',
  XY: 'XY',
  PAR1: 'XY',
  PAR2: 'XY',
  '26': 'MT',
  M: 'MT',
  MT: 'MT',
};

/** Undefined for unplaced variants (`0`), contigs and other names. */
export function chromosomeOf(code: string): Chromosome | undefined {
  const bare = code.replace(/^chr/i, '').replace(/^0(?=.)/, '');
  if (/^([1-9]|1\d|2[0-2])$/.test(bare)) return { kind: 'autosome', name: bare };
  const kind = OTHERS[bare.toUpperCase()];
  return kind && { kind, name: kind === 'XY' ? 'X' : kind };
}
