/**
 * The layers of declared networks. Values are [batch, features] or [batch, channels, positions]; what a layer computes is
 * what the Keras layer of the same kind computes, so that its weights fit.
 */
import type * as specifications from '../../../catalog/layers.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import { Failure } from '../../failure.js';
import { integers, sizeOf } from '../../graph/graph.js';
import { ACTIVATIONS, activate } from './activations.js';
import { selfAttention, tokens } from './attention.js';
import {
  add,
  alongPositions,
  refuse,
  shown,
  type Emission,
  type Layer,
  type Parameter,
  type Shape,
  type Site,
} from './layer.js';

type Entry = (typeof specifications)[Exclude<keyof typeof specifications, 'layers'>];

/** One implementation per layer of the catalog. */
type Layers = { readonly [E in Entry as E['name']]: Layer<ParametersOf<E>> };

/** Pairs of features of a graph: 1 GiB of float32. */
const MOST_PAIRS = 2 ** 28;

/** What Keras adds to a variance where the declaration leaves it open. */
const addend = (epsilon: number | 'auto'): number => (epsilon === 'auto' ? 1e-3 : epsilon);

/** Names parameters after their layer. */
const ofLayer = ({ name }: Site, parameters: Readonly<Record<string, Omit<Parameter, 'name'>>>): Parameter[] =>
  Object.entries(parameters).map(([stem, parameter]) => ({ name: `${name}/${stem}`, ...parameter }));

/** Applies something along the last axis to a value whose channels stand in front of its positions. */
const channelsLast = ({ builder }: Emission, shape: Shape, x: string, apply: (x: string) => string): string =>
  shape.length === 1
    ? apply(x)
    : builder.add('Transpose', [apply(builder.add('Transpose', [x], { perm: [0, 2, 1] }))], { perm: [0, 2, 1] });

const dense: Layers['dense'] = ({ units, activation, bias }, site) => {
  const { name, input } = site;
  const [features, ...positions] = input;
  const output: Shape = positions[0] === undefined ? [units] : [units, positions[0]];
  return {
    output,
    parameters: ofLayer(site, {
      kernel: { shape: [features, units], initialiser: { fanIn: features, fanOut: units }, trainable: true },
      ...(bias && { bias: { shape: [units], initialiser: 0, trainable: true } }),
    }),
    emit: (emission, x) => {
      const kernel = emission.parameter(`${name}/kernel`);
      const constant = bias ? [emission.parameter(`${name}/bias`)] : [];
      const product = channelsLast(emission, input, x, rows => {
        if (input.length === 1) return add(emission, name, 'Gemm', [rows, kernel, ...constant]);
        const product = add(emission, name, 'MatMul', [rows, kernel]);
        return bias ? add(emission, `${name}/bias_add`, 'Add', [product, ...constant]) : product;
      });
      return activate(emission, name, activation, product);
    },
  };
};

/** A dense layer whose kernel is held at 0 wherever a feature is not in the group of the unit. */
const maskedDense: Layers['masked_dense'] = ({ annotation, units, activation, bias }, site) => {
  const { name, input } = site;
  const [features, positions] = input;
  if (positions !== undefined)
    refuse(
      site,
      'it groups the features of rows of numbers, and its input has positions',
      'Leave it out for sequences.',
    );
  if (units === undefined)
    refuse(
      site,
      'how many groups its table has is only known where it is trained',
      'Write `units`, and not inside residual.',
    );
  const shape = [features, units];
  return {
    output: [units],
    parameters: ofLayer(site, {
      kernel: { shape, initialiser: { fanIn: features, fanOut: units }, trainable: true },
      ...(bias && { bias: { shape: [units], initialiser: 0, trainable: true } }),
      mask: { shape, initialiser: { annotation }, trainable: false },
    }),
    emit: (emission, x) => {
      const at = (stem: string): string => emission.parameter(`${name}/${stem}`);
      const kernel = emission.builder.add('Mul', [at('kernel'), at('mask')]);
      const product = add(emission, name, 'Gemm', [x, kernel, ...(bias ? [at('bias')] : [])]);
      return activate(emission, name, activation, product);
    },
  };
};

/** Positions that a sliding window leaves: TensorFlow's padding rule. */
function slide(site: Site, reach: number, stride: number, padded: boolean): number {
  const [, positions] = alongPositions(site);
  if (padded) return Math.ceil(positions / stride);
  if (positions >= reach) return Math.floor((positions - reach) / stride) + 1;
  return refuse(
    site,
    `a window over ${reach} positions does not fit into ${positions}`,
    'Take a smaller window, or padding: same.',
  );
}

