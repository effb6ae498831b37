/** Trees of named arrays with attributes, as HDF5 and Zarr hold them. */

/** Text, a list of texts, or a truth value. */
export type Attributes = Readonly<Record<string, string | readonly string[] | boolean>>;

interface Described {
  /** `group/name`; the groups need not be listed. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly attributes?: Attributes;
  /** Names of the axes, for formats that have a place for them. */
  readonly dimensions?: readonly string[];
}

export type TreeArray =
  | (Described & {
      readonly type: 'float32' | 'float64' | 'int32' | 'int8';
      /** The elements in C order, little-endian. */
      readonly parts: () => AsyncIterable<Uint8Array>;
    })
  | (Described & { readonly type: 'text'; readonly texts: readonly string[] });

export interface Tree {
  /** Attributes of groups by path; that of the root is empty. */
  readonly groups: Readonly<Record<string, Attributes>>;
  readonly arrays: readonly TreeArray[];
}

/** Every group with its attributes, the ones around others first. */
export function groupsOf({ groups, arrays }: Tree): ReadonlyMap<string, Attributes> {
  const found = new Map<string, Attributes>([['', groups[''] ?? {}]]);
  const enter = (path: string): void => {
    if (found.has(path)) return;
    enter(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    found.set(path, groups[path] ?? {});
  };
  Object.keys(groups).forEach(enter);
  for (const { path } of arrays) enter(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
  return found;
}

/** An array in memory. */
export function numbers(
  path: string,
  values: Float32Array | Float64Array | Int32Array,
  attributes?: Attributes,
): TreeArray {
  const type = values instanceof Float32Array ? 'float32' : values instanceof Float64Array ? 'float64' : 'int32';
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { path, type, shape: [values.length], ...(attributes && { attributes }), parts: () => once(bytes) };
}

/** A list of texts. */
export function words(path: string, texts: readonly string[], attributes?: Attributes): TreeArray {
  return { path, type: 'text', shape: [texts.length], texts, ...(attributes && { attributes }) };
}

/** One part that is at hand. */
export async function* once<Part>(part: Part): AsyncGenerator<Part> {
  yield part;
}
