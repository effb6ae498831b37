/** Rows of numbers and functions of them, made on the spot. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import type { Graph } from '../../../../server/src/engine/graph/graph.js';
import type { Target } from '../../../../server/src/protocol.js';
import { weightedSum } from '../networks.js';
import { call, openBatch, type Workbench } from '../workbench.js';

export type Alphabet = 'genotypes' | 'expression';

const SIZE = { genotypes: 'variants', expression: 'genes' } as const;

/** A function of x [1, features] given by nodes that end in a value [1, 1]; the batch axis is open. */
export function rowFunction(features: number, body: (builder: GraphBuilder, x: string) => string): Graph {
  const builder = new GraphBuilder('toy');
  return openBatch(builder.finish([body(builder, builder.input('x', 'float32', [1, features]))]));
}

export const linear = (weights: readonly number[], bias = 0): Graph =>
  rowFunction(weights.length, (builder, x) => weightedSum(builder, x, weights, bias));

/** One feature of x, as [1, 1]. */
export const feature = (builder: GraphBuilder, x: string, index: number): string =>
  builder.add('Gather', [x, builder.integers([index])], { axis: 1 });

export function targetOf(
  bench: Workbench,
  graph: Graph,
  features: number,
  alphabet: Alphabet = 'expression',
): Promise<Target> {
  return bench.target(graph, features, call('target', 'logit'), {
    input: call('alphabet', alphabet, { [SIZE[alphabet]]: features }),
  });
}

let tables = 0;

/** The key of a data set of these rows; the features are named g0, g1 … where nothing else is given. */
export async function dataOf(
  bench: Workbench,
  rows: readonly (readonly number[])[],
  {
    as = 'expression',
    labels,
    names = rows[0]!.map((_, i) => `g${i}`),
  }: { as?: Alphabet; labels?: readonly number[]; names?: readonly string[] } = {},
): Promise<string> {
  const path = join(bench.folder, `rows${tables++}.csv`);
  const header = [...(labels ? ['label'] : []), ...names];
  const lines = rows.map((row, i) => [...(labels ? [labels[i]!] : []), ...row].join(','));
  await writeFile(path, [header.join(','), ...lines, ''].join('\n'));
  const source = call('source', 'table', { path: await bench.file(path), as, ...(labels && { label: 'label' }) });
  return (await bench.data(source)).key;
}
