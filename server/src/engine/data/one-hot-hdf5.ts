/**
 * One-hot sequences and their labels from HDF5 files, as training scripts leave them: [example, 4, position] or
 * [example, position, 4], of any number type. Read in slabs of rows, so that memory holds one byte per position.
 */
import { setImmediate } from 'node:timers/promises';
import h5wasm from 'h5wasm/node';
import type { ParametersOf } from '../../catalog/specification.js';
import type { one_hot_hdf5 as specification } from '../../catalog/sources.js';
import type { DataDescription } from '../../protocol.js';
import { Failure } from '../failure.js';
import type { Sequences } from './examples.js';
import { requireFilters, withHdf5, type Hdf5Dataset, type Hdf5File, type Hdf5Group } from './hdf5.js';
import { channelCodes, OneHotDecoder, oneHotLayout, type Letters, type OneHotLayout } from './one-hot-array.js';
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
  requireFilters(dataset, `${path}, dataset ${name}`);
  return { dataset, shape: dataset.shape ?? [] };
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
  layout: OneHotLayout,
  codes: readonly number[],
  place: string,
): Promise<Letters> {
  const { examples, length } = layout;
  const letters = new OneHotDecoder(layout, codes, place);
  const rows = Math.max(1, Math.floor(SLAB / (length * 4)));
  for (let from = 0; from < examples; from += rows) {
    const values = rowsOf(dataset, from, Math.min(examples, from + rows), place);
    const start = from * length * 4;
    for (let at = 0; at < values.length; at++) letters.set(start + at, Number(values[at]));
    await setImmediate();
  }
  return letters.finish();
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
      const layout = oneHotLayout(shape, place);
      const labels =
        parameters.labels === undefined
          ? new Array<undefined>(layout.examples).fill(undefined)
          : readLabels(file, path, parameters.labels, layout.examples);
      const { letters, notes } = await readLetters(dataset, layout, codes, place);
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
      const { examples, length } = oneHotLayout(shape, `${path}, dataset ${parameters.inputs}`);
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
