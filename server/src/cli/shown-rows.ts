/** The numbers of a result with named rows, as far as they fit into a terminal: the list of rules, the strongest features. */
import { isMap } from '../catalog/index.js';
import { quantity } from '../protocol.js';
import type { ResultMeta } from '../store/result.js';
import type { ResultStore } from '../store/store.js';
import { alignColumns } from './terminal.js';

const MOST_ROWS = 20;
/** Fields of a row that fit side by side. */
const MOST_FIELDS = 8;
/** Numbers that are read to find the strongest. */
const MOST_NUMBERS = 1_000_000;

/** Lines to print; none for maps of the input, and for what has no one number or named fields for each row. */
export async function shownRows(meta: ResultMeta, store: ResultStore): Promise<string[]> {
  const [row, field, ...others] = meta.arrays.find(({ name }) => name === 'array')?.axes ?? [];
  const fields = field?.labels ?? [];
  const fits = field === undefined || (fields.length > 0 && fields.length <= MOST_FIELDS);
  const numbers = meta.rows * (field?.size ?? 1);
  if (row === undefined || meta.map === undefined || isMap(meta.map) || !fits) return [];
  if (row.name === 'example' && field === undefined) return [];
  if (others.length > 0 || numbers > MOST_NUMBERS) return [];
  const values = await (await store.array(meta.key)).read();
  const names = (await store.rows(meta.key)).rows.map(([name]) => name ?? '');
  const indices = [...names.keys()];
  // One number for each row is ranked; what has fields stands in an order that means something.
  if (field === undefined) indices.sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!));
  const width = field?.size ?? 1;
  const head = field === undefined ? [] : [[row.name, ...fields]];
  const lines = indices
    .slice(0, MOST_ROWS)
    .map(index => [
      names[index]!,
      ...Array.from({ length: width }, (_, i) => quantity(values[index * width + i]!, 'logit')),
    ]);
  const right = [false, ...Array.from({ length: width }, () => true)];
  const left = indices.length - lines.length;
  return [...alignColumns([...head, ...lines], right), ...(left > 0 ? [`… and ${quantity(left, 'count')} more`] : [])];
}
