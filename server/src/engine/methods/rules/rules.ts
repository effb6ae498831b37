/** Methods that replace the derivative of some operators, by catalog name. */
import type * as specifications from '../../../catalog/methods/rules.js';
import type { Family } from '../method.js';
import { deepLift } from './deep-lift.js';
import { gradCam } from './grad-cam.js';
import { deconvolutionMethod, guidedBackpropagation } from './guided.js';
import { lrp } from './lrp.js';

export const RULE_METHODS: Family<typeof specifications> = {
  deep_lift: deepLift,
  lrp,
  guided_backpropagation: guidedBackpropagation,
  deconvolution: deconvolutionMethod,
  grad_cam: gradCam,
};
