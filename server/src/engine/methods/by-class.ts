/**
 * Targets that are another unit for each example (`true_class`, `predicted_class`): examples are sorted by their classes,
 * and each class has its own model, whose target is one fixed unit, and its own prepared method, which sees nothing but the
 * examples of that class. So no method and no graph knows of such targets.
 */
import type { PlainCall } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import type { Json } from '../../store/writer.js';
import type { Executor } from '../backends/executor.js';
import type { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { sizeOf } from '../graph/graph.js';
import type { ScalarModel } from '../models/model.js';
import { logits, type ChosenClasses, type PerExample } from '../transforms/target.js';
import { batchSize } from './batch.js';
import type { Block, BlockResult, MethodContext, PreparedMethod } from './method.js';
import { Pass, type Passed } from './passes.js';
import { predict } from './predictions.js';

const ROWS_AT_ONCE = 4096;

/** Examples of the same classes. */
interface Group {
  readonly name: string;
  /** Their rows, ascending. */
  readonly rows: readonly number[];
  readonly method: PreparedMethod;
}

/**
 * Prepares a method for a model whose target differs between examples.
 *
 * @param context `outputs` receives the target at every example
 * @throws Failure `target/label` for an example without a class, `target/whole` for methods that explain no single example
 */
export async function prepareByClass(
  call: Pick<PlainCall, 'call' | 'parameters'>,
  context: MethodContext,
): Promise<PreparedMethod> {
  const { model, executor, examples, outputs, passed, prepare } = context;
  const groups: Group[] = [];
  const release = async (): Promise<void> => {
    for (const { method } of groups) await method.release();
  };
  try {
    for (const [name, { classes, rows }] of (await groupsOf(context)).groups) {
      const own = { ...context, model: model.forClasses(classes), examples: examples.select(rows) };
      const values = await predict(own.model, own.examples, executor, passed);
      rows.forEach((row, i) => (outputs[row] = values[i]!));
      const method = await prepare(call, { ...own, outputs: values });
      groups.push({ name, rows, method });
      if (method.rows !== undefined)
        throw new Failure(
          'target/whole',
          `${call.call} describes a data set, and its target differs between examples`,
          { place: model.name, remedy: 'Name one class for all of them: class("B cell").' },
        );
    }
  } catch (error) {
    await release();
    throw error;
  }
  const { produces, arrays, axes, unit } = groups[0]!.method;
  return {
    produces,
    arrays,
    ...(axes !== undefined && { axes }),
    ...(unit !== undefined && { unit }),
    blockRows: Math.min(...groups.map(({ method }) => method.blockRows)),
    explain: block => explainGroups(block, groups, model.size),
    notes: infos => groups.flatMap(group => notesOf(group, infos)),
    release,
  };
}

/**
 * The target at every example, and the class that the model predicts for it.
 *
 * @throws Failure `target/label` for an example without a class
 */
export async function predictByClass(
  context: Pick<MethodContext, 'model' | 'executor' | 'examples' | 'passed'>,
): Promise<{ readonly outputs: Float32Array; readonly predicted: readonly number[] }> {
  const { model, executor, examples, passed } = context;
  const { groups, predicted } = await groupsOf(context);
  const outputs = new Float32Array(examples.count);
  for (const { classes, rows } of groups.values()) {
    const values = await predict(model.forClasses(classes), examples.select(rows), executor, passed);
    rows.forEach((row, i) => (outputs[row] = values[i]!));
  }
  return { outputs, predicted };
}

/** Explains the rows of a block group by group, and puts them back in their order. */
async function explainGroups({ from, to, x }: Block, groups: readonly Group[], size: number): Promise<BlockResult> {
  const arrays: Record<string, Float32Array | Float64Array> = {};
  const info: Record<string, Json> = {};
  for (const { name, rows, method } of groups) {
    // Rows of a block are a range of the group's, because both are ascending.
    const first = rows.findIndex(row => row >= from);
    const chosen = rows.filter(row => row >= from && row < to);
    if (chosen.length === 0) continue;
    const own = new Float32Array(chosen.length * size);
    chosen.forEach((row, i) => own.set(x.subarray((row - from) * size, (row - from + 1) * size), i * size));
    const result = await method.explain({ from: first, to: first + chosen.length, x: own });
    for (const [key, part] of Object.entries({ ...result.arrays, map: result.map })) {
      const width = part.length / chosen.length;
      const all = (arrays[key] ??= emptyLike(part, (to - from) * width));
      chosen.forEach((row, i) => all.set(part.subarray(i * width, (i + 1) * width), (row - from) * width));
    }
    if (result.info !== undefined) info[name] = result.info;
  }
  const { map, ...others } = arrays;
  return { map: map as Float32Array, arrays: others, info };
}

const emptyLike = (array: Float32Array | Float64Array, size: number): Float32Array | Float64Array =>
  array instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);

