/**
 * The scores of a bigWig file as its index finds them, one section at a time: the names of the chromosomes, the R tree from its root to
 * its leaves, sections of single bases. Kent et al. 2010, Bioinformatics 26:2204, supplementary tables 5–19.
 */
import type { FileHandle } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { readRange } from '../data/range.js';
import { openFile } from '../data/source.js';
import { Failure } from '../failure.js';
import type { Stretch } from './score-track.js';

const MAGIC = 0x888ffc26;
const HEADER = 64;
/** Levels of an index: 256 children of each node are more than any file has at half of them. */
const DEEPEST = 8;

type Read = (position: number, length: number) => Promise<Buffer>;

/** @throws Failure where the file is not such as `bigwig` writes */
export async function* sectionsOf(path: string): AsyncGenerator<Stretch> {
  const file: FileHandle = await openFile(path);
  const read: Read = (position, length) => readRange(file, position, length, found => damaged(path, found));
  try {
    const header = await read(0, HEADER);
    if (header.readUInt32LE(0) !== MAGIC) throw damaged(path, 'it does not begin as a bigWig');
    const names = await namesIn(read, u64(header, 8));
    const largest = header.readUInt32LE(52);
    for await (const [at, size] of blocksUnder(read, u64(header, 24) + 48, DEEPEST)) {
      const block = inflateSync(await read(at, size), { maxOutputLength: largest });
      const chromosome = names.get(block.readUInt32LE(0));
      const values = Float32Array.from({ length: block.readUInt16LE(22) }, (_, item) =>
        block.readFloatLE(24 + 4 * item),
      );
      const [start, end] = [block.readUInt32LE(4), block.readUInt32LE(8)];
      if (chromosome === undefined || block[20] !== 3 || end - start !== values.length)
        throw damaged(path, 'a section holds no single bases');
      yield { chromosome, start, values };
    }
  } catch (error) {
    if (error instanceof Failure || !(error instanceof Error && 'code' in error)) throw error;
    throw damaged(path, error.message); // of zlib, or a number beyond the end of a block
  } finally {
    await file.close();
  }
}

/** Chromosomes by their numbers, from a tree of one leaf. */
async function namesIn(read: Read, at: number): Promise<ReadonlyMap<number, string>> {
  const head = await read(at, 36);
  const [keySize, count] = [head.readUInt32LE(8), head.readUInt16LE(34)];
  const items = await read(at + 36, count * (keySize + 8));
  return new Map(
    Array.from({ length: count }, (_, item) => {
      const from = item * (keySize + 8);
      return [items.readUInt32LE(from + keySize), items.toString('utf8', from, from + keySize).replace(/\0+$/, '')];
    }),
  );
}

/** Place and size of each block under a node, in order. */
async function* blocksUnder(read: Read, at: number, levels: number): AsyncGenerator<readonly [number, number]> {
  const head = await read(at, 4);
  const isLeaf = head[0] === 1;
  const [count, size] = [head.readUInt16LE(2), isLeaf ? 32 : 24];
  const items = await read(at + 4, count * size);
  for (let item = 0; item < count; item++) {
    const child = u64(items, item * size + 16);
    if (isLeaf) yield [child, u64(items, item * size + 24)];
    else if (levels > 0) yield* blocksUnder(read, child, levels - 1);
  }
}

const u64 = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

function damaged(place: string, found: string): Failure {
  return new Failure('data/damaged-bigwig', `the bigWig file is damaged: ${found}`, {
    place,
    remedy: 'Write the file again.',
  });
}
