/** Keys: what a result is computed from, as one SHA-256. */
import { createHash } from 'node:crypto';
import type { ExecutorOptions, Task } from '../protocol.js';

/** What decides the numbers of a result. The task holds keys of inputs and hashes of files, no names. */
export interface KeyMaterial {
  readonly task: Task;
  /** Revision of every catalog entry that takes part, by `category name`. */
  readonly revisions: ReadonlyMap<string, number>;
  /** Given for steps that run a model. */
  readonly backend?: ExecutorOptions['backend'];
}

/** The default backend leaves no trace, so that results do not depend on whether it was named. */
const DEFAULT_BACKEND = 'onnxruntime';

/** The key of a step's result: 64 hexadecimal digits. */
export function keyOf({ task, revisions, backend }: KeyMaterial): string {
  const material = {
    step: task.kind,
    task,
    revisions: Object.fromEntries(revisions),
    ...(backend !== undefined && backend !== DEFAULT_BACKEND && { backend }),
  };
  return createHash('sha256').update(canonicalJson(material)).digest('hex');
}

/** JSON without spaces, the members of every object in the order of their names. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}
