/**
 * Exports read back before they get their names: what the readers of this program find in a file is compared with what was to be
 * written, element by element (arrays bit by bit), a few megabytes at a time.
 */
import { withHierarchy, type Hierarchy } from '../data/hierarchy.js';
import { linesOf } from '../data/lines.js';
import { openMember } from '../data/npy.js';
import { ZipFile } from '../data/zip-file.js';
import { Failure } from '../failure.js';
import { sizeOf } from '../graph/graph.js';
import type { Stretch } from './score-track.js';
import { once, type Tree, type TreeArray } from './tree.js';

/** Bytes of rows that are read at a time, unless one row has more: as many as a chunk of the Zarr stores that are written. */
const BYTES_AT_ONCE = 1 << 22;

const KINDS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, int8: Int8Array };

/** A cell of a table; a number is written so that its text reads as that float32 or float64 again. */
export type Cell = string | number;

type Elements = ArrayLike<number | string>;

const different = (message: string): Failure => new Failure('export/different', message);

/**
 * Two sequences of elements, cut anyhow.
 *
 * @param name of an element by its number, for messages
 * @throws Failure naming the first element that is another one, or is missing
 */
export async function requireSame(
  found: AsyncIterable<Elements>,
  expected: AsyncIterable<Elements>,
  name: (at: number) => string,
): Promise<void> {
  const parts = found[Symbol.asyncIterator]();
  let part: Elements = [];
  let [next, at] = [0, 0];
  /** @returns whether there is another element */
  const advance = async (): Promise<boolean> => {
    while (next >= part.length) {
      const step = await parts.next();
      if (step.done === true) return false;
      [part, next] = [step.value, 0];
    }
    return true;
  };
  try {
    for await (const wanted of expected)
      for (let from = 0; from < wanted.length;) {
        if (!(await advance())) throw different(`it ends before ${name(at)}`);
        for (const end = Math.min(wanted.length, from + part.length - next); from < end; from++, next++, at++)
          // NaN, of whichever bits, is the same as NaN.
          if (part[next] !== wanted[from] && !(Number.isNaN(part[next]) && Number.isNaN(wanted[from])))
            throw different(`${name(at)} is ${part[next]}, expected ${wanted[from]}`);
      }
    if (await advance()) throw different(`it goes on at ${name(at)}`);
  } finally {
    await parts.return?.();
  }
}

/** `name[1, 20]`: an element by its number in C order. */
function elementName(name: string, shape: readonly number[], at: number): string {
  const places = shape.map((extent, axis) => Math.floor(at / sizeOf(shape.slice(axis + 1))) % extent);
  return `${name}[${places.join(', ')}]`;
}

/**
 * The lines of a table of tab-separated text, behind those that are not compared.
 *
 * @throws Failure naming the first line that is another one, or is missing
 */
export async function requireLines(path: string, records: AsyncIterable<readonly Cell[]>, heads = 0): Promise<void> {
  const lines = linesOf(path);
  try {
    for (let head = 0; head < heads; head++) await lines.next();
    let number = heads;
    for await (const record of records) {
      number++;
      const { value } = (await lines.next()) as { value: { text: string } | undefined };
      if (value === undefined) throw different(`it ends before line ${number}`);
      const cells = value.text.split('\t');
      const wrong = record.findIndex((cell, at) => !isWritten(cell, cells[at]));
      if (wrong >= 0)
        throw different(
          `line ${number}, column ${wrong + 1} is ${cells[wrong] ?? 'missing'}, expected ${record[wrong]}`,
        );
      if (cells.length > record.length) throw different(`line ${number} has ${cells.length} columns`);
    }
    if (!(await lines.next()).done) throw different(`it goes on at line ${number + 1}`);
  } finally {
    await lines.return(undefined);
  }
}

function isWritten(cell: Cell, text: string | undefined): boolean {
  if (typeof cell === 'string' || text === undefined) return cell === text;
  const value = Number(text);
  return text !== '' && (value === cell || Math.fround(value) === cell || (Number.isNaN(value) && Number.isNaN(cell)));
}

