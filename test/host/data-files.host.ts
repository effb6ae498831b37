/**
 * Files of the field beside an experiment, real ones: 39,184 peaks in a FASTA file with broken lines and soft-masked bases, variants
 * and intervals of the yeast genome, a table without names, and a compressed file, which the editor cannot show.
 */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { command, line, pressLens, runEnded, showFile } from './screen.js';
import { inVSCode } from './session.js';
import { PROJECT, unavailable } from './vscode.js';
import { until } from './waiting.js';

const DATA = join(PROJECT, '../shared/data');
const missing = unavailable ?? (existsSync(DATA) ? undefined : 'needs ../shared/data');

const EXPERIMENT = `model  net   = onnx("ctcf_vs_pu1.onnx", input: dna(100))
target score = logit of net
data   peaks = fasta("ctcf.fa")
data   sites = variants("sites.vcf", genome: two_bit("sacCer3.2bit"), length: 100, mismatches: drop)
data   loci  = intervals("loci.bed", genome: two_bit("sacCer3.2bit"), length: 100)

attribution grad    = saliency of score on peaks | simplex_correction
attribution effects = variant_effect of score on sites
attribution around  = saliency of score on loci

data     cells  = table("cells.csv", label: "class")
network  small  = layers([dense(4), softmax])
ensemble nets   = train(small, epochs: 2, batch: 10, loss: cross_entropy, optimizer: adam(rate: 0.01), seed: 1) on cells
target   kind   = class(1) of nets
attribution genes = saliency of kind on cells
`;

/** Intervals of sixty bases, of which the experiment makes a hundred: none of its examples is called as its line. */
const INTERVALS = [
  'track name=loci',
  ...Array.from({ length: 10 }, (_, row) => `chrI\t${20_000 + 500 * row}\t${20_060 + 500 * row}`),
  '',
].join('\n');

const CELLS = [
  'class,CD3E,MS4A1,LYZ',
  ...Array.from({ length: 20 }, (_, row) => [row % 2, row % 3, (row + 1) % 2, row % 5].join()),
  '',
].join('\n');

/** Substitutions at forty places of chromosome I: whatever base the genome has there, one line names it. */
const VARIANTS = [
  '##fileformat=VCFv4.2',
  '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO',
  ...Array.from({ length: 40 }, (_, place) =>
    [...'ACGT'].map(base => `I\t${5000 + place}\t.\t${base}\t${base === 'A' ? 'C,G' : 'A'}\t.\t.\t.`),
  ).flat(),
  '',
].join('\n');

describe.skipIf(missing !== undefined)(`data files in VS Code (${missing ?? 'code-server'})`, () => {
  let page: Page;
  inVSCode({
    examples: [],
    fill: folder => {
      const peaks = gunzipSync(readFileSync(join(DATA, 'peaks/ctcf.fa.gz'))).toString();
      writeFileSync(join(folder, 'ctcf.fa'), peaks.replace(/^([^>\n]{60})(?=.)/gm, '$1\n'));
      for (const path of ['peaks/ctcf_vs_pu1.onnx', 'genomes/sacCer3.2bit', 'peaks/pu1.fa.gz'])
        cpSync(join(DATA, path), join(folder, path.split('/')[1]!));
      writeFileSync(join(folder, 'sites.vcf'), VARIANTS);
      writeFileSync(join(folder, 'loci.bed'), INTERVALS);
      writeFileSync(join(folder, 'cells.csv'), CELLS);
      writeFileSync(join(folder, 'ctcf.xome'), EXPERIMENT);
    },
    file: 'ctcf.xome',
    shown: async session => {
      ({ page } = session);
      await pressLens(page, 'Run all');
      await runEnded(page, 240_000);
      await command(page, 'View: Split Editor Right');
    },
  });

  const painted = (): Promise<number> => page.locator('.view-overlays .cdr[class*="ced-"]').count();

  it('paints the last of 39,184 sequences as soon as they are on screen', async () => {
    await showFile(page, 'ctcf.fa');
    // The palette offers what fits the file that was in front when it was opened.
    await line(page, '>chr').hover();
    await command(page, 'Explainome: Paint Nucleotides by Contribution');
    await until('paint', async () => (await painted()) > 20);
    await page.keyboard.press('Control+End');
    await line(page, '>chr17:4308552-4308652').waitFor();
    await until('paint', async () => (await painted()) > 20);
  });

  it('tells of a soft-masked base in the second line of a record', async () => {
    // The last record but three begins in lower case and goes on in a second line.
    await line(page, '>chr1:49030347-49030447').waitFor();
    const second = page.locator('.view-line', { hasText: /^TCAAAAACC/ }).first();
    await second.hover({ position: { x: 2 * 8 + 4, y: 9 } });
    const hover = page.locator('.monaco-hover:visible').first();
    await hover.getByText('Here: A at 63').first().waitFor();
    expect(await hover.innerText()).toContain('chr1:49030347-49030447');
  });

  it('tells what either allele of a variant gives', async () => {
    await showFile(page, 'sites.vcf');
    const lines = page.locator('.view-line', { hasText: /^I\s+5000\s/ });
    await lines.first().waitFor();
    // One of the four names the base that the genome has; the others were left out.
    let told = '';
    for (let base = 0; base < 4 && told === ''; base++) {
      await page.mouse.move(5, 5);
      await lines.nth(base).hover({ position: { x: 12, y: 9 } });
      await page.waitForTimeout(1_500);
      const hover = page.locator('.monaco-hover:visible').first();
      if (await hover.isVisible()) told = await hover.innerText();
    }
    // A line with two alternatives is two examples.
    expect(told).toMatch(/effects = variant_effect[^]*reference: [−\d.]+ · alternative: [−\d.]+ · effect: [−\d.]+/);
  });

  it.each([
    [
      'an interval',
      'loci.bed',
      /^chrI\s+21000\s/,
      /around = saliency[^]*Example: chrI:20980-21080[^]*Strongest: [ACGT] at/,
    ],
    [
      'a row without a name',
      'cells.csv',
      /^1,1,0,1$/,
      /genes = saliency[^]*Example: row 2[^]*Strongest: (CD3E|MS4A1|LYZ)/,
    ],
  ])('tells of %s by its place in the file', async (_, file, text, told) => {
    await showFile(page, file);
    const hovered = page.locator('.view-line', { hasText: text }).first();
    await hovered.hover({ position: { x: 12, y: 9 } });
    const hover = page.locator('.monaco-hover:visible').first();
    await hover.getByText('Strongest').first().waitFor();
    expect(await hover.innerText()).toMatch(told);
    await page.mouse.move(5, 5);
  });

  it('says why a compressed file cannot be painted', async () => {
    await showFile(page, 'pu1.fa.gz');
    await page.getByText('it is either').first().waitFor();
    await command(page, 'Explainome: Paint Nucleotides by Contribution');
    await page.getByText('pu1.fa.gz is compressed').first().waitFor();
  });
});
