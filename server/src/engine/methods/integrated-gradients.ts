/**
 * Integrated gradients (Sundararajan, Taly & Yan 2017): multipliers m = ∫₀¹ ∂f(b + α(x − b))/∂x dα, contributions
 * (x − b) ⊙ m. One compiled graph walks the path, runs the model forward and backward and takes the weighted mean.
 */
import type { integrated_gradients } from '../../catalog/methods.js';
import type { Executable, Executor } from '../backends/executor.js';
import { GraphBuilder } from '../graph/builder.js';
import type { ScalarModel } from '../models/model.js';
import { batchSize } from './batch.js';
import type { Method } from './method.js';
import { preparePairs, type PairBlock } from './pairs.js';
import { addGradient, elements, type Passed } from './passes.js';
import { quadrature, type Quadrature, type Rule } from './quadrature.js';

const FIRST_STEPS = 32;
const MOST_STEPS = 4096;

export const integratedGradients: Method<typeof integrated_gradients> = async (context, parameters) => {
  const { baseline, rule, tolerance } = parameters;
  const first = parameters.steps === 'auto' ? FIRST_STEPS : parameters.steps;
  const path = await PathPass.create(context.model, context.executor, rule, first);
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

/** The compiled path: `pairs` pairs at a time, `nodes` points of the path for each. */
export class PathPass {
  /** By number of steps: thousands of Gauss–Legendre nodes take as long as a block. */
  private readonly quadratures = new Map<number, Quadrature>();

  private constructor(
    private readonly executable: Executable,
    private readonly names: {
      readonly x: string;
      readonly b: string;
      readonly alpha: string;
      readonly weight: string;
      readonly m: string;
    },
    private readonly pairs: number,
    private readonly nodes: number,
    private readonly length: number,
    private readonly rule: Rule,
  ) {}

  static async create(model: ScalarModel, executor: Executor, rule: Rule, steps: number): Promise<PathPass> {
    const batch = batchSize(model);
    const fixed = model.batch(0);
    // A file with a fixed batch size takes exactly that many points of one path.
    const nodes = fixed > 0 ? fixed : Math.min(FIRST_STEPS, steps, batch);
    const pairs = fixed > 0 ? 1 : Math.max(1, Math.floor(batch / nodes));
    const { length } = model;
    const builder = new GraphBuilder('path');
    const x = builder.input('path~x', 'float32', [pairs, 1, length, 4]);
    const b = builder.input('path~b', 'float32', [pairs, 1, length, 4]);
    const alpha = builder.input('path~alpha', 'float32', [1, nodes, 1, 1]);
    const weight = builder.input('path~weight', 'float32', [1, nodes, 1, 1]);
    const along = builder.add('Mul', [alpha, builder.add('Sub', [x, b])]);
    const points = builder.add('Reshape', [
      builder.add('Add', [b, along]),
      builder.integers([pairs * nodes, length, 4]),
    ]);
    const f = model.attach(builder, points);
    const gradient = addGradient({ builder, nodes: builder.finish([f]).nodes, f }, points);
    const weighted = builder.add('Mul', [
      builder.add('Reshape', [gradient, builder.integers([pairs, nodes, length, 4])]),
      weight,
    ]);
    const m = builder.add('ReduceSum', [weighted, builder.integers([1])], { keepdims: 0 });
    const executable = await executor.load(builder.finish([m]));
    return new PathPass(executable, { x, b, alpha, weight, m }, pairs, nodes, length, rule);
  }

  /**
   * @param wanted indices of pairs, row × copies + copy
   * @returns multipliers, [wanted, position, base]
   */
  async run(
    { x, references, copies }: PairBlock,
    wanted: readonly number[],
    steps: number,
    passed: Passed,
  ): Promise<Float32Array> {
    const { nodes: alphas, weights } = this.quadrature(steps);
    const size = this.length * 4;
    const result = new Float32Array(wanted.length * size);
    const pairShape = [this.pairs, 1, this.length, 4];
    for (let from = 0; from < wanted.length; from += this.pairs) {
      const group = wanted.slice(from, from + this.pairs);
      const xs = new Float32Array(this.pairs * size);
      const bs = new Float32Array(this.pairs * size);
      group.forEach((pair, i) => {
        const row = Math.floor(pair / copies);
        xs.set(x.subarray(row * size, (row + 1) * size), i * size);
        bs.set(references.subarray(pair * size, (pair + 1) * size), i * size);
      });
      const sum = new Float64Array(group.length * size);
      for (let at = 0; at < alphas.length; at += this.nodes) {
        const outputs = await this.executable.run({
          [this.names.x]: { type: 'float32', shape: pairShape, data: xs },
          [this.names.b]: { type: 'float32', shape: pairShape, data: bs },
          [this.names.alpha]: this.chunk(alphas, at),
          [this.names.weight]: this.chunk(weights, at),
        });
        const part = elements(outputs, this.names.m);
        for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
        await passed(group.length * Math.min(this.nodes, alphas.length - at));
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

  /** Nodes `at` … of a rule; those beyond its end have weight zero. */
  private chunk(values: Float64Array, at: number) {
    const data = new Float32Array(this.nodes);
    data.set(values.subarray(at, at + this.nodes));
    return { type: 'float32' as const, shape: [1, this.nodes, 1, 1], data };
  }

  release(): Promise<void> {
    return this.executable.release();
  }
}
