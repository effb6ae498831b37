/**
 * DeepLIFT's rescale rule as derivatives (Shrikumar, Greenside & Kundaje 2017, ICML, arXiv 1704.02685): the model stands in
 * the graph twice, once over the examples and once over their references, and the multiplier of a non-linear node is its
 * difference in output over its difference in input. Every rule conserves: Σ m · Δinput = m · Δoutput at every node.
 */
import type { GraphBuilder } from '../graph/builder.js';
import type { Node } from '../graph/graph.js';
import type { Adjoint, Gradient } from '../ops/operator.js';
import { operatorOf } from '../ops/registry.js';
import type { Rules } from './autodiff.js';

/** Differences below this are taken for none: there the multiplier is the gradient. */
const SMALLEST = 1e-5;

type Treatment = 'linear' | 'elementwise' | 'product' | 'maximum' | 'minimum';

/** How DeepLIFT treats each operator; an operator that is not here is refused. */
const TREATMENTS: Readonly<Record<string, Treatment>> = {
  ...Object.fromEntries(
    [
      ...['Neg', 'Add', 'Sub', 'Sum', 'Mean', 'Cast', 'BatchNormalization', 'Conv', 'ConvTranspose'],
      ...['AveragePool', 'GlobalAveragePool', 'ReduceSum', 'ReduceMean', 'Where'],
      ...['Concat', 'Slice', 'Split', 'Pad', 'Gather', 'Expand'],
      ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose'],
    ].map(operator => [operator, 'linear' as const]),
  ),
  ...Object.fromEntries(
    [
      ...['Relu', 'LeakyRelu', 'Elu', 'Selu', 'PRelu', 'Sigmoid', 'HardSigmoid', 'Tanh', 'Softplus', 'Softsign'],
      ...['Exp', 'Log', 'Sqrt', 'Abs', 'Reciprocal', 'Erf', 'Sin', 'Cos', 'Clip', 'Pow'],
    ].map(operator => [operator, 'elementwise' as const]),
  ),
  Mul: 'product',
  MatMul: 'product',
  Gemm: 'product',
  Div: 'product',
  MaxPool: 'maximum',
  GlobalMaxPool: 'maximum',
  ReduceMax: 'maximum',
  Max: 'maximum',
  ReduceMin: 'minimum',
  Min: 'minimum',
};

/** The status of an operator under the rescale rule, for descriptions of models. */
export function deepLiftTreatment(operator: string): Treatment | undefined {
  return TREATMENTS[operator];
}

/**
 * @param twin the reference's value for a value of the examples
 */
export function deepLiftRules(twin: (value: string) => string): Rules {
  return (node, wanted) => {
    const active = wanted.filter(Boolean).length;
    switch (TREATMENTS[node.operator]) {
      case 'linear':
        // The condition of Where decides between branches: it has no differences to hand on, unless it is fixed.
        return node.operator === 'Where' && twin(node.inputs[0]!) !== node.inputs[0]
          ? { refused: 'DeepLIFT has no rule for a condition that depends on the input' }
          : undefined;
      case 'elementwise':
        return active === 1 && wanted[0] ? rescale(twin) : { refused: 'DeepLIFT has no rule for a computed parameter' };
      case 'product':
        if (node.operator === 'Div' && wanted[1])
          return { refused: 'DeepLIFT has no rule for a divisor that depends on the input' };
        return active === 1 ? undefined : meanOfFactors(twin);
      case 'maximum':
        return acrossExtremes(twin, 'Max');
      case 'minimum':
        return acrossExtremes(twin, 'Min');
      case undefined:
        return operatorOf(node).gradient === 'none' ? undefined : { refused: 'DeepLIFT has no rule for this operator' };
    }
  };
}

/** The operator's own derivative at a node. */
function own(node: Node): Gradient {
  const { gradient } = operatorOf(node);
  if (typeof gradient !== 'function') throw new Error(`${node.operator} has no derivative to fall back on`);
  return gradient;
}

const difference = (builder: GraphBuilder, value: string, twin: (value: string) => string): string =>
  builder.add('Sub', [value, twin(value)]);

/** a / b where |b| is not small, else `otherwise`. */
function ratio(builder: GraphBuilder, a: string, b: string, otherwise: string): string {
  const small = builder.add('Less', [builder.add('Abs', [b]), builder.scalar(SMALLEST)]);
  return builder.add('Where', [small, otherwise, builder.add('Div', [a, b])]);
}

/** m = Δy / Δx, element by element. */
const rescale =
  (twin: (value: string) => string): Gradient =>
  adjoint => {
    const { builder, node, inputs, outputs, cotangent } = adjoint;
    const change = difference(builder, outputs[0]!, twin);
    const handed = builder.add('Mul', [cotangent, change]);
    return [ratio(builder, handed, difference(builder, inputs[0]!, twin), own(node)(adjoint)[0]!)];
  };

/** Δ(a·b) = Δa · mean of b + Δb · mean of a, exactly: each factor is taken at the middle of example and reference. */
const meanOfFactors =
  (twin: (value: string) => string): Gradient =>
  adjoint => {
    const { builder, node, inputs, wanted } = adjoint;
    const middle = inputs.map((input, i) =>
      wanted[i] ? builder.add('Mul', [builder.add('Add', [input, twin(input)]), builder.scalar(0.5)]) : input,
    );
    return own(node)({ ...adjoint, inputs: middle });
  };

/**
 * An extreme over elements: the change of the output is handed to where the example has its extreme as far as the output
 * lies beyond the reference's, and to where the reference has its own as far as it lies behind. Lundberg & Lee's form in
 * DeepSHAP, which conserves also when the two stand at different places. Ties are split as in the gradient.
 */
const acrossExtremes =
  (twin: (value: string) => string, further: 'Max' | 'Min'): Gradient =>
  adjoint => {
    const { builder, node, inputs, outputs, cotangent, wanted } = adjoint;
    const y = outputs[0]!;
    const reference = twin(y);
    const cross = builder.add(further, [y, reference]);
    const hand = (share: string, at: Pick<Adjoint, 'inputs' | 'outputs'>): readonly (string | undefined)[] => {
      const cotangents = [builder.add('Mul', [cotangent, share])];
      return own(node)({ ...adjoint, ...at, cotangents, cotangent: cotangents[0]! });
    };
    const toExample = hand(builder.add('Sub', [cross, reference]), adjoint);
    const toReference = hand(builder.add('Sub', [y, cross]), {
      inputs: inputs.map(twin),
      outputs: outputs.map(twin),
    });
    return inputs.map((input, i) => {
      if (!wanted[i]) return undefined;
      const handed = builder.add('Add', [toExample[i]!, toReference[i]!]);
      return ratio(builder, handed, difference(builder, input, twin), builder.scalar(0));
    });
  };
