/** How the measurements of faithfulness ask the model about examples with features replaced. */
import type { PlainCall } from '../../../catalog/specification.js';
import type * as specifications from '../../../catalog/metrics/faithfulness.js';
import { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { wholeData } from '../../methods/global/whole-data.js';
import { targetAt, type TargetAt } from '../../methods/class-sorting.js';
import type { Passed } from '../../methods/passes.js';
import { fillReferences } from '../../methods/pairs.js';
import { referenceOf } from '../../methods/references/references.js';
import { METRICS } from '../../metrics/metrics.js';
import { isMap } from '../../metrics/position-scores.js';
import {
  otherBases,
  otherCounts,
  randomChanges,
  replacementCurves,
  type Alternative,
  type Explained,
  type StreamOf,
} from '../../metrics/replacement.js';
import type { Ask } from '../../metrics/row-queue.js';
import type { ScalarModel } from '../../models/model.js';
import { Stream } from '../../random/philox.js';
import { sortingOf } from '../explainer.js';
import { loadModels } from '../models.js';
import { attributionBehind, metaOf } from '../results.js';
import type { StepContext } from '../step.js';
import { only, read, type Measures, type MetricTask } from './measure.js';

export const FAITHFULNESS_MEASURES: Measures<typeof specifications> = {
  infidelity: (task, parameters, context, passed) =>
    withModel(task, parameters, 'infidelity', context, passed, async (...asked) =>
      METRICS.infidelity(await changes(parameters, ...asked)),
    ),
  faithfulness_correlation: (task, parameters, context, passed) =>
    withModel(task, parameters, 'faithfulness_correlation', context, passed, async (...asked) =>
      METRICS.faithfulness_correlation(await changes(parameters, ...asked)),
    ),
  deletion: (task, parameters, context, passed) =>
    withModel(task, parameters, 'deletion', context, passed, async (explained, ...asked) =>
      METRICS.deletion(await replacementCurves(explained, 'deletion', parameters, ...asked)),
    ),
  insertion: (task, parameters, context, passed) =>
    withModel(task, parameters, 'insertion', context, passed, async (explained, ...asked) =>
      METRICS.insertion(await replacementCurves(explained, 'insertion', parameters, ...asked)),
    ),
};

function changes(
  { share, samples }: { readonly share: number; readonly samples: number },
  explained: Explained,
  ...asked: [Alternative, StreamOf, Ask]
) {
  const features = explained.space.shape[0]!;
  const count = Math.min(features, Math.max(1, Math.round(share * features)));
  return randomChanges(explained, { count, samples }, ...asked);
}

async function withModel<Result>(
  task: MetricTask,
  { baseline, seed }: { readonly baseline?: PlainCall; readonly seed: number },
  purpose: string,
  context: StepContext,
  passed: Passed,
  measure: (explained: Explained, alternative: Alternative, streamOf: StreamOf, ask: Ask) => Promise<Result>,
): Promise<Result> {
  const { store, executor } = context;
  const key = only(task);
  const { target, data } = await attributionBehind(store, key);
  const { map: kind } = await metaOf(store, key);
  if (kind === undefined || !isMap(kind)) throw new Error('a map of the input is expected');
  const models = await loadModels(target, context);
  const examples = await StoredExamples.open(store, data);
  const explained: Explained = {
    space: examples.space,
    kind,
    x: await wholeData(examples),
    map: await read(context, key, 'array'),
    scores: await read(context, key, 'scores'),
    outputs: await read(context, key, 'predictions'),
  };
  const streamOf =
    (name: string): StreamOf =>
    (example, draw) =>
      new Stream(seed, name, examples.origins[example], draw);
  const alternative =
    baseline === undefined
      ? substitutions(explained, streamOf(`${purpose} substitutions`), context)
      : await references(baseline, examples, models[0]!, context);
  const targets: TargetAt[] = [];
  try {
    for (const model of models)
      targets.push(await targetAt(model, executor, await sortingOf(model, examples, executor, passed)));
    return await measure(explained, alternative, streamOf(purpose), async (rows, copied) => {
      const all: Float32Array[] = [];
      for (const each of targets) all.push(await each.run(rows, copied, passed));
      return all[0]!.map((_, row) => all.reduce((sum, one) => sum + one[row]!, 0) / all.length);
    });
  } finally {
    for (const each of targets) await each.release();
  }
}

/** @throws Failure `metric/no-baseline` for numbers that have no other letters or counts */
function substitutions({ space, x }: Explained, streamOf: StreamOf, { title }: StepContext): Alternative {
  const size = space.shape.reduce((product, extent) => product * extent, 1);
  const exchange = space.alphabet === 'dna' ? otherBases : otherCounts;
  if (space.alphabet === 'expression' || (space.alphabet === 'genotypes' && x.some(v => v !== 0 && v !== 1 && v !== 2)))
    throw new Failure(
      'metric/no-baseline',
      'these numbers are no counts of alleles: nothing says what else they could be',
      {
        place: title,
        remedy: 'Give the metric a reference: baseline: mean(of: training).',
      },
    );
  return (example, draw) =>
    Promise.resolve(exchange(x.subarray(example * size, (example + 1) * size), streamOf(example, draw)));
}

/** The references of an example, one for each draw and from the first again when they are used up. */
async function references(
  call: PlainCall,
  examples: StoredExamples,
  model: ScalarModel,
  { store, files }: StepContext,
): Promise<Alternative> {
  const reference = await referenceOf(call, { examples, open: data => StoredExamples.open(store, data), files });
  const all = new Float32Array(reference.copies * model.size);
  let filled = -1;
  return async (example, draw) => {
    if (filled !== example) await fillReferences({ examples, model }, reference, example, example + 1, all);
    filled = example;
    const at = (draw % reference.copies) * model.size;
    return all.slice(at, at + model.size);
  };
}
