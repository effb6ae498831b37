/** What every measurement yields: numbers per example, statistics over them with intervals, and a distribution. */
import type { Curve, Distribution, Note } from '../../protocol.js';
import { Failure } from '../failure.js';

/** Values of a map or of scores, row-major. */
export type Values = Float32Array | Float64Array;

export interface StatisticResult {
  readonly value: number;
  /** Units (examples) behind the value. */
  readonly n: number;
  /** 95 % percentile interval. */
  readonly interval?: readonly [number, number];
  /** Why there is no interval although the statistic has one. */
  readonly withheld?: string;
}

export interface MetricResult {
  /** Units (examples) that the metric was given. */
  readonly units: number;
  /** What a unit is, where it is not an example: `variant`, `member`. */
  readonly axis?: string;
  /** What was measured at each unit; NaN where it is not defined. */
  readonly columns: readonly { readonly name: string; readonly values: Float64Array }[];
  /** By the names of the catalog entry. A statistic that the data do not define is left out, and a note says why. */
  readonly statistics: Readonly<Record<string, StatisticResult>>;
  /** Bootstrap draws of every statistic with an interval. */
  readonly draws: ReadonlyMap<string, Float64Array>;
  readonly distribution?: Distribution;
  readonly curve?: Curve;
  readonly notes: readonly Note[];
}

/** How results call example `index`: by its name where one is given. */
export function exampleName(names: readonly string[] | undefined, index: number): string {
  const name = names?.[index];
  return name === undefined ? `example ${index}` : `example "${name}"`;
}

/**
 * Refuses values that are not finite: no rank, angle or sum of them means anything.
 *
 * @param what the values in words, plural
 * @param perExample values of each example
 * @throws Failure naming the first such example
 */
export function requireFinite(values: Values, what: string, perExample: number, names?: readonly string[]): void {
  const bad = values.findIndex((value: number) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new Failure('metric/not-finite', `among the ${what} is ${values[bad]}, expected finite numbers`, {
    place: exampleName(names, Math.floor(bad / perExample)),
    remedy: 'The model overflows or divides by zero at this example: check its prediction, or leave the example out.',
  });
}
