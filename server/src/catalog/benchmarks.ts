/** Comparisons of many explanations at once. */
import type { BenchmarkEntry } from './specification.js';

export const compare = {
  category: 'benchmark',
  name: 'compare',
  summary: 'Every method with every wrapper and correction, measured by every metric.',
  documentation:
    'The cross product of methods, wrappers, corrections, targets and data sets is explained and measured; one table is the result, and each cell leads to the arrays behind it. A combination that is not defined (a correction that does not take this kind of map, a metric of another kind, a truth of other data) is left out and says why. Only cells that the store does not have are computed. `none` stands for no wrapper or no correction.\n\nWith `networks: each` every network of an ensemble is explained and measured alone. A cell is then the mean over the networks with their standard deviation, and from ten networks on the interval counts networks and examples as drawn (a crossed bootstrap; where a metric’s unit is variants or another, that). Without it an interval says what other examples would give with these networks, on these data, permutations and seeds: rows of a table share all of them, and err together.',
  revision: 3,
  parameters: {
    methods: { type: { is: 'list', of: { is: 'call', category: 'method' } }, summary: 'The methods.' },
    wrappers: {
      type: { is: 'list', of: { is: 'either', of: [{ is: 'keyword', values: ['none'] }, { is: 'wrapper' }] } },
      default: ['none'],
      summary: 'Methods around each method, without their parameter `method`.',
    },
    corrections: {
      type: {
        is: 'list',
        of: {
          is: 'either',
          of: [
            { is: 'keyword', values: ['none'] },
            { is: 'call', category: 'correction' },
          ],
        },
      },
      default: ['none'],
      summary: 'What is done to each map.',
    },
    metrics: {
      type: { is: 'list', of: { is: 'call', category: 'metric' } },
      summary: 'Measurements of one attribution each.',
    },
    data: {
      type: { is: 'list', of: { is: 'declared', kind: 'data' } },
      default: [],
      summary: 'Further data sets, beside the one after `on`.',
    },
    networks: {
      type: { is: 'keyword', values: ['together', 'each'] },
      default: 'together',
      summary: 'Whether an ensemble is explained as one, by the mean of its networks, or each network alone.',
    },
  },
} as const satisfies BenchmarkEntry;
