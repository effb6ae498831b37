/**
 * DeepLIFT (Shrikumar, Greenside & Kundaje 2017) for any number of references per example; their mean is DeepSHAP's estimate
 * (Lundberg & Lee 2017). One compiled graph holds the model over examples and references.
 */
import type { deep_lift } from '../../../catalog/methods/index.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import type { Executable, Executor } from '../../backends/executor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { sizeOf } from '../../graph/graph.js';
import type { ScalarGraph, ScalarModel } from '../../models/model.js';
import { deepLiftRules, type Twin } from '../../transforms/rules/deep-lift.js';
import { withLaws, type NodeLaw } from '../../transforms/rules/laws.js';
import { SignedParts } from '../../transforms/rules/reveal-cancel.js';
import { emit } from '../../transforms/specialise.js';
import { batchSize } from '../batch.js';
import type { Method, MethodContext } from '../method.js';
import { fillReferences, preparePairs, type PairBlock } from '../pairs.js';
import { addGradient, elements, type Passed } from '../passes.js';
import { referenceOf } from '../references/references.js';
import { streamlinedGraph } from '../streamlined.js';
import { conservationNotes, runLaws, SAMPLE, type NodeBalance } from './balance.js';

/** Above this gap a pair is reported: the rule conserves exactly, so only rounding may show. */
const TOLERANCE = 0.01;

export type DeepLiftRule = ParametersOf<typeof deep_lift>['rule'];

/** Which sums RevealCancel keeps apart. */
const SUMS = { rescale: undefined, reveal_cancel: 'all', genomics_default: 'dense' } as const;

export const deepLift: Method<typeof deep_lift> = async (context, { baseline, rule }) => {
  const pass = await TwinPass.create(context.model, context.executor, rule);
  const prepared = await preparePairs(context, baseline, TOLERANCE, {
    steps: () => 1,
    again: () => false,
    effort: () => 'although the rule conserves: see the node that is named',
    multipliers: (block, wanted, _, passed) => pass.run(block, wanted, passed),
    release: () => pass.release(),
  });
  const reference = await referenceOf(baseline, context);
  const count = Math.min(SAMPLE, context.examples.count);
  const references = new Float32Array(count * reference.copies * context.model.size);
  await fillReferences(context, reference, 0, count, references);
  const balances = await deepLiftBalances(context, rule, {
    x: await context.examples.inputs(0, count),
    references,
    copies: reference.copies,
  });
  return { ...prepared, notes: infos => [...prepared.notes(infos), ...conservationNotes(balances, 'pairs')] };
};

/** The model over examples and references in one graph. */
export interface TwinGraph extends ScalarGraph {
  /** The references' input. */
  readonly b: string;
  readonly twin: Twin;
}

export function twinGraph(model: Pick<ScalarModel, 'name' | 'shape' | 'attach'>, batch: number): TwinGraph {
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
  return { builder, nodes, x, b, f, twin: value => twins.get(value) ?? value };
}

/** Adds the multipliers of x, and the laws of all nodes if they are asked for. */
export function addMultipliers(graph: TwinGraph, rule: DeepLiftRule, laws?: NodeLaw[]): string {
  const { builder, twin } = graph;
  const sums = SUMS[rule];
  const parts = sums && new SignedParts(builder, twin, sums);
  const rules = deepLiftRules(twin, parts);
  if (laws === undefined) return addGradient(graph, graph.x, rules);
  const ledger = {
    amount: (value: string, multiplier: string): string =>
      builder.add('Mul', [multiplier, builder.add('Sub', [value, twin(value)])]),
    ...(parts && {
      besides: (value: string) => parts.amount(value),
      handedBesides: (node: ScalarGraph['nodes'][number]) => parts.amountsHandedBy(node),
    }),
  };
  return addGradient(graph, graph.x, withLaws(builder, rules, ledger, laws));
}

/** What every node received and handed on, for each example of a block with its first reference. */
export async function deepLiftBalances(
  { model, executor }: Pick<MethodContext, 'model' | 'executor'>,
  rule: DeepLiftRule,
  { x, references, copies }: PairBlock,
): Promise<NodeBalance[][]> {
  const batch = model.batch(1);
  const graph = twinGraph(model, batch);
  const laws: NodeLaw[] = [];
  addMultipliers(graph, rule, laws);
  const { size } = model;
  const pairs = Array.from({ length: x.length / size }, (_, row) => ({
    [graph.x]: x.subarray(row * size, (row + 1) * size),
    [graph.b]: references.subarray(row * copies * size, (row * copies + 1) * size),
  }));
  return runLaws(executor, graph.builder, laws, pairs);
}

/** The compiled rule: examples and references in, multipliers out, row by row. */
export class TwinPass {
  private constructor(
    private readonly executable: Executable,
    private readonly names: { readonly x: string; readonly b: string; readonly m: string },
    private readonly batch: number,
    private readonly shape: readonly number[],
  ) {}

  static async create(model: ScalarModel, executor: Executor, rule: DeepLiftRule = 'rescale'): Promise<TwinPass> {
    const batch = batchSize(model);
    // RevealCancel looks at the parts that a layer and its normalisation make of a difference, each for itself.
    const fast = rule === 'rescale' ? streamlinedGraph(model, batch, 'rules') : undefined;
    const attach = (builder: GraphBuilder, x: string): string =>
      fast === undefined ? model.attach(builder, x) : emit(builder, fast, [x])[0]!;
    const graph = twinGraph({ name: model.name, shape: model.shape, attach }, batch);
    const m = addMultipliers(graph, rule);
    const { builder, x, b } = graph;
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
