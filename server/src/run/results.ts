/** What is known of a plan: the result of every step, the statistics of its metrics, the judged expectations. */
import { findEntry } from '../catalog/index.js';
import type { PlannedExpectation, Plan, Step } from '../plan/plan.js';
import type { Problem, Statistic } from '../protocol.js';
import type { ResultMeta } from '../store/result.js';
import { percentileInterval } from '../store/percentile.js';
import type { ResultStore } from '../store/store.js';
import type { Evidence, Interval, Judgement } from './expectations.js';
import { judge, USUAL_CONFIDENCE } from './expectations.js';

/** What became of a step. */
export type StepResult =
  | {
      readonly status: 'complete';
      readonly meta: ResultMeta;
      /** Computed now, not found in the store. */ readonly fresh: boolean;
    }
  | { readonly status: 'failed'; readonly problem: Problem }
  | { readonly status: 'not run'; readonly reason: string };

/** By key. */
export type StepResults = ReadonlyMap<string, StepResult>;

export interface JudgedExpectation extends Judgement {
  readonly expectation: PlannedExpectation;
  readonly statistic?: Statistic;
  readonly interval?: Interval;
  readonly confidence: number;
}

/** The results that the store has already. */
export async function storedResults(plan: Plan, store: ResultStore): Promise<StepResults> {
  const results = new Map<string, StepResult>();
  for (const step of plan.steps) {
    const meta = await store.meta(step.key);
    results.set(
      step.key,
      meta ? { status: 'complete', meta, fresh: false } : { status: 'not run', reason: 'it has not been computed yet' },
    );
  }
  return results;
}

/** Why there is no result, in a few words; undefined when there is one. */
export function absence(result: StepResult | undefined): string | undefined {
  switch (result?.status) {
    case 'complete':
      return undefined;
    case 'failed':
      return `it failed: ${result.problem.message}`;
    case 'not run':
      return result.reason;
    case undefined:
      return 'it was left out';
  }
}

/** The statistics of a metric's result, in the order of the catalog. */
export function statisticsOf(step: Step, meta: ResultMeta): Statistic[] {
  const entry = step.task.kind === 'metric' ? findEntry('metric', step.task.metric.call) : undefined;
  return Object.entries(entry?.statistics ?? {}).flatMap(([name, { summary, unit, better }]) => {
    const found = meta.statistics?.[name];
    return found ? [{ name, summary, unit, better, ...found }] : [];
  });
}

/** Judges every expectation of a plan by the results. */
export async function judgeAll(plan: Plan, results: StepResults, store: ResultStore): Promise<JudgedExpectation[]> {
  const steps = new Map(plan.steps.map(step => [step.key, step]));
  const judged: JudgedExpectation[] = [];
  for (const expectation of plan.expectations) {
    const step = steps.get(expectation.key ?? '');
    const evidence = await evidenceFor(expectation, step, results, store);
    judged.push({
      expectation,
      ...judge(`${expectation.name}.${expectation.statistic}`, expectation, evidence),
      ...('statistic' in evidence && evidence),
      confidence: expectation.confidence ?? USUAL_CONFIDENCE,
    });
  }
  return judged;
}

async function evidenceFor(
  expectation: PlannedExpectation,
  step: Step | undefined,
  results: StepResults,
  store: ResultStore,
): Promise<Evidence> {
  const result = step && results.get(step.key);
  if (!step || result?.status !== 'complete')
    return { missing: sentence(`${expectation.name} has no result: ${absence(result)}`) };
  const statistic = statisticsOf(step, result.meta).find(({ name }) => name === expectation.statistic);
  if (!statistic) {
    return { missing: `${expectation.name} has no value for ${expectation.statistic} with these data.` };
  }
  const interval = await intervalOf(statistic, expectation.confidence ?? USUAL_CONFIDENCE, result.meta, store);
  const units = findEntry('metric', expectation.entry)?.unit ?? 'units';
  return { statistic, units, ...(interval && { interval }) };
}

/** The stored interval, or for another confidence the one of the stored draws. */
async function intervalOf(
  statistic: Statistic,
  confidence: number,
  meta: ResultMeta,
  store: ResultStore,
): Promise<Interval | undefined> {
  if (!statistic.interval || confidence === USUAL_CONFIDENCE) return statistic.interval;
  const row = meta.drawn?.indexOf(statistic.name) ?? -1;
  if (row < 0) return undefined;
  const draws = await store.array(meta.key, 'draws');
  return percentileInterval(await draws.read(row, row + 1), confidence);
}

/** Ends a text with one full stop. */
function sentence(text: string): string {
  return text.replace(/\.?$/, '.');
}
