/**
 * Single substitutions without computing again what they do not reach (docs/decisions/0012; the idea is that of fastISM,
 * Nair et al. 2022, Bioinformatics 38:2397). The graph holds the model twice: once over the sequence, and once over windows
 * of what each mutant changes. A window is a table of rows [mutant × width, features]; its place follows from the mutated
 * position by the geometry of convolutions and pools, and is read from index tables, so that one graph serves all places.
 *
 * Linear operators act on changes alone. Others act on new values, which are the sequence's plus the change. Where an
 * operator has no rule, or the window has become the whole value, mutants are written out in full and go on like a batch.
 */
import { GraphBuilder } from '../graph/builder.js';
import {
  floats,
  numberAttribute,
  numbersAttribute,
  numbersOf,
  sizeOf,
  type Graph,
  type Node,
  type Tensor,
} from '../graph/graph.js';
import { affine } from '../ops/normalisation.js';
import { averageCounts, poolWindow } from '../ops/pooling.js';
import { windowOf } from '../ops/window.js';
import { inputReach, outputReach, sameReach, union, type Reach } from './reach.js';

/** Substitutions of a position: the base that lies 1, 2 or 3 places behind its own in A, C, G, T, cyclically. */
export const SUBSTITUTIONS = 3;
const BASES = 4;

/** What mutants change in a value. */
interface Stretch {
  /** The value over the sequence, [1, …] with positions along `axis`. */
  readonly name: string;
  readonly axis: number;
  /** Positions, and elements at each. */
  readonly extent: number;
  readonly features: number;
  /** Outside of this nothing changes. */
  readonly touched: Reach;
  /** The rows that are held; covers `touched`. */
  readonly window: Reach;
  /** New minus old value, or new value: [mutant × width, features]. One is there, the other is made when asked for. */
  change?: string;
  value?: string;
}

/** The mutated position of every site of a run; undefined for sites that stand still. */
type Positions = readonly (number | undefined)[];

/** An input of indices: how they follow from the positions of a run. */
interface Table {
  readonly shape: readonly number[];
  readonly fill: (positions: Positions) => Int32Array;
}

export interface IncrementalGraph {
  readonly graph: Graph;
  readonly builder: GraphBuilder;
  /** One sequence, [1, position, base], one-hot. */
  readonly x: string;
  /** f of every mutant, [sites + 1, substitution] flattened; the last three are the sequence itself. */
  readonly f: string;
  /** Positions that a run mutates. */
  readonly sites: number;
  /** The index tables of a run that begins at position `first`, to be fed beside `x`. */
  readonly tables: (first: number) => Readonly<Record<string, Tensor>>;
}

/**
 * @param one the scalar graph for a single sequence [1, position, base]
 * @param many the same graph for a batch
 * @returns undefined where no operator reads windows: then there is nothing to gain
 */
export function incremental(one: Graph, many: (batch: number) => Graph, sites: number): IncrementalGraph | undefined {
  return new Incremental(one, many((sites + 1) * SUBSTITUTIONS), sites).run();
}

/** Operators of one value that act element by element. Further inputs are constants of one element. */
const ELEMENTWISE = new Set([
  ...['Relu', 'LeakyRelu', 'Elu', 'Selu', 'Sigmoid', 'HardSigmoid', 'Tanh', 'Softplus', 'Softsign', 'Exp', 'Log'],
  ...['Sqrt', 'Neg', 'Abs', 'Reciprocal', 'Erf', 'Clip'],
]);
const ARITHMETIC = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min']);
const REARRANGING = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose']);

/** What copying an element of a matrix costs, in multiplications. */
const COPY = 32;

class Incremental {
  private readonly builder: GraphBuilder;
  private readonly stretches = new Map<string, Stretch>();
  /** Values that mutants hold in full, with the batch in front: names of the model → names here. */
  private readonly full = new Map<string, string>();
  /** Windowed values that have been flattened for dense layers. */
  private readonly flat = new Map<string, Stretch>();
  private readonly tables = new Map<string, Table>();
  private readonly readers = new Map<string, Node[]>();
  private readonly length: number;
  private readonly slots: number;
  private readonly mutants: number;
  private windowed = false;

