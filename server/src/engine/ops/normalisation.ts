/** Batch normalisation in inference: an affine map per channel. Source: ONNX BatchNormalization-15. */
import { floats, numberAttribute, numbersOf, type Node } from '../graph/graph.js';
import { given, ShapeError, type Operator } from './operator.js';

/** Slope and offset of each channel from scale, bias, mean and variance. */
export function affine(node: Node, parts: readonly Float64Array[]): { slope: Float64Array; offset: Float64Array } {
  const [scale, bias, mean, variance] = parts as [Float64Array, Float64Array, Float64Array, Float64Array];
  const epsilon = numberAttribute(node, 'epsilon', 1e-5);
  const slope = scale.map((s, c) => s / Math.sqrt(variance[c]! + epsilon));
  return { slope, offset: bias.map((b, c) => b - mean[c]! * slope[c]!) };
}

const batchNormalization: Operator = {
  name: 'BatchNormalization',
  infer: (node, inputs) => {
    const { type, shape } = given(inputs, 0, node);
    const channels = given(inputs, 1, node).shape[0];
    if (shape[1] !== channels)
      throw new ShapeError(`BatchNormalization: ${shape[1]} channels meet statistics of ${channels}`);
    return [{ type, shape }];
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const { slope, offset } = affine(
      node,
      [1, 2, 3, 4].map(i => given(inputs, i, node).data),
    );
    const positions = x.shape.slice(2).reduce((product, extent) => product * extent, 1);
    const data = x.data.map((v, i) => {
      const channel = Math.floor(i / positions) % slope.length;
      return v * slope[channel]! + offset[channel]!;
    });
    return [{ ...x, data }];
  },
  gradient: ({ builder, node, inputs, cotangent, wanted }) => {
    const constants = inputs.slice(1).map(name => builder.header(name).constant);
    if (wanted.slice(1).some(Boolean) || constants.some(constant => constant === undefined))
      throw new ShapeError('its statistics are computed from the input');
    const { slope } = affine(
      node,
      constants.map(constant => numbersOf(constant!)),
    );
    const shape = builder.shape(inputs[0]!).map((_, axis) => (axis === 1 ? slope.length : 1));
    return [builder.add('Mul', [cotangent, builder.constant(floats(shape, slope))])];
  },
};

export const NORMALISATIONS: readonly Operator[] = [batchNormalization];
