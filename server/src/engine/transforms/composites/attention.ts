/** Attention and rotary positions as matrix products and softmax. Source: ONNX Attention-23, RotaryEmbedding-23. */
import type { Composite, Expansion } from './expansion.js';

/** [batch, positions, heads · width] → [batch, heads, positions, width]; a value of four axes is there already. */
function intoHeads(e: Expansion, value: string, heads: number): string {
  const shape = e.shape(value);
  if (shape.length === 4) return value;
  const [batch, positions, width] = shape as [number, number, number];
  return e.transpose(e.reshape(value, [batch, positions, heads, width / heads]), [0, 2, 1, 3]);
}

/** The way back, for values that came with three axes. */
function fromHeads(e: Expansion, value: string): string {
  const [batch, heads, positions, width] = e.shape(value) as [number, number, number, number];
  return e.reshape(e.transpose(value, [0, 2, 1, 3]), [batch, positions, heads * width]);
}

/** Every head `times` times in a row, for queries that share keys. */
function repeatHeads(e: Expansion, value: string, times: number): string {
  const [batch, heads, positions, width] = e.shape(value) as [number, number, number, number];
  if (times === 1) return value;
  const wide = e.add('Expand', [
    e.reshape(value, [batch, heads, 1, positions, width]),
    e.integers([batch, heads, times, positions, width]),
  ]);
  return e.reshape(wide, [batch, heads * times, positions, width]);
}

/** A truth value for every query and key: whether the key may be seen. */
function earlier(e: Expansion, queries: number, keys: number): string {
  const seen = Uint8Array.from({ length: queries * keys }, (_, i) => Number(i % keys <= Math.floor(i / keys)));
  return e.tensor({ type: 'bool', shape: [queries, keys], data: seen });
}

/** softmax(scale · Q Kᵀ + mask) V for each head. */
const attention: Composite = {
  name: 'Attention',
  parts: ['Reshape', 'Transpose', 'Expand', 'Mul', 'MatMul', 'Where', 'Add', 'Softmax'],
  expand: e => {
    if ([4, 5, 6].some(index => e.optional(index) !== undefined)) e.refuse('with keys and values of the past');
    if (e.number('softcap', 0) !== 0) e.refuse('with softcap');
    const q = intoHeads(e, e.input(0), e.number('q_num_heads', 1));
    const [, heads, queries, width] = e.shape(q) as [number, number, number, number];
    const [k, v] = [1, 2].map(index => {
      const value = intoHeads(e, e.input(index), e.number('kv_num_heads', 1));
      return repeatHeads(e, value, heads / e.shape(value)[1]!);
    }) as [string, string];
    const scale = e.number('scale', 1 / Math.sqrt(width));
    let scores = e.add('MatMul', [e.add('Mul', [q, e.scalar(scale)]), e.transpose(k, [0, 1, 3, 2])]);
    const hide = (seen: string): string => e.add('Where', [seen, scores, e.scalar(-Infinity)]);
    if (e.number('is_causal', 0) === 1) scores = hide(earlier(e, queries, e.shape(k)[2]!));
    const mask = e.optional(3);
    if (mask !== undefined) scores = e.builder.header(mask).type === 'bool' ? hide(mask) : e.add('Add', [scores, mask]);
    const y = e.add('MatMul', [e.add('Softmax', [scores], { axis: -1 }), v]);
    return [e.shape(e.input(0)).length === 3 ? fromHeads(e, y) : y];
  },
};

/** Pairs of a head's elements, turned by an angle for each position. */
const rotary: Composite = {
  name: 'RotaryEmbedding',
  parts: ['Reshape', 'Transpose', 'Gather', 'Slice', 'Mul', 'Sub', 'Add', 'Concat'],
  expand: e => {
    const x = e.input(0);
    const value = intoHeads(e, x, e.number('num_heads', 1));
    const [batch, heads, positions, width] = e.shape(value) as [number, number, number, number];
    const turned = e.number('rotary_embedding_dim', 0) || width;
    const half = turned / 2;
    const [cos, sin] = [1, 2].map(index => {
      const ids = e.optional(3);
      const angles = ids === undefined ? e.input(index) : e.add('Gather', [e.input(index), ids], { axis: 0 });
      return e.reshape(angles, [e.shape(angles)[0]!, 1, positions, half]);
    }) as [string, string];
    // Pairs stand side by side, or a half apart.
    const interleaved = e.number('interleaved', 0) === 1;
    const part = e.slice(value, 3, 0, turned);
    const pairs = e.reshape(part, [batch, heads, positions, ...(interleaved ? [half, 2] : [2, half])]);
    const axis = interleaved ? 4 : 3;
    const [a, b] = [0, 1].map(i => e.reshape(e.slice(pairs, axis, i, i + 1), [batch, heads, positions, half])) as [
      string,
      string,
    ];
    const times = (left: string, right: string): string => e.add('Mul', [left, right]);
    const results = [e.add('Sub', [times(a, cos), times(b, sin)]), e.add('Add', [times(a, sin), times(b, cos)])].map(
      result => e.reshape(result, [batch, heads, positions, ...(interleaved ? [half, 1] : [1, half])]),
    );
    const joined = e.reshape(e.add('Concat', results, { axis }), [batch, heads, positions, turned]);
    const whole = turned === width ? joined : e.add('Concat', [joined, e.slice(value, 3, turned, width)], { axis: 3 });
    return [e.shape(x).length === 3 ? fromHeads(e, whole) : whole];
  },
};

export const ATTENTION: readonly Composite[] = [attention, rotary];
