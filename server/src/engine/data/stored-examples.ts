/** Examples in the result store: one-hot DNA or rows of numbers as arrays, what is known of each example in `rows.tsv`. */
import type { ArrayReader } from '../../store/npy.js';
import type { ArrayLayout, ResultAxis, RowTable } from '../../store/result.js';
import type { ResultStore } from '../../store/store.js';
import { LETTERS, NO_BASE, type Covariates, type Examples, type FeatureTruth, type Origin } from './examples.js';
import { BASES_OF, oneHot } from './one-hot.js';
import { axesOf, type InputSpace } from './input-space.js';
import { sizeOf } from '../graph/graph.js';

const COLUMNS = ['name', 'label', 'source', 'index'] as const;
const BASES = ['A', 'C', 'G', 'T'];

/** Numbers of a block of rows that is read at a time: 16 MiB. */
const BLOCK_NUMBERS = 2 ** 22;

/** The arrays of a data set. */
export function examplesLayout(examples: Examples): ArrayLayout[] {
  const { classes } = examples;
  const example: ResultAxis = {
    name: 'example',
    size: examples.names.length,
    ...(classes && { classes: [...classes] }),
  };
  const space = spaceOf(examples);
  const axes = axesOf(space);
  if (examples.alphabet !== 'dna')
    return [
      {
        name: 'array',
        type: 'float32',
        unit: examples.alphabet === 'genotypes' ? 'alleles' : 'expression',
        axes: [
          example,
          ...axes.map(axis => ({
            ...axis,
            labels: [...examples.features],
            ...(examples.places && { places: [...examples.places] }),
            ...(examples.genes && { genes: [...examples.genes] }),
          })),
        ],
      },
      ...(examples.truth ? [featureTruthLayout(examples.truth, axes[0]!)] : []),
      ...(examples.covariates ? [covariatesLayout(examples.covariates, example)] : []),
    ];
  return [
    {
      name: 'array',
      type: 'float32',
      axes: [{ ...example, ...(examples.genes && { genes: [...examples.genes] }) }, ...axes],
      unit: 'share',
    },
    ...(examples.alternatives
      ? [{ name: 'alternatives', type: 'float32' as const, axes: [example, ...axes], unit: 'share' }]
      : []),
    ...(examples.truth ? [{ name: 'truth', type: 'float32' as const, axes: [example, axes[0]!], unit: 'bit' }] : []),
    ...(examples.distribution
      ? [{ name: 'distribution', type: 'float32' as const, axes: [example, ...axes], unit: 'probability' }]
      : []),
  ];
}

function featureTruthLayout({ columns }: FeatureTruth, feature: ResultAxis): ArrayLayout {
  const field = { name: 'field', size: columns.length, labels: [...columns] };
  return { name: 'feature_truth', type: 'float64', axes: [feature, field], unit: 'by field' };
}

function covariatesLayout({ names }: Covariates, example: ResultAxis): ArrayLayout {
  const covariate = { name: 'covariate', size: names.length, labels: [...names] };
  return { name: 'covariates', type: 'float64', axes: [example, covariate], unit: 'by covariate' };
}

function spaceOf({ alphabet, length }: Examples): InputSpace {
  return { alphabet, shape: alphabet === 'dna' ? [length, BASES.length] : [length] };
}

