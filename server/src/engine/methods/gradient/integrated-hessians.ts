/**
 * Integrated Hessians (Janizek, Sturmfels & Lee 2021, JMLR 22:104): integrated gradients of integrated gradients. With
 * d = x − b and H the Hessian of the target,
 *   Γ_ij = d_i d_j ∫∫ αβ H_ij(b + αβ d) dα dβ + [i = j] d_i ∫∫ ∂_i f(b + αβ d) dα dβ,
 * so Σ_j Γ_ij is the integrated gradient of feature i and the sum of all is f(x) − f(b). Both integrals see α and β only in
 * their product t, whose density is −ln t: one integral along the path is enough. A row of Γ costs one product of the
 * Hessian with a vector for each point.
 */
import type { integrated_hessians } from '../../../catalog/methods/index.js';
import { axesOf } from '../../data/input-space.js';
import type { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { ScalarModel } from '../../models/model.js';
import { differentiate } from '../../transforms/autodiff.js';
import { soften } from '../../transforms/soften.js';
import { emit } from '../../transforms/specialise.js';
import { batchSize } from '../batch.js';
import { blockRowsFor, type Block, type Method } from '../method.js';
import { fillReferences, type PairBlock } from '../pairs.js';
import { addGradient, Pass } from '../passes.js';
import { referenceNotes } from '../references/reference.js';
import { referenceOf } from '../references/references.js';
import { fillEnds, PathIntegral, pathThrough } from './path.js';

/** Features for all of which interactions are found when none are named. */
const MOST_FEATURES = 256;
/** Model passes that a product of the Hessian with a vector is worth. */
const PRODUCT_COST = 3;

export const integratedHessians: Method<typeof integrated_hessians> = async (context, parameters) => {
  const { baseline, steps, beta } = parameters;
  const { model, executor, examples, outputs, passed } = context;
  const { size } = model;
  const features = featuresOf(examples, parameters.features);
  const reference = await referenceOf(baseline, context);
  const { copies } = reference;
  requireCurvature(model, beta);
  const path = new PathIntegral(executor, {
    ...pathThrough(model),
    shapes: [model.shape, model.shape, model.shape],
    rule: 'product',
    integrand: ({ builder, points, alphas, inputs: [x, b, direction] }) => {
      const { slope, product } = curvature(builder, softened(model, builder, points, beta), points, direction!);
      const difference = builder.add('Sub', [x!, b!]);
      const mixed = builder.add('Mul', [builder.add('Mul', [alphas, product!]), difference]);
      const all = builder.add('Add', [mixed, builder.add('Mul', [direction!, slope])]);
      // A position of DNA is one feature: the sum over its bases.
      return model.shape.length === 1 ? all : builder.add('ReduceSum', [all, builder.integers([2])], { keepdims: 0 });
    },
  });
  const forward = await softForward();

  async function softForward(): Promise<Pass> {
    const builder = new GraphBuilder(model.name);
    const x = builder.input('explained~x', 'float32', [batchSize(model), ...model.shape]);
    const f = softened(model, builder, x, beta);
    return Pass.compile(model, executor, { builder, x }, f);
  }

  const explain = async ({ from, to, x }: Block) => {
    const rows = to - from;
    const references = new Float32Array(rows * copies * size);
    const distinct = await fillReferences(context, reference, from, to, references);
    const block: PairBlock = { x, references, copies };
    const per = size / model.length;
    const fill = (at: number, into: readonly Float32Array[]): void => {
      fillEnds(block, size, Math.floor(at / features.length), into);
      const [toX, toB, direction] = into as [Float32Array, Float32Array, Float32Array];
      const first = features[at % features.length]! * per;
      for (let i = first; i < first + per; i++) direction[i] = toX[i]! - toB[i]!;
    };
    const found = await path.run(rows * copies * features.length, fill, steps, passed);
    const map = new Float32Array(rows * features.length ** 2);
    const totals = new Float64Array(rows * features.length);
    for (let at = 0; at < rows * copies * features.length; at++) {
      const i = at % features.length;
      const row = Math.floor(at / features.length / copies);
      const interactions = found.subarray(at * model.length, (at + 1) * model.length);
      features.forEach((feature, j) => {
        map[(row * features.length + i) * features.length + j]! += interactions[feature]! / copies;
      });
      totals[row * features.length + i]! += interactions.reduce((sum, v) => sum + v, 0) / copies;
    }
    const soft = await forward.run(x, passed);
    const softReferences = await forward.run(references, passed);
    const ends = Float64Array.from({ length: rows * 2 }, (_, at) => {
      const row = Math.floor(at / 2);
      if (at % 2 === 0) return soft[row]!;
      const own = softReferences.subarray(row * copies, (row + 1) * copies);
      return own.reduce((sum, v) => sum + v, 0) / copies;
    });
    const moved = soft.reduce((most, v, row) => Math.max(most, Math.abs(v - outputs[from + row]!)), 0);
    return { map, arrays: { totals, outputs: ends }, info: { distinct, moved } };
  };

  const feature = axesOf(model.space)[0]!;
  const labels = features.map(i => examples.features[i] ?? String(i));
  const axis = (name: string) => ({ name, size: features.length, labels });
  return {
    produces: 'interaction',
    axes: [axis(feature.name), axis(`other ${feature.name}`)],
    arrays: [
      { name: 'totals', type: 'float64', unit: 'target', axes: [axis(feature.name)] },
      {
        name: 'outputs',
        type: 'float64',
        unit: 'target',
        axes: [{ name: 'field', size: 2, labels: ['output', 'reference_output'] }],
      },
    ],
    blockRows: blockRowsFor(PRODUCT_COST * steps * copies * features.length),
    explain,
    notes: infos => {
      const blocks = infos as unknown as { distinct: number[]; moved: number }[];
      const moved = blocks.reduce((most, block) => Math.max(most, block.moved), 0);
      return [
        ...(beta === undefined
          ? []
          : [
              {
                level: 'information' as const,
                code: 'method/softened',
                message: `SoftPlus with β = ${beta} in place of ReLU moves the target by up to ${moved.toPrecision(3)}; interactions sum to its difference, not to that of the model.`,
              },
            ]),
        ...referenceNotes(
          reference,
          blocks.flatMap(block => block.distinct),
        ),
      ];
    },
    release: async () => {
      await path.release();
      await forward.release();
    },
  };
};

/** The target, with ReLU softened where β is given. */
function softened(model: ScalarModel, builder: GraphBuilder, points: string, beta: number | undefined): string {
  if (beta === undefined) return model.attach(builder, points);
  const plain = model.build(builder.shape(points)[0]!);
  return emit(builder, soften(plain.builder.finish([plain.f]), beta), [points])[0]!;
}

/** ∂f/∂x and H v at points; no product where the gradient does not depend on x. */
function curvature(builder: GraphBuilder, f: string, points: string, v: string) {
  const slope = addGradient({ builder, nodes: builder.finish([f]).nodes, f }, points);
  const [product] = differentiate(builder, builder.finish([slope]).nodes, new Map([[slope, v]]), [points]);
  return { slope, product };
}

/** @throws Failure `method/no-curvature` when second derivatives are zero wherever they exist */
function requireCurvature(model: ScalarModel, beta: number | undefined): void {
  const builder = new GraphBuilder(model.name);
  const [points, v] = ['points', 'direction'].map(name =>
    builder.input(name, 'float32', [model.batch(1), ...model.shape]),
  ) as [string, string];
  if (curvature(builder, softened(model, builder, points, beta), points, v).product !== undefined) return;
  throw new Failure('method/no-curvature', 'the target is piecewise linear: all interactions are zero', {
    place: model.name,
    remedy: beta === undefined ? 'Replace its ReLU by a smooth one: beta: 10.' : 'It has no ReLU that β could smooth.',
  });
}

/** Numbers of the features between which interactions are found. */
function featuresOf(
  { length, features: names }: StoredExamples,
  wanted: readonly (number | string)[] | undefined,
): number[] {
  if (wanted === undefined && length > MOST_FEATURES)
    throw new Failure('method/features', `interactions between all ${length} features are too many`, {
      remedy: `Name up to ${MOST_FEATURES} or so of interest: features: [0, 1, 2].`,
    });
  const numbers = wanted?.map(feature => (typeof feature === 'string' ? names.indexOf(feature) : feature));
  const unknown = wanted?.find((_, i) => numbers![i]! < 0 || numbers![i]! >= length);
  if (unknown !== undefined)
    throw new Failure('method/features', `the examples have no feature ${unknown}`, {
      remedy: `Name features by their number, 0 … ${length - 1}${names.length > 0 ? ', or as the data do' : ''}.`,
    });
  return numbers ?? Array.from({ length }, (_, i) => i);
}
