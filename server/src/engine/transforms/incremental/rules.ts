/**
 * What operators make of windows. Linear ones act on changes alone; others act on new values, which are the sequence's plus
 * the change.
 */
import {
  floats,
  numberAttribute,
  numbersAttribute,
  numbersOf,
  sizeOf,
  type Node,
  type Tensor,
} from '../../graph/graph.js';
import { affine } from '../../ops/normalisation.js';
import { averageCounts, poolWindow } from '../../ops/pooling.js';
import { windowOf } from '../../ops/window.js';
import { inputReach, outputReach, union, type Reach } from './reach.js';
import { isSequence, range, SUBSTITUTIONS, type Stretch, type Windows } from './windows.js';

/** What a rule sees besides its node. */
export interface Surroundings {
  readonly windows: Windows;
  /** What is known of a value by windows. */
  readonly stretchOf: (name: string) => Stretch | undefined;
  /** The window that the readers of a value need, where this of it changes. */
  readonly wanted: (name: string, touched: Reach) => Reach;
}

/** What a node makes of the windows of its first moving input; undefined where windows cannot hold it. */
export type Rule = (node: Node, x: Stretch, surroundings: Surroundings) => Stretch | undefined;

/** A constant kernel along the positions; over a further axis it must see all of it at once. */
function convolution(node: Node, x: Stretch, { windows, wanted }: Surroundings): Stretch | undefined {
  const { builder } = windows;
  const shape = builder.shape(x.name);
  const kernel = builder.header(node.inputs[1]!).constant;
  const groups = numberAttribute(node, 'group', 1);
  if (kernel === undefined || x.axis !== shape.length - 1) return undefined;
  const window = windowOf(node, shape.slice(2), kernel.shape.slice(2));
  const across = sizeOf(shape.slice(2, -1));
  const seesAll = sizeOf(window.output.slice(0, -1)) === 1 && sizeOf(window.kernel.slice(0, -1)) === across;
  if (!seesAll || (groups > 1 && across > 1)) return undefined;
  const touched = outputReach(x.touched, window);
  const [filters, width] = [kernel.shape[0]!, kernel.shape.at(-1)!];
  const rows = wanted(node.outputs[0]!, touched);
  if (rows.width * 2 > window.output.at(-1)!) return undefined;
  // One product gives what each changed row hands to each tap; every output row gathers its own.
  const handed = handedTo(x, kernel, groups, windows);
  const [stride, dilation, begin] = [window.strides.at(-1)!, window.dilations.at(-1)!, window.begin.at(-1)!];
  /** Rows of `handed` that output row `at` of a mutation at `p` sums, counted within the mutant's own. */
  const parts = (p: number, at: number): number[] => {
    const found: number[] = [];
    for (let k = 0; k < width; k++) {
      const seen = (rows.from[p]! + at) * stride - begin + k * dilation;
      if (seen >= x.touched.from[p]! && seen < x.touched.from[p]! + x.touched.width)
        found.push((seen - x.window.from[p]!) * width + k);
    }
    return found;
  };
  const most = range(windows.length * rows.width).reduce(
    (largest, i) => Math.max(largest, parts(Math.floor(i / rows.width), i % rows.width).length),
    1,
  );
  const summed = windows.gatherRows(handed, x.window.width * width, [rows.width, most], p =>
    range(rows.width).flatMap(at => padded(parts(p, at), most)),
  );
  const change = most === 1 ? summed : windows.alongWindow('ReduceSum', summed, rows.width, most, filters);
  return {
    ...outputOf(node, x, window.output.at(-1)!, filters),
    touched,
    window: rows,
    change: windows.reshape(change, [windows.mutants * rows.width, filters]),
  };
}

/** What each changed row hands to each tap of a kernel: [mutant × width × tap, filter]. */
function handedTo(x: Stretch, kernel: Tensor, groups: number, windows: Windows): string {
  const { builder } = windows;
  const [filters, width] = [kernel.shape[0]!, kernel.shape.at(-1)!];
  const [inputs, outputs] = [x.features / groups, filters / groups];
  const rows = windows.mutants * x.window.width;
  // [group, input, tap, output of the group] of [filter, input, tap].
  const data = new Float32Array(filters * inputs * width);
  numbersOf(kernel).forEach((weight, i) => {
    const [filter, input, tap] = [Math.floor(i / (inputs * width)), Math.floor(i / width) % inputs, i % width];
    const group = Math.floor(filter / outputs);
    data[((group * inputs + input) * width + tap) * outputs + (filter % outputs)] = weight;
  });
  const weights = builder.constant(floats([groups, inputs, width * outputs], data));
  const apart = (value: string, shape: readonly number[], perm: readonly number[]): string =>
    groups === 1 ? value : builder.add('Transpose', [windows.reshape(value, shape)], { perm });
  const changes = apart(windows.change(x), [rows, groups, inputs], [1, 0, 2]);
  const products = builder.add('MatMul', [windows.reshape(changes, [groups, rows, inputs]), weights]);
  const together = apart(products, [groups, rows * width, outputs], [1, 0, 2]);
  return windows.reshape(together, [rows * width, filters]);
}

