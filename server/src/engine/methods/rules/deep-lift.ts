/**
 * DeepLIFT with the rescale rule (Shrikumar, Greenside & Kundaje 2017), for any number of references per example; their
 * mean is DeepSHAP's estimate (Lundberg & Lee 2017). One compiled graph holds the model over examples and references.
 */
import type { deep_lift } from '../../../catalog/methods/index.js';
import type { Executable, Executor } from '../../backends/executor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { sizeOf } from '../../graph/graph.js';
import type { ScalarModel } from '../../models/model.js';
import { deepLiftRules } from '../../transforms/deep-lift.js';
import { batchSize } from '../batch.js';
import type { Method } from '../method.js';
import { preparePairs, type PairBlock } from '../pairs.js';
import { addGradient, elements, type Passed } from '../passes.js';

/** Above this gap a pair is reported: the rule conserves exactly, so only rounding may show. */
const TOLERANCE = 0.01;

export const deepLift: Method<typeof deep_lift> = async (context, { baseline }) => {
  const pass = await TwinPass.create(context.model, context.executor);
  return preparePairs(context, baseline, TOLERANCE, {
    steps: () => 1,
    again: () => false,
    effort: () => 'although the rule conserves: rounding adds up',
    multipliers: (block, wanted, _, passed) => pass.run(block, wanted, passed),
    release: () => pass.release(),
  });
};

/** The compiled rule: examples and references in, multipliers out, row by row. */
export class TwinPass {
  private constructor(
    private readonly executable: Executable,
    private readonly names: { readonly x: string; readonly b: string; readonly m: string },
    private readonly batch: number,
    private readonly shape: readonly number[],
  ) {}

  static async create(model: ScalarModel, executor: Executor): Promise<TwinPass> {
    const batch = batchSize(model);
    const builder = new GraphBuilder(model.name);
    const shape = [batch, ...model.shape];
    const x = builder.input('pair~x', 'float32', shape);
    const b = builder.input('pair~b', 'float32', shape);
    const f = model.attach(builder, x);
    const fReference = model.attach(builder, b);
    // Both copies are built by the same steps, so their nodes correspond one to one.
    const { nodes } = builder.finish([f]);
    const twins = new Map([[x, b]]);
    const references = builder.finish([fReference]).nodes;
    nodes.forEach((node, i) => node.outputs.forEach((output, k) => twins.set(output, references[i]!.outputs[k]!)));
    const m = addGradient(
      { builder, nodes, f },
      x,
      deepLiftRules(value => twins.get(value) ?? value),
    );
    return new TwinPass(await executor.load(builder.finish([m])), { x, b, m }, batch, model.shape);
  }

  async run({ x, references, copies }: PairBlock, wanted: readonly number[], passed: Passed): Promise<Float32Array> {
    const { batch, names } = this;
    const size = sizeOf(this.shape);
    const result = new Float32Array(wanted.length * size);
    for (let from = 0; from < wanted.length; from += batch) {
      const group = wanted.slice(from, from + batch);
      const xs = new Float32Array(batch * size);
      const bs = new Float32Array(batch * size);
      group.forEach((pair, i) => {
        const row = Math.floor(pair / copies);
        xs.set(x.subarray(row * size, (row + 1) * size), i * size);
        bs.set(references.subarray(pair * size, (pair + 1) * size), i * size);
      });
      const shape = [batch, ...this.shape];
      const outputs = await this.executable.run({
        [names.x]: { type: 'float32', shape, data: xs },
        [names.b]: { type: 'float32', shape, data: bs },
      });
      result.set(elements(outputs, names.m).subarray(0, group.length * size), from * size);
      await passed(group.length);
    }
    return result;
  }

  release(): Promise<void> {
    return this.executable.release();
  }
}
