/**
 * Predictions with some features taken away: their values come from a reference, all others from the example. This is the
 * value of a coalition in the interventional (marginal) sense (Janzing, Minorics & Blöbaum 2020, AISTATS): what is taken
 * away is replaced without regard to what is left.
 */
import type { Origin } from '../../data/examples.js';
import type { Block, MethodContext } from '../method.js';
import { fillReferences } from '../pairs.js';
import { Pass } from '../passes.js';
import type { Reference } from '../references/reference.js';

/** Numbers that are assembled at a time: 16 MiB of float32. */
const NUMBERS_AT_ONCE = 2 ** 22;

/** The examples of a block with their references. */
export interface MaskedBlock {
  readonly rows: number;
  /** [row, …shape] */
  readonly x: Float32Array;
  /** [row, copy, …shape] */
  readonly references: Float32Array;
  /** How many of each row's references are different. */
  readonly distinct: number[];
  /** f at every row. */
  readonly outputs: Float32Array;
  readonly origins: readonly Origin[];
}

/** An example of a block, one of its references, and the features that the reference supplies. */
export interface MaskedRow {
  readonly row: number;
  readonly copy: number;
  readonly absent: readonly number[];
}

export class Masking {
  private constructor(
    private readonly context: MethodContext,
    private readonly forward: Pass,
    readonly reference: Reference,
  ) {}

  static async create(context: MethodContext, reference: Reference): Promise<Masking> {
    return new Masking(context, await Pass.forward(context.model, context.executor), reference);
  }

  /** References per example. */
  get copies(): number {
    return this.reference.copies;
  }

  async open({ from, to, x }: Block): Promise<MaskedBlock> {
    const { examples, outputs } = this.context;
    const references = new Float32Array(x.length * this.copies);
    const distinct = await fillReferences(this.context, this.reference, from, to, references);
    return {
      rows: to - from,
      x,
      references,
      distinct,
      outputs: outputs.subarray(from, to),
      origins: examples.origins.slice(from, to),
    };
  }

  /** f at `count` rows, each as `masked` says: [count]. Inputs are assembled in bounded memory. */
  async evaluate(block: MaskedBlock, count: number, masked: (index: number) => MaskedRow): Promise<Float32Array> {
    const { size, length } = this.context.model;
    const width = size / length;
    const all = new Float32Array(count);
    const atOnce = Math.max(256, Math.floor(NUMBERS_AT_ONCE / size / 256) * 256);
    for (let from = 0; from < count; from += atOnce) {
      const rows = Math.min(atOnce, count - from);
      const inputs = new Float32Array(rows * size);
      for (let i = 0; i < rows; i++) {
        const { row, copy, absent } = masked(from + i);
        const at = i * size;
        inputs.set(block.x.subarray(row * size, (row + 1) * size), at);
        const reference = (row * this.copies + copy) * size;
        for (const feature of absent)
          for (let k = feature * width; k < (feature + 1) * width; k++)
            inputs[at + k] = block.references[reference + k]!;
      }
      all.set(await this.forward.run(inputs, this.context.passed), from);
    }
    return all;
  }

  /**
   * Means over the references of f without some features.
   *
   * @param perRow how many sets of features there are for each row
   * @param absent the features of a set
   * @returns [row, set]
   */
  async means(
    block: MaskedBlock,
    perRow: number,
    absent: (row: number, set: number) => readonly number[],
  ): Promise<Float64Array> {
    const { copies } = this;
    const values = await this.evaluate(block, block.rows * perRow * copies, index => {
      const set = Math.floor(index / copies);
      const row = Math.floor(set / perRow);
      return { row, copy: index % copies, absent: absent(row, set % perRow) };
    });
    const means = new Float64Array(block.rows * perRow);
    values.forEach((value, index) => (means[Math.floor(index / copies)]! += value / copies));
    return means;
  }

  release(): Promise<void> {
    return this.forward.release();
  }
}