/** Averages of changes. How many elements a window averages differs where it reaches into padding. */
function averagePool(node: Node, x: Stretch, { windows, wanted }: Surroundings): Stretch | undefined {
  const { builder } = windows;
  const shape = builder.shape(x.name);
  if (!isSequence(shape, x)) return undefined;
  const window = poolWindow(node, shape);
  const touched = outputReach(x.touched, window);
  const rows = wanted(node.outputs[0]!, touched);
  const taps = window.kernel.at(-1)!;
  const [stride, dilation, begin] = [window.strides.at(-1)!, window.dilations.at(-1)!, window.begin.at(-1)!];
  const summed = windows.gatherRows(windows.change(x), x.window.width, [rows.width, taps], p =>
    range(rows.width * taps).map(i => {
      const seen = (rows.from[p]! + Math.floor(i / taps)) * stride - begin + (i % taps) * dilation;
      const row = seen - x.window.from[p]!;
      return row >= 0 && row < x.window.width ? row : -1;
    }),
  );
  const sums = windows.alongWindow('ReduceSum', summed, rows.width, taps, x.features);
  const counts = averageCounts(node, window);
  const weights = builder.constant(
    floats(
      [counts.length, 1],
      counts.map(count => 1 / count),
    ),
  );
  const places = windows.table([windows.mutants * rows.width], positions =>
    Int32Array.from(
      positions.flatMap(position =>
        range(SUBSTITUTIONS * rows.width).map(i => rows.from[windows.place(position)]! + (i % rows.width)),
      ),
    ),
  );
  const change = builder.add('Mul', [
    windows.reshape(sums, [windows.mutants * rows.width, x.features]),
    builder.add('Gather', [weights, places], { axis: 0 }),
  ]);
  return { ...outputOf(node, x, window.output.at(-1)!, x.features), touched, window: rows, change };
}

function normalisation(node: Node, x: Stretch, { windows }: Surroundings): Stretch | undefined {
  const { builder } = windows;
  const constants = node.inputs.slice(1).map(name => builder.header(name).constant);
  if (!constants.every(constant => constant !== undefined) || !isSequence(builder.shape(x.name), x)) return undefined;
  const { slope } = affine(node, constants.map(numbersOf));
  const factor = builder.constant(floats([slope.length], slope));
  const { value: _old, ...rest } = x;
  return { ...rest, name: node.outputs[0]!, change: builder.add('Mul', [windows.change(x), factor]) };
}

/** New maxima of new values. Elements in the padding are left out by naming another of the window in their place. */
function maxPool(node: Node, x: Stretch, { windows }: Surroundings): Stretch | undefined {
  const shape = windows.builder.shape(x.name);
  const kernel = numbersAttribute(node, 'kernel_shape');
  if (kernel === undefined || !isSequence(shape, x)) return undefined;
  const window = windowOf(node, shape.slice(2), kernel);
  const taps = kernel.at(-1)!;
  const touched = outputReach(x.touched, window);
  const seen = windows.moved(x, inputReach(touched, window));
  const [stride, dilation, begin] = [window.strides.at(-1)!, window.dilations.at(-1)!, window.begin.at(-1)!];
  const elements = (p: number): number[] =>
    range(touched.width).flatMap(at => {
      const positions = range(taps)
        .map(k => (touched.from[p]! + at) * stride - begin + k * dilation)
        .filter(position => position >= 0 && position < x.extent);
      return range(taps).map(k => (positions[k] ?? positions[0]!) - seen.window.from[p]!);
    });
  const values = windows.gatherRows(windows.value(seen), seen.window.width, [touched.width, taps], elements);
  const value = windows.alongWindow('ReduceMax', values, touched.width, taps, x.features);
  return {
    ...outputOf(node, x, window.output.at(-1)!, x.features),
    touched,
    window: touched,
    value: windows.reshape(value, [windows.mutants * touched.width, x.features]),
  };
}

/** Bases in another order. */
function reorder(node: Node, x: Stretch, { windows }: Surroundings): Stretch | undefined {
  const { builder } = windows;
  const { constant } = builder.header(node.inputs[1]!);
  const axis = numberAttribute(node, 'axis', 0);
  const features = builder.shape(x.name).filter((extent, i) => i > 0 && i !== x.axis && extent > 1);
  if (
    constant?.shape.length !== 1 ||
    axis === x.axis ||
    builder.shape(x.name)[axis] !== x.features ||
    features.length > 1
  )
    return undefined;
  const change = builder.add('Gather', [windows.change(x), node.inputs[1]!], { axis: 1 });
  return {
    ...outputOf(node, x, x.extent, sizeOf(constant.shape)),
    touched: x.touched,
    window: x.window,
    change,
  };
}