  constructor(
    private readonly one: Graph,
    private readonly many: Graph,
    private readonly sites: number,
  ) {
    this.builder = new GraphBuilder(one.name);
    this.length = Number(one.inputs[0]!.shape[1]);
    // One site more stands still: its change is zero everywhere, and stands for every row that is not there.
    this.slots = sites + 1;
    this.mutants = this.slots * SUBSTITUTIONS;
    for (const node of one.nodes)
      for (const input of new Set(node.inputs)) this.readers.set(input, [...(this.readers.get(input) ?? []), node]);
  }

  run(): IncrementalGraph | undefined {
    const { one, many, builder } = this;
    if (one.nodes.length !== many.nodes.length) return undefined;
    for (const [name, tensor] of one.initializers) builder.constant(tensor, name);
    const { name: x } = one.inputs[0]!;
    builder.input(x, 'float32', [1, this.length, BASES]);
    one.nodes.forEach(node => builder.append(node));
    this.stretches.set(x, this.mutations(x));
    one.nodes.forEach((node, i) => {
      if (!this.advance(node)) this.writeOut(node, many.nodes[i]!);
    });
    const f = this.full.get(one.outputs[0]!.name);
    if (f === undefined || !this.windowed) return undefined;
    return {
      graph: builder.finish([f]),
      builder,
      x,
      f,
      sites: this.sites,
      tables: first => {
        const positions = this.positions(first);
        return Object.fromEntries(
          [...this.tables].map(([name, { shape, fill }]) => [
            name,
            { type: 'int32' as const, shape, data: fill(positions) },
          ]),
        );
      },
    };
  }

  /** The input: the base of each site against the others. */
  private mutations(x: string): Stretch {
    const { builder } = this;
    const reach: Reach = { from: Int32Array.from({ length: this.length }, (_, p) => p), width: 1 };
    const rows = builder.add('Reshape', [x, builder.integers([this.length, BASES])]);
    const withNone = builder.add('Concat', [rows, builder.constant(floats([1, BASES], new Float32Array(BASES)))], {
      axis: 0,
    });
    const own = this.table([this.slots], positions => Int32Array.from(positions, position => position ?? this.length));
    const turned = new Float32Array(BASES * SUBSTITUTIONS * BASES);
    for (let base = 0; base < BASES; base++)
      for (let s = 0; s < SUBSTITUTIONS; s++) {
        const row = (base * SUBSTITUTIONS + s) * BASES;
        turned[row + base] = -1;
        turned[row + ((base + s + 1) % BASES)] = 1;
      }
    const matrix = builder.constant(floats([BASES, SUBSTITUTIONS * BASES], turned));
    const changes = builder.add('MatMul', [builder.add('Gather', [withNone, own], { axis: 0 }), matrix]);
    return {
      name: x,
      axis: 1,
      extent: this.length,
      features: BASES,
      touched: reach,
      window: reach,
      change: this.reshape(changes, [this.mutants, BASES]),
    };
  }

  // Rules

  /** Whether a node's output is known from windows. */
  private advance(node: Node): boolean {
    const [output] = node.outputs as [string];
    const flat = this.flat.get(node.inputs[0]!);
    const whole = this.stretches.get(node.inputs[0]!);
    const stretch = flat === undefined ? this.rule(node) : undefined;
    if (stretch !== undefined) this.stretches.set(output, stretch);
    else if (flat !== undefined) this.full.set(output, this.dense(node, flat));
    else if (whole !== undefined && this.averagesPositions(node, whole)) this.full.set(output, this.mean(node, whole));
    else return this.flatten(node);
    return true;
  }

