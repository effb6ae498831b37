/**
 * How an epoch is cut into batches: as few as the largest size allows, and as equal as can be. A short rest would weigh its examples
 * more than others, and batch normalisation would follow the statistics of a few.
 */

/** @returns sizes of the batches, which differ by one at most; their sum is `rows` */
export function batchSizes(rows: number, largest: number): number[] {
  const count = Math.ceil(rows / largest);
  return Array.from({ length: count }, (_, at) => Math.floor(rows / count) + Number(at < rows % count));
}