function elementwise(node: Node, x: Stretch, { windows }: Surroundings): Stretch | undefined {
  const others = node.inputs.slice(1);
  const single = others.every(
    name => name === '' || (windows.builder.header(name).constant && sizeOf(windows.builder.shape(name)) === 1),
  );
  if (!single) return undefined;
  const value = windows.builder.add(node.operator, [windows.value(x), ...others], node.attributes);
  return { ...outputOf(node, x, x.extent, x.features), touched: x.touched, window: x.window, value };
}

/** Two windowed values, or one and a constant with at most one number per feature. */
function arithmetic(node: Node, first: Stretch, { windows, wanted, stretchOf }: Surroundings): Stretch | undefined {
  const { builder } = windows;
  if (node.inputs.length !== 2) return undefined;
  const known = node.inputs.map(input => stretchOf(input));
  const shape = builder.shape(node.outputs[0]!);
  const alike = known.every((stretch, i) =>
    builder.shape(node.inputs[i]!).join() === shape.join()
      ? stretch !== undefined && stretch.axis === first.axis
      : stretch === undefined && windows.isPerFeature(node.inputs[i]!, first),
  );
  if (!alike || shape.join() !== builder.shape(first.name).join()) return undefined;
  const stretches = known.filter(stretch => stretch !== undefined);
  const touched = stretches.map(stretch => stretch.touched).reduce((a, b) => union(a, b, first.extent));
  const window = wanted(
    node.outputs[0]!,
    stretches.map(stretch => stretch.window).reduce((a, b) => union(a, b, first.extent)),
  );
  const operands = known.map((stretch, i) =>
    stretch === undefined
      ? windows.reshape(node.inputs[i]!, [sizeOf(builder.shape(node.inputs[i]!))])
      : windows.value(windows.moved(stretch, window)),
  );
  const value = builder.add(node.operator, operands);
  return { ...outputOf(node, first, first.extent, first.features), touched, window, value };
}

/** Axes come, go or change places; rows stay as they are. */
function rearrange(node: Node, x: Stretch, { windows }: Surroundings): Stretch | undefined {
  const shape = windows.builder.shape(node.outputs[0]!);
  if (shape[0] !== 1) return undefined;
  const before = windows.builder.shape(x.name);
  if (node.operator === 'Transpose') {
    const perm = numbersAttribute(node, 'perm') ?? [];
    const order = perm.filter(axis => axis !== x.axis && before[axis]! > 1);
    if (perm[0] !== 0 || order.some((axis, i) => i > 0 && axis < order[i - 1]!)) return undefined;
    return { ...x, name: node.outputs[0]!, axis: perm.indexOf(x.axis) };
  }
  const inFront = (extents: readonly number[], axis: number): number => sizeOf(extents.slice(1, axis));
  const axis = shape.findIndex(
    (extent, at) => at > 0 && extent === x.extent && inFront(shape, at) === inFront(before, x.axis),
  );
  return axis < 0 ? undefined : { ...x, name: node.outputs[0]!, axis };
}

const padded = (list: readonly number[], length: number): number[] => range(length).map(i => list[i] ?? -1);

const outputOf = (node: Node, x: Stretch, extent: number, features: number) => ({
  name: node.outputs[0]!,
  axis: x.axis,
  extent,
  features,
});

/** Operators of one value that act element by element. Further inputs are constants of one element. */
export const ELEMENTWISE: ReadonlySet<string> = new Set([
  ...['Relu', 'LeakyRelu', 'Elu', 'Selu', 'Sigmoid', 'HardSigmoid', 'Tanh', 'Softplus', 'Softsign', 'Exp', 'Log'],
  ...['Sqrt', 'Neg', 'Abs', 'Reciprocal', 'Erf', 'Clip'],
]);

export const REARRANGING: ReadonlySet<string> = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose']);

const named = (operators: Iterable<string>, rule: Rule): Record<string, Rule> =>
  Object.fromEntries([...operators].map(operator => [operator, rule]));

/** Operators of two values that may both move. */
export const TWO_VALUED: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min']);

/** By operator. */
export const RULES: Readonly<Partial<Record<string, Rule>>> = {
  Conv: convolution,
  BatchNormalization: normalisation,
  MaxPool: maxPool,
  AveragePool: averagePool,
  Gather: reorder,
  ...named(ELEMENTWISE, elementwise),
  ...named(TWO_VALUED, arithmetic),
  ...named(REARRANGING, rearrange),
};
