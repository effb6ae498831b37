/**
 * Operators that move elements to places that are known beforehand: reshapes, gathers and masks of constants.
 * Source: ONNX operator specification.
 */
import { integers, sizeOf, stridesOf, textAttribute, type Tensor } from '../../graph/graph.js';
import { ShapeError } from '../../ops/operator.js';
import type { Composite, Expansion } from './expansion.js';

/** All multi-indices of a shape, row-major, one after the other. */
function* indicesOf(shape: readonly number[]): Generator<readonly number[]> {
  const strides = stridesOf(shape);
  for (let i = 0; i < sizeOf(shape); i++) yield shape.map((extent, axis) => Math.floor(i / strides[axis]!) % extent);
}

const bools = (shape: readonly number[], values: readonly boolean[]): Tensor => ({
  type: 'bool',
  shape,
  data: Uint8Array.from(values, Number),
});

/** A zero that stands beside a value of any type. */
const zeroLike = (e: Expansion, value: string): string =>
  e.add('Cast', [e.scalar(0)], { to: e.builder.header(value).type });

/** Elements of a value by their linear indices. */
function pick(e: Expansion, value: string, indices: readonly number[], shape: readonly number[]): string {
  const flat = e.reshape(value, [sizeOf(e.shape(value))]);
  return e.add('Gather', [flat, e.tensor(integers(indices, shape))], { axis: 0 });
}

/** Repeats along every axis: [a] → [1, a] → [r, a] → [r · a]. */
const tile: Composite = {
  name: 'Tile',
  parts: ['Reshape', 'Expand'],
  expand: e => {
    const x = e.input(0);
    const repeats = e.constant(1)!;
    const shape = e.shape(x);
    const wide = e.reshape(
      x,
      shape.flatMap(extent => [1, extent]),
    );
    const repeated = e.add('Expand', [wide, e.integers(shape.flatMap((extent, axis) => [repeats[axis]!, extent]))]);
    return [
      e.reshape(
        repeated,
        shape.map((extent, axis) => extent * repeats[axis]!),
      ),
    ];
  },
};

