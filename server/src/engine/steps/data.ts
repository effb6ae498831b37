/** A data step: reads a source, applies the stages, stores rows as a model reads them. */
import type { Target, Task } from '../../protocol.js';
import type { Examples } from '../data/examples.js';
import type { InputSpace } from '../data/input-space.js';
import { readSource } from '../data/sources.js';
import type { StageInputs } from '../data/stage.js';
import { applyStage } from '../data/stages.js';
import { examplesLayout, examplesTable, inputsOf, StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { classScores, greatest } from '../methods/class-sorting.js';
import { meanOf } from '../methods/ensemble.js';
import { Pass, type Passed } from '../methods/passes.js';
import type { ScalarModel } from '../models/model.js';
import { loadModels } from './models.js';
import { commonFacts, type StepContext } from './step.js';

const BLOCK_ROWS = 4096;

/** @throws Failure, Cancelled */
export async function runData(task: Extract<Task, { kind: 'data' }>, context: StepContext): Promise<void> {
  const started = performance.now();
  const { store, key, files, signal, checkpoint, progress } = context;
  let passes = 0;
  const passed = async (count: number): Promise<void> => {
    passes += count;
    await checkpoint();
  };
  const inputs: StageInputs = {
    data: async other => (await StoredExamples.open(store, other)).all(),
    outputs: (target, examples) => outputsOf(target as Target, examples, context, passed),
    classes: (target, examples) => classesOf(target as Target, examples, context, passed),
  };
  let examples =
    typeof task.source === 'string' ? await inputs.data(task.source) : await readSource(task.source, files);
  for (const stage of task.stages) {
    await checkpoint();
    examples = await applyStage(stage, examples, inputs);
  }
  const rows = examples.names.length;
  if (rows === 0)
    throw new Failure('data/empty', 'no example is left', {
      place: context.title,
      remedy: 'Check the last stages: they remove every example.',
    });
  const writer = await store.begin(key, { arrays: examplesLayout(examples), rows, blockRows: BLOCK_ROWS }, signal);
  if (writer === 'complete') return;
  try {
    for (let from = 0, block = 0; from < rows; from += BLOCK_ROWS, block++) {
      await checkpoint();
      const to = Math.min(from + BLOCK_ROWS, rows);
      await writer.write('array', from, inputsOf(examples, from, to));
      if (examples.alphabet === 'dna') {
        const { truth, distribution, alternatives, length } = examples;
        if (alternatives)
          await writer.write('alternatives', from, inputsOf({ ...examples, letters: alternatives }, from, to));
        if (truth) await writer.write('truth', from, truth.subarray(from * length, to * length));
        if (distribution)
          await writer.write('distribution', from, distribution.subarray(4 * from * length, 4 * to * length));
      } else {
        if (examples.truth && block === 0) await writer.write('feature_truth', 0, examples.truth.values);
        const { covariates } = examples;
        const width = covariates?.names.length ?? 0;
        if (covariates) await writer.write('covariates', from, covariates.values.subarray(from * width, to * width));
      }
      await writer.finishBlock(block, {});
      progress(to, rows);
    }
    await writer.writeRows(examplesTable(examples));
    await writer.complete({
      ...commonFacts(context, task),
      notes: [...examples.notes],
      seconds: (performance.now() - started) / 1000,
      passes,
    });
  } finally {
    await writer.release();
  }
}

/** The target at every example; of an ensemble, the mean over its members. */
async function outputsOf(
  target: Target,
  examples: Examples,
  context: StepContext,
  passed: Passed,
): Promise<Float32Array> {
  const models = await loadModels(target, context);
  const sum = new Float64Array(examples.names.length);
  for (const model of models) {
    requireFit(model, examples.alphabet, examples.length);
    const pass = await Pass.forward(model, context.executor);
    try {
      for (let from = 0; from < sum.length; from += BLOCK_ROWS) {
        const rows = inputsOf(examples, from, Math.min(from + BLOCK_ROWS, sum.length));
        (await pass.run(rows, passed)).forEach((value, i) => (sum[from + i]! += value));
      }
    } finally {
      await pass.release();
    }
  }
  return Float32Array.from(sum, total => total / models.length);
}

/** The class that the members of an ensemble predict together, for targets that name none. */
async function classesOf(
  target: Target,
  examples: Examples,
  context: StepContext,
  passed: Passed,
): Promise<readonly number[] | undefined> {
  const models = await loadModels(target, context);
  if (models.every(model => model.perExample.length === 0)) return undefined;
  const count = examples.names.length;
  const scores: Float32Array[] = [];
  for (const model of models) {
    requireFit(model, examples.alphabet, examples.length);
    const inputs = (from: number, to: number): Float32Array => inputsOf(examples, from, to);
    scores.push(await classScores(model, context.executor, count, inputs, passed));
  }
  return greatest(meanOf(scores), count);
}

/** @throws Failure `data/alphabet`, `data/length` when examples do not fit the model */
export function requireFit(model: ScalarModel, alphabet: InputSpace['alphabet'], length: number): void {
  if ((alphabet === 'dna') !== (model.space.alphabet === 'dna'))
    throw new Failure('data/alphabet', `the model reads ${model.space.alphabet}, the examples hold ${alphabet}`, {
      remedy: 'Use data of the kind that the model was trained on.',
    });
  if (model.length !== length)
    throw new Failure(
      'data/length',
      `the model reads ${model.length} ${alphabet === 'dna' ? 'positions' : 'features'}, the examples have ${length}`,
      { remedy: 'Use data of the length that the model was trained on.' },
    );
}
