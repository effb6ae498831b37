/**
 * LSTM, GRU and RNN, written out step by step: matrix products and element-wise operators, the weights shared by all steps.
 * Source: ONNX LSTM-22, GRU-22, RNN-22 (equations and default activations).
 */
import { floats, textAttribute } from '../../graph/graph.js';
import type { Composite, Expansion } from './expansion.js';

type Activation = (x: string) => string;

/** Named activations with the defaults of their two numbers. */
const ACTIVATIONS: Readonly<
  Record<
    string,
    { alpha?: number; beta?: number; make: (e: Expansion, x: string, alpha: number, beta: number) => string }
  >
> = {
  Sigmoid: { make: (e, x) => e.add('Sigmoid', [x]) },
  Tanh: { make: (e, x) => e.add('Tanh', [x]) },
  Relu: { make: (e, x) => e.add('Relu', [x]) },
  Softsign: { make: (e, x) => e.add('Softsign', [x]) },
  Softplus: { make: (e, x) => e.add('Softplus', [x]) },
  HardSigmoid: { alpha: 0.2, beta: 0.5, make: (e, x, alpha, beta) => e.add('HardSigmoid', [x], { alpha, beta }) },
  Elu: { alpha: 1, make: (e, x, alpha) => e.add('Elu', [x], { alpha }) },
  LeakyRelu: { alpha: 0.01, make: (e, x, alpha) => e.add('LeakyRelu', [x], { alpha }) },
};

const PARTS = [
  ...['Sigmoid', 'Tanh', 'Relu', 'Softsign', 'Softplus', 'HardSigmoid', 'Elu', 'LeakyRelu'],
  ...['MatMul', 'Add', 'Sub', 'Mul', 'Clip', 'Transpose', 'Reshape', 'Slice', 'Split', 'Concat'],
];

const list = (e: Expansion, name: string): readonly (string | number)[] => {
  const value = e.node.attributes[name];
  return Array.isArray(value) ? (value as readonly (string | number)[]) : [];
};

/** The activations of every direction, `defaults.length` each. */
function activationsOf(e: Expansion, defaults: readonly string[], directions: number): Activation[][] {
  const written = list(e, 'activations');
  const names = written.length > 0 ? written.map(String) : Array.from({ length: directions }, () => defaults).flat();
  // The lists of numbers hold those of activations that take them, in order.
  const alphas = [...list(e, 'activation_alpha')].map(Number);
  const betas = [...list(e, 'activation_beta')].map(Number);
  const all = names.map(name => {
    const known = Object.entries(ACTIVATIONS).find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1];
    if (known === undefined) return e.refuse(`with the activation ${name}`);
    const alpha = known.alpha === undefined ? 0 : (alphas.shift() ?? known.alpha);
    const beta = known.beta === undefined ? 0 : (betas.shift() ?? known.beta);
    return (x: string) => known.make(e, x, alpha, beta);
  });
  return Array.from({ length: directions }, (_, d) => all.slice(d * defaults.length, (d + 1) * defaults.length));
}

/** One direction of a layer. Matrices stand on the right: [input, gates · hidden] and [hidden, gates · hidden]. */
interface Direction {
  readonly e: Expansion;
  readonly hidden: number;
  /** The product with the recurrence's block of gates, plus its bias where the input's does not hold it. */
  readonly recur: (state: string, block: number) => string;
  readonly activations: readonly Activation[];
  /** Limits what goes into the activations. */
  readonly clip: (x: string) => string;
}

/** The states after one step: h, and c where the cell has one. */
type Step = (direction: Direction, input: string, states: readonly string[]) => readonly string[];

interface Cell {
  readonly name: string;
  readonly activations: readonly string[];
  /** Inputs that hold the first states. */
  readonly states: readonly number[];
  /** How many gates go through the recurrence together, block by block. */
  readonly blocks: readonly number[];
  readonly step: Step;
  /** Whether the recurrence's bias can be added to the input's once for all steps. */
  readonly joinsBias: (e: Expansion) => boolean;
}

