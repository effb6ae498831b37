/**
 * Attention, embeddings and masks. Sources: keras/layers/attention/ of Keras 2.15 and keras/src/layers/attention/ of Keras 3;
 * Vaswani et al. 2017, NeurIPS.
 */
import { integers, type Tensor } from '../../../graph/graph.js';
import type { Application, Layer } from '../application.js';
import type { Value } from '../network.js';

/** [batch, length, width] → [batch, heads, length, width of a head] by a product with [width, heads, size] and a bias. */
function heads(application: Application, stem: string, x: Value, kernel: Tensor, bias: Tensor | undefined): Value {
  const [width, count, size] = kernel.shape as [number, number, number];
  const [batch, length] = x.shape as [Value['shape'][0], Value['shape'][0]];
  const shape = [batch, length, count * size];
  const flat = { ...kernel, shape: [width, count * size] };
  let value = application.add(stem, 'MatMul', [x, application.constant(`${stem}/kernel`, flat)], shape);
  if (bias !== undefined) {
    const constant = application.constant(`${stem}/bias`, { ...bias, shape: [count * size] });
    value = application.add(`${stem}/bias_add`, 'Add', [value, constant], shape);
  }
  const split = application.add(
    `${stem}/heads`,
    'Reshape',
    [value, application.constant(`heads_${count}_${size}`, integers([0, 0, count, size]))],
    [batch, length, count, size],
  );
  return application.transpose(split, [0, 2, 1, 3]);
}

/** Softmax(q · kᵀ · scale) · v over the last two axes. */
function attend(application: Application, q: Value, k: Value, v: Value, scale: string | undefined): Value {
  const last = k.shape.length - 1;
  const swapped = application.transpose(
    k,
    k.shape.map((_, axis) => (axis < last - 1 ? axis : 2 * last - 1 - axis)),
  );
  const shape = [...q.shape.slice(0, -1), swapped.shape[last]!];
  const product = application.add('scores', 'MatMul', [q, swapped], shape);
  const scores = scale === undefined ? product : application.add('scores/scale', 'Mul', [product, scale], shape);
  const weights = application.add('attention', 'Softmax', [scores], shape, { axis: -1 });
  return application.add('context', 'MatMul', [weights, v], [...q.shape.slice(0, -1), v.shape.at(-1)!]);
}

/** Query, value and key; the value stands for the key, and the query for the value, where they are not given. */
function triple(application: Application, inputs: readonly Value[]): readonly [Value, Value, Value] {
  const [query, value = query, key = value] = inputs;
  if (query === undefined || value === undefined || key === undefined || inputs.length > 3)
    return application.refuse('model/shape', `the layer has ${inputs.length} inputs, expected two or three`);
  return [query, value, key];
}

const multiHead: Layer = (application, inputs) => {
  const [query, value, key] = triple(application, inputs);
  for (const input of [query, value, key]) application.expectRank(input, 3);
  const axes = application.configuration['attention_axes'];
  if (Array.isArray(axes) && (axes.length !== 1 || (axes[0] !== 1 && axes[0] !== -2)))
    application.refuse('model/configuration', `"attention_axes" is ${JSON.stringify(axes)}, expected [1]`);
  const count = application.count('num_heads');
  const keySize = application.count('key_dim');
  const valueSize = application.count('value_dim', keySize);
  const width = application.extent(query, 2);
  const written = application.configuration['output_shape'];
  const output = written === undefined || written === null ? width : application.integers('output_shape', 1)[0]!;
  const useBias = application.flag('use_bias', true);
  const part = (stem: string, inputs: number, size: number): [string, number[]][] => [
    [`${stem}/kernel`, [inputs, count, size]],
    ...(useBias ? [[`${stem}/bias`, [count, size]] as [string, number[]]] : []),
  ];
  const weights: Readonly<Record<string, Tensor>> = application.weights([
    ...part('query', width, keySize),
    ...part('key', application.extent(key, 2), keySize),
    ...part('value', application.extent(value, 2), valueSize),
    ['output/kernel', [count, valueSize, output]],
    ...(useBias ? [['output/bias', [output]] as [string, number[]]] : []),
  ]);
  const of = (stem: string, x: Value): Value =>
    heads(application, stem, x, weights[`${stem}/kernel`]!, weights[`${stem}/bias`]);
  const scale = application.scalar(1 / Math.sqrt(keySize));
  const context = attend(application, of('query', query), of('key', key), of('value', value), scale);
  const [batch, length] = query.shape;
  const joined = application.add(
    'join',
    'Reshape',
    [application.transpose(context, [0, 2, 1, 3]), application.constant('join', integers([0, 0, count * valueSize]))],
    [batch!, length!, count * valueSize],
  );
  const kernel = application.constant('output/kernel', {
    ...weights['output/kernel']!,
    shape: [count * valueSize, output],
  });
  const result = application.add('output', 'MatMul', [joined, kernel], [batch!, length!, output]);
  if (!useBias) return result;
  const bias = application.constant('output/bias', weights['output/bias']!);
  return application.add('output/bias_add', 'Add', [result, bias], result.shape);
};

