/**
 * Safetensors: the length of a header, the header as JSON, and the tensors one behind another.
 * Source: README of huggingface/safetensors 0.7, "Format".
 */
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { readRange } from '../../data/range.js';
import { Failure } from '../../failure.js';
import { sizeOf, stridesOf } from '../../graph/graph.js';
import { isRecord } from '../keras/architecture.js';
import { ELEMENTS, type ElementName } from './elements.js';
import type { StoredTensor, TensorFile } from './tensors.js';

const TYPES: Readonly<Record<string, ElementName>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  F8_E4M3: 'float8_e4m3fn',
  F8_E5M2: 'float8_e5m2',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
};

/** Bytes of the header, as the reference implementation bounds it. */
const LARGEST_HEADER = 100_000_000;

/** Whether a file begins like one: a header of a length that can be, which begins with a brace. */
export function isSafetensors(head: Buffer): boolean {
  return head.length > 8 && head.readBigUInt64LE() <= LARGEST_HEADER && head[8] === 0x7b;
}

/** @throws Failure `model/damaged-safetensors` */
export async function safeTensors(file: FileHandle, path: string): Promise<TensorFile> {
  const name = basename(path);
  const damaged = (found: string): Failure =>
    new Failure('model/damaged-safetensors', `the file is damaged or cut off: ${found}`, {
      place: name,
      remedy: 'Copy or write the file again.',
    });
  const read = (position: number, length: number): Promise<Buffer> => readRange(file, position, length, damaged);
  const { size } = await file.stat();
  const length = Number((await read(0, 8)).readBigUInt64LE());
  if (length > LARGEST_HEADER) throw damaged(`its header would have ${length} bytes`);
  const header = parsed((await read(8, length)).toString('utf8'));
  if (!isRecord(header)) throw damaged('its header is not a JSON object');
  const begin = 8 + length;
  const tensors = Object.entries(header)
    .filter(([tensor]) => tensor !== '__metadata__')
    .map(([tensor, value]): StoredTensor => {
      const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
      const element = typeof dtype === 'string' && Object.hasOwn(TYPES, dtype) ? TYPES[dtype] : undefined;
      if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2)
        throw damaged(`the header does not say where ${tensor.slice(0, 80)} lies`);
      if (element === undefined)
        throw new Failure('model/weights', `the tensor ${tensor} is of type ${JSON.stringify(dtype)}`, {
          place: name,
          remedy: `Convert it; known are ${Object.keys(TYPES).join(', ')}.`,
        });
      const [from, to] = offsets as [number, number];
      const bytes = sizeOf(shape) * ELEMENTS[element].bytes;
      if (to - from !== bytes || begin + to > size)
        throw damaged(`${tensor.slice(0, 80)} of ${bytes} bytes should lie at ${from} to ${to} of ${size - begin}`);
      const storage = {
        bytes,
        little: true,
        read: (first: number, last: number) => read(begin + from + first, last - first),
      };
      return { name: tensor, element, shape, offset: 0, strides: stridesOf(shape), storage };
    });
  return { name, format: 'safetensors', ordered: false, tensors };
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(count => Number.isSafeInteger(count) && count >= 0);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