const conv1d: Layers['conv1d'] = (parameters, site) => {
  const { filters, kernel, stride, padding, dilation, groups, activation, bias } = parameters;
  const { name } = site;
  const [channels] = alongPositions(site);
  if (channels % groups !== 0 || filters % groups !== 0)
    refuse(site, `${groups} groups do not divide ${channels} channels and ${filters} filters`, 'Change groups.');
  const reach = (kernel - 1) * dilation;
  const positions = slide(site, reach + 1, stride, padding !== 'valid');
  const perGroup = channels / groups;
  return {
    output: [filters, positions],
    parameters: ofLayer(site, {
      kernel: {
        shape: [filters, perGroup, kernel],
        initialiser: { fanIn: perGroup * kernel, fanOut: (filters / groups) * kernel },
        trainable: true,
      },
      ...(bias && { bias: { shape: [filters], initialiser: 0, trainable: true } }),
    }),
    emit: (emission, x) => {
      const inputs = [x, emission.parameter(`${name}/kernel`), ...(bias ? [emission.parameter(`${name}/bias`)] : [])];
      const maps = add(emission, name, 'Conv', inputs, {
        kernel_shape: [kernel],
        strides: [stride],
        dilations: [dilation],
        group: groups,
        ...(padding === 'same' ? { auto_pad: 'SAME_UPPER' } : { pads: [padding === 'causal' ? reach : 0, 0] }),
      });
      return activate(emission, name, activation, maps);
    },
  };
};

const batchNorm: Layers['batch_norm'] = ({ epsilon, momentum, scale, center }, site) => {
  const [channels] = site.input;
  const per = (initialiser: 0 | 1, trainable: boolean) => ({ shape: [channels], initialiser, trainable });
  return {
    output: site.input,
    parameters: ofLayer(site, {
      ...(scale && { gamma: per(1, true) }),
      ...(center && { beta: per(0, true) }),
      moving_mean: per(0, false),
      moving_variance: per(1, false),
    }),
    emit: (emission, x) => {
      const { builder, parameter } = emission;
      const constant = (value: number): string =>
        builder.constant({ type: 'float32', shape: [channels], data: new Float32Array(channels).fill(value) });
      const at = (stem: string): string => parameter(`${site.name}/${stem}`);
      const [gamma, beta] = [scale ? at('gamma') : constant(1), center ? at('beta') : constant(0)];
      if (emission.training !== undefined) {
        if (sizeOf(builder.shape(x)) === channels)
          throw new Failure('train/batch', 'a batch of one example has no spread by which it could be normalised', {
            place: `layer ${site.name} of the network`,
            remedy: 'Train with larger batches, or leave batch_norm out.',
          });
        const { value, mean, variance } = normalised(emission, x, gamma, addend(epsilon));
        emission.training.observed(site.name, momentum, mean, variance);
        const offset = site.input.length === 1 ? beta : builder.add('Unsqueeze', [beta, builder.integers([1])]);
        return add(emission, site.name, 'Add', [value, offset]);
      }
      const inputs = [x, gamma, beta, at('moving_mean'), at('moving_variance')];
      return add(emission, site.name, 'BatchNormalization', inputs, { epsilon: addend(epsilon) });
    },
  };
};

/**
 * (x − μ) · γ / √(σ² + ε) with μ and σ² of each channel over batch and positions; they are [channels]. Few passes over the
 * whole value: training spends its time there.
 */
function normalised({ builder }: Emission, x: string, gamma: string, epsilon: number) {
  const shape = builder.shape(x);
  const channels = shape[1]!;
  const axes = builder.integers(shape.length === 2 ? [0] : [0, 2]);
  const count = builder.scalar(sizeOf(shape) / channels);
  const channelwise = shape.map((_, axis) => (axis === 1 ? channels : 1));
  const centre = builder.add('ReduceMean', [x, axes], { keepdims: 1 });
  const centred = builder.add('Sub', [x, centre]);
  const spread = builder.add('Div', [builder.add('ReduceSumSquare', [centred, axes], { keepdims: 1 }), count]);
  const deviation = builder.add('Sqrt', [builder.add('Add', [spread, builder.scalar(epsilon)])]);
  const slope = builder.add('Div', [builder.add('Reshape', [gamma, builder.integers(channelwise)]), deviation]);
  const flat = (of: string): string => builder.add('Reshape', [of, builder.integers([channels])]);
  return { value: builder.add('Mul', [centred, slope]), mean: flat(centre), variance: flat(spread) };
}

