/** How the measurements of classifiers put together what they measure. */
import type { ParametersOf } from '../../../catalog/specification.js';
import type * as specifications from '../../../catalog/metrics/classifiers.js';
import { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { correlatedPairs } from '../../methods/global/correlated-pairs.js';
import { Correlations } from '../../methods/global/correlations.js';
import { wholeData } from '../../methods/global/whole-data.js';
import { deviation } from '../../methods/noise.js';
import { diffused, diffusionOf, LEAST } from '../../metrics/diffusion.js';
import { keepFeatures, selections } from '../../metrics/keep-curve.js';
import { losing } from '../../metrics/losing-features.js';
import { METRICS } from '../../metrics/metrics.js';
import { openxaiGaps } from '../../metrics/openxai-gaps.js';
import { adjusted, ordersBy, predictionGaps } from '../../metrics/prediction-gaps.js';
import { varianceRatios } from '../../metrics/test-overlap.js';
import { Stream } from '../../random/philox.js';
import type { StepContext } from '../step.js';
import { withBaseline, withClassifier, type Classifier } from './classifier.js';
import type { Measures } from './measure.js';

export const CLASSIFIER_MEASURES: Measures<typeof specifications> = {
  pgi: (task, { gap, over, combine, baseline }, context, passed) =>
    withClassifier(task, context, passed, async classifier => {
      const replaced = await withBaseline(classifier, baseline, context);
      const { local, global } = ordersBy(replaced, 1, over, combine);
      const byStep = await losing(replaced, classifier);
      const gaps = {
        local: await predictionGaps(replaced, gap, local, byStep),
        global: await predictionGaps(replaced, gap, global, byStep),
      };
      return METRICS.pgi({ gaps, classes: replaced.classes, notes: classifier.notes });
    }),
  pgu: (task, { gap, over, combine, baseline }, context, passed) =>
    withClassifier(task, context, passed, async classifier => {
      const replaced = await withBaseline(classifier, baseline, context);
      const { classes } = replaced;
      const orders = ordersBy(replaced, -1, over, combine);
      const byStep = await losing(replaced, classifier);
      const local = await predictionGaps(replaced, gap, orders.local, byStep);
      const global = await predictionGaps(replaced, gap, orders.global, byStep);
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
      const byStep = await losing(replaced, classifier);
      const mean = new Float64Array(classes.length);
      for (let repeat = 0; repeat < repeats; repeat++) {
        const order = Uint32Array.from({ length: features }, (_, feature) => feature);
        new Stream(seed, 'pgr', undefined, repeat).shuffle(order);
        const gaps = await predictionGaps(replaced, gap, () => order, byStep);
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
