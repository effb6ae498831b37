/** Passes that a lens names, against what the catalog says in words. */
import { expect, test } from 'vitest';
import { buildExperiment } from '../../server/src/language/build-experiment.js';
import { costOf, costWords } from '../../server/src/lsp/costs.js';
import { open } from '../language/memory.js';

const EXPERIMENT = `model net = onnx("ctcf.onnx", input: dna(100))
target score = logit of net
data file  = fasta("peaks.fa")
data peaks = simulate_motifs(["TGASTCA"], sequences: 300, seed: 1)
data few   = file | sample(40, seed: 1)
reference shuffled = dinucleotide_shuffle(copies: 5, seed: 1)
method path = integrated_gradients(baseline: shuffled)
attribution raw    = saliency of score on peaks
attribution grad   = raw | simplex_correction
attribution ig     = path of score on peaks
attribution fixed  = integrated_gradients(shuffled, steps: 50) of score on few
attribution ism    = in_silico_mutagenesis of score on few
attribution window = occlusion(shuffled, window: 10, stride: 5) of score on few
attribution smooth = smooth_grad(saliency, samples: 20, noise: 10%, seed: 1) of score on peaks
attribution all    = saliency of score on file
network  small = layers([dense(1)])
ensemble nets  = train(small, members: 3, epochs: 10, validation: 20%, seed: 1) on peaks
target   logits = logit of nets
benchmark table = compare(methods: [saliency, path], wrappers: [none, smooth_grad(samples: 5, noise: 10%, seed: 1)], corrections: [none, simplex_correction], metrics: [simplex_angle]) of score on few
benchmark alone = compare(methods: [saliency], metrics: [simplex_angle, complexity], networks: each, data: [file]) of logits on few
`;

test('methods cost what their entries say, for each example', async () => {
  const { workspace, document } = await open(EXPERIMENT);
  const experiment = (await buildExperiment(document, workspace.xome))!;
  const passes = (name: string, examples?: number) => costOf(experiment, name, { examples: () => examples });
  expect(passes('raw')).toEqual({ passes: 300, kind: 'gradient' });
  expect(passes('ig')).toEqual({ passes: 300 * 32 * 5, kind: 'gradient', bound: 'from' });
  expect(passes('fixed')).toEqual({ passes: 40 * 50 * 5, kind: 'gradient' });
  expect(passes('ism')).toEqual({ passes: 40 * 301, kind: 'forward' });
  expect(passes('window')?.passes).toBe(40 * 19 * 5);
  expect(passes('smooth')?.passes).toBe(300 * 20);
  // A correction costs nothing of its own, and how long a file is only its reading tells.
  expect(passes('grad')).toBeUndefined();
  expect(passes('all')).toBeUndefined();
  expect(passes('all', 39_184)?.passes).toBe(39_184);
  expect(passes('nets')).toEqual({ passes: 3 * 10 * 240, kind: 'other', bound: 'up to' });
  // Each map once, whatever is done with it, alone and in a wrapper; of data that nobody has counted none.
  expect(passes('table')).toEqual({ passes: 40 * (1 + 160) * (1 + 5), kind: 'gradient', bound: 'from' });
  expect(passes('alone')).toEqual({ passes: 40 * 3, kind: 'gradient', bound: 'from' });
});

test('words for a lens', () => {
  expect(costWords({ passes: 12_000, kind: 'forward' }, 40 / 12_000)).toBe(' · ~40 s · 12\u202f000 passes');
  expect(costWords({ passes: 48_000, kind: 'gradient', bound: 'from' }, undefined)).toBe(' · from 48\u202f000 passes');
});
