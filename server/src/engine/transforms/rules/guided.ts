/**
 * Rules for ReLU alone; every other operator, other activations included, keeps its derivative.
 *
 * Deconvolution hands on what is positive, whatever the activation was (Zeiler & Fergus 2014, ECCV, arXiv 1311.2901);
 * guided backpropagation does so where the activation was positive (Springenberg et al. 2015, ICLR workshop, arXiv 1412.6806).
 */
import type { Rules } from '../autodiff.js';

export const deconvolutionRules: Rules = node =>
  node.operator === 'Relu' ? ({ builder, cotangent }) => [builder.add('Relu', [cotangent])] : undefined;

export const guidedRules: Rules = node =>
  node.operator === 'Relu'
    ? ({ builder, inputs, cotangent }) => {
        const zero = builder.scalar(0);
        const active = builder.add('Greater', [inputs[0]!, zero]);
        return [builder.add('Where', [active, builder.add('Relu', [cotangent]), zero])];
      }
    : undefined;