/** Examples `from` … `to − 1` as a model reads them: [row, position, base] or [row, feature]. */
export function inputsOf(examples: Examples, from: number, to: number): Float32Array {
  return examples.alphabet === 'dna'
    ? oneHot(examples, from, to)
    : examples.values.subarray(from * examples.length, to * examples.length);
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

const ALPHABET_OF_AXIS: Readonly<Record<string, InputSpace['alphabet']>> = {
  position: 'dna',
  variant: 'genotypes',
  gene: 'expression',
};

/** Rows of a stored array: all of them, or some. */
interface RowReader {
  readonly shape: readonly number[];
  read(from: number, to: number): ReturnType<ArrayReader['read']>;
}

export class StoredExamples {
  private constructor(
    private readonly array: RowReader,
    private readonly truthArray: ArrayReader | undefined,
    private readonly alternativesArray: RowReader | undefined,
    private readonly distributionArray: ArrayReader | undefined,
    /** What is known of the features of rows of numbers. */
    readonly featureTruth: FeatureTruth | undefined,
    /** What else is known of people. */
    readonly covariates: Covariates | undefined,
    readonly space: InputSpace,
    /** Names of the features of rows of numbers; none for sequences. */
    readonly features: readonly string[],
    /** Where variants are on the genome; none where that is not known. */
    readonly places: readonly string[] | undefined,
    /** The genes of variants, which are the features or the examples; none where there was no annotation. */
    private readonly genes: readonly string[] | undefined,
    readonly names: readonly string[],
    readonly labels: readonly (number | undefined)[],
    readonly origins: readonly Origin[],
    /** What the classes are called, by their numbers; undefined where nothing named them. */
    readonly classes: readonly string[] | undefined,
    /** The data set from which these were selected, and their rows there. */
    private readonly partOf?: { readonly whole: StoredExamples; readonly rows: readonly number[] },
  ) {}

  static async open(store: ResultStore, key: string): Promise<StoredExamples> {
    const meta = await store.meta(key);
    const { rows } = await store.rows(key);
    const array = await store.array(key);
    const layouts = new Map(meta?.arrays.map(layout => [layout.name, layout]));
    const [example, axis] = layouts.get('array')?.axes ?? [];
    const fields = layouts.get('feature_truth')?.axes[1]?.labels;
    const covariates = layouts.get('covariates')?.axes[1]?.labels;
    const alphabet = ALPHABET_OF_AXIS[axis?.name ?? ''];
    if (axis === undefined || alphabet === undefined) throw new Error(`the result ${key} holds no examples`);
    return new StoredExamples(
      array,
      layouts.has('truth') ? await store.array(key, 'truth') : undefined,
      layouts.has('alternatives') ? await store.array(key, 'alternatives') : undefined,
      layouts.has('distribution') ? await store.array(key, 'distribution') : undefined,
      fields && { columns: fields, values: await wholeOf(await store.array(key, 'feature_truth')) },
      covariates && { names: covariates, values: await wholeOf(await store.array(key, 'covariates')) },
      { alphabet, shape: array.shape.slice(1) },
      axis.labels ?? [],
      axis.places,
      axis.genes ?? example?.genes,
      rows.map(([name]) => name ?? ''),
      rows.map(([, label]) => (label ? Number(label) : undefined)),
      rows.map(([, , source, index]) => ({ source: source ?? '', index: Number(index) })),
      example?.classes,
    );
  }

  /** Some of the examples, without what is known of the truth at positions. */
  select(rows: readonly number[]): StoredExamples {
    const chosen = <T>(all: readonly T[]): T[] => rows.map(row => all[row]!);
    const { array, alternativesArray, featureTruth, space, features, places, genes, names, labels, origins, whole } =
      this;
    const { covariates, classes } = this;
    return new StoredExamples(
      selectRows(array, rows),
      undefined,
      alternativesArray && selectRows(alternativesArray, rows),
      undefined,
      featureTruth,
      covariates && selectCovariates(covariates, rows),
      space,
      features,
      places,
      genes && space.alphabet === 'dna' ? chosen(genes) : genes,
      chosen(names),
      chosen(labels),
      chosen(origins),
      classes,
      { whole, rows: rows.map(row => this.rowInWhole(row)) },
    );
  }

  /** The data set from which these examples were selected: what references draw from. */
  get whole(): StoredExamples {
    return this.partOf?.whole ?? this;
  }

  /** The row in `whole` of one of these examples. */
  rowInWhole(row: number): number {
    return this.partOf ? this.partOf.rows[row]! : row;
  }

  get count(): number {
    return this.array.shape[0]!;
  }

  /** Extents of an example: [positions, 4], or [features]. */
  get shape(): readonly number[] {
    return this.space.shape;
  }

  /** Numbers of an example. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Positions of a sequence, or features of a row. */
  get length(): number {
    return this.shape[0]!;
  }

  /** Rows as a model reads them: [row, position, base] or [row, feature]. */
  async inputs(from: number, to: number): Promise<Float32Array> {
    const rows = await this.array.read(from, to);
    return rows instanceof Float32Array ? rows : Float32Array.from(rows);
  }

  /** All rows, so many at a time that they take little memory, however long they are; `most` rows at a time. */
  async *blocks(
    most = Infinity,
  ): AsyncGenerator<{ readonly from: number; readonly to: number; readonly x: Float32Array }> {
    const rows = Math.max(1, Math.min(most, Math.floor(BLOCK_NUMBERS / this.size)));
    for (let from = 0; from < this.count; from += rows) {
      const to = Math.min(from + rows, this.count);
      yield { from, to, x: await this.inputs(from, to) };
    }
  }

  /** The rows with the other allele of their variants, as a model reads them; undefined for other examples. */
  async alternatives(from: number, to: number): Promise<Float32Array | undefined> {
    return this.alternativesArray && Float32Array.from(await this.alternativesArray.read(from, to));
  }

  /** Letter codes of sequences, [row, position]. */
  async letters(from: number, to: number): Promise<Uint8Array> {
    return lettersOf(await this.array.read(from, to));
  }

  /** Bits of the planted motifs, [row, position]; undefined where nothing was planted. */
  async truth(): Promise<Float32Array | undefined> {
    return this.truthArray && Float32Array.from(await this.truthArray.read(0, this.count));
  }

  /** Probabilities from which simulated letters were drawn, [row, position, base]; undefined for other sequences. */
  async distribution(from: number, to: number): Promise<Float32Array | undefined> {
    return this.distributionArray && Float32Array.from(await this.distributionArray.read(from, to));
  }

  /** The whole data set in memory. */
  async all(): Promise<Examples> {
    const { names, labels, origins, length, classes } = this;
    const known = { names, labels, origins, length, notes: [], ...(classes && { classes }) };
    const { alphabet } = this.space;
    const { featureTruth, covariates, features, places, genes, count } = this;
    if (alphabet !== 'dna') {
      const rows = { ...known, alphabet, features, values: await this.inputs(0, count) };
      return {
        ...rows,
        ...(places && { places }),
        ...(genes && { genes }),
        ...(featureTruth && { truth: featureTruth }),
        ...(covariates && { covariates }),
      };
    }
    const truth = await this.truth();
    const distribution = await this.distribution(0, count);
    const letters = await this.letters(0, count);
    const others = await this.alternatives(0, count);
    return {
      ...known,
      alphabet,
      letters,
      ...(genes && { genes }),
      ...(others && { alternatives: lettersOf(others) }),
      ...(truth && { truth }),
      ...(distribution && { distribution }),
    };
  }
}

function lettersOf(shares: ArrayLike<number>): Uint8Array {
  const letters = new Uint8Array(shares.length / 4);
  for (let i = 0; i < letters.length; i++) {
    let mask = 0;
    for (let base = 0; base < 4; base++) if (shares[4 * i + base]! > 0) mask |= 1 << base;
    letters[i] = CODE_OF_SHARES.get(mask) ?? NO_BASE;
  }
  return letters;
}

async function wholeOf(array: ArrayReader): Promise<Float64Array> {
  return Float64Array.from(await array.read(0, array.shape[0]));
}

function selectCovariates({ names, values }: Covariates, rows: readonly number[]): Covariates {
  const width = names.length;
  const chosen = new Float64Array(rows.length * width);
  rows.forEach((row, at) => chosen.set(values.subarray(row * width, (row + 1) * width), at * width));
  return { names, values: chosen };
}

function selectRows(array: RowReader, rows: readonly number[]): RowReader {
  const shape = [rows.length, ...array.shape.slice(1)];
  const size = sizeOf(shape.slice(1));
  return {
    shape,
    read: async (from, to) => {
      const values = new Float32Array((to - from) * size);
      for (let at = from; at < to; at++) values.set(await array.read(rows[at]!, rows[at]! + 1), (at - from) * size);
      return values;
    },
  };
}
