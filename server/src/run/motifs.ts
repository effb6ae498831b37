/** What a view draws of motifs: which arrays hold their letters, and what is known of each. */
import type { Snapshot } from '../protocol.js';
import type { ResultMeta } from '../store/result.js';
import type { ResultStore } from '../store/store.js';

type Motifs = NonNullable<Snapshot['tables'][number]['motifs']>;

/** The arrays that are drawn, in their order; all are [pattern, position, base]. */
const TRACKS = [
  { array: 'contributions', title: 'mean contributions', is: 'contributions' },
  { array: 'array', title: 'bases', is: 'probabilities' },
  { array: 'matched', title: 'known motif', is: 'probabilities' },
] as const;

/**
 * @param shown rows that are drawn
 * @returns undefined where the result holds no motifs
 */
export async function motifsOf(meta: ResultMeta, store: ResultStore, shown: number): Promise<Motifs | undefined> {
  const { key, arrays } = meta;
  const has = (name: string): boolean => arrays.some(array => array.name === name);
  if (meta.map !== 'pattern' || arrays[0]?.axes[2]?.name !== 'base') return undefined;
  const rowsOf = async (name: string) =>
    has(name) ? Array.from(await (await store.array(key, name)).read(0, shown)) : undefined;
  const [sites, spans] = [await rowsOf('sites'), await rowsOf('span')];
  const { columns, rows } = await store.rows(key, shown);
  const width = arrays[0].axes[1]!.size;
  return {
    tracks: TRACKS.filter(({ array }) => has(array)).map(track => ({
      ...track,
      name: track.array === 'array' ? `values/${key}` : `${track.array}/${key}`,
    })),
    rows: rows.map((cells, row) => {
      const cell = (column: string): string => cells[columns.indexOf(column)] ?? '';
      return {
        from: spans?.[2 * row] ?? 0,
        to: spans?.[2 * row + 1] ?? width,
        ...(sites && { sites: sites[row]! }),
        ...(cell('motif') !== '' && {
          match: { id: cell('motif'), name: cell('called'), q: Number(cell('q_value')), e: Number(cell('e_value')) },
        }),
      };
    }),
  };
}
