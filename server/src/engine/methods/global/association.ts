/** What association scans share: rows in blocks, covariates, and a result of one row for each feature. */
import type { Note } from '../../../protocol.js';
import { orthonormal } from '../../data/principal-components.js';
import { axesOf } from '../../data/input-space.js';
import type { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { standardise } from '../../simulate/moments.js';
import type { MethodContext, PreparedMethod } from '../method.js';
import type { Passed } from '../passes.js';

export interface Association {
  /** −log₁₀ of the two-sided p-value, [feature]; 0 where there is no estimate. */
  readonly strength: Float64Array;
  /** Change of the label (or its log-odds) with one unit of the feature; 0 where there is no estimate. */
  readonly slopes: Float64Array;
  /** NaN where there is no estimate. */
  readonly errors: Float64Array;
  readonly pValues: Float64Array;
}

/** Results of features by their slope, its standard error and ln p; without a place for one that is not set there is no estimate. */
export class Estimates implements Association {
  readonly strength: Float64Array;
  readonly slopes: Float64Array;
  readonly errors: Float64Array;
  readonly pValues: Float64Array;

  constructor(size: number) {
    this.strength = new Float64Array(size);
    this.slopes = new Float64Array(size);
    this.errors = new Float64Array(size).fill(NaN);
    this.pValues = new Float64Array(size).fill(1);
  }

  set(feature: number, slope: number, error: number, logP: number): void {
    this.slopes[feature] = slope;
    this.errors[feature] = error;
    this.strength[feature] = Math.abs(logP) / Math.LN10;
    this.pValues[feature] = Math.exp(logP);
  }
}

/** The covariates of the examples as centred vectors of length 1 at right angles, [covariate][example]; what repeats others is left out. */
export function covariateBasis({ covariates, count }: StoredExamples): Float64Array[] {
  const columns = covariates?.names.map((_, at) =>
    standardise(
      Float64Array.from({ length: count }, (__, row) => covariates.values[row * covariates.names.length + at]!),
    ),
  );
  return orthonormal(columns ?? []);
}

/** @throws Failure `method/labels` when an example has no label */
export function traitOfAll(
  labels: readonly (number | undefined)[],
  names: readonly string[],
  method: string,
): Float64Array {
  const missing = labels.indexOf(undefined);
  if (missing >= 0)
    throw new Failure('method/labels', `\`${method}\` needs a trait, and the example has no label`, {
      place: `example "${names[missing]}"`,
      remedy: 'Give phenotypes with the source, or make a trait with the stage polygenic_trait.',
    });
  return Float64Array.from(labels, label => label!);
}

export async function eachRow(
  examples: StoredExamples,
  passed: Passed,
  visit: (row: Float32Array, example: number) => void,
): Promise<void> {
  const { size } = examples;
  for await (const { from, to, x } of examples.blocks()) {
    for (let row = from; row < to; row++) visit(x.subarray((row - from) * size, (row - from + 1) * size), row);
    await passed(0);
  }
}

/**
 * @param unit of the slopes
 * @param associate the scan itself
 */
export function associationScan(
  { examples, model }: MethodContext,
  unit: string,
  associate: () => Promise<Association>,
): PreparedMethod {
  return {
    produces: 'importance',
    axes: [],
    unit: '−log₁₀ p',
    rows: { axis: axesOf(model.space)[0]!.name, names: examples.features },
    arrays: ['slopes', 'standard_errors', 'p_values'].map(name => ({
      name,
      type: 'float64' as const,
      unit: name === 'p_values' ? 'probability' : unit,
      axes: [],
    })),
    blockRows: 1,
    async explain() {
      const { strength, slopes, errors, pValues } = await associate();
      return {
        map: Float32Array.from(strength),
        arrays: { slopes, standard_errors: errors, p_values: pValues },
        info: errors.reduce((sum, error) => sum + Number(Number.isNaN(error)), 0),
      };
    },
    notes: infos => [
      ...adjustedFor(examples),
      ...withoutEstimate(infos.reduce<number>((sum, info) => sum + Number(info), 0)),
    ],
    release: () => Promise.resolve(),
  };
}

function adjustedFor({ covariates }: StoredExamples): Note[] {
  if (!covariates) return [];
  const message = `Adjusted for ${covariates.names.join(', ')}.`;
  return [{ level: 'information', code: 'method/covariates', message }];
}

function withoutEstimate(count: number): Note[] {
  if (count === 0) return [];
  const message = `${count} features have no estimate and score 0: they do not vary beside the covariates, or separate the labels.`;
  return [{ level: 'information', code: 'method/no-estimate', message }];
}