  /** What a node makes of windows; undefined where it has no rule for them. */
  private rule(node: Node): Stretch | undefined {
    const moving = node.inputs.filter(input => this.stretches.has(input) || this.full.has(input));
    const first = this.stretches.get(moving[0] ?? '');
    if (first === undefined || moving.some(input => this.full.has(input)) || node.outputs.length > 1) return undefined;
    if (ARITHMETIC.has(node.operator)) return this.arithmetic(node, first);
    if (moving.length > 1 || node.inputs[0] !== first.name) return undefined;
    if (ELEMENTWISE.has(node.operator)) return this.elementwise(node, first);
    switch (node.operator) {
      case 'Conv':
        return this.convolution(node, first);
      case 'BatchNormalization':
        return this.normalisation(node, first);
      case 'MaxPool':
        return this.maxPool(node, first);
      case 'AveragePool':
        return this.averagePool(node, first);
      case 'Gather':
        return this.reorder(node, first);
      default:
        return REARRANGING.has(node.operator) ? this.rearrange(node, first) : undefined;
    }
  }

  /** A constant kernel along the positions; over a further axis it must see all of it at once. */
  private convolution(node: Node, x: Stretch): Stretch | undefined {
    const { builder } = this;
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
    const rows = this.wanted(node.outputs[0]!, touched);
    if (rows.width * 2 > window.output.at(-1)!) return undefined;
    // One product gives what each changed row hands to each tap; every output row gathers its own.
    const handed = this.handed(x, kernel, groups);
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
    this.windowed = true;
    const most = this.largest(p => Math.max(...range(rows.width).map(at => parts(p, at).length)));
    const summed = this.gatherRows(handed, x.window.width * width, [rows.width, most], p =>
      range(rows.width).flatMap(at => padded(parts(p, at), most)),
    );
    const change = most === 1 ? summed : this.alongWindow('ReduceSum', summed, rows.width, most, filters);
    return {
      ...this.headerOf(node, x, window.output.at(-1)!, filters),
      touched,
      window: rows,
      change: this.reshape(change, [this.mutants * rows.width, filters]),
    };
  }

  /** What each changed row hands to each tap of a kernel: [mutant × width × tap, filter]. */
  private handed(x: Stretch, kernel: Tensor, groups: number): string {
    const { builder } = this;
    const [filters, width] = [kernel.shape[0]!, kernel.shape.at(-1)!];
    const [inputs, outputs] = [x.features / groups, filters / groups];
    const rows = this.mutants * x.window.width;
    // [group, input, tap, output of the group] of [filter, input, tap].
    const data = new Float32Array(filters * inputs * width);
    numbersOf(kernel).forEach((weight, i) => {
      const [filter, input, tap] = [Math.floor(i / (inputs * width)), Math.floor(i / width) % inputs, i % width];
      const group = Math.floor(filter / outputs);
      data[((group * inputs + input) * width + tap) * outputs + (filter % outputs)] = weight;
    });
    const weights = builder.constant(floats([groups, inputs, width * outputs], data));
    const apart = (value: string, shape: readonly number[], perm: readonly number[]): string =>
      groups === 1 ? value : builder.add('Transpose', [this.reshape(value, shape)], { perm });
    const changes = apart(this.change(x), [rows, groups, inputs], [1, 0, 2]);
    const products = builder.add('MatMul', [this.reshape(changes, [groups, rows, inputs]), weights]);
    const together = apart(products, [groups, rows * width, outputs], [1, 0, 2]);
    return this.reshape(together, [rows * width, filters]);
  }

