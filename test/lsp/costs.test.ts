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
`;

test('methods cost what their entries say, for each example', async () => {
  const { workspace, document } = await open(EXPERIMENT);
  const experiment = (await buildExperiment(document, workspace.xome))!;
  const passes = (name: string, examples?: number) => costOf(experiment, name, { examples: () => examples });
  expect(passes('raw')).toEqual({ passes: 300, kind: 'gradient', least: false });
  expect(passes('ig')).toEqual({ passes: 300 * 32 * 5, kind: 'gradient', least: true });
  expect(passes('fixed')).toEqual({ passes: 40 * 50 * 5, kind: 'gradient', least: false });
  expect(passes('ism')).toEqual({ passes: 40 * 301, kind: 'forward', least: false });
  expect(passes('window')?.passes).toBe(40 * 19 * 5);
  expect(passes('smooth')?.passes).toBe(300 * 20);
  // A correction costs nothing of its own, and how long a file is only its reading tells.
  expect(passes('grad')).toBeUndefined();
  expect(passes('all')).toBeUndefined();
  expect(passes('all', 39_184)?.passes).toBe(39_184);
});

test('words for a lens', () => {
  expect(costWords({ passes: 12_000, kind: 'forward', least: false }, 40 / 12_000)).toBe(
    ' · ~40 s · 12\u202f000 passes',
  );
  expect(costWords({ passes: 48_000, kind: 'gradient', least: true }, undefined)).toBe(' · from 48\u202f000 passes');
});
