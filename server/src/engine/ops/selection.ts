/** Operators that pick elements by position: Gather, Slice, Split, Concat, Pad. Sources: ONNX Gather-13, Slice-13, Split-18, Concat-13, Pad-18. */
import type { GraphBuilder } from '../graph/builder.js';
import { floats, numberAttribute, numbersOf, sizeOf, stridesOf, type Node } from '../graph/graph.js';
import { axisOf, constantOf, given, ShapeError, type Header, type Operator, type Value } from './operator.js';

/** Picks index lists along one axis. */
function pick(x: Value, axis: number, indices: ArrayLike<number>, shape: readonly number[]): Value {
  const inner = sizeOf(x.shape.slice(axis + 1));
  const extent = x.shape[axis]!;
  const outer = sizeOf(x.shape.slice(0, axis));
  const data = new Float64Array(outer * indices.length * inner);
  for (let o = 0, at = 0; o < outer; o++)
    for (let i = 0; i < indices.length; i++) {
      const from = (o * extent + (indices[i]! < 0 ? indices[i]! + extent : indices[i]!)) * inner;
      for (let k = 0; k < inner; k++) data[at++] = x.data[from + k]!;
    }
  return { type: x.type, shape, data };
}

/** Beyond so many occurrences of one index, those are first summed in groups. */
const OCCURRENCES = 16;

/**
 * The adjoint of picking constant indices along an axis: sums each element's cotangents back to where it came from.
 * Written as gathers, one for each time that an index occurs, because those run natively in parallel.
 *
 * @param indices what was picked; an index outside 0 … extent − 1 stands for padding and receives nothing
 */
export function gatherAdjoint(
  builder: GraphBuilder,
  cotangent: string,
  axis: number,
  indices: ArrayLike<number>,
  extent: number,
): string {
  const rank = builder.rank(cotangent);
  const picked = builder.shape(cotangent)[axis]!;
  const places = placesOf(indices, extent);
  const most = places.reduce((top, list) => Math.max(top, list.length), 0);
  // Position `picked` is a zero that is appended, for elements with fewer occurrences.
  const pads = new Array<number>(2 * rank).fill(0);
  pads[rank + axis] = 1;
  const padded = builder.add('Pad', [cotangent, builder.integers(pads), builder.scalar(0)]);
  const take = (from: readonly number[]): string => builder.add('Gather', [padded, builder.integers(from)], { axis });
  if (most > OCCURRENCES) {
    const used = places.filter(list => list.length > 0).length;
    const width = Math.min(OCCURRENCES, Math.max(2, Math.ceil(picked / used)));
    const groups = places.flatMap((list, target) =>
      Array.from({ length: Math.ceil(list.length / width) }, (_, i) => ({
        target,
        members: Array.from({ length: width }, (_member, k) => list[i * width + k] ?? picked),
      })),
    );
    const shape = builder.shape(cotangent);
    const apart = [...shape.slice(0, axis), groups.length, width, ...shape.slice(axis + 1)];
    const members = builder.add('Reshape', [take(groups.flatMap(group => group.members)), builder.integers(apart)]);
    const sums = builder.add('ReduceSum', [members, builder.integers([axis + 1])], { keepdims: 0 });
    const targets = groups.map(group => group.target);
    return gatherAdjoint(builder, sums, axis, targets, extent);
  }
  return Array.from({ length: Math.max(1, most) }, (_, round) =>
    take(places.map(list => list[round] ?? picked)),
  ).reduce((sum, part) => builder.add('Add', [sum, part]));
}

/** The positions at which each index from 0 to `extent` − 1 occurs. */
function placesOf(indices: ArrayLike<number>, extent: number): number[][] {
  const places = Array.from({ length: extent }, (): number[] => []);
  for (let i = 0; i < indices.length; i++) places[indices[i]!]?.push(i);
  return places;
}

function gatherShape(node: Node, x: readonly number[], indices: readonly number[]): number[] {
  const axis = axisOf(numberAttribute(node, 'axis', 0), x.length, node);
  return [...x.slice(0, axis), ...indices, ...x.slice(axis + 1)];
}

const gather: Operator = {
  name: 'Gather',
  infer: (node, inputs) => {
    const x = given(inputs, 0, node);
    const indices = given(inputs, 1, node);
    const shape = gatherShape(node, x.shape, indices.shape);
    const extent = x.shape.at(numberAttribute(node, 'axis', 0))!;
    const outside = indices.constant && numbersOf(indices.constant).find(at => at < -extent || at >= extent);
    if (outside !== undefined) throw new ShapeError(`Gather: index ${outside} is outside ${extent} elements`);
    return [{ type: x.type, shape }];
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const indices = given(inputs, 1, node);
    const axis = axisOf(numberAttribute(node, 'axis', 0), x.shape.length, node);
    return [pick(x, axis, indices.data, gatherShape(node, x.shape, indices.shape))];
  },
  gradient: ({ builder, node, inputs, cotangent }) => {
    const shape = builder.shape(inputs[0]!);
    const axis = axisOf(numberAttribute(node, 'axis', 0), shape.length, node);
    const constant = builder.header(inputs[1]!).constant;
    if (constant === undefined) throw new ShapeError('the indices are computed from the input');
    const indices = [...numbersOf(constant)].map(at => (at < 0 ? at + shape[axis]! : at));
    const flat = [...shape.slice(0, axis), indices.length, ...shape.slice(axis + 1)];
    const joined = builder.add('Reshape', [cotangent, builder.integers(flat)]);
    return [gatherAdjoint(builder, joined, axis, indices, shape[axis]!), undefined];
  },
};

