/**
 * Conditional predictive impact: how much worse the model does when features are replaced by their knockoffs, with a one-sided
 * paired t-test over the examples. Watson & Wright 2021, Machine Learning 110:2107.
 */
import type { conditional_predictive_impact } from '../../../catalog/methods/global.js';
import { studentCdf } from '../../random/student-distribution.js';
import { groupsOf } from '../groups.js';
import type { Method } from '../method.js';
import { Pass } from '../passes.js';
import { knockoffsOf } from './knockoffs.js';
import { pairedLossOf } from './loss.js';
import { askChanged, rowsOfGroups, wholeData } from './whole-data.js';

export const conditionalPredictiveImpact: Method<typeof conditional_predictive_impact> = async (
  context,
  parameters,
) => {
  const { model, executor, examples, outputs, files, passed } = context;
  const { count, length, space, origins } = examples;
  const groups = await groupsOf(parameters, examples, files);
  const loss = pairedLossOf(parameters.loss, examples, outputs);
  const { each } = loss;
  const x = await wholeData(examples);
  const { draw, construction } = await knockoffsOf(x, origins, space, parameters, passed);
  const before = each(outputs);
  const forward = await Pass.forward(model, executor);

  const replaced = (features: readonly number[], knockoffs: Float32Array): Promise<Float32Array> =>
    askChanged(
      forward,
      x,
      count,
      (row, example) => {
        for (const feature of features) row[feature] = knockoffs[example * length + feature]!;
      },
      passed,
    );

  return {
    produces: 'importance',
    axes: [],
    unit: loss.unit,
    rows: rowsOfGroups(groups, model.space),
    arrays: [
      { name: 'standard_errors', type: 'float64', unit: loss.unit, axes: [] },
      { name: 'p_values', type: 'float64', unit: 'probability', axes: [] },
    ],
    blockRows: 1,
    async explain() {
      const rises = groups.members.map(() => new Float64Array(count));
      for (let copy = 0; copy < parameters.copies; copy++) {
        const knockoffs = draw(copy);
        for (const [group, features] of groups.members.entries()) {
          const after = each(await replaced(features, knockoffs));
          after.forEach((value, row) => (rises[group]![row]! += (value - before[row]!) / parameters.copies));
        }
      }
      const tested = rises.map(oneSided);
      return {
        map: Float32Array.from(tested, ({ mean }) => mean),
        arrays: {
          standard_errors: Float64Array.from(tested, ({ error }) => error),
          p_values: Float64Array.from(tested, ({ p }) => p),
        },
      };
    },
    notes: () => [
      ...groups.notes,
      {
        level: 'information',
        code: 'method/knockoffs',
        message: `Knockoffs by ${construction.replace('_', ' ')}; the loss is ${loss.name.replace('_', ' ')}.`,
      },
    ],
    release: () => forward.release(),
  };
};

/** The mean, its standard error, and P(T ≥ t) for a mean that is not above 0; 1 where no value differs from 0. */
export function oneSided(values: Float64Array): { mean: number; error: number; p: number } {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const error = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1) / n);
  return { mean, error, p: error > 0 ? studentCdf(-mean / error, n - 1) : Number(mean <= 0) };
}
