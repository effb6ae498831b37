/** What every data source offers, and how it finds its files. */
import { open, type FileHandle } from 'node:fs/promises';
import type { DataDescription } from '../../protocol.js';
import { Failure } from '../failure.js';
import type { Examples } from './examples.js';

/** Absolute path by content hash, for every path parameter of a call. */
export type Files = Readonly<Record<string, string>>;

export interface Source<Parameters, Held extends Examples = Examples> {
  /** All examples. @throws Failure */
  read(parameters: Parameters, files: Files): Promise<Held>;
  /** Number and length of the examples, from as little as possible. @throws Failure */
  describe(parameters: Parameters, files: Files): Promise<DataDescription>;
}

/** The file that a path parameter, which holds a content hash, stands for. */
export function pathOf(hash: string, files: Files): string {
  const path = files[hash];
  if (path === undefined) {
    throw new Failure('data/no-file', `no file is known for the content hash ${hash.slice(0, 12)}…`, {
      remedy: 'The file was moved or changed since the run was planned: run the experiment again.',
    });
  }
  return path;
}

/** @throws Failure `data/unreadable` */
export async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The first 8 bytes of a file, by which formats are told; zeros where it is shorter. @throws Failure `<area>/unreadable` */
export async function firstBytes(path: string, area: 'data' | 'model' = 'data'): Promise<Buffer> {
  const head = Buffer.alloc(8);
  try {
    const file = await open(path);
    try {
      await file.read(head, 0, head.length, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, error, area);
  }
  return head;
}

/** The failure for a file that the system will not let us read; `area` is the first part of its code. */
export function unreadable(path: string, error: unknown, area: 'data' | 'model' = 'data'): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return new Failure(`${area}/unreadable`, `cannot read the file: ${reason}`, {
    place: path,
    remedy: 'Check that the file exists and may be read.',
  });
}
