/** What an attribution method is to the engine: something that is prepared once and then explains block after block. */
import type { Form, MethodEntry, ParametersOf, PlainCall } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import type { ArrayLayout, ResultAxis } from '../../store/result.js';
import type { Json } from '../../store/writer.js';
import type { Files } from '../data/source.js';
import type { StoredExamples } from '../data/stored-examples.js';
import type { Executor } from '../backends/executor.js';
import type { ScalarModel } from '../models/model.js';
import type { TrainParameters } from '../train/declared.js';

/** What a method works with. */
export interface MethodContext {
  readonly model: ScalarModel;
  readonly executor: Executor;
  readonly examples: StoredExamples;
  /** The target at every example, [example]; under a wrapper that changes inputs, at those of the block being explained. */
  readonly outputs: Float32Array;
  /**
   * To be awaited after every batch: counts model passes, lets messages through.
   *
   * @throws Cancelled
   */
  readonly passed: (passes: number) => Promise<void>;
  /** Another data set, by its key. */
  readonly open: (data: string) => Promise<StoredExamples>;
  /** The method that a call stands for, as wrappers need it. */
  readonly prepare: (call: Pick<PlainCall, 'call' | 'parameters'>, context: MethodContext) => Promise<PreparedMethod>;
  /** Absolute path by content hash, for parameters that name files. */
  readonly files: Files;
  /** How the model came about, where the experiment has trained it. */
  readonly trained?: TrainedAs;
}

/** A member of a training, to be trained again. */
export interface TrainedAs {
  readonly parameters: TrainParameters;
  /** The key of the data that it was trained on. */
  readonly data: string;
  /** Counted from 0. */
  readonly member: number;
  /** What the units of masked layers stand for, by the names of the layers. */
  readonly units: Readonly<Record<string, readonly string[]>>;
}

/** Rows `from` … `to − 1` with their inputs. */
export interface Block {
  readonly from: number;
  readonly to: number;
  /** [row, …shape of an example] */
  readonly x: Float32Array;
}

export interface BlockResult {
  /** [row, …axes], by default [row, …shape of an example] */
  readonly map: Float32Array;
  /** Further arrays by name, whole rows. */
  readonly arrays?: Readonly<Record<string, Float32Array | Float64Array>>;
  /** Kept in the ledger and handed to `notes` when all blocks are there. */
  readonly info?: Json;
}

export interface PreparedMethod {
  readonly produces: Form;
  /** Axes of the main array behind its row axis; absent: those of the input. */
  readonly axes?: readonly ResultAxis[];
  /** Unit of the main array; absent: that of the target. */
  readonly unit?: string;
  /**
   * What the rows of the result are, where they are not the examples: features, filters, rules. Such a method reads the
   * examples itself and is asked for all rows at once, with an empty `x`.
   */
  readonly rows?: { readonly axis: string; readonly names: readonly string[] };
  /** Further arrays, without their row axis. */
  readonly arrays: readonly (Omit<ArrayLayout, 'axes'> & { readonly axes: readonly ResultAxis[] })[];
  /** Rows of a block: a second or so of work. Depends on model and parameters only, so that a resumed run cuts alike. */
  readonly blockRows: number;
  /** Says that `explain` never looks at `outputs`. */
  readonly ignoresOutputs?: true;
  explain(block: Block): Promise<BlockResult>;
  notes(infos: readonly Json[]): Note[];
  release(): Promise<void>;
}

export type Method<E extends MethodEntry> = (
  context: MethodContext,
  parameters: ParametersOf<E>,
) => Promise<PreparedMethod>;

/** Block size for a method that makes so many passes for one example. */
export function blockRowsFor(passesPerExample: number): number {
  return Math.min(256, 2 ** Math.max(0, Math.floor(Math.log2(8192 / passesPerExample))));
}

/** One implementation per entry of a family of the catalog. */
export type Family<Specifications extends Record<keyof Specifications, MethodEntry>> = {
  readonly [Name in keyof Specifications]: Method<Specifications[Name]>;
};
