/**
 * FASTA by range: through the `.fai` index of samtools, and of files compressed by bgzip through the `.gzi` index of its
 * blocks. http://www.htslib.org/doc/faidx.html; SAM/BAM format specification, section 4.1 (BGZF).
 */
import { stat } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { Failure } from '../failure.js';
import { bytesOf } from './bytes.js';
import { NO_BASE } from './examples.js';
import { CODE_OF_BYTE } from './one-hot.js';
import { LastUsed, PagedFile } from './pages.js';

/** A block of BGZF has at most so many bytes, compressed and not. */
const BLOCK = 1 << 16;
/** Blocks that stay unpacked: at most 64 MiB. */
const KEPT = 1024;
/** Indexes of more bytes are of no genome. */
const LARGEST_INDEX = 2 ** 28;

interface Entry {
  readonly size: number;
  readonly offset: number;
  readonly lineBases: number;
  readonly lineBytes: number;
}

/** Bytes in front of a sequence in which its header is looked for. */
const LONGEST_HEADER = 4096;

/** Where blocks begin, compressed and uncompressed, ascending. */
interface Blocks {
  readonly compressed: Float64Array;
  readonly uncompressed: Float64Array;
}

export class IndexedFasta {
  private readonly unpacked = new LastUsed(KEPT, block => this.block(block));

  private constructor(
    private readonly path: string,
    private readonly file: PagedFile,
    private readonly entries: ReadonlyMap<string, Entry>,
    private readonly blocks: Blocks | undefined,
  ) {}

