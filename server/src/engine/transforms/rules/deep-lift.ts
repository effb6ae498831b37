/**
 * DeepLIFT's rules as derivatives (Shrikumar, Greenside & Kundaje 2017, ICML, arXiv 1704.02685): the model stands in the
 * graph twice, once over the examples and once over their references. Every rule conserves: at every node the multipliers
 * of the inputs times their differences sum to the multiplier of the output times its difference.
 *
 * Rules compose, so that a composition of operators conserves too: the softmax is the rescale rule for its exponentials
 * and the product rule for the division by their sum.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import { numberAttribute } from '../../graph/graph.js';
import { unbroadcast } from '../../ops/broadcast.js';
import type { Adjoint, Gradient } from '../../ops/operator.js';
import { operatorOf } from '../../ops/registry.js';
import type { Rules } from '../autodiff.js';
import { familyOf } from './families.js';
import { derivativeOf } from './weighted-layer.js';
import type { SignedParts } from './reveal-cancel.js';

/** Differences below this are taken for none: there the multiplier is the gradient. */
const SMALLEST = 1e-5;

/** The reference's value for a value of the examples. */
export type Twin = (value: string) => string;

/**
 * @param twin of values that do not depend on the input: the value itself
 * @param parts where RevealCancel is used; left out, the rescale rule is used throughout
 */
export function deepLiftRules(twin: Twin, parts?: SignedParts): Rules {
  return (node, wanted) => {
    const active = wanted.filter(Boolean).length;
    switch (familyOf(node.operator)) {
      case 'linear':
        return parts?.handOn(node);
      case 'choice':
        // The condition decides between branches: it has no differences to hand on, unless it is fixed.
        return twin(node.inputs[0]!) === node.inputs[0]
          ? undefined
          : { refused: 'DeepLIFT has no rule for a condition that depends on the input' };
      case 'elementwise':
        if (active !== 1 || !wanted[0]) return { refused: 'DeepLIFT has no rule for a computed parameter' };
        return parts?.positive(node.inputs[0]!) === undefined ? rescale(twin) : revealCancel(twin, parts);
      case 'product':
        return active === 1 ? parts?.handOn(node) : meanOfFactors(twin);
      case 'quotient':
        return wanted[1] ? quotient(twin) : parts?.handOn(node);
      case 'maximum':
        return acrossExtremes(twin, 'Max');
      case 'minimum':
        return acrossExtremes(twin, 'Min');
      case 'softmax':
        return node.operator === 'Softmax' ? softmax(twin) : logSoftmax(twin);
      case 'norm':
        return norm(twin);
      case undefined:
        return operatorOf(node).gradient === 'none' ? undefined : { refused: 'DeepLIFT has no rule for this operator' };
    }
  };
}

const difference = (builder: GraphBuilder, value: string, twin: Twin): string =>
  builder.add('Sub', [value, twin(value)]);

const middle = (builder: GraphBuilder, value: string, twin: Twin): string =>
  builder.add('Mul', [builder.add('Add', [value, twin(value)]), builder.scalar(0.5)]);

/** a / b where |b| is not small, else `otherwise`. */
function ratio(builder: GraphBuilder, a: string, b: string, otherwise: string): string {
  const small = builder.add('Less', [builder.add('Abs', [b]), builder.scalar(SMALLEST)]);
  return builder.add('Where', [small, otherwise, builder.add('Div', [a, b])]);
}

/** m = Δy / Δx, element by element. */
const rescale =
  (twin: Twin): Gradient =>
  adjoint => {
    const { builder, node, inputs, outputs, cotangent } = adjoint;
    const change = difference(builder, outputs[0]!, twin);
    const handed = builder.add('Mul', [cotangent, change]);
    return [ratio(builder, handed, difference(builder, inputs[0]!, twin), derivativeOf(node)(adjoint)[0]!)];
  };

/**
 * The change of the output is what the positive part of the input's difference does and what the negative part does, each
 * taken first and second, and averaged.
 */
