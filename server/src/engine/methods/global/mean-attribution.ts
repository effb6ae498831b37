/** Attributions of single examples averaged over a data set, feature by feature, or unit by unit of a layer. */
import type { mean_attribution } from '../../../catalog/methods/global.js';
import type { Json } from '../../../store/writer.js';
import { axesOf } from '../../data/input-space.js';
import { Failure } from '../../failure.js';
import { isMap, scoresOf } from '../../metrics/position-scores.js';
import type { Method } from '../method.js';

export const meanAttribution: Method<typeof mean_attribution> = async (context, { method: call, sign }) => {
  const { model, examples } = context;
  const { space } = model;
  const inner = await context.prepare(call, context);
  const { produces } = inner;
  // A layer that is a row of units, or the features of the input.
  const units = produces === 'activation' && inner.axes?.length === 1 ? inner.axes[0] : undefined;
  if (!isMap(produces) && units === undefined) {
    await inner.release();
    throw new Failure('method/no-map', `${call.call} gives no map of the input, or of units, that could be averaged`, {
      remedy: 'Average a method that explains single examples, such as saliency or integrated_gradients.',
    });
  }
  const axis = units ?? axesOf(space)[0]!;
  const length = axis.size;
  const names = units ? units.labels : examples.features;
  const scoresIn = (map: Float32Array, x: Float32Array): ArrayLike<number> =>
    isMap(produces) ? scoresOf(space.alphabet, produces, map, x) : map;
  const infos: Json[] = [];
  return {
    produces: 'importance',
    axes: [],
    rows: {
      axis: axis.name,
      names: Array.from({ length }, (_, feature) => names?.[feature] ?? String(feature)),
    },
    arrays: [{ name: 'standard_errors', type: 'float64', unit: 'target', axes: [] }],
    blockRows: 1,
    async explain() {
      // Welford's running mean and sum of squares (1962, Technometrics 4:419).
      const means = new Float64Array(length);
      const squares = new Float64Array(length);
      for (let from = 0; from < examples.count; from += inner.blockRows) {
        const to = Math.min(from + inner.blockRows, examples.count);
        const x = await examples.inputs(from, to);
        const { map, info } = await inner.explain({ from, to, x });
        if (info !== undefined) infos.push(info);
        const scores = scoresIn(map, x);
        for (let i = 0; i < scores.length; i++) {
          const feature = i % length;
          const value = sign === 'absolute' ? Math.abs(scores[i]!) : scores[i]!;
          const difference = value - means[feature]!;
          means[feature]! += difference / (from + Math.floor(i / length) + 1);
          squares[feature]! += difference * (value - means[feature]!);
        }
      }
      const n = examples.count;
      return {
        map: Float32Array.from(means),
        arrays: { standard_errors: squares.map(sum => Math.sqrt(sum / (n - 1) / n)) },
        info: infos,
      };
    },
    // One block holds what those of the method inside said.
    notes: all => inner.notes((all as Json[][]).flat()),
    release: () => inner.release(),
  };
};
