/** Methods of one gradient pass: the gradient itself, and the gradient times the input. */
import type { input_x_gradient, saliency } from '../../../catalog/methods/index.js';
import { blockRowsFor, type Method, type MethodContext, type PreparedMethod } from '../method.js';
import { Pass } from '../passes.js';

async function onePass(
  { model, executor, passed }: MethodContext,
  produces: PreparedMethod['produces'],
  finish: (gradient: Float32Array, x: Float32Array) => Float32Array,
): Promise<PreparedMethod> {
  const pass = await Pass.gradient(model, executor);
  return {
    produces,
    arrays: [],
    blockRows: blockRowsFor(1),
    ignoresOutputs: true,
    explain: async ({ x }) => ({ map: finish(await pass.run(x, passed), x) }),
    notes: () => [],
    release: () => pass.release(),
  };
}

export const saliencyMethod: Method<typeof saliency> = context => onePass(context, 'gradient', gradient => gradient);

export const inputXGradient: Method<typeof input_x_gradient> = context =>
  onePass(context, 'contribution', (gradient, x) => gradient.map((g, i) => g * x[i]!));
