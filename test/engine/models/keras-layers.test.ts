/** Every kind of Keras layer, from synthetic files, against plain loops over Keras's definition in float64. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  at,
  build,
  close,
  Folder,
  functional,
  layer,
  node,
  noise,
  predict,
  sum,
  workshop,
  type Data,
} from './keras-fixture.js';

const folder = new Folder();
afterAll(() => folder.remove());
const { imported, run } = workshop(folder);

/** The value with its channels, the last axis, in front of its positions. */
const channelsFirst = (x: Data): Data => {
  const shape = [x.shape[0]!, x.shape.at(-1)!, ...x.shape.slice(1, -1)];
  return build(shape, (i, c, ...rest) => at(x, i, ...rest, c));
};

/** Where windows start and how many there are. TensorFlow pads the smaller half in front. */
function windows(extent: number, reach: number, stride: number, padding: string): { count: number; before: number } {
  if (padding === 'valid') return { count: Math.floor((extent - reach) / stride) + 1, before: 0 };
  const count = Math.floor((extent + stride - 1) / stride);
  if (padding === 'causal') return { count, before: reach - 1 };
  return { count, before: Math.floor(Math.max((count - 1) * stride + reach - extent, 0) / 2) };
}

describe('Conv1D', () => {
  it('computes every padding, stride, dilation, number of groups and axis order', async () => {
    const cases = fc.record({
      length: fc.integer({ min: 7, max: 12 }),
      width: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      padding: fc.constantFrom('valid', 'same', 'causal'),
      groups: fc.constantFrom(1, 2),
      useBias: fc.boolean(),
      last: fc.boolean(),
      seed: fc.nat(1000),
    });
    const property = fc.asyncProperty(
      cases,
      async ({ length, width, stride, dilation, padding, groups, useBias, last, seed }) => {
        const x = noise(seed, 2, length, 4);
        const kernel = noise(seed + 1, width, 4 / groups, 6);
        const bias = useBias ? noise(seed + 2, 6) : build([6], () => 0);
        const config = {
          filters: 6,
          kernel_size: [width],
          strides: [stride],
          dilation_rate: [dilation],
          padding,
          groups,
          use_bias: useBias,
          data_format: last ? 'channels_last' : 'channels_first',
          activation: 'relu',
        };
        const weights = { conv: useBias ? { kernel, bias } : { kernel } };
        const y = await run(last ? x : channelsFirst(x), [layer('Conv1D', 'conv', config)], weights);
        const { count, before } = windows(length, (width - 1) * dilation + 1, stride, padding);
        const expected = build([2, count, 6], (n, l, f) => {
          const first = Math.floor((f * groups) / 6) * (4 / groups);
          const total = sum(width, k =>
            sum(4 / groups, c => at(x, n, l * stride + k * dilation - before, first + c) * at(kernel, k, c, f)),
          );
          return Math.max(0, total + at(bias, f));
        });
        close(y, last ? expected : channelsFirst(expected));
      },
    );
    await fc.assert(property, { seed: 1, numRuns: 60 });
  });
});