/** Blocks of channels become blocks of positions, or the other way round; two spatial axes. */
const depthToSpace: Composite = {
  name: 'DepthToSpace',
  parts: ['Reshape', 'Transpose'],
  expand: e => {
    const x = e.input(0);
    const [n, c, h, w] = e.shape(x) as [number, number, number, number];
    const b = e.number('blocksize', 1);
    const rest = c / (b * b);
    const columnsFirst = textAttribute(e.node, 'mode', 'DCR') === 'CRD';
    const blocks = e.reshape(x, columnsFirst ? [n, rest, b, b, h, w] : [n, b, b, rest, h, w]);
    const moved = e.transpose(blocks, columnsFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
    return [e.reshape(moved, [n, rest, h * b, w * b])];
  },
};

const spaceToDepth: Composite = {
  name: 'SpaceToDepth',
  parts: ['Reshape', 'Transpose'],
  expand: e => {
    const x = e.input(0);
    const [n, c, h, w] = e.shape(x) as [number, number, number, number];
    const b = e.number('blocksize', 1);
    const blocks = e.transpose(e.reshape(x, [n, c, h / b, b, w / b, b]), [0, 3, 5, 1, 2, 4]);
    return [e.reshape(blocks, [n, c * b * b, h / b, w / b])];
  },
};

/** Keeps one triangle of each matrix. */
const trilu: Composite = {
  name: 'Trilu',
  parts: ['Where', 'Cast'],
  expand: e => {
    const x = e.input(0);
    const [rows, columns] = e.shape(x).slice(-2) as [number, number];
    const k = e.constant(1)?.[0] ?? 0;
    const upper = e.number('upper', 1) === 1;
    const kept = Array.from({ length: rows * columns }, (_, at) => {
      const diagonal = (at % columns) - Math.floor(at / columns);
      return upper ? diagonal >= k : diagonal <= k;
    });
    return [e.add('Where', [e.tensor(bools([rows, columns], kept)), x, zeroLike(e, x)])];
  },
};

/** Where a padded position of an axis reads: beyond the ends by reflection, by the edge, or from the other end. */
const SOURCES: Readonly<Record<string, (at: number, extent: number) => number>> = {
  reflect: (at, extent) => {
    const period = Math.max(1, 2 * (extent - 1));
    const within = ((at % period) + period) % period;
    return Math.min(within, period - within);
  },
  edge: (at, extent) => Math.min(extent - 1, Math.max(0, at)),
  wrap: (at, extent) => ((at % extent) + extent) % extent,
};

const pad: Composite = {
  name: 'Pad',
  parts: ['Gather'],
  when: node => textAttribute(node, 'mode', 'constant') !== 'constant',
  expand: e => {
    const mode = textAttribute(e.node, 'mode', 'constant');
    const source = SOURCES[mode] ?? e.refuse(`of mode ${mode}`);
    const pads = e.constant(1)!;
    const rank = e.builder.rank(e.input(0));
    const axes = (e.constant(3) ?? Array.from({ length: rank }, (_, i) => i)).map(axis =>
      axis < 0 ? axis + rank : axis,
    );
    return [
      axes.reduce((value, axis, i) => {
        const [before, after] = [pads[i]!, pads[i + axes.length]!];
        if (before === 0 && after === 0) return value;
        const extent = e.shape(value)[axis]!;
        const from = Array.from({ length: extent + before + after }, (_, at) => source(at - before, extent));
        return e.add('Gather', [value, e.integers(from)], { axis });
      }, e.input(0)),
    ];
  },
};

const wrapped = (at: number, extent: number): number => {
  if (at < -extent || at >= extent) throw new ShapeError(`index ${at} is outside ${extent} elements`);
  return at < 0 ? at + extent : at;
};

/** The linear index of every element that index tuples of `GatherND` and `ScatterND` name, with the shape of those elements. */
function tupleTargets(
  e: Expansion,
  shape: readonly number[],
  batchAxes: number,
): { linear: number[]; result: number[] } {
  const tuples = e.constant(1)!;
  const outer = e.shape(e.input(1)).slice(0, -1);
  const width = e.shape(e.input(1)).at(-1)!;
  const strides = stridesOf(shape);
  const inner = shape.slice(batchAxes + width);
  const linear = [...indicesOf(outer)].flatMap((place, row) => {
    let start = 0;
    for (let axis = 0; axis < batchAxes; axis++) start += place[axis]! * strides[axis]!;
    for (let k = 0; k < width; k++)
      start += wrapped(tuples[row * width + k]!, shape[batchAxes + k]!) * strides[batchAxes + k]!;
    return Array.from({ length: sizeOf(inner) }, (_, i) => start + i);
  });
  return { linear, result: [...outer, ...inner] };
}

/** The linear index of every element that `GatherElements` and `ScatterElements` name. */
function elementTargets(e: Expansion, shape: readonly number[], axis: number): number[] {
  const indices = e.constant(1)!;
  const strides = stridesOf(shape);
  return [...indicesOf(e.shape(e.input(1)))].map((place, i) =>
    place.reduce((at, k, a) => at + (a === axis ? wrapped(indices[i]!, shape[axis]!) : k) * strides[a]!, 0),
  );
}

const gatherND: Composite = {
  name: 'GatherND',
  parts: ['Reshape', 'Gather'],
  expand: e => {
    const { linear, result } = tupleTargets(e, e.shape(e.input(0)), e.number('batch_dims', 0));
    return [pick(e, e.input(0), linear, result)];
  },
};

const gatherElements: Composite = {
  name: 'GatherElements',
  parts: ['Reshape', 'Gather'],
  expand: e => {
    const x = e.input(0);
    const targets = elementTargets(e, e.shape(x), e.axis(x, 'axis', 0));
    return [pick(e, x, targets, e.shape(e.input(1)))];
  },
};

/** The value with some elements replaced: each comes from `updates` or stays. The last of several updates counts. */
function scatter(e: Expansion, targets: readonly number[]): readonly string[] {
  const reduction = textAttribute(e.node, 'reduction', 'none');
  if (reduction !== 'none') e.refuse(`with the reduction ${reduction}`);
  const x = e.input(0);
  const shape = e.shape(x);
  const from = new Array<number>(sizeOf(shape)).fill(-1);
  targets.forEach((at, i) => (from[at] = i));
  if (targets.length === 0) return [x];
  const mask = e.tensor(
    bools(
      shape,
      from.map(at => at >= 0),
    ),
  );
  return [
    e.add('Where', [
      mask,
      pick(
        e,
        e.input(2),
        from.map(at => Math.max(0, at)),
        shape,
      ),
      x,
    ]),
  ];
}

const scattering = (
  name: string,
  targets: (e: Expansion, shape: readonly number[]) => readonly number[],
): Composite => ({
  name,
  parts: ['Reshape', 'Gather', 'Where'],
  expand: e => scatter(e, targets(e, e.shape(e.input(0)))),
});

/** on where the index of the new axis is the given one, off elsewhere. */
const oneHot: Composite = {
  name: 'OneHot',
  parts: ['Reshape', 'Less', 'Add', 'Where', 'Equal', 'Cast', 'Gather'],
  expand: e => {
    const indices = e.add('Cast', [e.input(0)], { to: 'int64' });
    const depth = e.constant(1)![0]!;
    const shape = e.shape(indices);
    const rank = shape.length + 1;
    const written = e.number('axis', -1);
    const axis = written < 0 ? written + rank : written;
    const whole = e.reshape(indices, [...shape.slice(0, axis), 1, ...shape.slice(axis)]);
    const negative = e.add('Less', [whole, e.integers([0])]);
    const positive = e.add('Where', [negative, e.add('Add', [whole, e.integers([depth])]), whole]);
    const places = Array.from({ length: depth }, (_, i) => i);
    const range = e.tensor(
      integers(
        places,
        Array.from({ length: rank }, (_, a) => (a === axis ? depth : 1)),
      ),
    );
    const [off, on] = [0, 1].map(i => e.add('Gather', [e.input(2), e.tensor(integers([i], []))], { axis: 0 }));
    return [e.add('Where', [e.add('Equal', [positive, range]), on!, off!])];
  },
};

const castLike: Composite = {
  name: 'CastLike',
  parts: ['Cast'],
  expand: e => [e.add('Cast', [e.input(0)], { to: e.builder.header(e.input(1)).type })],
};

export const REARRANGEMENTS: readonly Composite[] = [
  tile,
  depthToSpace,
  spaceToDepth,
  trilu,
  pad,
  gatherND,
  gatherElements,
  scattering('ScatterND', (e, shape) => tupleTargets(e, shape, 0).linear),
  scattering('ScatterElements', (e, shape) => elementTargets(e, shape, e.axis(e.input(0), 'axis', 0))),
  oneHot,
  castLike,
];
