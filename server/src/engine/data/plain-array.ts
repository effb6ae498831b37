/** Arrays of numbers or texts as files hold them, and what can be wrong with one. */
import { Failure } from '../failure.js';
import { halfPrecision } from '../graph/onnx.js';
import { sizeOf } from '../graph/graph.js';

export type Plain = number | bigint | string | boolean;

/** Numbers or texts, in C order. */
export interface PlainArray {
  readonly shape: readonly number[];
  readonly values: ArrayLike<Plain>;
}

/** The places `from` … `to − 1` of an axis. */
export type Range = readonly [from: number, to: number];

/** Elements of an array that is read at once. */
const MOST_ELEMENTS = 2 ** 29;
/** Elements of a chunk: libraries ask for the memory before they know whether the file has so many. */
const MOST_IN_CHUNK = 2 ** 27;

/**
 * The ranges of all axes, where those of the first ones are given.
 *
 * @throws Failure `data/too-large` where that is more than may be read at once, `data/damaged-array` for chunks beyond any use
 */
export function wholeRanges(
  { shape, chunks }: { readonly shape: readonly number[]; readonly chunks: readonly number[] | undefined },
  ranges: readonly Range[],
  place: string,
): Range[] {
  if (chunks && sizeOf(chunks) > MOST_IN_CHUNK)
    throw damaged(place, `its chunks have the shape [${chunks.join(', ')}]`);
  const whole = shape.map((extent, axis): Range => ranges[axis] ?? [0, extent]);
  const extents = extentsOf(whole);
  if (sizeOf(extents) <= MOST_ELEMENTS) return whole;
  throw new Failure('data/too-large', `the array of shape [${extents.join(', ')}] has too many elements`, {
    place,
    remedy: `At most ${MOST_ELEMENTS.toLocaleString('en')} are read: write fewer rows or columns.`,
  });
}

export const extentsOf = (ranges: readonly Range[]): number[] => ranges.map(([from, to]) => to - from);

/** Numbers of half precision by their bits. */
export function fromHalves(bits: ArrayLike<Plain>): Float32Array {
  return Float32Array.from(bits, value => halfPrecision(Number(value)));
}

export function noArray(place: string): Failure {
  return new Failure('data/no-array', 'there is no array of that name', {
    place,
    remedy: 'Check that the file was written completely.',
  });
}

export function otherType(place: string, found: string): Failure {
  return new Failure('data/type', `the array holds ${found}, expected numbers, truth values or text`, {
    place,
    remedy: 'Convert it before it is written, for example by `astype`.',
  });
}

export function damaged(place: string, error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return new Failure('data/damaged-array', `the array cannot be read: ${reason.slice(0, 200)}`, {
    place,
    remedy: 'Copy or write the file again; of compression, blosc, gzip, lz4, zlib and zstd are known.',
  });
}
