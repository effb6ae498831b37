/**
 * Motifs of first-layer filters: the subsequences that activate a filter above a share of its greatest activation over the
 * data, aligned and counted (Alipanahi et al. 2015, Nature Biotechnology 33:831; Kelley, Snoek & Rinn 2016, Genome Research
 * 26:990). Weights themselves are not read: they can be rescaled and shifted without a change of any prediction.
 */
import type { filters_to_pwms } from '../../../catalog/methods/index.js';
import { Failure } from '../../failure.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { numberAttribute, numbersAttribute, sizeOf, type Node } from '../../graph/graph.js';
import type { ScalarModel } from '../../models/model.js';
import { findLayer } from '../../transforms/layers.js';
import { batchSize } from '../batch.js';
import type { Method } from '../method.js';
import { Pass } from '../passes.js';

const BASES = ['A', 'C', 'G', 'T'];
/** Examples whose activations are held at a time. */
const ROWS_AT_ONCE = 256;

/** Operators that leave every number of the input what it is. */
const REARRANGING = new Set(['Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Gather']);
/** Affine ones that stand between a convolution and its activation. */
const AFFINE = new Set(['BatchNormalization', 'Add', 'Sub', 'Mul', 'Div']);
const ACTIVATIONS = new Set([
  ...['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Softplus', 'Exp', 'Clip'],
  ...['Sigmoid', 'HardSigmoid', 'Tanh', 'Softsign'],
]);

/** Where a filter looks when it writes position p: `start(p)`, then every `dilation` positions. */
interface Window {
  readonly filters: number;
  readonly width: number;
  readonly dilation: number;
  readonly start: (position: number) => number;
}

export const filtersToPwms: Method<typeof filters_to_pwms> = async (context, { threshold, layer }) => {
  const { model, executor, examples, passed } = context;
  const graph = model.build(batchSize(model));
  const { builder, nodes, x, f } = graph;
  const convolution = firstConvolution(builder, nodes, x, model);
  const { filters, width, dilation, start } = windowOf(builder, convolution, model);
  const value = layer === undefined ? activationBehind(nodes, convolution) : findLayer(builder, [f], layer).value;
  const size = sizeOf(builder.shape(value).slice(1));
  if (size !== sizeOf(builder.shape(convolution.outputs[0]!).slice(1)))
    throw new Failure('filters/layer', `${layer} does not hold one value for each filter and position`, {
      place: builder.name,
      remedy: `Name a layer of the shape of ${convolution.name}, in front of any pooling.`,
    });
  const positions = size / filters;
  const pass = await Pass.compile(model, executor, graph, value);
  const names = Array.from({ length: filters }, (_, filter) => `filter ${filter}`);

  /** Hands over sequences and activations [row, filter, position] of all examples. */
  async function overData(use: (x: Float32Array, activations: Float32Array, rows: number) => void): Promise<void> {
    for (let from = 0; from < examples.count; from += ROWS_AT_ONCE) {
      const to = Math.min(from + ROWS_AT_ONCE, examples.count);
      const sequences = await examples.inputs(from, to);
      use(sequences, await pass.run(sequences, passed), to - from);
    }
  }

  const explain = async () => {
    const maximum = new Float64Array(filters).fill(-Infinity);
    await overData((_, activations) =>
      activations.forEach((activation, at) => {
        const filter = Math.floor(at / positions) % filters;
        if (activation > maximum[filter]!) maximum[filter] = activation;
      }),
    );
    const sites = new Float64Array(filters);
    const counts = new Float64Array(filters * width * BASES.length);
    await overData((sequences, activations) =>
      activations.forEach((activation, at) => {
        const filter = Math.floor(at / positions) % filters;
        // A filter that is never positive is active nowhere.
        if (maximum[filter]! <= 0 || activation < threshold * maximum[filter]!) return;
        const first = start(at % positions);
        if (first < 0 || first + (width - 1) * dilation >= model.length) return;
        sites[filter]!++;
        const sequence = Math.floor(at / size) * model.size;
        for (let column = 0; column < width; column++)
          for (let base = 0; base < BASES.length; base++)
            counts[(filter * width + column) * BASES.length + base]! +=
              sequences[sequence + (first + column * dilation) * BASES.length + base]!;
      }),
    );
    const shares = counts.map((count, at) => {
      const filter = Math.floor(at / (width * BASES.length));
      return sites[filter] === 0 ? 1 / BASES.length : count / sites[filter]!;
    });
    const information = Float64Array.from({ length: filters * width }, (_, at) =>
      shares
        .subarray(at * BASES.length, (at + 1) * BASES.length)
        .reduce((bits, p) => bits + (p > 0 ? p * Math.log2(p * BASES.length) : 0), 0),
    );
    const idle = sites.filter(count => count === 0).length;
    return { map: Float32Array.from(shares), arrays: { counts, information, sites, maximum }, info: { idle } };
  };

  const column = { name: 'position', size: width };
  const base = { name: 'base', size: BASES.length, labels: BASES };
  return {
    produces: 'pattern',
    axes: [column, base],
    unit: 'probability',
    rows: { axis: 'filter', names },
    arrays: [
      { name: 'counts', type: 'float64', unit: 'sites', axes: [column, base] },
      { name: 'information', type: 'float64', unit: 'bit', axes: [column] },
      { name: 'sites', type: 'float64', unit: 'sites', axes: [] },
      { name: 'maximum', type: 'float64', unit: 'activation', axes: [] },
    ],
    blockRows: filters,
    ignoresOutputs: true,
    explain,
    notes: infos => {
      const idle = infos.reduce<number>((sum, info) => sum + (info as { idle: number }).idle, 0);
      if (idle === 0) return [];
      const message = `${idle} of ${filters} filters have no site: they are never active, or only at the ends of sequences.`;
      return [{ level: 'information', code: 'filters/idle', message }];
    },
    release: () => pass.release(),
  };
};

