/** What tools for motifs read: the sequences of plain bases behind a map that has a value for every base, and their places. */
import type { Note } from '../../protocol.js';
import type { ArrayReader } from '../../store/npy.js';
import { placeOf } from '../data/region.js';
import { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { dataOf, metaOf } from '../steps/results.js';
import type { ExportContext } from './export.js';
import { requireLines, type Cell } from './read-back.js';

const ROWS_AT_ONCE = 256;

export class KeptSequences {
  private constructor(
    readonly examples: StoredExamples,
    readonly values: ArrayReader,
    /** Rows without ambiguity codes, ascending. */
    readonly rows: readonly number[],
    private readonly isGradient: boolean,
    private readonly checkpoint: () => Promise<void>,
  ) {}

  /** @throws Failure `export/not-hypothetical`, `export/empty` */
  static async open(of: string, { store, checkpoint }: ExportContext): Promise<KeptSequences> {
    const { map, title, arrays } = await metaOf(store, of);
    const axes = arrays.find(({ name }) => name === 'array')?.axes ?? [];
    if ((map !== 'hypothetical' && map !== 'gradient') || axes[2]?.name !== 'base')
      throw new Failure(
        'export/not-hypothetical',
        `${map === undefined ? 'the result' : `a ${map} result`} has no value for bases that are not there`,
        {
          place: title,
          remedy: 'Write a hypothetical map: `attribution h = ig | hypothetical`.',
        },
      );
    const examples = await StoredExamples.open(store, await dataOf(store, of));
    const { length, count } = examples;
    const rows: number[] = [];
    for (let from = 0; from < count; from += ROWS_AT_ONCE) {
      await checkpoint();
      const letters = await examples.letters(from, Math.min(from + ROWS_AT_ONCE, count));
      for (let row = 0; row * length < letters.length; row++)
        if (letters.subarray(row * length, (row + 1) * length).every(code => code < 4)) rows.push(from + row);
    }
    if (rows.length === 0)
      throw new Failure('export/empty', 'every sequence has ambiguity codes, so no row is left', { place: title });
    return new KeptSequences(examples, await store.array(of), rows, map === 'gradient', checkpoint);
  }

  /** [example, base, position] */
  get shape(): number[] {
    return [this.rows.length, 4, this.examples.length];
  }

  /** The kept rows one by one, [base, position]; `change` is given map and sequence, [position, base]. */
  async *turned(change: (map: Float32Array, sequence: Float32Array) => Float32Array): AsyncGenerator<Float32Array> {
    const { length } = this.examples;
    for (const row of this.rows) {
      await this.checkpoint();
      const map = Float32Array.from(await this.values.read(row, row + 1));
      const found = change(map, await this.examples.inputs(row, row + 1));
      yield found.map((_, at) => found[4 * (at % length) + Math.floor(at / length)]!);
    }
  }

  /** Writes one BED line for each kept row. @returns what the reader of the files should know */
  async writeRegions(path: string, { create }: ExportContext): Promise<Note[]> {
    const { names, length, count } = this.examples;
    const bed = await create(path);
    let placed = 0;
    const lineOf = (row: number): readonly Cell[] => {
      const name = names[row]!;
      // A record without a place in a genome is a sequence of its own.
      const own = { chromosome: name, start: 0, end: length, strand: '.' };
      const { chromosome, start, end, strand } = placeOf(name, length) ?? own;
      return [word(chromosome), start, end, word(name), 0, strand];
    };
    for (const row of this.rows) {
      if (placeOf(names[row]!, length)) placed++;
      await bed.write(`${lineOf(row).join('\t')}\n`);
    }
    bed.readBack(written => requireLines(written, eachOf(this.rows, lineOf)));
    const note = (level: Note['level'], code: string, message: string): Note => ({ level, code, message });
    const left = count - this.rows.length;
    const unplaced = this.rows.length - placed;
    return [
      ...(left > 0
        ? [note('warning', 'export/ambiguous', `${left} of ${count} sequences have ambiguity codes and were left out.`)]
        : []),
      ...(unplaced > 0
        ? [
            note(
              'information',
              'export/no-place',
              `${unplaced} sequences do not say where in the genome they lie; in the BED file each stands for itself.`,
            ),
          ]
        : []),
      ...(this.isGradient
        ? [
            note(
              'information',
              'export/gradient',
              'The map is a gradient, which TF-MoDISco takes for hypothetical contributions from a reference of zeros.',
            ),
          ]
        : []),
    ];
  }
}

/** Blanks end a field of BED for many tools. */
const word = (text: string): string => text.replace(/\s+/g, '_');

async function* eachOf(rows: readonly number[], lineOf: (row: number) => readonly Cell[]) {
  for (const row of rows) yield lineOf(row);
}