  /** @throws Failure `data/unreadable`, `data/no-index`, `data/index`, `data/not-bgzip` */
  static async open(path: string): Promise<IndexedFasta> {
    const entries = await readFai(`${path}.fai`, path);
    const file = await PagedFile.open(path, () => stale(path, 'the sequence'));
    try {
      const magic = await file.read(0, Math.min(18, file.size));
      const zipped = magic[0] === 0x1f && magic[1] === 0x8b;
      if (zipped && !(magic[3] === 4 && magic.toString('latin1', 12, 14) === 'BC'))
        throw new Failure('data/not-bgzip', 'the file is gzipped in one piece and cannot be read by range', {
          place: path,
          remedy: 'Compress it with `bgzip`, then run `samtools faidx` on it.',
        });
      return new IndexedFasta(path, file, entries, zipped ? await readGzi(`${path}.gzi`, path) : undefined);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  get chromosomes(): readonly string[] {
    return [...this.entries.keys()];
  }

  size(chromosome: string): Promise<number | undefined> {
    return Promise.resolve(this.entries.get(chromosome)?.size);
  }

  /** Sequences to which the index is known to lead. */
  private readonly verified = new Set<string>();

  /**
   * Looks at both ends of a sequence: an index that is older than its file leads to bases too, but to others.
   *
   * @throws Failure `data/index`
   */
  private async verify(chromosome: string, { size, offset, lineBases, lineBytes }: Entry): Promise<void> {
    if (this.verified.has(chromosome) || size === 0) return;
    const head = (await this.bytes(Math.max(0, offset - LONGEST_HEADER), offset)).toString('latin1');
    const header = head.slice(head.lastIndexOf('\n', head.length - 2) + 1);
    const begins =
      head.endsWith('\n') &&
      ((header === head && offset > LONGEST_HEADER) || header.slice(1).split(/\s/, 1)[0] === chromosome);
    const last = offset + Math.floor((size - 1) / lineBases) * lineBytes + ((size - 1) % lineBases);
    const [base] = await this.bytes(last, last + 1);
    // The file may end there.
    const [behind = 10] = await this.bytes(last + 1, last + 2).catch(() => Buffer.alloc(0));
    if (!begins || CODE_OF_BYTE[base!] === NO_BASE || (behind !== 10 && behind !== 13))
      throw new Failure('data/index', `${chromosome} does not ${begins ? 'end' : 'begin'} where the index says`, {
        place: this.path,
        remedy: 'The file was changed since, or the index is of another one: run `samtools faidx` again.',
      });
    this.verified.add(chromosome);
  }

  /**
   * Letter codes of bases `start` … `end − 1`, which must exist.
   *
   * @throws Failure `data/index` where the index is not of this file
   */
  async read(chromosome: string, start: number, end: number): Promise<Uint8Array> {
    const entry = this.entries.get(chromosome);
    if (!entry || start < 0 || end > entry.size || start > end)
      throw new Error(`${chromosome}:${start}-${end} is not in the genome`);
    await this.verify(chromosome, entry);
    const place = (base: number): number =>
      entry.offset + Math.floor(base / entry.lineBases) * entry.lineBytes + (base % entry.lineBases);
    const letters = new Uint8Array(end - start);
    if (end === start) return letters;
    const bytes = await this.bytes(place(start), place(end - 1) + 1);
    let count = 0;
    for (const byte of bytes) {
      if (byte === 10 || byte === 13) continue;
      const code = CODE_OF_BYTE[byte]!;
      if (code === NO_BASE || count === letters.length) throw stale(this.path, chromosome);
      letters[count++] = code;
    }
    if (count < letters.length) throw stale(this.path, chromosome);
    return letters;
  }

  /** Bytes `from` … `to − 1` of the text. */
  private async bytes(from: number, to: number): Promise<Buffer> {
    const { blocks } = this;
    if (!blocks) return this.file.read(from, to - from);
    const parts: Buffer[] = [];
    for (let at = from; at < to;) {
      const block = lastNotAfter(blocks.uncompressed, at);
      const bytes = await this.unpacked.get(block);
      const begin = at - blocks.uncompressed[block]!;
      const part = bytes.subarray(begin, begin + to - at);
      if (part.length === 0) throw stale(this.path, 'the sequence');
      parts.push(part);
      at += part.length;
    }
    return Buffer.concat(parts);
  }

  private async block(block: number): Promise<Buffer> {
    const from = this.blocks!.compressed[block]!;
    const { size } = this.file;
    const raw = await this.file.read(from, Math.max(0, Math.min(BLOCK, size - from)));
    try {
      // The size of the whole block stands in its header (BSIZE), less one.
      return gunzipSync(raw.subarray(0, raw.readUInt16LE(16) + 1), { maxOutputLength: BLOCK });
    } catch {
      throw new Failure(
        'data/damaged-gzip',
        `the bgzip block at byte ${from} is damaged, or the index is of another file`,
        {
          place: this.path,
          remedy: 'Run `samtools faidx` again; `bgzip -t` shows whether the file is whole.',
        },
      );
    }
  }
}

function stale(path: string, chromosome: string): Failure {
  return new Failure('data/index', `the index does not lead to the bases of ${chromosome}`, {
    place: path,
    remedy: 'The index is of another file: run `samtools faidx` again.',
  });
}

/** Index of the last element that is at most `value`; the first is 0. */
function lastNotAfter(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ascending[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

async function readFai(path: string, fasta: string): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  const text = (await readIndexFile(path, fasta)).toString('utf8');
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const [name = '', ...numbers] = line.split('\t');
    const [size, offset, lineBases, lineBytes] = numbers.map(Number);
    const sound =
      numbers.length >= 4 &&
      [size, offset, lineBases, lineBytes].every(number => Number.isSafeInteger(number) && number! >= 0) &&
      lineBytes! > lineBases! &&
      (lineBases! > 0 || size === 0) &&
      !entries.has(name);
    if (!sound)
      throw new Failure('data/index', 'expected name, length, offset, bases and bytes per line, each name once', {
        place: `${path}, line ${index + 1}`,
        remedy: `Run \`samtools faidx\` on ${fasta} again.`,
      });
    entries.set(name, { size: size!, offset: offset!, lineBases: lineBases!, lineBytes: lineBytes! });
  }
  return entries;
}

/** Pairs of 64-bit offsets behind their number; the first block, at 0, is not among them. */
async function readGzi(path: string, fasta: string): Promise<Blocks> {
  const bytes = await readIndexFile(path, fasta);
  const count = bytes.length >= 8 ? Number(bytes.readBigUInt64LE(0)) : -1;
  const offsets = (second: number): Float64Array =>
    Float64Array.from({ length: count + 1 }, (_, i) =>
      i === 0 ? 0 : Number(bytes.readBigUInt64LE(16 * i - 8 + 8 * second)),
    );
  if (bytes.length !== 8 + 16 * count)
    throw new Failure('data/index', 'the index of blocks has another length than it says', {
      place: path,
      remedy: `Run \`samtools faidx\` on ${fasta} again.`,
    });
  return { compressed: offsets(0), uncompressed: offsets(1) };
}

async function readIndexFile(path: string, fasta: string): Promise<Buffer> {
  const refuse = (found: string): Failure =>
    new Failure('data/no-index', found, { place: path, remedy: `Run \`samtools faidx\` on ${fasta}.` });
  if (!(await stat(path).catch(() => undefined))) throw refuse('the index of the FASTA file is missing');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytesOf(path)) {
    length += chunk.length;
    if (length > LARGEST_INDEX) throw refuse(`the index has more than ${LARGEST_INDEX / 2 ** 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
