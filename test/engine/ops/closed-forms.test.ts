/** Values and gradients worked out by hand: what the interpreter must give, whatever the native runtime does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, integers, sizeOf, type Attributes, type Tensor } from '../../../server/src/engine/graph/graph.js';
import { erf } from '../../../server/src/engine/ops/elementwise.js';
import { differentiate } from '../../../server/src/engine/transforms/autodiff.js';
import { expectSameNatively } from './judge.js';

const row = (...values: number[]): Tensor => floats([1, 1, values.length], values);

/** y = operator(inputs) and the gradients of Σ cotangent · y by the inputs that are not constant. */
function apply(
  operator: string,
  inputs: Tensor[],
  constants: Tensor[] = [],
  attributes: Attributes = {},
  cotangent?: Tensor,
) {
  const builder = new GraphBuilder('closed form');
  const names = inputs.map((tensor, i) => builder.input(`x${i}`, tensor.type, tensor.shape));
  const operands = [...names, ...constants.map(tensor => builder.constant(tensor))];
  const y = builder.addMany(operator, operands, attributes, operator === 'TopK' ? 2 : 1)[0]!;
  const shape = builder.shape(y);
  const seed = builder.constant(cotangent ?? floats(shape, new Float32Array(sizeOf(shape)).fill(1)));
  const found = differentiate(builder, builder.finish([y]).nodes, new Map([[y, seed]]), names);
  const gradients = found.map(name => builder.add('Identity', [name!]));
  const graph = builder.finish([y, ...gradients]);
  const feeds = Object.fromEntries(names.map((name, i) => [name, inputs[i]!]));
  const values = interpret(graph, Object.fromEntries(names.map((name, i) => [name, toValue(inputs[i]!)])));
  return {
    graph,
    feeds,
    y: [...values.get(y)!.data],
    gradients: gradients.map(name => [...values.get(name)!.data]),
  };
}

describe('closed forms', () => {
  // NIST Digital Library of Mathematical Functions, table 7.23 (values to 16 digits).
  it.each([
    [0, 0],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [-3, -0.9999779095030014],
    [7, 1],
  ])('erf(%d)', (x, value) => {
    expect(erf(x)).toBeCloseTo(value, 14);
  });

  it('correlates, with stride, dilation and padding', () => {
    const x = row(1, 2, 3, 4, 5);
    const w = row(1, -1, 2);
    expect(apply('Conv', [x], [w]).y).toEqual([5, 7, 9]);
    expect(apply('Conv', [x], [w], { pads: [1, 0] }).y).toEqual([3, 5, 7, 9]);
    expect(apply('Conv', [x], [w], { strides: [2] }).y).toEqual([5, 9]);
    const dilated = apply('Conv', [x], [w], { dilations: [2] });
    expect(dilated.y).toEqual([8]);
    expect(dilated.gradients).toEqual([[1, 0, -1, 0, 2]]);
  });

  it('scatters the transposed convolution', () => {
    const { y, gradients } = apply('ConvTranspose', [row(1, 10)], [row(1, 2, 3)], { strides: [2] });
    expect(y).toEqual([1, 2, 13, 20, 30]);
    expect(gradients).toEqual([[6, 6]]);
  });

  it('averages over what lies inside, or over the padding too', () => {
    const x = row(3, 6, 9);
    const attributes = { kernel_shape: [2], pads: [1, 0] };
    expect(apply('AveragePool', [x], [], attributes).y).toEqual([3, 4.5, 7.5]);
    expect(apply('AveragePool', [x], [], { ...attributes, count_include_pad: 1 }).y).toEqual([1.5, 4.5, 7.5]);
  });

  it('normalises exponentials', () => {
    const { y, gradients } = apply('Softmax', [row(0, Math.log(2), Math.log(3))], [], {}, row(1, 0, 0));
    [1 / 6, 2 / 6, 3 / 6].forEach((p, i) => expect(y[i]).toBeCloseTo(p, 6));
    // p₀ (δ₀ᵢ − pᵢ)
    [5 / 36, -2 / 36, -3 / 36].forEach((g, i) => expect(gradients[0]![i]).toBeCloseTo(g, 6));
  });

  it('sums the cotangents of an element that is gathered more than once', () => {
    const { y, gradients } = apply(
      'Gather',
      [floats([3], [7, 8, 9])],
      [integers([2, 0, -1, 2])],
      {},
      floats([4], [1, 2, 3, 4]),
    );
    expect(y).toEqual([9, 7, 9, 9]);
    expect(gradients).toEqual([[2, 0, 8]]);
  });
});

