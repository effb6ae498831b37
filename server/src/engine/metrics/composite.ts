/**
 * One score from recall, precision and stability, to rank attribution methods by. Reynolds & Pan 2025, PLoS Comput Biol
 * 21(12):e1013784: the geometric mean of recall, precision and 2^(−median RSD / τ).
 */
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { estimate, median } from './bootstrap.js';
import type { MetricResult } from './metric.js';

/** What was measured of one attribution method. */
export interface Measured {
  readonly name: string;
  /** Recall of all planted variants, a share. */
  readonly recall: number;
  /** Precision estimated with decoys; may be negative. */
  readonly precision: number;
  /** Median relative standard deviation over the members. */
  readonly deviation: number;
}

export interface CompositeInput {
  /** The method that is scored, then those that it is compared with. */
  readonly methods: readonly Measured[];
  /** The deviation that halves the score; absent: the median over the methods, as published. */
  readonly tau?: number;
}

/** Geometric, arithmetic and harmonic means; the first and the last are 0 where a part is not positive. */
function means(parts: readonly number[]): { geometric: number; arithmetic: number; harmonic: number } {
  const positive = parts.every(part => part > 0);
  const n = parts.length;
  return {
    geometric: positive ? parts.reduce((product, part) => product * part, 1) ** (1 / n) : 0,
    arithmetic: parts.reduce((sum, part) => sum + part, 0) / n,
    harmonic: positive ? n / parts.reduce((sum, part) => sum + 1 / part, 0) : 0,
  };
}

interface Scored extends Measured {
  readonly stability: number;
  readonly geometric: number;
  readonly arithmetic: number;
  readonly harmonic: number;
}

/**
 * The composite of the first method; those of all are columns. Without intervals: its parts vary over people, variants and
 * networks at once.
 *
 * @throws Failure `metric/no-tau` when a single method is to be its own yardstick, or half of the methods have no deviation
 */
export function composite({ methods, tau }: CompositeInput): MetricResult {
  const scale = scaleOf(methods, tau);
  return resultOf(scored(methods, scale), scale, tau === undefined);
}

/** The same with the best method first. */
export function compositeRanking({ methods, tau }: CompositeInput): MetricResult {
  const scale = scaleOf(methods, tau);
  const ranked = scored(methods, scale).sort((a, b) => b.geometric - a.geometric);
  return resultOf(ranked, scale, tau === undefined);
}

function scaleOf(methods: readonly Measured[], tau: number | undefined): number {
  const n = methods.length;
  if (tau === undefined && n < 2)
    throw new Failure('metric/no-tau', 'τ is the median over several methods, and one is given', {
      remedy: 'Name the methods it is compared with after its own, or give tau: 40%.',
    });
  const scale = tau ?? median(Float64Array.from(methods, ({ deviation }) => deviation))(new Uint32Array(n).fill(1));
  if (scale > 0) return scale;
  throw new Failure('metric/no-tau', `τ is ${scale}, and no deviation can be measured by it`, {
    remedy: 'Give a tau above 0, or compare methods whose scores differ between networks.',
  });
}

function scored(methods: readonly Measured[], scale: number): Scored[] {
  return methods.map(measured => {
    const stability = 2 ** (-measured.deviation / scale);
    return { ...measured, stability, ...means([measured.recall, measured.precision, stability]) };
  });
}

function resultOf(methods: readonly Scored[], scale: number, relative: boolean): MetricResult {
  const n = methods.length;
  const fields = ['recall', 'precision', 'deviation', 'stability', 'geometric', 'arithmetic', 'harmonic'] as const;
  const first = methods[0]!;
  const exact = (value: number) => ({ n, of: () => value, interval: 'none' as const });
  return {
    units: n,
    axis: 'method',
    columns: fields.map(name => ({ name, values: Float64Array.from(methods, one => one[name]) })),
    ...estimate({
      composite: exact(first.geometric),
      arithmetic: exact(first.arithmetic),
      harmonic: exact(first.harmonic),
      recall: exact(first.recall),
      precision: exact(first.precision),
      stability: exact(first.stability),
      tau: exact(scale),
    }),
    notes: notesOf(methods, scale, relative),
  };
}

function notesOf(methods: readonly Scored[], tau: number, relative: boolean): Note[] {
  const ranking = [...methods]
    .sort((a, b) => b.geometric - a.geometric)
    .map(({ name, geometric }) => `${name} ${geometric.toFixed(3)}`);
  const notes: Note[] = [
    { level: 'information', code: 'metric/ranking', message: `Composite scores: ${ranking.join(', ')}.` },
  ];
  if (relative)
    notes.push({
      level: 'information',
      code: 'GA023',
      message: `τ = ${tau.toFixed(3)} is the median over these ${methods.length} methods: with others the same method has another score. Fix tau to compare across sets.`,
    });
  const negative = methods.filter(({ precision }) => precision <= 0).map(({ name }) => name);
  if (negative.length > 0)
    notes.push({
      level: 'warning',
      code: 'GA022',
      message: `${negative.join(', ')}: a precision that is not positive has no geometric mean; the score counts as 0.`,
    });
  return notes;
}
