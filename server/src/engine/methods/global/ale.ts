/**
 * Accumulated local effects of single features: mean differences of the target across the interval in which an example
 * lies, accumulated and centred. Apley & Zhu 2020, J R Stat Soc B 82:1059, eqs 15–16; centred by the curve's own values at
 * the examples, linear between the points, so that a linear model gives slope × (value − mean) exactly.
 */
import type { ale as specification } from '../../../catalog/methods/global.js';
import { axesOf } from '../../data/input-space.js';
import type { Method } from '../method.js';
import { Pass } from '../passes.js';
import { columnOf, featuresOf, padded, quantileGrid } from './grid.js';
import { ROWS_AT_ONCE, wholeData } from './whole-data.js';

export const ale: Method<typeof specification> = async (context, { features: asked, bins }) => {
  const { model, executor, examples, passed } = context;
  const features = featuresOf(asked, examples);
  const { length } = model;
  const x = await wholeData(examples);
  const forward = await Pass.forward(model, executor);
  const points = bins + 1;

  /** f of every example with its feature at `values`. */
  const at = async (feature: number, values: (example: number) => number): Promise<Float32Array> => {
    const found = new Float32Array(examples.count);
    for (let from = 0; from < examples.count; from += ROWS_AT_ONCE) {
      const rows = x.slice(from * length, Math.min(from + ROWS_AT_ONCE, examples.count) * length);
      for (let i = feature, example = from; i < rows.length; i += length, example++) rows[i] = values(example);
      found.set(await forward.run(rows, passed), from);
    }
    return found;
  };

  const curveOf = async (feature: number) => {
    const values = columnOf(x, feature, length);
    const grid = quantileGrid(values, bins);
    if (grid.length === 1) return { grid, curve: [0], counts: [examples.count] };
    /** The interval of each example, by its upper point: grid[k − 1] < value ≤ grid[k]. */
    const upper = Uint32Array.from(values, value => {
      let [low, high] = [1, grid.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (value <= grid[middle]!) high = middle;
        else low = middle + 1;
      }
      return low;
    });
    const above = await at(feature, example => grid[upper[example]!]!);
    const below = await at(feature, example => grid[upper[example]! - 1]!);
    const counts = new Float64Array(grid.length);
    const sums = new Float64Array(grid.length);
    upper.forEach((k, example) => {
      counts[k]!++;
      sums[k]! += above[example]! - below[example]!;
    });
    const curve = new Float64Array(grid.length);
    for (let k = 1; k < grid.length; k++) curve[k] = curve[k - 1]! + sums[k]! / counts[k]!;
    let mean = 0;
    upper.forEach((k, example) => {
      const share = (values[example]! - grid[k - 1]!) / (grid[k]! - grid[k - 1]!);
      mean += (curve[k - 1]! + share * (curve[k]! - curve[k - 1]!)) / examples.count;
    });
    return { grid, curve: curve.map(value => value - mean), counts };
  };

  const axes = [{ name: 'point', size: points }];
  return {
    produces: 'curve',
    axes,
    rows: {
      axis: axesOf(model.space)[0]!.name,
      names: features.map(feature => examples.features[feature] ?? String(feature)),
    },
    arrays: [
      { name: 'grid', type: 'float32', unit: 'value of the feature', axes },
      { name: 'counts', type: 'float32', unit: 'count', axes },
    ],
    blockRows: 1,
    async explain() {
      const map = new Float32Array(features.length * points);
      const grids = new Float32Array(map.length);
      const counted = new Float32Array(map.length);
      for (const [row, feature] of features.entries()) {
        const { grid, curve, counts } = await curveOf(feature);
        map.set(padded(curve, points), row * points);
        grids.set(padded(grid, points), row * points);
        counted.set(counts, row * points);
      }
      return { map, arrays: { grid: grids, counts: counted } };
    },
    notes: () => [],
    release: () => forward.release(),
  };
};
