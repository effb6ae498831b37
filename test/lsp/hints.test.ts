import { expect, test } from 'vitest';
import { describeResult, sparkline } from '../../server/src/lsp/hints.js';
import { levelsOf } from '../../server/src/lsp/rows.js';
import { bestOfEach, lowestLoss } from '../../server/src/lsp/trainings.js';
import type { Snapshot } from '../../server/src/protocol.js';

test('a distribution is a row of eight bars at most, the fullest bin the highest', () => {
  expect(sparkline([1, 0, 2, 4])).toBe('▃▁▅█');
  expect(sparkline(Array.from({ length: 16 }, (_, bin) => bin))).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([0, 0])).toBeUndefined();
});

test('levels go with the sign and with the size beside the largest of the row', () => {
  expect(levelsOf([-2, -1, 0, NaN, 0.5, 2])).toBe('aceefi');
  expect(levelsOf([0, 0])).toBe('ee');
});

const about = { written: '', notes: [] };
const snapshot: Snapshot = {
  version: 1,
  file: 'a.xome',
  created: '',
  versions: {},
  source: '',
  data: [],
  maps: [],
  tables: ['nets', 'single', 'tests'].map(name => ({
    ...about,
    name,
    key: name,
    form: 'curve',
    unit: 'loss',
    axes: [],
    rows: [],
    values: '',
    seconds: 3,
  })),
  benchmarks: [
    {
      ...about,
      name: 'table',
      key: 'table',
      metrics: [
        { name: 'peaks', statistic: 'count', unit: 'count', better: 'neither' },
        { name: 'simplex_angle', statistic: 'mean', unit: 'degrees', better: 'lower' },
        { name: 'agreement', statistic: 'median', unit: 'share', better: 'higher' },
      ],
      rows: [
        ['saliency', 31.25, 0.5],
        ['lrp', 12.5, 0.25],
      ].flatMap(([method, angle, share]) =>
        ['none', 'smooth_grad'].map(wrapper => ({
          target: 'score',
          method: String(method),
          wrapper,
          correction: 'none',
          data: 'none',
          cells: [3, Number(angle) + (wrapper === 'none' ? 0 : 1), Number(share)].map(value => ({
            key: '',
            value,
            n: 9,
          })),
        })),
      ),
    },
  ],
  metrics: [],
  expectations: [],
  views: [],
  missing: [],
};
const trainings = new Map([
  ['nets', { networks: 4, of: 'validation loss', loss: 0.2134 } as const],
  ['single', { networks: 1, of: 'loss', loss: 2 } as const],
]);

test.each([
  [
    'nets',
    '4 networks, validation loss 0.213',
    'Mean over the networks of the lowest validation loss of any epoch. 3.0 s.',
  ],
  ['single', '1 network, loss 2', 'The lowest loss of any epoch. 3.0 s.'],
  ['tests', 'curve, 3.0 s', 'Form of the result, and the time that it took.'],
  [
    'table',
    'simplex_angle.mean 12.5°: lrp',
    'Combinations × metrics: 4 × 3. Best simplex_angle.mean 12.5°: lrp. Best agreement.median 50\u00a0%: saliency.',
  ],
])('%s is hinted at by what it comes to', (name, words, tooltip) => {
  expect(describeResult(name, { snapshot, trainings })).toEqual([words, tooltip]);
});

test('the loss of an ensemble is the mean of what each network reaches, of epochs that there were', () => {
  const curves = [9, 4, 8, 2, 7, 3, NaN, NaN, 6, 8, 5, 6, 4, 5, 3, 4];
  expect(lowestLoss(curves, 4, ['loss', 'validation loss'])).toEqual({ networks: 2, of: 'validation loss', loss: 3 });
  const unchecked = curves.map((value, at) => (at % 2 === 0 ? value : NaN));
  expect(lowestLoss(unchecked, 4, ['loss', 'validation loss'])).toEqual({ networks: 2, of: 'loss', loss: 5 });
  expect(lowestLoss([NaN, NaN], 1, ['loss', 'validation loss'])).toBeUndefined();
});

test('the best epoch of each network is its lowest or its highest', () => {
  const accuracies = [0.5, 0.9, 0.7, NaN, 0.6, 0.6, NaN, NaN, NaN];
  expect(bestOfEach(accuracies, 3, 1, 0, 'highest')).toEqual([
    { epoch: 1, value: 0.9 },
    { epoch: 1, value: 0.6 },
  ]);
  expect(bestOfEach(accuracies, 3, 1, 0, 'lowest')[0]).toEqual({ epoch: 0, value: 0.5 });
});