  /** Averages of changes. How many elements a window averages differs where it reaches into padding. */
  private averagePool(node: Node, x: Stretch): Stretch | undefined {
    const { builder } = this;
    const shape = builder.shape(x.name);
    if (!isSequence(shape, x)) return undefined;
    const window = poolWindow(node, shape);
    const touched = outputReach(x.touched, window);
    const rows = this.wanted(node.outputs[0]!, touched);
    const taps = window.kernel.at(-1)!;
    const [stride, dilation, begin] = [window.strides.at(-1)!, window.dilations.at(-1)!, window.begin.at(-1)!];
    const summed = this.gatherRows(this.change(x), x.window.width, [rows.width, taps], p =>
      range(rows.width * taps).map(i => {
        const seen = (rows.from[p]! + Math.floor(i / taps)) * stride - begin + (i % taps) * dilation;
        const row = seen - x.window.from[p]!;
        return row >= 0 && row < x.window.width ? row : -1;
      }),
    );
    const sums = this.alongWindow('ReduceSum', summed, rows.width, taps, x.features);
    const counts = averageCounts(node, window);
    const weights = builder.constant(
      floats(
        [counts.length, 1],
        counts.map(count => 1 / count),
      ),
    );
    const places = this.table([this.mutants * rows.width], positions =>
      Int32Array.from(
        positions.flatMap(position =>
          range(SUBSTITUTIONS * rows.width).map(i => rows.from[this.place(position)]! + (i % rows.width)),
        ),
      ),
    );
    const change = builder.add('Mul', [
      this.reshape(sums, [this.mutants * rows.width, x.features]),
      builder.add('Gather', [weights, places], { axis: 0 }),
    ]);
    return { ...this.headerOf(node, x, window.output.at(-1)!, x.features), touched, window: rows, change };
  }

  private normalisation(node: Node, x: Stretch): Stretch | undefined {
    const { builder } = this;
    const constants = node.inputs.slice(1).map(name => builder.header(name).constant);
    if (!constants.every(constant => constant !== undefined) || !isSequence(builder.shape(x.name), x)) return undefined;
    const { slope } = affine(node, constants.map(numbersOf));
    const factor = builder.constant(floats([slope.length], slope));
    const { value: _old, ...rest } = x;
    return { ...rest, name: node.outputs[0]!, change: builder.add('Mul', [this.change(x), factor]) };
  }

  /** New maxima of new values. Elements in the padding are left out by naming another of the window in their place. */
  private maxPool(node: Node, x: Stretch): Stretch | undefined {
    const shape = this.builder.shape(x.name);
    const kernel = numbersAttribute(node, 'kernel_shape');
    if (kernel === undefined || !isSequence(shape, x)) return undefined;
    const window = windowOf(node, shape.slice(2), kernel);
    const taps = kernel.at(-1)!;
    const touched = outputReach(x.touched, window);
    const seen = this.moved(x, inputReach(touched, window));
    const [stride, dilation, begin] = [window.strides.at(-1)!, window.dilations.at(-1)!, window.begin.at(-1)!];
    const elements = (p: number): number[] =>
      range(touched.width).flatMap(at => {
        const positions = range(taps)
          .map(k => (touched.from[p]! + at) * stride - begin + k * dilation)
          .filter(position => position >= 0 && position < x.extent);
        return range(taps).map(k => (positions[k] ?? positions[0]!) - seen.window.from[p]!);
      });
    const values = this.gatherRows(this.value(seen), seen.window.width, [touched.width, taps], elements);
    const value = this.alongWindow('ReduceMax', values, touched.width, taps, x.features);
    return {
      ...this.headerOf(node, x, window.output.at(-1)!, x.features),
      touched,
      window: touched,
      value: this.reshape(value, [this.mutants * touched.width, x.features]),
    };
  }

  /** Bases in another order. */
  private reorder(node: Node, x: Stretch): Stretch | undefined {
    const { builder } = this;
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
    const change = builder.add('Gather', [this.change(x), node.inputs[1]!], { axis: 1 });
    return {
      ...this.headerOf(node, x, x.extent, sizeOf(constant.shape)),
      touched: x.touched,
      window: x.window,
      change,
    };
  }

