/**
 * The arrays that the panel draws: the first rows of each data set and map, read from the store once per key. Arrays
 * that cannot be read are left out; the panel says so in their place.
 */
import { arrayNames, type DocumentView, type Snapshot, type ToPanel } from '../../../server/src/protocol.js';

/** Rows of a data set that the panel gets at most; where sequences are long the snapshot names fewer. */
export const MAXIMUM_ROWS = 10_000;

export type PanelArray = Extract<ToPanel, { type: 'view' }>['arrays'][number];

/** What is to be read of a store; part of a snapshot. */
export type Selection = Pick<Snapshot, 'data' | 'maps'> & { readonly tables?: Snapshot['tables'] };

/** Reads from the store in a folder: arrays by the names that the snapshot gives them. */
export type ReadArrays = (
  folder: string,
  selection: Selection,
  maximumRows: number,
) => Promise<ReadonlyMap<string, Float32Array | Uint8Array>>;

export class PanelArrays {
  private known = new Map<string, PanelArray>();

  constructor(private readonly read: ReadArrays) {}

  /** The arrays of a view. Those that its snapshot does not name any more are forgotten. */
  async of({ snapshot, store }: DocumentView): Promise<PanelArray[]> {
    if (!snapshot || store === undefined) return [];
    const { data, maps, tables } = snapshot;
    for (const set of data) {
      const missing = maps.filter(({ data: explained, scores }) => explained === set.key && !this.known.has(scores));
      const unread = set.letters !== undefined && !this.known.has(set.letters);
      if (missing.length > 0 || unread) await this.load(store, { data: [set], maps: missing });
    }
    const absent = tables.filter(({ values }) => !this.known.has(values));
    if (absent.length > 0) await this.load(store, { data: [], maps: [], tables: absent });
    const names = arrayNames(snapshot);
    this.known = new Map([...this.known].filter(([name]) => names.has(name)));
    return [...this.known.values()];
  }

  private async load(folder: string, selection: Selection): Promise<void> {
    try {
      for (const [name, values] of await this.read(folder, selection, MAXIMUM_ROWS)) {
        this.known.set(name, { name, type: values instanceof Uint8Array ? 'uint8' : 'float32', data: bytesOf(values) });
      }
    } catch {
      // Removed or damaged since the server looked: the panel names the array that it misses.
    }
  }
}

/** A buffer that holds these values and nothing else. */
function bytesOf(values: Float32Array | Uint8Array): ArrayBuffer {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice().buffer;
}

/** The view as the panel gets it: rows of data sets only as far as their arrays go. */
export function withRows(view: DocumentView, maximum: number): DocumentView {
  const { snapshot } = view;
  if (!snapshot) return view;
  const data = snapshot.data.map(one => ({
    ...one,
    names: one.names.slice(0, maximum),
    ...(one.labels && { labels: one.labels.slice(0, maximum) }),
  }));
  return { ...view, snapshot: { ...snapshot, data } };
}