describe('indices that occur often', () => {
  it('are summed by a number of nodes that grows with the logarithm of their occurrences', () => {
    const indices = Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? 4 : i % 7));
    const cotangent = floats(
      [2000],
      Array.from({ length: 2000 }, (_, i) => (i % 5) - 1),
    );
    const { graph, gradients } = apply(
      'Gather',
      [floats([8], new Float32Array(8))],
      [integers(indices)],
      {},
      cotangent,
    );
    const expected = new Array<number>(8).fill(0);
    indices.forEach((at, i) => (expected[at]! += (i % 5) - 1));
    expect(gradients).toEqual([expected]);
    expect(graph.nodes.length).toBeLessThan(50);
  });
});

describe('the greatest k', () => {
  it('TopK hands each cotangent back to where its element stood', () => {
    const { y, gradients } = apply('TopK', [row(3, 9, 5, 7)], [integers([2])], {}, row(10, 20));
    expect(y).toEqual([9, 7]);
    expect(gradients).toEqual([[0, 10, 0, 20]]);
  });
});

describe('kinks', () => {
  it('ReduceL2 has no slope where everything is zero', () => {
    expect(apply('ReduceL2', [row(0, 0)]).gradients).toEqual([[0, 0]]);
    expect(apply('ReduceL2', [row(3, 4)], [], {}, row(5)).gradients[0]!.map(Math.round)).toEqual([3, 4]);
  });

  it.each([
    ['Relu', [0, 0, 1]],
    ['Abs', [-1, 0, 1]],
    ['LeakyRelu', [0.01, 0.01, 1]],
    ['Softsign', [0.25, 1, 0.25]],
  ])('%s at −1, 0 and 1', (operator, slopes) => {
    const { gradients } = apply(operator, [floats([3], [-1, 0, 1])]);
    slopes.forEach((slope, i) => expect(gradients[0]![i]).toBeCloseTo(slope, 6));
  });

  it('Clip passes the cotangent at its bounds', () => {
    const { gradients } = apply('Clip', [floats([4], [-2, -1, 1, 2])], [floats([], [-1]), floats([], [1])]);
    expect(gradients).toEqual([[0, 1, 1, 0]]);
  });
});

describe('ties', () => {
  it.each([
    ['side by side', { kernel_shape: [2], strides: [2] }, [1, 1, 0, 5, 3], row(6, 8), [3, 3, 0, 8, 0]],
    ['overlapping', { kernel_shape: [3] }, [1, 1, 1, 0], row(6, 8), [2, 6, 6, 0]],
    ['in padding', { kernel_shape: [2], pads: [1, 1] }, [-1, -1], row(1, 2, 4), [2, 5]],
  ])('MaxPool with windows %s shares the cotangent evenly', (_, attributes, x, cotangent, expected) => {
    expect(apply('MaxPool', [row(...x)], [], attributes, cotangent).gradients).toEqual([expected]);
  });

  it('MaxPool conserves the cotangent, however many elements tie', async () => {
    const native = await onnxruntimeExecutor(1);
    const property = fc.asyncProperty(fc.gen(), async draw => {
      const integer = (min: number, max: number): number => draw(fc.integer, { min, max });
      const [height, width] = [integer(3, 5), integer(3, 5)];
      const kernel_shape = [integer(1, 3), integer(1, 3)];
      const strides = [integer(1, 3), integer(1, 3)];
      const x = floats(
        [1, 2, height, width],
        Array.from({ length: 2 * height * width }, () => integer(0, 2)),
      );
      const pool = apply('MaxPool', [x], [], { kernel_shape, strides });
      const conserved = pool.gradients[0]!.reduce((sum, v) => sum + v, 0);
      expect(conserved).toBeCloseTo(pool.y.length, 5);
      await expectSameNatively(native, pool.graph, pool.feeds);
    });
    await fc.assert(property, { seed: 11, numRuns: 20 });
  });

  it('the extremes share it among what ties', () => {
    const a = floats([3], [1, 2, 3]);
    const b = floats([3], [1, 3, 2]);
    expect(apply('Max', [a, b]).gradients).toEqual([
      [0.5, 0, 1],
      [0.5, 1, 0],
    ]);
    expect(apply('Min', [a, b]).gradients).toEqual([
      [0.5, 1, 0],
      [0.5, 0, 1],
    ]);
    const x = floats([1, 1, 4], [2, 0, 2, 0]);
    expect(apply('ReduceMax', [x]).gradients).toEqual([[0.5, 0, 0.5, 0]]);
    expect(apply('ReduceMin', [x]).gradients).toEqual([[0, 0.5, 0, 0.5]]);
    expect(apply('GlobalMaxPool', [x]).gradients).toEqual([[0.5, 0, 0.5, 0]]);
  });
});

describe('integers', () => {
  it('divides shapes as ONNX does, cutting towards zero', () => {
    const builder = new GraphBuilder('division');
    const y = builder.add('Div', [builder.constant(integers([7, -7])), builder.constant(integers([2]))]);
    expect([...interpret(builder.finish([y]), {}).get(y)!.data]).toEqual([3, -3]);
  });
});
