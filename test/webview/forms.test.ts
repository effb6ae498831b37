/**
 * Whatever the catalog can produce has a picture that fits it, the numbers as a table, a text for screen readers and a way to take
 * it along. Each method that gives no map of the input is drawn with the axes that its results have; each metric with all its
 * statistics, a distribution and a curve.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { entriesOf, isMap } from '../../server/src/catalog/index.js';
import { reportHtml, type ReportArray } from '../../server/src/run/report.js';
import type { Snapshot } from '../../server/src/protocol.js';
import { ask, chromium } from './browser.js';
import { fixture } from './fixture.js';

type Table = Snapshot['tables'][number];
type Axis = Table['axes'][number];

const axis = (name: string, size: number, labels?: string[]): Axis => ({ name, size, ...(labels && { labels }) });
const fields = (...labels: string[]): Axis => axis('field', labels.length, labels);
const position = axis('position', 12);
const base = axis('base', 4, ['A', 'C', 'G', 'T']);
const layer = [axis('channel', 3), axis('position', 8)];
const attention = [axis('layer', 2, ['first', 'second']), axis('head', 2), axis('query', 6), axis('key', 6)];
const genes = (of: string): Axis => axis(of, 6, ['a', 'b', 'c', 'd', 'e', 'f']);

interface Given {
  /** Axis of the rows. */
  readonly rows: Axis;
  readonly axes: readonly Axis[];
  readonly beside?: Readonly<Record<string, readonly Axis[]>>;
  readonly tested?: true;
  /** What must be drawn. */
  readonly picture: string;
}
const example = axis('example', 4);
const gene = axis('gene', 6);
const variant = axis('variant', 60);
const MATRIX = '.matrix canvas[role=slider]';
const CURVES = '.multiples svg.lines';
const BARS = 'table.bars';
const PATTERN = '.pattern canvas[role=img]';

/** What the engine gives, by the name of the entry. */
const RESULTS: Readonly<Record<string, Given>> = {
  layer_gradient_x_activation: { rows: example, axes: layer, picture: MATRIX },
  layer_conductance: { rows: example, axes: layer, picture: MATRIX },
  layer_integrated_gradients: { rows: example, axes: layer, picture: MATRIX },
  internal_influence: { rows: example, axes: [axis('unit', 10)], picture: MATRIX },
  layer_activation: { rows: example, axes: layer, picture: MATRIX },
  attention_maps: { rows: example, axes: attention, picture: MATRIX },
  effective_attention: { rows: example, axes: attention, picture: MATRIX },
  integrated_hessians: { rows: example, axes: [genes('gene'), genes('gene')], picture: `.square ${MATRIX.slice(8)}` },
  pairwise_ablation: { rows: example, axes: [axis('group', 5), axis('group', 5)], picture: MATRIX },
  epistasis: { rows: example, axes: [position, position], picture: MATRIX },
  permutation_importance: {
    rows: gene,
    axes: [],
    beside: { repeats: [axis('repeat', 5)] },
    tested: true,
    picture: '.ranked .whisker',
  },
  conditional_permutation_importance: { rows: gene, axes: [], tested: true, picture: BARS },
  mean_attribution: { rows: gene, axes: [], beside: { standard_errors: [] }, picture: '.ranked .whisker' },
  linear_association: { rows: variant, axes: [], tested: true, picture: '.manhattan canvas[role=slider]' },
  logistic_association: { rows: variant, axes: [], tested: true, picture: '.manhattan canvas[role=slider]' },
  conditional_predictive_impact: { rows: gene, axes: [], beside: { standard_errors: [] }, tested: true, picture: BARS },
  leave_one_covariate_out: { rows: variant, axes: [], tested: true, picture: '.manhattan canvas[role=slider]' },
  knockoff_importance: { rows: gene, axes: [], beside: { selected: [] }, picture: BARS },
  ale: { rows: gene, axes: [axis('point', 5)], beside: { grid: [axis('point', 5)] }, picture: CURVES },
  partial_dependence: {
    rows: gene,
    axes: [axis('point', 5)],
    beside: { grid: [axis('point', 5)], ice: [axis('example', 3), axis('point', 5)] },
    picture: CURVES,
  },
  anchors: {
    rows: example,
    axes: [position],
    beside: { outcome: [fields('precision', 'bound', 'coverage', 'conditions', 'accepted')] },
    picture: 'table.outcomes',
  },
  rule_list: { rows: axis('rule', 3), axes: [fields('risk', 'low', 'high', 'examples', 'share')], picture: BARS },
  counterfactual: {
    rows: example,
    axes: [position, base],
    beside: { outcome: [fields('edits', 'flipped', 'proven', 'before', 'after')] },
    picture: 'table.outcomes',
  },
  variant_effect: {
    rows: variant,
    axes: [fields('reference', 'alternative', 'effect')],
    picture: '.manhattan canvas[role=slider]',
  },
  filters_to_pwms: { rows: axis('filter', 2), axes: [position, base], picture: PATTERN },
  seqlets: {
    rows: axis('seqlet', 30),
    axes: [fields('example', 'start', 'end', 'score', 'rate')],
    picture: 'svg.lines',
  },
  patterns: { rows: axis('pattern', 2), axes: [position, base], picture: PATTERN },
  match_motifs: { rows: axis('pattern', 2), axes: [position, base], picture: PATTERN },
  train: {
    rows: axis('member', 3),
    axes: [axis('epoch', 7), fields('loss', 'validation_loss')],
    picture: 'svg.lines .area',
  },
};

