/**
 * Grad-CAM (Selvaraju et al. 2017, ICCV, arXiv 1610.02391): the maps of a convolution, each weighed by the mean of its gradient,
 * summed and rectified: where the filters that raise the target are active. One number for each position of the layer,
 * interpolated to the positions of the input.
 */
import type { grad_cam } from '../../../catalog/methods/index.js';
import { Failure } from '../../failure.js';
import type { Node } from '../../graph/graph.js';
import type { ScalarGraph } from '../../models/model.js';
import { belongsTo } from '../../transforms/layers.js';
import { familyOf } from '../../transforms/rules/families.js';
import { batchSize } from '../batch.js';
import { blockRowsFor, type Method } from '../method.js';
import { addGradient, Pass } from '../passes.js';

const SHIFTS = new Set(['BatchNormalization', 'Add', 'Sub', 'Mul', 'Div']);

export const gradCam: Method<typeof grad_cam> = async ({ model, executor, passed }, { layer }) => {
  if (model.space.alphabet !== 'dna')
    throw new Failure('method/positions', 'Grad-CAM shows positions, and this model reads a row of features', {
      place: model.name,
      remedy: 'Use a method that explains features, such as integrated_gradients.',
    });
  const graph = model.build(batchSize(model));
  const activations = activationsOf(graph, layer);
  const pass = await Pass.compile(model, executor, graph, classActivations(graph, activations));
  const [positions = 0] = model.shape;
  return {
    produces: 'contribution',
    arrays: [],
    blockRows: blockRowsFor(1),
    explain: async ({ x }) => {
      const rows = x.length / model.size;
      const coarse = await pass.run(x, passed);
      const width = coarse.length / rows;
      // Stored at the base that stands there, so that a position's score is its number.
      const map = x.map((share, i) => {
        const row = Math.floor(i / model.size);
        const position = Math.floor((i % model.size) / 4);
        return share * interpolated(coarse.subarray(row * width, (row + 1) * width), position, positions);
      });
      return { map };
    },
    notes: () => [
      {
        level: 'information',
        code: 'grad-cam/layer',
        message: `Activations of ${activations}, ${graph.builder.shape(activations).slice(2).join(' × ')} positions, interpolated to ${positions}.`,
      },
    ],
    release: () => pass.release(),
  };
};

/**
 * The activations of a convolution: its output behind normalisation and activation.
 *
 * @param layer name of the convolution; absent: the last one
 * @throws Failure `layer/unknown` when there is no such convolution
 */
export function activationsOf({ builder, nodes }: ScalarGraph, layer: string | undefined): string {
  const convolutions = nodes.filter(({ operator }) => operator === 'Conv');
  const chosen = convolutions.findLast(node => layer === undefined || belongsTo(node, layer));
  if (chosen === undefined)
    throw new Failure('layer/unknown', `the model has no convolution${layer === undefined ? '' : ` ${layer}`}`, {
      place: builder.name,
      remedy:
        convolutions.length > 0
          ? `It has ${convolutions.map(({ name }) => name).join(', ')}.`
          : 'Use a method that needs none.',
    });
  let value = chosen.outputs[0]!;
  for (;;) {
    const [reader, ...others] = nodes.filter(({ inputs }) => inputs.includes(value));
    if (reader === undefined || others.length > 0) return value;
    if (familyOf(reader.operator) === 'elementwise') return reader.outputs[0]!;
    if (!SHIFTS.has(reader.operator) || !isConstantBeside(reader, value)) return value;
    value = reader.outputs[0]!;
  }

  function isConstantBeside({ inputs }: Node, of: string): boolean {
    return inputs.every(input => input === of || builder.header(input).constant !== undefined);
  }
}

/** ReLU(Σ over channels of mean gradient × activation), [batch, positions]. */
export function classActivations(graph: ScalarGraph, activations: string): string {
  const { builder } = graph;
  const gradient = addGradient(graph, activations);
  const shape = builder.shape(activations);
  const spatial = builder.integers(shape.slice(2).map((_, i) => i + 2));
  const weights = builder.add('ReduceMean', [gradient, spatial], { keepdims: 1 });
  const weighed = builder.add('Mul', [activations, weights]);
  const sum = builder.add('ReduceSum', [weighed, builder.integers([1])], { keepdims: 0 });
  return builder.add('Relu', [builder.add('Reshape', [sum, builder.integers([shape[0]!, -1])])]);
}

/** Linear interpolation between the centres of cells that divide the length evenly; constant beyond the outer centres. */
export function interpolated(coarse: Float32Array, position: number, positions: number): number {
  const at = ((position + 0.5) * coarse.length) / positions - 0.5;
  const low = Math.min(Math.max(Math.floor(at), 0), coarse.length - 1);
  const high = Math.min(low + 1, coarse.length - 1);
  const weight = Math.min(Math.max(at - low, 0), 1);
  return coarse[low]! * (1 - weight) + coarse[high]! * weight;
}
