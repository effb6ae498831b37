/** What every step works with: the store, the files, the executor, and a way to report and to be stopped. */
import type { Task } from '../../protocol.js';
import type { ResultMeta } from '../../store/result.js';
import type { ResultStore } from '../../store/store.js';
import type { Executor } from '../backends/executor.js';
import type { Files } from '../data/source.js';

/** Thrown at the first checkpoint after a cancel request. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** What `run` asks for, with everything resolved. */
export interface StepContext {
  readonly key: string;
  readonly title: string;
  readonly store: ResultStore;
  readonly files: Files;
  readonly executor: Executor;
  readonly signal: AbortSignal;
  readonly versions: Readonly<Record<string, string>>;
  /** Examples done of all; `passes` counts model passes so far. */
  readonly progress: (done: number, total: number, passes?: number) => void;
  /** Lets messages through. @throws Cancelled */
  readonly checkpoint: () => Promise<void>;
}

/** The metadata that all kinds of step share. */
export function commonFacts(
  { title, versions }: StepContext,
  task: Task,
): Pick<ResultMeta, 'kind' | 'title' | 'task' | 'versions'> {
  return { kind: task.kind, title, task, versions: { ...versions } };
}
