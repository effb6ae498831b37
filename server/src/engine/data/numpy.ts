/** The source `numpy`: one-hot sequences or rows of numbers, and their labels, from `.npy` and `.npz` files. */
import { basename } from 'node:path';
import type { numpy as specification } from '../../catalog/sources.js';
import type { ParametersOf } from '../../catalog/specification.js';
import { Failure } from '../failure.js';
import { sizeOf } from '../graph/graph.js';
import { requireRoomFor } from '../simulate/genotypes.js';
import type { Examples, Rows } from './examples.js';
import { eachNumber, openMember, openNpy, textsOf, type NumpyArray } from './npy.js';
import { channelCodes, OneHotDecoder, oneHotLayout } from './one-hot-array.js';
import { pathOf, type Files, type Source } from './source.js';
import { duplicateNotes, fillMissing, labelOf, missingNotes, missingValue } from './table-cells.js';
import { ZipFile } from './zip-file.js';

type Parameters = ParametersOf<typeof specification>;

/** The arrays that a call names. */
interface Arrays {
  readonly inputs: NumpyArray;
  /** Of the inputs, for the names of examples. */
  readonly name: string;
  readonly labels?: NumpyArray;
  readonly names?: NumpyArray;
  readonly features?: NumpyArray;
}

async function withArrays<Result>(
  parameters: Parameters,
  files: Files,
  use: (arrays: Arrays) => Promise<Result>,
): Promise<Result> {
  const path = pathOf(parameters.path, files);
  const labels = parameters.labels_file && (await openNpy(pathOf(parameters.labels_file, files)));
  if (/\.npy$/i.test(path)) {
    const named = (['inputs', 'labels', 'names', 'features'] as const).find(one => parameters[one] !== undefined);
    if (named !== undefined)
      throw new Failure('data/no-array', `\`${named}\` names an array, and a .npy file holds a single one`, {
        place: path,
        remedy: 'Leave it out, or save all arrays in one archive with numpy.savez.',
      });
    const name = basename(path).replace(/\.npy$/i, '');
    return use({ inputs: await openNpy(path), name, ...(labels && { labels }) });
  }
  const zip = await ZipFile.open(path);
  try {
    const named = (name: string | undefined): Promise<NumpyArray> => openMember(zip, memberOf(zip, name, path), path);
    const { inputs, names, features } = parameters;
    return await use({
      inputs: await named(inputs),
      name: inputs ?? 'example',
      ...(parameters.labels !== undefined ? { labels: await named(parameters.labels) } : labels && { labels }),
      ...(names !== undefined && { names: await named(names) }),
      ...(features !== undefined && { features: await named(features) }),
    });
  } finally {
    await zip.close();
  }
}

function memberOf(zip: ZipFile, name: string | undefined, path: string) {
  const known = [...zip.members.keys()].map(member => member.replace(/\.npy$/, ''));
  const [only] = known;
  const found = name ?? (known.length === 1 ? only : undefined);
  const member = found === undefined ? undefined : zip.members.get(`${found}.npy`);
  if (member) return member;
  const list = known.slice(0, 20).join(', ') || 'none';
  throw new Failure(
    'data/no-array',
    name === undefined
      ? `the archive has several arrays: ${list}`
      : `the archive has no array "${name}"; it has: ${list}`,
    { place: path, remedy: 'Say which one holds the examples: `inputs: "…"` (upper and lower case matter).' },
  );
}

async function read(parameters: Parameters, files: Files): Promise<Examples> {
  const codes = channelCodes(parameters.order);
  return withArrays(parameters, files, async arrays => {
    const { inputs, name } = arrays;
    const { examples: count, length } = sizesOf(parameters, inputs);
    const indices = Array.from({ length: count }, (_, index) => index);
    const source = parameters.path.slice(0, 8);
    const known = {
      names: arrays.names ? await wordsOf(arrays.names, count, 'names') : indices.map(index => `${name}[${index}]`),
      labels: await labelsOf(arrays.labels, parameters, count),
      origins: indices.map(index => ({ source, index })),
      length,
    };
    if (parameters.as !== 'dna') return readRows(parameters, arrays, parameters.as, known);
    const decoder = new OneHotDecoder(oneHotLayout(inputs.shape, inputs.place), codes, inputs.place);
    await eachNumber(inputs, (value, at) => decoder.set(at, value));
    return { ...known, alphabet: 'dna' as const, ...decoder.finish() };
  });
}

