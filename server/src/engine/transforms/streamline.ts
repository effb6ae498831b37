/**
 * Rewrites a scalar graph into an equal one that is cheaper to differentiate (docs/decisions/0011): normalisation goes into
 * the weights in front of it; a convolution computes no positions that the pool behind it drops; ReLU moves behind the pool;
 * and a convolution from few channels, whose map is the largest of the network, computes the phases of the pooling window
 * as values of their own, so that pooling and its gradient are contiguous element-wise operations.
 *
 * Only for graphs whose inner values nobody asks for: some are no longer there.
 */
import { GraphBuilder } from '../graph/builder.js';
import {
  numberAttribute,
  numbersAttribute,
  numbersOf,
  sizeOf,
  type Graph,
  type Node,
  type Tensor,
} from '../graph/graph.js';
import { affine } from '../ops/normalisation.js';
import { windowOf, type Window } from '../ops/window.js';

/** Input channels below which the phases of a pool are computed apart: there the convolution's own map is all that costs. */
const FEW = 16;
/**
 * Elements of the map of an example from which a phase is cheaper than what it saves. The gradient of a convolution of stride k goes
 * through as many positions as that of stride 1, for each of the k phases, however few filters there are (measured: 20 µs for each phase
 * beside 3 ns for each element).
 */
const ELEMENTS_PER_PHASE = 4000;

/**
 * What the graph is for. ReLU changes places with a maximum without changing function or gradient, but DeepLIFT and LRP see
 * other operators in another order: for `rules` it stays. For `predictions` there is no gain in phases.
 */
export type Purpose = 'gradients' | 'rules' | 'predictions';

/**
 * @param graph static shapes; only its outputs keep their names
 * @param perPhase elements of a map, for each position of the pool's window, from which phases are computed apart
 * @returns the same function
 */
export function streamline(graph: Graph, purpose: Purpose, perPhase = ELEMENTS_PER_PHASE): Graph {
  return new Streamlining(graph, purpose, perPhase).run();
}

/** A convolution or dense layer, and the operators that alone read it, one after the other. */
interface Chain {
  readonly linear: Node;
  readonly normalisation?: Node;
  readonly relu?: Node;
  readonly pool?: Node;
}

class Streamlining {
  private readonly builder: GraphBuilder;
  private readonly readers = new Map<string, Node[]>();
  /** New names of values that are computed otherwise. */
  private readonly replaced = new Map<string, string>();
  private readonly outputs: ReadonlySet<string>;

  constructor(
    private readonly graph: Graph,
    private readonly purpose: Purpose,
    private readonly perPhase: number,
  ) {
    this.builder = new GraphBuilder(graph.name);
    this.outputs = new Set(graph.outputs.map(({ name }) => name));
    for (const node of graph.nodes)
      for (const input of new Set(node.inputs)) this.readers.set(input, [...(this.readers.get(input) ?? []), node]);
  }

  run(): Graph {
    const { graph, builder } = this;
    for (const { name, type, shape } of graph.inputs) builder.input(name, type, shape.map(Number));
    for (const [name, tensor] of graph.initializers) builder.constant(tensor, name);
    const done = new Set<Node>();
    for (const node of graph.nodes) {
      if (done.has(node)) continue;
      const chain = this.chain(node);
      if (chain === undefined) {
        builder.append({ ...node, inputs: node.inputs.map(input => this.renamed(input)) });
        continue;
      }
      const members = [chain.linear, chain.normalisation, chain.relu, chain.pool].filter(
        member => member !== undefined,
      );
      members.forEach(member => done.add(member));
      this.replaced.set(members.at(-1)!.outputs[0]!, this.write(chain));
    }
    return builder.finish(graph.outputs.map(({ name }) => this.renamed(name)));
  }

  private renamed(value: string): string {
    return this.replaced.get(value) ?? value;
  }

  /** The chain that begins at a node; undefined where there is nothing to gain. */
  private chain(linear: Node): Chain | undefined {
    const weights = this.graph.initializers.get(linear.inputs[1] ?? '');
    const bias = linear.inputs[2];
    if (weights === undefined || (bias && !this.graph.initializers.has(bias))) return undefined;
    if (linear.operator !== 'Conv' && !isPlainGemm(linear)) return undefined;
    let last = linear;
    const next = (operator: string, fits: (node: Node) => boolean = () => true): Node | undefined => {
      const [output] = last.outputs as [string];
      const [reader, ...others] = this.readers.get(output) ?? [];
      if (reader?.operator !== operator || others.length > 0 || this.outputs.has(output) || !fits(reader))
        return undefined;
      last = reader;
      return reader;
    };
    const normalisation = next('BatchNormalization', node =>
      node.inputs.slice(1).every(i => this.graph.initializers.has(i)),
    );
    const relu = linear.operator === 'Conv' ? next('Relu') : undefined;
    const pool = linear.operator === 'Conv' ? next('MaxPool', isPoolAlongLastAxis) : undefined;
    if (normalisation === undefined && pool === undefined) return undefined;
    return {
      linear,
      ...(normalisation && { normalisation }),
      ...(relu && { relu }),
      ...(pool && { pool }),
    };
  }