describe('Conv2D and its kinds', () => {
  it.each([
    ['valid', [1, 1], [1, 1]],
    ['same', [2, 1], [1, 1]],
    ['same', [1, 1], [1, 2]],
  ])('Conv2D, %s, strides %j, dilations %j', async (padding, strides, dilation) => {
    const x = noise(1, 2, 6, 5, 2);
    const kernel = noise(2, 3, 2, 2, 3);
    const bias = noise(3, 3);
    const config = { filters: 3, kernel_size: [3, 2], strides, dilation_rate: dilation, padding };
    const y = await run(x, [layer('Conv2D', 'conv', config)], { conv: { kernel, bias } });
    const rows = windows(6, 2 * dilation[0]! + 1, strides[0]!, padding);
    const columns = windows(5, dilation[1]! + 1, strides[1]!, padding);
    const expected = build(
      [2, rows.count, columns.count, 3],
      (n, i, j, f) =>
        sum(3, a =>
          sum(2, b =>
            sum(2, c => {
              const row = i * strides[0]! + a * dilation[0]! - rows.before;
              const column = j * strides[1]! + b * dilation[1]! - columns.before;
              return at(x, n, row, column, c) * at(kernel, a, b, c, f);
            }),
          ),
        ) + at(bias, f),
    );
    close(y, expected);
  });

  it('DepthwiseConv2D with a multiplier', async () => {
    const x = noise(4, 2, 4, 4, 3);
    const depthwise_kernel = noise(5, 2, 2, 3, 2);
    const bias = noise(6, 6);
    const config = { kernel_size: 2, depth_multiplier: 2, padding: 'valid' };
    const y = await run(x, [layer('DepthwiseConv2D', 'depth', config)], { depth: { depthwise_kernel, bias } });
    const expected = build([2, 3, 3, 6], (n, i, j, f) => {
      const [c, m] = [Math.floor(f / 2), f % 2];
      const total = sum(2, a => sum(2, b => at(x, n, i + a, j + b, c) * at(depthwise_kernel, a, b, c, m)));
      return total + at(bias, f);
    });
    close(y, expected);
  });

  it('SeparableConv1D', async () => {
    const x = noise(7, 2, 8, 3);
    const depthwise_kernel = noise(8, 3, 3, 2);
    const pointwise_kernel = noise(9, 1, 6, 4);
    const bias = noise(10, 4);
    const config = { filters: 4, kernel_size: [3], depth_multiplier: 2, padding: 'same', activation: 'tanh' };
    const y = await run(x, [layer('SeparableConv1D', 'separable', config)], {
      separable: { depthwise_kernel, pointwise_kernel, bias },
    });
    const maps = build([2, 8, 6], (n, l, f) =>
      sum(3, k => at(x, n, l + k - 1, Math.floor(f / 2)) * at(depthwise_kernel, k, Math.floor(f / 2), f % 2)),
    );
    const expected = build([2, 8, 4], (n, l, f) =>
      Math.tanh(sum(6, c => at(maps, n, l, c) * at(pointwise_kernel, 0, c, f)) + at(bias, f)),
    );
    close(y, expected);
  });
});

describe('pools', () => {
  it('compute maxima and averages of what lies inside the input', async () => {
    const cases = fc.record({
      length: fc.integer({ min: 5, max: 11 }),
      size: fc.integer({ min: 1, max: 4 }),
      stride: fc.option(fc.integer({ min: 1, max: 3 })),
      padding: fc.constantFrom('valid', 'same'),
      kind: fc.constantFrom('Max', 'Average'),
      last: fc.boolean(),
      seed: fc.nat(1000),
    });
    const property = fc.asyncProperty(cases, async ({ length, size, stride, padding, kind, last, seed }) => {
      const x = noise(seed, 2, length, 3);
      const data_format = last ? 'channels_last' : 'channels_first';
      const config = { pool_size: [size], strides: stride === null ? null : [stride], padding, data_format };
      const y = await run(last ? x : channelsFirst(x), [layer(`${kind}Pooling1D`, 'pool', config)]);
      const step = stride ?? size;
      const { count, before } = windows(length, size, step, padding);
      const expected = build([2, count, 3], (n, l, c) => {
        const seen: number[] = [];
        for (let k = 0; k < size; k++) {
          const position = l * step + k - before;
          if (position >= 0 && position < length) seen.push(at(x, n, position, c));
        }
        return kind === 'Max' ? Math.max(...seen) : seen.reduce((total, v) => total + v, 0) / seen.length;
      });
      close(y, last ? expected : channelsFirst(expected));
    });
    await fc.assert(property, { seed: 2, numRuns: 40 });
  });

  it('MaxPooling2D and AveragePooling2D', async () => {
    const x = noise(11, 2, 4, 6, 2);
    const window = (n: number, i: number, j: number, c: number): number[] =>
      [0, 1].flatMap(a => [0, 1, 2].map(b => at(x, n, 2 * i + a, 3 * j + b, c)));
    const most = await run(x, [layer('MaxPooling2D', 'pool', { pool_size: [2, 3] })]);
    close(
      most,
      build([2, 2, 2, 2], (n, i, j, c) => Math.max(...window(n, i, j, c))),
    );
    const mean = await run(x, [layer('AveragePooling2D', 'pool', { pool_size: [2, 3] })]);
    close(
      mean,
      build([2, 2, 2, 2], (n, i, j, c) => sum(6, k => window(n, i, j, c)[k]!) / 6),
    );
  });

  it('global pools, with and without their axes', async () => {
    const x = noise(12, 2, 5, 3);
    const highest = (n: number, c: number): number => Math.max(...[0, 1, 2, 3, 4].map(l => at(x, n, l, c)));
    const mean = (n: number, c: number): number => sum(5, l => at(x, n, l, c)) / 5;
    close(await run(x, [layer('GlobalMaxPooling1D', 'pool')]), build([2, 3], highest));
    const kept = await run(x, [layer('GlobalAveragePooling1D', 'pool', { keepdims: true })]);
    close(
      kept,
      build([2, 1, 3], (n, _, c) => mean(n, c)),
    );
    const first = { data_format: 'channels_first' };
    close(await run(channelsFirst(x), [layer('GlobalAveragePooling1D', 'pool', first)]), build([2, 3], mean));
    const image = noise(13, 2, 3, 2, 2);
    const top = build([2, 2], (n, c) => Math.max(...[0, 1, 2].flatMap(i => [0, 1].map(j => at(image, n, i, j, c)))));
    close(await run(image, [layer('GlobalMaxPooling2D', 'pool')]), top);
  });
});

