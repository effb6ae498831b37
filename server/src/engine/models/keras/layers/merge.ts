/** Layers of several inputs. Sources: keras/layers/merging/ of Keras 2.15; `Merge` is the older form, of Keras 1. */
import { integers, type Axis } from '../../../graph/graph.js';
import type { Application, Layer } from '../application.js';
import type { Value } from '../network.js';

/** The extents of element-wise arithmetic: an axis of 1 stretches. */
function broadcast(application: Application, inputs: readonly Value[]): readonly Axis[] {
  const [first] = inputs;
  const shapes = inputs.map(input => `[${input.shape.join(', ')}]`).join(' and ');
  if (first === undefined || inputs.length < 2)
    return application.refuse('model/shape', `the layer has ${inputs.length} input(s), expected two or more`);
  return first.shape.map((_, axis) => {
    const extents = [...new Set(inputs.map(input => input.shape[axis]))].filter(extent => extent !== 1);
    const fits = inputs.every(input => input.shape.length === first.shape.length);
    // Symbols and numbers may meet: the runtime will tell whether they are equal.
    const numbers = extents.filter(extent => typeof extent === 'number');
    if (!fits || numbers.length > 1)
      application.refuse('model/shape', `the inputs have the shapes ${shapes}, expected equal ones`);
    return numbers[0] ?? extents[0] ?? 1;
  });
}

/** An operator that takes any number of values at once. */
const together =
  (stem: string, operator: string): Layer =>
  (application, inputs) => {
    broadcast(application, inputs);
    return application.elementwise(inputs, values =>
      application.add(stem, operator, values, broadcast(application, values)),
    );
  };

/** An operator of two values, applied from left to right. */
const inTurn =
  (stem: string, operator: string): Layer =>
  (application, inputs) => {
    broadcast(application, inputs);
    return application.elementwise(inputs, values =>
      values.reduce((left, right) =>
        application.add(stem, operator, [left, right], broadcast(application, [left, right])),
      ),
    );
  };

const subtract: Layer = (application, inputs) => {
  if (inputs.length !== 2) application.refuse('model/shape', `the layer has ${inputs.length} input(s), expected two`);
  return inTurn('subtract', 'Sub')(application, inputs);
};

export function concatenateAlong(application: Application, inputs: readonly Value[], requested: number): Value {
  const [first] = inputs;
  if (first === undefined) return application.refuse('model/shape', 'the layer has no input');
  const axis = application.axis(first, requested);
  const fits = inputs.every(
    input =>
      input.shape.length === first.shape.length &&
      input.shape.every(
        (extent, i) =>
          i === axis || typeof extent === 'string' || typeof first.shape[i] === 'string' || extent === first.shape[i],
      ),
  );
  if (!fits) {
    const shapes = inputs.map(input => `[${input.shape.join(', ')}]`).join(' and ');
    application.refuse('model/shape', `the inputs have the shapes ${shapes}, expected equal ones but for axis ${axis}`);
  }
  const parts = inputs.map(input => input.shape[axis]!);
  const numbers = parts.filter(part => typeof part === 'number');
  const total =
    numbers.length === parts.length ? numbers.reduce((sum, part) => sum + part, 0) : application.symbol(axis);
  const shape = first.shape.map((extent, i) => (i === axis ? total : extent));
  return application.add('concatenate', 'Concat', inputs, shape, { axis });
}

/** Sums of products along an axis of each value; vectors along the only one. */
const dot: Layer = (application, inputs) => {
  const [left, right] = inputs;
  if (left === undefined || right === undefined || inputs.length > 2 || inputs.some(({ shape }) => shape.length > 3))
    return application.refuse('model/shape', 'the layer multiplies two inputs of at most three axes');
  if (application.flag('normalize', false))
    application.refuse('model/configuration', '"normalize" is true, expected false', 'Export the model to ONNX.');
  const [a, b] = application.integers('axes', 2, undefined, -Infinity) as [number, number];
  const flat = (value: Value, axis: number): boolean => value.shape.length === 2 && application.axis(value, axis) === 1;
  const matrix = (value: Value, axis: number, last: boolean): Value => {
    const place = application.axis(value, axis);
    if (value.shape.length === 2) {
      const [batch, size] = value.shape as [Axis, Axis];
      const at = last ? 1 : 2;
      const shape = last ? [batch, 1, size] : [batch, size, 1];
      return application.add(
        'dot/vector',
        'Unsqueeze',
        [value, application.constant(`axis_${at}`, integers([at]))],
        shape,
      );
    }
    return (place === 2) === last ? value : application.transpose(value, [0, 2, 1]);
  };
  const [x, y] = [matrix(left, a, true), matrix(right, b, false)];
  const product = application.add('dot', 'MatMul', [x, y], [x.shape[0]!, x.shape[1]!, y.shape[2]!]);
  const axes = [...(flat(left, a) ? [1] : []), ...(flat(right, b) ? [2] : [])];
  if (axes.length === 0) return product;
  // Two vectors leave one number, in an axis of its own.
  const gone = axes.length === 2 ? [2] : axes;
  const shape = product.shape.filter((_, axis) => !gone.includes(axis));
  return application.add('dot/squeeze', 'Squeeze', [product, application.constant('axes', integers(gone))], shape);
};

export const MERGES: Readonly<Record<string, Layer>> = {
  Add: inTurn('add', 'Add'),
  Subtract: subtract,
  Multiply: inTurn('multiply', 'Mul'),
  Average: together('average', 'Mean'),
  Maximum: together('maximum', 'Max'),
  Minimum: together('minimum', 'Min'),
  Dot: dot,
  Concatenate: (application, inputs) => concatenateAlong(application, inputs, application.number('axis', -1)),
};

const MODES: Readonly<Record<string, string>> = { sum: 'Add', mul: 'Multiply', ave: 'Average', max: 'Maximum' };

const merge: Layer = (application, inputs) => {
  const mode = application.text('mode');
  if (mode === 'concat') return concatenateAlong(application, inputs, application.number('concat_axis', -1));
  const layer = MERGES[MODES[mode] ?? ''];
  if (layer !== undefined) return layer(application, inputs);
  return application.refuse(
    'model/unknown-layer',
    `merging by "${mode}" is not supported; known are concat, ${Object.keys(MODES).join(', ')}`,
    'Export the model to ONNX with tf2onnx.',
  );
};

export const MERGE_LAYERS: Readonly<Record<string, Layer>> = { ...MERGES, Merge: merge };