const made = [...entriesOf('method'), ...entriesOf('correction')].flatMap(({ name, ...entry }) =>
  !('produces' in entry) || entry.produces === 'same' || isMap(entry.produces) ? [] : [{ name, form: entry.produces }],
);

function tables(): { tables: Table[]; arrays: Map<string, ReportArray> } {
  const arrays = new Map<string, ReportArray>();
  const fill = (name: string, axes: readonly Axis[]): string => {
    const size = axes.reduce((product, one) => product * one.size, 1);
    arrays.set(
      name,
      Float32Array.from({ length: size }, (_, i) => Math.round(100 * Math.sin(i * 12.9898) ** 3) / 100),
    );
    return name;
  };
  const drawn = [...made, { name: 'train', form: 'curve' as const }].map(({ name, form }): Table => {
    const { rows, axes, beside = {}, tested } = RESULTS[name]!;
    const all = [rows, ...axes];
    return {
      name,
      key: 'f'.repeat(64),
      form,
      written: `${name} of target on data`,
      unit: 'target',
      axes: all,
      rows: Array.from({ length: rows.size }, (_, i) =>
        rows.name === 'variant' ? `chr${1 + (i % 3)}:${1000 + 17 * i}` : `${rows.name} ${i + 1}`,
      ),
      values: fill(`${name}.values`, all),
      ...(Object.keys(beside).length > 0 && {
        beside: Object.entries(beside).map(([array, own]) => ({
          array,
          name: fill(`${name}.${array}`, [rows, ...own]),
          unit: 'target',
          axes: [...own],
        })),
      }),
      ...(tested && { significance: fill(`${name}.p`, [rows]) }),
      ...(form === 'pattern' && {
        motifs: {
          tracks: [{ array: 'array', name: fill(`${name}.values`, all), title: 'bases', is: 'probabilities' as const }],
          rows: Array.from({ length: rows.size }, () => ({ from: 2, to: 9, sites: 12 })),
        },
      }),
      seconds: 1,
      notes: [],
    };
  });
  return { tables: drawn, arrays };
}

/** Every metric with the statistics of its entry, of every unit that there is. */
function metrics(): Snapshot['metrics'] {
  const [, angles] = fixture(3, 20).snapshot.metrics;
  const x = { title: 'share', unit: 'share', values: [0.1, 0.2, 0.5] };
  return entriesOf('metric').map(({ name, headline, statistics }, i) => ({
    name,
    key: 'e'.repeat(64),
    written: `${name} of map`,
    headline,
    statistics: Object.entries(statistics).map(([of, { summary, unit, better }], j) => ({
      name: of,
      summary,
      unit,
      better,
      value: 0.25 * (j + 1),
      n: 40,
      ...(j % 2 === 0 && { interval: [0.1, 0.9] as [number, number] }),
    })),
    ...(i % 2 === 0 && { distribution: angles!.distribution }),
    ...(i % 3 === 0 && {
      curve: {
        title: `Curve of ${name}`,
        x,
        unit: 'share',
        series: [{ name: 'mean', values: [0.1, 0.4, 0.6], low: [0, 0.3, 0.5], high: [0.2, 0.5, 0.7] }],
      },
    }),
    notes: [],
  }));
}

describe('the walk over the catalog', () => {
  it('knows every entry that gives no map', () => {
    expect(made.map(({ name }) => name).sort()).toEqual(
      Object.keys(RESULTS)
        .filter(name => name !== 'train')
        .sort(),
    );
  });
});

interface Found {
  readonly picture: boolean;
  readonly tables: number;
  readonly exports: number;
  readonly nameless: string[];
}

describe.skipIf(chromium === undefined)('every kind of result (needs Chromium; set CHROME to its path)', () => {
  let answer: Readonly<Record<string, Found>> = {};
  let refused = 0;
  const results = tables();
  const measured = metrics();
  const wanted = {
    ...Object.fromEntries(Object.entries(RESULTS).map(([name, { picture }]) => [name, picture])),
    ...Object.fromEntries(
      measured.map(({ name, curve, distribution }) => [
        name,
        curve ? 'svg.lines .area' : distribution ? 'svg.histogram' : 'table.statistics',
      ]),
    ),
  };
  beforeAll(() => {
    const { snapshot } = fixture(2, 20);
    const whole = {
      ...snapshot,
      data: [],
      maps: [],
      views: [],
      expectations: [],
      ...{ tables: results.tables, metrics: measured },
    };
    const given = ask(
      script => reportHtml(whole, results.arrays, script),
      900,
      `const wanted = ${JSON.stringify(wanted)};
       const found = {};
       for (const [name, picture] of Object.entries(wanted)) {
         const part = document.querySelector('article[data-declaration="' + name + '"]');
         const pictures = [...part.querySelectorAll('svg, canvas')].filter(node => !node.closest('[aria-hidden=true]'));
         found[name] = {
           picture: part.querySelector(picture) !== null,
           tables: part.querySelectorAll('table').length + part.querySelectorAll('details.behind:not(.exports)').length,
           exports: part.querySelectorAll('details.exports').length,
           nameless: pictures.filter(node => !node.getAttribute('aria-label') || !node.getAttribute('role')).map(node => node.outerHTML.slice(0, 90)),
         };
       }
       return { found, violations };`,
    ) as { found: Record<string, Found>; violations: number };
    answer = given.found;
    refused = given.violations;
  }, 120_000);

  it.each(Object.keys(wanted))('%s has its picture, its numbers and its text', name => {
    const found = answer[name];
    expect(found).toMatchObject({ picture: true, nameless: [] });
    expect(found?.tables).toBeGreaterThan(0);
    expect(found?.exports).toBeGreaterThan(0);
    expect(refused).toBe(0);
  });
});
