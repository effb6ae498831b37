/**
 * Genotypes in PLINK 2 binary files: `.pgen` with `.pvar` (variants) and `.psam` (people) beside it. Records of any length or of one, in
 * blocks of variants as they stand in PLINK 1 files, so that everything behind is the same. Variants with several alternative alleles
 * are marked, and what is counted is the alternative allele.
 * Source: PLINK 2 File Format Specification Draft, "Header" (pgen_spec of chrchang/plink-ng).
 */
import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../failure.js';
import { DamagedRecord, dependsOnEarlier, hasDosages, readRecord } from './pgen-record.js';
import type { PlinkFile, VariantBlock } from './plink.js';
import { readPsam, readPvar } from './pvar.js';
import { readRange } from './range.js';
import { openFile } from './source.js';

/** Where the records lie. */
interface Index {
  /** Type of each record. */
  readonly types: Uint8Array;
  /** First byte of each record. */
  readonly starts: Float64Array;
  /** Bytes of each record. */
  readonly lengths: Uint32Array;
}

/** Variants in a block of the format, within which records refer to each other. */
const FORMAT_BLOCK = 2 ** 16;
const HEADER = 12;
/** Record types of the modes in which all records are alike, and the bytes that each person takes beside a hard call. */
const FIXED: Readonly<Record<number, { readonly type: number; readonly bytes: number }>> = {
  2: { type: 0, bytes: 0 },
  3: { type: 0x40, bytes: 2 },
  4: { type: 0xc0, bytes: 4 },
};
/** What a person can take in a record: a longer one is damaged. */
const MOST_PER_PERSON = 32;
/** Bytes of hard calls in a block that is handed on, and of records that are read at a time. */
const BLOCK_BYTES = 2 ** 24;

/** What the two bits of PLINK 2 are in PLINK 1, four people at a time. */
const AS_PLINK_1 = Uint8Array.from({ length: 256 }, (_, byte) =>
  [0, 2, 4, 6].reduce((sum, shift) => sum + ([3, 2, 0, 1][(byte >> shift) & 3]! << shift), 0),
);

/**
 * Opens the three files and checks that they belong together; genotypes are not read.
 *
 * @param phenotype the column of the `.psam` file; the first of numbers where none is named
 * @throws Failure `data/unreadable`, `data/not-plink`, `data/damaged-plink`, `data/empty`, `data/no-column`
 */
export async function openPgen(path: string, phenotype?: string): Promise<PlinkFile> {
  const people = await readPsam(beside(path, '.psam'), phenotype);
  const variants = await readPvar(beside(path, '.pvar'));
  if (people.length === 0 || variants.length === 0)
    throw new Failure('data/empty', 'the files name no people or no variants', {
      place: path,
      remedy: 'Give a data set with genotypes.',
    });
  const file = await openFile(path);
  try {
    const index = await readIndex(file, path, variants.length, people.length);
    return { path, people, variants, blocks: isWanted => blocksOf(path, index, people.length, isWanted) };
  } finally {
    await file.close();
  }
}

const beside = (path: string, ending: string): string => path.replace(/\.[^./\\]*$/, ending);

const damaged = (path: string, found: string): Failure =>
  new Failure('data/damaged-plink', `the file is damaged or cut off: ${found}`, {
    place: path,
    remedy: 'Copy all three files again, or write them again with `plink2 --make-pgen`.',
  });