  private elementwise(node: Node, x: Stretch): Stretch | undefined {
    const others = node.inputs.slice(1);
    const single = others.every(
      name => name === '' || (this.builder.header(name).constant && sizeOf(this.builder.shape(name)) === 1),
    );
    if (!single) return undefined;
    const value = this.builder.add(node.operator, [this.value(x), ...others], node.attributes);
    return { ...this.headerOf(node, x, x.extent, x.features), touched: x.touched, window: x.window, value };
  }

  /** Two windowed values, or one and a constant with at most one number per feature. */
  private arithmetic(node: Node, first: Stretch): Stretch | undefined {
    const { builder } = this;
    if (node.inputs.length !== 2) return undefined;
    const known = node.inputs.map(input => this.stretches.get(input));
    const shape = builder.shape(node.outputs[0]!);
    const alike = known.every((stretch, i) =>
      builder.shape(node.inputs[i]!).join() === shape.join()
        ? stretch !== undefined && stretch.axis === first.axis
        : stretch === undefined && this.isPerFeature(node.inputs[i]!, first),
    );
    if (!alike || shape.join() !== builder.shape(first.name).join()) return undefined;
    const stretches = known.filter(stretch => stretch !== undefined);
    const touched = stretches.map(stretch => stretch.touched).reduce((a, b) => union(a, b, first.extent));
    const window = this.wanted(
      node.outputs[0]!,
      stretches.map(s => s.window).reduce((a, b) => union(a, b, first.extent)),
    );
    const operands = known.map((stretch, i) =>
      stretch === undefined
        ? this.reshape(node.inputs[i]!, [sizeOf(builder.shape(node.inputs[i]!))])
        : this.value(this.moved(stretch, window)),
    );
    const value = builder.add(node.operator, operands);
    return { ...this.headerOf(node, first, first.extent, first.features), touched, window, value };
  }

