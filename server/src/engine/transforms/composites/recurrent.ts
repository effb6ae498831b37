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
  ...['MatMul', 'Add', 'Sub', 'Mul', 'Neg', 'Clip', 'Transpose', 'Reshape', 'Slice', 'Split', 'Concat'],
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
  readonly recurrence: string;
  /** Bias of the recurrence, [gates · hidden]; undefined where there is none. */
  readonly bias: string | undefined;
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
  readonly step: Step;
  /** Whether the recurrence's bias can be added to the input's once for all steps. */
  readonly joinsBias: (e: Expansion) => boolean;
  readonly check?: (e: Expansion) => void;
}

/** Cuts [batch, gates · hidden] into gates. */
function gates(e: Expansion, value: string, hidden: number): string[] {
  const count = e.shape(value)[1]! / hidden;
  return e.addMany('Split', [value, e.integers(new Array<number>(count).fill(hidden))], { axis: 1 }, count);
}

/** f(x · W + h · R + bias) */
const rnnStep: Step = ({ e, recurrence, activations, clip }, input, [h]) => [
  activations[0]!(clip(e.add('Add', [input, e.add('MatMul', [h!, recurrence])]))),
];

/** Gates input, output, forget, cell: c' = f · c + i · g, h' = o · tanh(c'). */
const lstmStep: Step = ({ e, hidden, recurrence, activations, clip }, input, [h, c]) => {
  const [f, g, out] = activations as [Activation, Activation, Activation];
  const sum = clip(e.add('Add', [input, e.add('MatMul', [h!, recurrence])]));
  const [i, o, forget, cell] = gates(e, sum, hidden) as [string, string, string, string];
  const enter = f(i);
  const keep = e.number('input_forget', 0) === 1 ? e.add('Sub', [e.scalar(1), enter]) : f(forget);
  const next = e.add('Add', [e.add('Mul', [keep, c!]), e.add('Mul', [enter, g(cell)])]);
  return [e.add('Mul', [f(o), out(next)]), next];
};

/** Gates update, reset, hidden: h' = (1 − z) · n + z · h, where the reset gate weighs h before or behind its product. */
const gruStep: Step = ({ e, hidden, recurrence, bias, activations, clip }, input, [h]) => {
  const [f, g] = activations as [Activation, Activation];
  const [both, last] = [e.slice(input, 1, 0, 2 * hidden), e.slice(input, 1, 2 * hidden, 3 * hidden)];
  const part = (from: number, to: number): string => e.slice(recurrence, 1, from * hidden, to * hidden);
  const biased = (value: string, from: number, to: number): string =>
    bias === undefined ? value : e.add('Add', [value, e.slice(bias, 0, from * hidden, to * hidden)]);
  const sum = biased(e.add('Add', [both, e.add('MatMul', [h!, part(0, 2)])]), 0, 2);
  const [z, r] = gates(e, clip(sum), hidden).map(f) as [string, string];
  const recur = (value: string): string => biased(e.add('MatMul', [value, part(2, 3)]), 2, 3);
  const fresh = e.number('linear_before_reset', 0) === 1 ? e.add('Mul', [r, recur(h!)]) : recur(e.add('Mul', [r, h!]));
  const n = g(clip(e.add('Add', [last, fresh])));
  // n + z (h − n)
  return [e.add('Add', [n, e.add('Mul', [z, e.add('Sub', [h!, n])])])];
};

/** Slice `index` of the leading axis, without it. */
function lead(e: Expansion, value: string, index: number): string {
  return e.reshape(e.slice(value, 0, index, index + 1), e.shape(value).slice(1));
}

