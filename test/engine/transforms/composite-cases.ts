/** Random cases for every composite operator: attributes, shapes and operands in the forms that ONNX allows. */
import { floats, integers, type Attributes } from '../../../server/src/engine/graph/graph.js';
import { constant, given, variable, type Draw, type MakeCase, type Operand } from '../ops/draw.js';

/** The operator set in which the case is judged natively, and what to draw. */
export interface CompositeCases {
  readonly opset: number;
  readonly make: MakeCase;
  readonly runs?: number;
}

const list = (values: readonly number[]): Operand => constant(integers(values));
const maybe = <T>(draw: Draw, value: () => T): T | undefined => (draw.boolean() ? value() : undefined);

const unary =
  (attributes: (draw: Draw) => Attributes = () => ({}), low = -2, high = 2): MakeCase =>
  draw => ({ operands: [variable(draw.tensor(draw.shape(0, 3), low, high))], attributes: attributes(draw) });

/** Along the last axes, from `axis` on, with scale and bias of their shape. */
const behindAxis =
  (biased: boolean): MakeCase =>
  draw => {
    const shape = draw.shape(2, 4).map(extent => extent + 1);
    const axis = draw.integer(1, shape.length - 1);
    const rest = shape.slice(axis);
    return {
      operands: [
        variable(draw.tensor(shape)),
        variable(draw.tensor(rest)),
        ...(biased && draw.boolean() ? [variable(draw.tensor(rest))] : []),
      ],
      attributes: { axis: draw.choose(axis, axis - shape.length), ...draw.choose({}, { epsilon: 0.01 }) },
    };
  };

const channels =
  (groups: number, attributes: Attributes): MakeCase =>
  draw => {
    const shape = [draw.integer(1, 2), groups * draw.integer(1, 2), ...draw.list(draw.integer(1, 2), 2, 4)];
    return {
      operands: [variable(draw.tensor(shape)), ...[0, 1].map(() => constant(draw.tensor([shape[1]!])))],
      attributes: { ...attributes, ...draw.choose({}, { epsilon: 0.01 }) },
    };
  };

const tile: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  return { operands: [variable(draw.tensor(shape)), list(draw.list(shape.length, 1, 3))] };
};

const blocks =
  (attributes: (draw: Draw) => Attributes, shape: (draw: Draw) => number[]): MakeCase =>
  draw => ({ operands: [variable(draw.tensor(shape(draw)))], attributes: { blocksize: 2, ...attributes(draw) } });

const trilu: MakeCase = draw => {
  const shape = draw.shape(2, 4);
  const k = maybe(draw, () => constant(integers([draw.integer(-2, 2)], [])));
  return {
    operands: [variable(draw.tensor(shape)), ...(k ? [k] : [])],
    attributes: draw.choose<Attributes>({}, { upper: 0 }, { upper: 1 }),
  };
};

const pad: MakeCase = draw => {
  const shape = draw.shape(1, 3).map(extent => extent + 2);
  const axes = maybe(draw, () => draw.axes(shape.length, 1));
  return {
    operands: [
      variable(draw.tensor(shape)),
      list(draw.list(2 * (axes ?? shape).length, 0, 2)),
      ...(axes ? [undefined, list(axes)] : []),
    ],
    attributes: { mode: draw.choose('reflect', 'edge', 'wrap') },
  };
};

const gatherND: MakeCase = draw => {
  const shape = draw.shape(2, 4);
  const batch_dims = draw.integer(0, 1);
  const width = draw.integer(1, shape.length - batch_dims);
  const outer = [...shape.slice(0, batch_dims), ...draw.shape(0, 2)];
  const least = Math.min(...shape.slice(batch_dims, batch_dims + width));
  return {
    operands: [variable(draw.tensor(shape)), constant(draw.integers([...outer, width], -least, least - 1))],
    attributes: { batch_dims },
  };
};

const gatherElements: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  const axis = draw.axis(shape.length);
  const extent = shape.at(axis)!;
  return {
    operands: [
      variable(draw.tensor(shape)),
      constant(draw.integers(shape.with(axis, draw.integer(1, 4)), -extent, extent - 1)),
    ],
    attributes: { axis },
  };
};

