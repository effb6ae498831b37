/**
 * Activation functions and layers.
 * Sources: keras/activations.py and keras/layers/activation/ of Keras 2.15, keras/src/activations/activations.py of Keras 3.
 */
import type { Attributes } from '../../../graph/graph.js';
import { isRecord } from '../architecture.js';
import { kerasName, type Application, type Layer } from '../application.js';
import type { Value } from '../network.js';

type Activation = (application: Application, x: Value) => Value;

/** A function that is one operator. */
const operator =
  (stem: string, name: string, attributes: Attributes = {}): Activation =>
  (application, value) =>
    application.elementwise([value], ([x]) => application.add(stem, name, [x!], x!.shape, attributes));

const swish: Activation = (application, value) =>
  application.elementwise([value], ([x]) => {
    const gate = application.add('swish/sigmoid', 'Sigmoid', [x!], x!.shape);
    return application.add('swish', 'Mul', [x!, gate], x!.shape);
  });

/** 0.2 · x + 0.5 between 0 and 1; in Keras 3 with the slope of PyTorch. */
const hardSigmoid: Activation = (application, value) =>
  operator('hard_sigmoid', 'HardSigmoid', {
    alpha: application.context.origin.keras === 3 ? 1 / 6 : 0.2,
    beta: 0.5,
  })(application, value);

/** x · Φ(x), by the error function or by its approximation. */
const gelu = (approximate: 'none' | 'tanh'): Activation => operator('gelu', 'Gelu', { approximate });

const softmaxOver = (application: Application, value: Value, axis: number): Value =>
  application.add('softmax', 'Softmax', [value], value.shape, { axis: application.axis(value, axis) });

const FUNCTIONS: ReadonlyMap<string, Activation> = new Map(
  Object.entries<Activation>({
    linear: (_, x) => x,
    relu: operator('relu', 'Relu'),
    sigmoid: operator('sigmoid', 'Sigmoid'),
    hard_sigmoid: hardSigmoid,
    tanh: operator('tanh', 'Tanh'),
    softmax: (application, x) => softmaxOver(application, x, -1),
    // The name under which TensorFlow 2 saves softmax.
    softmax_v2: (application, x) => softmaxOver(application, x, -1),
    softplus: operator('softplus', 'Softplus'),
    softsign: operator('softsign', 'Softsign'),
    elu: operator('elu', 'Elu', { alpha: 1 }),
    selu: operator('selu', 'Selu', { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }),
    exponential: operator('exponential', 'Exp'),
    swish,
    silu: swish,
    gelu: gelu('none'),
    // TensorFlow.js's name of the approximation by tanh.
    gelu_new: gelu('tanh'),
    mish: operator('mish', 'Mish'),
    relu6: (application, value) =>
      application.elementwise([value], ([x]) =>
        application.add('relu6', 'Clip', [x!, application.scalar(0), application.scalar(6)], x!.shape),
      ),
    hard_swish: operator('hard_swish', 'HardSwish'),
    hard_silu: operator('hard_swish', 'HardSwish'),
    leaky_relu: operator('leaky_relu', 'LeakyRelu', { alpha: 0.2 }),
    celu: operator('celu', 'Celu', { alpha: 1 }),
    log_softmax: (application, x) =>
      application.add('log_softmax', 'LogSoftmax', [x], x.shape, { axis: x.shape.length - 1 }),
  }),
);

/**
 * Applies the `activation` argument of a layer: the name of a function, or a layer without weights.
 *
 * @throws Failure `model/unknown-activation`
 */
