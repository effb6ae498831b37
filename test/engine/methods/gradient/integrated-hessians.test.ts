import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import type { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { quadrature } from '../../../../server/src/engine/methods/gradient/quadrature.js';
import type { Json } from '../../../../server/src/protocol.js';
import { expectSameMap, sum } from '../close.js';
import { indicator, network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, path, Workbench, type Result } from '../workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const zeros = call('reference', 'zeros');

async function explain(
  graph: Parameters<Workbench['target']>[0],
  chosen: readonly string[],
  given: Readonly<Record<string, Json>> = {},
): Promise<Result> {
  const target = await bench.target(graph, chosen[0]!.length);
  const method = call('method', 'integrated_hessians', { baseline: zeros, ...given });
  return bench.explain(method, target, await bench.sequences(...chosen));
}

/** A function of x = A at 0, y = C at 1 and z = G at 2, all 1 for ACG. */
const ofVariables = (body: (b: GraphBuilder, x: string, y: string, z: string) => string) =>
  scalarFunction(3, (b, flat) => {
    const [x, y, z] = [...'ACG'].map((base, at) => weightedSum(b, flat, indicator(3, [at, base])));
    return body(b, x!, y!, z!);
  });
const near = (...values: number[]) => values.map(value => expect.closeTo(value, 5) as number);

describe('quadratic functions', () => {
  it('x·y interacts, z stays alone, and everything sums to the difference', async () => {
    const graph = ofVariables((b, x, y, z) => b.add('Add', [b.add('Mul', [x, y]), b.add('Mul', [z, b.scalar(3)])]));
    const { arrays, meta } = await explain(graph, ['ACG']);
    // ∫∫ αβ = ¼, and the diagonal has the other halves.
    expect([...arrays['array']!]).toEqual(near(0.25, 0.25, 0, 0.25, 0.25, 0, 0, 0, 3));
    expect([...arrays['totals']!]).toEqual(near(0.5, 0.5, 3));
    expect([...arrays['outputs']!]).toEqual([4, 0]);
    expect(meta.map).toBe('interaction');
    expect(meta.arrays[0]!.axes.map(({ name }) => name)).toEqual(['example', 'position', 'other position']);
  });

  it('x² has no partner', async () => {
    const graph = ofVariables((b, x) => b.add('Mul', [x, x]));
    expect([...(await explain(graph, ['ACG'])).arrays['array']!]).toEqual(near(1, 0, 0, 0, 0, 0, 0, 0, 0));
  });

  it('features that are named are enough', async () => {
    const graph = ofVariables((b, x, y, z) => b.add('Mul', [b.add('Mul', [x, y]), z]));
    const { arrays } = await explain(graph, ['ACG'], { features: [2, 0] });
    // ∂²/∂x∂z of xyz is y = t on the path: ∫ −t² ln t dt = 1/9.
    expect([...arrays['array']!]).toEqual(near(1 / 9, 1 / 9, 1 / 9, 1 / 9));
    expect([...arrays['totals']!]).toEqual(near(1 / 3, 1 / 3));
    await expect(explain(graph, ['ACG'], { features: [3] })).rejects.toMatchObject({
      problem: { code: 'method/features', message: 'the examples have no feature 3' },
    });
  });
});

describe('networks of ReLU', () => {
  const LENGTH = 12;
  const graph = network({ length: LENGTH });

  it('are refused without β', async () => {
    await expect(explain(graph, sequences(1, LENGTH))).rejects.toMatchObject({
      problem: { code: 'method/no-curvature', remedy: 'Replace its ReLU by a smooth one: beta: 10.' },
    });
  });

  it('with β interact symmetrically and completely', async () => {
    const baseline = call('reference', 'uniform');
    const { arrays, meta } = await explain(graph, sequences(2, LENGTH, 2), { baseline, beta: 4 });
    const map = arrays['array']!;
    const turned = map.map((_, at) => {
      const [row, i, j] = [Math.floor(at / LENGTH ** 2), Math.floor(at / LENGTH) % LENGTH, at % LENGTH];
      return map[row * LENGTH ** 2 + j * LENGTH + i]!;
    });
    expectSameMap(turned, map, 1e-4);
    for (let row = 0; row < 2; row++) {
      const [output, reference] = arrays['outputs']!.subarray(row * 2) as unknown as [number, number];
      const total = sum(arrays['totals']!.subarray(row * LENGTH, (row + 1) * LENGTH));
      expect(Math.abs(total - (output - reference))).toBeLessThan(1e-3 * Math.abs(output - reference));
    }
    expect(meta.notes.find(note => note.code === 'method/softened')?.message).toMatch(/^SoftPlus with β = 4 /);
  });

  it('rows sum to the integrated gradients of the softened network', async () => {
    // A large β: the softened network is the network itself, as far as first derivatives go.
    const baseline = call('reference', 'uniform');
    const chosen = sequences(2, LENGTH, 3);
    const { arrays } = await explain(graph, chosen, { baseline, beta: 60, steps: 512 });
    const target = await bench.target(graph, LENGTH);
    const gradients = await bench.explain(path(baseline, { steps: 512 }), target, await bench.sequences(...chosen));
    expectSameMap(arrays['totals']!, gradients.arrays['scores']!, 0.03);
  });
});

it('the quadrature integrates powers of t against −ln t', () => {
  const { nodes, weights } = quadrature('product', 32);
  for (const power of [0, 1, 2, 5]) {
    const found = sum(nodes.map((t, i) => t ** power * weights[i]!));
    expect(found).toBeCloseTo(1 / (power + 1) ** 2, 5);
  }
});
