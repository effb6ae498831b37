/**
 * Measured files that no other test here runs an experiment on: a genome in 2bit, ClinVar's records of a chromosome, counts of Cell
 * Ranger. Each is read as its own tools read it, and each experiment has an answer that is known beforehand.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import h5wasm from 'h5wasm/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Stream } from '../../server/src/engine/random/philox.js';
import { buildXome, declaration, Desk, REAL, removeXome, values } from './xome.js';

const TIMEOUT = 180_000;

describe.skipIf(!existsSync(REAL))('an experiment on', () => {
  let desk: Desk;
  beforeAll(buildXome, TIMEOUT);
  afterEach(() => desk.remove());
  afterAll(removeXome);

  const real = (...files: readonly string[]): string[] => files.map(file => join(REAL, file));
  const mean = (numbers: ArrayLike<number>): number =>
    Array.from(numbers).reduce((sum, one) => sum + one, 0) / numbers.length;

  it('windows of the yeast genome finds less CTCF there than in peaks', { timeout: TIMEOUT }, async () => {
    desk = await Desk.create(
      `
model  net     = onnx("ctcf_vs_pu1.onnx", input: dna(100))
target binding = logit of net
data   peaks   = fasta("ctcf.fa.gz") | sample(500, seed: 1)
data   yeast   = intervals("windows.bed", genome: two_bit("sacCer3.2bit"))
attribution of_peaks = input_x_gradient of binding on peaks
attribution of_yeast = input_x_gradient of binding on yeast
export bedgraph(of_yeast, "yeast.bedgraph", overlaps: mean)
`,
      ...real('peaks/ctcf_vs_pu1.onnx', 'peaks/ctcf.fa.gz', 'genomes/sacCer3.2bit'),
    );
    const sizes = Object.entries(YEAST).sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = Array.from({ length: 500 }, (_, i) => {
      const [name, size] = sizes[i % sizes.length]!;
      const start = (i * 7919 * 13) % (size - 100);
      return `${name}\t${start}\t${start + 100}\tw${i}\t0\t${'+-'[i % 2]!}\n`;
    });
    await writeFile(join(desk.folder, 'windows.bed'), lines.join(''));
    const document = await desk.run();

    const oneHot = await values(document, 'yeast');
    const letters = Array.from({ length: 500 }, (_, row) =>
      Array.from({ length: 100 }, (_, at) => {
        const value = (base: number): number => oneHot[(row * 100 + at) * 4 + base]!;
        return [...'ACGT'].find((_, base) => value(base) === 1) ?? 'N';
      }).join(''),
    );
    // The same windows by py2bit 0.3.1, those of the minus strand complemented and reversed in Python, joined by newlines.
    expect(createHash('sha256').update(letters.join('\n')).digest('hex')).toBe(
      '5cabb6b6ca68d493a134456857b806ff147bb4970584f987a57f83f607164908',
    );
    // Yeast has no CTCF; its sequences are not its sites, whatever else a network of human peaks makes of them.
    const [peaks, yeast] = await Promise.all(
      ['of_peaks', 'of_yeast'].map(name => values(document, name, 'predictions')),
    );
    console.log(`mean logit of CTCF peaks ${mean(peaks!).toFixed(2)}, of yeast ${mean(yeast!).toFixed(2)}`);
    expect(mean(peaks!)).toBeGreaterThan(mean(yeast!) + 5);
    const track = (await readFile(join(desk.folder, 'yeast.bedgraph'), 'utf8')).split('\n');
    expect(track.filter(line => line.startsWith('chr')).length).toBeGreaterThan(10_000);
  });

  it('ClinVar variants gives each the effect of its two windows', { timeout: TIMEOUT }, async () => {
    const vcf = gunzipSync(await readFile(join(REAL, 'variants/chr17_splicing.vcf.gz'))).toString();
    const records = vcf
      .trimEnd()
      .split('\n')
      .filter(line => !line.startsWith('#'))
      .map(line => line.split('\t'))
      .map(([, position, id, reference, alternative]) => ({ at: Number(position) - 1, id, reference, alternative }));
    // A chromosome of drawn bases that has the reference allele of every record, as there is no human genome at hand.
    const start = records[0]!.at - 100;
    const random = new Stream(1, 'chromosome 17');
    const bases = Array.from({ length: records.at(-1)!.at + 200 - start }, () => 'ACGT'[random.integer(4)]!);
    for (const { at, reference } of records) [...reference!].forEach((base, i) => (bases[at - start + i] = base));
    const around = bases.join('');
    desk = await Desk.create(
      `
model  net   = keras("mmsplice_donor.h5", input: dna(18))
target donor = logit of net
data   known = variants("chr17_splicing.vcf.gz", genome: indexed_fasta("chr17.fa"), length: 18, region: "chr17:41197805-41277500")
attribution effect = variant_effect of donor on known
export vcf(effect, "effects.vcf")
`,
      ...real('splicing/mmsplice_donor.h5', 'variants/chr17_splicing.vcf.gz', 'variants/chr17_splicing.vcf.gz.tbi'),
    );
    const size = start + around.length;
    const fasta = `>17\n${'N'.repeat(start)}${around}\n`;
    await writeFile(join(desk.folder, 'chr17.fa'), fasta);
    await writeFile(join(desk.folder, 'chr17.fa.fai'), `17\t${size}\t4\t${size}\t${size + 1}\n`);
    const document = await desk.run();
    const effects = await values(document, 'effect');
    const names = declaration(document, 'effect').rows!;
    const width = effects.length / names.length;

    // Substitutions of one base, each window cut by hand, both alleles as sequences of their own.
    const substitutions = records.filter(({ reference, alternative, at }) => {
      const alleles = [reference, alternative];
      return alleles.every(allele => /^[ACGT]$/.test(allele!)) && at < 41277500;
    });
    expect(substitutions.length).toBeGreaterThan(400);
    const windows = substitutions.flatMap(({ at, reference, alternative }) =>
      [reference!, alternative!].map(
        allele => around.slice(at - 9 - start, at - start) + allele + around.slice(at + 1 - start, at + 9 - start),
      ),
    );
    await writeFile(join(desk.folder, 'windows.fa'), windows.map((window, i) => `>${i}\n${window}\n`).join(''));
    await desk.write(`
model  net   = keras("mmsplice_donor.h5", input: dna(18))
target donor = logit of net
data   both  = fasta("windows.fa")
attribution map = saliency of donor on both
`);
    const predictions = await values(await desk.run(), 'map', 'predictions');
    substitutions.forEach(({ at, reference, alternative }, i) => {
      const row = names.findIndex(name => name.endsWith(`17:${at + 1}:${reference}>${alternative}`));
      expect(row, `${at}`).toBeGreaterThanOrEqual(0);
      const difference = predictions[2 * i + 1]! - predictions[2 * i]!;
      expect(effects[row * width + width - 1]).toBeCloseTo(difference, 4);
    });
    const written = (await readFile(join(desk.folder, 'effects.vcf'), 'utf8')).split('\n');
    expect(written.filter(line => line.startsWith('17\t'))).toHaveLength(names.length);
  });

  it('counts of Cell Ranger finds the gene that cells were told apart by', { timeout: TIMEOUT }, async () => {
    const [path] = real('expression/filtered_feature_bc_matrix.h5') as [string];
    desk = await Desk.create(
      `
data cells = cell_ranger("filtered_feature_bc_matrix.h5", clusters: "clusters.csv", classes: ["low", "high"]) | log1p
data train = cells | split(train, validation: 0%, test: 30%, seed: 1)
data held  = cells | split(test, validation: 0%, test: 30%, seed: 1)
network  mlp = layers([dense(8), relu, dense(1), sigmoid])
ensemble net = train(mlp, epochs: 60, batch: 32, loss: binary_cross_entropy, optimizer: adam(rate: 0.01), validation: 0%, seed: 1) on train
target   high  = logit of net
reference usual = mean(of: train)
attribution genes = mean_attribution(integrated_gradients(baseline: usual)) of high on held
metric right = prediction_summary of high on held
metric found = known_recall(["CSTB"], top: 1%) of genes
expect right.auroc > 95% at 95%
expect found >= 100%
`,
      path,
    );
    await h5wasm.ready;
    const file = new h5wasm.File(path, 'r');
    const read = (name: string): ArrayLike<number> & Iterable<string> =>
      (file.get(`matrix/${name}`) as InstanceType<typeof h5wasm.Dataset>).value as never;
    const gene = [...read('features/name')].indexOf('CSTB');
    const [ends, genes, counts] = [read('indptr'), read('indices'), read('data')].map(all => Array.from(all, Number));
    const table = [...read('barcodes')].map((barcode, cell) => {
      const at = genes!.indexOf(gene, ends![cell]);
      const count = at >= 0 && at < ends![cell + 1]! ? counts![at]! : 0;
      return `${barcode},${count >= 2 ? 'high' : 'low'}\n`;
    });
    file.close();
    await writeFile(join(desk.folder, 'clusters.csv'), `Barcode,Cluster\n${table.join('')}`);
    expect((await desk.run()).expectations).toHaveLength(2);
  });
});

/** Sizes of the chromosomes of sacCer3 (bp). */
const YEAST: Readonly<Record<string, number>> = {
  chrI: 230218,
  chrII: 813184,
  chrIII: 316620,
  chrIV: 1531933,
  chrIX: 439888,
  chrM: 85779,
  chrV: 576874,
  chrVI: 270161,
  chrVII: 1090940,
  chrVIII: 562643,
  chrX: 745751,
  chrXI: 666816,
  chrXII: 1078177,
  chrXIII: 924431,
  chrXIV: 784333,
  chrXV: 1091291,
  chrXVI: 948066,
};