describe('BatchNormalization', () => {
  const parts = {
    gamma: noise(20, 3),
    beta: noise(21, 3),
    moving_mean: noise(22, 3),
    moving_variance: build([3], c => c + 0.5),
  };
  const x = noise(23, 2, 4, 3);
  const flags = [true, false].flatMap(scale => [true, false].map(center => [scale, center] as const));

  it.each(flags)('scale %s, center %s, over the last axis', async (scale, center) => {
    const { gamma, beta, ...statistics } = parts;
    const weights = { norm: { ...(scale && { gamma }), ...(center && { beta }), ...statistics } };
    const y = await run(x, [layer('BatchNormalization', 'norm', { axis: -1, epsilon: 0.01, scale, center })], weights);
    const expected = build([2, 4, 3], (n, l, c) => {
      const centred = (at(x, n, l, c) - at(parts.moving_mean, c)) / Math.sqrt(at(parts.moving_variance, c) + 0.01);
      return centred * (scale ? at(gamma, c) : 1) + (center ? at(beta, c) : 0);
    });
    close(y, expected);
  });

  it('over the channels in front, with the axis in a list', async () => {
    const { gamma, beta, moving_mean, moving_variance } = parts;
    const y = await run(channelsFirst(x), [layer('BatchNormalization', 'norm', { axis: [1] })], { norm: parts });
    const expected = build([2, 3, 4], (n, c, l) => {
      const centred = (at(x, n, l, c) - at(moving_mean, c)) / Math.sqrt(at(moving_variance, c) + 1e-3);
      return centred * at(gamma, c) + at(beta, c);
    });
    close(y, expected);
  });
});

describe('Dense', () => {
  it.each([true, false])('is applied to the last axis of a 3-D value, use_bias %s', async useBias => {
    const x = noise(30, 2, 5, 3);
    const kernel = noise(31, 3, 4);
    const bias = noise(32, 4);
    const config = { units: 4, use_bias: useBias, activation: 'softmax' };
    const y = await run(x, [layer('Dense', 'dense', config)], { dense: useBias ? { kernel, bias } : { kernel } });
    const score = (n: number, l: number, u: number): number =>
      Math.exp(sum(3, c => at(x, n, l, c) * at(kernel, c, u)) + (useBias ? at(bias, u) : 0));
    close(
      y,
      build([2, 5, 4], (n, l, u) => score(n, l, u) / sum(4, other => score(n, l, other))),
    );
  });
});

