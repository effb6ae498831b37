/**
 * What flows through the neurons of a layer between reference and example. With h the layer and the path b + α(x − b) in the
 * input:
 * - conductance of neuron j: ∫ ∂f/∂h_j · dh_j/dα dα (Dhamdhere, Sundararajan & Yan 2019, ICLR, arXiv 1805.12233, eq. 3);
 * - internal influence: ∫ ∂f/∂h_j dα (Leino et al. 2018, ITC, arXiv 1802.03788);
 * - conductance of input i through neuron j: (x_i − b_i) ∫ ∂f/∂h_j · ∂h_j/∂x_i dα (eq. 2 there);
 * and with the path h(b) + α(h(x) − h(b)) in the layer:
 * - layer integrated gradients: (h(x) − h(b)) ⊙ ∫ ∂f/∂h dα.
 */
import type {
  internal_influence,
  layer_conductance,
  layer_integrated_gradients,
  neuron_conductance,
} from '../../../catalog/methods/index.js';
import type { PlainCall } from '../../../catalog/specification.js';
import type { Note } from '../../../protocol.js';
import { Failure } from '../../failure.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { floats, sizeOf } from '../../graph/graph.js';
import type { ScalarModel } from '../../models/model.js';
import { differentiate } from '../../transforms/autodiff.js';
import { findLayer, flatIndex, substitute, type Layer } from '../../transforms/layers.js';
import { batchSize } from '../batch.js';
import { blockRowsFor, type Block, type Method, type MethodContext, type PreparedMethod } from '../method.js';
import {
  fillReferences,
  medianDifference,
  outputsOfReferences,
  PAIR_FIELDS,
  pairsArray,
  type PairBlock,
} from '../pairs.js';
import { addGradient, Pass } from '../passes.js';
import { referenceNotes } from '../references/reference.js';
import { referenceOf } from '../references/references.js';
import { layerAxes } from './layer.js';
import { fillEnds, PathIntegral, pathThrough, type Points } from './path.js';

/** Completeness gap above which a pair is reported. */
const TOLERANCE = 0.01;

/** The layer at the points of a path, and ∂f/∂h there. */
function layerAt(model: ScalarModel, { builder, points }: Points, name: string) {
  const f = model.attach(builder, points);
  const layer = findLayer(builder, [f], name);
  const { nodes } = builder.finish([f]);
  return { nodes, layer, slope: addGradient({ builder, nodes, f }, layer.value) };
}

/**
 * dh/dα: the derivative of a layer along the path. Reverse mode gives vᵀ ∂h/∂x, which is linear in v; its derivative by v,
 * with x − b as cotangent, is ∂h/∂x (x − b).
 */
function alongPath({ builder, points, inputs: [x, b] }: Points, { value }: Layer): string {
  const shape = builder.shape(value);
  const v = builder.constant(floats(shape, new Float32Array(sizeOf(shape))));
  const [back] = differentiate(builder, builder.finish([value]).nodes, new Map([[value, v]]), [points]);
  const direction = builder.add('Sub', [x!, b!]);
  const change = back && differentiate(builder, builder.finish([back]).nodes, new Map([[back, direction]]), [v])[0];
  return change ?? builder.add('Expand', [builder.scalar(0), builder.integers(shape)]);
}

export const internalInfluence: Method<typeof internal_influence> = (context, parameters) =>
  overPaths(context, parameters, (model, path) => layerAt(model, path, parameters.layer).slope);

export const layerConductance: Method<typeof layer_conductance> = (context, parameters) =>
  overPaths(
    context,
    parameters,
    (model, path) => {
      const { layer, slope } = layerAt(model, path, parameters.layer);
      return path.builder.add('Mul', [slope, alongPath(path, layer)]);
    },
    { complete: true },
  );

export const layerIntegratedGradients: Method<typeof layer_integrated_gradients> = async (context, parameters) => {
  const { model, executor, passed } = context;
  const graph = model.build(batchSize(model));
  const { value } = findLayer(graph.builder, [graph.f], parameters.layer);
  const shape = graph.builder.shape(value).slice(1);
  const pass = await Pass.compile(model, executor, graph, value);
  const size = sizeOf(shape);
  const prepared = await overPaths(
    context,
    parameters,
    (_, { builder, points, inputs: [atX, atB, x] }) => {
      const f = model.attach(builder, x!);
      const layer = findLayer(builder, [f], parameters.layer);
      const moved = substitute(builder, f, layer.value, points);
      const slope = addGradient({ builder, nodes: builder.finish([moved]).nodes, f: moved }, points);
      return builder.add('Mul', [slope, builder.add('Sub', [atX!, atB!])]);
    },
    {
      complete: true,
      shapes: [shape, shape, model.shape],
      ends: async ({ x, references, copies }) => {
        const atX = await pass.run(x, passed);
        const atReferences = await pass.run(references, passed);
        return (pair, into) => {
          fillEnds({ x: atX, references: atReferences, copies }, size, pair, into);
          const row = Math.floor(pair / copies);
          into[2]!.set(x.subarray(row * model.size, (row + 1) * model.size));
        };
      },
    },
  );
  return {
    ...prepared,
    release: async () => {
      await prepared.release();
      await pass.release();
    },
  };
};