/** Each place at most once, since natively the order of updates is open. */
const scatterElements: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  const axis = draw.axis(shape.length);
  const extent = shape.at(axis)!;
  const one = shape.with(axis, 1);
  return {
    operands: [
      variable(draw.tensor(shape)),
      constant(draw.integers(one, -extent, extent - 1)),
      variable(draw.tensor(one)),
    ],
    attributes: { axis },
  };
};

const scatterND: MakeCase = draw => {
  const shape = draw.shape(1, 3);
  const width = draw.integer(1, shape.length);
  const places = Array.from({ length: draw.integer(1, shape[0]!) }, (_, i) => [
    i,
    ...shape.slice(1, width).map(() => 0),
  ]);
  return {
    operands: [
      variable(draw.tensor(shape)),
      constant(integers(places.flat(), [places.length, width])),
      variable(draw.tensor([places.length, ...shape.slice(width)])),
    ],
  };
};

const oneHot: MakeCase = draw => {
  const shape = draw.shape(1, 2);
  return {
    operands: [given(draw.integers(shape, -4, 4)), constant(integers([4], [])), constant(floats([2], [-1, 3]))],
    attributes: draw.choose<Attributes>({}, { axis: 0 }, { axis: -1 }, { axis: 1 }),
  };
};

const resize: MakeCase = draw => {
  const spatial = draw.list(draw.integer(1, 2), 2, 5);
  const shape = [draw.integer(1, 2), draw.integer(1, 2), ...spatial];
  const mode = draw.choose('nearest', 'linear', 'cubic');
  // Natively cubic interpolation exists for two axes only.
  if (mode === 'cubic' && spatial.length === 1) shape.splice(2, 0, 3);
  const rank = shape.length;
  const byScale = draw.boolean();
  const scales = shape.map((_, axis) => (axis < 2 ? 1 : draw.choose(0.5, 0.75, 1.5, 2, 3)));
  const sizes = shape.map((extent, axis) => (axis < 2 ? extent : draw.integer(1, 7)));
  return {
    operands: [
      variable(draw.tensor(shape)),
      undefined,
      ...(byScale ? [constant(floats([rank], scales))] : [undefined, list(sizes)]),
    ],
    attributes: {
      mode,
      ...draw.choose<Attributes>(
        {},
        ...['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric', 'half_pixel_symmetric'].map(
          coordinate_transformation_mode => ({ coordinate_transformation_mode }),
        ),
      ),
      ...(mode === 'nearest'
        ? { nearest_mode: draw.choose('round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil') }
        : {}),
      ...(mode === 'cubic' ? draw.choose<Attributes>({}, { exclude_outside: 1 }, { cubic_coeff_a: -0.5 }) : {}),
    },
  };
};

const EXTENTS: Readonly<Record<string, number>> = { a: 2, b: 3, i: 4, j: 2, k: 3, h: 2, n: 3 };
const EQUATIONS = [
  ...['ij->ji', 'ij->i', 'ij', 'ij,jk', 'ij,jk->ik', 'ij,kj->ki', 'bij,bjk->bik', 'bhik,bhjk->bhij', 'i,j->ij'],
  ...['i,i->', 'ij,ij->ij', 'bi,ij,bj->b', 'bnk,hk->bhn', 'abi,ij->abj', 'ij,jk,kh->ih', 'bij->'],
];

const einsum: MakeCase = draw => {
  const shaped = draw.integer(0, 3) === 0;
  if (shaped) {
    const batch = draw.shape(0, 2, 3);
    const ones = (shape: readonly number[]) => shape.map(extent => (draw.integer(0, 3) === 0 ? 1 : extent));
    const equation = draw.choose('...ij,...jk->...ik', '... i j, ... j k -> ... k i', '...ij,...jk');
    return {
      operands: [variable(draw.tensor([...ones(batch), 2, 3])), variable(draw.tensor([...ones(batch), 3, 4]))],
      attributes: { equation },
    };
  }
  const equation = draw.choose(...(EQUATIONS as [string, ...string[]]));
  const operands = equation.split('->')[0]!.split(',');
  const shapes = operands.map(letters => [...letters].map(letter => EXTENTS[letter]!));
  return { operands: draw.spread(shapes).map(variable), attributes: { equation } };
};

