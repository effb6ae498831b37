/**
 * Over how many units a layer spreads its signal, by taking units out and by the dimensions of its activations. Wang et al. 2025,
 * arXiv 2505.09873; effective rank: Roy & Vetterli 2007, EUSIPCO.
 */
import { symmetricEigen } from '../data/principal-components.js';
import { estimate, mean } from './bootstrap.js';
import type { MetricResult } from './metric.js';
import { entropy } from './sparseness.js';

/** |r| from which two units are alike. */
const ALIKE = 0.95;

export interface Units {
  /** Mean |Δf| with each unit held at its mean, [unit]. */
  readonly effects: Float64Array;
  /** Mean |Δf| with all of them held. */
  readonly together: number;
  /** Values of the units, [unit][example]. */
  readonly activations: readonly Float64Array[];
}

/** @param members the layer in each network of an ensemble */
export function unitRedundancy({ members }: { readonly members: readonly Units[] }): MetricResult {
  const relative = Float64Array.from(
    members.flatMap(({ effects, together }) => Array.from(effects, effect => effect / together)),
  );
  const average = (of: (units: Units) => number): number =>
    members.reduce((sum, units) => sum + of(units) / members.length, 0);
  const n = relative.length;
  const exact = (of: (units: Units) => number) => ({ n, of: () => average(of), interval: 'none' as const });
  return {
    units: n,
    axis: 'unit',
    columns: [{ name: 'effect', values: relative }],
    ...estimate(
      {
        single: { n, of: mean(relative) },
        largest: exact(({ effects, together }) => Math.max(...effects) / together),
        spread: exact(({ effects }) => 2 ** entropy(effects) / effects.length),
        rank: exact(({ activations }) => effectiveRank(activations) / activations.length),
        alike: exact(({ activations }) => alike(activations)),
      },
      'units',
    ),
    notes: [],
  };
}

/** [unit][unit], of values centred over the examples */
function covariances(activations: readonly Float64Array[]): Float64Array[] {
  const centred = activations.map(values => {
    const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map(value => value - middle);
  });
  return centred.map(a => Float64Array.from(centred, b => a.reduce((sum, value, i) => sum + value * b[i]!, 0)));
}

/** exp of the entropy of the singular values as shares of their sum. */
export function effectiveRank(activations: readonly Float64Array[]): number {
  const { values } = symmetricEigen(covariances(activations));
  return 2 ** entropy(Float64Array.from(values, value => Math.sqrt(Math.max(0, value))));
}

/** Of the pairs of units that vary. */
function alike(activations: readonly Float64Array[]): number {
  const matrix = covariances(activations);
  const varying = matrix.flatMap((row, unit) => (row[unit]! > 0 ? [unit] : []));
  let pairs = 0;
  let found = 0;
  for (const a of varying)
    for (const b of varying) {
      if (b >= a) break;
      pairs++;
      if (Math.abs(matrix[a]![b]!) > ALIKE * Math.sqrt(matrix[a]![a]! * matrix[b]![b]!)) found++;
    }
  return found / pairs;
}
