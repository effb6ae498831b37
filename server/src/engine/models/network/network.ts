/**
 * A declared network: a list of layer calls that meets an input becomes parameters with shapes, and nodes on request.
 * Whoever trains it makes the parameters inputs of a graph; whoever reads weights from a file makes them constants.
 */
import type { PlainCall } from '../../../catalog/specification.js';
import { Failure } from '../../failure.js';
import { LAYERS } from './layers.js';
import type { Layer, Planned, Shape } from './layer.js';

/** One layer of a network in the order of the list. */
export interface PlannedLayer extends Planned {
  /** Name of its catalog entry. */
  readonly entry: string;
  /** `conv1d_2`: the entry, counted from 1. */
  readonly name: string;
}

export interface PlannedNetwork extends Planned {
  readonly layers: readonly PlannedLayer[];
}

/**
 * Plans a `layers([…])` call.
 *
 * @param input shape of one example: [channels, positions] or [features]
 * @throws Failure `network/shape` at the first layer that does not fit its input
 */
export function planNetwork(network: PlainCall, input: Shape): PlannedNetwork {
  // The plan has checked the call against the catalog.
  return planLayers(network.parameters['layers'] as unknown as readonly PlainCall[], input, '');
}

function planLayers(calls: readonly PlainCall[], input: Shape, prefix: string): PlannedNetwork {
  const counts = new Map<string, number>();
  const layers: PlannedLayer[] = [];
  let shape = input;
  for (const { call: entry, parameters } of calls) {
    const count = (counts.get(entry) ?? 0) + 1;
    counts.set(entry, count);
    const name = `${prefix}${entry}_${count}`;
    const layer = LAYERS[entry as keyof typeof LAYERS] as Layer<unknown>;
    const planned = layer(parameters, { name, input: shape, inside: inner => planLayers(inner, shape, `${name}/`) });
    layers.push({ ...planned, entry, name });
    shape = planned.output;
  }
  if (layers.length === 0)
    throw new Failure('network/shape', 'the network has no layers', { remedy: 'List at least one layer.' });
  return {
    layers,
    output: shape,
    parameters: layers.flatMap(layer => layer.parameters),
    emit: (emission, x) => layers.reduce((value, layer) => layer.emit(emission, value), x),
  };
}
