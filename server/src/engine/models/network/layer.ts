/** What a declared layer is: its parameters, the shape behind it, and the nodes that compute it. */
import type { PlainCall } from '../../../catalog/specification.js';
import { Failure } from '../../failure.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Attributes } from '../../graph/graph.js';

/** Shape of one example as the graph holds it: [features], or [channels, positions]. */
export type Shape = readonly [features: number] | readonly [channels: number, positions: number];

/** Smallest correlation that joins two features of the data that a network is trained on. */
export interface CorrelationGraph {
  readonly least: number;
}

/** A table of features and their groups, by the hash of its content. */
export interface Annotation {
  readonly annotation: string;
}

/**
 * How a parameter begins: drawn by a rule that knows how many values flow in and out of a unit, one number, the normalised
 * graph of correlations between the features of the training data, or which feature is in which group of a table.
 */
export type Initialiser = { readonly fanIn: number; readonly fanOut: number } | 0 | 1 | CorrelationGraph | Annotation;

export interface Parameter {
  /** `<layer>/<parameter>`, unique in the network: `conv1d_2/kernel`, `residual_1/dense_1/bias`. */
  readonly name: string;
  /** As the graph's operators want it: dense kernels [in, out], convolution kernels [out, in / groups, positions]. */
  readonly shape: readonly number[];
  readonly initialiser: Initialiser;
  /** Moving statistics are not: they follow the data. */
  readonly trainable: boolean;
}

/** What layers do otherwise while a network is trained. */
export interface Training {
  /** A value of this shape, batch included: 0 where a unit is dropped, 1 / (1 − rate) where it is kept. */
  readonly kept: (layer: string, shape: readonly number[], rate: number) => string;
  /** Is told the mean and the variance [channels] over the batch with which a normalisation has worked. */
  readonly observed: (layer: string, momentum: number, mean: string, variance: string) => void;
}

/** Where nodes go, and which values hold the parameters: constants, or inputs of the graph. */
export interface Emission {
  readonly builder: GraphBuilder;
  /** The value that holds a parameter, by its name. */
  readonly parameter: (name: string) => string;
  /** Present while the network is trained. */
  readonly training?: Training;
}

/** A layer that has met the shape of its input. */
export interface Planned {
  readonly output: Shape;
  /** In the order in which Keras stores them: what is trained before what is not. */
  readonly parameters: readonly Parameter[];
  /** Adds the layer's nodes, which fit any batch: [batch, ...input] → [batch, ...output]. */
  readonly emit: (emission: Emission, x: string) => string;
}

/** Where a layer stands. */
export interface Site {
  /** `conv1d_2`, or inside of another layer `residual_1/conv1d_1`. */
  readonly name: string;
  readonly input: Shape;
  /** Plans a list of layers inside this one, on the same input. */
  readonly inside: (layers: readonly PlainCall[]) => Planned;
}

/** Plans a layer with the parameters of its catalog entry. @throws Failure `network/shape` */
export type Layer<Parameters> = (parameters: Parameters, site: Site) => Planned;

/** @throws Failure `network/shape` at a layer */
export function refuse({ name }: Site, message: string, remedy: string): never {
  throw new Failure('network/shape', message, { place: `layer ${name} of the network`, remedy });
}

/** A shape as people write it: positions before channels. */
export const shown = (shape: readonly number[]): string => `[${[...shape].reverse().join(', ')}]`;

/** Channels and positions of the input. @throws Failure where it is one row of features */
export function alongPositions(site: Site): readonly [channels: number, positions: number] {
  const [channels, positions] = site.input;
  if (positions !== undefined) return [channels, positions];
  return refuse(
    site,
    `the layer slides along positions, and its input is one row of ${channels} features`,
    'Put it in front of the layer that removes the positions (flatten, or a global pool).',
  );
}

/** Adds a node that has the name of its value. */
export function add(
  { builder }: Emission,
  name: string,
  operator: string,
  inputs: readonly string[],
  attributes: Attributes = {},
): string {
  builder.append({ operator, name, inputs, outputs: [name], attributes });
  return name;
}
