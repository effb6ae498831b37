/** Pools over windows and over whole maps. Sources: keras/layers/pooling/ of Keras 2.15; averages leave padding out. */
import { integers } from '../../../graph/graph.js';
import type { Layer } from '../application.js';
import { slide } from './window.js';

const pool =
  (rank: number, stem: string, operator: string): Layer =>
  (application, inputs) => {
    const value = application.single(inputs);
    application.expectRank(value, rank + 2);
    const kernel = application.integers('pool_size', rank, new Array<number>(rank).fill(2));
    const strides = application.integers('strides', rank, kernel);
    const padding = application.text('padding', 'valid');
    if (padding !== 'valid' && padding !== 'same')
      application.refuse('model/configuration', `"padding" is "${padding}", expected valid or same`);
    const padded = padding === 'same';
    if (padded && application.context.origin.backend === 'theano')
      application.refuse(
        'model/configuration',
        'padded pools of Theano cover other windows than those of TensorFlow',
        'Load the model in Keras 2 with the TensorFlow backend, compare its predictions, and save it again.',
      );
    return application.channelsFirst(value, application.channelsLast ? rank + 1 : 1, x => {
      const positions = slide(application, x.shape.slice(2), { reach: kernel, strides, padded });
      return application.add(stem, operator, [x], [x.shape[0]!, x.shape[1]!, ...positions], {
        kernel_shape: kernel,
        strides,
        ...(padded ? { auto_pad: 'SAME_UPPER' } : { pads: new Array<number>(2 * rank).fill(0) }),
      });
    });
  };

const globalPool =
  (rank: number, stem: string, operator: string): Layer =>
  (application, inputs) => {
    const x = application.single(inputs);
    application.expectRank(x, rank + 2);
    const first = application.channelsLast ? 1 : 2;
    const axes = Array.from({ length: rank }, (_, axis) => first + axis);
    const keep = application.flag('keepdims', false);
    const shape = x.shape.flatMap((extent, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [extent]));
    const constant = application.constant('axes', integers(axes));
    return application.add(stem, operator, [x, constant], shape, { keepdims: Number(keep) });
  };

export const POOLING_LAYERS: Readonly<Record<string, Layer>> = {
  MaxPooling1D: pool(1, 'max_pool', 'MaxPool'),
  MaxPooling2D: pool(2, 'max_pool', 'MaxPool'),
  AveragePooling1D: pool(1, 'average_pool', 'AveragePool'),
  AveragePooling2D: pool(2, 'average_pool', 'AveragePool'),
  GlobalMaxPooling1D: globalPool(1, 'global_max_pool', 'ReduceMax'),
  GlobalMaxPooling2D: globalPool(2, 'global_max_pool', 'ReduceMax'),
  GlobalAveragePooling1D: globalPool(1, 'global_average_pool', 'ReduceMean'),
  GlobalAveragePooling2D: globalPool(2, 'global_average_pool', 'ReduceMean'),
};
