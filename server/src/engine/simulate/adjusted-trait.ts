/** A trait without what the principal components of the genotypes explain of it: ancestry does not pass for an effect. */
import type { adjust_trait as specification } from '../../catalog/cohort-stages.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Rows } from '../data/examples.js';
import { orthonormal, principalComponents } from '../data/principal-components.js';
import { traitOf } from './genotype-truth.js';
import { meanProduct, standardise } from './moments.js';

/** @throws Failure when the people have no trait */
export function adjustTrait(rows: Rows, { components }: ParametersOf<typeof specification>): Rows {
  const trait = standardise(traitOf(rows, 'adjust_trait'));
  const people = trait.length;
  const left = trait.slice();
  // Components have mean 0, so taking each away in turn is the least-squares fit with an intercept.
  for (const component of orthonormal(principalComponents(rows, components))) {
    const loading = people * meanProduct(trait, component);
    component.forEach((value, person) => (left[person]! -= loading * value));
  }
  const explained = 1 - meanProduct(left, left);
  return {
    ...rows,
    labels: [...standardise(left)],
    notes: [
      ...rows.notes,
      {
        level: 'information',
        code: 'data/adjusted',
        message: `${components} principal components explained ${(100 * explained).toFixed(1)} % of the trait and were taken out; it is standardised.`,
      },
    ],
  };
}
