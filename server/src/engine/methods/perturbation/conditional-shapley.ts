/**
 * Conditional Shapley values: the features that a coalition lacks take values that go with those it has, drawn from a normal
 * distribution fitted to the data. Aas, Jullum & Løland 2021, Artificial Intelligence 298:103502, §3.
 */
import type { conditional_shapley } from '../../../catalog/methods/perturbation.js';
import { requireSameOrder } from '../../data/feature-order.js';
import { Failure } from '../../failure.js';
import { Stream } from '../../random/philox.js';
import { Correlations } from '../global/correlations.js';
import { shrunkenCorrelations } from '../global/knockoffs.js';
import { wholeData } from '../global/whole-data.js';
import { groupsOf } from '../groups.js';
import { blockRowsFor, type Method } from '../method.js';
import { PAIR_FIELDS, pairsArray } from '../pairs.js';
import { Pass } from '../passes.js';
import { choleskyFactor, choleskySolver } from './cholesky.js';
import { shapleyValues } from './exact-shapley.js';
import { groupArray, placeGroups } from './placement.js';
import { absentFeatures, requireGroups } from './shapley.js';

const MOST_GROUPS = 12;
/** Features whose distribution is conditioned on all coalitions: seconds of work. */
const MOST_FEATURES = 100;

export const conditionalShapley: Method<typeof conditional_shapley> = async (context, parameters) => {
  const { model, executor, examples, outputs, passed, files, open } = context;
  const { size } = model;
  const { draws, seed } = parameters;
  const groups = await groupsOf(parameters, examples, files);
  requireGroups(groups, MOST_GROUPS, 'conditional_shapley', 'Put features into fewer groups (groups, window).');
  if (size > MOST_FEATURES)
    throw new Failure('method/size', `${size} features have too many conditional distributions`, {
      remedy: `Explain a model of at most ${MOST_FEATURES} features, or take exact_shapley with groups.`,
    });
  const known = await open(parameters.of);
  if (known.size !== size)
    throw new Failure('method/size', `\`of\` has ${known.size} features, the model reads ${size}`, {
      remedy: 'Name data like those that are explained, such as those that the model was trained on.',
    });
  requireSameOrder('`of`', known, examples);
  const correlations = new Correlations(await wholeData(known), known.count, size);
  const matrix = await shrunkenCorrelations(correlations, passed);
  const { means, deviations } = correlations;
  const count = groups.members.length;
  const coalitions = 2 ** count;
  const forward = await Pass.forward(model, executor);

  /** Mean of f over the draws of what a coalition lacks, [row]; each draw with the one opposite to it. */
  const valuesOf = async (x: Float32Array, from: number, coalition: number): Promise<Float64Array> => {
    const rows = x.length / size;
    const absent = absentFeatures(groups, group => ((coalition >> group) & 1) === 1);
    const { centre, spread } = conditional(matrix, size, absent);
    const inputs = new Float32Array(rows * 2 * draws * size);
    for (let row = 0; row < rows; row++) {
      const example = x.subarray(row * size, (row + 1) * size);
      const standard = Float64Array.from(example, (v, i) =>
        deviations[i]! > 0 ? (v - means[i]!) / deviations[i]! : 0,
      );
      const middle = centre(standard);
      for (let draw = 0; draw < draws; draw++) {
        const noise = spread(new Stream(seed, 'conditional_shapley', examples.origins[from + row], draw));
        for (const sign of [1, -1]) {
          const start = ((row * draws + draw) * 2 + (sign > 0 ? 0 : 1)) * size;
          inputs.set(example, start);
          absent.forEach((feature, i) => {
            inputs[start + feature] = means[feature]! + deviations[feature]! * (middle[i]! + sign * noise[i]!);
          });
        }
      }
    }
    const values = new Float64Array(rows);
    (await forward.run(inputs, passed)).forEach((f, i) => (values[Math.floor(i / (2 * draws))]! += f / (2 * draws)));
    return values;
  };

  return {
    produces: 'contribution',
    arrays: [
      groupArray('groups', groups),
      pairsArray({ name: 'reference', size: 1, labels: ['distribution of the data'] }),
    ],
    blockRows: blockRowsFor(coalitions * 2 * draws),
    async explain({ from, to, x }) {
      const rows = to - from;
      const full = outputs.subarray(from, to);
      const games = Array.from({ length: rows }, () => new Float64Array(coalitions));
      for (let coalition = 0; coalition < coalitions - 1; coalition++)
        (await valuesOf(x, from, coalition)).forEach((value, row) => (games[row]![coalition] = value));
      games.forEach((game, row) => (game[coalitions - 1] = full[row]!));
      const values = new Float64Array(rows * count);
      const pairs = new Float64Array(rows * PAIR_FIELDS.length);
      games.forEach((game, row) => {
        const phi = shapleyValues(game, count);
        values.set(phi, row * count);
        const sum = phi.reduce((total, value) => total + value, 0);
        pairs.set([sum, full[row]!, game[0]!, coalitions], row * PAIR_FIELDS.length);
      });
      return { map: placeGroups(values, groups, 'divided', x), arrays: { groups: Float32Array.from(values), pairs } };
    },
    notes: () => [...groups.notes],
    release: () => forward.release(),
  };
};

/**
 * The distribution of some features given the others, all standardised: N(Σ_ap Σ_pp⁻¹ x_p, Σ_aa − Σ_ap Σ_pp⁻¹ Σ_pa).
 *
 * @param matrix correlations, [feature, feature]
 * @returns the mean for an example, and deviations from it, both [absent feature]
 */
export function conditional(
  matrix: Float64Array,
  size: number,
  absent: readonly number[],
): {
  readonly centre: (standard: Float64Array) => Float64Array;
  readonly spread: (stream: Stream) => Float64Array;
} {
  const lacks = new Set(absent);
  const present = Array.from({ length: size }, (_, feature) => feature).filter(feature => !lacks.has(feature));
  const r = (a: number, b: number): number => matrix[a * size + b]!;
  const solve = choleskySolver(Float64Array.from(present.flatMap(a => present.map(b => r(a, b)))), present.length);
  // Shrunken correlations are positive definite, and so is every part of them.
  if (solve === undefined) throw new Error('a shrunken correlation matrix is not singular');
  const weights = absent.map(a => solve(Float64Array.from(present, b => r(a, b))));
  const left = Float64Array.from(
    absent.flatMap((a, i) =>
      absent.map(b => r(a, b) - present.reduce((sum, p, k) => sum + weights[i]![k]! * r(p, b), 0)),
    ),
  );
  const factor = choleskyFactor(left, absent.length);
  if (factor === undefined) throw new Error('what is left of a shrunken correlation matrix is not singular');
  return {
    centre: standard =>
      Float64Array.from(weights, weight => present.reduce((sum, p, k) => sum + weight[k]! * standard[p]!, 0)),
    spread: stream => {
      const z = Float64Array.from(absent, () => stream.normal());
      return z.map((_, i) => {
        let sum = 0;
        for (let k = 0; k <= i; k++) sum += factor[i * absent.length + k]! * z[k]!;
        return sum;
      });
    },
  };
}
