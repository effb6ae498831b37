/** What training makes small: the mean loss over a batch, written in the graph. */
import { Failure } from '../failure.js';
import type { GraphBuilder } from '../graph/builder.js';

export type LossName = 'binary_cross_entropy' | 'cross_entropy' | 'mean_squared' | 'mean_absolute';

/** What examples are told apart or predicted by. */
export interface Loss {
  /** Whether the target is a class, given as one of `units` columns. */
  readonly classes: boolean;
  /**
   * @param z [batch, units], in front of a final sigmoid or softmax
   * @param y [batch, units]: labels, or one-hot classes
   * @returns [batch]
   */
  readonly each: (builder: GraphBuilder, z: string, y: string) => string;
}

const sumOverUnits = (builder: GraphBuilder, value: string): string =>
  builder.add('ReduceSum', [value, builder.integers([1])], { keepdims: 0 });
const meanOverUnits = (builder: GraphBuilder, value: string): string =>
  builder.add('ReduceMean', [value, builder.integers([1])], { keepdims: 0 });

export const LOSSES: Readonly<Record<LossName, Loss>> = {
  binary_cross_entropy: {
    classes: false,
    // softplus(z) − y·z, which neither overflows nor loses digits.
    each: (builder, z, y) =>
      meanOverUnits(builder, builder.add('Sub', [builder.add('Softplus', [z]), builder.add('Mul', [y, z])])),
  },
  cross_entropy: {
    classes: true,
    each: (builder, z, y) => {
      const logarithms = builder.add('LogSoftmax', [z], { axis: 1 });
      return builder.add('Neg', [sumOverUnits(builder, builder.add('Mul', [y, logarithms]))]);
    },
  },
  mean_squared: {
    classes: false,
    each: (builder, z, y) => {
      const off = builder.add('Sub', [z, y]);
      return meanOverUnits(builder, builder.add('Mul', [off, off]));
    },
  },
  mean_absolute: {
    classes: false,
    each: (builder, z, y) => meanOverUnits(builder, builder.add('Abs', [builder.add('Sub', [z, y])])),
  },
};

const SQUASHING: Readonly<Record<LossName, string | undefined>> = {
  binary_cross_entropy: 'Sigmoid',
  cross_entropy: 'Softmax',
  mean_squared: undefined,
  mean_absolute: undefined,
};

/**
 * The value that a loss is written on: behind a final sigmoid or softmax the entropies look at what goes into it.
 *
 * @throws Failure `train/ending` when the network ends with the wrong activation for its loss
 */
export function lossInput(builder: GraphBuilder, output: string, loss: LossName): string {
  const last = builder.producer(output);
  const squashed = last !== undefined && ['Sigmoid', 'Softmax'].includes(last.operator);
  if (!squashed || SQUASHING[loss] === undefined) return output;
  if (last.operator === SQUASHING[loss]) return last.inputs[0]!;
  throw new Failure('train/ending', `the network ends with ${last.operator}, which does not go with ${loss}`, {
    remedy: `End it with ${SQUASHING[loss].toLowerCase()}, or take another loss.`,
  });
}