/** Cuts [batch, gates · hidden] into gates. */
function gates(e: Expansion, value: string, hidden: number): string[] {
  const count = e.shape(value)[1]! / hidden;
  return e.addMany('Split', [value, e.integers(new Array<number>(count).fill(hidden))], { axis: 1 }, count);
}

/** f(x · W + h · R + bias) */
const rnnStep: Step = ({ e, recur, activations, clip }, input, [h]) => [
  activations[0]!(clip(e.add('Add', [input, recur(h!, 0)]))),
];

/** Gates input, output, forget, cell: c' = f · c + i · g, h' = o · tanh(c'). */
const lstmStep: Step = ({ e, hidden, recur, activations, clip }, input, [h, c]) => {
  const [f, g, out] = activations as [Activation, Activation, Activation];
  const sum = clip(e.add('Add', [input, recur(h!, 0)]));
  const [i, o, forget, cell] = gates(e, sum, hidden) as [string, string, string, string];
  const enter = f(i);
  const keep = e.number('input_forget', 0) === 1 ? e.add('Sub', [e.scalar(1), enter]) : f(forget);
  const next = e.add('Add', [e.add('Mul', [keep, c!]), e.add('Mul', [enter, g(cell)])]);
  return [e.add('Mul', [f(o), out(next)]), next];
};

/** Gates update, reset, hidden: h' = (1 − z) · n + z · h, where the reset gate weighs h before or behind its product. */
const gruStep: Step = ({ e, hidden, recur, activations, clip }, input, [h]) => {
  const [f, g] = activations as [Activation, Activation];
  const [both, last] = [e.slice(input, 1, 0, 2 * hidden), e.slice(input, 1, 2 * hidden, 3 * hidden)];
  const sum = clip(e.add('Add', [both, recur(h!, 0)]));
  const [z, r] = gates(e, sum, hidden).map(f) as [string, string];
  const behind = e.number('linear_before_reset', 0) === 1;
  const weighed = behind ? e.add('Mul', [r, recur(h!, 1)]) : recur(e.add('Mul', [r, h!]), 1);
  const n = g(clip(e.add('Add', [last, weighed])));
  // n + z (h − n)
  return [e.add('Add', [n, e.add('Mul', [z, e.add('Sub', [h!, n])])])];
};

/** Slice `index` of the leading axis, without it. */
function lead(e: Expansion, value: string, index: number): string {
  return e.reshape(e.slice(value, 0, index, index + 1), e.shape(value).slice(1));
}

/** Consecutive parts along an axis. */
function parts(e: Expansion, value: string, axis: number, extents: readonly number[]): string[] {
  let from = 0;
  return extents.map(extent => e.slice(value, axis, from, (from += extent)));
}

/**
 * Runs one direction over x [steps, batch, input].
 *
 * @returns h at every step, [steps, 1, batch, hidden], and the last states, [batch, hidden]
 */
