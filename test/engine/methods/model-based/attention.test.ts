import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { floats, sizeOf, type Graph } from '../../../../server/src/engine/graph/graph.js';
import { columnBasis, projectRows } from '../../../../server/src/engine/methods/model-based/projection.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import type { Json } from '../../../../server/src/protocol.js';
import { expectSameMap, scaleOf, sum } from '../close.js';
import { network, sequences } from '../networks.js';
import { call, encode, openBatch, Workbench, type Result } from '../workbench.js';

const LENGTH = 6;
const HEADS = 2;
const WIDTH = 2;

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const random = new Stream(3, 'attention test');
const drawn = (...shape: number[]) =>
  floats(
    shape,
    Array.from({ length: sizeOf(shape) }, () => random.normal()),
  );
const PROJECTIONS = ['query', 'key', 'value'].map(() => drawn(4, HEADS * WIDTH));
const OUT = drawn(LENGTH * HEADS * WIDTH, 1);

/** Multi-head attention over the positions, as exporters write it: projections, heads apart, scale, softmax, values. */
function attention(): Graph {
  const builder = new GraphBuilder('attention');
  const x = builder.input('x', 'float32', [1, LENGTH, 4]);
  const [query, key, value] = PROJECTIONS.map(weights => {
    const all = builder.add('MatMul', [x, builder.constant(weights)]);
    const heads = builder.add('Reshape', [all, builder.integers([0, LENGTH, HEADS, WIDTH])]);
    return builder.add('Transpose', [heads], { perm: [0, 2, 1, 3] });
  }) as [string, string, string];
  const turned = builder.add('Transpose', [key], { perm: [0, 1, 3, 2] });
  const scores = builder.add('Div', [builder.add('MatMul', [query, turned]), builder.scalar(Math.SQRT2)]);
  builder.append({
    operator: 'Softmax',
    name: 'block/softmax',
    inputs: [scores],
    outputs: ['shares'],
    attributes: { axis: -1 },
  });
  const mixed = builder.add('Transpose', [builder.add('MatMul', ['shares', value])], { perm: [0, 2, 1, 3] });
  const flat = builder.add('Reshape', [mixed, builder.integers([0, LENGTH * HEADS * WIDTH])]);
  return openBatch(builder.finish([builder.add('MatMul', [flat, builder.constant(OUT)])]));
}

/** [head][position][dimension] of a projection of a sequence. */
function projected(x: Float32Array, which: number): number[][][] {
  const weights = PROJECTIONS[which]!.data as Float32Array;
  return Array.from({ length: HEADS }, (_, head) =>
    Array.from({ length: LENGTH }, (_, position) =>
      Array.from({ length: WIDTH }, (_, d) =>
        sum([0, 1, 2, 3].map(base => x[position * 4 + base]! * weights[base * HEADS * WIDTH + head * WIDTH + d]!)),
      ),
    ),
  );
}

const explain = async (
  name: string,
  given: Readonly<Record<string, Json>> = {},
  graph = attention(),
): Promise<Result> =>
  bench.explain(call('method', name, given), await bench.target(graph, LENGTH), await bench.sequences(...SEQUENCES));
const SEQUENCES = sequences(3, LENGTH, 4);

describe('attention', () => {
  it('is the softmax of the scaled products, by layer, head, query and key', async () => {
    const { arrays, meta } = await explain('attention_maps');
    const expected = SEQUENCES.flatMap(sequence => {
      const [query, key] = [0, 1].map(which => projected(encode(sequence), which)) as [number[][][], number[][][]];
      return query.flatMap((rows, head) =>
        rows.flatMap(q => {
          const scores = key[head]!.map(k => Math.exp(sum(q.map((v, d) => v * k[d]!)) / Math.SQRT2));
          return scores.map(score => score / sum(scores));
        }),
      );
    });
    expectSameMap(arrays['array']!, expected, 1e-5);
    expect(meta.arrays[0]!.axes).toMatchObject([
      { name: 'example', size: 3 },
      { name: 'layer', size: 1, labels: ['block/softmax'] },
      { name: 'head', size: HEADS },
      { name: 'query', size: LENGTH },
      { name: 'key', size: LENGTH },
    ]);
  });

  it('is found by the layer that it belongs to; other names are refused with those that there are', async () => {
    expect((await explain('attention_maps', { layer: 'block' })).meta.rows).toBe(3);
    await expect(explain('attention_maps', { layer: 'other' })).rejects.toMatchObject({
      problem: { code: 'attention/none', remedy: 'There is one at block/softmax.' },
    });
    const squashed = network({ length: LENGTH, units: 3, ending: 'Softmax' });
    const target = await bench.target(squashed, LENGTH, call('target', 'output', { index: 0 }));
    await expect(
      bench.explain(call('method', 'attention_maps'), target, await bench.sequences(...SEQUENCES)),
    ).rejects.toMatchObject({ problem: { code: 'attention/none' } });
  });
});

describe('effective attention', () => {
  it('times the values is attention times the values, and has nothing that they cancel', async () => {
    const plain = (await explain('attention_maps')).arrays['array']!;
    const effective = (await explain('effective_attention')).arrays['array']!;
    const times = (map: ArrayLike<number>): number[] =>
      SEQUENCES.flatMap((sequence, row) =>
        projected(encode(sequence), 2).flatMap((values, head) =>
          Array.from({ length: LENGTH }, (_, query) => {
            const from = ((row * HEADS + head) * LENGTH + query) * LENGTH;
            return [0, 1].map(d => sum(values.map((value, key) => map[from + key]! * value[d]!)));
          }).flat(),
        ),
      );
    expectSameMap(times(effective), times(plain), 1e-5);
    // Six keys, two dimensions: a map of equal sums has four free directions, and effective attention uses none.
    const length = (map: ArrayLike<number>): number => Math.sqrt(sum(Array.from(map, v => v * v)));
    expect(length(effective)).toBeLessThan(0.95 * length(plain));
    const rests = plain.map((v, i) => v - effective[i]!);
    expect(scaleOf(times(rests))).toBeLessThan(1e-5);
  });
});

describe('projection', () => {
  it('leaves rows of the span, removes what is orthogonal to it, and sees the rank', () => {
    // Columns (1, 1, 0), (2, 2, 0) and (0, 1, 1): rank 2, orthogonal to (1, −1, 1).
    const basis = columnBasis([1, 2, 0, 1, 2, 1, 0, 0, 1], 3);
    expect(basis.length).toBe(2);
    const rows = Float32Array.of(3, 4, 1, 1, -1, 1);
    const found = projectRows(rows, basis, 3);
    [3, 4, 1, 0, 0, 0].forEach((v, i) => expect(found[i]).toBeCloseTo(v, 6));
    expect(columnBasis([0, 0], 2)).toEqual([]);
  });
});
