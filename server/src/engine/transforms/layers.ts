/** Layers of a network by the names of its file: values inside the graph that targets and methods can ask for. */
import { Failure } from '../failure.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Node } from '../graph/graph.js';
import { withoutHeight } from './height.js';

export interface Layer {
  /** The value in the graph, [batch, …], perhaps with an axis of height 1. */
  readonly value: string;
  /** Extents of the layer behind the batch axis, as in the file. */
  readonly shape: readonly number[];
}

/** Names that the engine gives to nodes of its own. */
const OWN = /~/;
const MOST_NAMED = 20;

/** Layer `dense_1` owns the nodes `dense_1`, `dense_1/…` and `…/dense_1/…`. */
export const belongsTo = ({ name, outputs }: Node, layer: string): boolean =>
  name === layer || withoutHeight(outputs[0]!) === layer || `/${name}/`.includes(`/${layer}/`);

/**
 * The output of a layer: that of the node of this name, or of the last node that belongs to the layer.
 *
 * @param outputs values that the network computes; layers that none of them needs are not found
 * @throws Failure `layer/unknown` with the names that there are; `layer/batch` for a value that mixes examples
 */
export function findLayer(builder: GraphBuilder, outputs: readonly string[], name: string): Layer {
  const { nodes } = builder.finish(outputs);
  const node =
    nodes.find(node => node.name === name) ??
    nodes.find(node => withoutHeight(node.outputs[0]!) === name) ??
    nodes.findLast(node => belongsTo(node, name));
  if (node === undefined) {
    const names = [...new Set(nodes.map(({ name }) => name).filter(name => !OWN.test(name)))];
    const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
    throw new Failure('layer/unknown', `the model has no layer ${name}`, {
      place: builder.name,
      remedy: `It has ${names.slice(0, MOST_NAMED).join(', ')}${more}.`,
    });
  }
  const value = node.outputs[0]!;
  const [batch, ...extents] = builder.shape(value);
  if (batch !== builder.shape(outputs[0]!)[0])
    throw new Failure('layer/batch', `the first axis of ${name}, [${builder.shape(value)}], is not the batch`, {
      place: `node ${node.name} (${node.operator}) of ${builder.name}`,
      remedy: 'Choose a layer that keeps examples apart.',
    });
  return { value, shape: value === withoutHeight(value) ? extents : extents.toSpliced(1, 1) };
}

/**
 * The network with a value of its own in place of a layer's: adds the nodes behind the layer again.
 *
 * @param output a value that depends on the layer
 * @param value the layer's, and `by` what stands for it, of the same shape
 * @returns the value that stands for the output
 */
export function substitute(builder: GraphBuilder, output: string, value: string, by: string): string {
  const names = new Map([[value, by]]);
  for (const node of builder.finish([output]).nodes) {
    if (!node.inputs.some(input => names.has(input))) continue;
    const outputs = node.outputs.map(name => (name === '' ? '' : builder.fresh(name)));
    builder.append({ ...node, inputs: node.inputs.map(input => names.get(input) ?? input), outputs });
    node.outputs.forEach((name, i) => names.set(name, outputs[i]!));
  }
  return names.get(output) ?? output;
}

/** Row-major place of an element in a layer with these extents. @throws Failure `target/index` */
export function flatIndex(builder: GraphBuilder, shape: readonly number[], index: readonly number[]): number {
  if (index.length !== shape.length || index.some((at, axis) => at >= shape[axis]!))
    throw new Failure('target/index', `[${index.join(', ')}] is no place in a layer of [${shape.join(', ')}]`, {
      place: builder.name,
      remedy: `Give ${shape.length} number(s), each below the extent of its axis.`,
    });
  return index.reduce((flat, at, axis) => flat * shape[axis]! + at, 0);
}
