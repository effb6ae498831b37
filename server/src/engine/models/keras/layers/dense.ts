/**
 * Layers of dense weights beside Dense: gated and maximal ones of Keras 1, and products along named axes.
 * Sources: keras/layers/core.py of Keras 1.2.2; keras/layers/core/einsum_dense.py of Keras 2.15; Srivastava, Greff &
 * Schmidhuber 2015, arXiv 1505.00387; Goodfellow et al. 2013, ICML.
 */
import { integers, type Tensor } from '../../../graph/graph.js';
import { activate } from './activation.js';
import type { Layer } from '../application.js';
import type { Value } from '../network.js';

/** t · f(xW + b) + (1 − t) · x with the gate t = σ(xW′ + b′). */
const highway: Layer = (application, inputs) => {
  const x = application.single(inputs);
  application.expectRank(x, 2);
  const width = application.extent(x, 1);
  const useBias = application.flag('use_bias', true);
  const weights = application.weights([
    ['W', [width, width]],
    ['W_carry', [width, width]],
    ...(useBias
      ? ([
          ['b', [width]],
          ['b_carry', [width]],
        ] as const)
      : []),
  ]);
  const affine = (stem: string, name: 'W' | 'W_carry', bias: 'b' | 'b_carry'): Value => {
    const kernel = application.constant(name, weights[name]);
    if (!useBias) return application.add(stem, 'MatMul', [x, kernel], x.shape);
    return application.add(stem, 'Gemm', [x, kernel, application.constant(bias, weights[bias])], x.shape);
  };
  const same = (stem: string, operator: string, ...values: (Value | string)[]): Value =>
    application.add(stem, operator, values, x.shape);
  const gate = same('gate', 'Sigmoid', affine('carry', 'W_carry', 'b_carry'));
  const changed = same('changed', 'Mul', activate(application, affine('transform', 'W', 'b')), gate);
  const kept = same('kept', 'Mul', same('rest', 'Sub', application.scalar(1), gate), x);
  return same('highway', 'Add', changed, kept);
};

/** The maximum of several affine functions. */
const maxoutDense: Layer = (application, inputs) => {
  const x = application.single(inputs);
  application.expectRank(x, 2);
  const [batch] = x.shape as [Value['shape'][0]];
  const units = application.count('output_dim');
  const pieces = application.count('nb_feature', 4);
  const width = application.extent(x, 1);
  const useBias = application.flag('use_bias', true);
  const { W, b }: { W?: Tensor; b?: Tensor } = application.weights([
    ['W', [pieces, width, units]],
    ...(useBias ? [['b', [pieces, units]] as const] : []),
  ]);
  // [batch, 1, width] · [piece, width, unit], a row of one for each piece.
  const row = application.add(
    'row',
    'Unsqueeze',
    [x, application.constant('axes', integers([1, 2]))],
    [batch, 1, 1, width],
  );
  const shape = [batch, pieces, 1, units];
  const product = application.add('pieces', 'MatMul', [row, application.constant('W', W)], shape);
  const all = !useBias
    ? product
    : application.add(
        'pieces/bias_add',
        'Add',
        [product, application.constant('b', { ...b, shape: [pieces, 1, units] })],
        shape,
      );
  const axes = application.constant('pieces/axes', integers([1, 2]));
  return application.add('maxout', 'ReduceMax', [all, axes], [batch, units], { keepdims: 0 });
};

/** A product of the input with a kernel, whose axes letters name: "abc,cd->abd". */
const einsumDense: Layer = (application, inputs) => {
  const x = application.single(inputs);
  const equation = application.text('equation').replaceAll(' ', '');
  const [kernel, bias, ...others] = application.stored().map(({ tensor }) => tensor);
  const [, before = '', weights = '', after = ''] = /^([^,]+),([^,]+)->(.+)$/.exec(equation) ?? [];
  if (kernel === undefined || others.length > 0 || weights.length !== kernel.shape.length)
    return application.refuse('model/weights', `the file has no kernel for "${equation}"`, 'Export the model to ONNX.');
  const free = x.shape.length - before.replace('...', '').length;
  // The axes of an ellipsis, as letters that no equation has.
  const spelt = (side: string): string[] =>
    side
      .split(/(\.\.\.)/)
      .flatMap(part => (part === '...' ? Array.from({ length: free }, (_, i) => `${i}`) : [...part]));
  const extents = new Map<string, Value['shape'][number]>([
    ...spelt(before).map((letter, axis) => [letter, x.shape[axis]!] as const),
    ...spelt(weights).map((letter, axis) => [letter, kernel.shape[axis]!] as const),
  ]);
  const shape = spelt(after).map(letter => extents.get(letter)!);
  const product = application.add('einsum', 'Einsum', [x, application.constant('kernel', kernel)], shape, { equation });
  return activate(
    application,
    bias === undefined
      ? product
      : application.add('bias_add', 'Add', [product, application.constant('bias', bias)], shape),
  );
};

export const DENSE_LAYERS: Readonly<Record<string, Layer>> = {
  Highway: highway,
  MaxoutDense: maxoutDense,
  EinsumDense: einsumDense,
};
