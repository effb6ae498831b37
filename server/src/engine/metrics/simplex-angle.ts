/**
 * Angle between the gradient at a position and the simplex on which one-hot DNA lives: how much of the gradient no
 * sequence can test. Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109.
 */
import type { Note } from '../../protocol.js';
import { defined, estimate, mean } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';

export interface SimplexAngleInput {
  /** A gradient map, [example, position, 4]. */
  readonly gradient: Values;
  readonly examples: number;
  readonly length: number;
  readonly names?: readonly string[];
}

const DEGREES = 180 / Math.PI;

/** Signed angles in degrees, sin θ = Σ_a G_a / (2 ‖G‖); NaN where there is no gradient. [example, position] */
export function simplexAngles(gradient: Values): Float64Array {
  const angles = new Float64Array(gradient.length / 4);
  for (let position = 0; position < angles.length; position++) {
    let sum = 0;
    let squares = 0;
    for (let at = position * 4; at < position * 4 + 4; at++) {
      sum += gradient[at]!;
      squares += gradient[at]! ** 2;
    }
    // Rounding may push the quotient of a gradient along the normal just beyond 1.
    const sine = Math.max(-1, Math.min(1, sum / (2 * Math.sqrt(squares))));
    angles[position] = Math.asin(sine) * DEGREES;
  }
  return angles;
}

/**
 * Share of isotropic random gradients whose angle is at most θ: 1/2 + (θ + sin θ cos θ)/π. In four dimensions the density
 * of the angle to a hyperplane is proportional to cos² θ.
 */
export function isotropicShareBelow(degrees: number): number {
  const angle = degrees / DEGREES;
  return 0.5 + (angle + Math.sin(angle) * Math.cos(angle)) / Math.PI;
}

/** Shares of positions beyond 30°, 45° and 60° per example, and the angles of all positions beside the isotropic null. */
export function simplexAngle(input: SimplexAngleInput): MetricResult {
  const { gradient, examples, length, names } = input;
  requireFinite(gradient, 'gradients', length * 4, names);
  const angles = simplexAngles(gradient);
  const columns = ['over_30', 'over_45', 'over_60', 'sd', 'positions'].map(name => ({
    name,
    values: new Float64Array(examples),
  }));
  for (let example = 0; example < examples; example++) {
    const known = defined(angles.subarray(example * length, (example + 1) * length));
    const share = (limit: number) => known.filter(angle => Math.abs(angle) > limit).length / known.length;
    const meanSquare = known.reduce((sum, angle) => sum + angle * angle, 0) / known.length;
    const row = [share(30), share(45), share(60), Math.sqrt(meanSquare), known.length];
    row.forEach((value, column) => (columns[column]!.values[example] = value));
  }

  const known = defined(angles);
  const flat = angles.length - known.length;
  const notes: Note[] = [];
  if (flat > 0) {
    notes.push({
      level: known.length === 0 ? 'warning' : 'information',
      code: 'metric/no-gradient',
      message: `${flat} of ${angles.length} positions have no gradient and so no angle; they are left out.`,
    });
  }
  const edges = equalBins(-90, 90, 36);
  const shares = edges.map(isotropicShareBelow);
  const statistics = columns.slice(0, 4).map(({ name, values }) => {
    const measured = defined(values);
    return [name, { n: measured.length, of: mean(measured) }] as const;
  });
  return {
    units: examples,
    columns,
    ...estimate(Object.fromEntries(statistics)),
    distribution: {
      title: 'Angle to the simplex at each position',
      unit: 'degrees',
      edges,
      counts: countInBins(known, edges),
      expected: shares.slice(1).map((share, bin) => known.length * (share - shares[bin]!)),
      expectedTitle: 'isotropic random gradients',
    },
    notes,
  };
}