/** The indices that a Slice takes along each axis; undefined where it takes all. */
function sliceIndices(
  node: Node,
  shape: readonly number[],
  [starts, ends, axes, steps]: readonly (readonly number[] | undefined)[],
): (number[] | undefined)[] {
  const taken = new Array<number[] | undefined>(shape.length).fill(undefined);
  starts!.forEach((start, i) => {
    const axis = axisOf(axes?.[i] ?? i, shape.length, node);
    const step = steps?.[i] ?? 1;
    const extent = shape[axis]!;
    const clamp = (at: number, low: number, high: number): number =>
      Math.min(high, Math.max(low, at < 0 ? at + extent : at));
    const from = step > 0 ? clamp(start, 0, extent) : clamp(start, 0, extent - 1);
    const to = step > 0 ? clamp(ends![i]!, 0, extent) : clamp(ends![i]!, -1, extent - 1);
    const list: number[] = [];
    for (let at = from; step > 0 ? at < to : at > to; at += step) list.push(at);
    taken[axis] = list;
  });
  return taken;
}

const constantList = (inputs: readonly (Header | undefined)[], index: number, node: Node): number[] | undefined =>
  inputs[index] === undefined ? undefined : [...numbersOf(constantOf(inputs, index, node))];

const slice: Operator = {
  name: 'Slice',
  infer: (node, inputs) => {
    const { type, shape } = given(inputs, 0, node);
    const taken = sliceIndices(
      node,
      shape,
      [1, 2, 3, 4].map(i => constantList(inputs, i, node)),
    );
    return [{ type, shape: shape.map((extent, axis) => taken[axis]?.length ?? extent) }];
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const taken = sliceIndices(
      node,
      x.shape,
      [1, 2, 3, 4].map(i => (inputs[i] === undefined ? undefined : [...inputs[i].data])),
    );
    return [
      taken.reduce<Value>((value, list, axis) => {
        if (list === undefined) return value;
        return pick(
          value,
          axis,
          list,
          value.shape.map((extent, i) => (i === axis ? list.length : extent)),
        );
      }, x),
    ];
  },
  gradient: ({ builder, node, inputs, cotangent }) => {
    const shape = builder.shape(inputs[0]!);
    const headers = inputs.map(name => (name === '' ? undefined : builder.header(name)));
    const taken = sliceIndices(
      node,
      shape,
      [1, 2, 3, 4].map(i => constantList(headers, i, node)),
    );
    const contiguous = taken.every(list => list === undefined || list.every((at, i) => at === list[0]! + i));
    if (!contiguous)
      return [
        taken.reduce(
          (g, list, axis) => (list === undefined ? g : gatherAdjoint(builder, g, axis, list, shape[axis]!)),
          cotangent,
        ),
      ];
    const before = taken.map(list => list?.[0] ?? 0);
    const after = taken.map((list, axis) => (list === undefined ? 0 : shape[axis]! - before[axis]! - list.length));
    return [builder.add('Pad', [cotangent, builder.integers([...before, ...after]), builder.scalar(0)])];
  },
};

/** The extents of the parts of a Split: given, or `num_outputs` equal ones of which the last takes what is left. */
function splitParts(node: Node, extent: number, lengths: readonly number[] | undefined): readonly number[] {
  const count = numberAttribute(node, 'num_outputs', node.outputs.length);
  const part = Math.ceil(extent / count);
  const parts = lengths ?? Array.from({ length: count }, (_, i) => Math.min(part, Math.max(0, extent - i * part)));
  if (parts.length < node.outputs.length || parts.reduce((sum, p) => sum + p, 0) !== extent)
    throw new ShapeError(`Split: ${extent} elements do not fall into ${node.outputs.length} parts of [${parts}]`);
  return parts;
}

const split: Operator = {
  name: 'Split',
  infer: (node, inputs) => {
    const { type, shape } = given(inputs, 0, node);
    const axis = axisOf(numberAttribute(node, 'axis', 0), shape.length, node);
    return splitParts(node, shape[axis]!, constantList(inputs, 1, node)).map(part => ({
      type,
      shape: shape.map((e, i) => (i === axis ? part : e)),
    }));
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const axis = axisOf(numberAttribute(node, 'axis', 0), x.shape.length, node);
    let from = 0;
    return splitParts(node, x.shape[axis]!, inputs[1] && [...inputs[1].data]).map(part => {
      const list = Array.from({ length: part }, (_, i) => from + i);
      from += part;
      return pick(
        x,
        axis,
        list,
        x.shape.map((extent, i) => (i === axis ? part : extent)),
      );
    });
  },
  gradient: ({ builder, node, inputs, outputs, cotangents }) => {
    const axis = axisOf(numberAttribute(node, 'axis', 0), builder.rank(inputs[0]!), node);
    const parts = outputs.map((output, i) => {
      const shape = builder.shape(output);
      return cotangents[i] ?? builder.constant(floats(shape, new Float32Array(sizeOf(shape))));
    });
    return [builder.add('Concat', parts, { axis }), undefined];
  },
};

