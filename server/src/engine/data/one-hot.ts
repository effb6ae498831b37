/** From letters to what a model reads: one number per position and base. */
import { Failure } from '../failure.js';
import { LETTERS, NO_BASE, type Sequences } from './examples.js';

/** The bases that each letter stands for (IUPAC-IUB, Cornish-Bowden 1985, Nucleic Acids Res. 13:3021). */
export const BASES_OF: Readonly<Record<string, string>> = {
  A: 'A',
  C: 'C',
  G: 'G',
  T: 'T',
  R: 'AG',
  Y: 'CT',
  S: 'CG',
  W: 'AT',
  K: 'GT',
  M: 'AC',
  B: 'CGT',
  D: 'AGT',
  H: 'ACT',
  V: 'ACG',
  N: 'ACGT',
};

/** Shares of A, C, G, T by letter code, [256, 4]; all zero for "no base". */
const SHARES = new Float32Array(256 * 4);
[...LETTERS].forEach((letter, code) => {
  const bases = BASES_OF[letter]!;
  for (const base of bases) SHARES[code * 4 + LETTERS.indexOf(base)] = 1 / bases.length;
});

/** Code of each byte of text, upper or lower case; 255 where the byte is no IUPAC letter of DNA. */
export const CODE_OF_BYTE = new Uint8Array(256).fill(NO_BASE);
[...LETTERS].forEach((letter, code) => {
  CODE_OF_BYTE[letter.charCodeAt(0)] = code;
  CODE_OF_BYTE[letter.toLowerCase().charCodeAt(0)] = code;
});

/** How many of the letters are ambiguity codes, or no base. */
export function countAmbiguous(letters: Uint8Array): number {
  let count = 0;
  for (const code of letters) if (code > 3) count++;
  return count;
}

/**
 * Follows the rule for letters of which some are ambiguity codes; `zeros` writes over them.
 *
 * @param what has them, for the message: `window`
 * @returns whether they stay
 * @throws Failure `data/ambiguous`
 */
export function admitsAmbiguous(
  letters: Uint8Array,
  rule: 'uniform' | 'zeros' | 'drop' | 'error',
  what: string,
  place: string,
): boolean {
  if (rule === 'error')
    throw new Failure('data/ambiguous', `the ${what} has ambiguous bases, which \`ambiguous: error\` forbids`, {
      place,
      remedy: 'Use `ambiguous: drop` or `ambiguous: uniform`.',
    });
  if (rule === 'zeros')
    letters.forEach((code, at) => {
      if (code > 3) letters[at] = NO_BASE;
    });
  return rule !== 'drop';
}

/**
 * Writes letters as shares of A, C, G, T.
 *
 * @param letters letter codes, any number of positions
 * @param out receives [position, 4]
 * @param at first element of `out` to write
 */
export function writeOneHot(letters: Uint8Array, out: Float32Array, at = 0): void {
  out.fill(0, at, at + 4 * letters.length);
  for (let position = 0; position < letters.length; position++) {
    const code = letters[position]!;
    if (code < 4) out[at + 4 * position + code] = 1;
    else for (let base = 0; base < 4; base++) out[at + 4 * position + base] = SHARES[4 * code + base]!;
  }
}

/**
 * Examples `from` … `to − 1` as a model reads them. An ambiguity code becomes equal shares of its bases (N: ¼ each), an
 * unknown base all zeros.
 *
 * @returns [to − from, position, 4] in A, C, G, T order
 */
export function oneHot(examples: Sequences, from: number, to: number): Float32Array {
  const { length } = examples;
  const out = new Float32Array((to - from) * length * 4);
  writeOneHot(examples.letters.subarray(from * length, to * length), out);
  return out;
}
