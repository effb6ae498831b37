/** What steps read of each other's results. */
import { Task } from '../../protocol.js';
import type { ResultMeta } from '../../store/result.js';
import type { ResultStore } from '../../store/store.js';

/** The metadata of a result that a step needs; the run computes what is needed before it asks. */
export async function metaOf(store: ResultStore, key: string): Promise<ResultMeta> {
  const meta = await store.meta(key);
  if (meta === undefined) throw new Error(`the result ${key} is needed but not complete`);
  return meta;
}

/** The attribution step behind a map, whatever corrections came after it. */
export async function attributionBehind(
  store: ResultStore,
  key: string,
): Promise<Extract<Task, { kind: 'attribution' }>> {
  const task = Task.parse((await metaOf(store, key)).task);
  if (task.kind === 'attribution') return task;
  if (task.kind === 'correction') return attributionBehind(store, task.attribution);
  throw new Error(`the result ${key} is no attribution`);
}

/** Key of the data set that a map explains. */
export async function dataOf(store: ResultStore, key: string): Promise<string> {
  return (await attributionBehind(store, key)).data;
}
