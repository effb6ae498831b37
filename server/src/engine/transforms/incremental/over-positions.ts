/** Layers that see all positions of a value of which windows are known: dense layers and means. */
import type { GraphBuilder } from '../../graph/builder.js';
import { floats, numberAttribute, numbersOf, sizeOf, type Graph, type Node } from '../../graph/graph.js';
import { isSequence, range, SUBSTITUTIONS, type Positions, type Stretch, type Windows } from './windows.js';

/** What copying an element of a matrix costs, in multiplications. */
const COPY = 32;

/** Whether a node is a dense layer over a value: one product with a constant matrix, nothing scaled or transposed. */
export const isDense = (node: Node, value: string, graph: Graph): boolean =>
  (node.operator === 'Gemm' || node.operator === 'MatMul') &&
  node.inputs[0] === value &&
  numberAttribute(node, 'transA', 0) === 0 &&
  numberAttribute(node, 'alpha', 1) === 1 &&
  numberAttribute(node, 'beta', 1) === 1 &&
  graph.initializers.get(node.inputs[1]!)?.shape.length === 2;

/**
 * A dense layer over a flattened value: only the rows of its matrix that belong to changed positions count. Sites whose
 * windows begin at the same place share these rows, and become one product.
 *
 * @returns the layer's output for every mutant
 */
export function dense(node: Node, x: Stretch, windows: Windows): string {
  const { builder, mutants, length, sites, slots } = windows;
  const { window, extent, features } = x;
  const units = builder.shape(node.outputs[0]!)[1]!;
  const fromOf = (position: number | undefined): number => window.from[windows.place(position)]!;
  /** Slots of sites whose windows begin at the same place, in order and at most so many together. */
  const groupsOf = (positions: Positions, most: number): number[][] => {
    const groups: number[][] = [];
    positions.forEach((position, slot) => {
      const group = groups.at(-1);
      const joins = group !== undefined && group.length < most && fromOf(positions[group[0]!]) === fromOf(position);
      if (joins) group.push(slot);
      else groups.push([slot]);
    });
    return groups;
  };
  const runs = range(Math.ceil(length / sites)).map(run => windows.positions(run * sites));
  const countFor = (most: number): number => Math.max(...runs.map(positions => groupsOf(positions, most).length));
  // Groups of one size make one product: small ones copy more of the matrix, large ones have idle rows.
  const costFor = (most: number): number => countFor(most) * (most * SUBSTITUTIONS + COPY);
  const most = range(slots).reduce((best, i) => (costFor(i + 1) < costFor(best) ? i + 1 : best), 1);
  const [count, size] = [countFor(most), most * SUBSTITUTIONS];
  const slabs = windows.table([count * window.width], positions => {
    const starts = groupsOf(positions, most).map(([slot]) => fromOf(positions[slot!]));
    return Int32Array.from(
      { length: count * window.width },
      (_, i) => (starts[Math.floor(i / window.width)] ?? 0) + (i % window.width),
    );
  });
  /** Calls back with the place of each mutant among the rows of the products. */
  const eachMutant = (positions: Positions, set: (mutant: number, row: number) => void): void =>
    groupsOf(positions, most).forEach((group, g) => {
      group.forEach((slot, i) => {
        for (let s = 0; s < SUBSTITUTIONS; s++) set(slot * SUBSTITUTIONS + s, g * size + i * SUBSTITUTIONS + s);
      });
    });
  const order = windows.table([count * size], positions => {
    const indices = new Int32Array(count * size).fill(mutants - 1);
    eachMutant(positions, (mutant, row) => (indices[row] = mutant));
    return indices;
  });
  const back = windows.table([mutants], positions => {
    const indices = new Int32Array(mutants);
    eachMutant(positions, (mutant, row) => (indices[mutant] = row));
    return indices;
  });
  const gather = (value: string, shape: readonly number[], indices: string): string =>
    builder.add('Gather', [windows.reshape(value, shape), indices], { axis: 0 });
  const across = window.width * features;
  const rows = gather(windows.change(x), [mutants, across], order);
  const matrix = builder.constant(floats([extent, features * units], byPosition(node, x, builder)));
  const product = builder.add('MatMul', [
    windows.reshape(rows, [count, size, across]),
    windows.reshape(gather(matrix, [extent, features * units], slabs), [count, across, units]),
  ]);
  return builder.add('Add', [gather(product, [count * size, units], back), node.outputs[0]!]);
}

/** The matrix of a dense layer with all that belongs to a position together: [position, feature, unit]. */
function byPosition(node: Node, { name, axis, extent, features }: Stretch, builder: GraphBuilder): Float32Array {
  const units = builder.shape(node.outputs[0]!)[1]!;
  const weights = numbersOf(builder.header(node.inputs[1]!).constant!);
  const transposed = numberAttribute(node, 'transB', 0) === 1;
  const inner = sizeOf(builder.shape(name).slice(axis + 1));
  const matrix = new Float32Array(weights.length);
  for (let position = 0; position < extent; position++)
    for (let feature = 0; feature < features; feature++) {
      const row = Math.floor(feature / inner) * extent * inner + position * inner + (feature % inner);
      for (let unit = 0; unit < units; unit++)
        matrix[(position * features + feature) * units + unit] =
          weights[transposed ? unit * extent * features + row : row * units + unit]!;
    }
  return matrix;
}

/** Whether a node takes the mean over all positions and over nothing else. */
export function averagesPositions(node: Node, x: Stretch, builder: GraphBuilder): boolean {
  const shape = builder.shape(x.name);
  if (node.operator === 'GlobalAveragePool') return isSequence(shape, x);
  if (node.operator !== 'ReduceMean') return false;
  const axes = node.inputs[1] ? builder.header(node.inputs[1]).constant : undefined;
  const reduced = axes ? [...numbersOf(axes)].map(axis => (axis + shape.length) % shape.length) : [];
  return reduced.includes(x.axis) && reduced.every(axis => axis === x.axis || (axis > 0 && shape[axis] === 1));
}

/** The mean over all positions changes by the sum of the changes. @returns the means of every mutant */
export function mean(node: Node, x: Stretch, windows: Windows): string {
  const { builder } = windows;
  const [output] = node.outputs as [string];
  const sums = windows.alongWindow('ReduceSum', windows.change(x), 1, x.window.width, x.features);
  const share = sizeOf(builder.shape(output)) / sizeOf(builder.shape(x.name));
  const means = builder.add('Mul', [sums, builder.scalar(share)]);
  const own = windows.reshape(output, [1, x.features]);
  const all = builder.add('Add', [windows.reshape(means, [windows.mutants, x.features]), own]);
  return windows.reshape(all, [windows.mutants, ...builder.shape(output).slice(1)]);
}