const reduction: MakeCase = draw => {
  const shape = draw.shape(0, 3);
  const axes = draw.choose(undefined, draw.axes(shape.length, Math.min(1, shape.length)), []);
  return {
    operands: [variable(draw.tensor(shape, 0.5, 2)), ...(axes === undefined ? [] : [list(axes)])],
    attributes: {
      ...draw.choose({}, { keepdims: 0 }, { keepdims: 1 }),
      ...draw.choose({}, { noop_with_empty_axes: 1 }),
    },
  };
};

const averagePool: MakeCase = draw => {
  const rank = draw.integer(1, 2);
  const kernel_shape = draw.list(rank, 2, 3);
  return {
    operands: [variable(draw.tensor([draw.integer(1, 2), draw.integer(1, 2), ...draw.list(rank, 6, 8)]))],
    attributes: {
      kernel_shape,
      dilations: draw.list(rank, 1, 2).with(0, 2),
      strides: draw.list(rank, 1, 3),
      pads: [...kernel_shape, ...kernel_shape].map(k => draw.integer(0, k - 1)),
      ceil_mode: draw.integer(0, 1),
      count_include_pad: draw.integer(0, 1),
    },
  };
};

const recurrent =
  (gates: number, names: readonly [string, ...string[]], extras: (draw: Draw) => Attributes): MakeCase =>
  draw => {
    const [steps, batch, inputs, hidden_size] = draw.list(4, 1, 3) as [number, number, number, number];
    const direction = draw.choose('forward', 'reverse', 'bidirectional');
    const d = direction === 'bidirectional' ? 2 : 1;
    const small = (shape: readonly number[]): Operand => variable(draw.tensor(shape, -1, 1));
    const states = gates === 4 ? 2 : 1;
    const optional = [
      maybe(draw, () => constant(draw.tensor([d, 2 * gates * hidden_size], -1, 1))),
      maybe(draw, () => constant({ type: 'int32', shape: [batch], data: new Int32Array(batch).fill(steps) })),
      ...(draw.boolean() ? Array.from({ length: states }, () => small([d, batch, hidden_size])) : []),
    ];
    const activations = draw.boolean()
      ? {}
      : {
          activations: Array.from({ length: d }, () => [
            draw.choose(...names),
            ...(gates === 1 ? [] : ['Tanh']),
            ...(gates === 4 ? ['Tanh'] : []),
          ]).flat(),
        };
    return {
      operands: [
        small([steps, batch, inputs]),
        constant(draw.tensor([d, gates * hidden_size, inputs], -1, 1)),
        draw.choose(constant, variable)(draw.tensor([d, gates * hidden_size, hidden_size], -1, 1)),
        ...optional,
      ],
      attributes: { hidden_size, direction, ...activations, ...draw.choose({}, { clip: 0.6 }), ...extras(draw) },
      outputs: 1 + states,
    };
  };

const attention: MakeCase = draw => {
  const [batch, groups, queries, keys, width] = draw.list(5, 1, 3) as [number, number, number, number, number];
  const kv = draw.integer(1, 2);
  const heads = kv * groups;
  const flat = draw.boolean();
  const value = (h: number, positions: number): Operand =>
    variable(draw.tensor(flat ? [batch, positions, h * width] : [batch, h, positions, width], -1, 1));
  const mask = draw.choose(
    undefined,
    given(draw.tensor([queries, keys])),
    given(draw.tensor([batch, 1, queries, keys])),
  );
  return {
    operands: [value(heads, queries), value(kv, keys), value(kv, keys), ...(mask ? [mask] : [])],
    attributes: {
      ...(flat ? { q_num_heads: heads, kv_num_heads: kv } : {}),
      ...draw.choose<Attributes>({}, { is_causal: 1 }),
      ...draw.choose<Attributes>({}, { scale: 0.75 }),
    },
  };
};

