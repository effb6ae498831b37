/** Methods that average or multiply gradients, by catalog name. */
import type * as specifications from '../../../catalog/methods/gradient.js';
import type { Family } from '../method.js';
import { integratedGradients } from './integrated-gradients.js';
import { inputXGradient, saliencyMethod } from './saliency.js';

export const GRADIENT_METHODS: Family<typeof specifications> = {
  saliency: saliencyMethod,
  input_x_gradient: inputXGradient,
  integrated_gradients: integratedGradients,
};
