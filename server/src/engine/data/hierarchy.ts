/**
 * Files that are trees of named arrays with attributes, read alike whether they are HDF5 or Zarr (versions 2 and 3, folders or zipped).
 */
import { stat } from 'node:fs/promises';
import { Failure } from '../failure.js';
import { withHdf5 } from './hdf5.js';
import { Hdf5Tree } from './hdf5-tree.js';
import type { PlainArray, Range } from './plain-array.js';
import { firstBytes } from './source.js';
import { StoreArchive, StoreFolder, ZarrTree } from './zarr-tree.js';
import { ZipFile } from './zip-file.js';

export type { Plain } from './plain-array.js';

export interface TreeNode {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Absent for groups. */
  readonly shape?: readonly number[];
  /** Extents of the pieces in which an array is stored, where it is stored in pieces. */
  readonly chunks?: readonly number[];
}

export interface Hierarchy {
  /** The group or array of that path; undefined where there is none. */
  node(path: string): Promise<TreeNode | undefined>;
  /** Names of the groups and arrays in a group; none where there is no such group. */
  children(path: string): Promise<readonly string[]>;
  /**
   * A whole array, or some places of its first axes.
   *
   * @throws Failure `data/no-array`, `data/too-large`, `data/type`, `data/damaged-array`
   */
  array(path: string, ranges?: readonly Range[]): Promise<PlainArray>;
}

/**
 * Opens a file for the time of `use`; containers are told by their first bytes.
 *
 * @throws Failure `data/unreadable`, `data/not-hierarchy`, `data/damaged-…`
 */
export async function withHierarchy<Result>(path: string, use: (tree: Hierarchy) => Promise<Result>): Promise<Result> {
  if (await isFolder(path)) return use(new ZarrTree(path, new StoreFolder(path)));
  const head = await firstBytes(path);
  if (head.toString('latin1', 0, 2) !== 'PK')
    return withHdf5(
      path,
      'data',
      () => notKnown(path),
      file => use(new Hdf5Tree(path, file)),
    );
  const zip = await ZipFile.open(path);
  try {
    return await use(new ZarrTree(path, new StoreArchive(zip)));
  } finally {
    await zip.close();
  }
}

function notKnown(path: string): Failure {
  return new Failure('data/not-hierarchy', 'the file begins like neither HDF5 nor a ZIP archive', {
    place: path,
    remedy: 'Give an HDF5 file (.h5, .h5ad), or a Zarr store: its folder, or a ZIP archive of it.',
  });
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  );
}
