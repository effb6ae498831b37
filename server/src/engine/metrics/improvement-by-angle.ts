/**
 * What the simplex correction does to the cosine between the gradient and the truth at single positions, by the angle of the gradient
 * to the simplex. Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109.
 */
import { defined, estimate, mean, type Weighted } from './bootstrap.js';
import { equalBins } from './histogram.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';
import { simplexAngles } from './simplex-angle.js';

export interface ImprovementByAngleInput {
  /** An uncorrected gradient map, [example, position, 4]. */
  readonly gradient: Values;
  /** Probabilities of the bases, [example, position, 4]. */
  readonly probabilities: Values;
  readonly examples: number;
  readonly length: number;
  readonly names?: readonly string[];
}

const BINS = 18;
const EDGES = equalBins(0, 90, BINS);
/** Below this are squares of a truth without direction, where every base is as likely, and angles that only rounding makes. */
const FLAT = 1e-12;

/** Positions with a direction of the gradient and of the truth: sums over those of an example and a bin, [example, bin]. */
interface Totals {
  readonly positions: Float64Array;
  readonly gain: Float64Array;
  readonly bound: Float64Array;
}

/**
 * At each position cos(G′, M − ¼) − cos(G, M − ¼). Because M − ¼ lies in the plane of the simplex, the corrected cosine is the raw one
 * over |cos θ|, and because it is at most 1, the improvement is at most 1 − |cos θ|.
 */
export function improvementByAngle(input: ImprovementByAngleInput): MetricResult {
  const { examples, names, length, gradient } = input;
  requireFinite(gradient, 'gradients', length * 4, names);
  const totals = totalsOf(input);
  const per = (of: (example: number) => [sum: number, count: number]): Float64Array =>
    Float64Array.from({ length: examples }, (_, example) => {
      const [sum, count] = of(example);
      return sum / count;
    });
  const over = (values: Float64Array, example: number, from: number): number =>
    values.subarray(example * BINS + from, (example + 1) * BINS).reduce((sum, value) => sum + value, 0);
  const beyond = EDGES.indexOf(30);
  const improvement = per(example => [over(totals.gain, example, 0), over(totals.positions, example, 0)]);
  const large = per(example => [over(totals.gain, example, beyond), over(totals.positions, example, beyond)]);
  const bins = EDGES.slice(1).flatMap((high, bin) => {
    const found = estimate({ gain: { n: examples, of: quotient(totals.gain, totals.positions, bin) } }).statistics[
      'gain'
    ];
    const possible = quotient(totals.bound, totals.positions, bin)(new Uint32Array(examples).fill(1));
    return found ? [{ ...found, possible, angle: high - 90 / BINS / 2 }] : [];
  });
  const positions = totals.positions.reduce((sum, count) => sum + count, 0);
  return {
    units: examples,
    columns: [
      { name: 'improvement', values: improvement },
      { name: 'beyond_30', values: large },
    ],
    ...estimate({
      improvement: { n: defined(improvement).length, of: mean(defined(improvement)) },
      beyond_30: { n: defined(large).length, of: mean(defined(large)) },
      attained: { n: examples, of: quotient(totals.gain, totals.bound) },
    }),
    curve: {
      title: 'Change of the cosine with the truth at single positions by the correction',
      x: { title: 'Angle to the simplex', unit: 'degrees', values: bins.map(({ angle }) => angle) },
      unit: 'correlation',
      series: [
        {
          name: 'improvement',
          values: bins.map(({ value }) => value),
          ...(bins.every(({ interval }) => interval) && {
            low: bins.map(({ interval }) => interval![0]),
            high: bins.map(({ interval }) => interval![1]),
          }),
        },
        { name: 'largest possible', values: bins.map(({ possible }) => possible) },
      ],
    },
    notes: [
      {
        level: 'information',
        code: 'metric/positions',
        message: `${positions} of ${examples * length} positions have a gradient and a truth with a direction; the others are left out.`,
      },
    ],
  };
}

function totalsOf({ gradient, probabilities, examples, length }: ImprovementByAngleInput): Totals {
  const totals = {
    positions: new Float64Array(examples * BINS),
    gain: new Float64Array(examples * BINS),
    bound: new Float64Array(examples * BINS),
  };
  simplexAngles(gradient).forEach((angle, site) => {
    let [product, ofMap, ofTruth] = [0, 0, 0];
    for (let at = site * 4; at < site * 4 + 4; at++) {
      const centred = probabilities[at]! - 0.25;
      product += gradient[at]! * centred;
      ofMap += gradient[at]! ** 2;
      ofTruth += centred ** 2;
    }
    const slant = Math.cos((angle * Math.PI) / 180);
    // Upright on the simplex nothing is left of the gradient by the correction.
    if (Number.isNaN(angle) || ofTruth < FLAT || slant < 1e-6) return;
    const raw = product / Math.sqrt(ofMap * ofTruth);
    const cell = Math.floor(site / length) * BINS + Math.min(BINS - 1, Math.floor((Math.abs(angle) / 90) * BINS));
    totals.positions[cell]!++;
    // Of a corrected gradient only rounding is left.
    if (1 - slant < FLAT) return;
    totals.gain[cell]! += raw / slant - raw;
    totals.bound[cell]! += 1 - slant;
  });
  return totals;
}

/** Σ of one total over Σ of another, in one bin or in all. */
function quotient(above: Float64Array, below: Float64Array, bin?: number): Weighted {
  return counts => {
    let [top, bottom] = [0, 0];
    counts.forEach((count, example) => {
      for (let at = bin ?? 0; at < (bin === undefined ? BINS : bin + 1); at++) {
        top += count * above[example * BINS + at]!;
        bottom += count * below[example * BINS + at]!;
      }
    });
    return top / bottom;
  };
}
