/**
 * Random operands for operator cases, drawn through fast-check so that a failing case shrinks and can be replayed from
 * its seed. Numbers keep a distance from each other and from zero: a central difference never steps over a kink or a tie.
 */
import fc from 'fast-check';
import { floats, integers, sizeOf, type Attributes, type Tensor } from '../../../server/src/engine/graph/graph.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

/** `variable`: an input that is differentiated; `given`: an input that is not; `constant`: an initializer. */
export type Role = 'variable' | 'given' | 'constant';

export interface Operand {
  readonly role: Role;
  readonly value: Tensor;
}

/** One application of an operator; an operand that is undefined is an optional input left out. */
export interface OperatorCase {
  readonly attributes?: Attributes;
  readonly operands: readonly (Operand | undefined)[];
  readonly outputs?: number;
}

export type MakeCase = (draw: Draw) => OperatorCase;

export const constant = (value: Tensor): Operand => ({ role: 'constant', value });
export const given = (value: Tensor): Operand => ({ role: 'given', value });
export const variable = (value: Tensor): Operand => ({ role: 'variable', value });

export class Draw {
  constructor(private readonly generate: fc.GeneratorValue) {}

  integer(min: number, max: number): number {
    return this.generate(fc.integer, { min, max });
  }

  boolean(): boolean {
    return this.generate(fc.boolean);
  }

  choose<T>(...items: readonly [T, ...T[]]): T {
    return items[this.integer(0, items.length - 1)]!;
  }

  list(length: number, min: number, max: number): number[] {
    return Array.from({ length }, () => this.integer(min, max));
  }

  shape(minRank: number, maxRank: number, maxExtent = 4): number[] {
    return this.list(this.integer(minRank, maxRank), 1, maxExtent);
  }

  /** An axis number, counted from either end. */
  axis(rank: number): number {
    return rank === 0 ? 0 : this.integer(-rank, rank - 1);
  }

  /** Some different axes in any order, counted from either end; at least `least`. */
  axes(rank: number, least = 0): number[] {
    const order = this.stream();
    const all = Array.from({ length: rank }, (_, axis) => axis);
    order.shuffle(all);
    return all.slice(0, this.integer(least, rank)).map(axis => (order.integer(2) === 1 ? axis - rank : axis));
  }

  /** A shape that broadcasts into `shape`: leading axes left out, some extents one. */
  broadcastable(shape: readonly number[]): number[] {
    return shape.slice(this.integer(0, shape.length)).map(extent => (this.integer(0, 3) === 0 ? 1 : extent));
  }

  /** Tensors of float32 numbers between `low` and `high`, all different. */
  spread(shapes: readonly (readonly number[])[], low = -2, high = 2): Tensor[] {
    const stream = this.stream();
    const count = 2 * Math.ceil(shapes.reduce((sum, shape) => sum + sizeOf(shape), 0) / 2);
    const values = Array.from(
      { length: count },
      (_, i) => low + ((i + 0.3 + 0.4 * stream.uniform()) * (high - low)) / count,
    );
    stream.shuffle(values);
    return shapes.map(shape => floats(shape, values.splice(0, sizeOf(shape))));
  }

  tensor(shape: readonly number[], low = -2, high = 2): Tensor {
    return this.spread([shape], low, high)[0]!;
  }

  bools(shape: readonly number[]): Tensor {
    const stream = this.stream();
    return { type: 'bool', shape, data: Uint8Array.from({ length: sizeOf(shape) }, () => stream.integer(2)) };
  }

  /** Small integers, so that many are equal. */
  integers(shape: readonly number[], min: number, max: number): Tensor {
    const stream = this.stream();
    return integers(
      Array.from({ length: sizeOf(shape) }, () => min + stream.integer(max - min + 1)),
      shape,
    );
  }

  /** Roles of operands of which at least one is differentiated. */
  roles(count: number): Role[] {
    const first = this.integer(0, count - 1);
    return Array.from({ length: count }, (_, i) =>
      i === first ? 'variable' : this.choose('variable', 'given', 'constant'),
    );
  }

  private stream(): Stream {
    return new Stream(this.integer(0, 0xffff), 'operator cases');
  }
}
