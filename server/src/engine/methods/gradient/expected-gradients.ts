/**
 * Expected gradients (Erion et al. 2021; GradientSHAP in Lundberg's and Captum's code): the mean over random references b
 * and random α of (x − b) ⊙ ∂f(b + α(x − b))/∂x. One draw of each per sample, so the distribution of references enters as
 * such and not through its mean.
 */
import type { expected_gradients } from '../../../catalog/methods/index.js';
import { axesOf } from '../../data/input-space.js';
import { Stream } from '../../random/philox.js';
import { batchSize } from '../batch.js';
import type { Block, Method } from '../method.js';
import { addNoise, deviation, requireUnit } from '../noise.js';
import { fillReferences } from '../pairs.js';
import { Pass } from '../passes.js';
import { referenceNotes } from '../references/reference.js';
import { referenceOf } from '../references/references.js';
import { Moments } from './moments.js';

export const expectedGradients: Method<typeof expected_gradients> = async (context, parameters) => {
  const { baseline, samples, noise, seed } = parameters;
  const { model, executor, examples, passed } = context;
  const { size } = model;
  if (noise !== undefined) requireUnit(noise, model.space);
  const reference = await referenceOf(baseline, context);
  const { copies } = reference;
  const gradient = await Pass.gradient(model, executor);
  const blockRows = batchSize(model);

  const explain = async ({ from, to, x }: Block) => {
    const references = new Float32Array(x.length * copies);
    const distinct = await fillReferences(context, reference, from, to, references);
    const moments = new Moments(x.length);
    const rows = to - from;
    // As many draws at once as fill a batch.
    const most = Math.max(1, Math.floor(blockRows / rows));
    for (let first = 0; first < samples; first += most) {
      const draws = Math.min(most, samples - first);
      const points = new Float32Array(draws * x.length);
      /** x − b, with the noise on x. */
      const path = new Float32Array(draws * x.length);
      for (let at = 0; at < draws * rows; at++) {
        const row = at % rows;
        const stream = new Stream(
          seed,
          'expected_gradients',
          examples.origins[from + row],
          first + Math.floor(at / rows),
        );
        const b = references.subarray((row * copies + stream.integer(copies)) * size);
        const alpha = stream.uniform();
        const example = x.subarray(row * size, (row + 1) * size);
        const along = path.subarray(at * size, (at + 1) * size);
        if (noise === undefined) along.set(example);
        else addNoise(example, deviation(noise, example), stream, along);
        for (let i = 0; i < size; i++) {
          along[i]! -= b[i]!;
          points[at * size + i] = b[i]! + alpha * along[i]!;
        }
      }
      const slopes = await gradient.run(points, passed);
      const products = slopes.map((slope, i) => slope * path[i]!);
      for (let draw = 0; draw < draws; draw++) moments.add(products.subarray(draw * x.length, (draw + 1) * x.length));
    }
    return { map: moments.mean(), arrays: { standard_error: moments.standardError() }, info: { distinct } };
  };

  return {
    produces: 'contribution',
    arrays: [{ name: 'standard_error', type: 'float32', unit: 'target', axes: axesOf(model.space) }],
    blockRows,
    ignoresOutputs: true,
    explain,
    notes: infos =>
      referenceNotes(
        reference,
        infos.flatMap(info => (info as { distinct: number[] }).distinct),
      ),
    release: () => gradient.release(),
  };
};