async function readRows(
  { missing }: Parameters,
  { inputs, features: named }: Arrays,
  alphabet: Rows['alphabet'],
  known: Pick<Rows, 'names' | 'labels' | 'origins' | 'length'>,
): Promise<Rows> {
  const { length, names } = known;
  requireRoomFor(names.length, length, ['examples', 'features', 'values']);
  const unit = alphabet === 'genotypes' ? 'variant' : 'gene';
  const features = named
    ? await wordsOf(named, length, 'features')
    : Array.from({ length }, (_, feature) => `${unit} ${feature + 1}`);
  let values = new Float32Array(names.length * length);
  const gaps = new Set<number>();
  let absent = 0;
  await eachNumber(inputs, (value, at) => {
    values[at] = value;
    if (Number.isFinite(values[at])) return;
    const row = Math.floor(at / length);
    const place = `${inputs.place}, row ${row}, column ${at % length}`;
    if (!Number.isNaN(value))
      throw new Failure('data/not-number', `found ${value}, expected a finite number`, {
        place,
        remedy: 'Leave the example out, or write NaN where a value is missing.',
      });
    absent++;
    gaps.add(row);
    if (missing === 'error') throw missingValue(features[at % length]!, place);
  });
  const notes = [...missingNotes(absent, gaps.size, names.length, missing), ...duplicateNotes(features)];
  if (absent === 0 || missing !== 'drop') {
    if (absent > 0) fillMissing(values, features, missing, inputs.place);
    return { ...known, alphabet, features, values, notes };
  }
  const kept = names.flatMap((_, row) => (gaps.has(row) ? [] : [row]));
  if (kept.length === 0)
    throw new Failure('data/all-dropped', 'every row has a missing value, so `missing: drop` leaves none', {
      place: inputs.place,
      remedy: 'Use `missing: mean`.',
    });
  kept.forEach((row, at) => values.copyWithin(at * length, row * length, (row + 1) * length));
  values = values.slice(0, kept.length * length);
  const chosen = <T>(all: readonly T[]): T[] => kept.map(row => all[row]!);
  const { labels, origins } = known;
  return {
    alphabet,
    length,
    features,
    values,
    names: chosen(names),
    labels: chosen(labels),
    origins: chosen(origins),
    notes,
  };
}

/** @throws Failure `data/shape`, `data/empty` */
function sizesOf({ as }: Parameters, { shape, place }: NumpyArray): { examples: number; length: number } {
  if (as === 'dna') return oneHotLayout(shape, place);
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
  return { examples, length };
}

/** @throws Failure `data/shape` for another number of elements than `count` */
function requireOneFor({ shape, place }: NumpyArray, count: number, what: string): void {
  if (shape[0] === count && shape.slice(1).every(extent => extent === 1)) return;
  throw new Failure('data/shape', `the ${what} have the shape [${shape.join(', ')}], expected [${count}]`, {
    place,
    remedy: `Give one for each of the ${count}.`,
  });
}

async function wordsOf(array: NumpyArray, count: number, what: string): Promise<string[]> {
  requireOneFor(array, count, what);
  return textsOf(array);
}

async function labelsOf(
  array: NumpyArray | undefined,
  { classes }: Parameters,
  count: number,
): Promise<(number | undefined)[]> {
  if (!array) return new Array<undefined>(count).fill(undefined);
  const texts = await wordsOf(array, count, 'labels');
  return texts.map((text, row) => {
    const label = labelOf(text, 'labels', classes, `${array.place}, row ${row}`);
    return Number.isNaN(label) ? undefined : label;
  });
}

export const numpy: Source<Parameters> = {
  read,
  describe: (parameters, files) =>
    withArrays(parameters, files, ({ inputs }) => {
      const { examples, length } = sizesOf(parameters, inputs);
      return Promise.resolve({
        is: 'data' as const,
        examples,
        complete: true,
        alphabet: parameters.as,
        length: [length, length] as [number, number],
        notes: [],
      });
    }),
};
