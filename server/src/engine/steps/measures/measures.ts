/** The measures by the catalog names of their metrics. */
import type * as specifications from '../../../catalog/metrics/index.js';
import { CLASSIFIER_MEASURES } from './classifiers.js';
import { COHORT_MEASURES } from './cohorts.js';
import { COMPARISON_MEASURES } from './comparisons.js';
import { DISCOVERY_MEASURES } from './discoveries.js';
import { EXPLANATION_MEASURES } from './explanations.js';
import { FAITHFULNESS_MEASURES } from './faithfulness.js';
import { LIMIT_MEASURES } from './limits.js';
import { MAP_MEASURES } from './maps.js';
import type { Measures } from './measure.js';
import { MOTIF_MEASURES } from './motifs.js';
import { ROBUSTNESS_MEASURES } from './robustness.js';
import { STRUCTURE_MEASURES } from './structure.js';

export const MEASURES: Measures<typeof specifications> = {
  ...MAP_MEASURES,
  ...COHORT_MEASURES,
  ...CLASSIFIER_MEASURES,
  ...COMPARISON_MEASURES,
  ...STRUCTURE_MEASURES,
  ...FAITHFULNESS_MEASURES,
  ...ROBUSTNESS_MEASURES,
  ...DISCOVERY_MEASURES,
  ...MOTIF_MEASURES,
  ...EXPLANATION_MEASURES,
  ...LIMIT_MEASURES,
};
