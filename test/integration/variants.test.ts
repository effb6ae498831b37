/** Variants of a file that names chromosomes as Ensembl does, on a genome of UCSC: names, windows, effects on both strands, files, and what is told of them. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TwoBit } from '../../server/src/engine/data/twobit.js';
import { textOf, variantOf } from '../../server/src/engine/data/variant.js';
import { buildXome, declaration, Desk, REAL, removeXome, values } from './xome.js';

const TIMEOUT = 180_000;
const YEAST = join(REAL, 'genomes/sacCer3.2bit');

const VCF = `##fileformat=VCFv4.2
##contig=<ID=I,length=230208>
#CHROM	POS	ID	REF	ALT	QUAL	FILTER	INFO
I	5001	.	A	C,G	.	.	.
I	5630	.	AA	A	.	.	.
I	6001	.	ATCA	GGATTACC	.	.	.
I	6100	.	T	<DEL>	.	.	END=6200
I	31488	.	C	CAC	.	.	.
I	31500	.	N	A	.	.	.
chrUn	7	.	A	C	.	.	.
`;

/** bcftools norm -m- -f yeast.fa, without what is symbolic or ambiguous; its sequences are named without `chr`. */
const NORMALISED = ['I:5001:A>C', 'I:5001:A>G', 'I:5624:TA>T', 'I:6001:ATCA>GGATTACC', 'I:31483:C>CCA'];

const complement = (window: string): string =>
  [...window]
    .reverse()
    .map(base => 'ACGT'['TGCA'.indexOf(base)])
    .join('');

describe.skipIf(!existsSync(YEAST))('variants of yeast', () => {
  let desk: Desk;
  beforeAll(buildXome, TIMEOUT);
  afterEach(() => desk.remove());
  afterAll(removeXome);

  it('have the effects of their windows, and what was left out is told', { timeout: TIMEOUT }, async () => {
    desk = await Desk.create(
      `
model  net   = onnx("ctcf_vs_pu1.onnx", input: dna(100))
target binding = logit of net
data   calls = variants("calls.vcf", genome: two_bit("sacCer3.2bit"), length: 100, unplaced: drop)
data   cut   = fasta("windows.fa")
attribution one = variant_effect of binding on calls
attribution two = variant_effect(strands: both) of binding on calls
attribution map = saliency of binding on cut
export vcf(one, "effects.vcf")
`,
      join(REAL, 'peaks/ctcf_vs_pu1.onnx'),
      YEAST,
    );
    const genome = await TwoBit.open(YEAST);
    const chromosome = textOf(await genome.read('chrI', 0, 40_000));
    await genome.close();
    const windows = NORMALISED.flatMap(name => {
      const { start, reference, alternative } = variantOf(name)!;
      const changed = chromosome.slice(0, start) + alternative + chromosome.slice(start + reference.length);
      const pair = [chromosome, changed].map(text => text.slice(start - 50, start + 50));
      return [...pair, ...pair.map(complement)];
    });
    await writeFile(join(desk.folder, 'calls.vcf'), VCF);
    await writeFile(join(desk.folder, 'windows.fa'), windows.map((window, at) => `>${at}\n${window}\n`).join(''));

    const { code, out, err } = await desk.xome('run', 'a.xome');
    expect(code, err).toBe(0);
    expect(out).toContain(
      'warning calls: 3 of 8 alternative alleles were left out: 1 symbolic (`<DEL>`, `*`, breakends); 1 with ambiguous bases in an allele; 1 on chromosomes that the genome does not have (chrUn).',
    );
    expect(out).toContain('I has 230208 bases by the header of the file, and 230218 in the genome.');
    expect(out).toContain('info calls: 2 of 5 alleles were trimmed or moved to the left.');
    expect(out).toContain('info calls: Spelt otherwise in the genome: I (there chrI).');

    const document = await desk.run();
    expect(declaration(document, 'one').rows).toEqual(NORMALISED);
    const predictions = await values(document, 'map', 'predictions');
    const expected = (strands: readonly number[]): number[][] =>
      NORMALISED.map((_, row) => {
        const mean = (allele: number): number =>
          strands.reduce((sum, strand) => sum + predictions[4 * row + 2 * strand + allele]! / strands.length, 0);
        return [mean(0), mean(1), mean(1) - mean(0)];
      });
    for (const [name, strands] of [
      ['one', [0]],
      ['two', [0, 1]],
    ] as const) {
      const found = await values(document, name);
      expected(strands)
        .flat()
        .forEach((value, at) => expect(found[at], `${name} ${at}`).toBeCloseTo(value, 5));
    }
    const lines = (await readFile(join(desk.folder, 'effects.vcf'), 'utf8')).trimEnd().split('\n');
    const names = lines
      .filter(line => !line.startsWith('#'))
      .map(line => line.split('\t'))
      .map(([contig, position, , reference, alternative]) => `${contig}:${position}:${reference}>${alternative}`);
    expect(names).toEqual(NORMALISED);
  });
});
