/**
 * Partial dependence: the mean of the target with a feature set to each grid value in every example (Friedman 2001, Ann
 * Statist 29:1189), with the curves of single examples (ICE: Goldstein et al. 2015, J Comput Graph Stat 24:44).
 */
import type { partial_dependence } from '../../../catalog/methods/global.js';
import { axesOf } from '../../data/input-space.js';
import type { Method } from '../method.js';
import { Pass } from '../passes.js';
import { Correlations, correlationNotes } from './correlations.js';
import { columnOf, featuresOf, padded, quantileGrid } from './grid.js';
import { ROWS_AT_ONCE, wholeData } from './whole-data.js';

export const partialDependence: Method<typeof partial_dependence> = async (context, parameters) => {
  const { model, executor, examples, passed } = context;
  const { length } = model;
  const features = featuresOf(parameters.features, examples);
  const nameOf = (feature: number): string => examples.features[feature] ?? String(feature);
  const x = await wholeData(examples);
  const notes = await correlationNotes(
    new Correlations(x, examples.count, length),
    features.map(feature => ({ name: nameOf(feature), features: [feature] })),
    nameOf,
    'Setting them to all values in all examples',
    'use ale',
    passed,
  );
  const forward = await Pass.forward(model, executor);
  const points = parameters.points + 1;
  const kept = Math.min(parameters.ice, examples.count);
  /** Row of a curve among those that are kept, by its example. */
  const rowOf = new Map(
    Array.from({ length: kept }, (_, row) => [Math.floor((row * examples.count) / kept), row] as const),
  );

  const axes = [{ name: 'point', size: points }];
  const keptNames = [...rowOf.keys()].map(example => examples.names[example]!);
  return {
    produces: 'curve',
    axes,
    rows: { axis: axesOf(model.space)[0]!.name, names: features.map(nameOf) },
    arrays: [
      { name: 'grid', type: 'float32', unit: 'value of the feature', axes },
      {
        name: 'ice',
        type: 'float32',
        unit: 'target',
        axes: [{ name: 'example', size: kept, labels: keptNames }, ...axes],
      },
    ],
    blockRows: 1,
    async explain() {
      const map = new Float32Array(features.length * points);
      const grids = new Float32Array(map.length);
      const ice = new Float32Array(features.length * kept * points);
      for (const [row, feature] of features.entries()) {
        const grid = quantileGrid(columnOf(x, feature, length), parameters.points);
        const sums = new Float64Array(grid.length);
        const single = Array.from({ length: kept }, () => new Float32Array(grid.length));
        for (let from = 0; from < examples.count; from += ROWS_AT_ONCE) {
          const rows = x.slice(from * length, Math.min(from + ROWS_AT_ONCE, examples.count) * length);
          for (const [point, value] of grid.entries()) {
            for (let i = feature; i < rows.length; i += length) rows[i] = value;
            const outputs = await forward.run(rows, passed);
            outputs.forEach((f, i) => {
              sums[point]! += f;
              const curve = rowOf.get(from + i);
              if (curve !== undefined) single[curve]![point] = f;
            });
          }
        }
        const means = sums.map(sum => sum / examples.count);
        map.set(padded(means, points), row * points);
        grids.set(padded(grid, points), row * points);
        single.forEach((curve, i) => ice.set(padded(curve, points), (row * kept + i) * points));
      }
      return { map, arrays: { grid: grids, ice } };
    },
    notes: () => notes,
    release: () => forward.release(),
  };
};
