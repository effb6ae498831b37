/**
 * A network of DeepSTARR's form (de Almeida et al. 2022, Nature Genetics 54:613–624, Methods): 249 nt, four convolutions with
 * batch normalisation, ReLU and max-pooling by 2, two dense layers, two outputs. Weights are drawn, with a fixed seed.
 */
import { GraphBuilder } from '../../server/src/engine/graph/builder.js';
import { floats, sizeOf, type Graph } from '../../server/src/engine/graph/graph.js';
import { Stream } from '../../server/src/engine/random/philox.js';

export const LENGTH = 249;
const CONVOLUTIONS = [
  { filters: 256, width: 7 },
  { filters: 60, width: 3 },
  { filters: 60, width: 5 },
  { filters: 120, width: 3 },
];
const HIDDEN = [256, 256];
const OUTPUTS = 2;

/** The graph as PyTorch exports it, with an open batch axis, and its weights in the order of the layers. */
export function deepStarrLike(): { graph: Graph; weights: Float32Array } {
  const stream = new Stream(1, 'DeepSTARR-like network');
  const drawn: Float32Array[] = [];
  const builder = new GraphBuilder('deepstarr-like');
  const weight = (shape: readonly number[], draw: () => number): string => {
    const tensor = floats(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => draw()),
    );
    drawn.push(tensor.data as Float32Array);
    return builder.constant(tensor);
  };
  /** He's initialisation, which keeps the scale of values through ReLU layers. */
  const kernel = (shape: readonly number[]): string =>
    weight(shape, () => stream.normal() * Math.sqrt(2 / sizeOf(shape.slice(1))));
  const small = (size: number): string => weight([size], () => 0.1 * stream.normal());
  const positive = (size: number): string => weight([size], () => 0.5 + stream.uniform());
  const normalised = (x: string, size: number): string =>
    builder.add(
      'BatchNormalization',
      [x, positive(size), small(size), small(size), positive(size)],
      { epsilon: 1e-5 }, //
    );

  let x = builder.input('sequence', 'float32', [1, 4, LENGTH]);
  for (const { filters, width } of CONVOLUTIONS) {
    const side = (width - 1) / 2;
    x = builder.add('Conv', [x, kernel([filters, builder.shape(x)[1]!, width]), small(filters)], {
      kernel_shape: [width],
      pads: [side, side],
    });
    x = builder.add('Relu', [normalised(x, filters)]);
    x = builder.add('MaxPool', [x], { kernel_shape: [2], strides: [2] });
  }
  x = builder.add('Flatten', [x]);
  for (const units of HIDDEN) {
    x = builder.add('Gemm', [x, kernel([units, builder.shape(x)[1]!]), small(units)], { transB: 1 });
    x = builder.add('Relu', [normalised(x, units)]);
  }
  x = builder.add('Gemm', [x, kernel([OUTPUTS, builder.shape(x)[1]!]), small(OUTPUTS)], { transB: 1 });
  const graph = builder.finish([x]);
  const open = (headers: Graph['inputs']): Graph['inputs'] =>
    headers.map(header => ({ ...header, shape: ['batch', ...header.shape.slice(1)] }));
  const weights = new Float32Array(drawn.reduce((sum, part) => sum + part.length, 0));
  drawn.reduce((at, part) => (weights.set(part, at), at + part.length), 0);
  return { graph: { ...graph, inputs: open(graph.inputs), outputs: open(graph.outputs) }, weights };
}
