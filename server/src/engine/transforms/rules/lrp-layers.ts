/**
 * Layer-wise relevance propagation through z = x · weights + bias: how what an output has received is shared among the
 * inputs. Contributions are zᵢⱼ = xᵢ wᵢⱼ, ⁺ and ⁻ their positive and negative parts.
 *
 * | rule         | share of input i in what output j has received                                                  |
 * |--------------|-------------------------------------------------------------------------------------------------|
 * | `epsilon`    | zᵢⱼ / (zⱼ + ε sign zⱼ), zⱼ with the bias (Bach et al. 2015, PLoS ONE 10:e0130140)                 |
 * | `gamma`      | zᵢⱼ / zⱼ with the contributions of the sign of zⱼ, bias included, raised by γ (Montavon et al. 2019; |
 * |              | for inputs of both signs Andéol et al. 2021)                                                    |
 * | `alpha_beta` | α zᵢⱼ⁺ / zⱼ⁺ − (α − 1) zᵢⱼ⁻ / zⱼ⁻, the bias among those of its sign (Bach et al. 2015)            |
 * | `z_plus`     | zᵢⱼ⁺ / zⱼ⁺ (Montavon et al. 2017, Pattern Recognition 65:211)                                    |
 * | `flat`       | the same for every input (Lapuschkin et al. 2019, Nature Communications 10:1096)                |
 * | `w_square`   | wᵢⱼ² / Σ wᵢⱼ² (Montavon et al. 2017)                                                            |
 * | `box`        | zᵢⱼ − wᵢⱼ⁻ over their sum, for inputs between 0 and 1 such as one-hot DNA (Montavon et al. 2017) |
 */
import type { GraphBuilder } from '../../graph/builder.js';
import { mapped, type WeightedLayer } from './weighted-layer.js';

export const LAYER_RULES = ['epsilon', 'gamma', 'alpha_beta', 'z_plus', 'flat', 'w_square', 'box'] as const;
export type LayerRule = (typeof LAYER_RULES)[number];

export interface LayerRuleOptions {
  readonly epsilon: number;
  readonly gamma: number;
  /** β is α − 1. */
  readonly alpha: number;
}

/** A layer on the way back: x, z and what z has received. */
export interface Receiving {
  readonly builder: GraphBuilder;
  readonly layer: WeightedLayer;
  readonly x: string;
  readonly z: string;
  readonly relevance: string;
}

/** What x is handed, and what stays behind, element by element. */
export interface Shared {
  readonly relevance: string;
  readonly bias?: string;
  readonly stabiliser: string;
}

/** Keeps denominators from zero where a rule has no ε of its own. */
const SMALLEST = 1e-9;

/** Where a user asks for none: 0 / 0 is still 0. */
const TINY = 1e-20;

/** a / b with |b| raised by `epsilon`. */
export function stabilised(builder: GraphBuilder, a: string, b: string, epsilon = SMALLEST): string {
  const raise = Math.max(epsilon, TINY);
  const negative = builder.add('Less', [b, builder.scalar(0)]);
  const raised = builder.add('Where', [negative, builder.scalar(-raise), builder.scalar(raise)]);
  return builder.add('Div', [a, builder.add('Add', [b, raised])]);
}

type Share = (receiving: Receiving, options: LayerRuleOptions) => Shared;

const positive = (v: number): number => Math.max(v, 0);
const negative = (v: number): number => Math.min(v, 0);

const constants = ({ builder, layer }: Receiving, of: (w: number) => number): string =>
  builder.constant(mapped(layer.weights, of));

const ones = ({ builder, x }: Receiving): string =>
  builder.add('Expand', [builder.scalar(1), builder.integers(builder.shape(x))]);

const epsilonRule: Share = (receiving, { epsilon }) => {
  const { builder, layer, x, z, relevance } = receiving;
  const s = stabilised(builder, relevance, z, epsilon);
  const bias = layer.biasTerm(b => b);
  return {
    relevance: builder.add('Mul', [
      x,
      layer.back(
        s,
        x,
        constants(receiving, w => w),
      ),
    ]),
    ...(bias && { bias: builder.add('Mul', [s, bias]) }),
    stabiliser: builder.add('Sub', [relevance, builder.add('Mul', [s, z])]),
  };
};

/**
 * Rules that tell contributions by their sign: positive ones are handed `up` times themselves, negative ones `down`.
 *
 * @param factors from the sums of both, bias included
 */
