/** What a stage of motif discovery is to the engine: a stored result in, a result with rows of its own out, all at once. */
import type { CorrectionEntry, Form, ParametersOf } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import type { ArrayLayout, RowTable } from '../../store/result.js';
import type { StepContext } from '../steps/step.js';

export interface StoredArray {
  readonly layout: ArrayLayout;
  readonly data: Float32Array | Float64Array;
}

export interface MotifResult {
  readonly form: Form;
  readonly rows: RowTable;
  /** The first one is called `array`; its first axis is that of the rows. */
  readonly arrays: readonly StoredArray[];
  readonly notes: readonly Note[];
}

/** @param source key of the result that the stage works on */
export type MotifStage<E extends CorrectionEntry> = (
  parameters: ParametersOf<E>,
  source: string,
  context: StepContext,
) => Promise<MotifResult>;

export const BASE_AXIS = { name: 'base', size: 4, labels: ['A', 'C', 'G', 'T'] };

/** A table of numbers with named columns as an array [row, field]. */
export function fieldsOf(
  name: string,
  row: string,
  labels: readonly string[],
  lines: readonly (readonly number[])[],
): StoredArray {
  const axes = [
    { name: row, size: lines.length },
    { name: 'field', size: labels.length, labels: [...labels] },
  ];
  return { layout: { name, type: 'float64', unit: 'by field', axes }, data: Float64Array.from(lines.flat()) };
}
