/**
 * The result store: `.xome/` in a folder, where every result lies under the key of what it was computed from.
 *
 *     .xome/results/<key>/array.npy, other arrays, rows.tsv, done (the ledger), meta.json (makes it complete)
 *     .xome/names/<experiment>/<declaration>.json   the current key of a declaration
 *     .xome/files/<hash of path>.json               remembered content hashes
 *     .xome/locks/<key>.<claim>.claim               who works on a key at the moment
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse, relative, resolve, sep } from 'node:path';
import * as z from 'zod';
import { readIfPresent, readRecord, writeAtomically } from './atomic.js';
import { explainWriteError, StoreError, systemCode } from './error.js';
import { acquireLock, tryLock } from './lock.js';
import { ArrayReader } from './npy.js';
import type { RowTable } from './result.js';
import { ResultMeta } from './result.js';
import { decodeCell, decodeRows, encodeCell } from './rows.js';
import type { ResultLayout } from './writer.js';
import { ResultWriter } from './writer.js';

const FOLDER = '.xome';
const KEY = /^[0-9a-f]{64}$/;

/** A file changed this shortly ago may change again without a new time stamp: its hash is not remembered. */
const SETTLED_MS = 2000;

const NameEntry = z.object({
  key: z.string(),
  inputs: z.array(z.string()),
  /** The last key that had a result, while the present one has none. */
  earlier: z.string().optional(),
});
const FileEntry = z.object({ path: z.string(), size: z.number(), modified: z.string(), hash: z.string() });

export class ResultStore {
  private constructor(
    /** The folder that holds `.xome`. */
    readonly folder: string,
  ) {}

  /** Opens the store of a folder; creates it when there is none. It tells git to ignore it. */
  static async open(folder: string): Promise<ResultStore> {
    const store = new ResultStore(resolve(folder));
    for (const part of ['results', 'names', 'files', 'locks']) {
      const path = join(store.folder, FOLDER, part);
      await mkdir(path, { recursive: true }).catch((error: unknown) => {
        throw explainWriteError(error, path);
      });
    }
    const ignore = join(store.folder, FOLDER, '.gitignore');
    if ((await readIfPresent(ignore)) === undefined) await writeAtomically(ignore, '*\n');
    return store;
  }

  /** The store of a folder; undefined when it has none. Creates nothing. */
  static async find(folder: string): Promise<ResultStore | undefined> {
    return (await exists(join(resolve(folder), FOLDER, 'results'))) ? ResultStore.open(folder) : undefined;
  }

  /**
   * The folder whose store an experiment uses: the nearest ancestor that has one, else the experiment's own.
   *
   * @param workspace a folder around the experiment that is not left, and has the store where there is none yet
   */
  static async locate(experimentFile: string, workspace?: string): Promise<string> {
    const own = dirname(resolve(experimentFile));
    const last = workspace === undefined ? parse(own).root : resolve(workspace);
    for (let folder = own; ; folder = dirname(folder)) {
      if (await exists(join(folder, FOLDER, 'results'))) return folder;
      if (folder === last || folder === parse(folder).root) return workspace === undefined ? own : last;
    }
  }

  /** Absolute path of a stored array. */
  path(key: string, array = 'array'): string {
    return join(this.result(key), `${array}.npy`);
  }

  /** The metadata of a complete result; undefined when there is none, or of another version of the format. */
  meta(key: string): Promise<ResultMeta | undefined> {
    return readRecord(join(this.result(key), 'meta.json'), ResultMeta);
  }

