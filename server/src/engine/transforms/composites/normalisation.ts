/**
 * Normalisations over elements of one example: mean and variance by reductions. The division by the standard deviation is
 * a product with a reciprocal, for which rules exist. Source: ONNX operator specification.
 */
import { sizeOf } from '../../graph/graph.js';
import type { Composite, Expansion } from './expansion.js';

/** 1 / √(mean of squares + ε) over some axes, which stay with extent 1. */
function inverseRoot(e: Expansion, x: string, axes: string): string {
  const squares = e.add('ReduceMean', [e.add('Mul', [x, x]), axes], { keepdims: 1 });
  return e.add('Reciprocal', [e.add('Sqrt', [e.add('Add', [squares, e.scalar(e.number('epsilon', 1e-5))])])]);
}

const MOMENTS = ['ReduceMean', 'Sub', 'Mul', 'Add', 'Sqrt', 'Reciprocal'];

/** (x − mean) / √(variance + ε) over some axes, with mean and reciprocal of the deviation. */
function standardise(e: Expansion, x: string, axes: readonly number[]): { y: string; mean: string; inverse: string } {
  const over = e.integers(axes);
  const mean = e.add('ReduceMean', [x, over], { keepdims: 1 });
  const centred = e.add('Sub', [x, mean]);
  const inverse = inverseRoot(e, centred, over);
  return { y: e.add('Mul', [centred, inverse]), mean, inverse };
}

const behind = (e: Expansion, x: string, axis: number): number[] =>
  Array.from({ length: e.builder.rank(x) - axis }, (_, i) => axis + i);

/** Scale and bias, where given, whose shapes broadcast to x. */
function affine(e: Expansion, y: string, scale: string, bias: string | undefined): string {
  const scaled = e.add('Mul', [y, scale]);
  return bias === undefined ? scaled : e.add('Add', [scaled, bias]);
}

const layer: Composite = {
  name: 'LayerNormalization',
  parts: MOMENTS,
  expand: e => {
    const x = e.input(0);
    const { y, mean, inverse } = standardise(e, x, behind(e, x, e.axis(x, 'axis', -1)));
    return [affine(e, y, e.input(1), e.optional(2)), mean, inverse];
  },
};

const rms = (name: string): Composite => ({
  name,
  parts: ['Mul', 'ReduceMean', 'Add', 'Sqrt', 'Reciprocal'],
  expand: e => {
    const x = e.input(0);
    const inverse = inverseRoot(e, x, e.integers(behind(e, x, e.axis(x, 'axis', -1))));
    return [affine(e, e.add('Mul', [x, inverse]), e.input(1), e.optional(2)), inverse];
  },
});

/** Channels in groups, each normalised over its channels and positions; scale and bias per channel. */
function perGroup(e: Expansion, groups: number): readonly string[] {
  const x = e.input(0);
  const shape = e.shape(x);
  const [batch, channels] = shape as [number, number];
  if (channels % groups !== 0) e.refuse(`of ${channels} channels in ${groups} groups`);
  const { y } = standardise(e, e.reshape(x, [batch, groups, sizeOf(shape) / (batch * groups)]), [2]);
  const perChannel = shape.slice(1).map((extent, axis) => (axis === 0 ? extent : 1));
  const [scale, bias] = [e.input(1), e.input(2)].map(value => e.reshape(value, perChannel));
  return [affine(e, e.reshape(y, shape), scale!, bias)];
}

/** x / ‖x‖ along an axis; a line of zeros stays one. */
const lp: Composite = {
  name: 'LpNormalization',
  parts: ['ReduceL1', 'ReduceL2', 'Equal', 'Where', 'Div'],
  expand: e => {
    const x = e.input(0);
    const axes = e.integers([e.axis(x, 'axis', -1)]);
    const norm = e.add(e.number('p', 2) === 1 ? 'ReduceL1' : 'ReduceL2', [x, axes], { keepdims: 1 });
    const zero = e.add('Equal', [norm, e.scalar(0)]);
    return [e.add('Div', [x, e.add('Where', [zero, e.scalar(1), norm])])];
  },
};

export const NORMALISATIONS: readonly Composite[] = [
  layer,
  rms('RMSNormalization'),
  rms('SimplifiedLayerNormalization'),
  { name: 'GroupNormalization', parts: [...MOMENTS, 'Reshape'], expand: e => perGroup(e, e.number('num_groups', 1)) },
  { name: 'InstanceNormalization', parts: [...MOMENTS, 'Reshape'], expand: e => perGroup(e, e.shape(e.input(0))[1]!) },
  lp,
];
