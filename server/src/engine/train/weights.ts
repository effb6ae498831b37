/** Parameters of a network: drawn at the beginning, laid out as one row, and put back into a graph. */
import type { InputSpace } from '../data/input-space.js';
import { sizeOf, type Graph, type Tensor } from '../graph/graph.js';
import type { Initialiser, Parameter } from '../models/network/layer.js';
import { finishedGraph, type PlannedNetwork } from '../models/network/network.js';
import { Stream } from '../random/philox.js';
import type { Weights } from './step-graph.js';

export type Initial = 'he_normal' | 'glorot_uniform' | 'fan_in_uniform' | { readonly deviation: number };

/** A normal distribution cut at two deviations has this deviation; Keras divides by it. */
const TRUNCATED = 0.87962566103423978;

/**
 * Draws all parameters of a member but those that are given. Each has its own stream, so that a change of one layer leaves the
 * others as they were.
 *
 * - he_normal: truncated normal with variance 2 / fan-in (He et al. 2015, ICCV), as Keras draws it
 * - glorot_uniform: uniform with variance 2 / (fan-in + fan-out) (Glorot & Bengio 2010, AISTATS)
 * - fan_in_uniform: uniform within ±1 / √fan-in, as PyTorch draws kernels of linear and convolutional layers
 */
export function drawWeights(
  parameters: readonly Parameter[],
  initial: Initial,
  seed: number,
  member: number,
  given: Weights = new Map(),
): Weights {
  return new Map(
    parameters.map(({ name, shape, initialiser }) => {
      const known = given.get(name);
      if (known !== undefined) return [name, known];
      const stream = new Stream(seed, `initial ${name}`, undefined, member);
      const draw = drawer(initialiser, initial, stream);
      return [name, Float32Array.from({ length: sizeOf(shape) }, draw)];
    }),
  );
}

function drawer(initialiser: Initialiser, initial: Initial, stream: Stream): () => number {
  if (typeof initialiser === 'number') return () => initialiser;
  if (!('fanIn' in initialiser)) throw new Error('what follows from data or a table is given, not drawn');
  const { fanIn, fanOut } = initialiser;
  if (typeof initial === 'object') return () => initial.deviation * stream.normal();
  if (initial !== 'he_normal') {
    const limit = initial === 'glorot_uniform' ? Math.sqrt(6 / (fanIn + fanOut)) : 1 / Math.sqrt(fanIn);
    return () => limit * (2 * stream.uniform() - 1);
  }
  const deviation = Math.sqrt(2 / fanIn) / TRUNCATED;
  return () => {
    for (;;) {
      const value = stream.normal();
      if (Math.abs(value) < 2) return deviation * value;
    }
  };
}

/** All parameters in one row, in their order. */
export function flattened(parameters: readonly Parameter[], weights: Weights): Float32Array {
  const row = new Float32Array(parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0));
  let at = 0;
  for (const { name } of parameters) {
    const values = weights.get(name)!;
    row.set(values, at);
    at += values.length;
  }
  return row;
}

export function unflattened(parameters: readonly Parameter[], row: Float32Array): Weights {
  let at = 0;
  return new Map(
    parameters.map(({ name, shape }) => {
      const size = sizeOf(shape);
      const values = row.slice(at, at + size);
      at += size;
      return [name, values];
    }),
  );
}

/** A trained network as a graph over stored examples, [batch, …shape] with an open batch. */
export function networkGraph(network: PlannedNetwork, space: InputSpace, weights: Weights, name: string): Graph {
  const shapes = new Map(network.parameters.map(parameter => [parameter.name, parameter.shape]));
  const valueOf = (of: string): Tensor => ({ type: 'float32', shape: shapes.get(of)!, data: weights.get(of)! });
  return finishedGraph(network, space.shape, valueOf, name);
}
