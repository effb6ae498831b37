/** Element-wise operators: activations, arithmetic, comparisons and selection. Sources: ONNX operator specification. */
import { numberAttribute, sizeOf, textAttribute, type ElementType, type Node } from '../graph/graph.js';
import { broadcastIndex, broadcastShape, unbroadcast } from './broadcast.js';
import { given, ShapeError, type Adjoint, type Gradient, type Operator, type Value } from './operator.js';

type Attribute = (name: string, fallback: number) => number;

/** An operator of one value; attributes are read once per evaluation. */
function unary(
  name: string,
  make: (attribute: Attribute) => (x: number) => number,
  gradient: Operator['gradient'],
): Operator {
  return {
    name,
    infer: (node, inputs) => {
      const { type, shape } = given(inputs, 0, node);
      return [{ type, shape }];
    },
    evaluate: (node, inputs) => {
      const x = given(inputs, 0, node);
      return [{ ...x, data: x.data.map(make((key, fallback) => numberAttribute(node, key, fallback))) }];
    },
    gradient,
  };
}

/** The gradient of an operator of one value: the cotangent times a factor, or whatever `make` returns. */
const via =
  (make: (adjoint: Adjoint, x: string, y: string) => string): Gradient =>
  adjoint => [make(adjoint, adjoint.inputs[0]!, adjoint.outputs[0]!)];

const positive = ({ builder }: Adjoint, x: string): string => builder.add('Greater', [x, builder.scalar(0)]);
const times = ({ builder, cotangent }: Adjoint, factor: string): string => builder.add('Mul', [cotangent, factor]);
const scaled = ({ builder }: Adjoint, value: string, factor: number): string =>
  builder.add('Mul', [value, builder.scalar(factor)]);