function notesOf({ name, method }: Group, infos: readonly Json[]): Note[] {
  const own = infos.flatMap(info => (info as Record<string, Json>)[name] ?? []);
  return method.notes(own).map(note => ({ ...note, message: `${name}: ${note.message}` }));
}

/** Rows of the same classes. */
interface Sorted {
  readonly classes: ChosenClasses;
  readonly rows: number[];
}

/** Rows by the classes that the targets of a model stand for there, in order of first appearance; and what is predicted. */
async function groupsOf({
  model,
  executor,
  examples,
  passed,
}: Pick<MethodContext, 'model' | 'executor' | 'examples' | 'passed'>): Promise<{
  readonly groups: ReadonlyMap<string, Sorted>;
  readonly predicted: readonly number[];
}> {
  const inputs = (from: number, to: number) => examples.inputs(from, to);
  const scores = await classScores(model, executor, examples.count, inputs, passed);
  const classes = Math.max(2, scores.length / examples.count);
  const predicted = greatest(scores, examples.count);
  const units = new Map<PerExample, readonly number[]>(
    model.perExample.map(name => [name, name === 'true_class' ? labelsOf(examples, classes) : predicted]),
  );
  const groups = new Map<string, Sorted>();
  for (let row = 0; row < examples.count; row++) {
    const chosen = [...units].map(([name, of]) => [name, of[row]!] as const);
    const key = chosen.map(([name, of]) => `${name} ${of}`).join(', ');
    const group: Sorted = groups.get(key) ?? { classes: Object.fromEntries(chosen), rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  return { groups, predicted };
}

/**
 * The logits of all classes, [row, class]; a single one speaks for class 1.
 *
 * @param inputs rows `from` … `to − 1` as the model reads them
 */
export async function classScores(
  model: ScalarModel,
  executor: Executor,
  count: number,
  inputs: (from: number, to: number) => Float32Array | Promise<Float32Array>,
  passed: Passed,
): Promise<Float32Array> {
  const anyClass = model.forClasses({ true_class: 0, predicted_class: 0 });
  const graph = anyClass.build(batchSize(anyClass));
  const values = logits(anyClass.attachOutputs(graph.builder, graph.x));
  const pass = await Pass.compile(anyClass, executor, graph, values);
  try {
    const width = sizeOf(graph.builder.shape(values).slice(1));
    const all = new Float32Array(count * width);
    for (let from = 0; from < count; from += ROWS_AT_ONCE) {
      const x = await inputs(from, Math.min(from + ROWS_AT_ONCE, count));
      all.set(await pass.run(x, passed), from * width);
    }
    return all;
  } finally {
    await pass.release();
  }
}

function labelsOf({ labels, names }: StoredExamples, classes: number): number[] {
  return labels.map((label, row) => {
    if (label !== undefined && Number.isInteger(label) && label >= 0 && label < classes) return label;
    throw new Failure(
      'target/label',
      `the example ${names[row]} has ${label === undefined ? 'no label' : `the label ${label}`}; true_class needs a class of 0 … ${classes - 1}`,
      { remedy: 'Label the data, or explain predicted_class.' },
    );
  });
}

/** The class with the greatest score at each example, the first of equal ones; a single score speaks for class 1. */
export function greatest(scores: Float32Array, count: number): number[] {
  const width = scores.length / count;
  return Array.from({ length: count }, (_, row) => {
    const own = scores.subarray(row * width, (row + 1) * width);
    if (width === 1) return Number(own[0]! > 0);
    return own.indexOf(own.reduce((top, score) => Math.max(top, score)));
  });
}
