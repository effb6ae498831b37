/**
 * A network trained on real peaks to tell CTCF from PU.1 sites: its explanation must spell the motif of each, unaided by
 * any database. The same pipeline on random windows shows what the peaks alone would give.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDocument } from '../../server/src/cli/documents.js';
import { Stream } from '../../server/src/engine/random/philox.js';
import { alignWindows, readMotif, similarity, strongestWindow } from './motif-discovery.js';
import { buildXome, declaration, Desk, REAL, removeXome, values } from './xome.js';

const TIMEOUT = 300_000;
const LENGTH = 100;
const PEAKS = 500;

const EXPERIMENT = `
model     net     = onnx("ctcf_vs_pu1.onnx", input: dna(100))
target    binding = logit of net
data      pu1     = fasta("pu1.fa.gz", label: 0) | sample(${PEAKS}, seed: 1)
data      peaks   = fasta("ctcf.fa.gz", label: 1) | sample(${PEAKS}, seed: 1) | concat(pu1)
reference shuffled = dinucleotide_shuffle(copies: 5, seed: 1)
attribution ig    = integrated_gradients(baseline: shuffled, tolerance: 1%) of binding on peaks
metric gap = completeness of ig
metric accuracy = prediction_summary of binding on peaks
expect gap.max < 1%
expect accuracy.auroc > 98% at 95%
`;

const STRICT = `
model     net     = onnx("ctcf_vs_pu1.onnx", input: dna(100))
target    binding = logit of net
data      ctcf    = fasta("ctcf.fa.gz", label: 1) | sample(50, seed: 2)
attribution flat     = integrated_gradients(baseline: uniform, tolerance: 0.1%) of binding on ctcf
attribution shuffled = integrated_gradients(baseline: dinucleotide_shuffle(copies: 1, seed: 2), tolerance: 0.1%) of binding on ctcf
metric flat_gap     = completeness of flat
metric shuffled_gap = completeness of shuffled
expect flat_gap.max <= 0.1%
expect shuffled_gap.max <= 0.1%
`;

const FILES = ['peaks/ctcf_vs_pu1.onnx', 'peaks/ctcf.fa.gz', 'peaks/pu1.fa.gz'].map(file => join(REAL, file));

describe.skipIf(!existsSync(REAL))('a network that tells CTCF from PU.1 peaks', () => {
  let desk: Desk;
  beforeAll(async () => {
    await buildXome();
    desk = await Desk.create(EXPERIMENT, ...FILES);
  }, TIMEOUT);
  afterAll(async () => {
    await desk.remove();
    await removeXome();
  });

  const statistic = (document: RunDocument, metric: string, name: string): number =>
    declaration(document, metric).statistics!.find(one => one.name === name)!.value;

  it('spells both motifs', { timeout: TIMEOUT }, async () => {
    const document = await desk.run();
    const x = await values(document, 'peaks');
    const scores = await values(document, 'ig', 'scores');
    const letters = Array.from({ length: 2 * PEAKS }, (_, peak) =>
      Array.from({ length: LENGTH }, (_, at) => x.indexOf(1, 4 * (peak * LENGTH + at)) - 4 * (peak * LENGTH + at)),
    );
    const known = await readFile(join(REAL, 'motifs/jaspar2016_core_vertebrates.pfm'), 'utf8');
    for (const { name, from, width, sign } of [
      { name: 'CTCF', from: 0, width: 19, sign: 1 },
      { name: 'SPI1', from: PEAKS, width: 15, sign: -1 },
    ]) {
      const sequences = letters.slice(from, from + PEAKS);
      const windows = sequences.map((_, i) =>
        strongestWindow(
          Array.from(scores.subarray((from + i) * LENGTH, (from + i + 1) * LENGTH), v => sign * v),
          width,
        ),
      );
      const strongest = windows.reduce((best, { sum }, i) => (sum > windows[best]!.sum ? i : best), 0);
      const random = new Stream(1, 'random windows');
      const likeness = (starts: readonly number[]): number =>
        similarity(alignWindows(sequences, starts, strongest, width), readMotif(known, name));
      const found = likeness(windows.map(({ start }) => start));
      const chance = likeness(windows.map(() => random.integer(LENGTH - width + 1)));
      console.log(`${name}: column correlation ${found.toFixed(3)}, from random windows ${chance.toFixed(3)}`);
      expect(found).toBeGreaterThanOrEqual(0.95);
      expect(found).toBeGreaterThan(chance);
    }
  });

  it('meets a tolerance of 0.1 % for every pair', { timeout: TIMEOUT }, async () => {
    await desk.write(STRICT);
    const document = await desk.run();
    for (const gap of ['flat_gap', 'shuffled_gap']) {
      expect(statistic(document, gap, 'missed')).toBe(0);
      expect(statistic(document, gap, 'steps')).toBeLessThanOrEqual(4096);
    }
  });

  it('is not run on sequences of another length', async () => {
    await desk.write(EXPERIMENT.replace('dna(100)', 'dna(101)'));
    const { code, err } = await desk.xome('check', 'a.xome');
    expect(code).toBe(2);
    expect(err).toMatch(/^a\.xome:2:\d+: error .*101.*\[model\/input-length\]$/m);
  });
});
