/** Guided backpropagation and deconvolution: a gradient pass with another rule for ReLU. */
import type { deconvolution, guided_backpropagation } from '../../../catalog/methods/index.js';
import { Failure } from '../../failure.js';
import type { Rules } from '../../transforms/autodiff.js';
import { deconvolutionRules, guidedRules } from '../../transforms/rules/guided.js';
import { batchSize } from '../batch.js';
import { blockRowsFor, type Method, type MethodContext, type PreparedMethod } from '../method.js';
import { addGradient, Pass } from '../passes.js';

async function withRules(name: string, rules: Rules, context: MethodContext): Promise<PreparedMethod> {
  const { model, executor, passed } = context;
  const graph = model.build(batchSize(model));
  if (!graph.nodes.some(({ operator }) => operator === 'Relu'))
    throw new Failure('method/no-relu', `${name} has a rule for ReLU only, and this network has none`, {
      place: model.name,
      remedy:
        'Here it would be the gradient: use saliency, or a method with rules for other activations such as deep_lift.',
    });
  const pass = await Pass.compile(model, executor, graph, addGradient(graph, graph.x, rules));
  return {
    produces: 'gradient',
    arrays: [],
    blockRows: blockRowsFor(1),
    explain: async ({ x }) => ({ map: await pass.run(x, passed) }),
    notes: () => [],
    release: () => pass.release(),
  };
}

export const guidedBackpropagation: Method<typeof guided_backpropagation> = context =>
  withRules('guided_backpropagation', guidedRules, context);

export const deconvolutionMethod: Method<typeof deconvolution> = context =>
  withRules('deconvolution', deconvolutionRules, context);
