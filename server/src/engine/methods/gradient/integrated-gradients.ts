/**
 * Integrated gradients (Sundararajan, Taly & Yan 2017): multipliers m = ∫₀¹ ∂f(b + α(x − b))/∂x dα, contributions
 * (x − b) ⊙ m.
 */
import type { integrated_gradients } from '../../../catalog/methods/index.js';
import type { Executor } from '../../backends/executor.js';
import type { ScalarModel } from '../../models/model.js';
import { fastDerivatives } from '../../transforms/fast-derivatives.js';
import type { Method, MethodContext } from '../method.js';
import { preparePairs, type PairBlock } from '../pairs.js';
import { addGradient, Pass, type Passed } from '../passes.js';
import { attachStreamlined } from '../streamlined.js';
import { fillEnds, PathIntegral, pathThrough } from './path.js';
import type { Rule } from './quadrature.js';

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
    along: (block, pair, points, passed) => alongPath(context, block, pair, points, passed),
    release: () => path.release(),
  });
};

/** f at points of the straight path of one pair, from the reference to the example. */
async function alongPath(
  { model, executor }: MethodContext,
  block: PairBlock,
  pair: number,
  points: number,
  passed: Passed,
): Promise<Float32Array> {
  const { size } = model;
  const [x, b] = [new Float32Array(size), new Float32Array(size)];
  fillEnds(block, size, pair, [x, b]);
  const path = Float32Array.from({ length: points * size }, (_, i) => {
    const at = i % size;
    return b[at]! + (Math.floor(i / size) / (points - 1)) * (x[at]! - b[at]!);
  });
  const forward = await Pass.forward(model, executor);
  try {
    return await forward.run(path, passed);
  } finally {
    await forward.release();
  }
}

/** The mean gradient along paths through a model, as pairs of examples and references need it. */
export class PathPass {
  private readonly integral: PathIntegral;
  private readonly size: number;

  constructor(model: ScalarModel, executor: Executor, rule: Rule) {
    this.size = model.size;
    this.integral = new PathIntegral(executor, {
      ...pathThrough(model),
      shapes: [model.shape, model.shape],
      rule,
      integrand: ({ builder, points }) => {
        const f = attachStreamlined(model, builder, points, 'gradients');
        return addGradient({ builder, nodes: builder.finish([f]).nodes, f }, points, fastDerivatives);
      },
    });
  }

  /**
   * @param wanted indices of pairs, row × copies + copy
   * @returns multipliers, [wanted, …shape]
   */
  run(block: PairBlock, wanted: readonly number[], steps: number, passed: Passed): Promise<Float32Array> {
    const fill = (i: number, into: readonly Float32Array[]): void => fillEnds(block, this.size, wanted[i]!, into);
    return this.integral.run(wanted.length, fill, steps, passed);
  }

  release(): Promise<void> {
    return this.integral.release();
  }
}
