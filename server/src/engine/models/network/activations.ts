/** Activation functions of declared networks, as layers and as the `activation` of a layer. */
import type * as specifications from '../../../catalog/layers.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import type { Attributes } from '../../graph/graph.js';
import { add, type Emission, type Layer } from './layer.js';

/** Adds a function of each element (softmax: of each channel vector) under a node name. */
type Function = (emission: Emission, name: string, x: string) => string;

const operator =
  (type: string, attributes: Attributes = {}): Function =>
  (emission, name, x) =>
    add(emission, name, type, [x], attributes);

/** x · Φ(x) = x/2 · (1 + erf(x/√2)). */
const gelu: Function = (emission, name, x) => {
  const { builder } = emission;
  const erf = builder.add('Erf', [builder.add('Mul', [x, builder.scalar(Math.SQRT1_2)])]);
  const half = builder.add('Mul', [x, builder.scalar(0.5)]);
  return add(emission, name, 'Mul', [half, builder.add('Add', [erf, builder.scalar(1)])]);
};

const swish: Function = (emission, name, x) => add(emission, name, 'Mul', [x, emission.builder.add('Sigmoid', [x])]);

type Name = ParametersOf<typeof specifications.dense>['activation'];

/** The functions that a layer's `activation` can name. */
const FUNCTIONS: Readonly<Record<Exclude<Name, 'linear'>, Function>> = {
  relu: operator('Relu'),
  exponential: operator('Exp'),
  sigmoid: operator('Sigmoid'),
  tanh: operator('Tanh'),
  softmax: operator('Softmax', { axis: 1 }),
  softplus: operator('Softplus'),
  softsign: operator('Softsign'),
  elu: operator('Elu', { alpha: 1 }),
  selu: operator('Selu', { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }),
  gelu,
  swish,
};

/** Applies the `activation` of a layer; its node is `<layer>/<function>`. */
export function activate(emission: Emission, layer: string, activation: Name, x: string): string {
  return activation === 'linear' ? x : FUNCTIONS[activation](emission, `${layer}/${activation}`, x);
}

const elementwise =
  (apply: Function): Layer<unknown> =>
  (_, { name, input }) => ({ output: input, parameters: [], emit: (emission, x) => apply(emission, name, x) });

export const ACTIVATIONS = {
  relu: elementwise(FUNCTIONS.relu),
  exponential: elementwise(FUNCTIONS.exponential),
  sigmoid: elementwise(FUNCTIONS.sigmoid),
  tanh: elementwise(FUNCTIONS.tanh),
  softmax: elementwise(FUNCTIONS.softmax),
  softplus: elementwise(FUNCTIONS.softplus),
  softsign: elementwise(FUNCTIONS.softsign),
  selu: elementwise(FUNCTIONS.selu),
  gelu: elementwise(gelu),
  swish: elementwise(swish),
  elu: ({ alpha }: ParametersOf<typeof specifications.elu>, site) =>
    elementwise(operator('Elu', { alpha }))(undefined, site),
  leaky_relu: ({ slope }: ParametersOf<typeof specifications.leakyRelu>, site) =>
    elementwise(operator('LeakyRelu', { alpha: slope === 'auto' ? 0.3 : slope }))(undefined, site),
} satisfies Readonly<Record<string, Layer<never>>>;
