/**
 * Integrated gradients (Sundararajan, Taly & Yan 2017): multipliers m = ∫₀¹ ∂f(b + α(x − b))/∂x dα, contributions
 * (x − b) ⊙ m. One compiled graph walks the path, runs the model forward and backward and takes the weighted mean.
 */
import type { integrated_gradients } from '../../../catalog/methods/index.js';
import type { Executable, Executor } from '../../backends/executor.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { ScalarModel } from '../../models/model.js';
import { fastDerivatives } from '../../transforms/fast-derivatives.js';
import { batchSize } from '../batch.js';
import type { Method } from '../method.js';
import { preparePairs, type PairBlock } from '../pairs.js';
import { addGradient, elements, type Passed } from '../passes.js';
import { attachStreamlined } from '../streamlined.js';
import { quadrature, type Quadrature, type Rule } from './quadrature.js';

const FIRST_STEPS = 32;
const MOST_STEPS = 4096;

export const integratedGradients: Method<typeof integrated_gradients> = async (context, parameters) => {
  const { baseline, rule, tolerance } = parameters;
  const first = parameters.steps === 'auto' ? FIRST_STEPS : parameters.steps;
  const path = new PathPass(context.model, context.executor, rule);
  const steps = (attempt: number): number => first * 2 ** attempt;
  return preparePairs(context, baseline, tolerance, {
    steps,
    again: attempt => parameters.steps === 'auto' && steps(attempt) < MOST_STEPS,
    effort: used =>
      parameters.steps === 'auto' ? `with ${used} steps, the most that auto tries` : `with ${used} steps`,
    multipliers: (block, wanted, attempt, passed) => path.run(block, wanted, steps(attempt), passed),
    release: () => path.release(),
  });
};

/** One compiled graph: `pairs` pairs at a time, `nodes` points of the path for each. */
interface PathGraph {
  readonly executable: Executable;
  readonly x: string;
  readonly b: string;
  readonly alpha: string;
  readonly weight: string;
  readonly m: string;
  readonly pairs: number;
  readonly nodes: number;
}

/** The compiled path, in as many forms as there are step counts: the few pairs that need many steps fill their batches. */
export class PathPass {
  private readonly quadratures = new Map<number, Quadrature>();
  private readonly graphs = new Map<number, PathGraph>();
  private readonly batch: number;

  constructor(
    private readonly model: ScalarModel,
    private readonly executor: Executor,
    private readonly rule: Rule,
  ) {
    this.batch = batchSize(model);
  }

  /**
   * @param wanted indices of pairs, row × copies + copy
   * @returns multipliers, [wanted, …shape]
   */
  async run(
    { x, references, copies }: PairBlock,
    wanted: readonly number[],
    steps: number,
    passed: Passed,
  ): Promise<Float32Array> {
    const { nodes: alphas, weights } = this.quadrature(steps);
    const graph = await this.graph(alphas.length);
    const { pairs, nodes } = graph;
    const { size } = this.model;
    const result = new Float32Array(wanted.length * size);
    const shape = [pairs, 1, ...this.model.shape];
    for (let from = 0; from < wanted.length; from += pairs) {
      const group = wanted.slice(from, from + pairs);
      const xs = new Float32Array(pairs * size);
      const bs = new Float32Array(pairs * size);
      group.forEach((pair, i) => {
        const row = Math.floor(pair / copies);
        xs.set(x.subarray(row * size, (row + 1) * size), i * size);
        bs.set(references.subarray(pair * size, (pair + 1) * size), i * size);
      });
      const sum = new Float64Array(group.length * size);
      for (let at = 0; at < alphas.length; at += nodes) {
        const outputs = await graph.executable.run({
          [graph.x]: { type: 'float32', shape, data: xs },
          [graph.b]: { type: 'float32', shape, data: bs },
          [graph.alpha]: chunk(alphas, at, nodes, shape.length),
          [graph.weight]: chunk(weights, at, nodes, shape.length),
        });
        const part = elements(outputs, graph.m);
        for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
        await passed(group.length * Math.min(nodes, alphas.length - at));
      }
      result.set(sum, from * size);
    }
    return result;
  }

  private quadrature(steps: number): Quadrature {
    const known = this.quadratures.get(steps) ?? quadrature(this.rule, steps);
    this.quadratures.set(steps, known);
    return known;
  }

  /**
   * The form for so many nodes, in as many runs of equal length as they need. A file with a fixed batch size takes exactly
   * that many points of one path.
   */
  private async graph(steps: number): Promise<PathGraph> {
    const fixed = this.model.batch(0);
    const nodes = fixed > 0 ? fixed : Math.ceil(steps / Math.ceil(steps / this.batch));
    const known = this.graphs.get(nodes);
    if (known !== undefined) return known;
    const compiled = await this.compile(nodes, fixed > 0 ? 1 : Math.max(1, Math.floor(this.batch / nodes)));
    this.graphs.set(nodes, compiled);
    return compiled;
  }

  private async compile(nodes: number, pairs: number): Promise<PathGraph> {
    const { shape } = this.model;
    const perNode = [1, nodes, ...shape.map(() => 1)];
    const builder = new GraphBuilder(this.model.name);
    const x = builder.input('path~x', 'float32', [pairs, 1, ...shape]);
    const b = builder.input('path~b', 'float32', [pairs, 1, ...shape]);
    const alpha = builder.input('path~alpha', 'float32', perNode);
    const weight = builder.input('path~weight', 'float32', perNode);
    const along = builder.add('Mul', [alpha, builder.add('Sub', [x, b])]);
    const points = builder.add('Reshape', [
      builder.add('Add', [b, along]),
      builder.integers([pairs * nodes, ...shape]),
    ]);
    const f = attachStreamlined(this.model, builder, points, 'gradients');
    const gradient = addGradient({ builder, nodes: builder.finish([f]).nodes, f }, points, fastDerivatives);
    const weighted = builder.add('Mul', [
      builder.add('Reshape', [gradient, builder.integers([pairs, nodes, ...shape])]),
      weight,
    ]);
    const m = builder.add('ReduceSum', [weighted, builder.integers([1])], { keepdims: 0 });
    const executable = await this.executor.load(builder.finish([m]));
    return { executable, x, b, alpha, weight, m, pairs, nodes };
  }

  async release(): Promise<void> {
    for (const { executable } of this.graphs.values()) await executable.release();
  }
}

/** Values `at` … of a rule along the second of `rank` axes; those beyond its end are zero, also as weights. */
function chunk(values: Float64Array, at: number, nodes: number, rank: number) {
  const data = new Float32Array(nodes);
  data.set(values.subarray(at, at + nodes));
  return { type: 'float32' as const, shape: [1, nodes, ...new Array<number>(rank - 2).fill(1)], data };
}
