/** Everything that a view of one experiment shows, whole: built from the plan, the store and what became of a run. */
import { basename } from 'node:path';
import { findEntry } from '../catalog/index.js';
import type { PlannedDeclaration, Plan, Step } from '../plan/plan.js';
import { explainedData } from '../plan/plan.js';
import type { Snapshot } from '../protocol.js';
import type { ResultMeta } from '../store/result.js';
import type { ResultStore } from '../store/store.js';
import type { JudgedExpectation, StepResults } from './results.js';
import { absence, statisticsOf } from './results.js';

export interface SnapshotInput {
  readonly plan: Plan;
  readonly store: ResultStore;
  readonly results: StepResults;
  readonly expectations: readonly JudgedExpectation[];
  /** Text of the experiment and its imports, by absolute path. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Arrays by the name that the snapshot gives them. */
export type SnapshotArrays = Map<string, Float32Array | Uint8Array>;

/** Code of a position that is not one of the four bases. */
const NO_LETTER = 4;
/** Positions read at a time when one-hot arrays become letters. */
const BLOCK = 1_000_000;

/**
 * The snapshot of an experiment and the arrays that it names.
 *
 * @throws StoreError when a stored array is missing or damaged
 */
export async function buildSnapshot(input: SnapshotInput): Promise<{ snapshot: Snapshot; arrays: SnapshotArrays }> {
  const { plan, store, results, expectations, texts } = input;
  const steps = new Map(plan.steps.map(step => [step.key, step]));
  const arrays: SnapshotArrays = new Map();
  const snapshot: Snapshot = {
    version: 1,
    file: basename(plan.file),
    created: new Date().toISOString(),
    versions: {},
    source: texts.get(plan.file) ?? '',
    data: [],
    maps: [],
    metrics: [],
    expectations: expectations.map(expectationOf),
    views: plan.views.map(({ call, maps }) => ({ call, maps: [...maps] })),
    missing: [],
  };
  for (const planned of plan.declarations) {
    const step = steps.get(planned.key ?? '');
    if (!step) continue;
    const { declaration } = planned;
    const result = results.get(step.key);
    if (result?.status !== 'complete') {
      const { name, kind } = declaration;
      snapshot.missing.push({ name, kind, reason: absence(result) ?? '' });
      continue;
    }
    const { meta } = result;
    Object.assign(snapshot.versions, meta.versions);
    const about = {
      name: declaration.name,
      key: step.key,
      written: writtenForm(planned, texts),
      ...(declaration.documentation !== undefined && { documentation: declaration.documentation }),
      notes: meta.notes,
    };
    if (step.task.kind === 'data') {
      snapshot.data.push(await dataOf(planned, meta, store, arrays));
    } else if (step.task.kind === 'metric') {
      snapshot.metrics.push({
        ...about,
        headline: findEntry('metric', step.task.metric.call)?.headline ?? '',
        statistics: statisticsOf(step, meta),
        ...(meta.distribution && { distribution: meta.distribution }),
      });
    } else {
      snapshot.maps.push({ ...about, ...(await mapOf(step, steps, meta, store, arrays)) });
    }
  }
  return { snapshot, arrays };
}

function expectationOf(judged: JudgedExpectation): Snapshot['expectations'][number] {
  const { expectation, outcome, message, interval, confidence, statistic } = judged;
  const { comparison } = expectation;
  const limits =
    comparison.is === 'in'
      ? { low: comparison.low, high: comparison.high }
      : comparison.is.startsWith('<')
        ? { high: comparison.bound }
        : { low: comparison.bound };
  return {
    text: expectation.text,
    metric: expectation.name,
    statistic: expectation.statistic,
    outcome,
    message,
    confidence,
    ...(interval && { interval: [...interval] as [number, number] }),
    ...(statistic && { value: statistic.value }),
    ...limits,
  };
}

async function dataOf(
  { declaration, key = '' }: PlannedDeclaration,
  meta: ResultMeta,
  store: ResultStore,
  arrays: SnapshotArrays,
): Promise<Snapshot['data'][number]> {
  const oneHot = await store.array(key);
  const [examples = 0, length = 0] = oneHot.shape;
  const table = await store.rows(key);
  const column = (name: string): string[] => {
    const index = table.columns.indexOf(name);
    return index < 0 ? [] : table.rows.map(row => row[index] ?? '');
  };
  const letters = `letters/${key}`;
  if (!arrays.has(letters)) {
    const codes = new Uint8Array(examples * length);
    const rows = Math.max(1, Math.floor(BLOCK / Math.max(1, length)));
    for (let from = 0; from < examples; from += rows) {
      const values = await oneHot.read(from, Math.min(examples, from + rows));
      codes.set(lettersOf(values), from * length);
    }
    arrays.set(letters, codes);
  }
  const labels = column('label');
  const labelled = labels.length === examples && labels.every(label => label !== '');
  return {
    name: declaration.name,
    key,
    examples,
    length,
    names: column('name'),
    ...(labelled && { labels: labels.map(Number) }),
    letters,
    notes: meta.notes,
  };
}

/** One-hot values, four per position, → 0–3 for A, C, G, T where exactly one base is there, 4 elsewhere. */
function lettersOf(oneHot: Float32Array | Float64Array): Uint8Array {
  const codes = new Uint8Array(oneHot.length / 4);
  for (let position = 0; position < codes.length; position++) {
    const base = oneHot.subarray(4 * position, 4 * position + 4).indexOf(1);
    codes[position] = base < 0 ? NO_LETTER : base;
  }
  return codes;
}

async function mapOf(
  step: Step,
  steps: ReadonlyMap<string, Step>,
  meta: ResultMeta,
  store: ResultStore,
  arrays: SnapshotArrays,
): Promise<Pick<Snapshot['maps'][number], 'kind' | 'data' | 'unit' | 'scores' | 'predictions' | 'seconds'>> {
  const load = async (array: string): Promise<string> => {
    const name = `${array}/${step.key}`;
    if (!arrays.has(name)) arrays.set(name, Float32Array.from(await (await store.array(step.key, array)).read()));
    return name;
  };
  const has = (array: string): boolean => meta.arrays.some(({ name }) => name === array);
  return {
    kind: meta.map ?? 'contribution',
    data: explainedData(step, steps),
    unit: meta.arrays.find(({ name }) => name === 'scores')?.unit ?? '',
    scores: await load('scores'),
    ...(has('predictions') && { predictions: await load('predictions') }),
    seconds: meta.seconds,
  };
}

/** A declaration's text without its kind, its name and the equals sign, on one line. */
function writtenForm({ declaration }: PlannedDeclaration, texts: ReadonlyMap<string, string>): string {
  const {
    place: { file, range },
    kind,
    name,
  } = declaration;
  const lines = (texts.get(file) ?? '').split(/\r?\n/).slice(range.start.line, range.end.line + 1);
  const last = lines.length - 1;
  const text = lines
    .map((line, index) =>
      line.slice(index === 0 ? range.start.character : 0, index === last ? range.end.character : undefined),
    )
    .map(line => line.trim())
    .join(' ');
  return text.replace(new RegExp(`^.*?\\b${kind}\\s+${name}\\s*=\\s*`), '');
}
