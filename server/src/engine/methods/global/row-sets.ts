/** Sets of examples as bits, so that who meets several conditions is a handful of operations. */
export type RowSet = Uint32Array;

export function rowSet(count: number, has: (row: number) => boolean): RowSet {
  const set = new Uint32Array(Math.ceil(count / 32));
  for (let row = 0; row < count; row++) if (has(row)) set[row >>> 5]! |= 1 << (row & 31);
  return set;
}

export const both = (a: RowSet, b: RowSet): RowSet => a.map((word, i) => word & b[i]!);

export const without = (a: RowSet, b: RowSet): RowSet => a.map((word, i) => word & ~b[i]!);

export const sizeOf = (set: RowSet): number => set.reduce((sum, word) => sum + ones(word), 0);

/** Rows in both sets, without making their set. */
export function sharedBy(a: RowSet, b: RowSet): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) count += ones(a[i]! & b[i]!);
  return count;
}

/** Bits that are 1, counted in pairs, fours and bytes. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
