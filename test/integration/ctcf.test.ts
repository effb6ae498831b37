/**
 * A network trained on real peaks to tell CTCF from PU.1 sites: its explanation must hold the motif of each, named by the
 * JASPAR collection.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDocument } from '../../server/src/cli/documents.js';
import { buildXome, declaration, Desk, REAL, removeXome, values } from './xome.js';

const TIMEOUT = 600_000;
/** Explained peaks of each protein. */
const PEAKS = 250;

const EXPERIMENT = `
model     net     = onnx("ctcf_vs_pu1.onnx", input: dna(100))
target    binding = logit of net
data      pu1     = fasta("pu1.fa.gz", label: 0) | sample(500, seed: 1)
data      all     = fasta("ctcf.fa.gz", label: 1) | sample(500, seed: 1) | concat(pu1)
data      some    = pu1 | take(${PEAKS})
data      peaks   = fasta("ctcf.fa.gz", label: 1) | sample(${PEAKS}, seed: 1) | concat(some)
reference shuffled = dinucleotide_shuffle(copies: 5, seed: 1)
attribution ig     = integrated_gradients(baseline: shuffled, tolerance: 1%) of binding on peaks
attribution sites  = ig | hypothetical | seqlets(fdr: 20%)
attribution motifs = sites | patterns(seed: 1) | match_motifs("jaspar2016_core_vertebrates.pfm")
metric gap      = completeness of ig
metric accuracy = prediction_summary of binding on all
metric ctcf     = motif_match(motif: "MA0139.1") of motifs
metric spi1     = motif_match(motif: "SPI1") of motifs
expect gap.max < 1%
expect accuracy.auroc > 98% at 95%
expect ctcf.q < 1e-5
expect spi1.q < 0.01
export bed(sites, "sites.bed")
export meme(motifs, "motifs.meme")
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

const FILES = [
  'peaks/ctcf_vs_pu1.onnx',
  'peaks/ctcf.fa.gz',
  'peaks/pu1.fa.gz',
  'motifs/jaspar2016_core_vertebrates.pfm',
].map(file => join(REAL, file));

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

  it('holds the motifs of both, found as seqlets and named by JASPAR', { timeout: TIMEOUT }, async () => {
    const document = await desk.run();
    const q = (metric: string): number => statistic(document, metric, 'q');
    console.log(`q-value of CTCF (MA0139.1) ${q('ctcf')}, of SPI1 ${q('spi1')}`);
    expect(q('ctcf')).toBeLessThan(1e-5);
    expect(q('spi1')).toBeLessThan(0.01);

    const names = declaration(document, 'motifs').rows!;
    const members = await values(document, 'motifs', 'members');
    const positive = names.indexOf('positive 1');
    const negative = names.indexOf('negative 1');
    for (const [pattern, peaks] of [
      [positive, 0],
      [negative, 1],
    ] as const) {
      const examples = Array.from({ length: members.length / 8 }, (_, row) => members.subarray(8 * row, 8 * row + 8))
        .filter(([number]) => number === pattern)
        .map(([, example]) => example!);
      // Peaks of CTCF come first; each motif lies in the peaks of its own protein.
      const own = examples.filter(example => Math.floor(example / PEAKS) === peaks).length;
      expect(own / examples.length).toBeGreaterThan(0.8);
    }
    const written = await readFile(join(desk.folder, 'motifs.meme'), 'utf8');
    expect(written).toMatch(/^MOTIF positive_1 CTCF$/m);
    const bed = (await readFile(join(desk.folder, 'sites.bed'), 'utf8')).trimEnd().split('\n');
    expect(bed).toHaveLength(declaration(document, 'sites').rows!.length);
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
