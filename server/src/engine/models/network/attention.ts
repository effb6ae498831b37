/** Layers in which positions look at each other, and the layer that makes positions of the features of a row. */
import type * as specifications from '../../../catalog/layers.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import { add, alongPositions, refuse, type Emission, type Layer, type Parameter } from './layer.js';

/** x_j · e_j + p_j for every feature j: [batch, features] → [batch, units, features]. */
export const tokens: Layer<ParametersOf<typeof specifications.tokens>> = ({ units }, site) => {
  const { name, input } = site;
  const [features, positions] = input;
  if (positions !== undefined)
    refuse(site, 'it makes positions of the features of a row, and its input has positions', 'Leave it out.');
  const parameter = (stem: string): Parameter => ({
    name: `${name}/${stem}`,
    shape: [units, features],
    initialiser: { fanIn: units, fanOut: units },
    trainable: true,
  });
  return {
    output: [units, features],
    parameters: [parameter('embedding'), parameter('position')],
    emit: ({ builder, parameter: value }, x) => {
      const column = builder.add('Unsqueeze', [x, builder.integers([1])]);
      const scaled = builder.add('Mul', [column, value(`${name}/embedding`)]);
      return add({ builder, parameter: value }, name, 'Add', [scaled, value(`${name}/position`)]);
    },
  };
};

const PARTS = ['query', 'key', 'value'] as const;

/** softmax(Q Kᵀ / √size) V for each head, joined and projected back onto the channels. */
export const selfAttention: Layer<ParametersOf<typeof specifications.selfAttention>> = ({ heads, size }, site) => {
  const { name, input } = site;
  const [channels, positions] = alongPositions(site);
  const width = heads * size;
  const linear = (stem: string, from: number, to: number): Parameter[] => [
    { name: `${name}/${stem}/kernel`, shape: [from, to], initialiser: { fanIn: from, fanOut: to }, trainable: true },
    { name: `${name}/${stem}/bias`, shape: [to], initialiser: 0, trainable: true },
  ];
  const project = (emission: Emission, stem: string, x: string): string => {
    const product = emission.builder.add('MatMul', [x, emission.parameter(`${name}/${stem}/kernel`)]);
    return emission.builder.add('Add', [product, emission.parameter(`${name}/${stem}/bias`)]);
  };
  return {
    output: input,
    parameters: [...PARTS.flatMap(stem => linear(stem, channels, width)), ...linear('output', width, channels)],
    emit: (emission, x) => {
      const { builder } = emission;
      const turned = (value: string, perm: number[]): string => builder.add('Transpose', [value], { perm });
      const shaped = (value: string, shape: number[]): string =>
        builder.add('Reshape', [value, builder.integers([0, ...shape])]);
      const rows = turned(x, [0, 2, 1]);
      const [q, k, v] = PARTS.map(stem => shaped(project(emission, stem, rows), [positions, heads, size]));
      const scores = builder.add('MatMul', [turned(q!, [0, 2, 1, 3]), turned(k!, [0, 2, 3, 1])]);
      const scaled = builder.add('Mul', [scores, builder.scalar(1 / Math.sqrt(size))]);
      const shares = add(emission, `${name}/shares`, 'Softmax', [scaled], { axis: -1 });
      const taken = turned(builder.add('MatMul', [shares, turned(v!, [0, 2, 1, 3])]), [0, 2, 1, 3]);
      const joined = project(emission, 'output', shaped(taken, [positions, width]));
      return add(emission, name, 'Transpose', [joined], { perm: [0, 2, 1] });
    },
  };
};