  /** Axes come, go or change places; rows stay as they are. */
  private rearrange(node: Node, x: Stretch): Stretch | undefined {
    const shape = this.builder.shape(node.outputs[0]!);
    if (shape[0] !== 1) return undefined;
    const before = this.builder.shape(x.name);
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

  /** A windowed value flattened for dense layers alone is left as it is; its rows meet the rows of their matrices. */
  private flatten(node: Node): boolean {
    const x = this.stretches.get(node.inputs[0]!);
    const [output] = node.outputs as [string];
    if (x === undefined || this.builder.rank(output) !== 2 || !REARRANGING.has(node.operator)) return false;
    const readers = this.readers.get(output) ?? [];
    const dense = (reader: Node): boolean =>
      (reader.operator === 'Gemm' || reader.operator === 'MatMul') &&
      reader.inputs[0] === output &&
      numberAttribute(reader, 'transA', 0) === 0 &&
      numberAttribute(reader, 'alpha', 1) === 1 &&
      numberAttribute(reader, 'beta', 1) === 1 &&
      this.one.initializers.get(reader.inputs[1]!)?.shape.length === 2;
    if (readers.length === 0 || !readers.every(dense)) return false;
    this.flat.set(output, x);
    return true;
  }

  /**
   * A dense layer over a flattened value: only the rows of its matrix that belong to changed positions count. Sites whose
   * windows begin at the same place share these rows, and become one product.
   *
   * @returns the layer's output for every mutant
   */
  private dense(node: Node, x: Stretch): string {
    const { builder, mutants } = this;
    const { window, extent, features } = x;
    const units = builder.shape(node.outputs[0]!)[1]!;
    const weights = numbersOf(builder.header(node.inputs[1]!).constant!);
    const transposed = numberAttribute(node, 'transB', 0) === 1;
    const inner = sizeOf(builder.shape(x.name).slice(x.axis + 1));
    const byPosition = new Float32Array(weights.length);
    for (let position = 0; position < extent; position++)
      for (let feature = 0; feature < features; feature++) {
        const row = Math.floor(feature / inner) * extent * inner + position * inner + (feature % inner);
        for (let unit = 0; unit < units; unit++)
          byPosition[(position * features + feature) * units + unit] =
            weights[transposed ? unit * extent * features + row : row * units + unit]!;
      }
    const runs = range(Math.ceil(this.length / this.sites)).map(run => this.positions(run * this.sites));
    /** Slots of sites whose windows begin at the same place, in order and at most so many together. */
    const groupsOf = (positions: Positions, most: number): number[][] => {
      const groups: number[][] = [];
      let last = -1;
      positions.forEach((position, slot) => {
        const from = window.from[this.place(position)]!;
        if (from === last && groups.at(-1)!.length < most) groups.at(-1)!.push(slot);
        else groups.push([slot]);
        last = from;
      });
      return groups;
    };
    const countFor = (most: number): number => Math.max(...runs.map(positions => groupsOf(positions, most).length));
    // Groups of one size make one product: small ones copy more of the matrix, large ones have idle rows.
    const costFor = (most: number): number => countFor(most) * (most * SUBSTITUTIONS + COPY);
    const most = range(this.slots).reduce((best, i) => (costFor(i + 1) < costFor(best) ? i + 1 : best), 1);
    const [count, size] = [countFor(most), most * SUBSTITUTIONS];
    const slabs = this.table([count * window.width], positions => {
      const starts = groupsOf(positions, most).map(([slot]) => window.from[this.place(positions[slot!])]!);
      return Int32Array.from(
        { length: count * window.width },
        (_, i) => (starts[Math.floor(i / window.width)] ?? 0) + (i % window.width),
      );
    });
    const idle = mutants - 1;
    const order = this.table([count * size], positions => {
      const indices = new Int32Array(count * size).fill(idle);
      groupsOf(positions, most).forEach((group, g) => {
        group.forEach((slot, i) =>
          range(SUBSTITUTIONS).forEach(s => {
            indices[g * size + i * SUBSTITUTIONS + s] = slot * SUBSTITUTIONS + s;
          }),
        );
      });
      return indices;
    });
    const back = this.table([mutants], positions => {
      const indices = new Int32Array(mutants);
      groupsOf(positions, most).forEach((group, g) => {
        group.forEach((slot, i) =>
          range(SUBSTITUTIONS).forEach(s => {
            indices[slot * SUBSTITUTIONS + s] = g * size + i * SUBSTITUTIONS + s;
          }),
        );
      });
      return indices;
    });
    const gather = (value: string, shape: readonly number[], indices: string): string =>
      builder.add('Gather', [this.reshape(value, shape), indices], { axis: 0 });
    const across = window.width * features;
    const rows = gather(this.change(x), [mutants, across], order);
    const matrix = builder.constant(floats([extent, features * units], byPosition));
    const product = builder.add('MatMul', [
      this.reshape(rows, [count, size, across]),
      this.reshape(gather(matrix, [extent, features * units], slabs), [count, across, units]),
    ]);
    return builder.add('Add', [gather(product, [count * size, units], back), node.outputs[0]!]);
  }

  // In full

  /** Whether a node takes the mean over all positions and over nothing else. */
  private averagesPositions(node: Node, x: Stretch): boolean {
    const shape = this.builder.shape(x.name);
    if (node.operator === 'GlobalAveragePool') return isSequence(shape, x);
    if (node.operator !== 'ReduceMean') return false;
    const axes = node.inputs[1] ? this.builder.header(node.inputs[1]).constant : undefined;
    const reduced = axes ? [...numbersOf(axes)].map(axis => (axis + shape.length) % shape.length) : [];
    return reduced.includes(x.axis) && reduced.every(axis => axis === x.axis || (axis > 0 && shape[axis] === 1));
  }

  /** The mean over all positions changes by the sum of the changes. @returns the means of every mutant */
  private mean(node: Node, x: Stretch): string {
    const { builder } = this;
    const [output] = node.outputs as [string];
    const sums = this.alongWindow('ReduceSum', this.change(x), 1, x.window.width, x.features);
    const share = sizeOf(builder.shape(output)) / sizeOf(builder.shape(x.name));
    const means = builder.add('Mul', [sums, builder.scalar(share)]);
    const own = this.reshape(output, [1, x.features]);
    const all = builder.add('Add', [this.reshape(means, [this.mutants, x.features]), own]);
    return this.reshape(all, [this.mutants, ...builder.shape(output).slice(1)]);
  }

  /** Adds a node as the batch of mutants computes it. */
  private writeOut(node: Node, batched: Node): void {
    const { builder } = this;
    const inputs = node.inputs.map((name, i) => {
      const stretch = this.stretches.get(name);
      if (stretch !== undefined && !this.full.has(name)) this.full.set(name, this.inFull(stretch));
      return name === '' ? '' : (this.full.get(name) ?? this.batchConstant(batched.inputs[i]!));
    });
    const outputs = builder.addMany(node.operator, inputs, batched.attributes, node.outputs.length);
    node.outputs.forEach((name, i) => this.full.set(name, outputs[i]!));
  }

  /** A constant of the graph for batches: weights are the same in both, shapes are not. */
  private batchConstant(name: string): string {
    const tensor = this.many.initializers.get(name);
    if (tensor === undefined) throw new Error(`the value ${name} of ${this.many.name} is not known`);
    const known = this.builder.has(name) ? this.builder.header(name).constant : undefined;
    return known === tensor ? name : this.builder.constant(tensor);
  }

  /** All mutants of a value, each with all its positions: [mutant, …]. */
  private inFull(x: Stretch): string {
    const { builder, mutants } = this;
    const whole = this.value(this.moved(x, { from: new Int32Array(this.length), width: x.extent }));
    const others = builder.shape(x.name).filter((_, axis) => axis > 0 && axis !== x.axis);
    const apart = this.reshape(whole, [mutants, x.extent, ...others]);
    const perm = range(others.length + 2).map(axis =>
      axis === 0 ? 0 : axis === x.axis ? 1 : axis < x.axis ? axis + 1 : axis,
    );
    return builder.add('Transpose', [apart], { perm });
  }

  // Windows

  private headerOf(node: Node, x: Stretch, extent: number, features: number) {
    return { name: node.outputs[0]!, axis: x.axis, extent, features };
  }

  private change(x: Stretch): string {
    x.change ??= this.withReference('Sub', x, x.value!);
    return x.change;
  }

  private value(x: Stretch): string {
    x.value ??= this.withReference('Add', x, x.change!);
    return x.value;
  }

  /** Rows plus or minus the sequence's own at their places, which the substitutions of a site share. */
  private withReference(
    operator: 'Add' | 'Sub',
    { name, axis, extent, features, window }: Stretch,
    rows: string,
  ): string {
    const { builder, slots } = this;
    const rank = builder.rank(name);
    const perm = [axis, ...range(rank).filter(i => i !== axis)];
    const own = this.reshape(builder.add('Transpose', [name], { perm }), [extent, features]);
    const places = this.table([slots * window.width], positions =>
      Int32Array.from(
        positions.flatMap(position => range(window.width).map(at => window.from[this.place(position)]! + at)),
      ),
    );
    const across = window.width * features;
    const reference = this.reshape(builder.add('Gather', [own, places], { axis: 0 }), [slots, 1, across]);
    const sum = builder.add(operator, [this.reshape(rows, [slots, SUBSTITUTIONS, across]), reference]);
    return this.reshape(sum, [this.mutants * window.width, features]);
  }

  /** The same changes in a window at another place. */
  private moved(x: Stretch, window: Reach): Stretch {
    if (sameReach(x.window, window)) return x;
    const change = this.gatherRows(this.change(x), x.window.width, [window.width], p =>
      range(window.width).map(at => {
        const row = window.from[p]! + at - x.window.from[p]!;
        return row >= 0 && row < x.window.width ? row : -1;
      }),
    );
    const { value: _elsewhere, ...rest } = x;
    return { ...rest, window, change };
  }

  /** The window that the only reader of a value needs: a pool needs whole windows of its own. */
  private wanted(value: string, touched: Reach, shape = this.builder.shape(value)): Reach {
    const [reader, ...others] = this.readers.get(value) ?? [];
    if (reader === undefined || others.length > 0) return touched;
    if (ELEMENTWISE.has(reader.operator)) return this.wanted(reader.outputs[0]!, touched, shape);
    const kernel = numbersAttribute(reader, 'kernel_shape');
    if (reader.operator !== 'MaxPool' || kernel === undefined) return touched;
    const window = windowOf(reader, shape.slice(2), kernel);
    return inputReach(outputReach(touched, window), window);
  }

  /**
   * Rows of each mutant by their numbers within it; −1 stands for a row of zeros.
   *
   * @param rows [mutant × count, features]
   * @param shape of the numbers that `numbers` gives for a mutation at a position
   * @returns [mutant × … shape, features]
   */
  private gatherRows(
    rows: string,
    count: number,
    shape: readonly number[],
    numbers: (position: number) => readonly number[],
  ): string {
    const each = sizeOf(shape);
    const byPosition = range(this.length).map(numbers);
    if (each === count && byPosition.every(list => list.every((number, i) => number === i))) return rows;
    const idle = (this.mutants - 1) * count;
    const indices = this.table([this.mutants * each], positions => {
      const all = new Int32Array(this.mutants * each);
      positions.forEach((position, slot) => {
        const list = byPosition[this.place(position)]!;
        for (let s = 0; s < SUBSTITUTIONS; s++) {
          const mutant = slot * SUBSTITUTIONS + s;
          for (let i = 0; i < each; i++) all[mutant * each + i] = list[i]! < 0 ? idle : mutant * count + list[i]!;
        }
      });
      return all;
    });
    return this.builder.add('Gather', [rows, indices], { axis: 0 });
  }

  /** Sums or maxima of neighbouring rows. */
  private alongWindow(operator: string, rows: string, width: number, taps: number, features: number): string {
    const apart = this.reshape(rows, [this.mutants * width, taps, features]);
    return this.builder.add(operator, [apart, this.builder.integers([1])], { keepdims: 0 });
  }

  /** Whether a constant holds one number, or one for each feature. */
  private isPerFeature(name: string, x: Stretch): boolean {
    const { builder } = this;
    const { constant, shape } = builder.header(name);
    const value = builder.shape(x.name);
    const size = sizeOf(shape);
    const fits = shape.every((extent, i) => {
      const axis = i + value.length - shape.length;
      return extent === 1 || (axis > 0 && axis !== x.axis && extent === value[axis]);
    });
    return constant !== undefined && fits && (size === 1 || size === x.features);
  }

  private reshape(value: string, shape: readonly number[]): string {
    return this.builder.add('Reshape', [value, this.builder.integers(shape)]);
  }

  private table(shape: readonly number[], fill: Table['fill']): string {
    const name = this.builder.input(this.builder.fresh('places'), 'int32', shape);
    this.tables.set(name, { shape, fill });
    return name;
  }

  /** The positions of a run's sites; the last site, and those behind the end, stand still. */
  private positions(first: number): Positions {
    return range(this.slots).map(i => (i < this.sites && first + i < this.length ? first + i : undefined));
  }

  /** The position by which a site's windows are placed. */
  private place(position: number | undefined): number {
    return position ?? this.length - 1;
  }

  private largest(of: (position: number) => number): number {
    return range(this.length).reduce((most, position) => Math.max(most, of(position)), 1);
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const padded = (list: readonly number[], length: number): number[] => range(length).map(i => list[i] ?? -1);

/** [1, channels, …, positions] with nothing but ones between. */
const isSequence = (shape: readonly number[], { axis, extent, features }: Stretch): boolean =>
  axis === shape.length - 1 && shape[1] === features && sizeOf(shape) === features * extent;