/** (x − μ) / √(σ² + ε) · γ + β, with μ and σ over the channels. */
const layerNorm: Layers['layer_norm'] = ({ epsilon }, site) => {
  const { name, input } = site;
  const [channels] = input;
  return {
    output: input,
    parameters: ofLayer(site, {
      gamma: { shape: [channels], initialiser: 1, trainable: true },
      beta: { shape: [channels], initialiser: 0, trainable: true },
    }),
    emit: (emission, x) => {
      const { builder, parameter } = emission;
      return channelsLast(emission, input, x, rows => {
        const mean = (value: string): string => builder.add('ReduceMean', [value, builder.integers([-1])]);
        const centred = builder.add('Sub', [rows, mean(rows)]);
        const variance = mean(builder.add('Mul', [centred, centred]));
        const deviation = builder.add('Sqrt', [builder.add('Add', [variance, builder.scalar(addend(epsilon))])]);
        const standard = builder.add('Mul', [centred, builder.add('Reciprocal', [deviation])]);
        const scaled = builder.add('Mul', [standard, parameter(`${name}/gamma`)]);
        return add(emission, name, 'Add', [scaled, parameter(`${name}/beta`)]);
      });
    },
  };
};

/** Nothing in inference. The node remains, so that the layer can be named. */
const dropout: Layers['dropout'] = ({ rate }, { name, input }) => ({
  output: input,
  parameters: [],
  emit: (emission, x) => {
    const { training, builder } = emission;
    if (training === undefined || rate === 0) return add(emission, name, 'Identity', [x]);
    return add(emission, name, 'Mul', [x, training.kept(name, builder.shape(x), rate)]);
  },
});

/** x · D; D is symmetric. */
const graphSmoothing: Layers['graph_smoothing'] = ({ least }, site) => {
  const { name, input } = site;
  const [features, positions] = input;
  if (positions !== undefined)
    refuse(
      site,
      'it joins the features of rows of numbers, and its input has positions',
      'Leave it out for sequences.',
    );
  if (features ** 2 > MOST_PAIRS)
    refuse(site, `${features} features have too many pairs to be kept in memory`, 'Choose fewer features.');
  return {
    output: input,
    parameters: ofLayer(site, { graph: { shape: [features, features], initialiser: { least }, trainable: false } }),
    emit: (emission, x) => add(emission, name, 'MatMul', [x, emission.parameter(`${name}/graph`)]),
  };
};

const flatten: Layers['flatten'] = ({ fastest }, { name, input }) => ({
  output: [input.reduce((product, extent) => product * extent, 1)],
  parameters: [],
  emit: (emission, x) => {
    const { builder } = emission;
    const rows = input.length === 1 || fastest === 'positions' ? x : builder.add('Transpose', [x], { perm: [0, 2, 1] });
    return add(emission, name, 'Flatten', [rows], { axis: 1 });
  },
});

const pool =
  (operator: 'MaxPool' | 'AveragePool'): Layers['max_pool'] =>
  ({ size, stride = size, padding }, site) => ({
    output: [site.input[0], slide(site, size, stride, padding === 'same')],
    parameters: [],
    emit: (emission, x) =>
      add(emission, site.name, operator, [x], {
        kernel_shape: [size],
        strides: [stride],
        ...(padding === 'same' ? { auto_pad: 'SAME_UPPER' } : { pads: [0, 0] }),
      }),
  });

const globalPool =
  (operator: 'ReduceMax' | 'ReduceMean'): Layers['global_max_pool'] =>
  (_, site) => ({
    output: [alongPositions(site)[0]],
    parameters: [],
    emit: (emission, x) =>
      add(emission, site.name, operator, [x, emission.builder.constant(integers([2]))], { keepdims: 0 }),
  });

const residual: Layers['residual'] = ({ layers }, site) => {
  const inner = site.inside(layers);
  if (inner.output.join() !== site.input.join())
    refuse(
      site,
      `its layers make ${shown(inner.output)} of ${shown(site.input)}, and the two are added`,
      'Keep positions (padding: same, no stride, no pool) and the number of channels.',
    );
  return {
    ...inner,
    emit: (emission, x) => add(emission, `${site.name}/add`, 'Add', [inner.emit(emission, x), x]),
  };
};

export const LAYERS: Layers = {
  ...ACTIVATIONS,
  dense,
  masked_dense: maskedDense,
  conv1d,
  batch_norm: batchNorm,
  layer_norm: layerNorm,
  dropout,
  graph_smoothing: graphSmoothing,
  flatten,
  max_pool: pool('MaxPool'),
  average_pool: pool('AveragePool'),
  global_max_pool: globalPool('ReduceMax'),
  global_average_pool: globalPool('ReduceMean'),
  residual,
  tokens,
  self_attention: selfAttention,
};
