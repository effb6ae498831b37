/**
 * Named arrays of a file, whatever holds them: `.npy`, `.npz`, HDF5, Zarr (a folder or an archive), told by the first bytes. Elements
 * come a few megabytes at a time, whole chunks together, so that no chunk is unpacked twice.
 */
import { setImmediate } from 'node:timers/promises';
import { Failure } from '../failure.js';
import { sizeOf } from '../graph/graph.js';
import { SIGNATURE } from './hdf5.js';
import { isFolder, withHierarchy, type Hierarchy } from './hierarchy.js';
import { eachNumber, openMember, openNpy, textsOf, type NumpyArray } from './npy.js';
import type { Plain, Range } from './plain-array.js';
import { firstBytes } from './source.js';
import { ZipFile } from './zip-file.js';

/** Elements that are read at a time, unless a chunk has more. */
const AT_ONCE = 4_000_000;
/** Groups and arrays that are looked at when arrays are listed, and arrays that a message names. */
const MOST_VISITED = 1000;
const MOST_NAMED = 20;

export interface NamedArray {
  /** Path in the file; empty where the file is one array. */
  readonly name: string;
  /** File and name, for messages. */
  readonly place: string;
  readonly shape: readonly number[];
  /** Gives every element with its index in C order. @throws Failure where the data are damaged */
  readonly each: (use: (value: Plain, at: number) => void) => Promise<void>;
}

/** What holds arrays. */
export interface ArrayFile {
  readonly path: string;
  names(): Promise<readonly string[]>;
  /** Undefined where there is none of that name. */
  find(name: string): Promise<NamedArray | undefined>;
}

/**
 * Opens a file for the time of `use`.
 *
 * @throws Failure `data/unreadable`, `data/not-arrays`, `data/damaged-…`, `data/npy-type`
 */
export async function withArrayFile<Result>(path: string, use: (file: ArrayFile) => Promise<Result>): Promise<Result> {
  const inTree = (): Promise<Result> => withHierarchy(path, tree => use(ofTree(path, tree)));
  if (await isFolder(path)) return inTree();
  const head = await firstBytes(path);
  if (head.equals(SIGNATURE)) return inTree();
  if (head.toString('latin1', 0, 6) === '\x93NUMPY') return use(ofNpy(path, await openNpy(path)));
  if (head.toString('latin1', 0, 2) !== 'PK')
    throw new Failure('data/not-arrays', 'the file begins like none that holds arrays', {
      place: path,
      remedy: 'Give a .npy or .npz file, an HDF5 file, or a Zarr store: its folder, or a ZIP archive of it.',
    });
  const zip = await ZipFile.open(path);
  try {
    if ([...zip.members.keys()].some(name => name.endsWith('.npy'))) return await use(ofNpz(path, zip));
  } finally {
    await zip.close();
  }
  return inTree();
}

function ofNpy(path: string, array: NumpyArray): ArrayFile {
  return {
    path,
    names: () => Promise.resolve(['']),
    find: name => Promise.resolve(name === '' ? fromNumpy('', array) : undefined),
  };
}

function ofNpz(path: string, zip: ZipFile): ArrayFile {
  return {
    path,
    names: () =>
      Promise.resolve([...zip.members.keys()].flatMap(name => (name.endsWith('.npy') ? [name.slice(0, -4)] : []))),
    find: async name => {
      const member = zip.members.get(`${name}.npy`);
      return member && fromNumpy(name, await openMember(zip, member, path));
    },
  };
}

function fromNumpy(name: string, array: NumpyArray): NamedArray {
  const { place, shape, isText } = array;
  const each: NamedArray['each'] = isText
    ? async use => (await textsOf(array)).forEach(use)
    : use => eachNumber(array, use);
  return { name, place, shape, each };
}

function ofTree(path: string, tree: Hierarchy): ArrayFile {
  return {
    path,
    names: () => namesIn(tree),
    find: async name => {
      const { shape, chunks } = (await tree.node(name || '/')) ?? {};
      if (shape === undefined) return undefined;
      return {
        name,
        place: name === '' ? path : `${path}, ${name}`,
        shape,
        each: use => eachIn(tree, name, { shape, chunks }, use),
      };
    },
  };
}

