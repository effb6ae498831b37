/** Matrix products. Sources: ONNX MatMul-13, Gemm-13. */
import type { GraphBuilder } from '../graph/builder.js';
import { numberAttribute, sizeOf, type Node } from '../graph/graph.js';
import { broadcastIndex, broadcastShape, unbroadcast } from './broadcast.js';
import { given, ShapeError, type Operator, type Value } from './operator.js';

/** Sum of products over the shared axis of matrices [m, k] and [k, n] inside larger arrays. */
function multiply(
  a: Float64Array,
  b: Float64Array,
  y: Float64Array,
  [m, k, n]: readonly [number, number, number],
  [fromA, fromB, toY]: readonly [number, number, number],
): void {
  for (let i = 0; i < m; i++)
    for (let j = 0; j < k; j++) {
      const left = a[fromA + i * k + j]!;
      for (let c = 0; c < n; c++) y[toY + i * n + c]! += left * b[fromB + j * n + c]!;
    }
}

/** Shapes of a product with 1-D operands lifted to matrices, as NumPy's matmul does. */
function matmulShapes(a: readonly number[], b: readonly number[]) {
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const [m, k] = left.slice(-2) as [number, number];
  const [inner, n] = right.slice(-2) as [number, number];
  if (k !== inner) throw new ShapeError(`MatMul: inner extents ${k} and ${inner} differ`);
  const batch = broadcastShape(left.slice(0, -2), right.slice(0, -2));
  const shape = [...batch, ...(a.length === 1 ? [] : [m]), ...(b.length === 1 ? [] : [n])];
  return { left, right, batch, m, k, n, shape };
}

const transposeLast = (builder: GraphBuilder, value: string): string => {
  const perm = builder.shape(value).map((_, axis) => axis);
  const last = perm.length - 1;
  [perm[last - 1], perm[last]] = [last, last - 1];
  return builder.add('Transpose', [value], { perm });
};

const matmul: Operator = {
  name: 'MatMul',
  infer: (node, inputs) => {
    const a = given(inputs, 0, node);
    return [{ type: a.type, shape: matmulShapes(a.shape, given(inputs, 1, node).shape).shape }];
  },
  evaluate: (node, inputs) => {
    const a = given(inputs, 0, node);
    const b = given(inputs, 1, node);
    const { left, right, batch, m, k, n, shape } = matmulShapes(a.shape, b.shape);
    const indexA = broadcastIndex(left.slice(0, -2), batch);
    const indexB = broadcastIndex(right.slice(0, -2), batch);
    const data = new Float64Array(sizeOf(shape));
    for (let i = 0; i < sizeOf(batch); i++)
      multiply(a.data, b.data, data, [m, k, n], [indexA[i]! * m * k, indexB[i]! * k * n, i * m * n]);
    return [{ type: a.type, shape, data }];
  },
  gradient: ({ builder, inputs, cotangent, wanted }) => {
    const [a, b] = inputs as [string, string];
    const { left, right, batch, m, n } = matmulShapes(builder.shape(a), builder.shape(b));
    const lift = (value: string, shape: readonly number[]): string =>
      builder.add('Reshape', [value, builder.integers(shape)]);
    const g = lift(cotangent, [...batch, m, n]);
    const back = (value: string, lifted: readonly number[], shape: readonly number[]): string =>
      lift(unbroadcast(builder, value, lifted), shape);
    return [
      wanted[0]
        ? back(builder.add('MatMul', [g, transposeLast(builder, lift(b, right))]), left, builder.shape(a))
        : undefined,
      wanted[1]
        ? back(builder.add('MatMul', [transposeLast(builder, lift(a, left)), g]), right, builder.shape(b))
        : undefined,
    ];
  },
};

function gemmShapes(node: Node, a: readonly number[], b: readonly number[]) {
  const transA = numberAttribute(node, 'transA', 0) === 1;
  const transB = numberAttribute(node, 'transB', 0) === 1;
  if (a.length !== 2 || b.length !== 2) throw new ShapeError(`Gemm: shapes [${a}] and [${b}] are not matrices`);
  const [m, k] = (transA ? [a[1], a[0]] : a) as [number, number];
  const [inner, n] = (transB ? [b[1], b[0]] : b) as [number, number];
  if (k !== inner) throw new ShapeError(`Gemm: inner extents ${k} and ${inner} differ`);
  return { transA, transB, m, k, n };
}

function transposed(x: Value): Float64Array {
  const [rows, columns] = x.shape as [number, number];
  return Float64Array.from(x.data, (_, i) => x.data[(i % rows) * columns + Math.floor(i / rows)]!);
}

const gemm: Operator = {
  name: 'Gemm',
  infer: (node, inputs) => {
    const a = given(inputs, 0, node);
    const { m, n } = gemmShapes(node, a.shape, given(inputs, 1, node).shape);
    return [{ type: a.type, shape: [m, n] }];
  },
  evaluate: (node, inputs) => {
    const a = given(inputs, 0, node);
    const b = given(inputs, 1, node);
    const { transA, transB, m, k, n } = gemmShapes(node, a.shape, b.shape);
    const alpha = numberAttribute(node, 'alpha', 1);
    const beta = numberAttribute(node, 'beta', 1);
    const data = new Float64Array(m * n);
    multiply(transA ? transposed(a) : a.data, transB ? transposed(b) : b.data, data, [m, k, n], [0, 0, 0]);
    const c = inputs[2];
    const index = c && broadcastIndex(c.shape, [m, n]);
    return [
      { type: a.type, shape: [m, n], data: data.map((v, i) => alpha * v + (c ? beta * c.data[index![i]!]! : 0)) },
    ];
  },
  gradient: ({ builder, node, inputs, cotangent, wanted }) => {
    const [a, b, c] = inputs as [string, string, string?];
    const { transA, transB } = gemmShapes(node, builder.shape(a), builder.shape(b));
    const alpha = numberAttribute(node, 'alpha', 1);
    const product = (left: string, right: string, flipLeft: boolean, flipRight: boolean): string =>
      builder.add('Gemm', [left, right], { alpha, transA: Number(flipLeft), transB: Number(flipRight) });
    const g = cotangent;
    return [
      wanted[0] ? (transA ? product(b, g, transB, true) : product(g, b, false, !transB)) : undefined,
      wanted[1] ? (transB ? product(g, a, true, transA) : product(a, g, !transA, false)) : undefined,
      wanted[2]
        ? unbroadcast(
            builder,
            builder.add('Mul', [g, builder.scalar(numberAttribute(node, 'beta', 1))]),
            builder.shape(c!),
          )
        : undefined,
    ];
  },
};

export const PRODUCTS: readonly Operator[] = [matmul, gemm];
