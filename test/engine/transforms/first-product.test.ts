/** A graph cut behind its first product gives what it gave whole, and is left whole where there is no such product. */
import { expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, numbersOf, type Tensor } from '../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { firstProduct } from '../../../server/src/engine/transforms/first-product.js';

const [BATCH, SIZE, UNITS] = [3, 6, 2];
const stream = new Stream(1, 'test');
const drawn = (...shape: number[]): Tensor =>
  floats(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b) }, () => stream.normal()),
  );

const PRODUCTS: Record<string, (builder: GraphBuilder, rows: string) => string> = {
  'a Gemm with a bias': (b, rows) => b.add('Gemm', [rows, b.constant(drawn(SIZE, UNITS)), b.constant(drawn(UNITS))]),
  'a turned, scaled Gemm': (b, rows) =>
    b.add('Gemm', [rows, b.constant(drawn(UNITS, SIZE))], { transB: 1, alpha: 0.5 }),
  'a MatMul': (b, rows) =>
    b.add('Add', [b.add('MatMul', [rows, b.constant(drawn(SIZE, UNITS))]), b.constant(drawn(UNITS))]),
};

it.each(Object.entries(PRODUCTS))('%s', async (_, product) => {
  const builder = new GraphBuilder('toy');
  const x = builder.input('x', 'float32', [BATCH, 2, 3]);
  const f = builder.add('Tanh', [product(builder, builder.add('Reshape', [x, builder.integers([BATCH, SIZE])]))]);
  const cut = firstProduct(builder, x, f)!;
  const data = drawn(BATCH, 2, 3);
  const run = async (graph: GraphBuilder, input: string, tensor: Tensor, output: string) =>
    numbersOf((await (await referenceExecutor.load(graph.finish([output]))).run({ [input]: tensor }))[output]!);

  const h = await run(builder, x, data, cut.name);
  const whole = await run(builder, x, data, f);
  const again = await run(cut.rest, cut.name, floats([BATCH, UNITS], h), f);
  whole.forEach((value, i) => expect(again[i]).toBeCloseTo(value, 6));
  // What one number adds.
  const moved = Float32Array.from(data.data as Float32Array);
  moved[SIZE + 4]! += 1;
  const after = await run(builder, x, floats(data.shape, moved), cut.name);
  const added = [0, 0, ...cut.weights().subarray(4 * UNITS, 5 * UNITS), 0, 0];
  added.forEach((value, i) => expect(after[i]! - h[i]!).toBeCloseTo(value, 5));
});

it('is not there where something else reads the input', () => {
  const builder = new GraphBuilder('toy');
  const x = builder.input('x', 'float32', [BATCH, SIZE]);
  const product = builder.add('MatMul', [x, builder.constant(drawn(SIZE, SIZE))]);
  expect(firstProduct(builder, x, builder.add('Add', [product, x]))).toBeUndefined();
  expect(
    firstProduct(builder, x, builder.add('MatMul', [builder.add('Relu', [x]), builder.constant(drawn(SIZE, 1))])),
  ).toBeUndefined();
});
