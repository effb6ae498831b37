/**
 * What a feature does to the target, a small chart for each on one scale: accumulated local effects and partial dependence. Thin
 * lines are single examples (ICE), moved to the level of the mean as in Goldstein et al. 2015, J Comput Graph Stat 24:44, §3.2;
 * the band spans the networks of an ensemble; ticks at the foot are quantiles of the feature, as dense as the data are.
 */
import { quantity } from '../../server/src/protocol.js';
import type { Arrays } from './arrays.js';
import { element } from './element.js';
import { lines } from './lines.js';
import { note } from './notes.js';
import type { Surroundings } from './surroundings.js';
import type { ResultTable } from './tables.js';

/** Features beyond these, by the range of their curves, are not drawn. */
const DRAWN = 12;

/** The curve of one feature, with what goes along with it at the same values. */
export interface FeatureCurve {
  readonly name: string;
  readonly grid: number[];
  readonly values: number[];
  /** [curve][point]: of single examples. */
  readonly examples: number[][];
  /** [curve][point]: of single networks. */
  readonly members: number[][];
}

/** An array beside the result, cut into the curves of each row. */
function curvesBeside({ beside = [], rows }: ResultTable, arrays: Arrays, wanted: string, points: number) {
  const found = beside.find(({ array }) => array === wanted);
  const values = arrays.get(found?.name ?? '');
  const each = found ? found.axes.reduce((product, { size }) => product * size, 1) / points : 0;
  return (row: number): number[][] =>
    values instanceof Float32Array && values.length === rows.length * each * points
      ? Array.from({ length: each }, (_, i) => {
          const from = (row * each + i) * points;
          return [...values.subarray(from, from + points)];
        })
      : [];
}

/** The curves of a result [feature, point]; the repeated last point of short grids is left out. */
export function featureCurvesOf(result: ResultTable, values: Float32Array, arrays: Arrays): FeatureCurve[] {
  const points = result.axes.at(-1)?.size ?? 0;
  const gridOf = curvesBeside(result, arrays, 'grid', points);
  const examplesOf = curvesBeside(result, arrays, 'ice', points);
  const membersOf = curvesBeside(result, arrays, 'members', points);
  return result.rows.map((name, row) => {
    const all = gridOf(row)[0] ?? Array.from({ length: points }, (_, i) => i + 1);
    const repeated = all.findIndex((at, i) => i > 0 && at === all[i - 1]);
    const cut = (curve: readonly number[]): number[] => curve.slice(0, repeated < 0 ? all.length : repeated);
    return {
      name,
      grid: cut(all),
      values: cut([...values.subarray(row * points, (row + 1) * points)]),
      examples: examplesOf(row).map(cut),
      members: membersOf(row).map(cut),
    };
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const rangeOf = ({ values }: FeatureCurve): number => Math.max(...values) - Math.min(...values);

export function featureCurves(
  surroundings: Surroundings,
  result: ResultTable,
  values: Float32Array,
  arrays: Arrays,
): HTMLElement {
  const curves = featureCurvesOf(result, values, arrays);
  const strongest = [...curves].sort((a, b) => rangeOf(b) - rangeOf(a)).slice(0, DRAWN);
  const drawn = curves.filter(curve => strongest.includes(curve)).map(levelled);
  const everything = drawn.flatMap(({ values: own, examples, members }) => [own, ...examples, ...members].flat());
  const domain = [
    everything.reduce((a, b) => Math.min(a, b), Infinity),
    everything.reduce((a, b) => Math.max(a, b), -Infinity),
  ] as const;
  const members = Math.max(0, ...curves.map(curve => curve.members.length));
  const facts = [
    ...(drawn.some(({ examples }) => examples.length > 0)
      ? ['Thin lines are single examples, moved to the level of the mean.']
      : []),
    ...(members > 1 ? [`The band spans ${members} networks.`] : []),
    'Ticks are quantiles of the feature: where they are sparse, few data speak.',
  ];
  return element(
    'div',
    {},
    element('p', { class: 'dim small' }, facts.join(' ')),
    element(
      'div',
      { class: 'multiples' },
      ...drawn.map(curve => {
        const across = (choose: (...of: number[]) => number): number[] =>
          curve.grid.map((_, at) => choose(...curve.members.map(own => own[at] ?? NaN)));
        return lines(
          surroundings,
          {
            title: curve.name,
            x: { title: 'value of the feature', unit: 'number', values: curve.grid },
            unit: 'logit',
            series: [
              {
                name: 'mean',
                values: curve.values,
                ...(curve.members.length > 1 && { low: across(Math.min), high: across(Math.max) }),
              },
            ],
          },
          { name: `${result.name} ${curve.name}`, rug: curve.grid, thin: curve.examples, domain, width: 280 },
        );
      }),
    ),
    curves.length > drawn.length
      ? note(
          'information',
          `Drawn are the ${DRAWN} features whose curves have the widest range, of ${quantity(curves.length, 'count')}.`,
        )
      : undefined,
  );
}

/** Curves of examples at the level of the mean curve: what is left is how their shapes differ. */
function levelled(curve: FeatureCurve): FeatureCurve {
  const level = mean(curve.values);
  return {
    ...curve,
    examples: curve.examples.map(own => {
      const shift = level - mean(own);
      return own.map(value => value + shift);
    }),
  };
}
