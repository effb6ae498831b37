/**
 * Writes one result, block by block, so that a killed run goes on where it stopped. The ledger `done` holds the layout
 * in its first line, then one line per finished block, each appended after the block's rows are on the disk.
 */
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { readIfPresent, writeAtomically } from './atomic.js';
import { explainWriteError, StoreError, systemCode } from './error.js';
import type { Lock } from './lock.js';
import type { NpyHeader } from './npy.js';
import { encodeHeader, fileSize, rowSize, writeFully } from './npy.js';
import type { ArrayLayout, RowTable } from './result.js';
import { ResultMeta } from './result.js';
import { encodeRows } from './rows.js';

/** Any JSON value without null. */
export type Json = string | number | boolean | Json[] | { [key: string]: Json };

/** What a result will hold: its arrays, and how many rows are worked on at a time. */
export interface ResultLayout {
  readonly arrays: readonly ArrayLayout[];
  /** Rows of the result (examples); an array that is not about rows may have another first axis. */
  readonly rows: number;
  readonly blockRows: number;
}

/** The metadata that only the writer's user knows; the store adds the rest. */
export type ResultFacts = Omit<ResultMeta, 'format' | 'key' | 'arrays' | 'rows' | 'created'>;

const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.array(json), z.record(z.string(), json)]),
);
const Line = z.object({ block: z.number().int(), info: json });

interface OpenArray {
  readonly header: NpyHeader;
  readonly file: FileHandle;
  /** Written since the last flush. */
  dirty: boolean;
}

export class ResultWriter {
  private constructor(
    private readonly folder: string,
    private readonly key: string,
    private readonly layout: ResultLayout,
    private readonly lock: Lock,
    private readonly arrays: ReadonlyMap<string, OpenArray>,
    private readonly ledger: FileHandle,
    /** Blocks finished before now, by this or an earlier process, with the `info` that they were finished with. */
    readonly finished: ReadonlyMap<number, Json>,
  ) {}

