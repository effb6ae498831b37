/**
 * Genomes in UCSC's 2bit format, read by range: the index when the file is opened, then only the bytes of the bases that
 * are asked for. https://genome.ucsc.edu/FAQ/FAQformat.html#format7, versions 0 and 1, both byte orders.
 */
import { Failure } from '../failure.js';
import { LETTERS } from './examples.js';
import { PagedFile } from './pages.js';

const MAGIC = 0x1a412743;
/** More sequences than any assembly has scaffolds. */
const MOST_SEQUENCES = 10_000_000;
/** Runs of N of one sequence that are kept; hg38's chromosome 1 has 164. */
const MOST_RUNS = 10_000_000;
/** Bytes of the index that are read at a time. */
const CHUNK = 1 << 16;
/** The file's code → T, C, A, G as letter codes. */
const CODES = [...'TCAG'].map(base => LETTERS.indexOf(base));
const UNKNOWN = LETTERS.indexOf('N');

interface SequenceHeader {
  readonly size: number;
  /** Starts of runs of N, ascending, and their lengths. */
  readonly starts: Uint32Array;
  readonly lengths: Uint32Array;
  /** Where the packed bases begin, in bytes. */
  readonly bases: number;
}

export class TwoBit {
  private readonly headers = new Map<string, SequenceHeader>();

  private constructor(
    private readonly path: string,
    private readonly file: PagedFile,
    private readonly little: boolean,
    /** Where each sequence's record lies, in the order of the file. */
    private readonly offsets: ReadonlyMap<string, number>,
  ) {}

  /** @throws Failure `data/unreadable`, `data/not-2bit`, `data/damaged-2bit` */
  static async open(path: string): Promise<TwoBit> {
    const file = await PagedFile.open(path, what => damaged(path, what));
    try {
      const header = await file.read(0, 16);
      const little = header.readUInt32LE(0) === MAGIC;
      const word = (at: number): number => (little ? header.readUInt32LE(at) : header.readUInt32BE(at));
      if (word(0) !== MAGIC || word(4) > 1)
        throw new Failure('data/not-2bit', 'the file does not begin as a 2bit file of version 0 or 1 does', {
          place: path,
          remedy: 'Give a genome in 2bit format, as UCSC offers it or `faToTwoBit` writes it.',
        });
      const count = word(8);
      if (count > MOST_SEQUENCES) throw damaged(path, `the index promises ${count} sequences`);
      return new TwoBit(path, file, little, await readIndex(file, path, count, little, word(4) === 1));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  get chromosomes(): readonly string[] {
    return [...this.offsets.keys()];
  }

  /** Bases of a sequence; undefined where the file has none of that name. */
  async size(chromosome: string): Promise<number | undefined> {
    return (await this.header(chromosome))?.size;
  }

  /**
   * Letter codes of bases `start` … `end − 1`, which must exist.
   *
   * @throws Failure `data/damaged-2bit`
   */
  async read(chromosome: string, start: number, end: number): Promise<Uint8Array> {
    const header = await this.header(chromosome);
    if (!header || start < 0 || end > header.size || start > end)
      throw new Error(`${chromosome}:${start}-${end} is not in the genome`);
    const first = start >> 2;
    const packed = await this.file.read(header.bases + first, ((end + 3) >> 2) - first);
    const letters = new Uint8Array(end - start);
    for (let at = start; at < end; at++)
      letters[at - start] = CODES[(packed[(at >> 2) - first]! >> (6 - 2 * (at & 3))) & 3]!;
    const { starts, lengths } = header;
    for (let run = firstEndingAfter(start, starts, lengths); run < starts.length && starts[run]! < end; run++)
      letters.fill(UNKNOWN, Math.max(0, starts[run]! - start), starts[run]! + lengths[run]! - start);
    return letters;
  }

  private async header(chromosome: string): Promise<SequenceHeader | undefined> {
    const offset = this.offsets.get(chromosome);
    if (offset === undefined) return undefined;
    const known = this.headers.get(chromosome);
    if (known) return known;
    const words = async (at: number, count: number): Promise<Uint32Array> => {
      const bytes = await this.file.read(at, 4 * count);
      return Uint32Array.from({ length: count }, (_, i) =>
        this.little ? bytes.readUInt32LE(4 * i) : bytes.readUInt32BE(4 * i),
      );
    };
    const [size, runs] = (await words(offset, 2)) as unknown as [number, number];
    if (runs > MOST_RUNS || size >= 2 ** 31) throw damaged(this.path, `the header of ${chromosome} is not plausible`);
    const starts = await words(offset + 8, runs);
    const lengths = await words(offset + 8 + 4 * runs, runs);
    if (starts.some((start, run) => start + lengths[run]! > (starts[run + 1] ?? size)))
      throw damaged(this.path, `the runs of N in ${chromosome} are not in order`);
    const [masks] = (await words(offset + 8 + 8 * runs, 1)) as unknown as [number];
    // Lower case is a property of the picture, not of the sequence: those runs are skipped, as is the reserved word.
    const header = { size, starts, lengths, bases: offset + 8 + 8 * runs + 4 + 8 * masks + 4 };
    this.headers.set(chromosome, header);
    return header;
  }
}

async function readIndex(
  file: PagedFile,
  path: string,
  count: number,
  little: boolean,
  wide: boolean,
): Promise<Map<string, number>> {
  const offsets = new Map<string, number>();
  const { size } = file;
  let position = 16;
  let bytes = Buffer.alloc(0);
  let at = 0;
  const need = async (wanted: number): Promise<void> => {
    if (bytes.length - at >= wanted) return;
    const more = Math.min(CHUNK, size - position);
    if (bytes.length - at + more < wanted) throw damaged(path, 'it ends inside the index');
    bytes = Buffer.concat([bytes.subarray(at), await file.read(position, more)]);
    position += more;
    at = 0;
  };
  for (let i = 0; i < count; i++) {
    await need(1);
    const length = bytes[at++]!;
    await need(length + (wide ? 8 : 4));
    const name = bytes.toString('latin1', at, at + length);
    at += length;
    const offset = wide
      ? Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at))
      : little
        ? bytes.readUInt32LE(at)
        : bytes.readUInt32BE(at);
    at += wide ? 8 : 4;
    if (offset >= size) throw damaged(path, `the index points to byte ${offset} for ${name}`);
    offsets.set(name, offset);
  }
  return offsets;
}

/** Index of the first run that ends behind a position. */
function firstEndingAfter(position: number, starts: Uint32Array, lengths: Uint32Array): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! + lengths[middle]! > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

function damaged(path: string, what: string): Failure {
  return new Failure('data/damaged-2bit', `the 2bit file is damaged or cut off: ${what}`, {
    place: path,
    remedy: 'Download the genome again.',
  });
}