function bySign(
  receiving: Receiving,
  factors: (sums: { up: string; down: string }) => { readonly up: string; readonly down?: string },
): Shared {
  const { builder, layer, x, relevance } = receiving;
  const add = (a: string, b: string): string => builder.add('Add', [a, b]);
  const times = (a: string, b: string): string => builder.add('Mul', [a, b]);
  const [rising, falling] = [constants(receiving, positive), constants(receiving, negative)];
  const high = builder.add('Relu', [x]);
  const low = builder.add('Sub', [x, high]);
  const sum = (forHigh: string, forLow: string, bias: string | undefined): string => {
    const products = add(layer.apply(high, forHigh), layer.apply(low, forLow));
    return bias === undefined ? products : add(products, bias);
  };
  const biases = { up: layer.biasTerm(positive), down: layer.biasTerm(negative) };
  const sums = { up: sum(rising, falling, biases.up), down: sum(falling, rising, biases.down) };
  const { up, down } = factors(sums);
  const back = (forUp: string, forDown: string): string => {
    const handed = layer.back(up, x, forUp);
    return down === undefined ? handed : add(handed, layer.back(down, x, forDown));
  };
  const both = (parts: {
    readonly up?: string | undefined;
    readonly down?: string | undefined;
  }): string | undefined => {
    const first = parts.up && times(up, parts.up);
    const second = down && parts.down && times(down, parts.down);
    return first && second ? add(first, second) : (first ?? second);
  };
  const bias = both(biases);
  return {
    relevance: add(times(high, back(rising, falling)), times(low, back(falling, rising))),
    ...(bias && { bias }),
    stabiliser: builder.add('Sub', [relevance, both(sums)!]),
  };
}

const alphaBeta = (receiving: Receiving, alpha: number): Shared =>
  bySign(receiving, ({ up, down }) => {
    const { builder, relevance } = receiving;
    const of = (factor: number, sum: string): string =>
      stabilised(builder, builder.add('Mul', [relevance, builder.scalar(factor)]), sum);
    return { up: of(alpha, up), ...(alpha !== 1 && { down: of(1 - alpha, down) }) };
  });

const gammaRule: Share = (receiving, { gamma }) =>
  bySign(receiving, sums => {
    const { builder, z, relevance } = receiving;
    const below = builder.add('Less', [z, builder.scalar(0)]);
    const raised = builder.add('Where', [below, sums.down, sums.up]);
    const whole = builder.add('Add', [z, builder.add('Mul', [raised, builder.scalar(gamma)])]);
    const s = stabilised(builder, relevance, whole);
    const more = builder.add('Mul', [s, builder.scalar(1 + gamma)]);
    return { up: builder.add('Where', [below, s, more]), down: builder.add('Where', [below, more, s]) };
  });

/** Shares that depend on weights alone: those of an input of ones with other weights. */
const byWeights = (receiving: Receiving, of: (w: number) => number): Shared => {
  const { builder, layer, relevance } = receiving;
  const [one, weights] = [ones(receiving), constants(receiving, of)];
  const whole = layer.apply(one, weights);
  const s = stabilised(builder, relevance, whole);
  return {
    relevance: layer.back(s, one, weights),
    stabiliser: builder.add('Sub', [relevance, builder.add('Mul', [s, whole])]),
  };
};

const box: Share = receiving => {
  const { builder, layer, x, relevance } = receiving;
  const [all, falling, one] = [constants(receiving, w => w), constants(receiving, negative), ones(receiving)];
  const whole = builder.add('Sub', [layer.apply(x, all), layer.apply(one, falling)]);
  const s = stabilised(builder, relevance, whole);
  return {
    relevance: builder.add('Sub', [builder.add('Mul', [x, layer.back(s, x, all)]), layer.back(s, one, falling)]),
    stabiliser: builder.add('Sub', [relevance, builder.add('Mul', [s, whole])]),
  };
};

export const SHARES: Readonly<Record<LayerRule, Share>> = {
  epsilon: epsilonRule,
  gamma: gammaRule,
  alpha_beta: (receiving, { alpha }) => alphaBeta(receiving, alpha),
  z_plus: receiving => alphaBeta(receiving, 1),
  flat: receiving => byWeights(receiving, () => 1),
  w_square: receiving => byWeights(receiving, w => w * w),
  box,
};
