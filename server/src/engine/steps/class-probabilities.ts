/** The probabilities of all classes, whatever the target of a model is: what says how sure and how right a classifier is. */
import type { Executor } from '../backends/executor.js';
import { Failure } from '../failure.js';
import { GraphBuilder } from '../graph/builder.js';
import { sizeOf } from '../graph/graph.js';
import { batchSize } from '../methods/batch.js';
import { Pass, type Passed } from '../methods/passes.js';
import type { ScalarModel } from '../models/model.js';
import { logits } from '../transforms/target.js';

/** Asks a classifier, or several whose probabilities are averaged. */
export interface ClassProbabilities {
  /** [row, …shape of an example] → [row, class] */
  readonly ask: (rows: Float32Array) => Promise<Float32Array>;
  /** Values in front of the final softmax or sigmoid. */
  readonly units: number;
  release(): Promise<void>;
}

/** @throws Failure `metric/classes` when the classes do not exclude each other, `target/output` with several outputs */
export async function classProbabilities(
  models: readonly ScalarModel[],
  executor: Executor,
  passed: Passed,
): Promise<ClassProbabilities> {
  const passes: Pass[] = [];
  let units = 0;
  for (const model of models) {
    const compiled = await compile(model, executor);
    passes.push(compiled.pass);
    units = compiled.units;
  }
  return {
    units,
    ask: async rows => {
      const all: Float32Array[] = [];
      for (const pass of passes) all.push(await pass.run(rows, passed));
      return all[0]!.map((_, i) => all.reduce((sum, one) => sum + one[i]!, 0) / all.length);
    },
    release: async () => {
      for (const pass of passes) await pass.release();
    },
  };
}

/** Softmax of the logits; of a single logit, 1 − its sigmoid for class 0 and the sigmoid for class 1. */
async function compile(model: ScalarModel, executor: Executor): Promise<{ pass: Pass; units: number }> {
  const builder = new GraphBuilder(model.name);
  const batch = batchSize(model);
  const x = builder.input('explained~x', 'float32', [batch, ...model.shape]);
  const scope = model.attachOutputs(builder, x);
  const [output] = scope.outputs;
  const value = logits(scope);
  const units = sizeOf(builder.shape(value).slice(1));
  if (units > 1 && output !== undefined && builder.producer(output.value)?.operator === 'Sigmoid')
    throw new Failure('metric/classes', `the model has ${units} outputs that are no classes: each has a sigmoid`, {
      place: model.name,
      remedy: 'Use a classifier whose classes exclude each other.',
    });
  const flat = builder.add('Reshape', [value, builder.integers([batch, units])]);
  const both = units > 1 ? flat : builder.add('Concat', [builder.add('Sub', [flat, flat]), flat], { axis: 1 });
  const probabilities = builder.add('Softmax', [both], { axis: 1 });
  const graph = { builder, nodes: [], x, f: probabilities };
  return { pass: await Pass.compile(model, executor, graph, probabilities), units };
}
