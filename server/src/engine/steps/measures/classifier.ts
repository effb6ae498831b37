/** A classifier as its measurements see it: the examples that it gets right, their scores, baselines, and the model to ask. */
import type { PlainCall } from '../../../catalog/specification.js';
import type { Call, Note, Target } from '../../../protocol.js';
import { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { wholeData } from '../../methods/global/whole-data.js';
import type { Passed } from '../../methods/passes.js';
import { fillReferences } from '../../methods/pairs.js';
import { referenceOf } from '../../methods/references/references.js';
import { likeliest } from '../../metrics/classes.js';
import { requireFinite } from '../../metrics/metric.js';
import type { Replaced } from '../../metrics/prediction-gaps.js';
import type { ScalarModel } from '../../models/model.js';
import { classProbabilities, type ClassProbabilities } from '../class-probabilities.js';
import { loadModels } from '../models.js';
import { attributionBehind } from '../results.js';
import type { StepContext } from '../step.js';
import { examplesBehind, only, read, type MetricTask } from './measure.js';

/** A classifier with the examples that it classifies correctly and that are explained for their own class. */
export interface Classifier extends Omit<Replaced, 'baseline'> {
  readonly method: Call;
  readonly model: ScalarModel;
  /** The data set that these examples are from. */
  readonly examples: StoredExamples;
  /** Their rows there. */
  readonly rows: readonly number[];
  readonly names: readonly string[];
  readonly ask: ClassProbabilities['ask'];
  readonly products: ClassProbabilities['products'];
  readonly notes: readonly Note[];
}

export async function withClassifier<Result>(
  task: MetricTask,
  context: StepContext,
  passed: Passed,
  measure: (classifier: Classifier) => Promise<Result>,
): Promise<Result> {
  const key = only(task);
  const { method, target } = await attributionBehind(context.store, key);
  const models = await loadModels(target, context);
  const probabilities = await classProbabilities(models, context.executor, passed);
  const { ask, products, units } = probabilities;
  try {
    const examples = await examplesBehind(context, key);
    const { length: features, size, labels } = examples;
    const all = await wholeData(examples);
    const found = await ask(all);
    const count = found.length / examples.count;
    const explained = explainedClass(target, units);
    const rows: number[] = [];
    let wrong = 0;
    labels.forEach((label, row) => {
      if (label === undefined || !Number.isInteger(label) || label < 0 || label >= count)
        throw new Failure(
          'metric/labels',
          `its label is ${label ?? 'missing'}; the model has the classes 0 to ${count - 1}`,
          {
            place: `example "${examples.names[row]}"`,
            remedy: 'Label the data with the numbers of the classes.',
          },
        );
      if (explained !== undefined && label !== explained) return;
      if (likeliest(found.subarray(row * count, (row + 1) * count)) === label) rows.push(row);
      else wrong++;
    });
    if (rows.length === 0)
      throw new Failure('metric/no-correct', 'no example is classified correctly', { place: context.title });
    const scores = Float32Array.from(await read(context, key, 'scores'));
    requireFinite(scores, 'scores', features, examples.names);
    const classes = rows.map(row => labels[row]!);
    return await measure({
      method,
      model: models[0]!,
      examples,
      rows,
      names: rows.map(row => examples.names[row]!),
      ask,
      products,
      notes: notesOf(examples.count, rows.length, wrong, explained),
      classes,
      features,
      scores: rowsOf(scores, rows, features),
      x: rowsOf(all, rows, size),
      probabilities: Float64Array.from(rows, (row, i) => found[row * count + classes[i]!]!),
    });
  } finally {
    await probabilities.release();
  }
}

/**
 * The class that a target explains in every example; undefined where it explains each example's own (a predicted class is that
 * of a correct example).
 *
 * @param units values in front of the final softmax or sigmoid; a single one speaks for class 1
 */
function explainedClass({ target, model }: Target, units: number): number | undefined {
  const { call, parameters } = target;
  if (call === 'true_class' || call === 'predicted_class') return undefined;
  if (!['class', 'logit', 'output'].includes(call))
    throw new Failure('metric/no-class', `the target ${call} stands for no class`, {
      remedy: 'Explain true_class, or one class: class("B cell").',
    });
  if (units === 1) return 1;
  const wanted = parameters[call === 'class' ? 'class' : 'index'];
  const names = model.parameters['classes'];
  return typeof wanted === 'string' && Array.isArray(names) ? names.indexOf(wanted) : Number(wanted);
}

function rowsOf(values: Float32Array, rows: readonly number[], width: number): Float32Array {
  const chosen = new Float32Array(rows.length * width);
  rows.forEach((row, i) => chosen.set(values.subarray(row * width, (row + 1) * width), i * width));
  return chosen;
}

function notesOf(examples: number, used: number, wrong: number, explained: number | undefined): Note[] {
  const others = examples - used - wrong;
  const notes: Note[] = [];
  if (wrong > 0)
    notes.push({
      level: 'information',
      code: 'metric/misclassified',
      message: `${wrong} of ${examples} examples are classified wrongly and left out.`,
    });
  if (others > 0)
    notes.push({
      level: 'information',
      code: 'metric/other-class',
      message: `${others} of ${examples} examples are not of class ${explained}, which the target explains, and left out.`,
    });
  return notes;
}

/** The classifier's examples beside the input that they lose their features to. */
export async function withBaseline(
  classifier: Classifier,
  given: PlainCall | undefined,
  context: StepContext,
): Promise<Replaced> {
  const { examples, model, rows, method } = classifier;
  const call = given ?? baselineOf(method);
  if (call === undefined)
    throw new Failure('metric/no-baseline', `${method.call} has no baseline by which features could be replaced`, {
      place: context.title,
      remedy: 'Give one to the metric: baseline: mean(of: training).',
    });
  const reference = await referenceOf(call, {
    examples,
    open: data => StoredExamples.open(context.store, data),
    files: context.files,
  });
  if (reference.copies !== 1)
    throw new Failure('metric/baselines', `${call.call} gives ${reference.copies} references for each example`, {
      place: context.title,
      remedy: 'Give the metric a single one: baseline: mean(of: training).',
    });
  const all = new Float32Array(examples.count * model.size);
  await fillReferences({ examples, model }, reference, 0, examples.count, all);
  return { ...classifier, baseline: rowsOf(all, rows, model.size) };
}

/** The baseline of a method, or of the method inside a wrapper. */
function baselineOf({ parameters }: Pick<PlainCall, 'parameters'>): PlainCall | undefined {
  for (const name of ['baseline', 'method']) {
    const value = parameters[name];
    if (typeof value !== 'object' || !('parameters' in value)) continue;
    // The plan has checked the parameters against the catalog: under these names are calls.
    const call = value as unknown as PlainCall;
    return name === 'baseline' ? call : baselineOf(call);
  }
  return undefined;
}