/** ∫ of the normal density, scaled: the power series with positive terms, converging for every |x| < 6. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  let term = size;
  let sum = 0;
  for (let n = 1; term > sum * 1e-17; n++) {
    sum += term;
    term *= (2 * size * size) / (2 * n + 1);
  }
  return (Math.sign(x) * 2 * Math.exp(-size * size) * sum) / Math.sqrt(Math.PI);
}

const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 };

const activations: Operator[] = [
  unary(
    'Identity',
    () => x => x,
    via(a => a.cotangent),
  ),
  // Not of ONNX: the identity, held constant where a graph is differentiated. Files have an Identity in its place.
  unary('StopGradient', () => x => x, 'none'),
  unary(
    'Relu',
    () => x => Math.max(x, 0),
    via((a, x) => a.builder.add('Where', [positive(a, x), a.cotangent, a.builder.scalar(0)])),
  ),
  unary(
    'LeakyRelu',
    attribute => {
      const alpha = attribute('alpha', 0.01);
      return x => (x > 0 ? x : alpha * x);
    },
    via((a, x) =>
      a.builder.add('Where', [
        positive(a, x),
        a.cotangent,
        scaled(a, a.cotangent, numberAttribute(a.node, 'alpha', 0.01)),
      ]),
    ),
  ),
  unary(
    'Elu',
    attribute => {
      const alpha = attribute('alpha', 1);
      return x => (x > 0 ? x : alpha * Math.expm1(x));
    },
    via((a, x, y) => {
      const slope = a.builder.add('Add', [y, a.builder.scalar(numberAttribute(a.node, 'alpha', 1))]);
      return a.builder.add('Where', [positive(a, x), a.cotangent, times(a, slope)]);
    }),
  ),
  unary(
    'Selu',
    attribute => {
      const alpha = attribute('alpha', SELU.alpha);
      const gamma = attribute('gamma', SELU.gamma);
      return x => gamma * (x > 0 ? x : alpha * Math.expm1(x));
    },
    via((a, x, y) => {
      const alpha = numberAttribute(a.node, 'alpha', SELU.alpha);
      const gamma = numberAttribute(a.node, 'gamma', SELU.gamma);
      const slope = a.builder.add('Add', [y, a.builder.scalar(alpha * gamma)]);
      return a.builder.add('Where', [positive(a, x), scaled(a, a.cotangent, gamma), times(a, slope)]);
    }),
  ),
  unary(
    'Sigmoid',
    () => sigmoid,
    via((a, _, y) => times(a, a.builder.add('Mul', [y, a.builder.add('Sub', [a.builder.scalar(1), y])]))),
  ),
  unary(
    'HardSigmoid',
    attribute => {
      const alpha = attribute('alpha', 0.2);
      const beta = attribute('beta', 0.5);
      return x => Math.min(1, Math.max(0, alpha * x + beta));
    },
    via((a, _, y) => {
      const { builder } = a;
      const inside = builder.add('And', [
        builder.add('Greater', [y, builder.scalar(0)]),
        builder.add('Less', [y, builder.scalar(1)]),
      ]);
      const slope = scaled(a, a.cotangent, numberAttribute(a.node, 'alpha', 0.2));
      return builder.add('Where', [inside, slope, builder.scalar(0)]);
    }),
  ),
  unary(
    'Tanh',
    () => Math.tanh,
    via((a, _, y) => times(a, a.builder.add('Sub', [a.builder.scalar(1), a.builder.add('Mul', [y, y])]))),
  ),
  unary(
    'Softplus',
    () => softplus,
    via((a, x) => times(a, a.builder.add('Sigmoid', [x]))),
  ),
  unary(
    'Softsign',
    () => x => x / (1 + Math.abs(x)),
    via((a, x) => {
      const denominator = a.builder.add('Add', [a.builder.add('Abs', [x]), a.builder.scalar(1)]);
      return a.builder.add('Div', [a.cotangent, a.builder.add('Mul', [denominator, denominator])]);
    }),
  ),
  unary(
    'Exp',
    () => Math.exp,
    via((a, _, y) => times(a, y)),
  ),
  unary(
    'Log',
    () => Math.log,
    via((a, x) => a.builder.add('Div', [a.cotangent, x])),
  ),
  unary(
    'Sqrt',
    () => Math.sqrt,
    via((a, _, y) => a.builder.add('Div', [scaled(a, a.cotangent, 0.5), y])),
  ),
  unary(
    'Neg',
    () => x => -x,
    via(a => a.builder.add('Neg', [a.cotangent])),
  ),
  unary(
    'Abs',
    () => Math.abs,
    via((a, x) => times(a, a.builder.add('Sign', [x]))),
  ),
  unary(
    'Reciprocal',
    () => x => 1 / x,
    via((a, _, y) => a.builder.add('Neg', [times(a, a.builder.add('Mul', [y, y]))])),
  ),
  unary(
    'Erf',
    () => erf,
    via((a, x) => {
      const bell = a.builder.add('Exp', [a.builder.add('Neg', [a.builder.add('Mul', [x, x])])]);
      return times(a, scaled(a, bell, 2 / Math.sqrt(Math.PI)));
    }),
  ),
  unary(
    'Sin',
    () => Math.sin,
    via((a, x) => times(a, a.builder.add('Cos', [x]))),
  ),
  unary(
    'Cos',
    () => Math.cos,
    via((a, x) => a.builder.add('Neg', [times(a, a.builder.add('Sin', [x]))])),
  ),
  unary(
    'Asin',
    () => Math.asin,
    via((a, x) => {
      const left = a.builder.add('Sub', [a.builder.scalar(1), a.builder.add('Mul', [x, x])]);
      return a.builder.add('Div', [a.cotangent, a.builder.add('Sqrt', [left])]);
    }),
  ),
  unary('Sign', () => Math.sign, 'none'),
  unary('Floor', () => Math.floor, 'none'),
  unary('Ceil', () => Math.ceil, 'none'),
  // Halves go to the even neighbour.
  unary('Round', () => x => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)), 'none'),
  unary('Not', () => x => (x === 0 ? 1 : 0), 'none'),
];

/** Which element type an operator gives: that of its first or last input, or truth values. */
const RESULT_TYPES = { first: 0, last: -1, bool: undefined } as const;

/** An operator of broadcast values. Integers are cut towards zero, as integer division does. */
function broadcasting(
  name: string,
  f: (values: readonly number[]) => number,
  gradient: Operator['gradient'],
  result: keyof typeof RESULT_TYPES = 'last',
): Operator {
  const outputType = (types: readonly ElementType[]): ElementType => {
    const index = RESULT_TYPES[result];
    return index === undefined ? 'bool' : types.at(index)!;
  };
  return {
    name,
    infer: (node, inputs) => {
      const values = inputs.map((_, i) => given(inputs, i, node));
      return [{ type: outputType(values.map(v => v.type)), shape: broadcastShape(...values.map(v => v.shape)) }];
    },
    evaluate: (node, inputs) => {
      const values = inputs.map((_, i) => given(inputs, i, node));
      const shape = broadcastShape(...values.map(v => v.shape));
      const indices = values.map(v => broadcastIndex(v.shape, shape));
      const type = outputType(values.map(v => v.type));
      const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
        f(values.map((v, k) => v.data[indices[k]![i]!]!)),
      );
      return [{ type, shape, data: type.startsWith('float') ? data : data.map(Math.trunc) }];
    },
    gradient,
  };
}