function run(
  e: Expansion,
  cell: Cell,
  x: string,
  d: number,
  activations: readonly Activation[],
  first: readonly string[],
) {
  const [steps, batch] = e.shape(x) as [number, number];
  const [, width, hidden] = e.shape(e.input(2)) as [number, number, number];
  const blocks = cell.blocks.map(count => count * hidden);
  let projected = e.add('MatMul', [x, e.transpose(lead(e, e.input(1), d), [1, 0])]);
  let biases: readonly string[] | undefined;
  if (e.optional(3) !== undefined) {
    const [ofInput, ofRecurrence] = parts(e, lead(e, e.input(3), d), 0, [width, width]) as [string, string];
    const joined = cell.joinsBias(e);
    projected = e.add('Add', [projected, joined ? e.add('Add', [ofInput, ofRecurrence]) : ofInput]);
    if (!joined) biases = parts(e, ofRecurrence, 0, blocks);
  }
  const recurrence = parts(e, e.transpose(lead(e, e.input(2), d), [1, 0]), 1, blocks);
  const limit = e.number('clip', 0);
  const direction: Direction = {
    e,
    hidden,
    recur: (state, block) => {
      const product = e.add('MatMul', [state, recurrence[block]!]);
      return biases === undefined ? product : e.add('Add', [product, biases[block]!]);
    },
    activations,
    clip: value => (limit > 0 ? e.add('Clip', [value, e.scalar(-limit), e.scalar(limit)]) : value),
  };
  const inputs = e.addMany('Split', [projected, e.integers(new Array<number>(steps).fill(1))], { axis: 0 }, steps);
  const order = [...inputs.keys()];
  const reversed = d === 1 || textAttribute(e.node, 'direction', 'forward') === 'reverse';
  const hs = new Array<string>(steps);
  let states = first;
  for (const t of reversed ? order.reverse() : order) {
    states = cell.step(direction, e.reshape(inputs[t]!, [batch, width]), states);
    hs[t] = e.reshape(states[0]!, [1, 1, batch, hidden]);
  }
  return { all: e.add('Concat', hs, { axis: 0 }), states };
}

function expand(e: Expansion, cell: Cell): readonly string[] {
  const batchFirst = e.number('layout', 0) === 1;
  // [steps, batch, …] ↔ [batch, steps, …], also for states [directions, batch, …].
  const turned = (value: string): string => (batchFirst ? e.transpose(value, [1, 0, 2]) : value);
  const x = turned(e.input(0));
  const [steps, batch] = e.shape(x) as [number, number];
  const [directions, , hidden] = e.shape(e.input(2)) as [number, number, number];
  if (e.optional(4) !== undefined && e.constant(4)!.some(length => length !== steps))
    e.refuse('over examples of different lengths', 'Export the model for sequences of one length.');
  const activations = activationsOf(e, cell.activations, directions);
  const zeros = (): string => e.tensor(floats([batch, hidden], new Float32Array(batch * hidden)));
  const runs = activations.map((own, d) => {
    const first = cell.states.map(index =>
      e.optional(index) === undefined ? zeros() : lead(e, turned(e.input(index)), d),
    );
    return run(e, cell, x, d, own, first);
  });
  const join = (values: readonly string[], axis: number): string =>
    values.length === 1 ? values[0]! : e.add('Concat', values, { axis });
  const all = join(
    runs.map(each => each.all),
    1,
  );
  const ends = cell.states.map((_, i) =>
    join(
      runs.map(({ states }) => e.reshape(states[i]!, [1, batch, hidden])),
      0,
    ),
  );
  return [batchFirst ? e.transpose(all, [2, 0, 1, 3]) : all, ...ends.map(turned)];
}

const recurrent = (cell: Cell): Composite => ({ name: cell.name, parts: PARTS, expand: e => expand(e, cell) });

const lstm = recurrent({
  name: 'LSTM',
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  states: [5, 6],
  blocks: [4],
  step: lstmStep,
  joinsBias: () => true,
});

export const RECURRENT: readonly Composite[] = [
  recurrent({ name: 'RNN', activations: ['Tanh'], states: [5], blocks: [1], step: rnnStep, joinsBias: () => true }),
  {
    ...lstm,
    expand: e => {
      if (e.optional(7) !== undefined && e.constant(7)!.some(weight => weight !== 0)) e.refuse('with peepholes');
      return lstm.expand(e);
    },
  },
  recurrent({
    name: 'GRU',
    activations: ['Sigmoid', 'Tanh'],
    states: [5],
    blocks: [2, 1],
    step: gruStep,
    // Behind the product the reset gate weighs the recurrence together with its bias.
    joinsBias: e => e.number('linear_before_reset', 0) === 0,
  }),
];
