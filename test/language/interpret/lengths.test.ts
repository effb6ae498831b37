/** What the text alone says of how many features examples have. */
import { expect, test } from 'vitest';
import { findings, open } from '../memory.js';

const COHORT = `model net = onnx("ctcf.onnx", input: genotypes(120))
target height = logit of net
data cohort = simulate_genotypes(variants: 100, seed: 1)
`;

test.each([
  ['a cohort of another size', 'attribution a = saliency of height on cohort', ['data/length: cohort']],
  [
    'a stage that adds variants, after which the size is not known',
    'data planted = cohort | spike_in(additive: 20, dominant: 0, recessive: 0, epistatic_pairs: 0, seed: 1)\nattribution a = saliency of height on planted',
    [],
  ],
  [
    'such a stage behind another name',
    'data decoyed = cohort | with_decoys(seed: 1)\ndata few = decoyed | take(5)\nattribution a = saliency of height on few',
    [],
  ],
  [
    'a stage that leaves the size as it is',
    'data few = cohort | polygenic_trait(seed: 2) | take(5)\nattribution a = saliency of height on few',
    ['data/length: few'],
  ],
])('%s', async (_, text, expected) => {
  const { document } = await open(COHORT + text);
  expect(findings(document)).toEqual(expected);
});
