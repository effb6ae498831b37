/**
 * Runs that the editor asked for: one at a time over all documents, the others wait. Progress is shown by the editor, which
 * can also cancel.
 */
import { basename } from 'node:path';
import type { Plan, Step } from '../plan/plan.js';
import type { ExecutorOptions, Problem } from '../protocol.js';
import type { StepResult } from '../run/results.js';
import type { RunEvent } from '../run/run.js';
import { runPlan } from '../run/run.js';
import { RunProgress } from '../run/wording.js';
import type { ResultStore } from '../store/store.js';
import { coalesce } from './coalesce.js';
import type { Engine } from './current-engine.js';

/** A run of one document. Its results belong to the keys of its plan, whatever becomes of the text meanwhile. */
export interface Job {
  readonly uri: string;
  readonly plan: Plan;
  readonly store: ResultStore;
  readonly executor: ExecutorOptions;
}

/** How far a step of a job has come. */
export interface Standing {
  readonly state: 'waiting' | 'running';
  /** Share done, while running. */
  readonly progress?: number;
}

export interface JobListener {
  /** Something moved: a state or a number. */
  moved(job: Job): void;
  stepStarted(job: Job, step: Step): void;
  /** @param cancelled whether it was not computed because the run was cancelled */
  stepEnded(job: Job, step: Step, result: StepResult, cancelled: boolean): void;
  /**
   * The job counts as running until this is done.
   *
   * @param failure what stopped the run as a whole, such as a full disk
   */
  ended(job: Job, failure?: Problem): Promise<void>;
}

/** The editor's display of one run. */
export interface ProgressReporter {
  begin(title: string, percentage?: number, message?: string, cancellable?: boolean): void;
  report(percentage: number, message: string): void;
  done(): void;
  readonly token: { onCancellationRequested(cancel: () => void): unknown };
}

interface Entry {
  readonly job: Job;
  readonly abort: AbortController;
  /** By key: first every step of the plan, then those that are computed. */
  readonly standings: Map<string, Standing>;
}

/** How often the editor hears of progress, in milliseconds. */
const REPORT_MS = 250;

/** Without an engine there is no point in asking it for the next step. */
export const NO_ENGINE: ReadonlySet<string> = new Set(['engine/no-start', 'engine/unusable']);

export class Jobs {
  private readonly entries: Entry[] = [];
  private busy = false;

  constructor(
    private readonly engine: Engine,
    private readonly openProgress: () => Promise<ProgressReporter | undefined>,
    private readonly listener: JobListener,
  ) {}

  start(job: Job): void {
    const standings = new Map(job.plan.steps.map(({ key }) => [key, { state: 'waiting' as const }]));
    this.entries.push({ job, abort: new AbortController(), standings });
    this.listener.moved(job);
    void this.work();
  }

  /** Stops the runs of a document, also those that have not begun. */
  cancel(uri: string): boolean {
    const found = this.entries.filter(({ job, abort }) => job.uri === uri && !abort.signal.aborted);
    for (const { abort } of found) abort.abort();
    return found.length > 0;
  }

  cancelAll(): void {
    for (const { abort } of this.entries) abort.abort();
  }

  /** The runs of a document that have not ended. */
  of(uri: string): Job[] {
    return this.entries.filter(({ job }) => job.uri === uri).map(({ job }) => job);
  }

  standing(uri: string, key: string): Standing | undefined {
    const standings = this.entries.flatMap(({ job, standings }) => (job.uri === uri ? (standings.get(key) ?? []) : []));
    return standings.find(({ state }) => state === 'running') ?? standings[0];
  }

  private async work(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (let entry = this.entries[0]; entry; entry = this.entries[0]) {
      const failure = entry.abort.signal.aborted ? undefined : await this.perform(entry);
      await this.listener.ended(entry.job, failure);
      this.entries.shift();
      this.listener.moved(entry.job);
    }
    this.busy = false;
  }

  private async perform(entry: Entry): Promise<Problem | undefined> {
    const { job, abort } = entry;
    const progress = await this.openProgress();
    progress?.begin(`Explainome: ${basename(job.plan.file)}`, 0, undefined, true);
    progress?.token.onCancellationRequested(() => abort.abort());
    let display = { share: 0, words: 'starting the engine' };
    let open = true;
    const report = coalesce(REPORT_MS, () => {
      if (open) progress?.report(Math.floor(100 * display.share), display.words);
    });
    const course = new RunProgress();
    try {
      const { exports } = await runPlan(job.plan, {
        store: job.store,
        engine: this.engine,
        executor: job.executor,
        signal: abort.signal,
        onEvent: event => {
          this.follow(entry, event);
          display = course.after(event) ?? display;
          report();
        },
      });
      return exports.flatMap(outcome => (outcome.status === 'failed' ? outcome.problem : []))[0];
    } catch (error) {
      return {
        code: 'run/failed',
        message: `The run ended early: ${error instanceof Error ? error.message : String(error)}`,
        remedy: 'Results that were finished are kept. When the cause is gone, run again.',
      };
    } finally {
      open = false;
      progress?.done();
    }
  }

  private follow({ job, abort, standings }: Entry, event: RunEvent): void {
    switch (event.type) {
      case 'planned': {
        const missing = new Set(event.steps.map(({ key }) => key));
        for (const key of standings.keys()) if (!missing.has(key)) standings.delete(key);
        break;
      }
      case 'started':
        standings.set(event.step.key, { state: 'running' });
        standOnInner(job.plan, event.step, standings);
        this.listener.stepStarted(job, event.step);
        break;
      case 'progress':
        standings.set(event.step.key, { state: 'running', progress: event.total > 0 ? event.done / event.total : 0 });
        standOnInner(job.plan, event.step, standings);
        break;
      case 'ended':
        // Its standing stays until the run has ended: what has become of it is found in the store.
        standings.set(event.step.key, { state: 'running', progress: 1 });
        if (event.result.status === 'failed' && NO_ENGINE.has(event.result.problem.code)) abort.abort();
        this.listener.stepEnded(job, event.step, event.result, abort.signal.aborted);
    }
    this.listener.moved(job);
  }
}

/** A declaration has come as far as the inner steps that are its own, such as the networks of an ensemble. */
function standOnInner({ steps }: Plan, inner: Step, standings: Map<string, Standing>): void {
  if (inner.declarations.length > 0) return;
  for (const outer of steps) {
    if (outer.place !== inner.place || outer.declarations.length === 0 || !outer.needs.includes(inner.key)) continue;
    const own = steps.filter(
      ({ key, kind, place }) => kind === inner.kind && place === outer.place && outer.needs.includes(key),
    );
    // What has no standing was in the store before the run.
    const shares = own.map(({ key }) => (standings.has(key) ? (standings.get(key)?.progress ?? 0) : 1));
    const progress = shares.reduce((sum, share) => sum + share, 0) / own.length;
    standings.set(outer.key, { state: 'running', progress });
  }
}
