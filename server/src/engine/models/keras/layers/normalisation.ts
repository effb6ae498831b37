/**
 * Normalisations. Sources: keras/layers/normalization/ of Keras 2.15, keras/src/layers/normalization/ of Keras 3; batch
 * normalisation of Keras 1.2 (keras/layers/normalization.py), where `running_std` holds the variance.
 */
import { floats, integers, numbersOf, type Tensor } from '../../../graph/graph.js';
import type { Application, Layer } from '../application.js';
import type { Value } from '../network.js';

/** In inference an affine map per channel, by the moving statistics. */
const batchNormalization: Layer = (application, inputs) => {
  const value = application.single(inputs);
  // Mode 1 of Keras 1 normalises each example, mode 2 uses the statistics of the batch that is predicted.
  const mode = application.number('mode', 0);
  if (mode !== 0)
    application.refuse(
      'model/configuration',
      `"mode" is ${mode}, expected 0`,
      'Train the model with moving statistics.',
    );
  // TensorFlow 2 writes the axis as a list of one.
  const axis = application.axis(value, application.integers('axis', 1, [-1], -Infinity)[0]!);
  const channels = application.extent(value, axis);
  const scale = application.flag('scale', true);
  const center = application.flag('center', true);
  const expected = [...(scale ? ['gamma'] : []), ...(center ? ['beta'] : []), 'moving_mean', 'moving_variance'];
  const weights: Readonly<Record<string, Tensor>> = application.weights(
    expected.map((name): [string, number[]] => [name, [channels]]),
  );
  const statistics = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(name =>
    application.constant(
      name,
      weights[name] ?? floats([channels], new Float32Array(channels).fill(name === 'gamma' ? 1 : 0)),
    ),
  );
  const epsilon = application.number('epsilon', 1e-3);
  return application.channelsFirst(value, axis, x =>
    application.add('batch_normalization', 'BatchNormalization', [x, ...statistics], x.shape, { epsilon }),
  );
};

/** γ and β of one number per channel; those that a layer has not are 1 and 0. */
function affine(application: Application, channels: number): readonly [gamma: string, beta: string] {
  const scale = application.flag('scale', true);
  const center = application.flag('center', true);
  const expected = [...(scale ? ['gamma'] : []), ...(center ? ['beta'] : [])];
  const weights: Readonly<Record<string, Tensor>> = application.weights(
    expected.map((name): [string, number[]] => [name, [channels]]),
  );
  const constant = (name: string, fallback: number): string =>
    application.constant(name, weights[name] ?? floats([channels], new Float32Array(channels).fill(fallback)));
  return [constant('gamma', 1), constant('beta', 0)];
}

/** Over the last axis; others are refused. */
const layerNormalization: Layer = (application, inputs) => {
  const x = application.single(inputs);
  const axis = application.axis(x, application.integers('axis', 1, [-1], -Infinity)[0]!);
  if (axis !== x.shape.length - 1)
    application.refuse('model/configuration', `"axis" is ${axis}, expected the last one`, 'Export the model to ONNX.');
  if (application.flag('rms_scaling', false))
    application.refuse('model/configuration', '"rms_scaling" is true, expected false', 'Export the model to ONNX.');
  const [gamma, beta] = affine(application, application.extent(x, axis));
  const epsilon = application.number('epsilon', 1e-3);
  return application.add('layer_normalization', 'LayerNormalization', [x, gamma, beta], x.shape, { axis: -1, epsilon });
};

const groupNormalization: Layer = (application, inputs) => {
  const value = application.single(inputs);
  const axis = application.axis(value, application.integers('axis', 1, [-1], -Infinity)[0]!);
  const channels = application.extent(value, axis);
  const wanted = application.number('groups', 32);
  const groups = wanted === -1 ? channels : wanted;
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    application.refuse('model/configuration', `"groups" is ${wanted}, which does not divide ${channels} channels`);
  const [gamma, beta] = affine(application, channels);
  const epsilon = application.number('epsilon', 1e-3);
  return application.channelsFirst(value, axis, x =>
    application.add('group_normalization', 'GroupNormalization', [x, gamma, beta], x.shape, {
      num_groups: groups,
      epsilon,
    }),
  );
};