const revealCancel =
  (twin: Twin, parts: SignedParts): Gradient =>
  adjoint => {
    const { builder, node, inputs, outputs, cotangent } = adjoint;
    const [x, y] = [inputs[0]!, outputs[0]!];
    const up = parts.positive(x)!;
    const down = builder.add('Sub', [difference(builder, x, twin), up]);
    const after = (part: string): string =>
      builder.add(node.operator, [builder.add('Add', [twin(x), part]), ...inputs.slice(1)], node.attributes);
    const [afterUp, afterDown] = [after(up), after(down)];
    const slope = derivativeOf(node)(adjoint)[0]!;
    const multiplier = (part: string, first: string, other: string): string => {
      const alone = builder.add('Sub', [first, twin(y)]);
      const second = builder.add('Sub', [y, other]);
      const mean = builder.add('Mul', [builder.add('Add', [alone, second]), builder.scalar(0.5)]);
      return ratio(builder, builder.add('Mul', [cotangent, mean]), part, slope);
    };
    const ofNegative = multiplier(down, afterDown, afterUp);
    parts.hand(node, x, builder.add('Sub', [multiplier(up, afterUp, afterDown), ofNegative]));
    return [ofNegative];
  };

/** Δ(a·b) = Δa · mean of b + Δb · mean of a, exactly: each factor is taken at the middle of example and reference. */
const meanOfFactors =
  (twin: Twin): Gradient =>
  adjoint => {
    const { builder, node, inputs, wanted } = adjoint;
    return derivativeOf(node)({
      ...adjoint,
      inputs: inputs.map((input, i) => (wanted[i] ? middle(builder, input, twin) : input)),
    });
  };

/** a / b is the product of a and 1 / b, whose own difference is −Δb / (b · b of the reference). */
const quotient =
  (twin: Twin): Gradient =>
  ({ builder, inputs, cotangent, wanted }) => {
    const [a, b] = inputs as [string, string];
    const product = builder.add('Mul', [b, twin(b)]);
    const back = (value: string, input: string): string => unbroadcast(builder, value, builder.shape(input));
    const perDivisor = builder.add('Div', [builder.add('Mul', [cotangent, middle(builder, a, twin)]), product]);
    return [
      wanted[0]
        ? back(builder.add('Div', [builder.add('Mul', [cotangent, middle(builder, b, twin)]), product]), a)
        : undefined,
      back(builder.add('Neg', [perDivisor]), b),
    ];
  };

/**
 * An extreme over elements: the change of the output is handed to where the example has its extreme as far as the output
 * lies beyond the reference's, and to where the reference has its own as far as it lies behind. Lundberg & Lee's form in
 * DeepSHAP, which conserves also when the two stand at different places. Ties are split as in the gradient.
 */
