/** How many examples one compiled graph takes at a time. */
import { sizeOf, type Node } from '../graph/graph.js';
import type { ScalarModel } from '../models/model.js';

const LARGEST = 256;
/** Multiplications of a forward pass that make a batch long enough to pay its overhead and short enough to cancel. */
const WORK = 5e8;
/** Elements of all intermediate values together: 256 MiB of float32. */
const MEMORY = 64 * 2 ** 20;

/**
 * The batch size of a model: a power of two that follows from the graph alone, never from the clock, because the batch
 * shape is part of what makes a rerun byte-identical.
 */
export function batchSize(model: ScalarModel): number {
  const { builder, nodes } = model.build(model.batch(1));
  let work = 1;
  let memory = 1;
  for (const node of nodes) {
    const size = sizeOf(builder.shape(node.outputs[0]!));
    memory += size;
    work += size * multiplications(node, input => builder.shape(input));
  }
  const wanted = Math.min(WORK / work, MEMORY / memory, LARGEST);
  return model.batch(2 ** Math.max(0, Math.floor(Math.log2(wanted))));
}

/** Multiplications for one element of a node's output. */
function multiplications(node: Node, shape: (input: string) => readonly number[]): number {
  switch (node.operator) {
    case 'Conv':
      return sizeOf(shape(node.inputs[1]!).slice(1));
    case 'ConvTranspose':
      return shape(node.inputs[0]!)[1]!;
    case 'MatMul':
      return shape(node.inputs[0]!).at(-1)!;
    case 'Gemm':
      return Math.max(...shape(node.inputs[0]!));
    default:
      return 1;
  }
}