describe('Flatten', () => {
  const x = noise(33, 2, 5, 3);
  const kernel = noise(34, 1, 3, 2);
  const expected = build([2, 10], (n, i) => sum(3, c => at(x, n, Math.floor(i / 2), c) * at(kernel, 0, c, i % 2)));

  it('puts positions before channels behind a convolution', async () => {
    const conv = layer('Conv1D', 'conv', { filters: 2, kernel_size: [1], use_bias: false });
    close(await run(x, [conv, layer('Flatten', 'flat')], { conv: { kernel } }), expected);
  });

  it('does so for channels-first values too, if it says that they are', async () => {
    const format = { data_format: 'channels_first' };
    const conv = layer('Conv1D', 'conv', { filters: 2, kernel_size: [1], use_bias: false, ...format });
    const flat = layer('Flatten', 'flat', format);
    close(await run(channelsFirst(x), [conv, flat], { conv: { kernel } }), expected);
  });
});

describe('activations', () => {
  const x = build([2, 4, 3], (n, l, c) => (n * 12 + l * 3 + c - 11.5) / 3);
  const each = (f: (v: number) => number): Data => ({ shape: x.shape, data: x.data.map(f) });
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
  const erf = (v: number): number => {
    // Simpson's rule over the density.
    const steps = 400;
    const weight = (i: number): number => (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2);
    return (
      ((2 / Math.sqrt(Math.PI)) * (v / steps) * sum(steps + 1, i => weight(i) * Math.exp(-(((v * i) / steps) ** 2)))) /
      3
    );
  };
  const elu = (v: number, alpha: number): number => (v > 0 ? v : alpha * (Math.exp(v) - 1));

  it.each<[string, (v: number) => number]>([
    ['linear', v => v],
    ['relu', v => Math.max(0, v)],
    ['sigmoid', sigmoid],
    ['hard_sigmoid', v => Math.min(1, Math.max(0, 0.2 * v + 0.5))],
    ['tanh', Math.tanh],
    ['softplus', v => Math.log(1 + Math.exp(v))],
    ['softsign', v => v / (1 + Math.abs(v))],
    ['elu', v => elu(v, 1)],
    ['selu', v => 1.05070098 * elu(v, 1.67326324)],
    ['exponential', Math.exp],
    ['swish', v => v * sigmoid(v)],
    ['silu', v => v * sigmoid(v)],
    ['gelu', v => 0.5 * v * (1 + erf(v / Math.SQRT2))],
  ])('%s', async (activation, f) => {
    close(await run(x, [layer('Activation', 'a', { activation })]), each(f));
  });

  it.each<[string, object, (v: number) => number]>([
    ['ReLU', {}, v => Math.max(0, v)],
    ['ReLU', { max_value: 2, negative_slope: 0.1, threshold: 0 }, v => (v >= 2 ? 2 : v >= 0 ? v : 0.1 * v)],
    ['ReLU', { max_value: 2, negative_slope: 0.5, threshold: 1 }, v => (v >= 2 ? 2 : v >= 1 ? v : 0.5 * (v - 1))],
    ['LeakyReLU', { alpha: { type: 'ndarray', value: 0.25 } }, v => (v >= 0 ? v : 0.25 * v)],
    ['LeakyReLU', {}, v => (v >= 0 ? v : Math.fround(0.3) * v)],
    ['ELU', { alpha: 0.5 }, v => elu(v, 0.5)],
    ['ThresholdedReLU', { theta: 1.25 }, v => (v > 1.25 ? v : 0)],
    ['Activation', { activation: { class_name: 'LeakyReLU', config: { alpha: 0.5 } } }, v => (v >= 0 ? v : 0.5 * v)],
    ['Dropout', { rate: 0.5 }, v => v],
    ['SpatialDropout1D', { rate: 0.5 }, v => v],
    ['GaussianNoise', { stddev: 1 }, v => v],
    ['ActivityRegularization', {}, v => v],
  ])('layer %s %j', async (name, config, f) => {
    close(await run(x, [layer(name, 'a', config)]), each(f));
  });

  it('PReLU with slopes for channels, and for every element', async () => {
    const slopes = noise(40, 1, 3);
    const shared = await run(x, [layer('PReLU', 'p', { shared_axes: [1] })], { p: { alpha: slopes } });
    const prelu = (v: number, slope: number): number => (v >= 0 ? v : slope * v);
    close(
      shared,
      build(x.shape, (n, l, c) => prelu(at(x, n, l, c), at(slopes, 0, c))),
    );
    const own = noise(41, 4, 3);
    const full = await run(x, [layer('PReLU', 'p', { shared_axes: null })], { p: { alpha: own } });
    close(
      full,
      build(x.shape, (n, l, c) => prelu(at(x, n, l, c), at(own, l, c))),
    );
  });

  it('Softmax over an axis', async () => {
    const y = await run(x, [layer('Softmax', 's', { axis: 1 })]);
    const total = (n: number, c: number): number => sum(4, l => Math.exp(at(x, n, l, c)));
    close(
      y,
      build(x.shape, (n, l, c) => Math.exp(at(x, n, l, c)) / total(n, c)),
    );
  });
});