export function activate(application: Application, value: Value): Value {
  const activation = application.configuration['activation'] ?? 'linear';
  if (typeof activation === 'string') {
    const make = FUNCTIONS.get(kerasName(activation, application.context.customLayers));
    if (make !== undefined) return make(application, value);
  } else if (isRecord(activation)) {
    const { class_name, config } = activation;
    // Keras 3 writes a function that it does not know by name as {class_name: "function", config: its name}.
    if (class_name === 'function' && typeof config === 'string')
      return activate(application.with({ activation: config }), value);
    const layer = Object.entries(ACTIVATION_LAYERS).find(([name]) => name === class_name)?.[1];
    if (layer !== undefined && isRecord(config)) return layer(application.with(config), [value]);
  }
  const name = typeof activation === 'string' ? activation : JSON.stringify(activation).slice(0, 80);
  return application.refuse(
    'model/unknown-activation',
    `the activation function ${name} is not known`,
    `If it is another name of a Keras function, say so: custom_layers: { ${name}: relu }; else export the model to ONNX with tf2onnx.`,
  );
}

/** max_value from there on, x from the threshold on, negative_slope · (x − threshold) below. */
const relu: Layer = (application, inputs) => {
  const highest = application.number('max_value', Infinity);
  const slope = application.number('negative_slope', 0);
  const threshold = application.number('threshold', 0);
  return application.elementwise([application.single(inputs)], ([x]) => {
    const add = (stem: string, name: string, of: readonly (Value | string)[], attributes = {}): Value =>
      application.add(stem, name, of, x!.shape, attributes);
    const capped = (value: Value): Value =>
      highest === Infinity ? value : add('relu/max', 'Min', [value, application.scalar(highest)]);
    if (threshold === 0 && slope === 0 && highest !== Infinity)
      return add('relu', 'Clip', [x!, application.scalar(0), application.scalar(highest)]);
    if (threshold === 0)
      return capped(slope === 0 ? add('relu', 'Relu', [x!]) : add('relu', 'LeakyRelu', [x!], { alpha: slope }));
    const above = add('relu/above', 'GreaterOrEqual', [x!, application.scalar(threshold)]);
    const shifted = add('relu/shift', 'Sub', [x!, application.scalar(threshold)]);
    const below = add('relu/below', 'Mul', [shifted, application.scalar(slope)]);
    return add('relu', 'Where', [above, capped(x!), below]);
  });
};

/** x above theta, else 0. */
const thresholded: Layer = (application, inputs) =>
  application.elementwise([application.single(inputs)], ([x]) => {
    const theta = application.scalar(application.number('theta', 1));
    const above = application.add('thresholded_relu/above', 'Greater', [x!, theta], x!.shape);
    return application.add('thresholded_relu', 'Where', [above, x!, application.scalar(0)], x!.shape);
  });

/** One slope per element, or one for all elements along `shared_axes` (counted with the batch as axis 0). */
const prelu: Layer = (application, inputs) => {
  const x = application.single(inputs);
  const shared = application.configuration['shared_axes'];
  const axes: readonly unknown[] = Array.isArray(shared) ? shared : [];
  const shape = x.shape.flatMap((_, axis) => {
    if (axis === 0) return [];
    return [axes.includes(axis) || axes.includes(axis - x.shape.length) ? 1 : application.extent(x, axis)];
  });
  const { alpha } = application.weights([['alpha', shape]]);
  return application.add('prelu', 'PRelu', [x, application.constant('alpha', alpha)], x.shape);
};

const alone =
  (make: (application: Application, x: Value) => Value): Layer =>
  (application, inputs) =>
    make(application, application.single(inputs));

export const ACTIVATION_LAYERS: Readonly<Record<string, Layer>> = {
  Activation: alone(activate),
  ReLU: relu,
  ThresholdedReLU: thresholded,
  PReLU: prelu,
  LeakyReLU: alone((application, x) =>
    operator('leaky_relu', 'LeakyRelu', {
      alpha: application.number('negative_slope', application.number('alpha', 0.3)),
    })(application, x),
  ),
  ELU: alone((application, x) => operator('elu', 'Elu', { alpha: application.number('alpha', 1) })(application, x)),
  Softmax: alone((application, x) => softmaxOver(application, x, application.number('axis', -1))),
};
