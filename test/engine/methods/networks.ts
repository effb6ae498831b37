/** Small networks made on the spot: functions with known explanations, and a convolutional one with drawn weights. */
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, numbersOf, sizeOf, type Graph, type Tensor } from '../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { openBatch } from './workbench.js';

/** A function of x [1, length, 4] given by nodes that end in a value [1, 1]; the batch axis is open. */
export function scalarFunction(length: number, body: (builder: GraphBuilder, flat: string) => string): Graph {
  const builder = new GraphBuilder('toy');
  const flat = builder.add('Flatten', [builder.input('x', 'float32', [1, length, 4])]);
  return openBatch(builder.finish([body(builder, flat)]));
}

/** Σ weights · x, as [1, 1]. */
export function weightedSum(builder: GraphBuilder, flat: string, weights: ArrayLike<number>, bias = 0): string {
  const column = builder.constant(floats([weights.length, 1], weights));
  return builder.add('Gemm', [flat, column, builder.constant(floats([1], [bias]))]);
}

/** 1 at some elements of a sequence of this length, 0 elsewhere. */
export function indicator(
  length: number,
  ...elements: readonly (readonly [position: number, base: string])[]
): number[] {
  const values = new Array<number>(4 * length).fill(0);
  for (const [position, base] of elements) values[4 * position + 'ACGT'.indexOf(base)] = 1;
  return values;
}

export interface NetworkForm {
  readonly length: number;
  readonly layout?: 'channels_first' | 'channels_last';
  /** Order of the bases along the channel axis. */
  readonly order?: string;
  /** A batch size that the file demands; open where there is none. */
  readonly batch?: number;
  /** An axis of extent 1 behind the batch axis, as two-dimensional networks have it. */
  readonly flat?: boolean;
  /** What to add to all four channels of filter k at column j; the bias makes up for it. */
  readonly gauge?: (filter: number, column: number) => number;
  /** By what to multiply filter k with its bias; the next layer's weights make up for it. Positive. */
  readonly scale?: (filter: number) => number;
  readonly units?: number;
  readonly ending?: 'Sigmoid' | 'Softmax';
}

const FILTERS = 6;
const WIDTH = 5;

/**
 * Convolution without padding, ReLU, pooling, ReLU layer, linear layer, and perhaps a squashing. All forms with the same
 * length and units have the same weights and compute the same function of a sequence.
 */
export function network(form: NetworkForm): Graph {
  const {
    length,
    layout = 'channels_first',
    order = 'ACGT',
    gauge = () => 0,
    scale = () => 1,
    units = 1,
    ending,
  } = form;
  const random = new Stream(20, 'test network');
  const drawn = (shape: number[], scale: number): Tensor =>
    floats(
      shape,
      Float64Array.from({ length: sizeOf(shape) }, () => scale * random.normal()),
    );
  const filters = numbersOf(drawn([FILTERS, 4, WIDTH], 0.7));
  const bias = numbersOf(drawn([FILTERS], 0.3));
  const pooled = Math.floor((length - WIDTH + 1) / 2);
  const [hidden, hiddenBias] = [drawn([FILTERS * pooled, 8], 0.3), drawn([8], 0.3)];
  const [last, lastBias] = [drawn([8, units], 0.7), drawn([units], 0.3)];

  const at = (k: number, base: number, column: number): number => (k * 4 + base) * WIDTH + column;
  const arranged = new Float32Array(filters.length);
  for (let k = 0; k < FILTERS; k++) {
    for (let column = 0; column < WIDTH; column++) {
      bias[k]! -= gauge(k, column);
      for (let channel = 0; channel < 4; channel++)
        arranged[at(k, channel, column)] =
          scale(k) * (filters[at(k, 'ACGT'.indexOf(order[channel]!), column)]! + gauge(k, column));
    }
    bias[k]! *= scale(k);
  }
  const next = numbersOf(hidden).map((weight, i) => weight / scale(Math.floor(i / (8 * pooled))));

  const batch = form.batch ?? 1;
  const axes = layout === 'channels_first' ? [4, length] : [length, 4];
  const builder = new GraphBuilder('network');
  let x = builder.input('x', 'float32', form.flat ? [batch, 1, ...axes] : [batch, ...axes]);
  if (form.flat) x = builder.add('Squeeze', [x, builder.integers([1])]);
  if (layout === 'channels_last') x = builder.add('Transpose', [x], { perm: [0, 2, 1] });
  const constant = (tensor: Tensor): string => builder.constant(tensor);
  const convolved = builder.add('Conv', [
    x,
    constant(floats([FILTERS, 4, WIDTH], arranged)),
    constant(floats([FILTERS], bias)),
  ]);
  const pool = builder.add('MaxPool', [builder.add('Relu', [convolved])], { kernel_shape: [2], strides: [2] });
  const layer = builder.add('Gemm', [
    builder.add('Flatten', [pool]),
    constant(floats(hidden.shape, next)),
    constant(hiddenBias),
  ]);
  let y = builder.add('Gemm', [builder.add('Relu', [layer]), constant(last), constant(lastBias)]);
  if (ending) y = builder.add(ending, [y], ending === 'Softmax' ? { axis: 1 } : {});
  const graph = builder.finish([y]);
  return form.batch === undefined ? openBatch(graph) : graph;
}

/** Seeded random sequences. */
export function sequences(count: number, length: number, seed = 1): string[] {
  const random = new Stream(seed, 'test sequences');
  return Array.from({ length: count }, () => Array.from({ length }, () => 'ACGT'[random.integer(4)]!).join(''));
}