/** Gradient from one factor per input; each is summed over the axes along which its input was broadcast. */
const perInput =
  (...parts: ((adjoint: Adjoint) => string)[]): Gradient =>
  adjoint =>
    adjoint.inputs.map((input, i) =>
      adjoint.wanted[i]
        ? unbroadcast(adjoint.builder, parts[i % parts.length]!(adjoint), adjoint.builder.shape(input))
        : undefined,
    );

/** Max and Min share the cotangent among the inputs that tie. */
const shareAmongTies: Gradient = adjoint => {
  const { builder, inputs, outputs, cotangent } = adjoint;
  const hits = inputs.map(x => builder.add('Cast', [builder.add('Equal', [x, outputs[0]!])], { to: 'float32' }));
  const share = builder.add('Div', [cotangent, hits.reduce((sum, hit) => builder.add('Add', [sum, hit]))]);
  return inputs.map((x, i) =>
    adjoint.wanted[i] ? unbroadcast(builder, builder.add('Mul', [share, hits[i]!]), builder.shape(x)) : undefined,
  );
};

const arithmetic: Operator[] = [
  broadcasting(
    'Add',
    ([a, b]) => a! + b!,
    perInput(a => a.cotangent),
  ),
  broadcasting(
    'Sub',
    ([a, b]) => a! - b!,
    perInput(
      a => a.cotangent,
      a => a.builder.add('Neg', [a.cotangent]),
    ),
  ),
  broadcasting(
    'Mul',
    ([a, b]) => a! * b!,
    perInput(
      a => times(a, a.inputs[1]!),
      a => times(a, a.inputs[0]!),
    ),
  ),
  broadcasting(
    'Div',
    ([a, b]) => a! / b!,
    perInput(
      a => a.builder.add('Div', [a.cotangent, a.inputs[1]!]),
      a => a.builder.add('Neg', [a.builder.add('Div', [times(a, a.outputs[0]!), a.inputs[1]!])]),
    ),
  ),
  broadcasting(
    'Pow',
    ([a, b]) => a! ** b!,
    perInput(
      a => {
        const x = a.inputs[0]!;
        // The exponent may be an integer where x is not.
        const exponent = a.builder.add('Cast', [a.inputs[1]!], { to: a.builder.header(x).type });
        const lower = a.builder.add('Sub', [exponent, a.builder.scalar(1)]);
        return times(a, a.builder.add('Mul', [exponent, a.builder.add('Pow', [x, lower])]));
      },
      a => times(a, a.builder.add('Mul', [a.outputs[0]!, a.builder.add('Log', [a.inputs[0]!])])),
    ),
    'first',
  ),
  broadcasting(
    'Sum',
    values => values.reduce((sum, v) => sum + v, 0),
    perInput(a => a.cotangent),
  ),
  broadcasting(
    'Mean',
    values => values.reduce((sum, v) => sum + v, 0) / values.length,
    perInput(a => scaled(a, a.cotangent, 1 / a.inputs.length)),
  ),
  broadcasting('Max', values => Math.max(...values), shareAmongTies),
  broadcasting('Min', values => Math.min(...values), shareAmongTies),
  broadcasting(
    'PRelu',
    ([x, slope]) => (x! > 0 ? x! : x! * slope!),
    perInput(
      a => a.builder.add('Where', [positive(a, a.inputs[0]!), a.cotangent, times(a, a.inputs[1]!)]),
      a => a.builder.add('Where', [positive(a, a.inputs[0]!), a.builder.scalar(0), times(a, a.inputs[0]!)]),
    ),
  ),
  broadcasting(
    'Where',
    ([condition, a, b]) => (condition !== 0 ? a! : b!),
    perInput(
      a => a.cotangent,
      a => a.builder.add('Where', [a.inputs[0]!, a.cotangent, a.builder.scalar(0)]),
      a => a.builder.add('Where', [a.inputs[0]!, a.builder.scalar(0), a.cotangent]),
    ),
  ),
  broadcasting('Equal', ([a, b]) => Number(a === b), 'none', 'bool'),
  broadcasting('Greater', ([a, b]) => Number(a! > b!), 'none', 'bool'),
  broadcasting('GreaterOrEqual', ([a, b]) => Number(a! >= b!), 'none', 'bool'),
  broadcasting('Less', ([a, b]) => Number(a! < b!), 'none', 'bool'),
  broadcasting('LessOrEqual', ([a, b]) => Number(a! <= b!), 'none', 'bool'),
  broadcasting('And', ([a, b]) => Number(a !== 0 && b !== 0), 'none', 'bool'),
  broadcasting('Xor', ([a, b]) => Number((a !== 0) !== (b !== 0)), 'none', 'bool'),
  broadcasting('Or', ([a, b]) => Number(a !== 0 || b !== 0), 'none', 'bool'),
];

