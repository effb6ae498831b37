/**
 * Position scores as a bigWig file of version 4: compressed sections of neighbouring bases, an R tree over them, and summaries
 * at several zoom levels. Kent, Zweig, Barber, Hinrichs & Karolchik 2010, Bioinformatics 26:2204, supplementary tables 5–19.
 */
import { deflateSync } from 'node:zlib';
import type { bigwig as specification } from '../../catalog/exports.js';
import type { Note } from '../../protocol.js';
import { spellings } from '../data/asked-region.js';
import { chromosomeSizes } from '../data/chromosome-sizes.js';
import { pathOf } from '../data/source.js';
import { Failure } from '../failure.js';
import type { Export } from './export.js';
import type { OutputFile } from './output.js';
import { sectionsOf } from './bigwig-sections.js';
import { requireTrack } from './read-back.js';
import { ScoreTrack, type Stretch } from './score-track.js';

const MAGIC = { file: 0x888ffc26, chromosomes: 0x78ca8c91, index: 0x2468ace0 };
const HEADER = 64;
const ZOOM_HEADER = 24;
const SUMMARY = 40;
/** Bases in a section of data, and records in a block of summaries. */
const ITEMS = 1024;
const RECORD = 32;
/** Children of a node of the R tree. */
const CHILDREN = 256;
/** Bases in a summary of the first zoom level; each further one has four times as many. */
const FIRST_ZOOM = 16;
const MOST_ZOOMS = 10;
/** Summaries that are kept in memory until they are written: 128 MiB. */
const MOST_RECORDS = 1 << 22;
const MOST_CHROMOSOMES = 0xffff;
const LONGEST = 2 ** 32 - 1;

/** A compressed block of the file and the bases that it covers. */
interface Block {
  readonly chromosome: number;
  readonly start: number;
  readonly endChromosome: number;
  readonly end: number;
  readonly offset: number;
  readonly size: number;
}

