/**
 * LSTM, GRU and simple recurrent layers, forward, backward and in both directions, as the ONNX operators of these names.
 * Sources: keras/layers/rnn/ of Keras 2.15 (gates i, f, c, o and z, r, h), keras/layers/recurrent.py of Keras 1.2.2; ONNX
 * LSTM-22, GRU-22, RNN-22 (gates i, o, f, c and z, r, h).
 */
import { floats, integers, type AttributeValue, type Tensor } from '../../../graph/graph.js';
import type { Application, Layer } from '../application.js';
import type { Value } from '../network.js';
import { MERGES, concatenateAlong } from './merge.js';

interface Cell {
  readonly operator: 'LSTM' | 'GRU' | 'RNN';
  /** Which of Keras's gates stands at each place of ONNX's. */
  readonly gates: readonly number[];
  /** ONNX's functions, by the arguments of Keras that name them. */
  readonly functions: readonly ('recurrent_activation' | 'activation')[];
}

const CELLS: Readonly<Record<string, Cell>> = {
  LSTM: { operator: 'LSTM', gates: [0, 3, 1, 2], functions: ['recurrent_activation', 'activation', 'activation'] },
  GRU: { operator: 'GRU', gates: [0, 1, 2], functions: ['recurrent_activation', 'activation'] },
  SimpleRNN: { operator: 'RNN', gates: [0], functions: ['activation'] },
};

const FUNCTIONS: Readonly<Record<string, string>> = {
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  relu: 'Relu',
  hard_sigmoid: 'HardSigmoid',
  softsign: 'Softsign',
  softplus: 'Softplus',
};

/** Names of activations as ONNX has them, with the numbers of those that take some. */
function activationsOf(application: Application, cell: Cell): Record<string, AttributeValue> {
  const keras3 = application.context.origin.keras === 3;
  const names = cell.functions.map(key => {
    const name = application.text(key, key === 'activation' ? 'tanh' : keras3 ? 'sigmoid' : 'hard_sigmoid');
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    return (
      known ??
      application.refuse(
        'model/unknown-activation',
        `"${key}" is "${name}", expected one of ${Object.keys(FUNCTIONS).join(', ')}`,
        'Export the model to ONNX with tf2onnx.',
      )
    );
  });
  const hard = names.filter(name => name === 'HardSigmoid');
  return {
    activations: names,
    // Keras 3 has the slope of PyTorch.
    ...(hard.length > 0 && {
      activation_alpha: hard.map(() => (keras3 ? 1 / 6 : 0.2)),
      activation_beta: hard.map(() => 0.5),
    }),
  };
}

/** [rows, gates · units] with Keras's gates → [1, gates · units, rows] with ONNX's. */
function forOnnx({ shape, data }: Tensor, units: number, gates: readonly number[]): Tensor {
  const [rows, width] = shape as [number, number];
  const result = new Float32Array(rows * width);
  gates.forEach((gate, to) => {
    for (let unit = 0; unit < units; unit++)
      for (let row = 0; row < rows; row++)
        result[(to * units + unit) * rows + row] = Number(data[row * width + gate * units + unit]);
  });
  return { type: 'float32', shape: [1, width, rows], data: result };
}

/** The states of all steps in the order of the input, [batch, steps, units]; the last one for either direction, [batch, units]. */
function statesOf(application: Application, x: Value, reverse: boolean): { sequence: Value; last: () => Value } {
  application.expectRank(x, 3);
  const cuda = application.context.kind.startsWith('CuDNN');
  const cell = CELLS[application.context.kind.replace(/^CuDNN/, '')]!;
  for (const key of ['stateful', 'return_state'])
    if (application.flag(key, false))
      application.refuse('model/configuration', `"${key}" is true, expected false`, 'Export the model to ONNX.');
  const [batch, steps] = x.shape;
  const inputs = application.extent(x, 2);
  const units = application.count('units');
  const width = cell.gates.length * units;
  const afterReset = cell.operator === 'GRU' && application.flag('reset_after', cuda);
  const useBias = application.flag('use_bias', true);
  const weights: { kernel: Tensor; recurrent_kernel: Tensor; bias?: Tensor } = application.weights([
    ['kernel', [inputs, width]],
    ['recurrent_kernel', [units, width]],
    ...(useBias ? [['bias', afterReset ? [2, width] : [width]] as const] : []),
  ]);
  const constant = (stem: string, tensor: Tensor): string => application.constant(stem, tensor);
  const operands = [
    constant('kernel', forOnnx(weights.kernel, units, cell.gates)),
    constant('recurrent_kernel', forOnnx(weights.recurrent_kernel, units, cell.gates)),
  ];
  if (weights.bias !== undefined) {
    const values = weights.bias.data;
    const both = floats(
      [2, width],
      Float32Array.from({ length: 2 * width }, (_, i) => Number(values[i] ?? 0)),
    );
    const [first, second] = [0, 1].map(row =>
      forOnnx({ ...both, shape: [1, width], data: both.data.slice(row * width, (row + 1) * width) }, units, cell.gates),
    );
    operands.push(constant('bias', floats([1, 2 * width], [...first!.data, ...second!.data].map(Number))));
  }
  const stem = cell.operator.toLowerCase();
  const inTime = application.transpose(x, [1, 0, 2]);
  const shape = [steps!, 1, batch!, units];
  const all = application.add(stem, cell.operator, [inTime, ...operands], shape, {
    hidden_size: units,
    direction: reverse ? 'reverse' : 'forward',
    ...(cuda ? {} : activationsOf(application, cell)),
    ...(afterReset && { linear_before_reset: 1 }),
  });
  const squeezed = application.add(
    `${stem}/states`,
    'Squeeze',
    [all, application.constant('direction', integers([1]))],
    [steps!, batch!, units],
  );
  return {
    sequence: application.transpose(squeezed, [1, 0, 2]),
    last: () =>
      application.add(
        `${stem}/last`,
        'Gather',
        [squeezed, application.constant(reverse ? 'first_step' : 'last_step', integers([reverse ? 0 : -1], []))],
        [batch!, units],
        { axis: 0 },
      ),
  };
}