export const neuronConductance: Method<typeof neuron_conductance> = (context, parameters) =>
  overPaths(
    context,
    parameters,
    (model, path) => {
      const { builder, points, inputs } = path;
      const { nodes, layer, slope } = layerAt(model, path, parameters.layer);
      const through = builder.add('Mul', [slope, neuronOf(builder, layer, parameters.index)]);
      const [back] = differentiate(builder, nodes, new Map([[layer.value, through]]), [points]);
      const direction = builder.add('Sub', [inputs[0]!, inputs[1]!]);
      return builder.add('Mul', [direction, back ?? builder.scalar(0)]);
    },
    { map: 'contribution' },
  );

/** 1 at a neuron and 0 at the others, to be multiplied with a layer. */
function neuronOf(builder: GraphBuilder, { value, shape }: Layer, index: number | readonly number[]): string {
  const at = typeof index === 'number' ? index : flatIndex(builder, shape, index);
  const size = sizeOf(shape);
  if (at >= size)
    throw new Failure('target/index', `index ${at} is outside the ${size} neuron(s) of the layer`, {
      place: builder.name,
      remedy: `Choose 0 … ${size - 1}.`,
    });
  const one = new Float32Array(size);
  one[at] = 1;
  return builder.constant(floats([1, ...builder.shape(value).slice(1)], one));
}

interface PathOptions {
  /** The map that results where it is one of the input; an activation of the layer otherwise. */
  readonly map?: 'contribution';
  /** Whether the values of an example sum to f(x) − f(reference), if nothing leads around the layer. */
  readonly complete?: true;
  /** Extents of what is given for a pair; example and reference where left out. */
  readonly shapes?: readonly (readonly number[])[];
  /** How that is written. */
  readonly ends?: (block: PairBlock) => Promise<(pair: number, into: readonly Float32Array[]) => void>;
}

/** What the ledger keeps of a block. */
interface BlockInfo {
  readonly distinct: number[];
  readonly missed: number;
}

async function overPaths(
  context: MethodContext,
  parameters: { readonly layer: string; readonly baseline: PlainCall; readonly steps: number },
  integrand: (model: ScalarModel, path: Points) => string,
  options: PathOptions = {},
): Promise<PreparedMethod> {
  const { model, executor, examples, outputs, passed } = context;
  const { layer, baseline, steps } = parameters;
  const { size } = model;
  const { builder, f } = model.build(model.batch(1));
  const { shape } = findLayer(builder, [f], layer);
  const reference = await referenceOf(baseline, context);
  const { copies } = reference;
  const referenceOutputs = await outputsOfReferences(context, reference);
  const scale = medianDifference(outputs, referenceOutputs);
  const path = new PathIntegral(executor, {
    ...pathThrough(model),
    shapes: options.shapes ?? [model.shape, model.shape],
    rule: 'gauss_legendre',
    integrand: points => integrand(model, points),
  });

  const explain = async ({ from, to, x }: Block) => {
    const count = (to - from) * copies;
    const references = new Float32Array(count * size);
    const distinct = await fillReferences(context, reference, from, to, references);
    const block = { x, references, copies };
    const fill =
      (await options.ends?.(block)) ??
      ((pair: number, into: readonly Float32Array[]): void => fillEnds(block, size, pair, into));
    const values = await path.run(count, fill, steps, passed);
    const width = values.length / count;
    const map = new Float32Array((to - from) * width);
    const pairs = new Float64Array(count * PAIR_FIELDS.length);
    let missed = 0;
    for (let pair = 0; pair < count; pair++) {
      const row = Math.floor(pair / copies);
      let sum = 0;
      for (let i = 0; i < width; i++) {
        const value = values[pair * width + i]!;
        sum += value;
        map[row * width + i]! += value / copies;
      }
      const [output, referenceOutput] = [outputs[from + row]!, referenceOutputs[from * copies + pair]!];
      pairs.set([sum, output, referenceOutput, steps], pair * PAIR_FIELDS.length);
      const difference = output - referenceOutput;
      if (!(Math.abs(sum - difference) <= TOLERANCE * Math.max(Math.abs(difference), scale))) missed++;
    }
    return { map, arrays: { pairs }, info: { distinct, missed } };
  };

  return {
    produces: options.map ?? 'activation',
    ...(options.map === undefined && { axes: layerAxes(shape, layer, context) }),
    arrays: [pairsArray({ name: 'reference', size: copies })],
    blockRows: blockRowsFor(steps * copies),
    explain,
    notes: infos => {
      const blocks = infos as unknown as BlockInfo[];
      const missed = options.complete ? blocks.reduce((sum, block) => sum + block.missed, 0) : 0;
      return [
        ...(missed > 0 ? [missedNote(missed, examples.count * copies, layer, steps)] : []),
        ...referenceNotes(
          reference,
          blocks.flatMap(block => block.distinct),
        ),
      ];
    },
    release: () => path.release(),
  };
}

const missedNote = (missed: number, pairs: number, layer: string, steps: number): Note => ({
  level: 'warning',
  code: 'GA005',
  message: `${missed} of ${pairs} pairs (example, reference) have a completeness gap above ${TOLERANCE * 100} % over ${layer} with ${steps} steps: the steps are too few, or paths lead around the layer.`,
});
