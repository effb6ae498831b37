/**
 * Values as windows of what each mutant changes: tables of rows [mutant × width, features] whose places follow from the
 * mutated position, and are read from index tables, so that one graph serves all positions.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import { floats, sizeOf, type Tensor } from '../../graph/graph.js';
import { sameReach, type Reach } from './reach.js';

/** Substitutions of a position: the base that lies 1, 2 or 3 places behind its own in A, C, G, T, cyclically. */
export const SUBSTITUTIONS = 3;
export const BASES = 4;

/** What mutants change in a value. */
export interface Stretch {
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
export type Positions = readonly (number | undefined)[];

/** An input of indices: how they follow from the positions of a run. */
interface Table {
  readonly shape: readonly number[];
  readonly fill: (positions: Positions) => Int32Array;
}

export class Windows {
  /** Index tables by the name of the input that they are fed to. */
  private readonly tables = new Map<string, Table>();
  /** Sites, and one that stands still: its change is zero everywhere, and stands for every row that is not there. */
  readonly slots: number;
  readonly mutants: number;

  /** @param length positions of the sequence; @param sites positions that a run mutates */
  constructor(
    readonly builder: GraphBuilder,
    readonly length: number,
    readonly sites: number,
  ) {
    this.slots = sites + 1;
    this.mutants = this.slots * SUBSTITUTIONS;
  }

  /** The input: the base of each site against the others. */
  mutations(x: string): Stretch {
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

  change(x: Stretch): string {
    x.change ??= this.withReference('Sub', x, x.value!);
    return x.change;
  }

  value(x: Stretch): string {
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
  moved(x: Stretch, window: Reach): Stretch {
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

  /**
   * Rows of each mutant by their numbers within it; −1 stands for a row of zeros.
   *
   * @param rows [mutant × count, features]
   * @param shape of the numbers that `numbers` gives for a mutation at a position
   * @returns [mutant × … shape, features]
   */
  gatherRows(
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
  alongWindow(operator: string, rows: string, width: number, taps: number, features: number): string {
    const apart = this.reshape(rows, [this.mutants * width, taps, features]);
    return this.builder.add(operator, [apart, this.builder.integers([1])], { keepdims: 0 });
  }

  /** Whether a constant holds one number, or one for each feature. */
  isPerFeature(name: string, x: Stretch): boolean {
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

  reshape(value: string, shape: readonly number[]): string {
    return this.builder.add('Reshape', [value, this.builder.integers(shape)]);
  }

  table(shape: readonly number[], fill: Table['fill']): string {
    const name = this.builder.input(this.builder.fresh('places'), 'int32', shape);
    this.tables.set(name, { shape, fill });
    return name;
  }

  /** The positions of a run's sites; the last site, and those behind the end, stand still. */
  positions(first: number): Positions {
    return range(this.slots).map(i => (i < this.sites && first + i < this.length ? first + i : undefined));
  }

  /** The position by which a site's windows are placed. */
  place(position: number | undefined): number {
    return position ?? this.length - 1;
  }

  /** All mutants of a value, each with all its positions: [mutant, …]. */
  inFull(x: Stretch): string {
    const { builder, mutants } = this;
    const whole = this.value(this.moved(x, { from: new Int32Array(this.length), width: x.extent }));
    const others = builder.shape(x.name).filter((_, axis) => axis > 0 && axis !== x.axis);
    const apart = this.reshape(whole, [mutants, x.extent, ...others]);
    const perm = range(others.length + 2).map(axis =>
      axis === 0 ? 0 : axis === x.axis ? 1 : axis < x.axis ? axis + 1 : axis,
    );
    return builder.add('Transpose', [apart], { perm });
  }

  /** The index tables of a run that begins at a position. */
  feed(first: number): Record<string, Tensor> {
    const positions = this.positions(first);
    return Object.fromEntries(
      [...this.tables].map(([name, { shape, fill }]) => [name, { type: 'int32', shape, data: fill(positions) }]),
    );
  }
}

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** [1, channels, …, positions] with nothing but ones between. */
export const isSequence = (shape: readonly number[], { axis, extent, features }: Stretch): boolean =>
  axis === shape.length - 1 && shape[1] === features && sizeOf(shape) === features * extent;
