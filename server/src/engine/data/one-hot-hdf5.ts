/**
 * One-hot sequences and their labels from HDF5 files, as training scripts leave them: [example, 4, position] or
 * [example, position, 4], of any number type. Read in slabs of rows, so that memory holds one byte per position.
 */
import { setImmediate } from 'node:timers/promises';
import h5wasm from 'h5wasm/node';
import type { ParametersOf } from '../../catalog/specification.js';
import type { one_hot_hdf5 as specification } from '../../catalog/sources.js';
import type { DataDescription, Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { NO_BASE, type Sequences } from './examples.js';
import { withHdf5, type Hdf5Dataset, type Hdf5File, type Hdf5Group } from './hdf5.js';
import { pathOf, type Files, type Source } from './source.js';

type Parameters = ParametersOf<typeof specification>;

/** Values read at a time. */
const SLAB = 4_000_000;

const notHdf5 = (path: string): Failure =>
  new Failure('data/not-hdf5', 'the file does not begin with the HDF5 signature', {
    place: path,
    remedy: 'Give an HDF5 file (written for example by h5py).',
  });

/** Paths of the datasets below a group, for error messages; groups may be linked in circles, so not to any depth. */
function datasetsOf(group: Hdf5Group, prefix = '', depth = 4): string[] {
  return group.keys().flatMap(name => {
    const item = group.get(name);
    if (item instanceof h5wasm.Group) return depth > 0 ? datasetsOf(item, `${prefix}${name}/`, depth - 1) : [];
    return item instanceof h5wasm.Dataset ? [prefix + name] : [];
  });
}

/** The dataset of that path and its shape. */
function datasetAt(file: Hdf5File, path: string, name: string): { dataset: Hdf5Dataset; shape: number[] } {
  const dataset = file.get(name);
  if (!(dataset instanceof h5wasm.Dataset)) {
    const known = datasetsOf(file);
    const list = known.length > 0 ? known.slice(0, 20).join(', ') : 'none';
    throw new Failure('data/no-dataset', `the file has no dataset "${name}"; it has: ${list}`, {
      place: path,
      remedy: 'Name one of these datasets (upper and lower case matter).',
    });
  }
  return { dataset, shape: dataset.shape ?? [] };
}

interface Layout {
  readonly examples: number;
  readonly length: number;
  readonly channelsFirst: boolean;
}

/** Which axis holds the bases: the one of size 4. */
function layoutOf(shape: readonly number[], place: string): Layout {
  const [examples, second, third] = shape;
  const fits = shape.length === 3 && (second === 4) !== (third === 4);
  if (!fits || examples === undefined || second === undefined || third === undefined) {
    const found = `[${shape.join(', ')}]`;
    const both = shape.length === 3 && second === 4 && third === 4;
    throw new Failure(
      'data/shape',
      both
        ? `the shape ${found} does not tell which axis holds the bases`
        : `the shape is ${found}, expected [example, 4, position] or [example, position, 4]`,
      { place, remedy: 'Name the dataset of one-hot sequences, or write it with more than 4 positions.' },
    );
  }
  const channelsFirst = second === 4;
  const length = channelsFirst ? third : second;
  if (examples === 0 || length === 0) {
    throw new Failure('data/empty', `the shape [${shape.join(', ')}] holds no sequence`, {
      place,
      remedy: 'Name a dataset with at least one example.',
    });
  }
  return { examples, length, channelsFirst };
}

/** Code of each channel of the file. */
function channelCodes(order: string): number[] {
  const codes = [...order.toUpperCase()].map(base => 'ACGT'.indexOf(base));
  if (codes.length !== 4 || new Set(codes).size !== 4 || codes.includes(-1)) {
    throw new Failure('data/order', `the order of the bases is "${order}", expected A, C, G and T, each once`, {
      remedy: 'Write for example `order: "ACGT"`.',
    });
  }
  return codes;
}

/** Rows `from` … `to − 1` of a dataset as a flat array of numbers. */
function rowsOf(dataset: Hdf5Dataset, from: number, to: number, place: string): ArrayLike<number | bigint | boolean> {
  const rest = (dataset.shape ?? []).slice(1).map((): [] => []);
  const rows = dataset.slice([[from, to], ...rest]);
  const plain = Array.isArray(rows) ? (rows as unknown[]) : rows;
  const numeric =
    ArrayBuffer.isView(plain) ||
    (Array.isArray(plain) && plain.every(value => ['number', 'bigint', 'boolean'].includes(typeof value)));
  if (!numeric) {
    throw new Failure('data/type', 'the dataset cannot be read as numbers', {
      place,
      remedy: 'Write it as integers, floating-point numbers or booleans.',
    });
  }
  return plain as ArrayLike<number | bigint | boolean>;
}

async function readLetters(
  dataset: Hdf5Dataset,
  layout: Layout,
  codes: readonly number[],
  place: string,
): Promise<{ letters: Uint8Array; unknown: number; affected: number }> {
  const { examples, length, channelsFirst } = layout;
  const letters = new Uint8Array(examples * length).fill(NO_BASE);
  const positionStride = channelsFirst ? 1 : 4;
  const channelStride = channelsFirst ? length : 1;
  const rows = Math.max(1, Math.floor(SLAB / (length * 4)));
  let unknown = 0;
  let affected = 0;
  for (let from = 0; from < examples; from += rows) {
    const to = Math.min(examples, from + rows);
    const values = rowsOf(dataset, from, to, place);
    for (let example = from; example < to; example++) {
      let missing = 0;
      for (let position = 0; position < length; position++) {
        const first = (example - from) * length * 4 + position * positionStride;
        let ones = 0;
        for (let channel = 0; channel < 4; channel++) {
          const value = Number(values[first + channel * channelStride]);
          if (value === 1) {
            letters[example * length + position] = codes[channel]!;
            ones++;
          } else if (value !== 0) {
            throw new Failure('data/not-one-hot', `the value is ${value}, expected 0 or 1`, {
              place: `${place}, example ${example}, position ${position}, channel ${channel}`,
              remedy: 'Store plain one-hot sequences: not centred, scaled or mixed.',
            });
          }
        }
        if (ones > 1) {
          throw new Failure('data/not-one-hot', `${ones} bases are 1 at one position, expected one`, {
            place: `${place}, example ${example}, position ${position}`,
            remedy: 'Store plain one-hot sequences.',
          });
        }
        if (ones === 0) missing++;
      }
      // Also what a damaged chunk looks like: the library gives zeros for it.
      if (missing === length) {
        throw new Failure('data/empty-example', 'the example is all zero', {
          place: `${place}, example ${example}`,
          remedy: 'Leave empty examples out; if this one should not be empty, the file is damaged.',
        });
      }
      unknown += missing;
      if (missing > 0) affected++;
    }
    await setImmediate();
  }
  return { letters, unknown, affected };
}

function readLabels(file: Hdf5File, path: string, name: string, examples: number): number[] {
  const place = `${path}, dataset ${name}`;
  const { dataset, shape } = datasetAt(file, path, name);
  if (shape[0] !== examples || shape.slice(1).some(extent => extent !== 1)) {
    throw new Failure('data/shape', `the labels have the shape [${shape.join(', ')}], expected [${examples}]`, {
      place,
      remedy: 'Give one label per example.',
    });
  }
  const labels = Array.from(rowsOf(dataset, 0, examples, place), Number);
  const bad = labels.findIndex(label => !Number.isFinite(label));
  if (bad >= 0) {
    throw new Failure('data/label', `the label is ${labels[bad]}, expected a number`, {
      place: `${place}, example ${bad}`,
      remedy: 'Leave examples without a label out.',
    });
  }
  return labels;
}

async function read(parameters: Parameters, files: Files): Promise<Sequences> {
  const path = pathOf(parameters.path, files);
  const codes = channelCodes(parameters.order);
  return withHdf5(
    path,
    'data',
    () => notHdf5(path),
    async file => {
      const place = `${path}, dataset ${parameters.inputs}`;
      const { dataset, shape } = datasetAt(file, path, parameters.inputs);
      const layout = layoutOf(shape, place);
      const labels =
        parameters.labels === undefined
          ? new Array<undefined>(layout.examples).fill(undefined)
          : readLabels(file, path, parameters.labels, layout.examples);
      const { letters, unknown, affected } = await readLetters(dataset, layout, codes, place);
      const notes: Note[] = [];
      if (unknown > 0) {
        notes.push({
          level: 'information',
          code: 'data/unknown-bases',
          message: `${unknown} positions in ${affected} of ${layout.examples} examples are all zero and were taken as unknown bases.`,
        });
      }
      const source = parameters.path.slice(0, 8);
      const indices = Array.from({ length: layout.examples }, (_, index) => index);
      return {
        alphabet: 'dna',
        length: layout.length,
        letters,
        names: indices.map(index => `${parameters.inputs}[${index}]`),
        labels,
        origins: indices.map(index => ({ source, index })),
        notes,
      };
    },
  );
}

async function describe(parameters: Parameters, files: Files): Promise<DataDescription> {
  const path = pathOf(parameters.path, files);
  channelCodes(parameters.order);
  return withHdf5(
    path,
    'data',
    () => notHdf5(path),
    file => {
      const { shape } = datasetAt(file, path, parameters.inputs);
      const { examples, length } = layoutOf(shape, `${path}, dataset ${parameters.inputs}`);
      if (parameters.labels !== undefined) readLabels(file, path, parameters.labels, examples);
      return Promise.resolve({
        is: 'data' as const,
        examples,
        complete: true,
        alphabet: 'dna' as const,
        length: [length, length] as [number, number],
        notes: [],
      });
    },
  );
}

export const oneHotHdf5: Source<Parameters, Sequences> = { read, describe };
