/** The arrays of a snapshot, matched with the declarations that they belong to and checked against their shapes. */
import type { Snapshot } from '../../server/src/protocol.js';
import type { ScoreMatrix } from './rows.js';

export type DataSet = Snapshot['data'][number];
export type AttributionMap = Snapshot['maps'][number];

/** Arrays by the names under which the snapshot refers to them. */
export type Arrays = ReadonlyMap<string, Float32Array | Uint8Array>;

/** An attribution map with its numbers. */
export interface ScoredMap {
  readonly map: AttributionMap;
  /** The declaration that it leads to, where its name is not one. */
  readonly declaration?: string;
  readonly scores: ScoreMatrix;
  /** [rows] */
  readonly predictions?: Float32Array;
  /** Standard deviation of the scores over references or members, as `map.spread` says. */
  readonly spread?: ScoreMatrix;
  /** [rows × length × 4]: what each base would contribute, of hypothetical maps. */
  readonly bases?: Float32Array;
}

/** A data set with its letters; `rows` of its examples are here. */
export interface Sequences {
  readonly data: DataSet;
  readonly rows: number;
  /** [rows × length], 0–3 for A, C, G, T, 4 for anything else. */
  readonly letters: Uint8Array;
}

/** @throws RangeError when the array is absent, of another type or of another size than rows × length */
export function sequencesOf(data: DataSet, arrays: Arrays): Sequences {
  const rows = data.names.length;
  const letters = arrays.get(data.letters ?? '');
  if (!(letters instanceof Uint8Array)) throw absent(data.name, data.letters ?? 'letters', 'uint8');
  checkSize(data.name, letters.length, rows * data.length, `${rows} × ${data.length}`);
  return { data, rows, letters };
}

/** @throws RangeError when an array is absent, of another type or of another size than rows × length */
export function scoredMapOf(
  map: AttributionMap,
  { data, rows }: Pick<Sequences, 'data' | 'rows'>,
  arrays: Arrays,
): ScoredMap {
  const { length } = data;
  const read = (name: string, size: number, shape: string): Float32Array => {
    const values = arrays.get(name);
    if (!(values instanceof Float32Array)) throw absent(map.name, name, 'float32');
    checkSize(map.name, values.length, size, shape);
    return values;
  };
  const matrix = (name: string): ScoreMatrix => ({
    rows,
    length,
    values: read(name, rows * length, `${rows} × ${length}`),
  });
  return {
    map,
    scores: matrix(map.scores),
    ...(map.predictions !== undefined && { predictions: read(map.predictions, rows, `${rows}`) }),
    ...(map.spread && { spread: matrix(map.spread.array) }),
    ...(map.bases !== undefined && { bases: read(map.bases, 4 * rows * length, `${rows} × ${length} × 4`) }),
  };
}

function absent(name: string, array: string, type: string): RangeError {
  return new RangeError(`${name} cannot be drawn: its ${type} array “${array}” is missing.`);
}

function checkSize(name: string, found: number, expected: number, shape: string): void {
  if (found === expected) return;
  throw new RangeError(`${name} cannot be drawn: its array holds ${found} values where ${shape} were expected.`);
}
