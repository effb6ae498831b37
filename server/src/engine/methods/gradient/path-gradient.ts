/**
 * The gradient averaged along the straight path from a reference, ∫₀¹ ∂f(b + α(x − b))/∂x dα: integrated gradients without the factor
 * x − b. Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, call it integrated gradients, and with several references expected
 * integrated gradients.
 */
import type { path_gradient } from '../../../catalog/methods/index.js';
import { blockRowsFor, type Method } from '../method.js';
import { fillReferences } from '../pairs.js';
import { referenceNotes } from '../references/reference.js';
import { referenceOf } from '../references/references.js';
import { PathPass } from './integrated-gradients.js';

export const pathGradient: Method<typeof path_gradient> = async (context, { baseline, steps, rule }) => {
  const { model, executor, passed } = context;
  const reference = await referenceOf(baseline, context);
  const { copies } = reference;
  const { size } = model;
  const path = new PathPass(model, executor, rule);
  return {
    produces: 'gradient',
    arrays: [],
    blockRows: blockRowsFor(steps * copies),
    ignoresOutputs: true,
    explain: async ({ from, to, x }) => {
      const pairs = (to - from) * copies;
      const references = new Float32Array(pairs * size);
      const distinct = await fillReferences(context, reference, from, to, references);
      const wanted = Array.from({ length: pairs }, (_, pair) => pair);
      const gradients = await path.run({ x, references, copies }, wanted, steps, passed);
      return { map: meanOverCopies(gradients, copies, size), info: distinct };
    },
    notes: infos => referenceNotes(reference, infos.flat() as number[]),
    release: () => path.release(),
  };
};

/** [row × copies, size] → [row, size], summed in float64. */
function meanOverCopies(values: Float32Array, copies: number, size: number): Float32Array {
  return new Float32Array(values.length / copies).map((_, i) => {
    const first = Math.floor(i / size) * copies * size + (i % size);
    let sum = 0;
    for (let copy = 0; copy < copies; copy++) sum += values[first + copy * size]!;
    return sum / copies;
  });
}
