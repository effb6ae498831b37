/** Layer-wise relevance propagation: the target's value, shared among the inputs of each node by the rules chosen. */
import type { lrp as specification } from '../../../catalog/methods/index.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import type { Note } from '../../../protocol.js';
import { Failure } from '../../failure.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { ScalarGraph, ScalarModel } from '../../models/model.js';
import { differentiate } from '../../transforms/autodiff.js';
import { mergeAffine } from '../../transforms/merge-affine.js';
import { withLaws, type NodeLaw } from '../../transforms/rules/laws.js';
import { RelevancePropagation, type LrpOptions } from '../../transforms/rules/lrp.js';
import { emit } from '../../transforms/specialise.js';
import { batchSize } from '../batch.js';
import { blockRowsFor, type Method, type MethodContext } from '../method.js';
import { addZeros, Pass } from '../passes.js';
import { conservationNotes, runLaws, SAMPLE, type NodeBalance } from './balance.js';

export type LrpParameters = ParametersOf<typeof specification>;

export const lrp: Method<typeof specification> = async (context, parameters) => {
  const { model, executor, passed } = context;
  const options = optionsOf(parameters, model);
  const graph = relevanceGraph(model, batchSize(model));
  const pass = await Pass.compile(model, executor, graph, addRelevance(graph, options));
  const balances = await lrpBalances(context, options);
  return {
    produces: 'contribution',
    arrays: [],
    blockRows: blockRowsFor(3),
    explain: async ({ x }) => ({ map: await pass.run(x, passed) }),
    notes: () => [...conservationNotes(balances, 'examples'), ...keptNotes(balances)],
    release: () => pass.release(),
  };
};

/** @throws Failure `method/box` where a rule for inputs between 0 and 1 meets other values */
export function optionsOf(
  { rule, dense, epsilon, gamma, alpha }: LrpParameters,
  model: Pick<ScalarModel, 'name' | 'space'>,
): LrpOptions {
  const byDepth = typeof rule === 'string' ? [rule] : rule;
  if (
    byDepth.slice(1).includes('box') ||
    dense === 'box' ||
    (byDepth[0] === 'box' && (byDepth.length === 1 || model.space.alphabet !== 'dna'))
  )
    throw new Failure('method/box', 'the rule `box` is for inputs between 0 and 1, such as one-hot DNA', {
      place: model.name,
      remedy: 'Give it to the first layer of a DNA model only: rule: [box, gamma].',
    });
  return {
    ruleOf: (layer, depth) =>
      depth > 1 && dense !== undefined && !layer.convolves ? dense : byDepth[Math.min(depth, byDepth.length) - 1]!,
    epsilon,
    gamma,
    alpha,
  };
}

/** The model with what scales and shifts a layer's output merged into the layer. */
export function relevanceGraph(model: Pick<ScalarModel, 'name' | 'shape' | 'build'>, batch: number): ScalarGraph {
  const { builder: plain, f: output } = model.build(batch);
  const builder = new GraphBuilder(model.name);
  const x = builder.input('explained~x', 'float32', [batch, ...model.shape]);
  const [f] = emit(builder, mergeAffine(plain.finish([output])), [x]) as [string];
  return { builder, nodes: builder.finish([f]).nodes, x, f };
}

/** Adds the relevance of x, and the laws of all nodes if they are asked for. */
export function addRelevance({ builder, nodes, x, f }: ScalarGraph, options: LrpOptions, laws?: NodeLaw[]): string {
  const propagation = new RelevancePropagation(builder, nodes, x, options);
  const ledger = {
    amount: (_: string, relevance: string): string => relevance,
    kept: (node: ScalarGraph['nodes'][number]) => propagation.kept(node),
  };
  const rules = laws ? withLaws(builder, propagation.rules, ledger, laws) : propagation.rules;
  const [relevance] = differentiate(builder, nodes, new Map([[f, f]]), [x], rules);
  return relevance ?? addZeros(builder, x);
}

async function lrpBalances(
  { model, executor, examples }: MethodContext,
  options: LrpOptions,
): Promise<NodeBalance[][]> {
  const graph = relevanceGraph(model, model.batch(1));
  const laws: NodeLaw[] = [];
  addRelevance(graph, options, laws);
  const count = Math.min(SAMPLE, examples.count);
  const x = await examples.inputs(0, count);
  const rows = Array.from({ length: count }, (_, row) => x.subarray(row * model.size, (row + 1) * model.size));
  return runLaws(
    executor,
    graph.builder,
    laws,
    rows.map(row => ({ [graph.x]: row })),
  );
}

/** How much of the target does not reach the input, and where most of it stays. */
function keptNotes(examples: readonly (readonly NodeBalance[])[]): Note[] {
  const total = examples.reduce((sum, balances) => sum + Math.abs(balances[0]?.received ?? 0), 0);
  if (total === 0) return [];
  const byReason = new Map<string, number>();
  const byNode = new Map<string, number>();
  for (const balances of examples) {
    const sign = Math.sign(balances[0]?.received ?? 0);
    for (const { node, kept } of balances)
      for (const [reason, amount] of Object.entries(kept)) {
        byReason.set(reason, (byReason.get(reason) ?? 0) + sign * amount);
        byNode.set(node, (byNode.get(node) ?? 0) + sign * amount);
      }
  }
  const percent = (amount: number): string => `${((100 * amount) / total).toFixed(1)} %`;
  const parts = [...byReason].map(([reason, amount]) => `${reason} ${percent(amount)}`);
  const [most] = [...byNode].sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  if (most === undefined) return [];
  return [
    {
      level: 'information',
      code: 'rules/absorbed',
      message: `Of the target's value on ${examples.length} examples, this stays inside the network: ${parts.join(', ')}; most of it at ${most[0]} (${percent(most[1])}).`,
    },
  ];
}