/** Larger than every extent: a slice to the very beginning. */
const END = 2 ** 31 - 1;

const recurrent: Layer = (application, inputs) => {
  const x = application.single(inputs);
  const reverse = application.flag('go_backwards', false);
  const { sequence, last } = statesOf(application, x, reverse);
  if (!application.flag('return_sequences', false)) return last();
  if (!reverse) return sequence;
  // Keras gives the states of a backward layer in the order in which they were computed.
  const list = (stem: string, value: number): string => application.constant(stem, integers([value]));
  return application.add(
    'reverse',
    'Slice',
    [sequence, list('from', -1), list('to', -END), list('along', 1), list('step', -1)],
    sequence.shape,
  );
};

const MODES: Readonly<Record<string, string>> = { sum: 'Add', mul: 'Multiply', ave: 'Average' };

const bidirectional: Layer = (application, inputs) => {
  const x = application.single(inputs);
  const { stored } = application.context;
  const half = (which: 0 | 1) => () => {
    const all = stored();
    return all.slice((which * all.length) / 2, ((which + 1) * all.length) / 2);
  };
  const forward = application.wrapped('layer', half(0), 'forward');
  const backward = application.wrapped(
    application.configuration['backward_layer'] === undefined ? 'layer' : 'backward_layer',
    half(1),
    'backward',
  );
  for (const { kind } of [forward, backward])
    if (!(kind.replace(/^CuDNN/, '') in CELLS))
      application.refuse(
        'model/unknown-layer',
        `a ${kind} in both directions is not supported`,
        'Export the model to ONNX.',
      );
  const sequences = forward.application.flag('return_sequences', false);
  const results = [forward, backward].map(({ application: inner }, i) => {
    const states = statesOf(inner, x, i === 1);
    return sequences ? states.sequence : states.last();
  });
  const mode = application.text('merge_mode', 'concat');
  if (mode === 'concat') return concatenateAlong(application, results, -1);
  const merge = MERGES[MODES[mode] ?? ''];
  return (
    merge?.(application, results) ??
    application.refuse(
      'model/configuration',
      `"merge_mode" is "${mode}", expected concat, ${Object.keys(MODES).join(', ')}`,
    )
  );
};

/** The wrapped layer at every step: its weights are shared by all of them. */
const timeDistributed: Layer = (application, inputs) => {
  const x = application.single(inputs);
  const { kind, layer, application: inner } = application.wrapped('layer');
  // What works element by element, or along the last axis, needs no detour.
  if (['Dense', 'Activation', 'Dropout', 'ReLU', 'LeakyReLU'].includes(kind)) return layer(inner, [x]);
  const [batch, ...rest] = x.shape;
  const steps = application.extent(x, 1);
  const each = rest.slice(1).map((_, i) => application.extent(x, i + 2));
  const rows = application.add(
    'steps',
    'Reshape',
    [x, application.constant('each', integers([-1, ...each]))],
    [application.symbol(0), ...each],
  );
  const result = layer(inner, [rows]);
  const extents = result.shape.slice(1).map((_, i) => application.extent(result, i + 1));
  return application.add(
    'sequence',
    'Reshape',
    [result, application.constant('sequence', integers([-1, steps, ...extents]))],
    [batch!, steps, ...extents],
  );
};

export const RECURRENT_LAYERS: Readonly<Record<string, Layer>> = {
  LSTM: recurrent,
  GRU: recurrent,
  SimpleRNN: recurrent,
  CuDNNLSTM: recurrent,
  CuDNNGRU: recurrent,
  Bidirectional: bidirectional,
  TimeDistributed: timeDistributed,
};
