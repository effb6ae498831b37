/** Where a mutation reaches: windows over the positions of a value, by mutated position, through convolutions and pools. */
import type { Window } from '../../ops/window.js';

/** Where windows lie: `from[p]` for a mutation at position p, `width` elements; always inside the value. */
export interface Reach {
  readonly from: Int32Array;
  readonly width: number;
}

export const sameReach = (a: Reach, b: Reach): boolean =>
  a.width === b.width && a.from.every((start, position) => start === b.from[position]);

/** Windows of one width that cover first … last of every mutation and lie inside the value. */
function fit(first: ArrayLike<number>, last: ArrayLike<number>, extent: number): Reach {
  let width = 1;
  for (let p = 0; p < first.length; p++) width = Math.max(width, last[p]! - first[p]! + 1);
  width = Math.min(width, extent);
  return { width, from: Int32Array.from(first, start => Math.max(0, Math.min(start, extent - width))) };
}

/** Windows that cover both. */
export const union = (a: Reach, b: Reach, extent: number): Reach =>
  fit(
    a.from.map((start, p) => Math.min(start, b.from[p]!)),
    a.from.map((start, p) => Math.max(start + a.width, b.from[p]! + b.width) - 1),
    extent,
  );

/** The output positions whose windows see a reach. */
export function outputReach({ from, width }: Reach, window: Window): Reach {
  const [stride, dilation, begin] = [window.strides.at(-1)!, window.dilations.at(-1)!, window.begin.at(-1)!];
  const span = (window.kernel.at(-1)! - 1) * dilation;
  const extent = window.output.at(-1)!;
  return fit(
    from.map(start => Math.max(0, Math.ceil((start + begin - span) / stride))),
    from.map(start => Math.min(extent - 1, Math.floor((start + width - 1 + begin) / stride))),
    extent,
  );
}

/** The input positions that the windows of a reach see. */
export function inputReach({ from, width }: Reach, window: Window): Reach {
  const [stride, dilation, begin] = [window.strides.at(-1)!, window.dilations.at(-1)!, window.begin.at(-1)!];
  const span = (width - 1) * stride + (window.kernel.at(-1)! - 1) * dilation;
  const first = from.map(start => start * stride - begin);
  return fit(
    first,
    first.map(start => start + span),
    window.input.at(-1)!,
  );
}
