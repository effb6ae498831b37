/** Examples in the result store: one-hot rows as arrays, what is known of each example in `rows.tsv`. */
import type { ArrayReader } from '../../store/npy.js';
import type { ArrayLayout, RowTable } from '../../store/result.js';
import type { ResultStore } from '../../store/store.js';
import { LETTERS, NO_BASE, type Examples, type Origin } from './examples.js';
import { BASES_OF } from './one-hot.js';

const COLUMNS = ['name', 'label', 'source', 'index'] as const;
const BASES = ['A', 'C', 'G', 'T'];

/** The arrays of a data set. */
export function examplesLayout(examples: Examples): ArrayLayout[] {
  const example = { name: 'example', size: examples.names.length };
  const position = { name: 'position', size: examples.length };
  const base = { name: 'base', size: BASES.length, labels: BASES };
  return [
    { name: 'array', type: 'float32', axes: [example, position, base], unit: 'share' },
    ...(examples.truth ? [{ name: 'truth', type: 'float32' as const, axes: [example, position], unit: 'bit' }] : []),
  ];
}

/** What is known of each example, as a table of text. */
export function examplesTable({ names, labels, origins }: Examples): RowTable {
  return {
    columns: COLUMNS,
    rows: names.map((name, i) => [name, String(labels[i] ?? ''), origins[i]!.source, String(origins[i]!.index)]),
  };
}

/** Letter codes by their shares, which differ for every IUPAC letter. */
const CODE_OF_SHARES = new Map([...LETTERS].map((letter, code) => [maskOf(BASES_OF[letter]!), code]));

function maskOf(bases: string): number {
  return [...bases].reduce((mask, base) => mask | (1 << BASES.indexOf(base)), 0);
}

export class StoredExamples {
  private constructor(
    private readonly array: ArrayReader,
    private readonly truthArray: ArrayReader | undefined,
    readonly names: readonly string[],
    readonly labels: readonly (number | undefined)[],
    readonly origins: readonly Origin[],
  ) {}

  static async open(store: ResultStore, key: string): Promise<StoredExamples> {
    const meta = await store.meta(key);
    const { rows } = await store.rows(key);
    return new StoredExamples(
      await store.array(key),
      meta?.arrays.some(array => array.name === 'truth') ? await store.array(key, 'truth') : undefined,
      rows.map(([name]) => name ?? ''),
      rows.map(([, label]) => (label ? Number(label) : undefined)),
      rows.map(([, , source, index]) => ({ source: source ?? '', index: Number(index) })),
    );
  }

  get count(): number {
    return this.array.shape[0]!;
  }

  /** Positions of each example. */
  get length(): number {
    return this.array.shape[1]!;
  }

  /** One-hot rows, [row, position, base]. */
  async inputs(from: number, to: number): Promise<Float32Array> {
    return Float32Array.from(await this.array.read(from, to));
  }

  /** Letter codes, [row, position]. */
  async letters(from: number, to: number): Promise<Uint8Array> {
    const shares = await this.array.read(from, to);
    const letters = new Uint8Array(shares.length / 4);
    for (let i = 0; i < letters.length; i++) {
      let mask = 0;
      for (let base = 0; base < 4; base++) if (shares[4 * i + base]! > 0) mask |= 1 << base;
      letters[i] = CODE_OF_SHARES.get(mask) ?? NO_BASE;
    }
    return letters;
  }

  /** Bits of the planted motifs, [row, position]; undefined where nothing was planted. */
  async truth(): Promise<Float32Array | undefined> {
    return this.truthArray && Float32Array.from(await this.truthArray.read(0, this.count));
  }

  /** The whole data set in memory. */
  async all(): Promise<Examples> {
    const truth = await this.truth();
    return {
      length: this.length,
      letters: await this.letters(0, this.count),
      names: this.names,
      labels: this.labels,
      origins: this.origins,
      ...(truth && { truth }),
      notes: [],
    };
  }
}
