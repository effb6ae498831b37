/** Stored seqlets, and members of stored patterns, as stretches of examples. */
import type { ResultStore } from '../../store/store.js';
import { metaOf } from '../steps/results.js';
import { MEMBER_FIELDS } from './cluster-seqlets.js';
import { SEQLET_FIELDS } from './cut-seqlets.js';

/** Positions `start` … `end − 1` of an example; those of a pattern may reach beyond its ends. */
export interface StoredStretch {
  readonly example: number;
  readonly start: number;
  readonly end: number;
  /** Sum of the position scores of the seqlet. */
  readonly score: number;
  /** Of a pattern's member: which pattern, how it lies, and how alike it is. */
  readonly member?: { readonly pattern: number; readonly minus: boolean; readonly similarity: number };
}

/** Seqlets as they were cut; of patterns, the span of the pattern at each member. */
export async function storedStretches(store: ResultStore, key: string): Promise<StoredStretch[]> {
  const isSeqlets = (await metaOf(store, key)).map === 'seqlet';
  const fields = isSeqlets ? SEQLET_FIELDS : MEMBER_FIELDS;
  const values = await (await store.array(key, isSeqlets ? 'array' : 'members')).read();
  const spans = isSeqlets ? [] : await (await store.array(key, 'span')).read();
  return Array.from({ length: values.length / fields.length }, (_, row) => {
    const at = (field: string): number => values[row * fields.length + fields.indexOf(field)]!;
    const [start, end] = [at('start'), at('end')];
    const cut = { example: at('example'), start, end, score: at('score') };
    if (isSeqlets) return cut;
    const pattern = at('pattern');
    const [from, to] = [spans[2 * pattern]!, spans[2 * pattern + 1]!];
    const minus = at('minus') === 1;
    const span = minus ? { start: end - to, end: end - from } : { start: start + from, end: start + to };
    return { ...cut, ...span, member: { pattern, minus, similarity: at('similarity') } };
  });
}
