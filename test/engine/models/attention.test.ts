/** Declared attention against plain loops, and its gradients against finite differences. */
import { describe, expect, it } from 'vitest';
import { interpret, referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats } from '../../../server/src/engine/graph/graph.js';
import { networkInput, planNetwork } from '../../../server/src/engine/models/network/network.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { StepGraph } from '../../../server/src/engine/train/step-graph.js';
import { drawWeights } from '../../../server/src/engine/train/weights.js';
import { call } from '../methods/workbench.js';

const [FEATURES, UNITS, HEADS, SIZE] = [5, 3, 2, 4];
const layer = (name: string, given = {}) => call('layer', name, given);
const network = (...layers: ReturnType<typeof layer>[]) =>
  planNetwork(call('network', 'layers', { layers }), [FEATURES]);

const random = new Stream(2, 'attention test');
const weightsOf = (planned: ReturnType<typeof network>) =>
  // Biases begin at 0: drawn here, so that they count.
  new Map(
    [...drawWeights(planned.parameters, 'he_normal', 1, 0)].map(([name, w]) => [
      name,
      w.map(v => v + 0.3 * random.normal()),
    ]),
  );

describe('self_attention behind tokens', () => {
  const attending = [layer('tokens', { units: UNITS }), layer('self_attention', { heads: HEADS, size: SIZE })];

  it('is softmax(Q Kᵀ / √size) V of each head, joined and projected', () => {
    const planned = network(...attending);
    const weights = weightsOf(planned);
    const builder = new GraphBuilder('net');
    const x = builder.input('x', 'float32', [1, FEATURES]);
    const shapes = new Map(planned.parameters.map(({ name, shape }) => [name, shape]));
    const parameter = (name: string) => builder.constant(floats(shapes.get(name)!, weights.get(name)!));
    const output = planned.emit({ builder, parameter }, networkInput(builder, x));
    const row = Array.from({ length: FEATURES }, () => random.normal());
    const found = interpret(builder.finish([output]), {
      x: { type: 'float32', shape: [1, FEATURES], data: Float64Array.from(row) },
    });

    const of = (name: string) => weights.get(name)!;
    const rows = row.map((value, j) =>
      Array.from(
        { length: UNITS },
        (_, u) => value * of('tokens_1/embedding')[u * FEATURES + j]! + of('tokens_1/position')[u * FEATURES + j]!,
      ),
    );
    const linear = (stem: string, inputs: number[][], width: number) =>
      inputs.map(input =>
        Array.from({ length: width }, (_, o) =>
          input.reduce(
            (sum, value, i) => sum + value * of(`self_attention_1/${stem}/kernel`)[i * width + o]!,
            of(`self_attention_1/${stem}/bias`)[o]!,
          ),
        ),
      );
    const [q, k, v] = ['query', 'key', 'value'].map(stem => linear(stem, rows, HEADS * SIZE)) as [
      number[][],
      number[][],
      number[][],
    ];
    const joined = rows.map((_, i) =>
      Array.from({ length: HEADS }, (_h, h) => {
        const part = (all: number[]) => all.slice(h * SIZE, (h + 1) * SIZE);
        const scores = rows.map((_r, j) =>
          Math.exp(part(q[i]!).reduce((s, value, d) => s + value * part(k[j]!)[d]!, 0) / Math.sqrt(SIZE)),
        );
        const total = scores.reduce((a, b) => a + b);
        return Array.from({ length: SIZE }, (_d, d) =>
          scores.reduce((s, score, j) => s + (score / total) * part(v[j]!)[d]!, 0),
        );
      }).flat(),
    );
    const expected = linear('output', joined, UNITS);
    const values = found.get(output)!;
    expect(values.shape).toEqual([1, UNITS, FEATURES]);
    expected.forEach((vector, j) =>
      vector.forEach((value, u) => expect(values.data[u * FEATURES + j]).toBeCloseTo(value, 5)),
    );
  });

  it('is trained by the gradients of finite differences', async () => {
    const planned = network(...attending, layer('flatten'), layer('dense', { units: 1 }));
    const weights = weightsOf(planned);
    const rows = 3;
    const objective = { loss: 'mean_squared', l2: 0, angle: 0 } as const;
    const space = { alphabet: 'genotypes', shape: [FEATURES] } as const;
    const step = await StepGraph.compile(planned, space, rows, objective, referenceExecutor);
    const x = Float32Array.from({ length: rows * FEATURES }, () => random.normal());
    const y = Float32Array.from({ length: rows }, () => random.normal());
    const { gradients } = await step.run(x, y, new Map(), weights);
    expect(gradients.size).toBe(planned.parameters.length);
    for (const [name, gradient] of gradients) {
      const at = gradient.length - 1;
      const moved = async (by: number) => {
        const values = weights.get(name)!.slice();
        values[at]! += by;
        return (await step.run(x, y, new Map(), new Map([...weights, [name, values]]))).loss;
      };
      const numeric = ((await moved(1e-2)) - (await moved(-1e-2))) / 2e-2;
      expect(Math.abs(gradient[at]! - numeric), name).toBeLessThan(2e-3 * (1 + Math.abs(numeric)));
    }
  });
});