export const bigwig: Export<typeof specification> = async (
  { of, sizes: sizesFile, overlaps },
  { store, files, path, create, checkpoint },
) => {
  const sizesPath = sizesFile === undefined ? undefined : pathOf(sizesFile, files);
  const declared = sizesPath === undefined ? undefined : await chromosomeSizes(sizesPath);
  const open = (): Promise<ScoreTrack> =>
    ScoreTrack.open(store, of, overlaps, name => spellings(name).find(other => declared?.has(other)) ?? name);
  const track = await open();
  if (declared) requireInside(declared, track, sizesPath!);
  const sizes = declared ?? track.ends;
  const names = [...sizes.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  if (names.length > MOST_CHROMOSOMES)
    throw new Failure('export/chromosomes', `there are ${names.length} chromosomes, at most ${MOST_CHROMOSOMES} fit`, {
      remedy: 'Give only the lengths of chromosomes that have examples.',
    });
  const ids = new Map(names.map((name, id) => [name, id]));
  const zooms = zoomsFor(track.bases, Math.max(...sizes.values()));
  const file = await create(path);
  await file.write(Buffer.alloc(HEADER + zooms.length * ZOOM_HEADER + SUMMARY));
  const chromosomesAt = file.position;
  await file.write(chromosomeTree(names, sizes));

  const total = new Total();
  const blocks: Block[] = [];
  const dataAt = file.position;
  await file.write(Buffer.alloc(8));
  for await (const stretch of track.stretches()) {
    await checkpoint();
    const id = ids.get(stretch.chromosome)!;
    total.add(stretch.values);
    for (const zoom of zooms) zoom.add(id, stretch);
    for (let from = 0; from < stretch.values.length; from += ITEMS) {
      const values = stretch.values.subarray(from, from + ITEMS);
      const start = stretch.start + from;
      const end = start + values.length;
      const bytes = deflateSync(section(id, start, values));
      blocks.push({ chromosome: id, start, endChromosome: id, end, offset: file.position, size: bytes.length });
      await file.write(bytes);
    }
  }
  const indexAt = file.position;
  await writeIndex(file, blocks);
  const zoomHeaders: Buffer[] = [];
  for (const zoom of zooms) zoomHeaders.push(await zoom.write(file));
  await file.write(u32(MAGIC.file));

  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(MAGIC.file, 0);
  header.writeUInt16LE(4, 4);
  header.writeUInt16LE(zooms.length, 6);
  writeU64(header, chromosomesAt, 8);
  writeU64(header, dataAt, 16);
  writeU64(header, indexAt, 24);
  writeU64(header, HEADER + zooms.length * ZOOM_HEADER, 44);
  header.writeUInt32LE(ITEMS * RECORD, 52);
  const count = Buffer.alloc(8);
  writeU64(count, blocks.length, 0);
  await file.overwrite(dataAt, count);
  await file.overwrite(0, Buffer.concat([header, ...zoomHeaders, total.bytes()]));
  file.readBack(async written => requireTrack(sectionsOf(written), (await open()).stretches()));
  return [...track.notes, ...(declared ? [] : [GUESSED])];
};

const GUESSED: Note = {
  level: 'information',
  code: 'export/guessed-sizes',
  message: 'Chromosomes end at their last example: give `sizes` where a tool needs their real lengths.',
};

/** @throws Failure where an example lies outside the chromosomes of the file */
function requireInside(sizes: ReadonlyMap<string, number>, track: ScoreTrack, path: string): void {
  for (const [chromosome, end] of track.ends) {
    const size = sizes.get(chromosome);
    if (size !== undefined && end <= size) continue;
    const found = size === undefined ? `there is no chromosome "${chromosome}"` : `${chromosome} has ${size} bases`;
    throw new Failure('export/outside', `${found}, and an example ends at ${chromosome}:${end}`, {
      place: path,
      remedy: 'Give the lengths of the assembly that the examples come from.',
    });
  }
}

function zoomsFor(bases: number, longest: number): Zoom[] {
  let reduction = FIRST_ZOOM;
  while (bases / reduction > MOST_RECORDS) reduction *= 4;
  const zooms: Zoom[] = [];
  for (; reduction < longest && zooms.length < MOST_ZOOMS; reduction *= 4) zooms.push(new Zoom(reduction));
  return zooms;
}

/** A B+ tree of one leaf. Keys of equal length, padded with zeros. */
function chromosomeTree(names: readonly string[], sizes: ReadonlyMap<string, number>): Buffer {
  const keySize = Math.max(...names.map(name => Buffer.byteLength(name)));
  const bytes = Buffer.alloc(32 + 4 + names.length * (keySize + 8));
  bytes.writeUInt32LE(MAGIC.chromosomes, 0);
  bytes.writeUInt32LE(names.length, 4);
  bytes.writeUInt32LE(keySize, 8);
  bytes.writeUInt32LE(8, 12);
  writeU64(bytes, names.length, 16);
  bytes.writeUInt8(1, 32);
  bytes.writeUInt16LE(names.length, 34);
  names.forEach((name, id) => {
    const at = 36 + id * (keySize + 8);
    bytes.write(name, at);
    bytes.writeUInt32LE(id, at + keySize);
    bytes.writeUInt32LE(Math.min(LONGEST, sizes.get(name)!), at + keySize + 4);
  });
  return bytes;
}

/** Neighbouring bases with one value each: a section of type `fixedStep`. */
function section(chromosome: number, start: number, values: Float32Array): Buffer {
  const bytes = Buffer.alloc(24 + 4 * values.length);
  [chromosome, start, start + values.length, 1, 1].forEach((number, at) => bytes.writeUInt32LE(number, 4 * at));
  bytes.writeUInt8(3, 20);
  bytes.writeUInt16LE(values.length, 22);
  values.forEach((value, at) => bytes.writeFloatLE(value, 24 + 4 * at));
  return bytes;
}

/** An R tree over blocks that are sorted by place; nodes of a level lie together, the root first. */
async function writeIndex(file: OutputFile, blocks: readonly Block[]): Promise<void> {
  const levels: (readonly Omit<Block, 'offset' | 'size'>[])[] = [blocks];
  for (let level = levels[0]!; level.length > CHILDREN; level = levels[0]!) {
    const parents = Array.from({ length: Math.ceil(level.length / CHILDREN) }, (_, i) =>
      around(level.slice(i * CHILDREN, (i + 1) * CHILDREN)),
    );
    levels.unshift(parents);
  }
  const last = blocks.at(-1);
  const bounds = around(blocks);
  const header = Buffer.alloc(48);
  header.writeUInt32LE(MAGIC.index, 0);
  header.writeUInt32LE(CHILDREN, 4);
  writeU64(header, blocks.length, 8);
  writeBounds(header, bounds, 16);
  writeU64(header, last ? last.offset + last.size : file.position, 32);
  header.writeUInt32LE(1, 40);
  await file.write(header);
  for (const [depth, level] of levels.entries()) {
    const leaf = depth === levels.length - 1;
    const below = leaf ? 0 : levels[depth + 1]!.length;
    const itemSize = leaf ? 32 : 24;
    const nodes = Math.max(1, Math.ceil(level.length / CHILDREN));
    // Where the level below begins; its nodes are full but for the last.
    const nextAt = file.position + nodes * 4 + level.length * itemSize;
    const childSize = depth + 2 === levels.length ? 32 : 24;
    for (let from = 0; from < Math.max(1, level.length); from += CHILDREN) {
      const items = level.slice(from, from + CHILDREN);
      const bytes = Buffer.alloc(4 + items.length * itemSize);
      bytes.writeUInt8(leaf ? 1 : 0, 0);
      bytes.writeUInt16LE(items.length, 2);
      items.forEach((item, index) => {
        const at = 4 + index * itemSize;
        writeBounds(bytes, item, at);
        if (leaf) {
          writeU64(bytes, blocks[from + index]!.offset, at + 16);
          writeU64(bytes, blocks[from + index]!.size, at + 24);
        } else {
          const before = Math.min(below, (from + index) * CHILDREN);
          writeU64(bytes, nextAt + (from + index) * 4 + before * childSize, at + 16);
        }
      });
      await file.write(bytes);
    }
  }
}

type Bounds = Omit<Block, 'offset' | 'size'>;

function around(blocks: readonly Bounds[]): Bounds {
  const first = blocks[0] ?? { chromosome: 0, start: 0 };
  const last = blocks.at(-1) ?? { endChromosome: 0, end: 0 };
  return { chromosome: first.chromosome, start: first.start, endChromosome: last.endChromosome, end: last.end };
}

function writeBounds(bytes: Buffer, { chromosome, start, endChromosome, end }: Bounds, at: number): void {
  [chromosome, start, endChromosome, end].forEach((number, index) => bytes.writeUInt32LE(number, at + 4 * index));
}

/** One zoom level: summaries of windows of so many bases. */
class Zoom {
  private readonly records: Buffer[] = [];
  private open: { chromosome: number; start: number; end: number; total: Total } | undefined;

  constructor(private readonly reduction: number) {}

  add(chromosome: number, { start, values }: Stretch): void {
    for (let from = 0; from < values.length;) {
      const window = Math.floor((start + from) / this.reduction);
      const to = Math.min(values.length, (window + 1) * this.reduction - start);
      const same = this.open?.chromosome === chromosome && Math.floor((this.open.end - 1) / this.reduction) === window;
      if (!same) this.finish();
      this.open ??= { chromosome, start: start + from, end: 0, total: new Total() };
      this.open.total.add(values.subarray(from, to));
      this.open.end = start + to;
      from = to;
    }
  }

  /** @returns its entry in the file's header */
  async write(file: OutputFile): Promise<Buffer> {
    this.finish();
    const header = Buffer.alloc(ZOOM_HEADER);
    header.writeUInt32LE(this.reduction, 0);
    writeU64(header, file.position, 8);
    await file.write(u32(this.records.length));
    const blocks: Block[] = [];
    for (let from = 0; from < this.records.length; from += ITEMS) {
      const records = this.records.slice(from, from + ITEMS);
      const [first, last] = [records[0]!, records.at(-1)!];
      const bytes = deflateSync(Buffer.concat(records));
      blocks.push({
        chromosome: first.readUInt32LE(0),
        start: first.readUInt32LE(4),
        endChromosome: last.readUInt32LE(0),
        end: last.readUInt32LE(8),
        offset: file.position,
        size: bytes.length,
      });
      await file.write(bytes);
    }
    writeU64(header, file.position, 16);
    await writeIndex(file, blocks);
    return header;
  }

  private finish(): void {
    if (!this.open) return;
    const { chromosome, start, end, total } = this.open;
    const record = Buffer.alloc(RECORD);
    [chromosome, start, end, total.count].forEach((number, at) => record.writeUInt32LE(number, 4 * at));
    [total.least, total.greatest, total.sum, total.squares].forEach((number, at) =>
      record.writeFloatLE(number, 16 + 4 * at),
    );
    this.records.push(record);
    this.open = undefined;
  }
}

/** Count, extremes and sums of values. */
class Total {
  count = 0;
  least = Infinity;
  greatest = -Infinity;
  sum = 0;
  squares = 0;

  add(values: Float32Array): void {
    for (const value of values) {
      this.count++;
      this.least = Math.min(this.least, value);
      this.greatest = Math.max(this.greatest, value);
      this.sum += value;
      this.squares += value * value;
    }
  }

  bytes(): Buffer {
    const bytes = Buffer.alloc(SUMMARY);
    writeU64(bytes, this.count, 0);
    [this.least, this.greatest, this.sum, this.squares].forEach((number, at) =>
      bytes.writeDoubleLE(this.count === 0 ? 0 : number, 8 + 8 * at),
    );
    return bytes;
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function writeU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeBigUInt64LE(BigInt(value), at);
}