/** Dot-product attention of Luong. */
const attention: Layer = (application, inputs) => {
  const [query, value, key] = triple(application, inputs);
  const mode = application.text('score_mode', 'dot');
  if (mode !== 'dot' || application.flag('causal', false))
    application.refuse(
      'model/configuration',
      `score mode "${mode}" or a causal mask is not supported`,
      'Export the model to ONNX.',
    );
  const scale = application.flag('use_scale', false)
    ? application.constant('scale', application.weights([['scale', []]]).scale)
    : undefined;
  return attend(application, query, key, value, scale);
};

/** Attention of Bahdanau: scores are Σ scale · tanh(q + k). */
const additiveAttention: Layer = (application, inputs) => {
  const [query, value, key] = triple(application, inputs);
  for (const input of [query, value, key]) application.expectRank(input, 3);
  if (application.flag('causal', false))
    application.refuse('model/configuration', 'a causal mask is not supported', 'Export the model to ONNX.');
  const width = application.extent(query, 2);
  const [batch, targets] = query.shape;
  const [, sources] = key.shape;
  const apart = (stem: string, x: Value, axis: number): Value => {
    const axes = application.constant(`axis_${axis}`, integers([axis]));
    return application.add(stem, 'Unsqueeze', [x, axes], x.shape.toSpliced(axis, 0, 1));
  };
  const shape = [batch!, targets!, sources!, width];
  const sum = application.add('pairs', 'Add', [apart('queries', query, 2), apart('keys', key, 1)], shape);
  const bent = application.add('pairs/tanh', 'Tanh', [sum], shape);
  const weighed = application.flag('use_scale', true)
    ? application.add(
        'pairs/scale',
        'Mul',
        [bent, application.constant('scale', application.weights([['scale', [width]]]).scale)],
        shape,
      )
    : bent;
  const last = application.constant('axis_3', integers([3]));
  const scores = application.add('scores', 'ReduceSum', [weighed, last], shape.slice(0, 3), { keepdims: 0 });
  const weights = application.add('attention', 'Softmax', [scores], scores.shape, { axis: -1 });
  return application.add('context', 'MatMul', [weights, value], [batch!, targets!, value.shape[2]!]);
};

/** Rows of a table, by numbers that the input holds. */
const embedding: Layer = (application, inputs) => {
  const x = application.single(inputs);
  refuseMask(application, application.flag('mask_zero', false));
  const rows = application.count('input_dim');
  const width = application.count('output_dim');
  const { embeddings } = application.weights([['embeddings', [rows, width]]]);
  const numbers = application.add('embedding/numbers', 'Cast', [x], x.shape, { to: 'int64' });
  const table = application.constant('embeddings', embeddings);
  return application.add('embedding', 'Gather', [table, numbers], [...x.shape, width], { axis: 0 });
};

/** Layers that leave out masked steps. */
const READ_MASKS = new Set([
  ...['LSTM', 'GRU', 'SimpleRNN', 'Bidirectional', 'RNN', 'TimeDistributed'],
  ...['GlobalAveragePooling1D', 'Attention', 'MultiHeadAttention', 'AdditiveAttention', 'Softmax'],
]);

function refuseMask(application: Application, masks: boolean): void {
  const reader = [...application.context.classes].find(className => READ_MASKS.has(className));
  if (masks && reader !== undefined)
    application.refuse(
      'model/masking',
      `the layer masks steps, and the model has a layer of class ${reader} that leaves masked steps out`,
      'Attributions to steps that are left out by value have no gradient; train the model without masking.',
    );
}

/** Sets steps to zero whose numbers all equal `mask_value`; where that is 0, nothing changes. */
const masking: Layer = (application, inputs) => {
  refuseMask(application, true);
  const value = application.number('mask_value', 0);
  if (value !== 0)
    application.refuse('model/masking', `"mask_value" is ${value}, expected 0`, 'Mask with zeros, or train without.');
  return application.single(inputs);
};

export const ATTENTION_LAYERS: Readonly<Record<string, Layer>> = {
  MultiHeadAttention: multiHead,
  Attention: attention,
  AdditiveAttention: additiveAttention,
  Embedding: embedding,
  Masking: masking,
};