const acrossExtremes =
  (twin: Twin, further: 'Max' | 'Min'): Gradient =>
  adjoint => {
    const { builder, node, inputs, outputs, cotangent, wanted } = adjoint;
    const y = outputs[0]!;
    const reference = twin(y);
    const cross = builder.add(further, [y, reference]);
    const hand = (share: string, at: Pick<Adjoint, 'inputs' | 'outputs'>): readonly (string | undefined)[] => {
      const cotangents = [builder.add('Mul', [cotangent, share])];
      return derivativeOf(node)({ ...adjoint, ...at, cotangents, cotangent: cotangents[0]! });
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

const exponentialsOf = (
  builder: GraphBuilder,
  [value, reference]: readonly [string, string],
  scale: string,
): [string, string] => {
  const of = (exponent: string): string => builder.add('Exp', [builder.add('Sub', [exponent, scale])]);
  return [of(value), of(reference)];
};

/** Exponentials of example and reference along an axis, in a common scale that keeps them from overflowing, and their sums. */
function exponentials(builder: GraphBuilder, x: string, twin: Twin, axes: string) {
  const top = (value: string): string => builder.add('ReduceMax', [value, axes], { keepdims: 1 });
  const scale = builder.add('Mul', [builder.add('Add', [top(x), top(twin(x))]), builder.scalar(0.5)]);
  const [e, reference] = exponentialsOf(builder, [x, twin(x)], scale);
  const [sum, referenceSum] = [e, reference].map(value => builder.add('ReduceSum', [value, axes], { keepdims: 1 })) as [
    string,
    string,
  ];
  const slope = ratio(builder, builder.add('Sub', [e, reference]), difference(builder, x, twin), e);
  return { e, reference, sum, referenceSum, slope };
}

/** y = e / Σe with e = exp(x): the quotient rule behind the rescale rule. */
const softmax =
  (twin: Twin): Gradient =>
  ({ builder, node, inputs, cotangent }) => {
    const x = inputs[0]!;
    const axes = builder.integers([numberAttribute(node, 'axis', -1)]);
    const { e, reference, sum, referenceSum, slope } = exponentials(builder, x, twin, axes);
    const half = builder.scalar(0.5);
    const product = builder.add('Mul', [sum, referenceSum]);
    const direct = builder.add('Mul', [cotangent, builder.add('Add', [sum, referenceSum])]);
    const weighted = builder.add('Mul', [cotangent, builder.add('Add', [e, reference])]);
    const through = builder.add('ReduceSum', [weighted, axes], { keepdims: 1 });
    const both = builder.add('Div', [builder.add('Mul', [builder.add('Sub', [direct, through]), half]), product]);
    return [builder.add('Mul', [both, slope])];
  };

/** y = x − log Σ exp(x): the rescale rule for the exponentials and for the logarithm of their sum. */
const logSoftmax =
  (twin: Twin): Gradient =>
  ({ builder, node, inputs, cotangent }) => {
    const axes = builder.integers([numberAttribute(node, 'axis', -1)]);
    const { sum, referenceSum, slope } = exponentials(builder, inputs[0]!, twin, axes);
    const times = builder.add('Div', [sum, referenceSum]);
    const beyond = builder.add('Sub', [times, builder.scalar(1)]);
    const logarithm = ratio(builder, builder.add('Log', [times]), beyond, builder.scalar(1));
    const total = builder.add('ReduceSum', [cotangent, axes], { keepdims: 1 });
    const shared = builder.add('Div', [builder.add('Mul', [total, logarithm]), referenceSum]);
    return [builder.add('Sub', [cotangent, builder.add('Mul', [shared, slope])])];
  };

/** Σ|x|, √Σx², Σx² and log Σ exp(x): the rescale rule for what is summed, and for what is made of the sum. */
const norm =
  (twin: Twin): Gradient =>
  adjoint => {
    const { builder, node, inputs, outputs, cotangent } = adjoint;
    const [x, y] = [inputs[0]!, outputs[0]!];
    const alongSum = (share: string): string => {
      const sum = { ...node, operator: 'ReduceSum' };
      return derivativeOf(sum)({ ...adjoint, node: sum, cotangent: share, cotangents: [share] })[0]!;
    };
    const sumOf = (value: string): string => builder.add('Add', [value, twin(value)]);
    switch (node.operator) {
      case 'ReduceL1': {
        const sizes = builder.add('Sub', [builder.add('Abs', [x]), builder.add('Abs', [twin(x)])]);
        const slope = ratio(builder, sizes, difference(builder, x, twin), builder.add('Sign', [x]));
        return [builder.add('Mul', [alongSum(cotangent), slope])];
      }
      case 'ReduceLogSumExp': {
        const scale = middle(builder, y, twin);
        const [e, reference] = exponentialsOf(builder, [x, twin(x)], alongSum(scale));
        const [sum, referenceSum] = exponentialsOf(builder, [y, twin(y)], scale);
        const slope = ratio(builder, builder.add('Sub', [e, reference]), difference(builder, x, twin), e);
        const rise = builder.add('Sub', [sum, referenceSum]);
        const logarithm = ratio(builder, difference(builder, y, twin), rise, builder.scalar(1));
        return [builder.add('Mul', [alongSum(builder.add('Mul', [cotangent, logarithm])), slope])];
      }
      case 'ReduceL2':
        return [builder.add('Mul', [alongSum(ratio(builder, cotangent, sumOf(y), builder.scalar(0))), sumOf(x)])];
      default:
        return [builder.add('Mul', [alongSum(cotangent), sumOf(x)])];
    }
  };
