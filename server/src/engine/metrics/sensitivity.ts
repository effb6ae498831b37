/**
 * How far maps move when inputs hardly do. Max-sensitivity: Yeh et al. 2019, NeurIPS; local Lipschitz estimate: Alvarez-Melis &
 * Jaakkola 2018, arXiv 1806.08049.
 */
import { defined, estimate, mean, median } from './bootstrap.js';
import { countInBins, equalBins } from './histogram.js';
import { requireFinite, type MetricResult } from './metric.js';

/** Distances between an example and its neighbours, [example, neighbour]. */
export interface Movement {
  /** ‖Φ(x) − Φ(x′)‖₂ */
  readonly maps: Float64Array;
  /** ‖x − x′‖₂ */
  readonly inputs: Float64Array;
  /** ‖Φ(x)‖₂ over the same elements. */
  readonly norms: Float64Array;
  readonly neighbours: number;
}

/** max ‖Φ(x) − Φ(x′)‖ / ‖Φ(x)‖ over the neighbours of each example, and the mean over them. */
export const maxSensitivity = (movement: Movement): MetricResult =>
  overNeighbours(movement, movement.norms, 'Largest relative change of each map');

/** max ‖Φ(x) − Φ(x′)‖ / ‖x − x′‖ over the neighbours of each example, and the mean over them. */
export const localLipschitz = (movement: Movement): MetricResult =>
  overNeighbours(movement, movement.inputs, 'Largest change of each map, by the change of the input');

function overNeighbours({ maps, neighbours }: Movement, by: Float64Array, title: string): MetricResult {
  requireFinite(maps, 'changes of maps', neighbours);
  const units = maps.length / neighbours;
  const largest = new Float64Array(units).fill(-Infinity);
  const average = new Float64Array(units);
  for (let at = 0; at < maps.length; at++) {
    const example = Math.floor(at / neighbours);
    const ratio = by[at]! > 0 ? maps[at]! / by[at]! : NaN;
    largest[example] = Math.max(largest[example]!, ratio);
    average[example]! += ratio / neighbours;
  }
  const known = defined(largest);
  const missing = units - known.length;
  const edges = equalBins(
    0,
    known.reduce((most, value) => Math.max(most, value), 0),
    20,
  );
  return {
    units,
    columns: [
      { name: 'max', values: largest },
      { name: 'average', values: average },
    ],
    ...estimate({
      median: { n: known.length, of: median(known) },
      mean: { n: known.length, of: mean(known) },
      average: { n: known.length, of: mean(defined(average)) },
    }),
    distribution: { title, unit: 'number', edges, counts: countInBins(known, edges) },
    notes:
      missing === 0
        ? []
        : [
            {
              level: 'warning',
              code: 'metric/undefined',
              message: `${missing} of ${units} examples have a map of zeros, or neighbours that do not differ: they are left out.`,
            },
          ],
  };
}
