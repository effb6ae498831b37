/**
 * Wrappers that explain noisy copies of an example with another method and summarise the maps: SmoothGrad, their mean
 * (Smilkov et al. 2017, arXiv 1706.03825); SmoothGrad-Squared, the mean of their squares (Hooker et al. 2019, NeurIPS);
 * VarGrad, their variance (Adebayo et al. 2018, NeurIPS). One seed gives the same copies for all three.
 */
import type { smooth_grad, smooth_grad_squared, var_grad } from '../../../catalog/methods/index.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import { isMap } from '../../metrics/position-scores.js';
import { Failure } from '../../failure.js';
import { Stream } from '../../random/philox.js';
import { batchSize } from '../batch.js';
import type { Block, Method, MethodContext, PreparedMethod } from '../method.js';
import { addNoise, deviation, requireUnit } from '../noise.js';
import { Pass } from '../passes.js';
import { Moments } from './moments.js';

export const smoothGrad: Method<typeof smooth_grad> = (context, parameters) =>
  overNoise(context, parameters, moments => moments.mean());

export const smoothGradSquared: Method<typeof smooth_grad_squared> = async (context, parameters) => ({
  ...(await overNoise(context, parameters, moments => {
    const squares = moments.meanSquare();
    return parameters.root ? squares.map(Math.sqrt) : squares;
  })),
  produces: 'contribution',
  ...(!parameters.root && { unit: 'target²' }),
});

export const varGrad: Method<typeof var_grad> = async (context, parameters) => ({
  ...(await overNoise(context, parameters, moments => moments.variance())),
  produces: 'contribution',
  unit: 'target²',
});

/** @throws Failure `method/no-map` when the method inside does not explain examples one by one with maps, `method/noise` */
async function overNoise(
  context: MethodContext,
  { method: call, samples, noise, seed }: ParametersOf<typeof smooth_grad>,
  summarise: (moments: Moments) => Float32Array,
): Promise<PreparedMethod> {
  const { model, executor, examples, passed } = context;
  const { size } = model;
  requireUnit(noise, model.space);
  // The method inside finds here the target at the noisy copies that it is given.
  const outputs = context.outputs.slice();
  const inner = await context.prepare(call, { ...context, outputs });
  if (inner.rows !== undefined || !isMap(inner.produces)) {
    await inner.release();
    throw new Failure('method/no-map', `${call.call} gives no maps of examples, so there is nothing to smooth`, {
      remedy: 'Wrap a method that does, such as saliency or integrated_gradients.',
    });
  }
  const forward = inner.ignoresOutputs ? undefined : await Pass.forward(model, executor);

  const explain = async ({ from, to, x }: Block) => {
    const moments = new Moments(x.length);
    const noisy = new Float32Array(x.length);
    const deviations = Array.from({ length: to - from }, (_, row) =>
      deviation(noise, x.subarray(row * size, (row + 1) * size)),
    );
    let info;
    for (let sample = 0; sample < samples; sample++) {
      deviations.forEach((sd, row) => {
        const stream = new Stream(seed, 'smooth_grad', examples.origins[from + row], sample);
        const [start, end] = [row * size, (row + 1) * size];
        addNoise(x.subarray(start, end), sd, stream, noisy.subarray(start, end));
      });
      if (forward) outputs.set(await forward.run(noisy, passed), from);
      const result = await inner.explain({ from, to, x: noisy });
      moments.add(result.map);
      info ??= result.info;
    }
    return { map: summarise(moments), ...(info !== undefined && { info }) };
  };

  return {
    produces: inner.produces,
    arrays: [],
    // Full batches before short blocks: one block is one example at least, and a batch where that costs no more passes.
    blockRows: Math.max(Math.floor(inner.blockRows / samples), Math.min(inner.blockRows, batchSize(model))),
    explain,
    notes: infos =>
      inner
        .notes(infos)
        .map(note => ({ ...note, message: `In the first of ${samples} noisy copies: ${note.message}` })),
    release: async () => {
      await inner.release();
      await forward?.release();
    },
  };
}
