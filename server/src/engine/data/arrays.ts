/** The source `arrays`: one-hot sequences or rows of numbers, their labels and names, from the arrays of a file. */
import type { arrays as specification, one_hot_hdf5, table } from '../../catalog/sources.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { sizeOf } from '../graph/graph.js';
import { requireRoomFor } from '../simulate/genotypes.js';
import { arrayOf, withArrayFile, type ArrayFile, type NamedArray } from './array-file.js';
import type { Examples, Rows } from './examples.js';
import { channelCodes, OneHotDecoder, oneHotLayout } from './one-hot-array.js';
import { pathOf, type Files, type Source } from './source.js';
import { duplicateNotes, examplesOf, labelOf, missingValue, unlabelledNotes } from './table-cells.js';

type Parameters = ParametersOf<typeof specification>;
type TableParameters = ParametersOf<typeof table>;

/** The arrays that a call names, with shapes that belong together. */
interface Arrays {
  readonly inputs: NamedArray;
  readonly examples: number;
  /** Positions or features. */
  readonly length: number;
  readonly labels: NamedArray | undefined;
  readonly names: NamedArray | undefined;
  readonly features: NamedArray | undefined;
}

function withArrays<Result>(
  parameters: Parameters,
  files: Files,
  use: (arrays: Arrays) => Promise<Result>,
): Promise<Result> {
  const { labels_file } = parameters;
  channelCodes(parameters.order);
  return withArrayFile(pathOf(parameters.path, files), async file => {
    if (labels_file === undefined) return use(await arraysIn(file, undefined, parameters));
    return withArrayFile(pathOf(labels_file, files), async other => use(await arraysIn(file, other, parameters)));
  });
}

async function arraysIn(file: ArrayFile, labelFile: ArrayFile | undefined, parameters: Parameters): Promise<Arrays> {
  const { as, label_column = 0 } = parameters;
  const inputs = await arrayOf(file, parameters.inputs, 'inputs', shape =>
    as === 'dna' ? shape.length === 3 && shape.slice(1).includes(4) : shape.length === 2,
  );
  const { examples, length } = as === 'dna' ? oneHotLayout(inputs.shape, inputs.place) : sizesOf(inputs);
  const list = async (what: 'names' | 'features', count: number): Promise<NamedArray | undefined> => {
    const name = parameters[what];
    if (name === undefined) return undefined;
    const array = await arrayOf(file, name, what, () => false);
    requireOneFor(array, count, 1, what);
    return array;
  };
  const names = await list('names', examples);
  const features = as === 'dna' ? undefined : await list('features', length);
  if (parameters.labels === undefined && !labelFile)
    return { inputs, examples, length, labels: undefined, names, features };
  const labels = await arrayOf(labelFile ?? file, parameters.labels, 'labels', ([rows]) => rows === examples);
  requireOneFor(labels, examples, Infinity, 'labels');
  if (label_column >= columnsOf(labels))
    throw new Failure('data/no-column', `the labels have ${columnsOf(labels)} columns, counted from 0`, {
      place: labels.place,
      remedy: 'Name one of them: `label_column: 0` is the first.',
    });
  return { inputs, examples, length, labels, names, features };
}

/** @throws Failure `data/shape`, `data/empty` */
function sizesOf({ shape, place }: NamedArray): { examples: number; length: number } {
  const [examples = 0, length = 0] = shape;
  if (shape.length !== 2)
    throw new Failure('data/shape', `the shape is [${shape.join(', ')}], expected [example, feature]`, {
      place,
      remedy: 'Name the array of rows, or say `as: dna` for one-hot sequences.',
    });
  if (sizeOf(shape) === 0)
    throw new Failure('data/empty', `the shape [${shape.join(', ')}] holds no value`, {
      place,
      remedy: 'Give an array with at least one example and one feature.',
    });
  requireRoomFor(examples, length, ['examples', 'features', 'values']);
  return { examples, length };
}

const columnsOf = ({ shape }: NamedArray): number => sizeOf(shape.slice(1));

/** @throws Failure `data/shape` for another number of rows, or for too many columns */
function requireOneFor(array: NamedArray, count: number, columns: number, what: string): void {
  const { shape, place } = array;
  const wide = shape.slice(1).filter(extent => extent !== 1);
  if (shape[0] === count && wide.length <= 1 && columnsOf(array) <= columns && columnsOf(array) > 0) return;
  throw new Failure('data/shape', `the ${what} have the shape [${shape.join(', ')}], expected [${count}]`, {
    place,
    remedy: `Give one for each of the ${count}.`,
  });
}

async function read(parameters: Parameters, files: Files): Promise<Examples> {
  return withArrays(parameters, files, async arrays => {
    const { inputs, examples, length, names: named } = arrays;
    const indices = Array.from({ length: examples }, (_, index) => index);
    const names = named ? await textsOf(named) : indices.map(index => `${inputs.name || 'example'}[${index}]`);
    const { labels, notes } = await labelsOf(arrays, parameters);
    const source = parameters.path.slice(0, 8);
    const { as } = parameters;
    if (as !== 'dna') {
      const rows = await readRows(arrays, { ...parameters, as }, names, labels);
      return { ...rows, notes: [...notes, ...rows.notes] };
    }
    const decoder = new OneHotDecoder(
      oneHotLayout(inputs.shape, inputs.place),
      channelCodes(parameters.order),
      inputs.place,
    );
    await eachNumber(inputs, (value, at) => decoder.set(at, value));
    const { letters, notes: own } = decoder.finish();
    return {
      alphabet: 'dna',
      length,
      letters,
      names,
      labels,
      origins: indices.map(index => ({ source, index })),
      notes: [...notes, ...own, ...unlabelledNotes(labels, arrays.labels !== undefined), ...duplicateNotes([], names)],
    };
  });
}

