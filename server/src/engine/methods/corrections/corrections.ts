/** The corrections by their catalog names: map in, map out, row by row. */
import type { CorrectionEntry, MapKind, ParametersOf } from '../../../catalog/specification.js';
import type * as specifications from '../../../catalog/corrections.js';
import type { Call } from '../../../protocol.js';
import { hypothetical } from './hypothetical.js';
import { multiplyByInput } from './multiply-by-input.js';
import { normalise, SHARE_OF } from './normalise.js';
import { simplexCorrection } from './simplex-correction.js';

/** Some rows of an attribution. */
export interface MapRows {
  readonly rows: number;
  /** The explained inputs, [row, …shape]. */
  readonly x: Float32Array;
  /** Reads these rows of one of its arrays; `array` is the map. */
  readonly read: (array: string) => Promise<Float32Array>;
}

export interface Correction {
  /** `same`: the kind that came in. */
  readonly produces: MapKind | 'same';
  /** Unit of the corrected values; absent: the one they had. */
  readonly unit?: string;
  /** The corrected rows, [row, …shape]. */
  readonly correct: (map: MapRows) => Promise<Float32Array>;
}

interface Implementation<E extends CorrectionEntry> {
  readonly produces: E['produces'];
  readonly unit?: (parameters: ParametersOf<E>) => string;
  readonly correct: (map: MapRows, parameters: ParametersOf<E>) => Promise<Float32Array>;
}

/** One implementation per correction of the catalog. */
export const CORRECTIONS: {
  readonly [Name in keyof typeof specifications]: Implementation<(typeof specifications)[Name]>;
} = {
  simplex_correction: {
    produces: 'gradient',
    correct: async ({ read }) => simplexCorrection(await read('array')),
  },
  hypothetical: {
    produces: 'hypothetical',
    correct: async ({ read, rows }) =>
      hypothetical(await read('array'), await read('multipliers'), await read('references'), rows),
  },
  multiply_by_input: {
    produces: 'contribution',
    correct: async ({ read, x }) => multiplyByInput(await read('array'), x),
  },
  normalise: {
    produces: 'same',
    unit: ({ by }) => SHARE_OF[by],
    correct: async ({ read, rows }, { by }) => normalise(await read('array'), rows, by),
  },
};

/** The correction that a call stands for. */
export function correctionOf({ call, parameters }: Call): Correction {
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const found = CORRECTIONS[call as keyof typeof CORRECTIONS] as
    | {
        readonly produces: Correction['produces'];
        readonly unit?: (parameters: unknown) => string;
        readonly correct: (map: MapRows, parameters: unknown) => Promise<Float32Array>;
      }
    | undefined;
  if (found === undefined) throw new Error(`no implementation of the correction ${call}`);
  const { produces, unit, correct } = found;
  return { produces, ...(unit && { unit: unit(parameters) }), correct: map => correct(map, parameters) };
}

/**
 * The rows of one member of an ensemble: its own map, its own pairs with references.
 *
 * @param members behind the row axis of `members`, and of what each member stores beside its map
 */
export function rowsOfMember({ rows, x, read }: MapRows, member: number, members: number): MapRows {
  return {
    rows,
    x,
    read: async name => {
      const all = await read(name === 'array' ? 'members' : name);
      const width = all.length / rows / members;
      const own = new Float32Array(rows * width);
      for (let row = 0; row < rows; row++) {
        const at = (row * members + member) * width;
        own.set(all.subarray(at, at + width), row * width);
      }
      return own;
    },
  };
}
