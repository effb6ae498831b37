/** Where an export comes from: every result behind it with its parameters, the files that these were computed from, and its rows. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Call } from '../../protocol.js';
import type { ResultStore } from '../../store/store.js';
import type { Files } from '../data/source.js';

/** Names of rows that are listed; of more only their hash. */
const LISTED = 100_000;

export interface Provenance {
  /** Content hash → name of each file. */
  readonly inputs: Readonly<Record<string, string>>;
  /** By key: titles, tasks with all parameters, versions of what took part. */
  readonly results: Readonly<Record<string, object>>;
  /** By key, of the results that the export names: how many rows, their names in order, and the hash of the names, one a line. */
  readonly rows: Readonly<Record<string, object>>;
}

export async function provenanceOf(call: Call, store: ResultStore, files: Files): Promise<Provenance> {
  const results: Record<string, object> = {};
  const inputs: Record<string, string> = {};
  const visit = async (value: unknown): Promise<void> => {
    if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) await visit(part);
    if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value) || value in results) return;
    const file = files[value];
    if (file !== undefined) inputs[value] = basename(file);
    const meta = await store.meta(value);
    if (!meta) return;
    const { title, kind, task, versions, notes, created } = meta;
    results[value] = { title, kind, task, versions, notes, created };
    await visit(task);
  };
  await visit(call);
  const rows: Record<string, object> = {};
  for (const key of Object.keys(results))
    if (isNamed(key, call.parameters)) Object.assign(rows, await rowsOf(key, store));
  return { inputs, results, rows };
}

/** Whether a value is the key, or holds it. */
function isNamed(key: string, value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.values(value).some(part => isNamed(key, part))
    : value === key;
}

/** Nothing for results whose rows have no names: metrics and trainings. */
async function rowsOf(key: string, store: ResultStore): Promise<Record<string, object>> {
  const table = await store.rows(key).catch(() => undefined);
  if (table === undefined) return {};
  const names = table.rows.map(([name]) => name ?? '');
  const sha256 = createHash('sha256')
    .update(names.map(name => `${name}\n`).join(''))
    .digest('hex');
  return { [key]: { count: names.length, sha256, ...(names.length <= LISTED && { names }) } };
}
