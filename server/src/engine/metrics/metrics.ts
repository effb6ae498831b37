/** The metrics by their catalog names. */
import type * as specifications from '../../catalog/metrics/index.js';
import { agreement } from './agreement.js';
import { attentionFreedom } from './attention-freedom.js';
import { attributionRecall } from './attribution-recall.js';
import { collinearity } from './collinearity.js';
import { completeness } from './completeness.js';
import { composite, compositeRanking } from './composite.js';
import { contrast } from './contrast.js';
import { curveGap } from './curve-gap.js';
import { decoyPrecision } from './decoy-precision.js';
import { discoveries } from './discoveries.js';
import { knownRecall } from './known-recall.js';
import { dispersion } from './dispersion.js';
import { errorRates } from './error-rates.js';
import { deletion, faithfulnessCorrelation, infidelity, insertion } from './faithfulness.js';
import { featureAgreement } from './feature-agreement.js';
import { gradientFlow } from './gradient-flow.js';
import { hubBias } from './hub-bias.js';
import { improvementByAngle } from './improvement-by-angle.js';
import { interpretability } from './interpretability.js';
import { jointEffects } from './joint-effects.js';
import { keepCurve } from './keep-curve.js';
import { lossGap } from './loss-gap.js';
import { mapDistance } from './map-distance.js';
import type { MetricResult } from './metric.js';
import { kernelRescaling } from './kernel-rescaling.js';
import { modelRandomisation } from './model-randomisation.js';
import { motifMatch } from './motif-match.js';
import { predictionGap } from './prediction-gaps.js';
import { predictionSummary } from './prediction-summary.js';
import { rankAgreement } from './rank-agreement.js';
import { rashomon } from './rashomon.js';
import { recorded } from './recorded.js';
import { regressionFit } from './regression-fit.js';
import { localLipschitz, maxSensitivity } from './sensitivity.js';
import { seqletRecovery } from './seqlet-recovery.js';
import { simplexAngle } from './simplex-angle.js';
import { complexity, sparseness } from './sparseness.js';
import { stability } from './stability.js';
import { testOverlap } from './test-overlap.js';
import { unitRedundancy } from './unit-redundancy.js';

/** One implementation per metric of the catalog. What each asks for differs, so callers pick by name. */
export const METRICS = {
  completeness,
  simplex_angle: simplexAngle,
  rank_agreement: rankAgreement,
  prediction_summary: predictionSummary,
  regression_fit: regressionFit,
  interpretability,
  dispersion,
  improvement_by_angle: improvementByAngle,
  attribution_recall: attributionRecall,
  decoy_precision: decoyPrecision,
  stability,
  composite,
  composite_ranking: compositeRanking,
  pgi: predictionGap,
  pgu: predictionGap,
  pgr: predictionGap,
  openxai_pgi: predictionGap,
  openxai_pgu: predictionGap,
  feature_agreement: featureAgreement,
  keep_curve: keepCurve,
  test_overlap: testOverlap,
  contrast,
  agreement,
  sparseness,
  complexity,
  infidelity,
  faithfulness_correlation: faithfulnessCorrelation,
  deletion,
  insertion,
  max_sensitivity: maxSensitivity,
  local_lipschitz: localLipschitz,
  model_randomisation: modelRandomisation,
  discoveries,
  known_recall: knownRecall,
  motif_match: motifMatch,
  seqlet_recovery: seqletRecovery,
  error_rates: errorRates,
  recorded,
  map_distance: mapDistance,
  curve_gap: curveGap,
  rashomon,
  kernel_rescaling: kernelRescaling,
  gradient_flow: gradientFlow,
  unit_redundancy: unitRedundancy,
  joint_effects: jointEffects,
  attention_freedom: attentionFreedom,
  collinearity,
  hub_bias: hubBias,
  loss_gap: lossGap,
} as const satisfies { readonly [Name in keyof typeof specifications]: (input: never) => MetricResult };
