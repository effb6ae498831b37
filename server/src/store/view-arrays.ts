/**
 * The arrays that views draw, read from the store under the names that a snapshot gives them: letters of the sequences,
 * position scores, predictions, and how far scores differ. Part of the store, so that the editor's client and the report read alike.
 */
import { readSpread, type ScoreKind } from './spread.js';
import type { ResultStore } from './store.js';

/** What has to be known of a snapshot to read its arrays. */
export interface ArrayNames {
  readonly data: readonly {
    readonly key: string;
    /** Name of the letters; absent where the examples are no sequences. */
    readonly letters?: string | undefined;
    /** One per example; as many rows are read. */
    readonly names: readonly string[];
  }[];
  readonly maps: readonly {
    readonly key: string;
    /** Key of the data set whose examples are its rows. */
    readonly data: string;
    readonly scores: string;
    readonly predictions?: string | undefined;
    readonly bases?: string | undefined;
    readonly kind?: ScoreKind;
    readonly spread?: { readonly array: string; readonly over: 'members' | 'references' } | undefined;
  }[];
  readonly tables?: readonly {
    readonly key: string;
    readonly rows: readonly string[];
    readonly values: string;
    readonly significance?: string | undefined;
    readonly beside?: readonly { readonly array: string; readonly name: string }[] | undefined;
    readonly motifs?: { readonly tracks: readonly { readonly array: string; readonly name: string }[] } | undefined;
  }[];
}

/** By name: uint8 letters [example, position], float32 scores [example, position], float32 predictions [example]. */
export type ViewArrays = Map<string, Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>;

/** Code of a position that is not one of the four bases. */
const NO_LETTER = 4;
/** Positions read at a time when one-hot arrays become letters. */
const BLOCK = 1_000_000;

/**
 * Reads the first examples of every data set and of the maps that explain it: as many as have names, and at most
 * `maximumRows`.
 *
 * @throws StoreError when a stored array is missing or damaged
 */
export async function readViewArrays(
  store: ResultStore,
  snapshot: ArrayNames,
  maximumRows = Infinity,
): Promise<ViewArrays> {
  const arrays: ViewArrays = new Map();
  const rows = new Map(snapshot.data.map(set => [set.key, Math.min(set.names.length, maximumRows)]));
  for (const { key, letters } of snapshot.data) {
    if (letters !== undefined && !arrays.has(letters))
      arrays.set(letters, await readLetters(store, key, rows.get(key) ?? 0));
  }
  for (const { key, data, scores, predictions, bases, spread, kind } of snapshot.maps) {
    for (const [name, array] of [
      [scores, 'scores'],
      [predictions, 'predictions'],
      [bases, 'array'],
    ] as const) {
      if (name === undefined || arrays.has(name)) continue;
      const reader = await store.array(key, array);
      const values = await reader.read(0, Math.min(reader.shape[0] ?? 0, rows.get(data) ?? 0));
      arrays.set(name, values instanceof Float32Array ? values : Float32Array.from(values));
    }
    if (spread && kind && !arrays.has(spread.array))
      arrays.set(spread.array, await readSpread(store, { key, data, kind, over: spread.over }, rows.get(data) ?? 0));
  }
  for (const { key, rows: shown, values, significance, beside, motifs } of snapshot.tables ?? []) {
    for (const { array, name } of [...(beside ?? []), ...(motifs?.tracks ?? [])])
      if (!arrays.has(name))
        arrays.set(name, Float32Array.from(await (await store.array(key, array)).read(0, shown.length)));
    if (significance !== undefined && !arrays.has(significance)) {
      const p = await (await store.array(key, 'p_values')).read(0, shown.length);
      // As its logarithm: p-values below 1e-38 are none of float32.
      arrays.set(
        significance,
        Float32Array.from(p, value => -Math.log10(Math.max(value, Number.MIN_VALUE))),
      );
    }
    if (!arrays.has(values))
      arrays.set(values, Float32Array.from(await (await store.array(key)).read(0, shown.length)));
  }
  return arrays;
}

/** The first examples of a one-hot array [example, position, base] as codes [example, position]. */
async function readLetters(store: ResultStore, key: string, wanted: number): Promise<Uint8Array<ArrayBuffer>> {
  const oneHot = await store.array(key);
  const [examples = 0, length = 0] = oneHot.shape;
  const rows = Math.min(examples, wanted);
  const codes = new Uint8Array(rows * length);
  const block = Math.max(1, Math.floor(BLOCK / Math.max(1, length)));
  for (let from = 0; from < rows; from += block) {
    codes.set(lettersOf(await oneHot.read(from, Math.min(rows, from + block))), from * length);
  }
  return codes;
}

/** One-hot values, four per position, → 0–3 for A, C, G, T where exactly one base is there, 4 elsewhere. */
export function lettersOf(oneHot: Float32Array | Float64Array): Uint8Array {
  const codes = new Uint8Array(oneHot.length / 4);
  for (let position = 0; position < codes.length; position++) {
    const base = oneHot.subarray(4 * position, 4 * position + 4).indexOf(1);
    codes[position] = base < 0 ? NO_LETTER : base;
  }
  return codes;
}
