/** Whether nodes with more features matter more. Esser-Skala & Fortelny 2023, npj Syst Biol Appl 9:50. */
import { estimate } from './bootstrap.js';
import type { MetricResult } from './metric.js';
import { spearman } from './ranks.js';

export interface HubBiasInput {
  /** [node] */
  readonly importance: Float64Array;
  /** Features of each node, [node]. */
  readonly degrees: Float64Array;
}

export function hubBias({ importance, degrees }: HubBiasInput): MetricResult {
  return {
    units: degrees.length,
    axis: 'node',
    columns: [
      { name: 'importance', values: importance },
      { name: 'degree', values: degrees },
    ],
    ...estimate({ correlation: { n: degrees.length, of: spearman(importance, degrees) } }, 'nodes'),
    notes: [],
  };
}