/** What is left of a division: with the divisor's sign, or the dividend's with `fmod`. */
const mod: Operator = {
  ...broadcasting(
    'Mod',
    () => NaN,
    perInput(
      a => a.cotangent,
      () => {
        throw new ShapeError('the divisor is computed from the input');
      },
    ),
    'first',
  ),
  evaluate: (node, inputs) => {
    const fmod = numberAttribute(node, 'fmod', 0) === 1;
    const rest = ([a, b]: readonly number[]): number => (fmod ? a! % b! : a! - b! * Math.floor(a! / b!));
    return broadcasting('Mod', rest, 'none', 'first').evaluate(node, inputs);
  },
};

/** A test of each element. */
const testing = (name: string, test: (x: number, node: Node) => boolean): Operator => ({
  name,
  infer: (node, inputs) => [{ type: 'bool', shape: given(inputs, 0, node).shape }],
  evaluate: (node, inputs) => {
    const { shape, data } = given(inputs, 0, node);
    return [{ type: 'bool', shape, data: data.map(x => Number(test(x, node))) }];
  },
  gradient: 'none',
});

const tests: Operator[] = [
  testing('IsNaN', x => Number.isNaN(x)),
  testing('IsInf', (x, node) => {
    if (x === Infinity) return numberAttribute(node, 'detect_positive', 1) === 1;
    return x === -Infinity && numberAttribute(node, 'detect_negative', 1) === 1;
  }),
];

const clip: Operator = {
  name: 'Clip',
  infer: (node, inputs) => {
    const { type, shape } = given(inputs, 0, node);
    return [{ type, shape }];
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const low = inputs[1]?.data[0] ?? -Infinity;
    const high = inputs[2]?.data[0] ?? Infinity;
    return [{ ...x, data: x.data.map(v => Math.min(high, Math.max(low, v))) }];
  },
  gradient: ({ builder, inputs, cotangent }) => {
    const [x, low, high] = inputs as [string, string?, string?];
    let inside = cotangent;
    if (low) inside = builder.add('Where', [builder.add('Less', [x, low]), builder.scalar(0), inside]);
    if (high) inside = builder.add('Where', [builder.add('Greater', [x, high]), builder.scalar(0), inside]);
    return [inside];
  },
};

/** In inference a dropout passes its input on; its second output, the mask, is not supported. */
const dropout: Operator = { ...activations[0]!, name: 'Dropout' };

const CAST_TYPES: Readonly<Record<string, ElementType>> = {
  float32: 'float32',
  float64: 'float64',
  int32: 'int32',
  int64: 'int64',
  bool: 'bool',
  uint8: 'uint8',
};

function castType(node: Node): ElementType {
  const to = textAttribute(node, 'to', '');
  const type = CAST_TYPES[to];
  if (type === undefined) throw new Error(`Cast to ${to} should have been refused at import`);
  return type;
}

/** `to` is the name of an element type (the reader translates ONNX's numbers, the writer back). */
const cast: Operator = {
  name: 'Cast',
  infer: (node, inputs) => [{ type: castType(node), shape: given(inputs, 0, node).shape }],
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const type = castType(node);
    const convert: (v: number) => number =
      type === 'bool' ? v => Number(v !== 0) : type.startsWith('float') ? v => v : Math.trunc;
    return [{ type, shape: x.shape, data: x.data.map(convert) } satisfies Value];
  },
  gradient: ({ builder, inputs, node, cotangent }) => {
    const from = builder.header(inputs[0]!).type;
    if (!castType(node).startsWith('float') || !from.startsWith('float')) return [undefined];
    return [builder.add('Cast', [cotangent], { to: from })];
  },
};

export const ELEMENTWISE: readonly Operator[] = [...activations, ...arithmetic, mod, ...tests, clip, dropout, cast];