/** x / √max(Σ x², 1e-12) along an axis. */
const unitNormalization: Layer = (application, inputs) => {
  const x = application.single(inputs);
  const axis = application.axis(x, application.integers('axis', 1, [-1], -Infinity)[0]!);
  const shape = x.shape.map((extent, i) => (i === axis ? 1 : extent));
  const square = application.add('unit_normalization/square', 'Mul', [x, x], x.shape);
  const axes = application.constant('axes', integers([axis]));
  const sum = application.add('unit_normalization/sum', 'ReduceSum', [square, axes], shape);
  const least = application.add('unit_normalization/least', 'Max', [sum, application.scalar(1e-12)], shape);
  const length = application.add('unit_normalization/length', 'Sqrt', [least], shape);
  const inverse = application.add('unit_normalization/inverse', 'Reciprocal', [length], shape);
  return application.add('unit_normalization', 'Mul', [x, inverse], x.shape);
};

/** x · scale + offset, constants of the configuration. */
const rescaling: Layer = (application, inputs) =>
  application.elementwise([application.single(inputs)], ([x]: readonly Value[]) => {
    const scaled = application.add(
      'rescaling/scale',
      'Mul',
      [x!, application.scalar(application.number('scale'))],
      x!.shape,
    );
    return application.add('rescaling', 'Add', [scaled, application.scalar(application.number('offset', 0))], x!.shape);
  });

/** (x − mean) / max(√variance, 1e-7) of each number of the last axis, or the inverse; learnt from data or configured. */
const normalization: Layer = (application, inputs) => {
  const x = application.single(inputs);
  const last = x.shape.length - 1;
  const axes = application.configuration['axis'];
  if (
    axes !== undefined &&
    axes !== null &&
    application.axis(x, application.integers('axis', 1, [-1], -Infinity)[0]!) !== last
  )
    application.refuse(
      'model/configuration',
      `"axis" is ${JSON.stringify(axes)}, expected the last one`,
      'Export the model to ONNX.',
    );
  const shape = axes === null ? [] : [application.extent(x, last)];
  const { mean, variance } = statisticsOf(application, shape);
  const deviations = floats(
    variance.shape,
    numbersOf(variance).map(value => Math.max(Math.sqrt(value), 1e-7)),
  );
  const centre = application.constant('mean', mean);
  const scale = application.constant('deviation', deviations);
  const step = (stem: string, operator: string, value: Value, by: string): Value =>
    application.add(`normalization/${stem}`, operator, [value, by], x.shape);
  return application.flag('invert', false)
    ? step('shift', 'Add', step('scale', 'Mul', x, scale), centre)
    : step('scale', 'Div', step('shift', 'Sub', x, centre), scale);
};

function statisticsOf(application: Application, shape: readonly number[]): { mean: Tensor; variance: Tensor } {
  const { mean, variance } = application.configuration;
  if (mean === undefined || mean === null)
    return application.weights([
      ['mean', shape],
      ['variance', shape],
      ['count', []],
    ]);
  const numbers = (value: unknown): Tensor => {
    const list = [value].flat(Infinity).map(Number);
    return floats(list.length === 1 ? [] : [list.length], list);
  };
  return { mean: numbers(mean), variance: numbers(variance) };
}

export const NORMALISATION_LAYERS: Readonly<Record<string, Layer>> = {
  BatchNormalization: batchNormalization,
  // TensorFlow 1.14 to 2.0 write these names.
  BatchNormalizationV1: batchNormalization,
  BatchNormalizationV2: batchNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  UnitNormalization: unitNormalization,
  Rescaling: rescaling,
  Normalization: normalization,
};
