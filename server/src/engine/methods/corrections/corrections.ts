/** The corrections by their catalog names: map in, map out, row by row. */
import type { MapKind } from '../../../catalog/specification.js';
import type * as specifications from '../../../catalog/corrections.js';
import type { Call } from '../../../protocol.js';
import { hypothetical } from './hypothetical.js';
import { simplexCorrection } from './simplex-correction.js';

/** Reads the rows at hand of one of the attribution's arrays. */
export type ReadRows = (array: string) => Promise<Float32Array>;

export interface Correction {
  readonly produces: MapKind;
  /** The corrected rows, [row, position, base], from the rows of the stored arrays. */
  readonly correct: (read: ReadRows, rows: number) => Promise<Float32Array>;
}

/** One implementation per correction of the catalog. */
export const CORRECTIONS: { readonly [Name in keyof typeof specifications]: Correction } = {
  simplex_correction: { produces: 'gradient', correct: async read => simplexCorrection(await read('array')) },
  hypothetical: {
    produces: 'hypothetical',
    correct: async (read, rows) =>
      hypothetical(await read('array'), await read('multipliers'), await read('references'), rows),
  },
};

/** The correction that a call stands for. */
export function correctionOf(call: Call): Correction {
  const correction = CORRECTIONS[call.call as keyof typeof CORRECTIONS] as Correction | undefined;
  if (correction === undefined) throw new Error(`no implementation of the correction ${call.call}`);
  return correction;
}
