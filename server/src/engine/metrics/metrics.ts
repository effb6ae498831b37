/** The metrics by their catalog names. */
import type * as specifications from '../../catalog/metrics.js';
import { completeness } from './completeness.js';
import { interpretability } from './interpretability.js';
import type { MetricResult } from './metric.js';
import { predictionSummary } from './prediction-summary.js';
import { rankAgreement } from './rank-agreement.js';
import { simplexAngle } from './simplex-angle.js';

/** One implementation per metric of the catalog. What each asks for differs, so callers pick by name. */
export const METRICS = {
  completeness,
  simplex_angle: simplexAngle,
  rank_agreement: rankAgreement,
  prediction_summary: predictionSummary,
  interpretability,
} as const satisfies { readonly [Name in keyof typeof specifications]: (input: never) => MetricResult };