async function readIndex(file: FileHandle, path: string, variants: number, people: number): Promise<Index> {
  const read = (from: number, length: number): Promise<Buffer> =>
    readRange(file, from, length, found => damaged(path, found));
  const head = await read(0, HEADER);
  const [mode, control] = [head[2]!, head[HEADER - 1]!];
  const [found, persons] = [head.readUInt32LE(3), head.readUInt32LE(7)];
  if (found !== variants || persons !== people)
    throw new Failure(
      'data/damaged-plink',
      `the file holds ${found} variants of ${persons} people, and those beside it name ${variants} of ${people}`,
      { place: path, remedy: 'The files do not belong together: copy all three again.' },
    );
  const { size } = await file.stat();
  const flags = control >> 6 === 3;
  const fixed = FIXED[mode];
  if (fixed !== undefined) {
    const length = Math.ceil(people / 4) + people * fixed.bytes;
    const begin = HEADER + (flags ? Math.ceil(variants / 8) : 0);
    if (size !== begin + variants * length)
      throw damaged(path, `it has ${size} bytes, expected ${begin + variants * length}`);
    return {
      types: new Uint8Array(variants).fill(fixed.type),
      starts: Float64Array.from({ length: variants }, (_, at) => begin + at * length),
      lengths: new Uint32Array(variants).fill(length),
    };
  }
  if ((control & 15) > 7)
    throw new Failure(
      'data/not-plink',
      `types and lengths of the variants are stored in form ${control & 15}, expected 0 to 7`,
      {
        place: path,
        remedy: 'Write the file again with `plink2 --make-pgen`.',
      },
    );
  const [typeBits, width] = [(control & 4) === 0 ? 4 : 8, 1 + (control & 3)] as const;
  const alleles = (control >> 4) & 3;
  const blocks = Math.ceil(variants / FORMAT_BLOCK);
  const offsets = await read(HEADER, 8 * blocks);
  const [types, starts, lengths] = [new Uint8Array(variants), new Float64Array(variants), new Uint32Array(variants)];
  let at = HEADER + 8 * blocks;
  for (let block = 0; block < blocks; block++) {
    const from = block * FORMAT_BLOCK;
    const count = Math.min(FORMAT_BLOCK, variants - from);
    const typeBytes = Math.ceil((count * typeBits) / 8);
    const body = await read(at, typeBytes + count * width);
    at += body.length + count * alleles + (flags ? Math.ceil(count / 8) : 0);
    let start = Number(offsets.readBigUInt64LE(8 * block));
    for (let i = 0; i < count; i++) {
      types[from + i] = typeBits === 8 ? body[i]! : (body[i >> 1]! >> (4 * (i & 1))) & 15;
      starts[from + i] = start;
      lengths[from + i] = body.readUIntLE(typeBytes + i * width, width);
      start += lengths[from + i]!;
    }
    if (!(start <= size))
      throw damaged(path, `variants ${from} to ${from + count - 1} would end at byte ${start} of ${size}`);
  }
  const longest = lengths.findIndex(length => length > MOST_PER_PERSON * people + 1024);
  if (longest >= 0) throw damaged(path, `variant ${longest} would have ${lengths[longest]} bytes`);
  return { types, starts, lengths };
}

/** Hard calls as in a PLINK 1 file, and dosages beside them, in blocks of variants. */
async function* blocksOf(
  path: string,
  { types, starts, lengths }: Index,
  people: number,
  isWanted?: Uint8Array,
): AsyncGenerator<VariantBlock> {
  const stride = Math.ceil(people / 4);
  // Beside dosages hard calls are small.
  const most = Math.max(1, Math.floor(BLOCK_BYTES / (types.some(hasDosages) ? 16 * stride : stride)));
  const earlier = new Uint8Array(stride);
  const file = await openFile(path);
  try {
    for (let from = 0; from < types.length;) {
      // Variants may refer to earlier ones of the same block of the format, so that those before a wanted one are read too.
      const next = Math.min(types.length, (Math.floor(from / FORMAT_BLOCK) + 1) * FORMAT_BLOCK);
      if (isWanted?.subarray(from, next).includes(1) === false) {
        from = next;
        continue;
      }
      const end = endOfBlock(from, most, lengths);
      const begin = starts[from]!;
      const length = starts[end - 1]! + lengths[end - 1]! - begin;
      const records = await readRange(file, begin, length, found => damaged(path, found));
      const bytes = new Uint8Array((end - from) * stride);
      const dosages = new Map<number, Float32Array>();
      for (let variant = from; variant < end; variant++) {
        const record = records.subarray(starts[variant]! - begin, starts[variant]! - begin + lengths[variant]!);
        const calls = bytes.subarray((variant - from) * stride, (variant - from + 1) * stride);
        const refers = dependsOnEarlier(types[variant]!);
        if (refers && variant % FORMAT_BLOCK === 0)
          throw damaged(path, `variant ${variant} refers to one of another block`);
        const found = decoded(() => readRecord(record, types[variant]!, people, earlier, calls), path, variant);
        if (found !== undefined) dosages.set(variant - from, found);
        if (!refers) earlier.set(calls);
      }
      for (let at = 0; at < bytes.length; at++) bytes[at] = AS_PLINK_1[bytes[at]!]!;
      yield { from, variants: end - from, stride, bytes, ...(dosages.size > 0 && { dosages }) };
      from = end;
    }
  } finally {
    await file.close();
  }
}

/** The variant behind as many as are read together: those of one block of the format lie one behind another. */
function endOfBlock(from: number, most: number, lengths: Uint32Array): number {
  const last = Math.min(lengths.length, from + most, (Math.floor(from / FORMAT_BLOCK) + 1) * FORMAT_BLOCK);
  let [end, bytes] = [from + 1, lengths[from]!];
  while (end < last && (bytes += lengths[end]!) <= BLOCK_BYTES) end++;
  return end;
}

function decoded<Result>(read: () => Result, path: string, variant: number): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof DamagedRecord) throw damaged(path, `variant ${variant}: ${error.message}`);
    throw error;
  }
}
