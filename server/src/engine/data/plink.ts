/**
 * PLINK data sets: those of PLINK 1 here, `.bed` (two bits for each genotype) with `.bim` (variants) and `.fam` (people) beside it; those
 * of PLINK 2 in `pgen.ts`. Genotypes are read in blocks of variants, so memory is bounded by what is kept.
 *
 * Format: https://www.cog-genomics.org/plink/1.9/formats#bed. Chang et al. 2015, GigaScience 4:7.
 */
import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../failure.js';
import { strideOf } from './genotype-calls.js';
import { filledLinesOf } from './lines.js';
import { openPgen } from './pgen.js';
import { openFile } from './source.js';

export interface Variant {
  readonly chromosome: string;
  readonly id: string;
  readonly position: number;
  /** The allele that is counted, usually the rarer one, and the other. */
  readonly alleles: readonly [string, string];
  /** It has more alternative alleles than one, which its genotypes do not tell apart. */
  readonly several?: boolean;
}

export interface Person {
  readonly family: string;
  readonly id: string;
  /** Neither parent is named: counts for frequencies and Hardy–Weinberg tests. */
  readonly founder: boolean;
  /** Has one X chromosome; whoever's sex is not known counts as not male, as in PLINK. */
  readonly male: boolean;
  /** As it is written. */
  readonly phenotype: string;
}

/** A data set of which people and variants are known, and the genotypes can be read. */
export interface PlinkFile {
  readonly path: string;
  readonly people: readonly Person[];
  readonly variants: readonly Variant[];
  /**
   * Genotypes in blocks of variants, in file order.
   *
   * @param isWanted 1 for each variant that is asked for: not all others are read. All where absent
   * @throws Failure where the file is damaged
   */
  readonly blocks: (isWanted?: Uint8Array) => AsyncGenerator<VariantBlock>;
}

/** Genotypes of some variants that follow each other. */
export interface VariantBlock {
  /** Index of the first variant. */
  readonly from: number;
  readonly variants: number;
  /** Bytes of each variant: four people in each, the first in the lowest bits. */
  readonly stride: number;
  readonly bytes: Uint8Array;
  /** Counted alleles that are no whole numbers, [person] by variant of the block; NaN where the genotype says it. */
  readonly dosages?: ReadonlyMap<number, Float32Array>;
}

const MAGIC = [0x6c, 0x1b];
const HEADER = 3;
/** PLINK 1, and of PLINK 2 records of one length without and with dosages, and of any length. */
const MODES = new Set([1, 2, 3, 4, 16]);
const BLOCK_BYTES = 2 ** 24;

/**
 * Opens the three files of PLINK 1 or 2, told by the first bytes of the genotypes, and checks that they belong together; genotypes
 * are not read.
 *
 * @param path of the `.bed` or `.pgen` file
 * @param phenotype the column of a `.psam` file
 * @throws Failure `data/unreadable`, `data/not-plink`, `data/damaged-plink`
 */
export async function openPlink(path: string, phenotype?: string): Promise<PlinkFile> {
  const { size, mode } = await checkHeader(path);
  if (mode > 1) return openPgen(path, phenotype);
  const people: Person[] = [];
  for await (const { cells, number } of rowsOf(beside(path, '.fam'), 6)) {
    const [family = '', id = '', father, mother, sex, phenotype = ''] = cells;
    requireText(id, beside(path, '.fam'), number);
    people.push({ family, id, founder: father === '0' && mother === '0', male: sex === '1', phenotype });
  }
  const variants: Variant[] = [];
  for await (const { cells, number } of rowsOf(beside(path, '.bim'), 6)) {
    const [chromosome = '', id = '', , position, first = '', second = ''] = cells;
    if (!Number.isInteger(Number(position)))
      throw new Failure('data/damaged-plink', `the position is "${position}", expected a whole number`, {
        place: `${beside(path, '.bim')}, line ${number}`,
        remedy: 'Write the files again with `plink --make-bed`.',
      });
    variants.push({ chromosome, id, position: Number(position), alleles: [first, second] });
  }
  const expected = HEADER + variants.length * strideOf(people.length);
  if (size !== expected)
    throw new Failure(
      'data/damaged-plink',
      `the file has ${size} bytes, and ${variants.length} variants of ${people.length} people take ${expected}`,
      { place: path, remedy: 'The files do not belong together, or one is cut off: copy all three again.' },
    );
  if (people.length === 0 || variants.length === 0)
    throw new Failure('data/empty', 'the files name no people or no variants', {
      place: path,
      remedy: 'Give a data set with genotypes.',
    });
  return { path, people, variants, blocks: isWanted => fixedBlocks(path, people.length, variants.length, isWanted) };
}

