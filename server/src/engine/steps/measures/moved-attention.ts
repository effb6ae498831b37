/** The attention of a network, moved as far as the outputs of its heads allow, and the network run with it. */
import { Failure } from '../../failure.js';
import { sizeOf } from '../../graph/graph.js';
import { batchSize } from '../../methods/batch.js';
import { findAttentions } from '../../methods/model-based/attention.js';
import { moveAttention, type AttentionFreedomInput } from '../../metrics/attention-freedom.js';
import { belongsTo, substitute } from '../../transforms/layers.js';
import { runAll, type Inside } from './inside.js';

/** Attention as it is, and moved as far as the outputs of the heads allow. @throws Failure `attention/…` */
export async function movedAttention(inside: Inside, layer: string | undefined): Promise<AttentionFreedomInput> {
  const { builder, nodes, x, f } = inside.model.build(batchSize(inside.model));
  const batch = builder.shape(f)[0]!;
  const [found, ...others] = findAttentions(builder, nodes, batch).filter(
    ({ node }) => layer === undefined || belongsTo(node, layer),
  );
  if (found?.values === undefined || others.length > 0)
    throw new Failure('attention/none', 'one attention with values of its own for each head is expected', {
      place: inside.model.name,
      remedy: 'Name its layer: layer: "…".',
    });
  const { shares, values, product } = found;
  const [, heads, queries, keys] = builder.shape(shares) as [number, number, number, number];
  const plain = await runAll(inside, builder.finish([f, shares, values]), x);
  const [before, allShares, allValues] = [plain.get(f)!, plain.get(shares)!, plain.get(values)!];
  const size = queries * keys;
  const width = allValues.length / (before.length * heads);
  const after = new Float32Array(allShares.length);
  const [free, moved, top] = [0, 0, 0].map(() => new Float64Array(before.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let at = 0; at < before.length * heads; at++) {
    const one = moveAttention(
      allShares.subarray(at * size, (at + 1) * size),
      allValues.subarray(at * width, (at + 1) * width),
      keys,
    );
    after.set(one.shares, at * size);
    const example = Math.floor(at / heads);
    free[example]! += one.free / heads;
    moved[example]! += one.moved / heads;
    top[example]! += one.top / heads;
  }
  const attention = product.inputs[0]!;
  const shape = builder.shape(attention);
  const given = builder.input('attention~given', 'float32', shape);
  const changed = substitute(builder, f, attention, given);
  const perBatch = sizeOf(shape);
  const again = await runAll(inside, builder.finish([changed]), x, from => {
    const data = new Float32Array(perBatch);
    const start = from * heads * size;
    data.set(after.subarray(start, start + perBatch));
    return { [given]: { type: 'float32', shape, data } };
  });
  return { free, moved, top, before: Float64Array.from(before), after: Float64Array.from(again.get(changed)!) };
}
