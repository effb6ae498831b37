/**
 * Conservation of a rule on a sample, node by node, and what it says to the reader of a map: that it holds, or at which node
 * it fails first, or what biases and stabilisers keep.
 */
import type { Note } from '../../../protocol.js';
import type { Executor } from '../../backends/executor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { sizeOf } from '../../graph/graph.js';
import type { NodeLaw } from '../../transforms/rules/laws.js';
import { elements } from '../passes.js';

/** Examples on which conservation is checked. */
export const SAMPLE = 4;

/** Above this share of what passes a node, a difference is more than rounding in float32. */
const TOLERANCE = 1e-3;

/** One node for one example: see NodeLaw. */
export interface NodeBalance {
  readonly node: string;
  readonly operator: string;
  readonly received: number;
  readonly handed: number;
  readonly size: number;
  readonly kept: Readonly<Record<string, number>>;
}

/**
 * @param laws of a graph that was built for one example, or for the batch that the file demands
 * @param examples the graph's inputs for each example, without the batch axis
 * @returns [example][node], nodes from the output to the input
 */
export async function runLaws(
  executor: Executor,
  builder: GraphBuilder,
  laws: readonly NodeLaw[],
  examples: readonly Readonly<Record<string, Float32Array>>[],
): Promise<NodeBalance[][]> {
  if (laws.length === 0) return examples.map(() => []);
  const values = laws.flatMap(({ received, handed, size, kept }) => [received, handed, size, ...kept.values()]);
  const one = builder.integers([1]);
  const all = builder.add(
    'Concat',
    values.map(value => builder.add('Reshape', [value, one])),
    { axis: 0 },
  );
  const executable = await executor.load(builder.finish([all]));
  try {
    const balances: NodeBalance[][] = [];
    for (const example of examples) {
      const feeds = Object.entries(example).map(([name, data]) => {
        const shape = builder.shape(name);
        // A batch that the file demands is filled with the same example: sums are then so many times those of one.
        const filled = new Float32Array(sizeOf(shape));
        for (let at = 0; at < filled.length; at += data.length) filled.set(data, at);
        return [name, { type: 'float32' as const, shape, data: filled }] as const;
      });
      const numbers = elements(await executable.run(Object.fromEntries(feeds)), all);
      let at = 0;
      balances.push(
        laws.map(({ node, kept }) => {
          const [received, handed, size] = numbers.subarray(at, (at += 3)) as unknown as [number, number, number];
          const reasons = [...kept.keys()].map(reason => [reason, numbers[at++]!] as const);
          return {
            node: node.name,
            operator: node.operator,
            received,
            handed,
            size,
            kept: Object.fromEntries(reasons),
          };
        }),
      );
    }
    return balances;
  } finally {
    await executable.release();
  }
}

/** What is missing at a node, as a share of what passes through it, or of a thousandth of what leaves the output. */
function deviations(balances: readonly NodeBalance[]): number[] {
  const least = TOLERANCE * (balances[0]?.size ?? 0);
  return balances.map(({ received, handed, size, kept }) => {
    const missing = Math.abs(received - handed - Object.values(kept).reduce((sum, amount) => sum + amount, 0));
    return missing === 0 ? 0 : missing / Math.max(size, least);
  });
}

/** The first node on the way back at which more than rounding is missing. */
export function firstViolation(examples: readonly (readonly NodeBalance[])[]): NodeBalance | undefined {
  for (const balances of examples) {
    const at = deviations(balances).findIndex(deviation => !(deviation <= TOLERANCE));
    if (at >= 0) return balances[at];
  }
  return undefined;
}

const number = (value: number): string => value.toPrecision(4);
const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;

/**
 * @param sample what an example is to the rule: `pairs`
 */
export function conservationNotes(examples: readonly (readonly NodeBalance[])[], sample: string): Note[] {
  const [first] = examples;
  if (first === undefined || first.length === 0) return [];
  const violation = firstViolation(examples);
  if (violation !== undefined) {
    const { node, operator, received, handed } = violation;
    return [
      {
        level: 'warning',
        code: 'rules/conservation',
        message: `The rule does not conserve at ${node} (${operator}): its output received ${number(received)}, its inputs were handed ${number(handed)}. What lies behind it is not explained in full.`,
      },
    ];
  }
  const worst = Math.max(...examples.flatMap(deviations));
  return [
    {
      level: 'information',
      code: 'rules/conservation',
      message: `Conserved at each of ${first.length} nodes on ${examples.length} ${sample}; the largest deviation is ${percent(worst)} of what passes a node.`,
    },
  ];
}
