/** Layers that weigh a value with constants, as rules see them: applicable to another value with other weights. */
import type { GraphBuilder } from '../../graph/builder.js';
import { numberAttribute, numbersOf, type Node, type Tensor } from '../../graph/graph.js';
import type { Gradient } from '../../ops/operator.js';
import { operatorOf } from '../../ops/registry.js';

const OPERATORS = new Set(['Conv', 'ConvTranspose', 'MatMul', 'Gemm']);

/** The derivative of a node's operator, which a rule replaces or applies to other values. */
export function derivativeOf(node: Node): Gradient {
  const { gradient } = operatorOf(node);
  if (typeof gradient !== 'function') throw new Error(`${node.operator} has no derivative to fall back on`);
  return gradient;
}

/** The tensor with every element replaced, as float32. */
export function mapped(tensor: Tensor, f: (value: number) => number): Tensor {
  return { type: 'float32', shape: tensor.shape, data: Float32Array.from(numbersOf(tensor), f) };
}

/** y = x · weights + bias, where · is the product or the convolution of the node. */
export class WeightedLayer {
  private constructor(
    private readonly builder: GraphBuilder,
    private readonly node: Node,
    /** The input that is weighed. */
    readonly signal: number,
    readonly weights: Tensor,
    private readonly bias: Tensor | undefined,
  ) {}

  /**
   * @param active which inputs depend on what is explained
   * @returns undefined where the node is no such layer, or its weights depend on the input
   */
  static of(builder: GraphBuilder, node: Node, active: readonly boolean[]): WeightedLayer | undefined {
    const signal = active.indexOf(true);
    if (!OPERATORS.has(node.operator) || signal < 0 || signal > 1 || active.includes(true, signal + 1))
      return undefined;
    const weights = builder.header(node.inputs[1 - signal]!).constant;
    const bias = node.inputs[2] ? builder.header(node.inputs[2]).constant : undefined;
    if (weights === undefined || (node.inputs[2] && bias === undefined)) return undefined;
    if (node.operator !== 'Gemm') return new WeightedLayer(builder, node, signal, weights, bias);
    // Factors are taken into the constants, so that signs of weights are those of contributions.
    const [alpha, beta] = [numberAttribute(node, 'alpha', 1), numberAttribute(node, 'beta', 1)];
    const plain = { ...node, attributes: { ...node.attributes, alpha: 1, beta: 1 } };
    const scaledBias = bias && mapped(bias, b => beta * b);
    return new WeightedLayer(
      builder,
      plain,
      signal,
      mapped(weights, w => alpha * w),
      scaledBias,
    );
  }

  get convolves(): boolean {
    return this.node.operator.startsWith('Conv');
  }

  /** The bias with every element replaced, in a shape that broadcasts to the output; undefined where there is none. */
  biasTerm(f: (value: number) => number): string | undefined {
    if (this.bias === undefined) return undefined;
    const term = mapped(this.bias, f);
    const behind = this.convolves ? this.builder.rank(this.node.outputs[0]!) - 2 : 0;
    return this.builder.constant({ ...term, shape: [...term.shape, ...new Array<number>(behind).fill(1)] });
  }

  /** x · weights, with other weights and no bias. */
  apply(x: string, weights: string): string {
    return this.builder.add(this.node.operator, this.operands(x, weights), this.node.attributes);
  }

  /** What a cotangent of the output is for `x`: cotangent · weightsᵀ. */
  back(cotangent: string, x: string, weights: string): string {
    const inputs = this.operands(x, weights);
    return derivativeOf(this.node)({
      builder: this.builder,
      node: { ...this.node, inputs },
      inputs,
      outputs: this.node.outputs,
      cotangents: [cotangent],
      cotangent,
      wanted: [this.signal === 0, this.signal === 1],
    })[this.signal]!;
  }

  private operands(x: string, weights: string): string[] {
    return this.signal === 0 ? [x, weights] : [weights, x];
  }
}