/** Scores along the genome, however they are cut. @throws Failure naming the first base that differs */
export function requireTrack(found: AsyncIterable<Stretch>, expected: AsyncIterable<Stretch>): Promise<void> {
  return requireSame(placed(found), placed(expected), at => `${BASE[at % 3]} of base ${Math.floor(at / 3) + 1}`);
}

const BASE = ['the chromosome', 'the place', 'the score'];

/** Chromosome, place and score of each base. */
async function* placed(stretches: AsyncIterable<Stretch>): AsyncGenerator<readonly Cell[]> {
  for await (const { chromosome, start, values } of stretches)
    yield Array.from(values).flatMap((value, at): Cell[] => [chromosome, start + at, value]);
}

/** The tree in an HDF5 file or a zipped Zarr store. Attributes are not compared. @throws Failure */
export function requireTree(path: string, { arrays }: Tree): Promise<void> {
  return withHierarchy(path, async tree => {
    for (const array of arrays) {
      const { shape } = (await tree.node(array.path)) ?? {};
      requireShape(array.path, shape, array.shape);
      if (sizeOf(array.shape) === 0) continue;
      if (array.type === 'text') {
        const { values } = await tree.array(array.path);
        const texts = Array.from(values, String);
        await requireSame(once(texts), once(array.texts), at => elementName(array.path, array.shape, at));
      } else await requireBytes(array.path, array.shape, KINDS[array.type], rowsOf(tree, array), array.parts());
    }
  });
}

/** The bytes of an array as it is stored, some rows at a time. */
async function* rowsOf(tree: Hierarchy, { path, type, shape }: Exclude<TreeArray, { type: 'text' }>) {
  const [rows = 1, ...extents] = shape;
  const step = Math.max(1, Math.floor(BYTES_AT_ONCE / (sizeOf(extents) * KINDS[type].BYTES_PER_ELEMENT)));
  for (let from = 0; from < rows; from += step) {
    const { values } = await tree.array(path, [[from, Math.min(from + step, rows)]]);
    if (!(values instanceof KINDS[type])) throw different(`${path} holds other numbers than ${type}`);
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
}

/** The float32 array `arr_0` of an `.npz` archive. @throws Failure */
export async function requireNpz(
  path: string,
  shape: readonly number[],
  expected: AsyncIterable<Float32Array>,
): Promise<void> {
  const zip = await ZipFile.open(path);
  try {
    const member = zip.members.get('arr_0.npy');
    if (member === undefined) throw different('it has no array arr_0');
    const { header, bytes, shape: found } = await openMember(zip, member, path);
    requireShape('arr_0', found, shape);
    if (header.description !== '<f4' || header.fortranOrder) throw different(`arr_0 is of type ${header.description}`);
    await requireBytes('arr_0', shape, Float32Array, behind(bytes(), header.offset), rawBytes(expected));
  } finally {
    await zip.close();
  }
}

function requireShape(name: string, found: readonly number[] | undefined, expected: readonly number[]): void {
  if (found === undefined) throw different(`it has no array ${name}`);
  if (found.join() !== expected.join())
    throw different(`${name} has the shape [${found.join(', ')}], expected [${expected.join(', ')}]`);
}

function requireBytes(
  path: string,
  shape: readonly number[],
  { BYTES_PER_ELEMENT: width }: { BYTES_PER_ELEMENT: number },
  found: AsyncIterable<Uint8Array>,
  expected: AsyncIterable<Uint8Array>,
): Promise<void> {
  return requireSame(
    found,
    expected,
    at => `byte ${at % width} of ${elementName(path, shape, Math.floor(at / width))}`,
  );
}

/** What lies behind the first bytes. */
async function* behind(parts: AsyncIterable<Uint8Array>, skip: number): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    yield part.subarray(Math.min(skip, part.length));
    skip = Math.max(0, skip - part.length);
  }
}

async function* rawBytes(parts: AsyncIterable<Float32Array>): AsyncGenerator<Uint8Array> {
  for await (const part of parts) yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
}
