import { describe, expect, it } from 'vitest';
import { interpret } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats } from '../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { kernelLayers, kernelNorms, rescaleUnits, scaleUnits } from '../../../server/src/engine/transforms/rescale.js';

const random = new Stream(4, 'rescale test');
const draw = (...shape: number[]) =>
  floats(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
  );
const positive = (...shape: number[]) => {
  const { data } = draw(...shape);
  return floats(
    shape,
    Array.from(data as Float32Array, value => Math.abs(value) + 0.1),
  );
};

const BATCH = 3;

/** Convolution, normalisation, ReLU, pool, convolution, ReLU, mean, product with a bias added, ReLU, Gemm. */
function network(): { builder: GraphBuilder; f: string } {
  const builder = new GraphBuilder('net');
  const add = (operator: string, inputs: string[], attributes = {}) => builder.add(operator, inputs, attributes);
  const constant = (...shape: number[]) => builder.constant(draw(...shape));
  let value = builder.input('x', 'float32', [BATCH, 4, 12]);
  value = add('Conv', [value, constant(6, 4, 3), constant(6)], { kernel_shape: [3], pads: [1, 1] });
  const moving = [builder.constant(positive(6)), constant(6), constant(6), builder.constant(positive(6))];
  value = add('BatchNormalization', [value, ...moving], { epsilon: 1e-3 });
  value = add('MaxPool', [add('Relu', [value])], { kernel_shape: [2], strides: [2] });
  value = add('Conv', [value, constant(5, 6, 3), constant(5)], { kernel_shape: [3] });
  value = add('AveragePool', [add('Relu', [value])], { kernel_shape: [2], strides: [1], pads: [1, 0] });
  value = add('Flatten', [add('Transpose', [value], { perm: [0, 2, 1] })], { axis: 1 });
  value = add('Add', [add('MatMul', [value, constant(20, 7)]), constant(7)]);
  value = add('Gemm', [add('LeakyRelu', [value], { alpha: 0.1 }), constant(7, 1), constant(1)]);
  return { builder, f: value };
}

describe('rescaled units', () => {
  const { builder, f } = network();
  const graph = builder.finish([f]);
  const layers = kernelLayers(graph);
  const extents = (name: string) => builder.shape(name);
  const x = { ...draw(BATCH, 4, 12), data: Float64Array.from(draw(BATCH, 4, 12).data as Float32Array) };
  const outputs = (of: typeof graph) => interpret(of, { x }).get(f)!.data;
  const factorsOf = (units: number) => Float64Array.from({ length: units }, () => Math.exp(2 * random.normal()));

  it.each([0, 1, 2])('of layer %i leave the function as it is, and change every norm', layer => {
    const node = layers[layer]!;
    const norms = kernelNorms(graph, node);
    const factors = factorsOf(norms.length);
    const changed = rescaleUnits(graph, extents, node, factors);
    const before = outputs(graph);
    outputs(changed).forEach((value, i) =>
      expect(Math.abs(value - before[i]!)).toBeLessThan(2e-5 * (1 + Math.abs(before[i]!))),
    );
    const own = changed.nodes.find(({ name }) => name === node.name)!;
    kernelNorms(changed, own).forEach((norm, unit) => expect(norm / (norms[unit]! * factors[unit]!)).toBeCloseTo(1, 5));
  });

  it('are what the units alone are not: scaled without compensation the function changes', () => {
    const changed = scaleUnits(
      graph,
      extents,
      layers[1]!,
      Float64Array.from({ length: 5 }, (_, i) => Number(i > 0)),
    );
    expect(outputs(changed).some((value, i) => Math.abs(value - outputs(graph)[i]!) > 1e-2)).toBe(true);
  });

  it('are taken out with a bias that a node of its own adds', () => {
    const without = Float64Array.from({ length: 7 }, (_, unit) => Number(unit !== 4));
    const sum = graph.nodes.find(({ operator }) => operator === 'Add')!.outputs[0]!;
    const values = (of: typeof graph) => interpret(of, { x }).get(sum)!.data;
    const before = values(graph);
    values(scaleUnits(graph, extents, layers[2]!, without)).forEach((value, at) =>
      expect(value).toBe(at % 7 === 4 ? 0 : before[at]),
    );
  });

  it('are refused by name where something does not let factors through', () => {
    const last = layers.at(-1)!;
    expect(() => rescaleUnits(graph, extents, last, Float64Array.of(2))).toThrow('nothing behind the layer takes');
    const curved = new GraphBuilder('curved');
    const hidden = curved.add('MatMul', [curved.input('x', 'float32', [BATCH, 4]), curved.constant(draw(4, 3))]);
    const end = curved.add('MatMul', [curved.add('Tanh', [hidden]), curved.constant(draw(3, 1))]);
    const other = curved.finish([end]);
    expect(() => rescaleUnits(other, name => curved.shape(name), kernelLayers(other)[0]!, factorsOf(3))).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ place: expect.stringContaining('Tanh') }) }),
    );
  });
});
