/** The `--json` documents: for every declaration what is known of it, with paths instead of arrays. */
import type { Form } from '../catalog/index.js';
import { findEntry, isMap } from '../catalog/index.js';
import type { Plan, Step } from '../plan/plan.js';
import { explainedData } from '../plan/plan.js';
import type { Note, Problem, Statistic } from '../protocol.js';
import type { ExportOutcome } from '../run/exports.js';
import type { JudgedExpectation, StepResult, StepResults } from '../run/results.js';
import { benchmarkTable, type BenchmarkTable } from '../run/benchmarks.js';
import { notesOf } from '../run/result-lints.js';
import { statisticsOf } from '../run/results.js';
import type { ResultAxis, ResultMeta } from '../store/result.js';
import type { ResultStore } from '../store/store.js';

export interface DeclarationDocument {
  readonly name: string;
  readonly kind: string;
  /**
   * `computed` now, `stored` before, `failed`, `not run`, or `declared` where there is nothing to compute.
   */
  readonly status: 'computed' | 'stored' | 'failed' | 'not run' | 'declared';
  readonly key?: string;
  readonly title?: string;
  readonly problem?: Problem;
  readonly reason?: string;
  readonly notes?: readonly Note[];
  /** Data sets and attributions: the main array. */
  readonly array?: ArrayDocument;
  /** Attributions: the arrays beside it, by name. */
  readonly arrays?: Readonly<Record<string, ArrayDocument>>;
  readonly map?: Form;
  /** Names of the rows. */
  readonly rows?: readonly string[];
  /** Metrics. */
  readonly headline?: string;
  readonly statistics?: readonly Statistic[];
  /** Benchmarks: combinations in rows; a cell has the key of its metric's result. */
  readonly table?: BenchmarkTable;
}

export interface ArrayDocument {
  readonly path: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly axes: readonly ResultAxis[];
  readonly unit: string;
}

export interface RunDocument {
  readonly file: string;
  readonly declarations: readonly DeclarationDocument[];
  readonly expectations: readonly ExpectationDocument[];
  readonly exports: readonly ExportDocument[];
  readonly exitCode: number;
}

type ExportDocument = { readonly export: string; readonly line: number } & (
  | { readonly status: 'written'; readonly paths: readonly string[]; readonly notes: readonly Note[] }
  | { readonly status: 'failed'; readonly problem: Problem }
  | { readonly status: 'not run'; readonly reason: string }
);

type ExpectationDocument = Pick<JudgedExpectation, 'outcome' | 'message' | 'interval' | 'confidence'> & {
  readonly text: string;
  readonly metric: string;
  readonly statistic: string;
  /** Counted from 1. */
  readonly line: number;
  readonly value?: number;
};

/** Everything about a run, as one document. */
export async function runDocument(
  plan: Plan,
  store: ResultStore,
  outcome: {
    results: StepResults;
    expectations: readonly JudgedExpectation[];
    exports: readonly ExportOutcome[];
    exitCode: number;
  },
): Promise<RunDocument> {
  const steps = new Map(plan.steps.map(step => [step.key, step]));
  const declarations: DeclarationDocument[] = [];
  for (const { declaration, key } of plan.declarations) {
    const { name, kind } = declaration;
    const step = steps.get(key ?? '');
    const result = step && outcome.results.get(step.key);
    declarations.push({
      name,
      kind,
      ...(step ? await stepDocument(step, result, steps, store) : { status: 'declared' }),
    });
  }
  return {
    file: plan.file,
    declarations,
    expectations: outcome.expectations.map(expectationDocument),
    exports: outcome.exports.map(({ planned, ...rest }) => ({
      export: planned.call.call,
      line: planned.place.range.start.line + 1,
      ...rest,
    })),
    exitCode: outcome.exitCode,
  };
}

async function stepDocument(
  step: Step,
  result: StepResult | undefined,
  steps: ReadonlyMap<string, Step>,
  store: ResultStore,
): Promise<Omit<DeclarationDocument, 'name' | 'kind'>> {
  const { key, title } = step;
  if (result?.status === 'failed') return { status: 'failed', key, title, problem: result.problem };
  if (result?.status !== 'complete') return { status: 'not run', key, title, ...(result && { reason: result.reason }) };
  const status = result.fresh ? 'computed' : 'stored';
  return { status, key, title, ...(await resultDocument(step, result.meta, steps, store)) };
}

/** What a complete result holds. */
export async function resultDocument(
  step: Step,
  meta: ResultMeta,
  steps: ReadonlyMap<string, Step>,
  store: ResultStore,
): Promise<
  Pick<DeclarationDocument, 'notes' | 'array' | 'arrays' | 'map' | 'rows' | 'headline' | 'statistics' | 'table'>
> {
  const notes = await notesOf(meta, store);
  if (step.task.kind === 'metric') {
    const headline = findEntry('metric', step.task.metric.call)?.headline;
    return { notes, ...(headline !== undefined && { headline }), statistics: statisticsOf(step, meta) };
  }
  const arrays = Object.fromEntries(meta.arrays.map(array => [array.name, arrayDocument(array, step.key, store)]));
  const { array, ...others } = arrays;
  return {
    notes,
    ...(array && { array }),
    ...(Object.keys(others).length > 0 && { arrays: others }),
    ...(meta.map && { map: meta.map }),
    rows: await rowNames(meta.map === undefined || isMap(meta.map) ? explainedData(step, steps) : step.key, store),
    ...(step.task.kind === 'benchmark' && { table: await benchmarkTable(step.task, step.key, store) }),
  };
}

function arrayDocument(
  { name, type, axes, unit }: ResultMeta['arrays'][number],
  key: string,
  store: ResultStore,
): ArrayDocument {
  return { path: store.path(key, name), type, shape: axes.map(axis => axis.size), axes, unit };
}

async function rowNames(data: string, store: ResultStore): Promise<string[]> {
  const { columns, rows } = await store.rows(data);
  const index = columns.indexOf('name');
  return rows.map(row => row[index] ?? '');
}

function expectationDocument(judged: JudgedExpectation): ExpectationDocument {
  const { expectation, outcome, message, interval, confidence, statistic } = judged;
  return {
    text: expectation.text,
    metric: expectation.name,
    statistic: expectation.statistic,
    line: expectation.place.range.start.line + 1,
    outcome,
    message,
    confidence,
    ...(statistic && { value: statistic.value }),
    ...(interval && { interval }),
  };
}
