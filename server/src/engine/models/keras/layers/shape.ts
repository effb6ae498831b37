/** Layers that only rearrange, repeat, pad or crop. Source: keras/layers/reshaping/ of Keras 2.15. */
import { integers, sizeOf, type Axis } from '../../../graph/graph.js';
import type { Application, Layer } from '../application.js';
import type { Value } from '../network.js';

/** Row-major with the channels last, whatever the order before. */
const flatten: Layer = (application, inputs) => {
  const value = application.single(inputs);
  const rank = value.shape.length;
  const last = application.channelsLast || rank < 3;
  const x = last ? value : application.transpose(value, [0, ...value.shape.slice(2).map((_, i) => i + 2), 1]);
  const rest = x.shape.slice(1).filter(extent => typeof extent === 'number');
  const size = rest.length === rank - 1 ? sizeOf(rest) : application.symbol(1);
  return application.add('flatten', 'Flatten', [x], [x.shape[0]!, size], { axis: 1 });
};

/** `target_shape` is that of one example; −1 stands for what remains. */
const reshape: Layer = (application, inputs) => {
  const x = application.single(inputs);
  const list = application.configuration['target_shape'];
  const target = application.integers('target_shape', Array.isArray(list) ? list.length : 1, undefined, -1);
  const free = target.indexOf(-1);
  const from = x.shape.slice(1).filter(extent => typeof extent === 'number');
  const known = from.length === x.shape.length - 1;
  const taken = sizeOf(target.filter(extent => extent !== -1));
  const fits = free < 0 ? sizeOf(from) === taken : Number.isInteger(sizeOf(from) / taken);
  if (target.includes(0) || target.filter(extent => extent === -1).length > 1 || (known && !fits))
    application.refuse('model/shape', `the input [${x.shape.join(', ')}] does not fit into "target_shape" [${target}]`);
  const to = target.map((extent, i): Axis => {
    if (extent !== -1) return extent;
    return known ? sizeOf(from) / taken : application.symbol(i + 1);
  });
  const shape = application.constant('target_shape', integers([0, ...target]));
  return application.add('reshape', 'Reshape', [x, shape], [x.shape[0]!, ...to]);
};

/** `dims` count from 1, the batch left out. */
const permute: Layer = (application, inputs) => {
  const x = application.single(inputs);
  const dims = application.integers('dims', x.shape.length - 1);
  const axes = [...dims].sort((a, b) => a - b);
  if (axes.some((axis, i) => axis !== i + 1))
    application.refuse('model/configuration', `"dims" is [${dims}], expected every axis from 1 to ${dims.length} once`);
  return application.transpose(x, [0, ...dims]);
};

/** [batch, features] → [batch, n, features]. */
const repeatVector: Layer = (application, inputs) => {
  const x = application.single(inputs);
  application.expectRank(x, 2);
  const n = application.count('n');
  const [batch, features] = x.shape as [Axis, Axis];
  const row = application.add(
    'unsqueeze',
    'Unsqueeze',
    [x, application.constant('axes', integers([1]))],
    [batch, 1, features],
  );
  return application.add(
    'repeat',
    'Expand',
    [row, application.constant('repeats', integers([1, n, 1]))],
    [batch, n, features],
  );
};

/** The axes of positions: 1-D layers know channels-last only. */
function positionAxes(application: Application, x: Value, rank: number): number[] {
  application.expectRank(x, rank + 2);
  const first = rank === 1 || application.channelsLast ? 1 : 2;
  return Array.from({ length: rank }, (_, axis) => first + axis);
}

const isAmount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

/** Pairs [before, after] for each axis of positions, from the forms that Keras writes: n, [n, n], [[a, b], [c, d]]. */
function pairs(application: Application, key: string, rank: number): (readonly [number, number])[] {
  const value = application.configuration[key] ?? 1;
  const list: readonly unknown[] =
    rank === 1 && Array.isArray(value) ? [value] : Array.isArray(value) ? value : new Array(rank).fill(value);
  const found = list.flatMap((item): (readonly [number, number])[] => {
    if (isAmount(item)) return [[item, item]];
    const [before, after] = (Array.isArray(item) ? item : []) as unknown[];
    return isAmount(before) && isAmount(after) ? [[before, after]] : [];
  });
  if (found.length === rank) return found;
  return application.refuse('model/configuration', `"${key}" is ${JSON.stringify(value)}, expected a pair per axis`);
}

const resized = (
  application: Application,
  x: Value,
  axes: readonly number[],
  change: (extent: number, i: number) => number,
): Axis[] =>
  x.shape.map((extent, axis) => {
    const i = axes.indexOf(axis);
    if (i < 0) return extent;
    return typeof extent === 'number' ? change(extent, i) : application.symbol(axis);
  });

const zeroPadding =
  (rank: number): Layer =>
  (application, inputs) => {
    const x = application.single(inputs);
    const axes = positionAxes(application, x, rank);
    const amounts = pairs(application, 'padding', rank);
    const at = (side: 0 | 1): number[] => x.shape.map((_, axis) => amounts[axes.indexOf(axis)]?.[side] ?? 0);
    const shape = resized(application, x, axes, (extent, i) => extent + amounts[i]![0] + amounts[i]![1]);
    const pads = application.constant('pads', integers([...at(0), ...at(1)]));
    return application.add('pad', 'Pad', [x, pads, application.scalar(0)], shape);
  };

/** Larger than every extent: a slice to the end. */
const END = 2 ** 31 - 1;

const cropping =
  (rank: number): Layer =>
  (application, inputs) => {
    const x = application.single(inputs);
    const axes = positionAxes(application, x, rank);
    const amounts = pairs(application, 'cropping', rank);
    const shape = resized(application, x, axes, (extent, i) => {
      const rest = extent - amounts[i]![0] - amounts[i]![1];
      return rest > 0 ? rest : application.refuse('model/shape', `"cropping" leaves nothing of ${extent} positions`);
    });
    return application.add(
      'crop',
      'Slice',
      [
        x,
        application.constant('starts', integers(amounts.map(([before]) => before))),
        application.constant('ends', integers(amounts.map(([, after]) => (after === 0 ? END : -after)))),
        application.constant('axes', integers(axes)),
      ],
      shape,
    );
  };

/** Every position `size` times in a row. */
const upSampling =
  (rank: number): Layer =>
  (application, inputs) => {
    const x = application.single(inputs);
    const axes = positionAxes(application, x, rank);
    const sizes = application.integers('size', rank, new Array<number>(rank).fill(2));
    const interpolation = application.text('interpolation', 'nearest');
    if (interpolation !== 'nearest')
      application.refuse(
        'model/configuration',
        `interpolation "${interpolation}" is not supported, only nearest`,
        'Export the model to ONNX with tf2onnx.',
      );
    return axes.reduce((value, axis, i) => {
      const extent = application.extent(value, axis) * sizes[i]!;
      const indices = integers(Array.from({ length: extent }, (_, at) => Math.floor(at / sizes[i]!)));
      const shape = value.shape.map((old, other) => (other === axis ? extent : old));
      return application.add(
        'up_sampling',
        'Gather',
        [value, application.constant(`indices_${axis}`, indices)],
        shape,
        { axis },
      );
    }, x);
  };

export const SHAPE_LAYERS: Readonly<Record<string, Layer>> = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeatVector,
  ZeroPadding1D: zeroPadding(1),
  ZeroPadding2D: zeroPadding(2),
  Cropping1D: cropping(1),
  Cropping2D: cropping(2),
  UpSampling1D: upSampling(1),
  UpSampling2D: upSampling(2),
};
