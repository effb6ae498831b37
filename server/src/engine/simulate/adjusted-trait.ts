/** A trait without what covariates and the principal components of the genotypes explain of it: ancestry does not pass for an effect. */
import type { adjust_trait as specification } from '../../catalog/cohort-stages.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Rows } from '../data/examples.js';
import { Failure } from '../failure.js';
import { orthonormal, principalComponents } from '../data/principal-components.js';
import { requireAlleles, traitOf } from './genotype-truth.js';
import { meanProduct, standardise } from './moments.js';

/** Share of the trait's variance below which what is left is rounding. */
const LEAST_LEFT = 1e-18;

/** @throws Failure `data/label` when the people have no trait, or nothing of it is left; `data/genotypes` for z-scores */
export function adjustTrait(rows: Rows, { components }: ParametersOf<typeof specification>): Rows {
  if (components > 0) requireAlleles(rows, 'adjust_trait');
  const trait = standardise(traitOf(rows, 'adjust_trait'));
  const people = trait.length;
  const left = trait.slice();
  // All columns have mean 0, so taking each away in turn is the least-squares fit with an intercept.
  for (const column of orthonormal([...principalComponents(rows, components), ...columnsOf(rows)])) {
    const loading = people * meanProduct(trait, column);
    column.forEach((value, person) => (left[person]! -= loading * value));
  }
  const rest = meanProduct(left, left);
  const what = [`${components} principal components`, ...(rows.covariates?.names ?? [])].join(', ');
  if (rest <= LEAST_LEFT)
    throw new Failure('data/label', `\`adjust_trait\`: ${what} explain all of the trait of ${people} people`, {
      remedy: 'Take fewer components or covariates, or more people.',
    });
  // Names of cases and controls do not fit what is left of them.
  const { classes: _classes, ...others } = rows;
  return {
    ...others,
    labels: [...standardise(left)],
    notes: [
      ...rows.notes,
      {
        level: 'information',
        code: 'data/adjusted',
        message: `${what} explained ${(100 * (1 - rest)).toFixed(1)} % of the trait and were taken out; it is standardised.`,
      },
    ],
  };
}

/** The covariates with mean 0, [covariate][person]. */
function columnsOf({ covariates, names }: Rows): Float64Array[] {
  const width = covariates?.names.length ?? 0;
  return Array.from({ length: width }, (_, at) =>
    standardise(Float64Array.from(names, (__, person) => covariates!.values[person * width + at]!)),
  );
}
