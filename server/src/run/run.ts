/**
 * Runs a plan: the steps that the store does not have, each after those it needs. What fails takes along only what depends on it.
 */
import { availableParallelism } from 'node:os';
import type { Plan, Step } from '../plan/plan.js';
import type { ExecutorOptions, Problem } from '../protocol.js';
import type { ResultStore } from '../store/store.js';
import type { Supervisor, Progress } from './supervisor.js';
import { EngineError } from './engine-process.js';
import type { JudgedExpectation, StepResult, StepResults } from './results.js';
import { judgeAll, storedResults } from './results.js';
import { writeExports, type ExportOutcome } from './exports.js';
import { nextStep, trainingBytes, type Capacity } from './side-by-side.js';

export interface RunOptions {
  readonly store: ResultStore;
  readonly engine: Pick<Supervisor, 'run' | 'export'>;
  readonly executor: ExecutorOptions;
  /** What trainings side by side share; the machine where it is left out, with as many cores as the executor may have threads. */
  readonly capacity?: Capacity;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

export type RunEvent =
  /** Before anything else: the steps that are going to be computed. Several may run at a time. */
  | { readonly type: 'planned'; readonly steps: readonly Step[] }
  | { readonly type: 'started'; readonly step: Step }
  | ({ readonly type: 'progress'; readonly step: Step } & Progress & Pace)
  | { readonly type: 'ended'; readonly step: Step; readonly result: StepResult; readonly seconds: number };

interface Pace {
  /** Units per second since the step started here; 0 while unknown. */
  readonly rate: number;
  /** Seconds to go at that rate. */
  readonly remaining?: number;
}

/** Exit codes of the command line. */
export const EXIT = { well: 0, expectation: 1, wrong: 2, failed: 3, cancelled: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface RunOutcome {
  readonly results: StepResults;
  readonly expectations: readonly JudgedExpectation[];
  readonly exports: readonly ExportOutcome[];
  readonly cancelled: boolean;
  readonly exitCode: ExitCode;
}

/** Runs what is missing, judges the expectations and writes the exports. Problems of steps are results, not exceptions. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<RunOutcome> {
  const { store, signal, onEvent } = options;
  await nameResults(plan, store);
  const results = new Map(await storedResults(plan, store));
  const missing = missingSteps(plan, results);
  const steps = new Map(plan.steps.map(step => [step.key, step]));
  onEvent?.({ type: 'planned', steps: missing });
  await runAll(missing, results, options, async step => {
    const began = performance.now();
    const result = signal?.aborted ? CANCELLED : await runStep(step, steps, results, options);
    results.set(step.key, result);
    onEvent?.({ type: 'ended', step, result, seconds: (performance.now() - began) / 1000 });
  });
  const expectations = await judgeAll(plan, results, store);
  const unfinished = missing.some(step => results.get(step.key) === CANCELLED);
  const exports = unfinished ? [] : await writeExports(plan, results, options);
  const cancelled = unfinished || (exports.length > 0 && signal?.aborted === true);
  const failed = exports.some(({ status }) => status !== 'written');
  const exitCode = exitCodeOf(missing, results, expectations, cancelled);
  return {
    results,
    expectations,
    exports,
    cancelled,
    exitCode: failed && exitCode !== EXIT.cancelled ? EXIT.failed : exitCode,
  };
}

const CANCELLED: StepResult = { status: 'not run', reason: 'the run was cancelled; finished blocks are kept' };

/** Unfinished steps of declarations, and those whose results they read. Inner stages nobody needs stay unfinished. */
function missingSteps(plan: Plan, results: StepResults): Step[] {
  const wanted = new Set(plan.steps.filter(step => step.declarations.length > 0).map(step => step.key));
  const missing: Step[] = [];
  for (const step of plan.steps.toReversed()) {
    if (!wanted.has(step.key) || results.get(step.key)?.status === 'complete') continue;
    missing.unshift(step);
    for (const key of step.needs) wanted.add(key);
  }
  return missing;
}

/** Runs steps, several at a time where they share the machine. A step begins when those that it needs have ended. */
async function runAll(
  steps: readonly Step[],
  results: StepResults,
  { executor, capacity = machine(executor) }: RunOptions,
  run: (step: Step) => Promise<void>,
): Promise<void> {
  const waiting = new Map(steps.map(step => [step.key, step]));
  const running = new Map<Step, Promise<void>>();
  const inRun = (key: string): boolean => waiting.has(key) || [...running.keys()].some(step => step.key === key);
  const bytesOf = ({ task }: Step): number =>
    task.kind === 'training' ? trainingBytes(valuesIn(results.get(task.data))) : 0;
  try {
    while (waiting.size + running.size > 0) {
      const ready = [...waiting.values()].filter(({ needs }) => !needs.some(inRun));
      const next = nextStep(ready, [...running.keys()], capacity, bytesOf);
      if (next === undefined) {
        await Promise.race(running.values());
        continue;
      }
      waiting.delete(next.key);
      running.set(
        next,
        run(next).finally(() => running.delete(next)),
      );
    }
  } finally {
    // What stops the run as a whole, such as a full disk, waits for the steps that run beside.
    await Promise.allSettled(running.values());
  }
}

const machine = ({ threads }: ExecutorOptions): Capacity => ({
  cores: threads > 0 ? threads : availableParallelism(),
  memory: process.availableMemory(),
});

/** How many values the main array of a result has. */
function valuesIn(result: StepResult | undefined): number {
  const [array] = result?.status === 'complete' ? result.meta.arrays : [];
  return array?.axes.reduce((product, { size }) => product * size, 1) ?? 0;
}

async function runStep(
  step: Step,
  steps: ReadonlyMap<string, Step>,
  results: StepResults,
  { store, engine, executor, signal, onEvent }: RunOptions,
): Promise<StepResult> {
  const lacking = step.needs.find(key => results.get(key)?.status !== 'complete');
  if (lacking !== undefined) {
    if (results.get(lacking) === CANCELLED) return CANCELLED;
    return { status: 'not run', reason: reasonFor(steps.get(lacking), results) };
  }
  onEvent?.({ type: 'started', step });
  const { key, title, task, files } = step;
  const pace = paceMeter();
  try {
    const end = await engine.run(
      { key, title, task, store: store.folder, files: { ...files }, executor },
      signal,
      progress => onEvent?.({ type: 'progress', step, ...progress, ...pace(progress) }),
    );
    if (end === 'cancelled') return CANCELLED;
    const meta = await store.meta(key);
    if (meta) return { status: 'complete', meta, fresh: true };
    return { status: 'failed', problem: noResult(step) };
  } catch (error) {
    if (error instanceof EngineError) return { status: 'failed', problem: error.problem };
    throw error;
  }
}

/** Why a step without this input cannot run: the name of what failed at the root of it. */
function reasonFor(input: Step | undefined, results: StepResults): string {
  const result = results.get(input?.key ?? '');
  return result?.status === 'not run' ? result.reason : `"${input?.title ?? ''}" failed`;
}

function noResult(step: Step): Problem {
  return {
    code: 'engine/no-result',
    message: `The engine says that "${step.title}" is finished, but the store has no complete result.`,
    place: step.title,
    remedy: 'Another process may be collecting garbage in the same store: run again.',
  };
}

/** Measures from the first report on, because a resumed step begins with what was finished before. */
function paceMeter(): (progress: Progress) => Pace {
  let first: { at: number; done: number } | undefined;
  return ({ done, total }) => {
    const now = performance.now();
    first ??= { at: now, done };
    const seconds = (now - first.at) / 1000;
    const rate = seconds > 0 ? (done - first.done) / seconds : 0;
    return rate > 0 ? { rate, remaining: (total - done) / rate } : { rate: 0 };
  };
}

/**
 * Points the experiment's names to the keys of its present text. Done before the run, so that garbage collection
 * keeps what a cancelled run has finished.
 */
async function nameResults(plan: Plan, store: ResultStore): Promise<void> {
  const steps = new Map(plan.steps.map(step => [step.key, step]));
  const names = new Map<string, string>();
  // The experiment's own declarations last: they win over imported ones of the same name.
  const ownLast = [...plan.declarations].sort((a, b) => Number(isOwn(a, plan)) - Number(isOwn(b, plan)));
  for (const { declaration, key } of ownLast) if (key !== undefined) names.set(declaration.name, key);
  for (const [name, key] of names) await store.name(plan.file, name, key, inputsOf(key, steps));
  if (plan.complete) await store.keepNames(plan.file, new Set(names.keys()));
}

function isOwn({ declaration }: Plan['declarations'][number], plan: Plan): boolean {
  return declaration.place.file === plan.file;
}

/** Keys of everything that a result is computed from. */
function inputsOf(key: string, steps: ReadonlyMap<string, Step>): string[] {
  const inputs = new Set<string>();
  const visit = (needed: string): void => {
    for (const next of steps.get(needed)?.needs ?? []) {
      if (inputs.has(next)) continue;
      inputs.add(next);
      visit(next);
    }
  };
  visit(key);
  return [...inputs];
}

function exitCodeOf(
  missing: readonly Step[],
  results: StepResults,
  expectations: readonly JudgedExpectation[],
  cancelled: boolean,
): ExitCode {
  if (cancelled) return EXIT.cancelled;
  if (missing.some(step => results.get(step.key)?.status !== 'complete')) return EXIT.failed;
  if (expectations.some(({ outcome }) => outcome === 'failed' || outcome === 'not shown')) return EXIT.expectation;
  return EXIT.well;
}
