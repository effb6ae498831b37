/**
 * Which methods explain the function, and which its implementation: two networks that are equal everywhere
 * (Sundararajan, Taly & Yan 2017, ICML, appendix B) and two plainer pairs.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import type { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { floats } from '../../../../server/src/engine/graph/graph.js';
import type { Call, Json } from '../../../../server/src/protocol.js';
import { findEntry } from '../../../../server/src/catalog/index.js';
import { indicator, scalarFunction, weightedSum } from '../networks.js';
import { call, Workbench } from '../workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

type Body = (b: GraphBuilder, x: string, y: string, flat: string) => string;
const relu = (b: GraphBuilder, value: string): string => b.add('Relu', [value]);
const minus = (b: GraphBuilder, a: string, c: string): string => b.add('Sub', [a, c]);

/** ReLU(ReLU(x) − 1 − ReLU(y)) and ReLU(ReLU(x − 1) − ReLU(y)), at x = 3 and y = 1. */
const NESTED: readonly [Body, Body] = [
  (b, x, y) => relu(b, minus(b, minus(b, relu(b, x), b.scalar(1)), relu(b, y))),
  (b, x, y) => relu(b, minus(b, relu(b, minus(b, x, b.scalar(1))), relu(b, y))),
];
/** −ReLU(x + y), and −(x + y) − ReLU(−x − y). */
const NEGATIVE: readonly [Body, Body] = [
  (b, x, y) => b.add('Neg', [relu(b, b.add('Add', [x, y]))]),
  (b, x, y) => {
    const negative = b.add('Neg', [b.add('Add', [x, y])]);
    return minus(b, negative, relu(b, negative));
  },
];
/** 3x, and (3x − y) + y in two layers. */
const LINEAR: readonly [Body, Body] = [
  (b, x) => x,
  (b, _x, _y, flat) => {
    const [three, one] = [indicator(3, [0, 'A']).map(v => 3 * v), indicator(3, [1, 'C'])];
    const weights = three.flatMap((v, i) => [v - one[i]!, one[i]!]);
    return b.add('Gemm', [
      b.add('MatMul', [flat, b.constant(floats([12, 2], weights))]),
      b.constant(floats([2, 1], [1, 1])),
    ]);
  },
];

/** Position scores of x and y. */
async function explain(method: Call, body: Body): Promise<number[]> {
  const graph = scalarFunction(3, (b, flat) => {
    const three = indicator(3, [0, 'A']).map(v => 3 * v);
    return body(b, weightedSum(b, flat, three), weightedSum(b, flat, indicator(3, [1, 'C'])), flat);
  });
  const target = await bench.target(graph, 3, call('target', 'output'));
  const { arrays } = await bench.explain(method, target, await bench.sequences('ACG'));
  return [...arrays['scores']!.subarray(0, 2)].map(v => Math.round(v * 1e4) / 1e4);
}

const method = (name: string, given: Readonly<Record<string, Json>> = {}): Call => call('method', name, given);
const baseline = call('reference', 'zeros');

describe('two networks that are equal everywhere', () => {
  it.each([
    method('saliency'),
    method('input_x_gradient'),
    method('in_silico_mutagenesis'),
    method('integrated_gradients', { baseline, steps: 256 }),
  ])('get one explanation by $call', async by => {
    const [first, second] = await Promise.all(NESTED.map(body => explain(by, body)));
    expect(second).toEqual(first);
  });

  it.each([
    ['deep_lift', method('deep_lift', { baseline }), NESTED, [1.5, -0.5], [2, -1]],
    ['lrp', method('lrp', { rule: 'z_plus' }), LINEAR, [3, 0], [2, 1]],
  ])('get two by %s, which its documentation says', async (name, by, bodies, first, second) => {
    expect(findEntry('method', name)!.documentation).toContain('Not implementation-invariant');
    expect(await explain(by, bodies[0])).toEqual(first);
    expect(await explain(by, bodies[1])).toEqual(second);
  });

  it.each(['guided_backpropagation', 'deconvolution'])('get two by %s', async name => {
    expect(findEntry('method', name)!.documentation).toContain('Not implementation-invariant');
    expect(await explain(method('saliency'), NEGATIVE[0])).toEqual(await explain(method('saliency'), NEGATIVE[1]));
    expect(await explain(method(name), NEGATIVE[0])).not.toEqual(await explain(method(name), NEGATIVE[1]));
  });
});