const concat: Operator = {
  name: 'Concat',
  infer: (node, inputs) => {
    const parts = inputs.map((_, i) => given(inputs, i, node));
    const first = parts[0]!;
    const axis = axisOf(numberAttribute(node, 'axis', 0), first.shape.length, node);
    for (const part of parts)
      if (part.shape.length !== first.shape.length || part.shape.some((e, i) => i !== axis && e !== first.shape[i]))
        throw new ShapeError(`Concat: shapes [${first.shape}] and [${part.shape}] differ outside axis ${axis}`);
    const extent = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
    return [{ type: first.type, shape: first.shape.map((e, i) => (i === axis ? extent : e)) }];
  },
  evaluate: (node, inputs) => {
    const parts = inputs.map((_, i) => given(inputs, i, node));
    const { type, shape } = concat.infer(node, parts)[0]!;
    const axis = axisOf(numberAttribute(node, 'axis', 0), shape.length, node);
    const outer = sizeOf(shape.slice(0, axis));
    const data = new Float64Array(sizeOf(shape));
    const row = sizeOf(shape.slice(axis));
    let offset = 0;
    for (const part of parts) {
      const width = sizeOf(part.shape.slice(axis));
      for (let o = 0; o < outer; o++) data.set(part.data.subarray(o * width, (o + 1) * width), o * row + offset);
      offset += width;
    }
    return [{ type, shape, data }];
  },
  gradient: ({ builder, node, inputs, cotangent, wanted }) => {
    const axis = axisOf(numberAttribute(node, 'axis', 0), builder.rank(cotangent), node);
    let from = 0;
    return inputs.map((input, i) => {
      const start = from;
      from += builder.shape(input)[axis]!;
      if (!wanted[i]) return undefined;
      return builder.add('Slice', [
        cotangent,
        builder.integers([start]),
        builder.integers([from]),
        builder.integers([axis]),
      ]);
    });
  },
};

/** Before and after each axis of a value. */
function padsOf(node: Node, rank: number, pads: readonly number[], axes?: readonly number[]): [number[], number[]] {
  const count = axes?.length ?? rank;
  if (pads.length !== 2 * count) throw new ShapeError(`Pad: ${pads.length} pads for ${count} axes`);
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  for (let i = 0; i < count; i++) {
    const axis = axisOf(axes?.[i] ?? i, rank, node);
    before[axis] = pads[i]!;
    after[axis] = pads[i + count]!;
  }
  return [before, after];
}

const constantPads = (inputs: readonly (Header | undefined)[], node: Node, rank: number): [number[], number[]] =>
  padsOf(node, rank, [...numbersOf(constantOf(inputs, 1, node))], constantList(inputs, 3, node));

const padded = (shape: readonly number[], before: readonly number[], after: readonly number[]): number[] =>
  shape.map((extent, axis) => extent + before[axis]! + after[axis]!);

/** Constant padding; negative pads crop. Importers refuse the other modes. */
const pad: Operator = {
  name: 'Pad',
  infer: (node, inputs) => {
    const { type, shape } = given(inputs, 0, node);
    return [{ type, shape: padded(shape, ...constantPads(inputs, node, shape.length)) }];
  },
  evaluate: (node, inputs) => {
    const x = given(inputs, 0, node);
    const rank = x.shape.length;
    const [before, after] = padsOf(node, rank, [...given(inputs, 1, node).data], inputs[3] && [...inputs[3].data]);
    const shape = padded(x.shape, before, after);
    const data = new Float64Array(sizeOf(shape)).fill(inputs[2]?.data[0] ?? 0);
    const from = stridesOf(x.shape);
    const to = stridesOf(shape);
    for (let i = 0; i < x.data.length; i++) {
      let target = 0;
      let inside = true;
      for (let axis = 0; axis < rank; axis++) {
        const at = (Math.floor(i / from[axis]!) % x.shape[axis]!) + before[axis]!;
        inside &&= at >= 0 && at < shape[axis]!;
        target += at * to[axis]!;
      }
      if (inside) data[target] = x.data[i]!;
    }
    return [{ type: x.type, shape, data }];
  },
  gradient: ({ builder, node, inputs, cotangent, wanted }) => {
    if (wanted[2]) throw new ShapeError('the padding value is computed from the input');
    const headers = inputs.map(name => (name === '' ? undefined : builder.header(name)));
    const [before, after] = constantPads(headers, node, builder.rank(inputs[0]!));
    const cropped = builder.integers([...before, ...after].map(p => -p + 0));
    return [builder.add('Pad', [cotangent, cropped, builder.scalar(0)])];
  },
};

export const SELECTIONS: readonly Operator[] = [gather, slice, split, concat, pad];
