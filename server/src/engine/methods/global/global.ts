/** Methods that explain a model on a whole data set or answer with a rule or a change, by catalog name. */
import type * as specifications from '../../../catalog/methods/global.js';
import type { Family } from '../method.js';
import { ale } from './ale.js';
import { anchors } from './anchors.js';
import { conditionalPredictiveImpact } from './conditional-predictive-impact.js';
import { counterfactual } from './counterfactual.js';
import { knockoffImportance } from './knockoff-importance.js';
import { leaveOneCovariateOut } from './loco.js';
import { linearAssociation } from './linear-association.js';
import { logisticAssociation } from './logistic-association.js';
import { meanAttribution } from './mean-attribution.js';
import { partialDependence } from './partial-dependence.js';
import { conditionalPermutationImportance, permutationImportance } from './permutation-importance.js';
import { ruleList } from './rule-list.js';

export const GLOBAL_METHODS: Family<typeof specifications> = {
  permutation_importance: permutationImportance,
  conditional_permutation_importance: conditionalPermutationImportance,
  ale,
  partial_dependence: partialDependence,
  mean_attribution: meanAttribution,
  linear_association: linearAssociation,
  logistic_association: logisticAssociation,
  anchors,
  counterfactual,
  rule_list: ruleList,
  conditional_predictive_impact: conditionalPredictiveImpact,
  knockoff_importance: knockoffImportance,
  leave_one_covariate_out: leaveOneCovariateOut,
};
