/**
 * Resize as one linear map per axis: a product with the constant matrix of its weights, or a gather where each output element
 * is one input element. Source: ONNX Resize-19; coordinates and weights as onnxruntime computes them.
 */
import { floats, sizeOf, textAttribute } from '../../graph/graph.js';
import type { Composite, Expansion } from './expansion.js';

/** Position in the input of output element `x`, in elements. */
type Coordinate = (x: number, scale: number, input: number, output: number) => number;

const COORDINATES: Readonly<Record<string, Coordinate>> = {
  half_pixel: (x, scale) => (x + 0.5) / scale - 0.5,
  half_pixel_symmetric: (x, scale, input, output) => {
    const adjustment = output / (scale * input);
    return (input / 2) * (1 - adjustment) + (x + 0.5) / scale - 0.5;
  },
  pytorch_half_pixel: (x, scale, _, output) => (output > 1 ? (x + 0.5) / scale - 0.5 : 0),
  align_corners: (x, _, input, output) => (output === 1 ? 0 : (x * (input - 1)) / (output - 1)),
  asymmetric: (x, scale) => x / scale,
  tf_half_pixel_for_nn: (x, scale) => (x + 0.5) / scale,
};

const ROUNDINGS: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: x => Math.ceil(x - 0.5),
  round_prefer_ceil: x => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Weights of input elements around a position; elements may lie outside, where the nearest one inside stands for them. */
type Weights = (at: number) => readonly (readonly [element: number, weight: number])[];

const linear: Weights = at => {
  const low = Math.floor(at);
  return [
    [low, 1 - (at - low)],
    [low + 1, at - low],
  ];
};

/** Keys' cubic convolution kernel (Keys 1981, IEEE Trans. ASSP 29:1153). */
const cubic =
  (a: number): Weights =>
  at => {
    const low = Math.floor(at);
    return [-1, 0, 1, 2].map(step => {
      const d = Math.abs(at - low - step);
      const weight = d <= 1 ? (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1 : a * (d ** 3 - 5 * d ** 2 + 8 * d - 4);
      return [low + step, weight] as const;
    });
  };

interface Axis {
  readonly input: number;
  readonly output: number;
  readonly scale: number;
}

/** Extents and scales of all axes. */
function axesOf(e: Expansion, shape: readonly number[]): Axis[] {
  const written = e.node.attributes['axes'];
  const axes = Array.isArray(written)
    ? written.map(axis => (Number(axis) + shape.length) % shape.length)
    : [...shape.keys()];
  const scales = e.constant(2);
  const sizes = e.constant(3);
  const policy = textAttribute(e.node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') e.refuse(`with the policy ${policy}`);
  return shape.map((input, axis) => {
    const at = axes.indexOf(axis);
    if (at < 0) return { input, output: input, scale: 1 };
    if (sizes !== undefined && sizes.length > 0) return { input, output: sizes[at]!, scale: sizes[at]! / input };
    const scale = Math.fround(scales?.[at] ?? e.refuse('without scales or sizes'));
    return { input, output: Math.floor(input * scale), scale };
  });
}

export const RESIZE: Composite = {
  name: 'Resize',
  parts: ['Gather', 'Reshape', 'MatMul'],
  expand: e => {
    const x = e.input(0);
    const mode = textAttribute(e.node, 'mode', 'nearest');
    const transformation = textAttribute(e.node, 'coordinate_transformation_mode', 'half_pixel');
    const coordinate = COORDINATES[transformation] ?? e.refuse(`with the coordinates ${transformation}`);
    if (e.number('antialias', 0) === 1) e.refuse('with antialias');
    const axes = axesOf(e, e.shape(x));
    return [
      axes.reduce((value, { input, output, scale }, axis) => {
        if (input === output && scale === 1) return value;
        const positions = Array.from({ length: output }, (_, i) => coordinate(i, scale, input, output));
        const inside = (at: number): number => Math.min(input - 1, Math.max(0, at));
        if (mode === 'nearest') {
          const round =
            ROUNDINGS[textAttribute(e.node, 'nearest_mode', 'round_prefer_floor')] ?? e.refuse('of this rounding');
          return e.add('Gather', [value, e.integers(positions.map(at => inside(round(at))))], { axis });
        }
        const weights = mode === 'linear' ? linear : cubic(e.number('cubic_coeff_a', -0.75));
        const exclude = e.number('exclude_outside', 0) === 1;
        const matrix = new Float32Array(output * input);
        positions.forEach((at, row) => {
          const terms = weights(at).filter(([element]) => !exclude || inside(element) === element);
          const total = exclude ? terms.reduce((sum, [, weight]) => sum + weight, 0) : 1;
          for (const [element, weight] of terms) matrix[row * input + inside(element)]! += weight / total;
        });
        return along(e, value, axis, matrix, output);
      }, x),
    ];
  },
};

/** Multiplies the lines of one axis by a matrix [output, input]. */
function along(e: Expansion, value: string, axis: number, matrix: Float32Array, output: number): string {
  const shape = e.shape(value);
  const input = shape[axis]!;
  const inner = sizeOf(shape.slice(axis + 1));
  const flat = e.reshape(value, [sizeOf(shape.slice(0, axis)), input, inner]);
  const product = e.add('MatMul', [e.tensor(floats([output, input], matrix)), flat]);
  return e.reshape(product, shape.with(axis, output));
}