describe('shapes', () => {
  const x = noise(50, 2, 4, 3);
  it.each<[string, object, number[], (n: number, i: number, j: number) => number]>([
    ['Reshape', { target_shape: [2, 6] }, [2, 2, 6], (n, i, j) => x.data[n * 12 + i * 6 + j]!],
    ['Reshape', { target_shape: [-1, 2] }, [2, 6, 2], (n, i, j) => x.data[n * 12 + i * 2 + j]!],
    ['Permute', { dims: [2, 1] }, [2, 3, 4], (n, i, j) => at(x, n, j, i)],
    ['ZeroPadding1D', { padding: [1, 2] }, [2, 7, 3], (n, i, j) => at(x, n, i - 1, j)],
    ['ZeroPadding1D', { padding: 2 }, [2, 8, 3], (n, i, j) => at(x, n, i - 2, j)],
    ['Cropping1D', { cropping: [1, 0] }, [2, 3, 3], (n, i, j) => at(x, n, i + 1, j)],
    ['Cropping1D', { cropping: [1, 2] }, [2, 1, 3], (n, i, j) => at(x, n, i + 1, j)],
    ['UpSampling1D', { size: 3 }, [2, 12, 3], (n, i, j) => at(x, n, Math.floor(i / 3), j)],
  ])('%s %j', async (name, config, shape, element) => {
    close(await run(x, [layer(name, 'shape', config)]), build(shape, element));
  });

  it('RepeatVector', async () => {
    const flat = noise(51, 2, 3);
    close(
      await run(flat, [layer('RepeatVector', 'repeat', { n: 4 })]),
      build([2, 4, 3], (n, _, c) => at(flat, n, c)),
    );
  });

  it('ZeroPadding2D, Cropping2D and UpSampling2D', async () => {
    const image = noise(52, 1, 3, 4, 2);
    const layers = [
      layer('ZeroPadding2D', 'pad', {
        padding: [
          [1, 0],
          [0, 2],
        ],
      }),
      layer('UpSampling2D', 'up', { size: [2, 1] }),
      layer('Cropping2D', 'crop', {
        cropping: [
          [1, 1],
          [0, 1],
        ],
      }),
    ];
    const expected = build([1, 6, 5, 2], (n, i, j, c) => at(image, n, Math.floor((i + 1) / 2) - 1, j, c));
    close(await run(image, layers), expected);
  });
});

