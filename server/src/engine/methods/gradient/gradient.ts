/** Methods that average or multiply gradients, by catalog name. */
import type * as specifications from '../../../catalog/methods/gradient.js';
import type { Family } from '../method.js';
import { internalInfluence, layerConductance, layerIntegratedGradients, neuronConductance } from './conductance.js';
import { expectedGradients } from './expected-gradients.js';
import { integratedGradients } from './integrated-gradients.js';
import { integratedHessians } from './integrated-hessians.js';
import { layerGradientXActivation } from './layer.js';
import { pathGradient } from './path-gradient.js';
import { inputXGradient, saliencyMethod } from './saliency.js';
import { smoothGrad, smoothGradSquared, varGrad } from './smooth-grad.js';

export const GRADIENT_METHODS: Family<typeof specifications> = {
  saliency: saliencyMethod,
  input_x_gradient: inputXGradient,
  integrated_gradients: integratedGradients,
  path_gradient: pathGradient,
  smooth_grad: smoothGrad,
  smooth_grad_squared: smoothGradSquared,
  var_grad: varGrad,
  expected_gradients: expectedGradients,
  layer_gradient_x_activation: layerGradientXActivation,
  layer_conductance: layerConductance,
  layer_integrated_gradients: layerIntegratedGradients,
  internal_influence: internalInfluence,
  neuron_conductance: neuronConductance,
  integrated_hessians: integratedHessians,
};
