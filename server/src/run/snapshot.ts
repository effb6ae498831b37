/**
 * Everything that a view of one experiment shows, whole: built from the plan, the store and what became of a run. A result
 * whose key is not that of its step belongs to an earlier text; it is shown under the same name and with its own key.
 */
import { basename } from 'node:path';
import { findEntry, isMap } from '../catalog/index.js';
import type { PlannedDeclaration, Plan } from '../plan/plan.js';
import type { Snapshot } from '../protocol.js';
import { Task } from '../protocol.js';
import type { ResultMeta } from '../store/result.js';
import type { ResultStore } from '../store/store.js';
import { benchmarkTable } from './benchmarks.js';
import { methodsParagraph } from './methods-paragraph.js';
import { motifsOf } from './motifs.js';
import { notesOf } from './result-lints.js';
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

/**
 * The snapshot of an experiment. Its arrays are named and not read: `readViewArrays` does that. Of every data set the first
 * examples are named, as many as a view draws.
 *
 * @throws StoreError when stored row names are missing
 */
export async function buildSnapshot(input: SnapshotInput): Promise<Snapshot> {
  const { plan, store, results, expectations, texts } = input;
  const steps = new Map(plan.steps.map(step => [step.key, step]));
  const source = texts.get(plan.file) ?? '';
  const documentation = leadingDocumentation(source);
  const snapshot: Snapshot = {
    version: 1,
    file: basename(plan.file),
    ...(documentation !== undefined && { documentation }),
    created: new Date().toISOString(),
    versions: {},
    source,
    data: [],
    maps: [],
    tables: [],
    benchmarks: [],
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
      key: meta.key,
      // What stands in the text now is not what an earlier result was computed from.
      written: meta.key === step.key ? writtenForm(planned, texts) : meta.title,
      ...(declaration.documentation !== undefined && { documentation: declaration.documentation }),
      notes: await notesOf(meta, store),
    };
    if (step.task.kind === 'data') {
      snapshot.data.push(await dataOf(declaration.name, meta, store));
    } else if (step.task.kind === 'metric') {
      snapshot.metrics.push({
        ...about,
        headline: findEntry('metric', step.task.metric.call)?.headline ?? '',
        statistics: statisticsOf(step, meta),
        ...(meta.distribution && { distribution: meta.distribution }),
        ...(meta.curve && { curve: meta.curve }),
      });
    } else if (step.task.kind === 'benchmark') {
      snapshot.benchmarks.push({ ...about, ...(await benchmarkTable(step.task, meta.key, store)) });
    } else if (meta.map !== undefined && !isMap(meta.map)) {
      snapshot.tables.push({ ...about, ...(await tableOf(meta.map, meta, store)) });
    } else {
      const data = await explainedBy(meta, store);
      if (data !== undefined) snapshot.maps.push({ ...about, data, ...mapOf(meta) });
    }
  }
  await addUnnamedData(snapshot, store);
  const methods = methodsParagraph(plan, snapshot);
  return { ...snapshot, ...(methods !== '' && { methods }) };
}

/** Data sets that maps explain and no declaration names: written in place, or of an earlier text. */
async function addUnnamedData(snapshot: Snapshot, store: ResultStore): Promise<void> {
  for (const { data } of snapshot.maps) {
    if (snapshot.data.some(({ key }) => key === data)) continue;
    const meta = await store.meta(data);
    if (meta) snapshot.data.push(await dataOf(meta.title, meta, store));
  }
  const present = new Set(snapshot.data.map(({ key }) => key));
  snapshot.maps = snapshot.maps.filter(({ data }) => present.has(data));
}