describe('merging', () => {
  const a = noise(60, 2, 4, 3);
  const b = noise(61, 2, 4, 3);
  const c = noise(62, 2, 4, 3);
  const merged = async (name: string, config: object, ...inputs: Data[]): Promise<Data> => {
    const names = ['a', 'b', 'c'].slice(0, inputs.length);
    const layers = names.map((each, i) =>
      node('InputLayer', each, { batch_input_shape: [null, ...inputs[i]!.shape.slice(1)] }),
    );
    const merge = node(
      name,
      'merge',
      config,
      names.map((each): [string, number, number] => [each, 0, 0]),
    );
    const [y] = await predict(await imported(functional([...layers, merge], names, [['merge', 0, 0]])), ...inputs);
    return y!;
  };
  const over = (f: (...values: number[]) => number, ...inputs: Data[]): Data =>
    build(a.shape, (...index) => f(...inputs.map(each => at(each, ...index))));

  it.each<[string, object, (p: number, q: number, r: number) => number]>([
    ['Add', {}, (p, q, r) => p + q + r],
    ['Multiply', {}, (p, q, r) => p * q * r],
    ['Average', {}, (p, q, r) => (p + q + r) / 3],
    ['Maximum', {}, Math.max],
    ['Minimum', {}, Math.min],
    ['Merge', { mode: 'sum' }, (p, q, r) => p + q + r],
  ])('%s %j', async (name, config, f) => {
    const three = (...values: number[]): number => f(values[0]!, values[1]!, values[2]!);
    close(await merged(name, config, a, b, c), over(three, a, b, c));
  });

  it('Subtract, and an axis of 1 that stretches', async () => {
    close(
      await merged('Subtract', {}, a, b),
      over((p, q) => p - q, a, b),
    );
    const gate = noise(63, 2, 1, 3);
    close(
      await merged('Multiply', {}, a, gate),
      build(a.shape, (n, l, k) => at(a, n, l, k) * at(gate, n, 0, k)),
    );
  });

  it('Concatenate along positions and channels', async () => {
    const long = await merged('Concatenate', { axis: 1 }, a, b);
    close(
      long,
      build([2, 8, 3], (n, l, k) => (l < 4 ? at(a, n, l, k) : at(b, n, l - 4, k))),
    );
    const wide = await merged('Merge', { mode: 'concat', concat_axis: -1 }, a, b);
    close(
      wide,
      build([2, 4, 6], (n, l, k) => (k < 3 ? at(a, n, l, k) : at(b, n, l, k - 3))),
    );
  });

  it('refuses shapes that do not fit, naming them', async () => {
    await expect(merged('Add', {}, a, noise(64, 2, 5, 3))).rejects.toThrow('[batch, 4, 3] and [batch, 5, 3]');
    await expect(merged('Concatenate', { axis: 1 }, a, noise(64, 2, 5, 2))).rejects.toThrow('but for axis 1');
  });
});

describe('transpositions', () => {
  it('only two remain in a residual channels-last network, and the prediction is the same', async () => {
    const conv = (name: string, from: string) =>
      node('Conv1D', name, { filters: 3, kernel_size: [3], padding: 'same', use_bias: false, activation: 'relu' }, [
        [from, 0, 0],
      ]);
    const model = functional(
      [
        node('InputLayer', 'x', { batch_input_shape: [null, 6, 3] }),
        conv('first', 'x'),
        conv('second', 'first'),
        node('Add', 'skip', {}, [
          ['first', 0, 0],
          ['second', 0, 0],
        ]),
        node('MaxPooling1D', 'pool', { pool_size: [2] }, [['skip', 0, 0]]),
        node('Dropout', 'drop', { rate: 0.1 }, [['pool', 0, 0]]),
        node('Flatten', 'flat', {}, [['drop', 0, 0]]),
      ],
      ['x'],
      [['flat', 0, 0]],
    );
    const kernels = { first: { kernel: noise(70, 3, 3, 3) }, second: { kernel: noise(71, 3, 3, 3) } };
    const network = await imported(model, kernels);
    const x = noise(72, 2, 6, 3);
    const apply = (from: Data, kernel: Data): Data =>
      build([2, 6, 3], (n, l, f) =>
        Math.max(
          0,
          sum(3, k => sum(3, c => at(from, n, l + k - 1, c) * at(kernel, k, c, f))),
        ),
      );
    const first = apply(x, kernels.first.kernel);
    const second = apply(first, kernels.second.kernel);
    const skip = (n: number, l: number, f: number): number => at(first, n, l, f) + at(second, n, l, f);
    const [y] = await predict(network, x);
    close(
      y!,
      build([2, 9], (n, i) => {
        const [l, f] = [Math.floor(i / 3), i % 3];
        return Math.max(skip(n, 2 * l, f), skip(n, 2 * l + 1, f));
      }),
    );
    expect(network.graph.nodes.filter(({ operator }) => operator === 'Transpose')).toHaveLength(2);
  });
});
