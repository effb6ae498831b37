/**
 * One open experiment: what its text says now, which results belong to it, and how each declaration stands. Typing never
 * waits for it: results are looked for when a text has been checked and typing has paused.
 */
import type { Experiment, SourcePlace } from '../language/experiment.js';
import type { OpenExperiment } from '../language/open-experiments.js';
import type { Plan } from '../plan/plan.js';
import { makePlan } from '../plan/plan.js';
import { PlanError } from '../plan/problem.js';
import type { DeclarationMark, DocumentView, Problem, ResultState } from '../protocol.js';
import { hashContent } from '../run/file-content.js';
import { ResultStore } from '../store/store.js';
import type { Jobs } from './jobs.js';
import type { Shown } from './shown.js';
import { findResults, isStale } from './shown.js';
import type { Strip } from './pictures/strip.js';
import { resultsOf } from './values.js';

/** Milliseconds without a change before results are looked for. */
const PAUSE = 200;

/** The runtime that the editor uses; the reference is for the command line. */
export const BACKEND = 'onnxruntime';

const WITH_RESULT: ReadonlySet<string> = new Set(['data', 'ensemble', 'attribution', 'metric', 'benchmark']);

export interface SessionContext {
  readonly jobs: Pick<Jobs, 'of' | 'standing'>;
  /** Why nothing may run at all, such as a restricted workspace. */
  readonly forbidden: () => string | undefined;
  /** The workspace folder around a file, if there is one. */
  readonly workspaceOf: (file: string) => string | undefined;
  /** What there is to show has changed. */
  readonly changed: () => void;
}

/** A problem and where in the experiment it arises. */
export interface PlacedProblem extends Problem {
  readonly at?: SourcePlace;
}

/** A plan that can be run, or why there is none. */
export type Prepared = { readonly plan: Plan; readonly store: ResultStore } | { readonly reason: string };

export class Session {
  /** The last text that was checked. */
  checked: OpenExperiment;
  /** Results of the last text without errors. */
  shown: Shown | undefined;
  /** Why there is no plan although the text has no errors, such as a file that is missing; where it is known. */
  problem: PlacedProblem | undefined;
  /** What stopped the last run as a whole. */
  runFailure: Problem | undefined;
  /** What failed in the last run that was to compute it, by key; undefined for what depends on a failure. */
  readonly failures = new Map<string, Problem | undefined>();

  private readonly earlier = new Map<string, string>();
  private folder: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private refreshing: Promise<void> | undefined;
  private again = false;

  constructor(
    checked: OpenExperiment,
    private readonly context: SessionContext,
  ) {
    this.checked = checked;
  }

  /** A newer text has been checked, or its headers have. */
  update(checked: OpenExperiment): void {
    this.checked = checked;
    this.refreshSoon();
  }

  refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), PAUSE);
  }

  close(): void {
    clearTimeout(this.timer);
  }

  /** Looks for results now. Calls during a search lead to one more search after it. */
  refresh(): Promise<void> {
    this.again = true;
    this.refreshing ??= this.search().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  /** Names whose results belong to an earlier text; while the text has errors, all of them do. */
  get stale(): ReadonlySet<string> {
    const { shown } = this;
    if (!shown) return new Set();
    if (this.planned) return shown.stale;
    return new Set(resultsOf(shown.snapshot).map(({ name }) => name));
  }

  /** The own declarations that have a result. */
  get declarations(): OpenExperiment['declarations'] {
    return this.checked.declarations.filter(({ kind }) => WITH_RESULT.has(kind));
  }

  /** True when the shown results were looked for with the plan of a text without errors. */
  private get planned(): boolean {
    return this.shown !== undefined && this.checked.experiment !== undefined && this.problem === undefined;
  }

  /** Why this document cannot run. */
  get blocked(): string | undefined {
    const forbidden = this.context.forbidden();
    if (forbidden !== undefined) return forbidden;
    if (this.checked.file === undefined) return 'Save the experiment first: its results are kept beside its file.';
    if (this.checked.fault !== undefined) return `The experiment has errors: ${this.checked.fault}`;
    return this.problem?.message;
  }

  /** The key of a declaration's result in the present plan. */
  keyOf(name: string): string | undefined {
    const { shown, checked } = this;
    if (!shown || !this.planned) return undefined;
    const named = shown.plan.declarations.filter(({ declaration }) => declaration.name === name);
    return (named.find(({ declaration }) => declaration.place.file === checked.file) ?? named[0])?.key;
  }

  stateOf(name: string): ResultState {
    const key = this.keyOf(name);
    if (key !== undefined) {
      const result = this.shown?.results.get(key);
      if (result?.status === 'complete' && !isStale(result, key)) return 'done';
      if (this.failures.has(key)) return 'failed';
      const standing = this.context.jobs.standing(this.checked.uri, key);
      if (standing) return standing.state;
    }
    return this.stale.has(name) ? 'stale' : 'missing';
  }

  /** Everything that lenses and hints depend on: numbers that only progress are not among it. */
  get appearance(): string {
    const states = this.declarations.map(({ name }) => [name, this.stateOf(name)]);
    const keys = this.shown && resultsOf(this.shown.snapshot).map(({ key }) => key);
    return JSON.stringify([states, keys, [...this.stale], this.context.jobs.of(this.checked.uri).length, this.blocked]);
  }

  view(): DocumentView {
    const { checked, shown, blocked } = this;
    const { uri, version } = checked;
    const snapshot = shown?.snapshot;
    const something = snapshot && resultsOf(snapshot).length > 0;
    return {
      uri,
      version,
      running: this.context.jobs.of(uri).length > 0,
      ...(blocked !== undefined && { blocked }),
      marks: this.declarations.map(declaration => this.markOf(declaration)),
      ...(something && { snapshot, store: shown.store.folder }),
      stale: [...this.stale],
    };
  }

  /** The plan of the present text. Opens the store, and creates it where there is none. */
  async prepare(only: readonly string[] | undefined): Promise<Prepared> {
    const { blocked } = this;
    const { experiment, file } = this.checked;
    // A file that was missing may be there by now.
    if (blocked !== undefined && this.problem === undefined) return { reason: blocked };
    if (!experiment || file === undefined) return { reason: blocked ?? 'The experiment has errors.' };
    const store = await ResultStore.open(await this.storeFolder(file));
    try {
      return { plan: await planOf(experiment, store, only), store };
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      return { reason: [error.problem.message, error.problem.remedy].filter(Boolean).join(' ') };
    }
  }

  private markOf({ name, kind, range }: OpenExperiment['declarations'][number]): DeclarationMark {
    const state = this.stateOf(name);
    const key = this.keyOf(name);
    const progress = key === undefined ? undefined : this.context.jobs.standing(this.checked.uri, key)?.progress;
    const map = this.shown?.snapshot.maps.find(map => map.name === name);
    const strip: Strip | undefined = map && this.shown?.strips.get(map.key);
    return {
      name,
      kind,
      range: { start: { ...range.start }, end: { ...range.end } },
      state,
      ...(state === 'running' && progress !== undefined && { progress }),
      ...(strip && { strip }),
    };
  }

  private async search(): Promise<void> {
    while (this.again) {
      this.again = false;
      const { checked } = this;
      const { experiment } = checked;
      if (experiment) {
        const found = await this.find(experiment, checked.texts);
        // A newer text has come meanwhile, and will be searched for by itself.
        if (this.checked !== checked) continue;
        if (found && 'code' in found) this.problem = found;
        else {
          this.problem = undefined;
          this.show(found);
        }
      }
      this.context.changed();
    }
  }

  private async find(
    experiment: Experiment,
    texts: ReadonlyMap<string, string>,
  ): Promise<Shown | PlacedProblem | undefined> {
    try {
      if (this.checked.file === undefined) return undefined;
      const store = await ResultStore.find(await this.storeFolder(this.checked.file));
      if (!store) return undefined;
      const plan = await planOf(experiment, store);
      return await findResults(plan, store, texts, this.earlier, this.shown?.strips ?? new Map());
    } catch (error) {
      if (error instanceof PlanError) return { ...error.problem, ...(error.place && { at: error.place }) };
      const message = error instanceof Error ? error.message : String(error);
      return { code: 'results/unreadable', message: `Stored results cannot be read: ${message}` };
    }
  }

  private show(found: Shown | undefined): void {
    this.shown = found;
    for (const { name, key } of found ? resultsOf(found.snapshot) : [])
      if (!found?.stale.has(name)) this.earlier.set(name, key);
  }

  /** A run has computed these results; should the text have changed meanwhile, they are what is shown as stale. */
  computed(plan: Plan, key: string): void {
    for (const planned of plan.declarations) if (planned.key === key) this.earlier.set(planned.declaration.name, key);
  }

  private async storeFolder(file: string): Promise<string> {
    this.folder ??= await ResultStore.locate(file, this.context.workspaceOf(file));
    return this.folder;
  }
}

function planOf(experiment: Experiment, store: ResultStore, only?: readonly string[]): Promise<Plan> {
  return makePlan(experiment, {
    hashFile: path => hashContent(path, store),
    backend: BACKEND,
    ...(only && { only }),
  });
}
