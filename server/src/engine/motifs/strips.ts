/**
 * The surroundings of seqlets, cut from maps and sequences, wide enough that a seqlet can be moved until it lies on a pattern.
 * Positions beyond the ends of an example are zeros in both.
 */

/** Where each seqlet's core begins, and in which example. */
export interface Site {
  readonly example: number;
  readonly start: number;
}

/** One strip for each seqlet, all of the same width. */
export interface Strips {
  /** [seqlet, position, base] */
  readonly hypothetical: Float32Array;
  /** One-hot, [seqlet, position, base]. */
  readonly letters: Float32Array;
  readonly count: number;
  /** Positions of a strip: `width + 2 · margin`. */
  readonly length: number;
  /** Positions of a pattern. */
  readonly width: number;
  /** How far a seqlet may be moved either way when it is laid on a pattern. */
  readonly furthest: number;
  /** Positions on either side of an unmoved pattern, so that a whole pattern can be moved with its seqlets: `2 · furthest`. */
  readonly margin: number;
  /** Where the seqlets were cut. */
  readonly sites: readonly Site[];
}

/** How a seqlet is read: moved by so many positions along its example, then as its reverse complement where it is turned. */
export interface Placement {
  readonly moved: number;
  readonly turned: boolean;
}

/**
 * @param read maps or sequences of one example, [position, base]
 * @param flank positions of a pattern on either side of the window
 */
export async function cutStrips(
  sites: readonly Site[],
  { length, window, flank }: { readonly length: number; readonly window: number; readonly flank: number },
  read: (example: number) => Promise<{ readonly hypothetical: Float32Array; readonly letters: Float32Array }>,
): Promise<Strips> {
  const width = window + 2 * flank;
  const furthest = Math.floor(window / 2) + flank;
  const margin = 2 * furthest;
  const positions = width + 2 * margin;
  const strips = {
    hypothetical: new Float32Array(sites.length * positions * 4),
    letters: new Float32Array(sites.length * positions * 4),
  };
  let held: { example: number; values: Awaited<ReturnType<typeof read>> } | undefined;
  for (const [seqlet, { example, start }] of sites.entries()) {
    if (held?.example !== example) held = { example, values: await read(example) };
    const first = start - flank - margin;
    const from = Math.max(0, first);
    const to = Math.min(length, first + positions);
    for (const array of ['hypothetical', 'letters'] as const)
      strips[array].set(held.values[array].subarray(4 * from, 4 * to), (seqlet * positions + from - first) * 4);
  }
  return { ...strips, count: sites.length, length: positions, width, furthest, margin, sites };
}

/** A seqlet's columns of a strip array as they lie under a pattern, [position, base]. */
export function placed(
  strips: Strips,
  array: Float32Array,
  seqlet: number,
  { moved, turned }: Placement,
): Float32Array {
  const from = (seqlet * strips.length + strips.margin + moved) * 4;
  const columns = array.slice(from, from + 4 * strips.width);
  return turned ? columns.reverse() : columns;
}
