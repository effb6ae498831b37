/** Methods that read what a model is made of, by catalog name. */
import type * as specifications from '../../../catalog/methods/model-based.js';
import { layerActivation } from '../gradient/layer.js';
import type { Family } from '../method.js';
import { attentionMaps, effectiveAttention } from './attention.js';
import { filtersToPwms } from './filters-to-pwms.js';

export const MODEL_BASED_METHODS: Family<typeof specifications> = {
  layer_activation: layerActivation,
  attention_maps: attentionMaps,
  effective_attention: effectiveAttention,
  filters_to_pwms: filtersToPwms,
};