/** @throws Failure `filters/none` when no convolution reads the sequence as it is */
function firstConvolution(builder: GraphBuilder, nodes: readonly Node[], x: string, model: ScalarModel): Node {
  const sequence = new Set([x]);
  for (const node of nodes) {
    if (!sequence.has(node.inputs[0]!)) continue;
    if (node.operator === 'Conv' && builder.header(node.inputs[1]!).constant !== undefined) return node;
    // A Gather may reorder the four bases, not the positions.
    const keeps = node.operator !== 'Gather' || builder.shape(node.inputs[0]!)[numberAttribute(node, 'axis', 0)] === 4;
    if (REARRANGING.has(node.operator) && keeps) sequence.add(node.outputs[0]!);
  }
  throw new Failure('filters/none', 'no convolution reads the sequence directly', {
    place: model.name,
    remedy: 'Use a method that explains the whole network, such as saliency.',
  });
}

/** @throws Failure `filters/window` when the filters do not slide along the positions over all four bases */
function windowOf(builder: GraphBuilder, convolution: Node, { length }: ScalarModel): Window {
  const [, channels, ...extents] = builder.shape(convolution.inputs[0]!);
  const [filters = 0, , ...kernel] = builder.shape(convolution.inputs[1]!);
  const axis = extents.lastIndexOf(length);
  const over = kernel.filter((_, i) => i !== axis).reduce((product, extent) => product * extent, 1);
  if (axis < 0 || channels! * over !== 4 || numberAttribute(convolution, 'group', 1) !== 1)
    throw new Failure('filters/window', 'the filters of the first convolution do not read all four bases at a time', {
      place: `node ${convolution.name} (Conv) of ${builder.name}`,
      remedy: 'Use a method that explains the whole network, such as saliency.',
    });
  const at = (name: string, fallback: number): number => numbersAttribute(convolution, name)?.[axis] ?? fallback;
  const [stride, pad] = [at('strides', 1), at('pads', 0)];
  return {
    filters,
    width: kernel[axis]!,
    dilation: at('dilations', 1),
    start: position => position * stride - pad,
  };
}

/** The activation of a convolution, behind normalisation; the convolution's own output where it has none. */
function activationBehind(nodes: readonly Node[], convolution: Node): string {
  let value = convolution.outputs[0]!;
  for (const node of nodes) {
    if (node.inputs[0] !== value && node.inputs[1] !== value) continue;
    if (ACTIVATIONS.has(node.operator)) return node.outputs[0]!;
    if (!AFFINE.has(node.operator)) break;
    value = node.outputs[0]!;
  }
  return convolution.outputs[0]!;
}
