/**
 * A declared network: a list of layer calls that meets an input becomes parameters with shapes, and nodes on request.
 * Whoever trains it makes the parameters inputs of a graph; whoever reads weights from a file makes them constants.
 */
import type { PlainCall } from '../../../catalog/specification.js';
import { Failure } from '../../failure.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Graph, Tensor } from '../../graph/graph.js';
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

/** One-hot DNA is stored as [position, base]; networks slide along positions: [base, position]. */
export function networkInput(builder: GraphBuilder, x: string): string {
  return builder.rank(x) === 3 ? builder.add('Transpose', [x], { perm: [0, 2, 1] }) : x;
}

/**
 * A network with its parameters as constants, over stored examples [batch, …shape] with an open batch.
 *
 * @param valueOf the value of a parameter, by its name
 * @param enter examples as they come → [batch, …input of the network]
 */
export function finishedGraph(
  network: PlannedNetwork,
  shape: readonly number[],
  valueOf: (parameter: string) => Tensor,
  name: string,
  enter: (builder: GraphBuilder, x: string) => string = networkInput,
): Graph {
  const builder = new GraphBuilder(name);
  // Nothing that the layers add depends on the batch: it is opened below.
  const x = builder.input('input', 'float32', [1, ...shape]);
  const parameter = (of: string): string => (builder.has(of) ? of : builder.constant(valueOf(of), of));
  const graph = builder.finish([network.emit({ builder, parameter }, enter(builder, x))]);
  const open = <Header extends { shape: readonly (number | string)[] }>(header: Header): Header => ({
    ...header,
    shape: ['batch', ...header.shape.slice(1)],
  });
  return { ...graph, inputs: graph.inputs.map(open), outputs: graph.outputs.map(open) };
}
