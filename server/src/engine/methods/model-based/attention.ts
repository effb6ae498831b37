/**
 * Attention of a network: the shares by which each query takes the values of the keys. In the graph that is a Softmax over
 * the last axis which a matrix product multiplies with computed values.
 *
 * Effective attention (Brunner et al. 2020, ICLR, arXiv 1908.04211, §3.2) leaves out what cannot reach the output: with more
 * keys than dimensions of the values, parts of an attention row are orthogonal to all columns of the values, and any such part
 * could be added without a change. Each row is projected onto the span of those columns.
 */
import type { attention_maps, effective_attention } from '../../../catalog/methods/index.js';
import type { ResultAxis } from '../../../store/result.js';
import { Failure } from '../../failure.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { numberAttribute, numbersAttribute, sizeOf, type Node } from '../../graph/graph.js';
import { belongsTo } from '../../transforms/layers.js';
import { batchSize } from '../batch.js';
import type { Method, MethodContext, PreparedMethod } from '../method.js';
import { Pass } from '../passes.js';
import { columnBasis, projectRows } from './projection.js';

/** Numbers of a block of maps: 64 MiB of float32. */
const BLOCK_NUMBERS = 2 ** 24;

interface Attention {
  /** Name of the Softmax node. */
  readonly name: string;
  /** [batch, head, query, key] */
  readonly shares: string;
  /** [batch, head, key, dimension]; undefined where heads share their values. */
  readonly values: string | undefined;
}

export const attentionMaps: Method<typeof attention_maps> = async (context, { layer }) => {
  const { builder, graph, found } = attentionsOf(context, layer);
  const all = found.map(({ shares }) => builder.add('Unsqueeze', [shares, builder.integers([1])]));
  const value = builder.add('Concat', all, { axis: 1 });
  const pass = await Pass.compile(context.model, context.executor, graph, value);
  return {
    ...maps(builder, found),
    explain: async ({ x }) => ({ map: await pass.run(x, context.passed) }),
    release: () => pass.release(),
  };
};

export const effectiveAttention: Method<typeof effective_attention> = async (context, { layer }) => {
  const { builder, graph, found } = attentionsOf(context, layer);
  const flat = (value: string): string => builder.add('Flatten', [value], { axis: 1 });
  const parts = found.flatMap(({ name, shares, values }) => {
    if (values !== undefined) return [shares, values];
    throw new Failure('attention/values', 'heads share their values', {
      place: `node ${name} of ${builder.name}`,
      remedy: 'Use attention_maps, or another layer.',
    });
  });
  const value = builder.add('Concat', parts.map(flat), { axis: 1 });
  const pass = await Pass.compile(context.model, context.executor, graph, value);
  const shapes = parts.map(part => builder.shape(part).slice(1) as [number, number, number]);
  return {
    ...maps(builder, found),
    explain: async ({ from, to, x }) => {
      const rows = await pass.run(x, context.passed);
      const projected: Float32Array[] = [];
      let at = 0;
      for (let row = from; row < to; row++)
        for (let attention = 0; attention < found.length; attention++) {
          const [heads, queries, keys] = shapes[2 * attention]!;
          const dimensions = shapes[2 * attention + 1]![2];
          const shares = rows.subarray(at, (at += heads * queries * keys));
          const values = rows.subarray(at, (at += heads * keys * dimensions));
          for (let head = 0; head < heads; head++) {
            const basis = columnBasis(values.subarray(head * keys * dimensions, (head + 1) * keys * dimensions), keys);
            projected.push(
              projectRows(shares.subarray(head * queries * keys, (head + 1) * queries * keys), basis, keys),
            );
          }
        }
      const map = new Float32Array(projected.reduce((size, part) => size + part.length, 0));
      projected.reduce((offset, part) => (map.set(part, offset), offset + part.length), 0);
      return { map };
    },
    release: () => pass.release(),
  };
};

