/**
 * Which axis of a value counts the units (channels) of its layer. No graph says so: it follows from the operator that made the
 * units and from what has rearranged them since. Convolutions write channels behind the batch, products with a constant matrix
 * write them last.
 */
import type { GraphBuilder } from '../graph/builder.js';
import { numberAttribute, numbersAttribute, numbersOf, sizeOf, type Node } from '../graph/graph.js';
import { familyOf } from './rules/families.js';

/** Operators whose values are [batch, channel, …positions]. */
const CHANNELS_FIRST = new Set([
  ...['Conv', 'ConvTranspose', 'BatchNormalization'],
  ...['MaxPool', 'AveragePool', 'GlobalMaxPool', 'GlobalAveragePool'],
]);
/** Operators beside the element-wise ones that leave every axis where it is. */
const IN_PLACE = new Set([
  ...['Identity', 'Dropout', 'Cast', 'Neg', 'Add', 'Sub', 'Mul', 'Div', 'Sum', 'Mean', 'Max', 'Min', 'Where'],
  ...['Softmax', 'LogSoftmax', 'CumSum', 'Concat', 'Slice', 'Split', 'Pad', 'Expand'],
]);
const RESHAPING = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/** The axis of a value [batch, …] along which its units lie; undefined where the graph does not tell. */
export type UnitAxis = (value: string) => number | undefined;

export function unitAxes(builder: GraphBuilder): UnitAxis {
  const known = new Map<string, number | undefined>();
  const axisOf: UnitAxis = value => {
    if (builder.rank(value) === 2) return 1;
    if (!known.has(value)) {
      const node = builder.producer(value);
      const axis = node && axisBehind(builder, node, axisOf);
      known.set(value, axis === 0 ? undefined : axis);
    }
    return known.get(value);
  };
  return axisOf;
}

function axisBehind(builder: GraphBuilder, node: Node, axisOf: UnitAxis): number | undefined {
  const shape = builder.shape(node.outputs[0]!);
  const [from, second] = node.inputs as [string, string | undefined];
  const isConstant = (value: string): boolean => builder.header(value).constant !== undefined;
  if (CHANNELS_FIRST.has(node.operator)) return 1;
  if (node.operator === 'MatMul')
    return isConstant(second!) && builder.rank(second!) > 1 ? shape.length - 1 : undefined;
  if (familyOf(node.operator) === 'elementwise' || IN_PLACE.has(node.operator)) {
    const computed = node.inputs.filter(name => name !== '' && !isConstant(name));
    // Where values are broadcast, the last axes of both meet.
    const found = computed.map(name => shift(axisOf(name), shape.length - builder.rank(name)));
    const axes = new Set(found.filter(axis => axis !== undefined));
    return axes.size === 1 ? [...axes][0] : undefined;
  }
  const before = isConstant(from) ? undefined : axisOf(from);
  if (before === undefined) return undefined;
  const rank = builder.rank(from);
  if (node.operator === 'Transpose') return numbersAttribute(node, 'perm')?.indexOf(before) ?? rank - 1 - before;
  if (RESHAPING.has(node.operator)) return sameAxis(builder.shape(from), before, shape);
  const gone = (axes: readonly number[], by: number): number | undefined => {
    const places = axes.map(axis => (axis < 0 ? axis + rank : axis));
    return places.includes(before) ? undefined : before + by * places.filter(axis => axis < before).length;
  };
  if (node.operator === 'Gather') return gone([numberAttribute(node, 'axis', 0)], builder.rank(second!) - 1);
  if (node.operator.startsWith('Reduce') && second !== undefined)
    return gone([...numbersOf(builder.header(second).constant!)], numberAttribute(node, 'keepdims', 1) - 1);
  return undefined;
}

const shift = (axis: number | undefined, by: number): number | undefined => axis && axis + by;

/** The axis of another shape of the same elements with the same extent and the same extents in front of it. */
function sameAxis(shape: readonly number[], axis: number, other: readonly number[]): number | undefined {
  const outer = sizeOf(shape.slice(0, axis));
  const found = other.flatMap((extent, at) =>
    extent === shape[axis] && sizeOf(other.slice(0, at)) === outer ? [at] : [],
  );
  return found.length === 1 ? found[0] : undefined;
}
