/** Methods that change the input and look at the prediction, by catalog name. */
import type * as specifications from '../../../catalog/methods/perturbation.js';
import type { Family } from '../method.js';
import { conditionalShapley } from './conditional-shapley.js';
import { epistasis } from './epistasis.js';
import { exactShapley } from './exact-shapley.js';
import { featureAblation } from './feature-ablation.js';
import { inSilicoMutagenesis } from './in-silico-mutagenesis.js';
import { kernelShap } from './kernel-shap.js';
import { lime } from './lime.js';
import { occlusion } from './occlusion.js';
import { pairwiseAblation } from './pairwise-ablation.js';
import { shapleySampling } from './shapley-sampling.js';

export const PERTURBATION_METHODS: Family<typeof specifications> = {
  in_silico_mutagenesis: inSilicoMutagenesis,
  occlusion,
  feature_ablation: featureAblation,
  pairwise_ablation: pairwiseAblation,
  epistasis,
  exact_shapley: exactShapley,
  conditional_shapley: conditionalShapley,
  shapley_sampling: shapleySampling,
  kernel_shap: kernelShap,
  lime,
};
