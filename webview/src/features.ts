/** Maps over rows of numbers, genotypes or expression: which features matter most over the examples that are here. */
import { quantity } from '../../server/src/protocol.js';
import type { Arrays, DataSet, ScoredMap } from './arrays.js';
import { scoredMapOf } from './arrays.js';
import { bars, strongest, type Ranked } from './bars.js';
import { element } from './element.js';
import { exports } from './exports.js';
import { manhattan } from './manhattan.js';
import { matrix } from './matrix.js';
import { note } from './notes.js';
import type { Surroundings } from './surroundings.js';

const SHOWN = 20;

/** @throws RangeError when an array is absent or of another size than its shape */
export function features(
  surroundings: Surroundings,
  data: DataSet,
  maps: readonly { readonly map: ScoredMap['map']; readonly figures: readonly string[] }[],
  arrays: Arrays,
): HTMLElement {
  const { name } = surroundings;
  const rows = data.names.length;
  return element(
    'div',
    {},
    ...maps.map(({ map, figures }) => {
      const { scores } = scoredMapOf(map, { data, rows }, arrays);
      const all = meanMagnitudes(scores.values, data);
      const ranked = strongest(all, SHOWN);
      const nothing = all.every(({ value }) => value === 0);
      return element(
        'article',
        { 'data-declaration': map.name },
        element('h3', {}, name(map.name), ' ', element('code', { class: 'dim' }, `= ${map.written}`)),
        figures.length === 0 ? undefined : element('p', { class: 'dim small' }, figures.join(' · ')),
        element(
          'p',
          { class: 'dim small' },
          `Mean |score| over ${quantity(rows, 'count')} examples (${map.unit}); ${ranked.length} of ${quantity(data.length, 'count')} features.`,
        ),
        nothing ? note('warning', 'Every score is 0: the target does not change with any feature here.') : undefined,
        data.alphabet === 'genotypes' && !nothing
          ? manhattan(surroundings, { name: map.name, title: 'mean |score|', unit: map.unit, places: data.places }, all)
          : undefined,
        nothing
          ? undefined
          : bars(`Strongest features of ${map.name}`, ['feature', 'mean |score|', 'mean score'], ranked),
        element(
          'div',
          { class: 'under' },
          exports(surroundings, {
            name: `features of ${map.name}`,
            table: () => [
              ['feature', ...(data.genes ? ['gene'] : []), 'mean |score|', 'mean score'],
              ...all.map(({ name: feature, gene = '', value, mean }) => [
                feature,
                ...(data.genes ? [gene] : []),
                value,
                mean,
              ]),
            ],
          }),
        ),
        nothing || rows < 2 ? undefined : examples(surroundings, map, data, scores.values, ranked),
      );
    }),
  );
}

/** The strongest features in every example: what a mean over them hides. Examples stand by their labels. */
function examples(
  surroundings: Surroundings,
  { name, unit }: ScoredMap['map'],
  { names, labels = [], length, features: known }: DataSet,
  values: Float32Array,
  ranked: readonly (Ranked & { place: number })[],
): HTMLElement {
  const order = [...names.keys()].sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0));
  const chosen = Float32Array.from({ length: order.length * ranked.length }, (_, i) => {
    const row = order[Math.floor(i / ranked.length)] ?? 0;
    return values[row * length + (ranked[i % ranked.length]?.place ?? 0)] ?? NaN;
  });
  const axes = [
    { name: 'example', size: order.length },
    { name: 'feature', size: ranked.length, labels: ranked.map(({ place }) => known?.[place] ?? `${place + 1}`) },
  ];
  const rows = order.map(row => names[row] ?? '');
  return matrix(surroundings, { name: `${name} by example`, unit, axes, rows }, chosen);
}

/** Mean magnitude and mean of each feature's scores. */
function meanMagnitudes(
  values: Float32Array,
  { length, names, features: known, genes }: DataSet,
): (Ranked & { mean: number; place: number })[] {
  const magnitudes = new Float64Array(length);
  const sums = new Float64Array(length);
  values.forEach((value, i) => {
    magnitudes[i % length]! += Math.abs(value);
    sums[i % length]! += value;
  });
  const rows = Math.max(1, names.length);
  return Array.from(magnitudes, (total, feature) => ({
    name: known?.[feature] ?? `feature ${feature + 1}`,
    gene: genes?.[feature],
    place: feature,
    value: total / rows,
    mean: sums[feature]! / rows,
    detail: quantity(sums[feature]! / rows, 'logit'),
  }));
}