const beside = (path: string, ending: string): string => path.replace(/\.bed$/i, ending);

function requireText(id: string, path: string, line: number): void {
  if (id === '')
    throw new Failure('data/damaged-plink', 'the row names nobody', {
      place: `${path}, line ${line}`,
      remedy: 'Write the files again with `plink --make-bed`.',
    });
}

/** Checks the first three bytes: 1 is variant after variant as in PLINK 1, all greater ones are of PLINK 2. */
async function checkHeader(path: string): Promise<{ size: number; mode: number }> {
  const head = Buffer.alloc(HEADER);
  const size = await withFile(path, async file => {
    await file.read(head, 0, HEADER, 0);
    return (await file.stat()).size;
  });
  const found = [...head].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
  if (head[0] !== MAGIC[0] || head[1] !== MAGIC[1])
    throw new Failure('data/not-plink', `the file begins with ${found}, expected 6c 1b`, {
      place: path,
      remedy: 'Give a binary PLINK data set; intervals in a BED text file are something else.',
    });
  const mode = head[2]!;
  if (!MODES.has(mode))
    throw new Failure(
      'data/not-plink',
      `the genotypes are stored in mode ${mode}, expected 1 (PLINK 1, variant after variant) or 2, 3, 4 or 16 (PLINK 2)`,
      { place: path, remedy: 'Write the file again with `plink --make-bed` or `plink2 --make-pgen`.' },
    );
  return { size, mode };
}

async function withFile<Result>(path: string, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  const file = await openFile(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Rows of a table without header, separated by blanks. @throws Failure for a row of another width */
async function* rowsOf(path: string, width: number): AsyncGenerator<{ cells: string[]; number: number }> {
  for await (const { text, number } of filledLinesOf(path)) {
    const cells = text.split(/\s+/);
    if (cells.length !== width)
      throw new Failure('data/damaged-plink', `the row has ${cells.length} columns, expected ${width}`, {
        place: `${path}, line ${number}`,
        remedy: 'Write the files again with `plink --make-bed`.',
      });
    yield { cells, number };
  }
}

/** @throws Failure when the file ends too soon */
async function* fixedBlocks(
  path: string,
  people: number,
  variants: number,
  isWanted: Uint8Array = new Uint8Array(variants).fill(1),
): AsyncGenerator<VariantBlock> {
  const stride = strideOf(people);
  const most = Math.max(1, Math.floor(BLOCK_BYTES / stride));
  const buffer = new Uint8Array(Math.min(most, variants) * stride);
  const file = await openFile(path);
  try {
    const end = isWanted.lastIndexOf(1) + 1;
    for (let from = isWanted.indexOf(1); from >= 0;) {
      const count = Math.min(most, end - from);
      const bytes = buffer.subarray(0, count * stride);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, HEADER + from * stride);
      if (bytesRead !== bytes.length)
        throw new Failure('data/damaged-plink', `the file ends within the variants ${from} to ${from + count - 1}`, {
          place: path,
          remedy: 'The file was changed while it was read: run again.',
        });
      yield { from, variants: count, stride, bytes };
      from = isWanted.indexOf(1, from + count);
    }
  } finally {
    await file.close();
  }
}
