/**
 * Patterns of TF-MoDISco-lite as motifs: the frequencies of the bases in each. Layout: `save_hdf5` in modiscolite/io.py,
 * https://github.com/jmschrei/tfmodisco-lite; files of TF-MoDISco before it are turned into such by `modisco convert`.
 */
import h5wasm from 'h5wasm/node';
import { Failure } from '../failure.js';
import { requireReadable, withHdf5, type Hdf5Group } from './hdf5.js';
import type { Motif } from './motifs.js';

const SIGNS = ['pos_patterns', 'neg_patterns'];
/** Positions of a pattern, and patterns of a file. */
const WIDEST = 10_000;
const MOST = 100_000;

/** @throws Failure `data/not-motifs`, `data/motif`, `data/damaged-hdf5` */
export function readModisco(path: string): Promise<Motif[]> {
  const refuse = (found: string): Failure =>
    new Failure('data/not-motifs', `expected patterns of TF-MoDISco-lite, found ${found}`, {
      place: path,
      remedy: 'Files of TF-MoDISco before 2.0 are turned into such by `modisco convert`.',
    });
  return withHdf5(
    path,
    'data',
    () => refuse('no HDF5'),
    file => {
      const motifs = SIGNS.flatMap(sign => {
        const patterns = file.get(sign);
        if (!(patterns instanceof h5wasm.Group)) return [];
        const names = patterns.keys().slice(0, MOST);
        // By number: as text, pattern_10 stands in front of pattern_2.
        names.sort((a, b) => Number(a.split('_')[1]) - Number(b.split('_')[1]));
        return names.map(name => motifOf(patterns, `${sign}/${name}`, name, path));
      });
      if (motifs.length === 0) throw refuse(`neither ${SIGNS.join(' nor ')}`);
      return motifs;
    },
  );
}

function motifOf(patterns: Hdf5Group, id: string, name: string, path: string): Motif {
  const refuse = (found: string): Failure =>
    new Failure(
      'data/motif',
      `expected the frequencies of four bases at each position in ${id}/sequence, found ${found}`,
      {
        place: path,
        remedy: 'Write the file again with TF-MoDISco-lite.',
      },
    );
  const sequence = patterns.get(`${name}/sequence`);
  if (!(sequence instanceof h5wasm.Dataset)) throw refuse('no array');
  const [width, bases, ...more] = sequence.shape ?? [];
  if (width === undefined || width < 1 || width > WIDEST || bases !== 4 || more.length > 0)
    throw refuse(`an array of [${(sequence.shape ?? []).join(', ')}]`);
  requireReadable(sequence, `${path}, ${id}/sequence`);
  const values = sequence.value as unknown;
  if (!ArrayBuffer.isView(values) || values instanceof BigInt64Array) throw refuse('no numbers');
  const matrix = Float64Array.from(values as Float64Array, Number);
  const isFull = (position: number): boolean =>
    matrix.subarray(4 * position, 4 * position + 4).reduce((sum, value) => sum + value, 0) > 0;
  if (matrix.length !== 4 * width || !matrix.every(value => value >= 0 && value < Infinity))
    throw refuse('numbers below 0, or none');
  const empty = Array.from({ length: width }, (_, position) => position).find(position => !isFull(position));
  if (empty !== undefined) throw refuse(`none at position ${empty + 1}`);
  const count = patterns.get(`${name}/seqlets/n_seqlets`);
  const isCount = count instanceof h5wasm.Dataset && count.shape?.join() === '1';
  const sites = isCount ? Number((count.value as ArrayLike<number>)[0]) : NaN;
  return { id, name, width, matrix, ...(sites > 0 && Number.isFinite(sites) && { sites }) };
}
