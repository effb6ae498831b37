/** Histograms with equal bins. */

/** Borders of `bins` equal bins from `low` to `high`; a range without extent is widened around its value. */
export function equalBins(low: number, high: number, bins: number): number[] {
  const [from, to] = high > low ? [low, high] : [low - 0.5, low + 0.5];
  return Array.from({ length: bins + 1 }, (_, border) => from + ((to - from) * border) / bins);
}

/**
 * Counts values in equal bins; a value on a border counts above it, the last border belongs to the last bin.
 * NaN and values outside are not counted.
 */
export function countInBins(values: Float64Array, edges: readonly number[]): number[] {
  const bins = edges.length - 1;
  const low = edges[0]!;
  const high = edges[bins]!;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    if (!(value >= low && value <= high)) continue;
    let bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
    // The quotient may round across a border.
    if (value < edges[bin]!) bin--;
    else if (bin < bins - 1 && value >= edges[bin + 1]!) bin++;
    counts[bin]!++;
  }
  return counts;
}