  /** Goes on with what is in the folder when it was begun with the same layout, else starts over. For the store only. */
  static async open(folder: string, key: string, layout: ResultLayout, lock: Lock): Promise<ResultWriter> {
    const headers = layout.arrays.map(array => {
      const shape = array.axes.map(axis => axis.size);
      return { name: array.name, type: array.type, shape, offset: encodeHeader(array.type, shape).length };
    });
    const finished = await readLedger(folder, layout, headers);
    if (!finished) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      for (const header of headers) await createArray(arrayPath(folder, header.name), header);
      // Last, because a ledger says that the arrays are there.
      await writeAtomically(join(folder, 'done'), `${JSON.stringify({ layout })}\n`);
    }
    const arrays = new Map<string, OpenArray>();
    for (const header of headers) {
      arrays.set(header.name, { header, file: await open(arrayPath(folder, header.name), 'r+'), dirty: false });
    }
    const ledger = await open(join(folder, 'done'), 'a');
    return new ResultWriter(folder, key, layout, lock, arrays, ledger, finished ?? new Map<number, Json>());
  }

  /**
   * Writes whole rows of an array.
   *
   * @param row first row, from 0
   * @param data C order, a multiple of the row's size, of the array's type
   * @throws StoreError when array, type or size do not fit the layout, or the disk is full
   */
  async write(array: string, row: number, data: Float32Array | Float64Array): Promise<void> {
    const place = arrayPath(this.folder, array);
    const target = this.arrays.get(array);
    if (!target) throw new StoreError('store/layout', `The result has no array called "${array}".`, place);
    const { header, file } = target;
    const type = data instanceof Float32Array ? 'float32' : 'float64';
    const size = rowSize(header.shape);
    const rows = size === 0 ? 0 : data.length / size;
    if (type !== header.type || !Number.isInteger(rows) || row < 0 || row + rows > (header.shape[0] ?? 0)) {
      throw new StoreError(
        'store/layout',
        `${data.length} ${type} values from row ${row} do not fit array "${array}" (${header.type}, shape ${header.shape.join(' × ')}).`,
        place,
      );
    }
    target.dirty = true;
    try {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      await writeFully(file, bytes, header.offset + row * size * data.BYTES_PER_ELEMENT);
    } catch (error) {
      throw explainWriteError(error, place);
    }
  }

  /**
   * Makes a block permanent: flushes its rows, then notes it in the ledger.
   *
   * @param info whatever the step wants back in `finished` when it goes on
   */
  async finishBlock(block: number, info: Json): Promise<void> {
    if (!(await this.lock.held())) {
      throw new StoreError(
        'store/lock-lost',
        `Another process has taken over ${this.folder}, because this one was silent for minutes.`,
        this.folder,
        'Run again: the finished blocks are kept.',
      );
    }
    try {
      await this.flush();
      await this.ledger.appendFile(`${JSON.stringify({ block, info })}\n`);
      await this.ledger.sync();
    } catch (error) {
      throw explainWriteError(error, this.folder);
    }
  }

  async writeRows(table: RowTable): Promise<void> {
    await writeAtomically(join(this.folder, 'rows.tsv'), encodeRows(table));
  }

  /** Declares the result complete and gives up the lock. */
  async complete(facts: ResultFacts): Promise<void> {
    const meta: ResultMeta = {
      format: 1,
      key: this.key,
      ...facts,
      arrays: [...this.layout.arrays],
      rows: this.layout.rows,
      created: new Date().toISOString(),
    };
    await this.flush();
    await writeAtomically(join(this.folder, 'meta.json'), JSON.stringify(ResultMeta.parse(meta), undefined, 2));
    await this.release();
  }

  /** Gives up the lock; finished blocks stay for the next `begin`. May be called twice. */
  async release(): Promise<void> {
    await Promise.all([...this.arrays.values()].map(array => array.file.close()));
    await this.ledger.close();
    await this.lock.release();
  }

  private async flush(): Promise<void> {
    for (const array of this.arrays.values()) {
      if (!array.dirty) continue;
      await array.file.datasync();
      array.dirty = false;
    }
  }
}

function arrayPath(folder: string, name: string): string {
  return join(folder, `${name}.npy`);
}

/** An array of zeros; the file system keeps the part that is not written yet as a hole. */
async function createArray(path: string, header: NpyHeader): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await writeFully(file, encodeHeader(header.type, header.shape), 0);
    await file.truncate(fileSize(header));
    await file.sync();
  } catch (error) {
    throw explainWriteError(error, path);
  } finally {
    await file.close();
  }
}

/**
 * The finished blocks of a result begun with this layout, or undefined when there is none to go on with. What a crash
 * left unreadable at the end is cut off, so that the next line begins a line; its blocks are computed again.
 */
async function readLedger(
  folder: string,
  layout: ResultLayout,
  headers: readonly (NpyHeader & { name: string })[],
): Promise<Map<number, Json> | undefined> {
  const path = join(folder, 'done');
  const text = await readIfPresent(path);
  const opening = `${JSON.stringify({ layout })}\n`;
  if (!text?.startsWith(opening)) return undefined;
  for (const header of headers) {
    if ((await sizeOf(arrayPath(folder, header.name))) !== fileSize(header)) return undefined;
  }
  const finished = new Map<number, Json>();
  let end = opening.length;
  for (let next = text.indexOf('\n', end); next >= 0; next = text.indexOf('\n', end)) {
    const entry = readLine(text.slice(end, next));
    if (!entry) break;
    finished.set(entry.block, entry.info);
    end = next + 1;
  }
  if (end < text.length) await truncate(path, Buffer.byteLength(text.slice(0, end)));
  return finished;
}

function readLine(line: string): z.infer<typeof Line> | undefined {
  try {
    return Line.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return -1;
    throw error;
  }
}