/** @throws Failure `data/type` for text */
function eachNumber({ place, each }: NamedArray, use: (value: number, at: number) => void): Promise<void> {
  return each((value, at) => {
    if (typeof value === 'string')
      throw new Failure('data/type', 'the array holds text, expected numbers', {
        place,
        remedy: 'Name an array of numbers.',
      });
    use(Number(value), at);
  });
}

/** The elements as text, of some columns only one; truth values are 0 and 1, as HDF5 and numpy have them. */
async function textsOf(array: NamedArray, column = 0): Promise<string[]> {
  const columns = columnsOf(array);
  const texts: string[] = [];
  await array.each((value, at) => {
    if (at % columns === column)
      texts[Math.floor(at / columns)] = String(typeof value === 'boolean' ? Number(value) : value);
  });
  return texts;
}

async function labelsOf(
  { labels: array, examples }: Arrays,
  { classes, label_column }: Parameters,
): Promise<{ labels: (number | undefined)[]; notes: Note[] }> {
  if (!array) return { labels: new Array<undefined>(examples).fill(undefined), notes: [] };
  if (columnsOf(array) > 1 && label_column === undefined) return oneHotClasses(array, examples);
  const texts = await textsOf(array, label_column);
  const labels = texts.map((text, row) => {
    const label = labelOf(text, array.name || 'labels', classes, `${array.place}, row ${row}`);
    return Number.isNaN(label) ? undefined : label;
  });
  return { labels, notes: [] };
}

/** Classes as columns of which one is 1, as `to_categorical` writes them. @throws Failure `data/labels` */
async function oneHotClasses(array: NamedArray, examples: number): Promise<{ labels: number[]; notes: Note[] }> {
  const columns = columnsOf(array);
  const labels = new Array<number>(examples).fill(-1);
  const refuse = (row: number): never => {
    throw new Failure('data/labels', `the labels have ${columns} columns, and row ${row} is no one-hot class`, {
      place: array.place,
      remedy: 'Say which column is the label: `label_column: 0` is the first.',
    });
  };
  await array.each((value, at) => {
    const row = Math.floor(at / columns);
    if (Number(value) === 0) return;
    if (Number(value) !== 1 || labels[row] !== -1) refuse(row);
    labels[row] = at % columns;
  });
  const empty = labels.indexOf(-1);
  if (empty >= 0) refuse(empty);
  const message = `The class of an example is the column of "${array.name || 'labels'}" that holds its 1, counted from 0.`;
  return { labels, notes: [{ level: 'information', code: 'data/one-hot-classes', message }] };
}

async function readRows(
  { inputs, examples, length, features: named }: Arrays,
  parameters: Parameters & Pick<TableParameters, 'as'>,
  names: readonly string[],
  labels: readonly (number | undefined)[],
): Promise<Rows> {
  const { as, missing, path, labels_file, labels: label = labels_file } = parameters;
  const unit = as === 'genotypes' ? 'variant' : 'gene';
  const features = named ? await textsOf(named) : Array.from({ length }, (_, at) => `${unit} ${at + 1}`);
  const values = new Float32Array(examples * length);
  const gaps = new Set<number>();
  let absent = 0;
  await eachNumber(inputs, (value, at) => {
    values[at] = value;
    if (Number.isFinite(values[at])) return;
    const row = Math.floor(at / length);
    const place = `${inputs.place}, row ${row}, column ${at % length}`;
    if (!Number.isNaN(value))
      throw new Failure('data/not-number', `found ${value}, expected a finite number of single precision`, {
        place,
        remedy: 'Leave the example out, or write NaN where a value is missing.',
      });
    if (missing === 'error') throw missingValue(features[at % length]!, place);
    absent++;
    gaps.add(row);
  });
  const indices = names.flatMap((_, row) => (missing === 'drop' && gaps.has(row) ? [] : [row]));
  const isWhole = indices.length === examples;
  if (!isWhole) indices.forEach((row, at) => values.copyWithin(at * length, row * length, (row + 1) * length));
  const kept = {
    features,
    values: isWhole ? values : values.slice(0, indices.length * length),
    names: indices.map(row => names[row]!),
    labels: indices.map(row => labels[row]),
    indices,
    absent,
    affected: gaps.size,
    rows: examples,
  };
  return examplesOf(kept, { as, missing, path, ...(label !== undefined && { label }) }, inputs.place);
}

export const arrays: Source<Parameters> = {
  read,
  describe: (parameters, files) =>
    withArrays(parameters, files, ({ examples, length }) =>
      Promise.resolve({
        is: 'data',
        examples,
        complete: true,
        alphabet: parameters.as,
        length: [length, length],
        notes: [],
      }),
    ),
};

/** `arrays` of HDF5, under its older name. */
export const oneHotHdf5: Source<ParametersOf<typeof one_hot_hdf5>> = {
  read: (parameters, files) => arrays.read({ ...parameters, as: 'dna', missing: 'error' }, files),
  describe: (parameters, files) => arrays.describe({ ...parameters, as: 'dna', missing: 'error' }, files),
};
