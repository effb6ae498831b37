/** Dense, and the layers that act in training only. Source: keras/layers/ of Keras 2.15. */
import type { Tensor } from '../../../graph/graph.js';
import { activate } from './activation.js';
import type { Layer } from '../application.js';

/** A product with the last axis, whatever the rank. */
const dense: Layer = (application, inputs) => {
  const x = application.single(inputs);
  const units = application.count('units');
  const last = x.shape.length - 1;
  const shape = [...x.shape.slice(0, last), units];
  const useBias = application.flag('use_bias', true);
  const weights: { kernel?: Tensor; bias?: Tensor } = application.weights([
    ['kernel', [application.extent(x, last), units]],
    ...(useBias ? [['bias', [units]] as const] : []),
  ]);
  const kernel = application.constant('kernel', weights.kernel!);
  const bias = weights.bias && application.constant('bias', weights.bias);
  if (last === 1 && bias !== undefined)
    return activate(application, application.add('dense', 'Gemm', [x, kernel, bias], shape));
  const product = application.add('dense', 'MatMul', [x, kernel], shape);
  return activate(
    application,
    bias === undefined ? product : application.add('bias_add', 'Add', [product, bias], shape),
  );
};

/** Nothing in inference. The node remains, so that the layer can be named. */
const identity: Layer = (application, inputs) =>
  application.elementwise([application.single(inputs)], ([x]) =>
    application.add('identity', 'Identity', [x!], x!.shape),
  );

/** Layers that draw random numbers in training, and pass their input on in inference. */
export const NOISE_LAYERS: Readonly<Record<string, Layer>> = {
  Dropout: identity,
  SpatialDropout1D: identity,
  SpatialDropout2D: identity,
  AlphaDropout: identity,
  GaussianDropout: identity,
  GaussianNoise: identity,
};

export const CORE_LAYERS: Readonly<Record<string, Layer>> = {
  Dense: dense,
  ActivityRegularization: identity,
};
