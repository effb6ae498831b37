/**
 * Angle between the gradient at a position and the simplex on which one-hot DNA lives: how much of the gradient no
 * sequence can test. Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109.
 */
import type { Curve, Note } from '../../protocol.js';
import { defined, estimate, mean } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';

export interface SimplexAngleInput {
  /** A gradient map, [example, position, 4]. */
  readonly gradient: Values;
  readonly examples: number;
  readonly length: number;
  /** Information (bits) of the planted motif, 0 in the background, [example, position]. */
  readonly truth?: Values;
  readonly names?: readonly string[];
}

const DEGREES = 180 / Math.PI;

/** Bits above which a position belongs to a motif, as for interpretability. */
const MOTIF_BITS = 0.1;

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

/**
 * Shares of positions beyond 30°, 45° and 60° per example, and the angles of all positions beside the isotropic null. With the truth
 * also those beyond 30° in motifs and beside them, and the angles of both.
 */
export function simplexAngle(input: SimplexAngleInput): MetricResult {
  const { gradient, examples, length, truth, names } = input;
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
  const sites = truth && sitesOf(truth, angles, examples, length);
  if (sites) columns.push(...sites.columns);

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
  const statistics = columns
    .filter(({ name }) => name !== 'positions')
    .map(({ name, values }) => {
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
    ...(sites && { curve: sites.curve(edges) }),
    notes,
  };
}

/** The angles in motifs, the positions above 0.1 bit, and in the background, those with the fewest bits of the example. */
function sitesOf(truth: Values, angles: Float64Array, examples: number, length: number) {
  const motif = angles.map((angle, at) => (truth[at]! > MOTIF_BITS ? angle : NaN));
  const background = angles.slice().fill(NaN);
  const shares = ['motif_30', 'background_30', 'motif_excess_30'].map(name => ({
    name,
    values: new Float64Array(examples),
  }));
  for (let example = 0; example < examples; example++) {
    const [from, to] = [example * length, (example + 1) * length];
    const least = Float64Array.from(truth.subarray(from, to)).sort()[0]!;
    for (let at = from; at < to; at++) if (truth[at] === least && least <= MOTIF_BITS) background[at] = angles[at]!;
    const [inside, outside] = [motif, background].map(of => {
      const known = defined(of.subarray(from, to));
      return known.filter(angle => Math.abs(angle) > 30).length / known.length;
    }) as [number, number];
    [inside, outside, inside - outside].forEach((value, column) => (shares[column]!.values[example] = value));
  }
  return {
    columns: shares,
    curve: (edges: readonly number[]): Curve => {
      const noise = edges.slice(1).map((high, bin) => isotropicShareBelow(high) - isotropicShareBelow(edges[bin]!));
      const shareOf = (of: Float64Array): number[] => {
        const known = defined(of);
        return countInBins(known, edges).map(count => count / known.length);
      };
      return {
        title: 'Angles in motifs and beside them',
        x: {
          title: 'Angle to the simplex',
          unit: 'degrees',
          values: edges.slice(1).map((high, bin) => (high + edges[bin]!) / 2),
        },
        unit: 'share',
        series: [
          { name: 'motifs', values: shareOf(motif) },
          { name: 'background', values: shareOf(background) },
          { name: 'isotropic random gradients', values: noise },
        ],
      };
    },
  };
}
