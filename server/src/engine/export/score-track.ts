/** Position scores of a map along the genome: sorted, each base once, as much in memory as examples overlap. */
import type { Note } from '../../protocol.js';
import type { ResultStore } from '../../store/store.js';
import { Failure } from '../failure.js';
import { isMap } from '../metrics/position-scores.js';
import { metaOf } from '../steps/results.js';
import { placeOf, regionName, type Region } from '../data/region.js';

/** Neighbouring bases with their scores. */
export interface Stretch {
  readonly chromosome: string;
  readonly start: number;
  readonly values: Float32Array;
}

type Placed = Region & { readonly row: number };

export class ScoreTrack {
  /** Bases that several examples cover, counted as stretches are read. */
  private repeated = 0;
  private notFinite = 0;

  private constructor(
    private readonly store: ResultStore,
    private readonly key: string,
    private readonly overlaps: 'mean' | 'error',
    private readonly regions: readonly Placed[],
  ) {}

  /**
   * @param spelt how the track spells the name of a chromosome
   * @throws Failure where the result has no scores of positions, or an example no place
   */
  static async open(
    store: ResultStore,
    key: string,
    overlaps: 'mean' | 'error',
    spelt: (chromosome: string) => string = name => name,
  ): Promise<ScoreTrack> {
    const meta = await metaOf(store, key);
    const [, axis] = meta.arrays.find(({ name }) => name === 'scores')?.axes ?? [];
    if (meta.map === undefined || !isMap(meta.map) || axis?.name !== 'position')
      throw new Failure('export/no-positions', 'the result has no scores of positions', {
        place: meta.title,
        remedy: 'Name an attribution of sequences whose method yields a map.',
      });
    const { rows } = await store.rows(key);
    const regions = rows.map(([name = ''], row) => {
      const region = placeOf(name, axis.size);
      if (region === undefined)
        throw new Failure('export/no-place', `the example "${name}" does not say where in the genome it lies`, {
          place: meta.title,
          remedy: `Name examples as \`bedtools getfasta\` does, for example "chr1:0-${axis.size}", or write a tsv.`,
        });
      return { ...region, chromosome: spelt(region.chromosome), row };
    });
    regions.sort((a, b) => compare(a.chromosome, b.chromosome) || a.start - b.start || a.row - b.row);
    return new ScoreTrack(store, key, overlaps, regions);
  }

  /** Where each chromosome's last example ends, in the order of the track. */
  get ends(): ReadonlyMap<string, number> {
    const ends = new Map<string, number>();
    for (const { chromosome, end } of this.regions) ends.set(chromosome, Math.max(ends.get(chromosome) ?? 0, end));
    return ends;
  }

  /** Bases of all examples, overlaps counted each time. */
  get bases(): number {
    return this.regions.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** @throws Failure where examples overlap and must not */
  async *stretches(): AsyncGenerator<Stretch> {
    const scores = await this.store.array(this.key, 'scores');
    let open: { chromosome: string; start: number; sums: Float64Array; counts: Uint32Array } | undefined;
    for (const { row, ...region } of this.regions) {
      const { chromosome, start, end, strand } = region;
      const values = await scores.read(row, row + 1);
      if (strand === '-') values.reverse();
      const touches = open?.chromosome === chromosome && start < open.start + open.sums.length;
      if (open && touches && this.overlaps === 'error')
        throw new Failure('export/overlap', `${regionName(region)} overlaps the example in front of it`, {
          remedy: 'Leave one of them out, or write `overlaps: mean`.',
        });
      const before = open && touches ? start - open.start : open?.sums.length;
      if (open && before) yield* this.means(open.chromosome, open.start, open.sums, open.counts, before);
      const left = open && touches ? open.sums.length - start + open.start : 0;
      const size = Math.max(left, end - start);
      const sums = new Float64Array(size);
      const counts = new Uint32Array(size);
      if (open && touches) {
        sums.set(open.sums.subarray(before));
        counts.set(open.counts.subarray(before));
      }
      values.forEach((value, at) => {
        sums[at]! += value;
        counts[at]!++;
      });
      open = { chromosome, start, sums, counts };
    }
    if (open) yield* this.means(open.chromosome, open.start, open.sums, open.counts, open.sums.length);
  }

  /** What became of overlaps and of scores that are no numbers, once all stretches have been read. */
  get notes(): Note[] {
    const notes: Note[] = [];
    if (this.repeated > 0)
      notes.push({
        level: 'information',
        code: 'export/overlaps',
        message: `${this.repeated} bases are covered by several examples and got the mean of their scores.`,
      });
    if (this.notFinite > 0)
      notes.push({
        level: 'warning',
        code: 'export/not-finite',
        message: `${this.notFinite} bases have a score that is no finite number and were left out.`,
      });
    return notes;
  }

  /** The first bases of a window, cut where a score is no finite number. */
  private *means(
    chromosome: string,
    start: number,
    sums: Float64Array,
    counts: Uint32Array,
    size: number,
  ): Generator<Stretch> {
    const values = Float32Array.from({ length: size }, (_, at) => sums[at]! / counts[at]!);
    let from = 0;
    for (let at = 0; at <= size; at++) {
      if (at < size && counts[at]! > 1) this.repeated++;
      if (at < size && Number.isFinite(values[at])) continue;
      if (at < size) this.notFinite++;
      if (at > from) yield { chromosome, start: start + from, values: values.subarray(from, at) };
      from = at + 1;
    }
  }
}

/** By bytes, as `sort -k1,1` in the C locale and the index of bigWig do. */
function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
