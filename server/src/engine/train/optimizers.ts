/**
 * Steps down the gradient, on the arrays of parameters in place. Weight decay is added to the gradient; of `adamw` it acts on
 * the parameter itself (Loshchilov & Hutter 2019, ICLR, arXiv 1711.05101).
 */
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/training.js';

/** One array of parameters with what the optimizer remembers of it. */
export interface Optimized {
  /** @param rate this step's learning rate */
  step(values: Float32Array, gradient: Float32Array, rate: number): void;
}

type Optimizers = {
  readonly [Name in 'sgd' | 'adam' | 'adamw']: (
    parameters: ParametersOf<(typeof specifications)[Name]>,
  ) => (size: number) => Optimized;
};

export const OPTIMIZERS: Optimizers = {
  sgd:
    ({ momentum, weight_decay }) =>
    size => {
      const velocity = new Float32Array(momentum > 0 ? size : 0);
      return {
        step: (values, gradient, rate) => {
          for (let i = 0; i < values.length; i++) {
            let slope = gradient[i]! + weight_decay * values[i]!;
            if (momentum > 0) slope = velocity[i] = momentum * velocity[i]! + slope;
            values[i]! -= rate * slope;
          }
        },
      };
    },
  adam: parameters => size => adaptive(size, parameters, false),
  adamw: parameters => size => adaptive(size, parameters, true),
};

/** Kingma & Ba 2015, ICLR, arXiv 1412.6980, algorithm 1. */
function adaptive(
  size: number,
  { beta1, beta2, epsilon, weight_decay }: ParametersOf<typeof specifications.adam>,
  decoupled: boolean,
): Optimized {
  const first = new Float32Array(size);
  const second = new Float32Array(size);
  let steps = 0;
  return {
    step: (values, gradient, rate) => {
      steps++;
      const scale = rate / (1 - beta1 ** steps);
      const correction = Math.sqrt(1 - beta2 ** steps);
      const coupled = decoupled ? 0 : weight_decay;
      const shrink = decoupled ? 1 - rate * weight_decay : 1;
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        const slope = gradient[i]! + coupled * value;
        const m = (first[i] = beta1 * first[i]! + (1 - beta1) * slope);
        const v = (second[i] = beta2 * second[i]! + (1 - beta2) * slope * slope);
        values[i] = shrink * value - (scale * m) / (Math.sqrt(v) / correction + epsilon);
      }
    },
  };
}