/** Groups may be linked in circles, so only so many are visited; the outer ones first. */
async function namesIn(tree: Hierarchy): Promise<readonly string[]> {
  const names: string[] = [];
  const waiting = [''];
  for (let visited = 0; visited < MOST_VISITED && visited < waiting.length; visited++) {
    const path = waiting[visited]!;
    if ((await tree.node(path || '/'))?.shape !== undefined) names.push(path);
    else for (const name of await tree.children(path)) waiting.push(path === '' ? name : `${path}/${name}`);
  }
  return names.sort();
}

interface Stored {
  readonly shape: readonly number[];
  readonly chunks: readonly number[] | undefined;
}

async function eachIn(tree: Hierarchy, name: string, stored: Stored, use: (value: Plain, at: number) => void) {
  const { shape } = stored;
  for (const ranges of blocksOf(stored)) {
    const { values, shape: extents } = await tree.array(name, ranges);
    // Elements of the last axes lie together, as long as blocks have the whole of them.
    let axis = extents.length - 1;
    while (axis > 0 && extents[axis] === shape[axis]) axis--;
    const run = sizeOf(extents.slice(Math.max(0, axis)));
    for (let from = 0; from < values.length; from += run) {
      const start = ranges.reduce((at, [first], axis) => {
        const own = Math.floor(from / sizeOf(extents.slice(axis + 1))) % extents[axis]!;
        return at * shape[axis]! + first + own;
      }, 0);
      for (let at = 0; at < run; at++) use(values[from + at]!, start + at);
    }
    await setImmediate();
  }
}

/** The whole array in ranges of its axes: whole chunks, as many along the last axes as may be read at once. */
function* blocksOf({ shape, chunks = shape.map(() => 1) }: Stored): Generator<Range[]> {
  if (sizeOf(shape) === 0) return;
  const block = shape.map((extent, axis) => Math.max(1, Math.min(extent, chunks[axis]!)));
  for (let axis = shape.length - 1; axis >= 0; axis--)
    block[axis] = Math.min(shape[axis]!, block[axis]! * Math.max(1, Math.floor(AT_ONCE / sizeOf(block))));
  const counts = shape.map((extent, axis) => Math.ceil(extent / block[axis]!));
  for (let number = 0; number < sizeOf(counts); number++)
    yield shape.map((extent, axis) => {
      const from = (Math.floor(number / sizeOf(counts.slice(axis + 1))) % counts[axis]!) * block[axis]!;
      return [from, Math.min(extent, from + block[axis]!)];
    });
}

/**
 * The array of a name; the only one of a shape that fits where none is named.
 *
 * @param parameter that names it, for messages
 * @throws Failure `data/no-array`, naming the arrays that there are with their shapes
 */
export async function arrayOf(
  file: ArrayFile,
  name: string | undefined,
  parameter: string,
  fits: (shape: readonly number[]) => boolean,
): Promise<NamedArray> {
  const named = name === undefined ? undefined : await file.find(name);
  if (named) return named;
  const names = await file.names();
  const known: NamedArray[] = [];
  for (const other of name === undefined ? names : names.slice(0, MOST_NAMED)) {
    // Of several arrays, those that cannot be read are left alone: Python's objects beside numbers.
    const array = await file.find(other).catch((error: unknown) => {
      if (names.length === 1 || !(error instanceof Failure)) throw error;
      return undefined;
    });
    if (array) known.push(array);
  }
  const fitting = known.filter(({ shape }) => fits(shape));
  if (name === undefined && fitting.length === 1) return fitting[0]!;
  const shown = known
    .slice(0, MOST_NAMED)
    .map(array => `${array.name || 'one without a name'} [${array.shape.join(', ')}]`);
  const list = `${shown.join('; ') || 'none'}${names.length > shown.length ? '; …' : ''}`;
  const found =
    name === undefined
      ? `${fitting.length === 0 ? 'no array has' : 'several arrays have'} a shape that fits`
      : `there is no array "${name}"`;
  throw new Failure('data/no-array', `${found}; the arrays of the file: ${list}`, {
    place: file.path,
    remedy: names.includes('')
      ? `The file is one array without a name: leave \`${parameter}\` out.`
      : `Name one of them: \`${parameter}: "…"\` (upper and lower case matter).`,
  });
}