function expand(e: Expansion, cell: Cell): readonly (string | undefined)[] {
  cell.check?.(e);
  const batchFirst = e.number('layout', 0) === 1;
  const x = batchFirst ? e.transpose(e.input(0), [1, 0, 2]) : e.input(0);
  const [steps, batch] = e.shape(x) as [number, number];
  const [directions, width, hidden] = e.shape(e.input(2)) as [number, number, number];
  if (e.optional(4) !== undefined && e.constant(4)!.some(length => length !== steps))
    e.refuse('over examples of different lengths', 'Export the model for sequences of one length.');
  const way = textAttribute(e.node, 'direction', 'forward');
  const activations = activationsOf(e, cell.activations, directions);
  const limit = e.number('clip', 0);
  const clip = (value: string): string =>
    limit > 0 ? e.add('Clip', [value, e.scalar(-limit), e.scalar(limit)]) : value;
  const zeros = (): string => e.tensor(floats([batch, hidden], new Float32Array(batch * hidden)));

  const outputs: string[] = [];
  const last: string[][] = cell.states.map(() => []);
  for (let d = 0; d < directions; d++) {
    const weights = e.transpose(lead(e, e.input(1), d), [1, 0]);
    const biases = e.optional(3) === undefined ? undefined : lead(e, e.input(3), d);
    const ofInput = biases && e.slice(biases, 0, 0, width);
    const ofRecurrence = biases && e.slice(biases, 0, width, 2 * width);
    const joined = cell.joinsBias(e) && biases !== undefined;
    let projected = e.add('MatMul', [x, weights]);
    if (ofInput !== undefined)
      projected = e.add('Add', [projected, joined ? e.add('Add', [ofInput, ofRecurrence!]) : ofInput]);
    const direction: Direction = {
      e,
      hidden,
      recurrence: e.transpose(lead(e, e.input(2), d), [1, 0]),
      bias: joined ? undefined : ofRecurrence,
      activations: activations[d]!,
      clip,
    };
    const ones = new Array<number>(steps).fill(1);
    const inputs = e.addMany('Split', [projected, e.integers(ones)], { axis: 0 }, steps);
    const first = (index: number): string => {
      if (e.optional(index) === undefined) return zeros();
      return lead(e, batchFirst ? e.transpose(e.input(index), [1, 0, 2]) : e.input(index), d);
    };
    let states: readonly string[] = cell.states.map(first);
    const order = [...inputs.keys()];
    const reversed = way === 'reverse' || d === 1;
    const hs = new Array<string>(steps);
    for (const t of reversed ? order.reverse() : order) {
      states = cell.step(direction, e.reshape(inputs[t]!, [batch, width]), states);
      hs[t] = e.reshape(states[0]!, [1, 1, batch, hidden]);
    }
    outputs.push(e.add('Concat', hs, { axis: 0 }));
    states.forEach((state, i) => last[i]!.push(e.reshape(state, [1, batch, hidden])));
  }
  const join = (values: readonly string[], axis: number): string =>
    values.length === 1 ? values[0]! : e.add('Concat', values, { axis });
  // [steps, directions, batch, hidden] and [directions, batch, hidden], or with the batch in front.
  const all = join(outputs, 1);
  const ends = last.map(values => join(values, 0));
  if (!batchFirst) return [all, ...ends];
  return [e.transpose(all, [2, 0, 1, 3]), ...ends.map(value => e.transpose(value, [1, 0, 2]))];
}

const recurrent = (cell: Cell): Composite => ({ name: cell.name, parts: PARTS, expand: e => expand(e, cell) });

export const RECURRENT: readonly Composite[] = [
  recurrent({
    name: 'RNN',
    activations: ['Tanh'],
    states: [5],
    step: rnnStep,
    joinsBias: () => true,
  }),
  recurrent({
    name: 'LSTM',
    activations: ['Sigmoid', 'Tanh', 'Tanh'],
    states: [5, 6],
    step: lstmStep,
    joinsBias: () => true,
    check: e => {
      if (e.optional(7) !== undefined && e.constant(7)!.some(weight => weight !== 0)) e.refuse('with peepholes');
    },
  }),
  recurrent({
    name: 'GRU',
    activations: ['Sigmoid', 'Tanh'],
    states: [5],
    step: gruStep,
    // The reset gate weighs the recurrence together with its bias.
    joinsBias: e => e.number('linear_before_reset', 0) === 0,
  }),
];
