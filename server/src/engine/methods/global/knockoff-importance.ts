/**
 * Knockoff importance: by how much the lasso prefers a feature to its knockoff, and which features are selected with a bounded
 * false discovery rate. Candès, Fan, Janson & Lv 2018, J R Stat Soc B 80:551.
 */
import type { knockoff_importance } from '../../../catalog/methods/global.js';
import { axesOf } from '../../data/input-space.js';
import { Failure } from '../../failure.js';
import type { Method } from '../method.js';
import { knockoffsOf, knockoffThreshold } from './knockoffs.js';
import { lasso, standardised } from './lasso.js';
import { wholeData } from './whole-data.js';

export const knockoffImportance: Method<typeof knockoff_importance> = async (context, parameters) => {
  const { examples, model, passed } = context;
  const { count, length, labels, names, space } = examples;
  const missing = labels.indexOf(undefined);
  if (missing >= 0)
    throw new Failure('method/labels', '`knockoff_importance` needs a label for every example', {
      place: `example "${names[missing]}"`,
      remedy: 'Give labels with the data.',
    });
  const x = await wholeData(examples);
  const { draw, construction } = await knockoffsOf(x, examples.origins, space, parameters, passed);
  const q = parameters.rate;
  return {
    produces: 'importance',
    axes: [],
    unit: 'coefficient',
    rows: { axis: axesOf(model.space)[0]!.name, names: examples.features },
    arrays: [{ name: 'selected', type: 'float64', unit: 'count', axes: [] }],
    blockRows: 1,
    async explain() {
      const statistics = differences(x, draw(0), labels as readonly number[], length);
      await passed(0);
      const threshold = knockoffThreshold(statistics, q);
      const selected = statistics.map(w => Number(w >= threshold));
      const kept = selected.reduce((sum, one) => sum + one, 0);
      return {
        map: Float32Array.from(statistics),
        arrays: { selected },
        info: { kept, threshold: Number.isFinite(threshold) ? threshold : -1 },
      };
    },
    notes: infos => {
      const [{ kept, threshold } = { kept: 0, threshold: -1 }] = infos as { kept: number; threshold: number }[];
      return [
        {
          level: 'information',
          code: 'method/knockoffs',
          message:
            `${kept} of ${length} features are selected from ${count} examples at a false discovery rate of ${100 * q} %` +
            `${threshold < 0 ? '' : ` (W ≥ ${threshold.toPrecision(3)})`}; knockoffs by ${construction.replace('_', ' ')}.`,
        },
      ];
    },
    release: () => Promise.resolve(),
  };
};

/**
 * W_j = |β_j| − |β̃_j| of the lasso on features and knockoffs together, at λ = ½ √(2 ln 2p / n) standard deviations of the label. Nothing
 * in it tells features from knockoffs, so exchanging the two changes the sign of W_j and nothing else.
 */
export function differences(
  x: Float32Array,
  knockoffs: Float32Array,
  labels: readonly number[],
  features: number,
): Float64Array {
  const n = labels.length;
  const columnsOf = (values: Float32Array) =>
    Array.from({ length: features }, (_, j) =>
      standardised(Float64Array.from({ length: n }, (_, i) => values[i * features + j]!)),
    );
  const penalty = Math.sqrt((2 * Math.log(2 * features)) / n) / 2;
  const coefficients = lasso([...columnsOf(x), ...columnsOf(knockoffs)], standardised(labels), penalty);
  return Float64Array.from(
    { length: features },
    (_, j) => Math.abs(coefficients[j]!) - Math.abs(coefficients[features + j]!),
  );
}