  /**
   * Takes the lock of a key, to compute its result or to go on with it. Waits while another process has it.
   *
   * @returns 'complete' when there is nothing left to do
   * @throws the signal's reason when it is aborted while waiting
   */
  async begin(key: string, layout: ResultLayout, signal?: AbortSignal): Promise<ResultWriter | 'complete'> {
    if (await this.meta(key)) return 'complete';
    const lock = await acquireLock(this.part('locks'), key, signal);
    try {
      if (!(await this.meta(key))) return await ResultWriter.open(this.result(key), key, layout, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
    await lock.release();
    return 'complete';
  }

  /**
   * One array of a result, also of one that is not complete.
   *
   * @throws StoreError when there is no such array
   */
  array(key: string, name = 'array'): Promise<ArrayReader> {
    return ArrayReader.open(this.path(key, name));
  }

  /**
   * The row names of a result.
   *
   * @param maximum how many of the first rows are wanted
   * @throws StoreError when it has none
   */
  async rows(key: string, maximum = Infinity): Promise<RowTable> {
    const path = join(this.result(key), 'rows.tsv');
    const text = await readIfPresent(path);
    if (text === undefined) {
      throw new StoreError('store/missing', `There are no row names at ${path}.`, path, 'Run the experiment again.');
    }
    return decodeRows(text, maximum);
  }

  /**
   * Where rows stand in a result. Its row names are read as a stream, as far as needed: there may be millions.
   *
   * @param names of the first column
   * @returns row numbers, from 0, of those names that it has; where a name stands twice, the first
   * @throws the system's error when they cannot be read
   */
  async places(key: string, names: Iterable<string>): Promise<Map<string, number>> {
    const wanted = new Map([...names].map(name => [encodeCell(name), name]));
    const found = new Map<string, number>();
    await this.eachRow(key, (line, row) => {
      const cell = line.split('\t', 1)[0] ?? '';
      const name = wanted.get(cell);
      if (name === undefined) return true;
      found.set(name, row);
      wanted.delete(cell);
      return wanted.size > 0;
    });
    return found;
  }

  /**
   * The rows of a result whose last cells are these.
   *
   * @returns their names by row number, from 0
   * @throws the system's error when they cannot be read
   */
  async rowsEnding(key: string, cells: readonly string[]): Promise<Map<number, string>> {
    const end = cells.map(cell => `\t${encodeCell(cell)}`).join('');
    const found = new Map<number, string>();
    await this.eachRow(key, (line, row) => {
      if (line.endsWith(end)) found.set(row, decodeCell(line.split('\t', 1)[0] ?? ''));
      return true;
    });
    return found;
  }

  /** @param visit is given the lines behind the one that names the columns, until it is false */
  private async eachRow(key: string, visit: (line: string, row: number) => boolean): Promise<void> {
    let row = -1;
    let rest = '';
    for await (const text of createReadStream(join(this.result(key), 'rows.tsv'), 'utf8')) {
      const lines = (rest + String(text)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (++row > 0 && !visit(line, row - 1)) return;
    }
  }

  /**
   * Points a declaration of an experiment to its current key.
   *
   * @param inputs keys of unnamed results that it is computed from: they are kept as long as the name is
   */
  async name(file: string, declaration: string, key: string, inputs: readonly string[] = []): Promise<void> {
    const path = this.namePath(file, declaration);
    await mkdir(dirname(path), { recursive: true });
    const last = await this.lastComplete(file, declaration);
    const earlier = last === key ? undefined : last;
    await writeAtomically(path, JSON.stringify({ key, inputs, earlier }));
  }

  /** The current key of a declaration; its result need not be complete. */
  async named(file: string, declaration: string): Promise<string | undefined> {
    return (await readRecord(this.namePath(file, declaration), NameEntry))?.key;
  }

  /** The current key of a declaration when it has a result, else the last one that had: a run may not have come that far. */
  async lastComplete(file: string, declaration: string): Promise<string | undefined> {
    const entry = await readRecord(this.namePath(file, declaration), NameEntry);
    for (const key of [entry?.key, entry?.earlier])
      if (key !== undefined && KEY.test(key) && (await this.meta(key))) return key;
    return undefined;
  }

  /** Forgets the names of an experiment's declarations that are not among these. */
  async keepNames(file: string, declarations: ReadonlySet<string>): Promise<void> {
    const folder = dirname(this.namePath(file, 'any'));
    for (const entry of await list(folder)) {
      if (entry.endsWith('.json') && !declarations.has(entry.slice(0, -5)))
        await rm(join(folder, entry), { force: true });
    }
  }

  /** SHA-256 of a file's content as hexadecimal digits, remembered by path, size and time of change. */
  async hashFile(path: string): Promise<string> {
    const file = resolve(path);
    const { size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    const state = { path: file, size: Number(size), modified: `${mtimeNs} ${ctimeNs}` };
    const memory = join(this.part('files'), `${createHash('sha256').update(file).digest('hex')}.json`);
    const known = await readRecord(memory, FileEntry);
    if (known?.size === state.size && known.modified === state.modified) return known.hash;
    const digest = createHash('sha256');
    for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
    const hash = digest.digest('hex');
    if (Date.now() - Number(ctimeNs / 1_000_000n) > SETTLED_MS) {
      // What cannot be remembered, as in a store of somebody else, is read again.
      await writeAtomically(memory, JSON.stringify({ ...state, hash })).catch(() => undefined);
    }
    return hash;
  }

  /**
   * Removes the results that no experiment points to, directly or through what its results were computed from, and
   * the names of experiments that are gone. Leaves alone what some process works on.
   *
   * @returns how many results went, and their size
   */
  async collect(): Promise<{ removed: number; bytes: number }> {
    const kept = await this.reachable();
    let removed = 0;
    let bytes = 0;
    for (const key of await list(this.part('results'))) {
      if (!KEY.test(key) || kept.has(key)) continue;
      const lock = await tryLock(this.part('locks'), key);
      if (!lock) continue;
      try {
        bytes += await folderSize(this.result(key));
        await rm(this.result(key), { recursive: true, force: true });
        removed += 1;
      } finally {
        await lock.release();
      }
    }
    return { removed, bytes };
  }

  /** Keys that a name leads to. */
  private async reachable(): Promise<Set<string>> {
    const pending: string[] = [];
    for (const entry of await list(this.part('names'), true)) {
      if (!entry.endsWith('.json')) continue;
      const path = join(this.part('names'), entry);
      if (!(await exists(this.experimentOf(dirname(entry))))) {
        await rm(path, { force: true });
        continue;
      }
      const name = await readRecord(path, NameEntry);
      if (!name) continue;
      pending.push(name.key, ...name.inputs);
      if (name.earlier !== undefined && !(await this.meta(name.key))) pending.push(name.earlier);
    }
    const reached = new Set<string>();
    for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
      if (reached.has(key)) continue;
      reached.add(key);
      pending.push(...keysIn((await this.meta(key))?.task));
    }
    return reached;
  }

  private part(name: 'results' | 'names' | 'files' | 'locks'): string {
    return join(this.folder, FOLDER, name);
  }

  private result(key: string): string {
    if (!KEY.test(key)) throw new StoreError('store/key', `"${key}" is not a key: 64 hexadecimal digits.`, this.folder);
    return join(this.part('results'), key);
  }

  /** Experiments outside the store's folder go by their whole path, which cannot collide with one inside. */
  private namePath(file: string, declaration: string): string {
    const inside = relative(this.folder, resolve(file));
    const outside = inside.startsWith('..') || isAbsolute(inside);
    const folder = outside ? join('%', encodeURIComponent(resolve(file))) : inside;
    return join(this.part('names'), folder, `${declaration}.json`);
  }

  private experimentOf(folder: string): string {
    const [first, second] = folder.split(sep);
    return first === '%' && second !== undefined ? decodeURIComponent(second) : join(this.folder, folder);
  }
}

/** Every string in a task that is a key. */
function keysIn(value: unknown): string[] {
  if (typeof value === 'string') return KEY.test(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(keysIn);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The names in a folder; none when the folder does not exist. */
async function list(folder: string, recursive = false): Promise<string[]> {
  try {
    return await readdir(folder, { recursive });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Sum of the sizes of the files in a folder, in bytes. */
async function folderSize(folder: string): Promise<number> {
  const sizes = await Promise.all((await list(folder)).map(async name => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
