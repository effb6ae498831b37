/** The probabilities of all classes, whatever the target of a model is: what says how sure and how right a classifier is. */
import type { Executor } from '../backends/executor.js';
import { Failure } from '../failure.js';
import { GraphBuilder } from '../graph/builder.js';
import { sizeOf } from '../graph/graph.js';
import { batchSize } from '../methods/batch.js';
import { Pass, type Passed } from '../methods/passes.js';
import type { Products } from '../metrics/losing-features.js';
import type { ScalarGraph, ScalarModel } from '../models/model.js';
import { firstProduct } from '../transforms/first-product.js';
import { logits } from '../transforms/target.js';

/** Asks a classifier, or several whose probabilities are averaged. */
export interface ClassProbabilities {
  /** [row, …shape of an example] → [row, class] */
  readonly ask: (rows: Float32Array) => Promise<Float32Array>;
  /** Values in front of the final softmax or sigmoid. */
  readonly units: number;
  /** The first product of a single model; undefined where it begins with anything else, or with one larger than an example. */
  readonly products: () => Promise<Products | undefined>;
  release(): Promise<void>;
}

/** @throws Failure `metric/classes` when the classes do not exclude each other, `target/output` with several outputs */
export async function classProbabilities(
  models: readonly ScalarModel[],
  executor: Executor,
  passed: Passed,
): Promise<ClassProbabilities> {
  const passes: Pass[] = [];
  const [model] = models as [ScalarModel];
  const { units } = probabilityGraph(model, model.batch(1));
  for (const one of models) {
    const graph = probabilityGraph(one, batchSize(one));
    passes.push(await Pass.compile(one, executor, graph, graph.f));
  }
  const whole = [...passes];
  return {
    units,
    ask: async rows => {
      const all: Float32Array[] = [];
      for (const pass of whole) all.push(await pass.run(rows, passed));
      return all[0]!.map((_, i) => all.reduce((sum, one) => sum + one[i]!, 0) / all.length);
    },
    products: async () => {
      const inside = models.length === 1 ? await compileProducts(model, executor, passed) : undefined;
      passes.push(...(inside?.passes ?? []));
      return inside?.products;
    },
    release: async () => {
      for (const pass of passes) await pass.release();
    },
  };
}

/** Softmax of the logits; of a single logit, 1 − its sigmoid for class 0 and the sigmoid for class 1. */
function probabilityGraph(model: ScalarModel, batch: number): Omit<ScalarGraph, 'nodes'> & { readonly units: number } {
  const builder = new GraphBuilder(model.name);
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
  return { builder, x, f: builder.add('Softmax', [both], { axis: 1 }), units };
}

/** Rows of products that are asked about at a time: they are small. */
const PRODUCT_ROWS = 4096;

async function compileProducts(
  model: ScalarModel,
  executor: Executor,
  passed: Passed,
): Promise<{ readonly products: Products; readonly passes: readonly Pass[] } | undefined> {
  const { builder, x, f } = probabilityGraph(model, batchSize(model));
  const few = firstProduct(builder, x, f);
  const graph = probabilityGraph(model, model.batch(PRODUCT_ROWS));
  const many = firstProduct(graph.builder, graph.x, graph.f);
  if (few === undefined || many === undefined || many.units > model.size) return undefined;
  const { name, units, rest } = many;
  const front = await Pass.compile(model, executor, { builder, x }, few.name);
  const behind = await Pass.compile({ shape: [units] }, executor, { builder: rest, x: name }, graph.f);
  const of = (rows: Float32Array): Promise<Float32Array> => front.run(rows, passed);
  const ask = (products: Float32Array): Promise<Float32Array> => behind.run(products, passed);
  return { products: { units, weights: many.weights(), of, ask }, passes: [front, behind] };
}