/** What both methods have in common. @throws Failure `attention/shapes` when layers differ in heads or lengths */
function maps(
  builder: GraphBuilder,
  found: readonly Attention[],
): Pick<PreparedMethod, 'produces' | 'axes' | 'unit' | 'arrays' | 'blockRows' | 'ignoresOutputs' | 'notes'> {
  const [heads = 0, queries = 0, keys = 0] = builder.shape(found[0]!.shares).slice(1);
  const axes: ResultAxis[] = [
    { name: 'layer', size: found.length, labels: found.map(({ name }) => name) },
    { name: 'head', size: heads },
    { name: 'query', size: queries },
    { name: 'key', size: keys },
  ];
  const size = found.length * heads * queries * keys;
  return {
    produces: 'activation',
    axes,
    unit: 'share',
    arrays: [],
    blockRows: Math.max(1, Math.min(256, Math.floor(BLOCK_NUMBERS / size))),
    ignoresOutputs: true,
    notes: () => [],
  };
}

/** The attentions of a model, or those of one layer. */
function attentionsOf({ model }: MethodContext, layer: string | undefined) {
  const graph = model.build(batchSize(model));
  const { builder, nodes, f } = graph;
  const all = findAttentions(builder, nodes, builder.shape(f)[0]!);
  const found = layer === undefined ? all : all.filter(({ node }) => belongsTo(node, layer));
  const names = all.map(({ name }) => name).join(', ');
  if (found.length === 0)
    throw new Failure(
      'attention/none',
      `the model has no attention${layer === undefined ? '' : ` at ${layer}`}: no Softmax over keys that multiplies values`,
      { place: model.name, ...(all.length > 0 && { remedy: `There is one at ${names}.` }) },
    );
  const shapes = new Set(found.map(({ shares }) => builder.shape(shares).join()));
  if (shapes.size > 1)
    throw new Failure('attention/shapes', `the attentions ${names} differ in heads or lengths`, {
      place: model.name,
      remedy: 'Name one: layer: "…".',
    });
  return { builder, graph, found };
}

/**
 * @param batch extent of the batch axis
 * @returns with the Softmax, and the product that takes the values
 */
export function findAttentions(
  builder: GraphBuilder,
  nodes: readonly Node[],
  batch: number,
): (Attention & { readonly node: Node; readonly product: Node })[] {
  return nodes.flatMap(product => {
    const [left = '', right = ''] = product.inputs;
    const node = product.operator === 'MatMul' ? softmaxBehind(builder, left) : undefined;
    if (node === undefined || builder.header(right).constant !== undefined) return [];
    const [queries, keys] = builder.shape(left).slice(-2) as [number, number];
    const reshaped = (value: string, extents: readonly number[]): string =>
      builder.add('Reshape', [value, builder.integers([batch, ...extents])]);
    const heads = sizeOf(builder.shape(left)) / (batch * queries * keys);
    const dimensions = builder.shape(right).at(-1)!;
    const own = sizeOf(builder.shape(right)) === batch * heads * keys * dimensions;
    return [
      {
        node,
        product,
        name: node.name,
        shares: reshaped(left, [heads, queries, keys]),
        values: own ? reshaped(right, [heads, keys, dimensions]) : undefined,
      },
    ];
  });
}

/** The Softmax over the last axis of a value, perhaps behind rearrangements that leave that axis alone. */
function softmaxBehind(builder: GraphBuilder, value: string): Node | undefined {
  for (let node = builder.producer(value); node !== undefined; node = builder.producer(node.inputs[0]!)) {
    const rank = builder.rank(node.outputs[0]!);
    if (node.operator === 'Softmax') {
      const axis = numberAttribute(node, 'axis', -1);
      return axis === -1 || axis === rank - 1 ? node : undefined;
    }
    const keeps =
      node.operator === 'Transpose'
        ? numbersAttribute(node, 'perm')?.at(-1) === rank - 1
        : ['Reshape', 'Squeeze', 'Unsqueeze'].includes(node.operator) &&
          builder.shape(node.inputs[0]!).at(-1) === builder.shape(node.outputs[0]!).at(-1);
    if (!keeps) return undefined;
  }
  return undefined;
}
