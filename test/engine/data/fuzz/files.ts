/** Whole files to be damaged, made on the spot or kept beside the tests. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import h5wasm from 'h5wasm/node';
import type { Call, Json } from '../../../../server/src/protocol.js';
import { encodeHeader } from '../../../../server/src/store/npy.js';
import { call } from '../../methods/workbench.js';

export type Files = Readonly<Record<string, Buffer>>;

/** A source of the catalog and the files of one example of it. */
export interface Reader {
  readonly name: string;
  /** By their paths in a folder. */
  readonly files: () => Files;
  /** How a file is packed once it is damaged. */
  readonly pack?: (path: string, bytes: Buffer) => Buffer;
  readonly call: (hash: (name: string) => string) => Call;
}

export const source = (name: string, given: Readonly<Record<string, Json>>): Call => call('source', name, given);
export const text = (value: string): Buffer => Buffer.from(value);

/** Files that tests of a reader keep beside them. */
export const kept = (folder: string, ...names: string[]): Record<string, Buffer> =>
  Object.fromEntries(names.map(name => [name, readFileSync(join(import.meta.dirname, '..', folder, name))]));

/** A 2bit file with a run of N. */
export function twoBit(): Buffer {
  const word = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);
  const head = Buffer.concat([word(0x1a412743, 0, 1, 0), Buffer.from([4]), text('chr1'), word(25)]);
  return Buffer.concat([head, word(64, 1, 10, 4, 1, 0, 64, 0), Buffer.alloc(16, 0b00011011)]);
}

export function npy(shape: readonly number[], values: readonly number[]): Buffer {
  return Buffer.concat([encodeHeader('float32', shape), Buffer.from(Float32Array.from(values).buffer)]);
}

/** Two sequences of five bases. */
export const ONE_HOT = Array.from({ length: 2 * 5 * 4 }, (_, at) => Number(at % 4 === (at >> 2) % 4));

export type Group = InstanceType<typeof h5wasm.Group>;

export function hdf5(fill: (file: InstanceType<typeof h5wasm.File>) => void): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  try {
    const path = join(folder, 'made.h5');
    const file = new h5wasm.File(path, 'w');
    fill(file);
    file.close();
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const integers = (into: Group, name: string, data: number[]) =>
  into.create_dataset({ name, data: Int32Array.from(data), shape: [data.length], dtype: '<i' });
export const texts = (into: Group, name: string, data: string[]) =>
  into.create_dataset({ name, data, shape: [data.length] });

/** Blocks of bgzip of so many bytes of text, and the empty one at the end; where each begins in the file and in the text. */
export function bgzip(bytes: Buffer, size = 1 << 15): { readonly packed: Buffer; readonly begins: [number, number][] } {
  const block = (content: Buffer): Buffer => {
    const packed = deflateRawSync(content);
    const [head, tail] = [Buffer.from('1f8b08040000000000ff0600424302000000', 'hex'), Buffer.alloc(8)];
    head.writeUInt16LE((head.length + packed.length + tail.length - 1) & 0xffff, 16);
    tail.writeUInt32LE(crc32(content), 0);
    tail.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, packed, tail]);
  };
  const blocks: Buffer[] = [];
  const begins: [number, number][] = [];
  for (let at = 0, from = 0; at < bytes.length; from += blocks.at(-1)!.length, at += size) {
    begins.push([from, at]);
    blocks.push(block(bytes.subarray(at, at + size)));
  }
  return { packed: Buffer.concat([...blocks, block(Buffer.alloc(0))]), begins };
}
