/** How the measurements of classifiers get what they measure: correct examples, their scores, baselines, and the model to ask. */
import type { ParametersOf, PlainCall } from '../../../catalog/specification.js';
import type * as specifications from '../../../catalog/metrics/classifiers.js';
import type { Call, Note, Target } from '../../../protocol.js';
import { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { correlatedPairs } from '../../methods/global/correlated-pairs.js';
import { Correlations } from '../../methods/global/correlations.js';
import { wholeData } from '../../methods/global/whole-data.js';
import { deviation } from '../../methods/noise.js';
import { fillReferences } from '../../methods/pairs.js';
import { referenceOf } from '../../methods/references/references.js';
import { diffused, diffusionOf, LEAST } from '../../metrics/diffusion.js';
import { likeliest } from '../../metrics/classes.js';
import { keepFeatures, selections } from '../../metrics/keep-curve.js';
import { requireFinite } from '../../metrics/metric.js';
import { METRICS } from '../../metrics/metrics.js';
import { openxaiGaps } from '../../metrics/openxai-gaps.js';
import { adjusted, ordersBy, predictionGaps, type Replaced } from '../../metrics/prediction-gaps.js';
import { varianceRatios } from '../../metrics/test-overlap.js';
import type { ScalarModel } from '../../models/model.js';
import { Stream } from '../../random/philox.js';
import { classProbabilities, type ClassProbabilities } from '../class-probabilities.js';
import { loadModels } from '../models.js';
import { attributionBehind } from '../results.js';
import type { StepContext } from '../step.js';
import { examplesBehind, only, read, type Measures, type MetricTask } from './measure.js';

type Passed = (count: number) => Promise<void>;

export const CLASSIFIER_MEASURES: Measures<typeof specifications> = {
  pgi: (task, { gap, over, combine, baseline }, context, passed) =>
    withClassifier(task, context, passed, async classifier => {
      const replaced = await withBaseline(classifier, baseline, context);
      const { local, global } = ordersBy(replaced, 1, over, combine);
      const gaps = {
        local: await predictionGaps(replaced, gap, local, classifier.ask),
        global: await predictionGaps(replaced, gap, global, classifier.ask),
      };
      return METRICS.pgi({ gaps, classes: replaced.classes, notes: classifier.notes });
    }),
  pgu: (task, { gap, over, combine, baseline }, context, passed) =>
    withClassifier(task, context, passed, async classifier => {
      const replaced = await withBaseline(classifier, baseline, context);
      const { classes } = replaced;
      const orders = ordersBy(replaced, -1, over, combine);
      const local = await predictionGaps(replaced, gap, orders.local, classifier.ask);
      const global = await predictionGaps(replaced, gap, orders.global, classifier.ask);
      const found = await classifier.ask(replaced.baseline);
      const count = found.length / classes.length;
      const atBaseline = Float64Array.from(classes, (label, example) => found[example * count + label]!);
      const gaps = {
        local,
        global,
        local_adjusted: adjusted(local, atBaseline, classes),
        global_adjusted: adjusted(global, atBaseline, classes),
      };
      return METRICS.pgu({ gaps, classes, notes: classifier.notes });
    }),
  pgr: (task, { gap, repeats, seed, baseline }, context, passed) =>
    withClassifier(task, context, passed, async classifier => {
      const replaced = await withBaseline(classifier, baseline, context);
      const { classes, features } = replaced;
      const mean = new Float64Array(classes.length);
      for (let repeat = 0; repeat < repeats; repeat++) {
        const order = Uint32Array.from({ length: features }, (_, feature) => feature);
        new Stream(seed, 'pgr', undefined, repeat).shuffle(order);
        const gaps = await predictionGaps(replaced, gap, () => order, classifier.ask);
        gaps.forEach((value, example) => (mean[example]! += value / repeats));
      }
      return METRICS.pgr({ gaps: { mean }, classes, notes: classifier.notes });
    }),
  openxai_pgi: (task, parameters, context, passed) =>
    withClassifier(task, context, passed, async classifier => {
      const gaps = { mean: await noiseGaps(classifier, 'important', parameters) };
      return METRICS.openxai_pgi({ gaps, classes: classifier.classes, notes: classifier.notes });
    }),
  openxai_pgu: (task, parameters, context, passed) =>
    withClassifier(task, context, passed, async classifier => {
      const gaps = { mean: await noiseGaps(classifier, 'unimportant', parameters) };
      return METRICS.openxai_pgu({ gaps, classes: classifier.classes, notes: classifier.notes });
    }),
  feature_agreement: (task, { diffuse }, context, passed) =>
    withClassifier(task, context, passed, async classifier => {
      const { classes, features, notes, names, examples } = classifier;
      let { scores } = classifier;
      if (diffuse !== undefined) {
        const joined = await StoredExamples.open(context.store, diffuse);
        requireSameFeatures(joined, examples, context);
        const correlations = new Correlations(await wholeData(joined), joined.count, features);
        const pairs = await correlatedPairs(correlations, LEAST, context.executor, () => passed(0));
        scores = diffused(scores, diffusionOf(features, pairs));
      }
      const columns = new Set(examples.featureTruth?.columns);
      // Simulated samples are named after their sub-class.
      const groups = classes.map((label, example) => {
        const [group = ''] = names[example]!.split(' sample ');
        return columns.has(group) ? group : `class ${label}`;
      });
      return METRICS.feature_agreement({ classes, scores, features, groups, truth: examples.featureTruth, notes });
    }),
  test_overlap: (task, { top, data }, context, passed) =>
    withClassifier(task, context, passed, async classifier => {
      const { features, examples, classes, scores, notes } = classifier;
      const tested = data === undefined ? examples : await StoredExamples.open(context.store, data);
      requireSameFeatures(tested, examples, context);
      const labels = tested.labels.map((label, row) => {
        if (label !== undefined) return label;
        throw new Failure('metric/labels', 'it has no label', {
          place: `example "${tested.names[row]}"`,
          remedy: 'Label the data with the numbers of the classes.',
        });
      });
      const ratios = varianceRatios(await wholeData(tested), labels, features);
      return METRICS.test_overlap({ classes, scores, features, ratios, top, notes });
    }),
  keep_curve: (task, { sizes, baseline, ...options }, context, passed) =>
    withClassifier(task, context, passed, async classifier => {
      const replaced = await withBaseline(classifier, baseline, context);
      const { classes, features } = replaced;
      const possible = [...new Set(sizes.filter(size => size < features))].sort((a, b) => a - b);
      if (possible.length === 0)
        throw new Failure('metric/sizes', `none of ${sizes.join(', ')} is smaller than the ${features} features`, {
          place: context.title,
          remedy: 'Give smaller sizes.',
        });
      const kept = [];
      for (const selection of selections(replaced, options))
        kept.push(await keepFeatures(replaced, selection, possible, classifier.ask));
      return METRICS.keep_curve({ classes, sizes: possible, kept, notes: classifier.notes });
    }),
};

/** A classifier with the examples that it classifies correctly and that are explained for their own class. */
interface Classifier extends Omit<Replaced, 'baseline'> {
  readonly method: Call;
  readonly model: ScalarModel;
  /** The data set that these examples are from. */
  readonly examples: StoredExamples;
  /** Their rows there. */
  readonly rows: readonly number[];
  readonly names: readonly string[];
  readonly ask: ClassProbabilities['ask'];
  readonly notes: readonly Note[];
}

async function withClassifier<Result>(
  task: MetricTask,
  context: StepContext,
  passed: Passed,
  measure: (classifier: Classifier) => Promise<Result>,
): Promise<Result> {
  const key = only(task);
  const { method, target } = await attributionBehind(context.store, key);
  const models = await loadModels(target, context);
  const probabilities = await classProbabilities(models, context.executor, passed);
  const { ask, units } = probabilities;
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
async function withBaseline(
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

/** Mean change under noise, with draws that depend on the example and the copy alone. */
function noiseGaps(
  classifier: Classifier,
  moved: 'important' | 'unimportant',
  { top, samples, noise, seed }: ParametersOf<typeof specifications.openxai_pgi>,
): Promise<Float64Array> {
  const { examples, rows } = classifier;
  const options = {
    top,
    moved,
    samples,
    deviation: (example: Float32Array) => deviation(noise, example),
    noise: (example: number, sample: number) => {
      const stream = new Stream(seed, 'openxai noise', examples.origins[rows[example]!], sample);
      return () => stream.normal();
    },
  };
  return openxaiGaps(classifier, options, classifier.ask);
}

/** @throws Failure `metric/features` when the graph is of other features than the scores */
function requireSameFeatures(joined: StoredExamples, examples: StoredExamples, { title }: StepContext): void {
  if (joined.features.join('\n') === examples.features.join('\n')) return;
  throw new Failure('metric/features', 'the named data have other features than the explained ones', {
    place: title,
    remedy: 'Name the data that the model was trained on.',
  });
}