/** The `///` lines with which the text begins. */
function leadingDocumentation(source: string): string | undefined {
  const [lines] = /^(?:\s*\/\/\/(?!\/).*)+/.exec(source) ?? [];
  return lines
    ?.trim()
    .split(/\s*\n/)
    .map(line => line.replace(/^\s*\/\/\/ ?/, ''))
    .join('\n');
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

/** Examples that a view is given at most, and values of each of their arrays: 40 MB as float32. */
const SHOWN_EXAMPLES = 10_000;
const SHOWN_VALUES = 10_000_000;

/** How many examples of this length a view draws, at least one. */
const shownExamples = (length: number): number =>
  Math.min(SHOWN_EXAMPLES, Math.max(1, Math.floor(SHOWN_VALUES / Math.max(1, length))));

/** Rows of a table that a view is given, where there is room for all their numbers. */
const SHOWN_ROWS = 200;
/** Rows of a list of few numbers: a ranking of the first variants alone would be none. */
const LISTED_ROWS = 200_000;

/** Further arrays that the picture of a form needs, where a result has them. */
const DRAWN_BESIDE: Readonly<Partial<Record<Snapshot['tables'][number]['form'], readonly string[]>>> = {
  curve: ['grid', 'counts', 'ice', 'members'],
  importance: ['standard_errors', 'repeats', 'selected'],
  rule: ['outcome'],
  edit: ['outcome'],
};

async function tableOf(
  form: Snapshot['tables'][number]['form'],
  meta: ResultMeta,
  store: ResultStore,
): Promise<Omit<Snapshot['tables'][number], 'name' | 'key' | 'written' | 'documentation' | 'notes'>> {
  const { axes = [], unit = '' } = meta.arrays.find(({ name }) => name === 'array') ?? {};
  const numbers = axes.slice(1).reduce((product, { size }) => product * size, 1);
  // Lists of few numbers are shown whole: single ones, fields of a seqlet or of a variant.
  const listed = axes.length < 3 && (numbers === 1 || axes[1]?.name === 'field');
  const { rows } = await store.rows(
    meta.key,
    Math.min(listed ? LISTED_ROWS : SHOWN_ROWS, Math.max(1, Math.floor(SHOWN_VALUES / Math.max(1, numbers)))),
  );
  const beside = meta.arrays.filter(
    ({ name, axes: [, ...inner] }) =>
      DRAWN_BESIDE[form]?.includes(name) &&
      rows.length * inner.reduce((product, { size }) => product * size, 1) <= SHOWN_VALUES,
  );
  const motifs = await motifsOf(meta, store, rows.length);
  const sites = await sitesOf(
    meta,
    axes[0]?.name,
    store,
    rows.map(([name]) => name ?? ''),
  );
  return {
    form,
    unit,
    axes,
    rows: rows.map(([name]) => name ?? ''),
    ...sites,
    values: `values/${meta.key}`,
    ...(beside.length > 0 && {
      beside: beside.map(({ name, unit: of, axes: [, ...inner] }) => ({
        array: name,
        name: `${name}/${meta.key}`,
        unit: of,
        axes: inner,
      })),
    }),
    ...(motifs && { motifs }),
    ...(numbers === 1 &&
      meta.arrays.some(({ name }) => name === 'p_values') && { significance: `significance/${meta.key}` }),
    seconds: meta.seconds,
  };
}

/** Where the variants of a result are on the genome, and their genes, by their names in its data set: its features or its examples. */
async function sitesOf(
  meta: ResultMeta,
  axis: string | undefined,
  store: ResultStore,
  names: readonly string[],
): Promise<Pick<Snapshot['tables'][number], 'places' | 'genes'>> {
  const task = Task.safeParse(meta.task).data;
  if (task?.kind !== 'attribution' || (axis !== 'variant' && axis !== 'example')) return {};
  const [example, feature] = (await store.meta(task.data))?.arrays[0]?.axes ?? [];
  const { places, genes } = (axis === 'variant' ? feature : example) ?? {};
  if (!places && !genes) return {};
  const all = axis === 'variant' ? (feature?.labels ?? []) : (await store.rows(task.data)).rows.map(([name]) => name);
  const byName = (known: readonly string[]): string[] => {
    const of = new Map(known.map((text, at) => [all[at], text]));
    return names.map(name => of.get(name) ?? '');
  };
  return { ...(places && { places: byName(places) }), ...(genes && { genes: byName(genes) }) };
}

/** What the examples are whose array has this second axis. */
const ALPHABETS: Readonly<Record<string, Snapshot['data'][number]['alphabet']>> = {
  position: 'dna',
  variant: 'genotypes',
  gene: 'expression',
};

async function dataOf(name: string, meta: ResultMeta, store: ResultStore): Promise<Snapshot['data'][number]> {
  const [example, feature] = meta.arrays.find(array => array.name === 'array')?.axes ?? [];
  const [examples, length] = [example?.size ?? 0, feature?.size ?? 0];
  const alphabet = ALPHABETS[feature?.name ?? ''] ?? 'dna';
  const table = await store.rows(meta.key, shownExamples(length));
  const column = (heading: string): string[] => {
    const index = table.columns.indexOf(heading);
    return index < 0 ? [] : table.rows.map(row => row[index] ?? '');
  };
  const labels = column('label');
  const labelled = labels.length > 0 && labels.every(label => label !== '');
  return {
    name,
    key: meta.key,
    examples,
    alphabet,
    length,
    ...(alphabet !== 'dna' && feature?.labels && { features: feature.labels }),
    ...(feature?.places && { places: feature.places }),
    ...(feature?.genes && { genes: feature.genes }),
    names: column('name'),
    ...(labelled && { labels: labels.map(Number) }),
    ...(alphabet === 'dna' && { letters: `letters/${meta.key}` }),
    notes: await notesOf(meta, store),
  };
}

/** Key of the data set whose examples are the rows of a map: that of the attribution, whatever corrections came after. */
async function explainedBy(meta: ResultMeta, store: ResultStore): Promise<string | undefined> {
  const task = Task.safeParse(meta.task).data;
  if (task?.kind === 'attribution') return task.data;
  const earlier = task?.kind === 'correction' ? await store.meta(task.attribution) : undefined;
  return earlier && explainedBy(earlier, store);
}

/** Numbers of an array with all bases that a view is given at most. */
const SHOWN_BASES = 8_000_000;
/** Numbers that are read at most to say how far scores differ between references or members. */
const SPREAD_VALUES = 32_000_000;

function mapOf(
  meta: ResultMeta,
): Pick<Snapshot['maps'][number], 'kind' | 'unit' | 'scores' | 'predictions' | 'bases' | 'spread' | 'seconds'> {
  const has = (array: string): boolean => meta.arrays.some(({ name }) => name === array);
  const sizeOf = (array: string): number =>
    meta.arrays.find(({ name }) => name === array)?.axes.reduce((product, { size }) => product * size, 1) ?? 0;
  const spread = spreadOf(meta);
  return {
    kind: isMap(meta.map) ? meta.map : 'contribution',
    unit: meta.arrays.find(({ name }) => name === 'scores')?.unit ?? '',
    scores: `scores/${meta.key}`,
    ...(has('predictions') && { predictions: `predictions/${meta.key}` }),
    ...(meta.map === 'hypothetical' && sizeOf('array') <= SHOWN_BASES && { bases: `bases/${meta.key}` }),
    ...(spread && { spread }),
    seconds: meta.seconds,
  };
}

/** What the map of a sequence is the mean of, where more than one lies in the store: members of an ensemble, or references. */
function spreadOf({ key, arrays }: ResultMeta): Snapshot['maps'][number]['spread'] {
  for (const [name, over] of [
    ['members', 'members'],
    ['multipliers', 'references'],
  ] as const) {
    const axes = arrays.find(array => array.name === name)?.axes;
    if (!axes || axes.at(-1)?.name !== 'base') continue;
    const count = axes[1]?.size ?? 1;
    if (count < 2 || axes.reduce((product, { size }) => product * size, 1) > SPREAD_VALUES) return undefined;
    return { array: `spread/${key}`, over, count };
  }
  return undefined;
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
