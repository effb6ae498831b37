/**
 * What there is to show for a plan: the results of the present text, and where there is none the last one of an earlier
 * text, which then stands under its own key.
 */
import type { Plan, Step } from '../plan/plan.js';
import type { Snapshot } from '../protocol.js';
import type { JudgedExpectation, StepResult, StepResults } from '../run/results.js';
import { judgeAll, storedResults } from '../run/results.js';
import { buildSnapshot } from '../run/snapshot.js';
import type { ResultMeta } from '../store/result.js';
import type { ResultStore } from '../store/store.js';
import { drawStrip } from './pictures/strip.js';
import type { Strip } from './pictures/strip.js';
import { trainingOf } from './trainings.js';
import type { Training } from './trainings.js';

export interface Shown {
  readonly plan: Plan;
  readonly store: ResultStore;
  /** By key of the plan. A result of an earlier text has another key in its metadata. */
  readonly results: StepResults;
  readonly expectations: readonly JudgedExpectation[];
  readonly snapshot: Snapshot;
  /** Names whose results belong to an earlier text. */
  readonly stale: ReadonlySet<string>;
  /** By key of the result. */
  readonly strips: ReadonlyMap<string, Strip>;
  /** By key of the result: what the loss curves of ensembles come to. */
  readonly trainings: ReadonlyMap<string, Training>;
}

/**
 * @param texts of the experiment and its imports, by absolute path
 * @param earlier keys of the results that were shown last, by name; the store's names where there is none
 * @param strips of earlier calls, by key: they never change
 */
export async function findResults(
  plan: Plan,
  store: ResultStore,
  texts: ReadonlyMap<string, string>,
  earlier: ReadonlyMap<string, string>,
  strips: ReadonlyMap<string, Strip>,
): Promise<Shown> {
  const results = new Map(await storedResults(plan, store));
  const steps = new Map(plan.steps.map(step => [step.key, step]));
  const stale = new Set<string>();
  for (const { declaration, key } of plan.declarations) {
    const step = steps.get(key ?? '');
    if (!step) continue;
    if (results.get(step.key)?.status !== 'complete') {
      const meta = await lastResult(declaration.name, plan.file, store, earlier);
      if (meta && sameKind(meta, step)) results.set(step.key, { status: 'complete', meta, fresh: false });
    }
    if (isStale(results.get(step.key), step.key)) stale.add(declaration.name);
  }
  const expectations = await judgeAll(plan, results, store);
  const snapshot = await buildSnapshot({ plan, store, results, expectations, texts });
  return {
    plan,
    store,
    results,
    expectations,
    snapshot,
    stale,
    strips: await stripsOf(snapshot, store, strips),
    trainings: await trainingsOf(snapshot, store),
  };
}

/** The result that was shown last, or the last one of this name in the store. */
async function lastResult(
  name: string,
  file: string,
  store: ResultStore,
  earlier: ReadonlyMap<string, string>,
): Promise<ResultMeta | undefined> {
  const shown = earlier.get(name);
  const meta = shown === undefined ? undefined : await store.meta(shown);
  if (meta) return meta;
  const named = await store.lastComplete(file, name);
  return named === undefined ? undefined : store.meta(named);
}

/** True for the result of an earlier text that stands in for that of a step. */
export function isStale(result: StepResult | undefined, key: string): boolean {
  return result?.status === 'complete' && result.meta.key !== key;
}

/** A correction is an attribution too. */
function sameKind(meta: ResultMeta, step: Step): boolean {
  const kind = (of: string): string => (of === 'correction' ? 'attribution' : of);
  return kind(meta.kind) === kind(step.kind);
}

async function stripsOf(
  snapshot: Snapshot,
  store: ResultStore,
  known: ReadonlyMap<string, Strip>,
): Promise<Map<string, Strip>> {
  const strips = new Map<string, Strip>();
  for (const { key } of snapshot.maps) {
    // Without its array a map has no strip; the rest can still be shown.
    const strip = known.get(key) ?? (await drawStrip(store, key).catch(() => undefined));
    if (strip) strips.set(key, strip);
  }
  return strips;
}

async function trainingsOf({ tables }: Snapshot, store: ResultStore): Promise<Map<string, Training>> {
  const trainings = new Map<string, Training>();
  for (const table of tables) {
    // Without its array an ensemble has no loss; the rest can still be shown.
    const training = await trainingOf(table, store).catch(() => undefined);
    if (training) trainings.set(table.key, training);
  }
  return trainings;
}
