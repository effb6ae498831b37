/** How far a convolutional network sees: Araujo, Norris & Sim 2019, Distill, doi 10.23915/distill.00021. */
import { numbersAttribute, type Graph, type Node } from '../graph/graph.js';

const WINDOWS = new Set(['Conv', 'ConvTranspose', 'MaxPool', 'AveragePool']);
/** Behind these every element may depend on every position. */
const EVERYWHERE = /^(Global|Reduce|Gemm$|Flatten$|LSTM$|GRU$|RNN$|Attention$|CumSum$)/;

/** Positions that an element sees, and positions of the input from one element to the next. */
interface View {
  readonly reach: number;
  readonly step: number;
}

/**
 * The number of input positions that one position of the last convolution sees.
 *
 * @returns undefined without a convolution, or where it sees the whole input
 */
export function receptiveField(graph: Graph): number | undefined {
  const views = new Map<string, View>(graph.inputs.map(({ name }) => [name, { reach: 1, step: 1 }]));
  let last: number | undefined;
  for (const node of graph.nodes) {
    const seen = node.inputs.flatMap(input => views.get(input) ?? []);
    if (seen.length === 0) continue;
    const view = through(
      graph,
      node,
      {
        reach: Math.max(...seen.map(({ reach }) => reach)),
        step: Math.max(...seen.map(({ step }) => step)),
      },
      seen.length,
    );
    node.outputs.forEach(output => views.set(output, view));
    if (node.operator === 'Conv') last = view.reach;
  }
  return last !== undefined && Number.isFinite(last) ? last : undefined;
}

function through(graph: Graph, node: Node, { reach, step }: View, computed: number): View {
  if (EVERYWHERE.test(node.operator) || (node.operator === 'MatMul' && computed > 1)) return { reach: Infinity, step };
  if (!WINDOWS.has(node.operator)) return { reach, step };
  const kernel =
    numbersAttribute(node, 'kernel_shape') ?? graph.initializers.get(node.inputs[1] ?? '')?.shape.slice(2) ?? [];
  const dilations = numbersAttribute(node, 'dilations');
  const spans = kernel.map((taps, axis) => (taps - 1) * (dilations?.[axis] ?? 1));
  const strides = numbersAttribute(node, 'strides') ?? [1];
  // Bases may be an axis of their own: positions are where the window moves furthest.
  const [span, stride] = [Math.max(0, ...spans), Math.max(...strides)];
  if (node.operator === 'ConvTranspose') return { reach: reach + Math.ceil(span / stride) * step, step: step / stride };
  return { reach: reach + span * step, step: step * stride };
}