const rotary: MakeCase = draw => {
  const [batch, heads, positions, quarter] = draw.list(4, 1, 2) as [number, number, number, number];
  const width = 4 * quarter;
  const rotary_embedding_dim = draw.choose(0, 2 * quarter);
  const half = (rotary_embedding_dim || width) / 2;
  const flat = draw.boolean();
  const ids = draw.boolean();
  const angles = (): Operand => constant(draw.tensor(ids ? [5, half] : [batch, positions, half], -1, 1));
  return {
    operands: [
      variable(draw.tensor(flat ? [batch, positions, heads * width] : [batch, heads, positions, width])),
      angles(),
      angles(),
      ...(ids ? [given(draw.integers([batch, positions], 0, 4))] : []),
    ],
    attributes: {
      rotary_embedding_dim,
      interleaved: draw.integer(0, 1),
      ...(flat || rotary_embedding_dim > 0 ? { num_heads: heads } : {}),
    },
  };
};

const gate = ['Sigmoid', 'HardSigmoid'] as const;
const flag = (name: string) => (draw: Draw) => draw.choose<Attributes>({}, { [name]: 1 });

export const COMPOSITE_CASES: Readonly<Record<string, CompositeCases>> = {
  Gelu: { opset: 20, make: unary(draw => draw.choose({}, { approximate: 'tanh' })) },
  HardSwish: { opset: 18, make: unary(() => ({}), -4, 4) },
  Mish: { opset: 18, make: unary() },
  Swish: { opset: 24, make: unary(draw => draw.choose({}, { alpha: 0.5 })) },
  Celu: { opset: 18, make: unary(draw => draw.choose({}, { alpha: 0.5 })) },
  ThresholdedRelu: { opset: 18, make: unary(draw => draw.choose({}, { alpha: 0.5 })) },
  Shrink: { opset: 18, make: unary(draw => draw.choose({}, { lambd: 0.75, bias: 0.25 })) },
  Attention: { opset: 23, make: attention, runs: 40 },
  RotaryEmbedding: { opset: 23, make: rotary, runs: 30 },
  LayerNormalization: { opset: 18, make: behindAxis(true) },
  RMSNormalization: { opset: 23, make: behindAxis(false) },
  SimplifiedLayerNormalization: { opset: 18, make: behindAxis(false) },
  GroupNormalization: { opset: 21, make: channels(2, { num_groups: 2 }) },
  InstanceNormalization: { opset: 18, make: channels(1, {}) },
  LpNormalization: {
    opset: 18,
    make: draw => {
      const shape = draw.shape(1, 3);
      return {
        operands: [variable(draw.tensor(shape))],
        attributes: { axis: draw.axis(shape.length), p: draw.integer(1, 2) },
      };
    },
  },
  Tile: { opset: 18, make: tile },
  DepthToSpace: {
    opset: 18,
    make: blocks(
      draw => draw.choose({}, { mode: 'CRD' }),
      draw => [1, 4 * draw.integer(1, 2), ...draw.list(2, 1, 3)],
    ),
  },
  SpaceToDepth: {
    opset: 18,
    make: blocks(
      () => ({}),
      draw => [1, draw.integer(1, 2), ...draw.list(2, 1, 2).map(extent => 2 * extent)],
    ),
  },
  Trilu: { opset: 18, make: trilu },
  Pad: { opset: 19, make: pad },
  GatherND: { opset: 18, make: gatherND },
  GatherElements: { opset: 18, make: gatherElements },
  ScatterND: { opset: 18, make: scatterND },
  ScatterElements: { opset: 18, make: scatterElements },
  OneHot: { opset: 18, make: oneHot },
  CastLike: {
    opset: 18,
    make: draw => ({ operands: [variable(draw.tensor(draw.shape(1, 2))), given(draw.tensor([1]))] }),
  },
  Resize: { opset: 19, make: resize, runs: 60 },
  Einsum: { opset: 18, make: einsum, runs: 60 },
  ReduceLogSum: { opset: 18, make: reduction },
  ReduceProd: { opset: 18, make: reduction },
  AveragePool: { opset: 19, make: averagePool, runs: 30 },
  RNN: { opset: 18, make: recurrent(1, ['Tanh', 'Relu', 'HardSigmoid'], () => ({})), runs: 30 },
  LSTM: { opset: 18, make: recurrent(4, gate, flag('input_forget')), runs: 40 },
  GRU: { opset: 18, make: recurrent(3, gate, flag('linear_before_reset')), runs: 40 },
};
