/**
 * Examples sorted by the classes that a target stands for at each of them (`true_class`, `predicted_class`), and what a model says
 * for the class of each.
 */
import type { Executor } from '../backends/executor.js';
import type { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { sizeOf } from '../graph/graph.js';
import type { ScalarModel } from '../models/model.js';
import { logits, type ChosenClasses, type PerExample } from '../transforms/target.js';
import { batchSize } from './batch.js';
import type { MethodContext } from './method.js';
import { Pass, type Passed } from './passes.js';
import { predict } from './predictions.js';

const ROWS_AT_ONCE = 4096;

/** Rows of the same classes. */
interface Sorted {
  readonly classes: ChosenClasses;
  readonly rows: number[];
}

/** Examples sorted by class. */
export interface Sorting {
  /** In order of first appearance, by name. */
  readonly groups: ReadonlyMap<string, Sorted>;
  /** The class that the model predicts for each example. */
  readonly predicted: readonly number[];
}

/**
 * Sorts examples by the classes that the targets of a model stand for there.
 *
 * @throws Failure `target/label` for an example without a class
 */
export async function sortByClass({
  model,
  executor,
  examples,
  passed,
}: Pick<MethodContext, 'model' | 'executor' | 'examples' | 'passed'>): Promise<Sorting> {
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

/**
 * The target at every example, and the class that the model predicts for it.
 *
 * @throws Failure `target/label` for an example without a class
 */
export async function predictByClass(
  context: Pick<MethodContext, 'model' | 'executor' | 'examples' | 'passed'>,
): Promise<{ readonly outputs: Float32Array; readonly predicted: readonly number[] }> {
  const { model, executor, examples, passed } = context;
  const { groups, predicted } = await sortByClass(context);
  const outputs = new Float32Array(examples.count);
  for (const { classes, rows } of groups.values()) {
    const values = await predict(model.forClasses(classes), examples.select(rows), executor, passed);
    rows.forEach((row, i) => (outputs[row] = values[i]!));
  }
  return { outputs, predicted };
}

/** The target at changed copies of examples, each for the class of its example. */
export interface TargetAt {
  /**
   * @param x [row, …shape]
   * @param examples of which the rows are copies
   */
  run(x: Float32Array, examples: readonly number[], passed: Passed): Promise<Float32Array>;
  release(): Promise<void>;
}

/** @param sorting of the examples, for a model whose target differs between them */
export async function targetAt(
  model: ScalarModel,
  executor: Executor,
  sorting: Sorting | undefined,
): Promise<TargetAt> {
  if (sorting === undefined) {
    const pass = await Pass.forward(model, executor);
    return { run: (x, _, passed) => pass.run(x, passed), release: () => pass.release() };
  }
  const passes: { readonly members: ReadonlySet<number>; readonly pass: Pass }[] = [];
  for (const { classes, rows } of sorting.groups.values())
    passes.push({ members: new Set(rows), pass: await Pass.forward(model.forClasses(classes), executor) });
  return {
    async run(x, examples, passed) {
      const values = new Float32Array(examples.length);
      for (const { members, pass } of passes) {
        const rows = [...examples.keys()].filter(row => members.has(examples[row]!));
        if (rows.length === 0) continue;
        const found = await pass.run(takeRows(x, rows, model.size), passed);
        rows.forEach((row, i) => (values[row] = found[i]!));
      }
      return values;
    },
    async release() {
      for (const { pass } of passes) await pass.release();
    },
  };
}

/** Some rows of [row, size], in their order. */
export function takeRows(x: Float32Array, rows: readonly number[], size: number): Float32Array {
  const taken = new Float32Array(rows.length * size);
  rows.forEach((row, i) => taken.set(x.subarray(row * size, (row + 1) * size), i * size));
  return taken;
}