  /** @returns the value that stands for the chain's last output */
  private write({ linear, normalisation, relu, pool }: Chain): string {
    const { builder } = this;
    const x = this.renamed(linear.inputs[0]!);
    const constants = this.weights(linear, normalisation);
    const activated = (value: string): string => (relu === undefined ? value : builder.add('Relu', [value]));
    if (linear.operator === 'Gemm') return builder.add('Gemm', [x, ...constants], linear.attributes);
    if (pool === undefined) return activated(builder.add('Conv', [x, ...constants], linear.attributes));
    const window = windowOf(linear, builder.shape(x).slice(2), builder.shape(constants[0]!).slice(2));
    const taps = numbersAttribute(pool, 'kernel_shape')!.at(-1)!;
    const pooled = Math.floor(window.output.at(-1)! / taps);
    const elements = builder.shape(constants[0]!)[0]! * sizeOf(window.output);
    const pays = this.purpose !== 'predictions' && elements >= taps * this.perPhase;
    if (pays && canPhase(linear, window, builder.shape(x)[1]!)) {
      const phases = this.phases(linear, x, constants, window, taps, pooled);
      return this.purpose === 'gradients'
        ? activated(builder.add('Max', phases))
        : builder.add('Max', phases.map(activated));
    }
    const trimmed = builder.add('Conv', [x, ...constants], {
      ...linear.attributes,
      ...trimmedPads(window, pooled * taps),
    });
    if (this.purpose === 'rules') return builder.add('MaxPool', [activated(trimmed)], pool.attributes);
    return activated(builder.add('MaxPool', [trimmed], pool.attributes));
  }

  /** Kernel and bias with the normalisation behind them; without one, as they are. */
  private weights(linear: Node, normalisation: Node | undefined): string[] {
    const { builder, graph } = this;
    const [, kernel, bias] = linear.inputs as [string, string, string?];
    if (normalisation === undefined) return bias ? [kernel, bias] : [kernel];
    const { slope, offset } = affine(
      normalisation,
      normalisation.inputs.slice(1).map(name => numbersOf(graph.initializers.get(name)!)),
    );
    const weights = graph.initializers.get(kernel)!;
    const channels = slope.length;
    // Output channels come first, but in a dense layer that is not transposed.
    const inner =
      linear.operator === 'Gemm' && numberAttribute(linear, 'transB', 0) === 0 ? 1 : sizeOf(weights.shape) / channels;
    const scaled: Tensor = {
      type: 'float32',
      shape: weights.shape,
      data: Float32Array.from(numbersOf(weights), (w, i) => w * slope[Math.floor(i / inner) % channels]!),
    };
    const old = bias ? numbersOf(graph.initializers.get(bias)!) : new Float64Array(channels);
    const shifted: Tensor = {
      type: 'float32',
      shape: [channels],
      data: Float32Array.from(slope, (s, c) => s * old[c % old.length]! + offset[c]!),
    };
    return [builder.constant(scaled), builder.constant(shifted)];
  }

  /** The convolution at every `taps`-th position, begun at position 0, 1, …: `taps` values of `pooled` positions. */
  private phases(
    linear: Node,
    x: string,
    constants: readonly string[],
    { input, kernel, dilations, begin }: Window,
    taps: number,
    pooled: number,
  ): string[] {
    const { builder } = this;
    const axis = input.length + 1;
    const reach = (kernel.at(-1)! - 1) * dilations.at(-1)! + 1;
    const covered = (pooled - 1) * taps + reach;
    const end = Math.max(0, covered + taps - 1 - input.at(-1)! - begin.at(-1)!);
    const padding = [...new Array<number>(axis).fill(0), begin.at(-1)!, ...new Array<number>(axis).fill(0), end];
    const padded = builder.add('Pad', [x, builder.integers(padding), builder.scalar(0)]);
    const strides = kernel.map((_, i) => (i === kernel.length - 1 ? taps : 1));
    return Array.from({ length: taps }, (_, phase) => {
      const bounds = [phase, phase + covered, axis].map(at => builder.integers([at]));
      const seen = builder.add('Slice', [padded, ...bounds]);
      return builder.add('Conv', [seen, ...constants], {
        ...linear.attributes,
        pads: kernel.flatMap(() => [0, 0]),
        strides,
      });
    });
  }
}

/** A dense layer that only multiplies and adds. */
const isPlainGemm = (node: Node): boolean =>
  node.operator === 'Gemm' &&
  numberAttribute(node, 'transA', 0) === 0 &&
  numberAttribute(node, 'alpha', 1) === 1 &&
  numberAttribute(node, 'beta', 1) === 1;

/** Windows side by side along the last axis, without padding. */
function isPoolAlongLastAxis(node: Node): boolean {
  const kernel = numbersAttribute(node, 'kernel_shape') ?? [];
  const strides = numbersAttribute(node, 'strides') ?? [];
  return (
    node.outputs.length === 1 &&
    kernel.slice(0, -1).every(extent => extent === 1) &&
    kernel.length === strides.length &&
    strides.every((stride, axis) => stride === kernel[axis]) &&
    (numbersAttribute(node, 'pads') ?? []).every(pad => pad === 0) &&
    (numbersAttribute(node, 'dilations') ?? []).every(dilation => dilation === 1) &&
    numberAttribute(node, 'ceil_mode', 0) === 0
  );
}

/** A plain convolution of few channels over positions, all other axes being of extent 1. */
const canPhase = (linear: Node, { input, kernel, strides, dilations }: Window, channels: number): boolean =>
  channels < FEW &&
  numberAttribute(linear, 'group', 1) === 1 &&
  [...strides, ...dilations].every(step => step === 1) &&
  [...input.slice(0, -1), ...kernel.slice(0, -1)].every(extent => extent === 1);

/** Padding with which a convolution of stride 1 stops after `positions`, as far as its padding allows. */
function trimmedPads({ output, strides, begin, end }: Window, positions: number): { pads?: readonly number[] } {
  const excess = strides.at(-1) === 1 ? output.at(-1)! - positions : 0;
  return { pads: [...begin, ...end.slice(0, -1), Math.max(0, end.at(-1)! - excess)] };
}
