/** Genes of variants against a hand-made annotation and a brute force over random ones. */
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { genesOf, type Place } from '../../../server/src/engine/data/nearest-genes.js';
import { plink } from '../../../server/src/engine/data/plink-cohort.js';

const GFF3 = `##gff-version 3
chr1\thand\tgene\t101\t200\t.\t+\t.\tID=gene:G1;Name=ALPHA
chr1\thand\texon\t101\t150\t.\t+\t.\tID=exon1;Name=not_a_gene
chr1\thand\tgene\t151\t160\t.\t-\t.\tID=gene:G2;gene_name=BETA
chr1\thand\tgene\t301\t400\t.\t-\t.\tID=gene:G3
chrM\thand\tgene\t1\t9\t.\t+\t.\tID=gene:MT
2\thand\tgene\t11\t20\t.\t+\t.\tID=gene:G4;gene=DELTA
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nearest-genes-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
/** `1:150` or, for a stretch of bases, `1:150-152`. */
const place = (text: string): Place => {
  const [chromosome = '', bases = ''] = text.split(':');
  const [first, last = first] = bases.split('-').map(Number);
  return { chromosome, start: first! - 1, end: last! };
};

describe('the gene of a variant', () => {
  it.each([
    ['1:101', 'ALPHA'],
    ['chr1:155', 'ALPHA, BETA'],
    ['1:200', 'ALPHA'],
    ['1:201', 'near ALPHA'],
    ['1:199-310', 'ALPHA, gene:G3'],
    // 50 and 51 bases away, and in the middle of two: the first of them.
    ['1:51', 'near ALPHA'],
    ['1:50', ''],
    ['1:250', 'near ALPHA'],
    ['1:251', 'near gene:G3'],
    ['1:450', 'near gene:G3'],
    ['1:451', ''],
    ['chr2:15', 'DELTA'],
    ['MT:5', 'gene:MT'],
    ['3:15', ''],
  ])('%s is %j', async (text, gene) => {
    const path = file('hand.gff3', GFF3);
    // Another place keeps a chromosome without genes from being all there is.
    expect((await genesOf(path, [place(text), place('1:101')], 50)).genes).toEqual([gene, 'ALPHA']);
  });

  it('follows from comparing every variant with every gene', async () => {
    const gene = fc.record({
      chromosome: fc.constantFrom('1', 'chr2'),
      start: fc.integer({ min: 1, max: 120 }),
      size: fc.integer({ min: 1, max: 60 }),
    });
    const asked = fc.record({
      chromosome: fc.constantFrom('chr1', '2'),
      start: fc.nat(200),
      size: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(gene, { minLength: 1, maxLength: 12 }),
        fc.array(asked, { minLength: 1, maxLength: 12 }),
        fc.nat(30),
        async (genes, variants, reach) => {
          const lines = genes.map(({ chromosome, start, size }, i) =>
            [chromosome, '.', 'gene', start, start + size - 1, '.', '+', '.', `gene_id "g${i}";`].join('\t'),
          );
          const path = file('random.gtf', `${lines.join('\n')}\n`);
          const places = [
            ...variants.map(({ chromosome, start, size }) => ({ chromosome, start, end: start + size })),
            place(`${genes[0]!.chromosome}:1`),
          ];
          const { genes: found } = await genesOf(path, places, reach);
          places.forEach(({ chromosome, start, end }, row) => {
            const distances = genes.map(own =>
              own.chromosome.replace('chr', '') === chromosome.replace('chr', '')
                ? Math.max(own.start - end, start + 1 - (own.start + own.size - 1), 0)
                : Infinity,
            );
            const least = Math.min(...distances);
            const names = distances.flatMap((distance, i) => (distance === least ? [`g${i}`] : []));
            if (least > reach) expect(found[row]).toBe('');
            else if (least > 0) expect(names.map(name => `near ${name}`)).toContain(found[row]);
            else expect(found[row]!.split(', ').sort()).toEqual(names.sort());
          });
        },
      ),
      { seed: 7, numRuns: 150 },
    );
  });

  it('is refused where the annotation cannot say it', async () => {
    const exons = file('exons.gtf', 'chr1\t.\texon\t1\t9\t.\t+\t.\tgene_id "g";\n');
    await expect(genesOf(exons, [place('1:5')])).rejects.toMatchObject({ problem: { code: 'data/no-feature' } });
    const other = file('other.gff3', GFF3.replaceAll(/^(chr1|2)/gm, 'NC_1'));
    await expect(genesOf(other, [place('1:5')])).rejects.toMatchObject({ problem: { code: 'data/chromosome' } });
  });
});

describe('a cohort with an annotation', () => {
  const [path, genes] = ['a', 'b'].map(letter => letter.repeat(64)) as [string, string];
  const standard = {
    path,
    missing: 'mean',
    minimum_frequency: 0,
    hardy_weinberg: 0,
    variant_call_rate: 0,
    person_call_rate: 0,
  } as const;

  it('knows the genes of its variants, and has the same numbers', async () => {
    const bed = file('set.bed', Buffer.from([0x6c, 0x1b, 1, 0b1110, 0b1011, 0b1010]));
    file('set.fam', 'f a 0 0 1 -9\nf b 0 0 1 -9\n');
    file('set.bim', ['1 rs1 0 155 A G', '1 rs2 0 100350 A G', '2 rs3 0 200000 A G'].map(line => `${line}\n`).join(''));
    const annotation = file('genes.gff3.gz', gzipSync(GFF3));
    const plain = await plink.read(standard, { [path]: bed });
    const named = await plink.read({ ...standard, genes }, { [path]: bed, [genes]: annotation });
    expect(plain.genes).toBeUndefined();
    expect(named.genes).toEqual(['ALPHA, BETA', 'near gene:G3', '']);
    expect(named.values).toEqual(plain.values);
    expect(named.notes.at(-1)?.message).toBe(
      '1 of 3 variants lie in a gene, 1 within 100000 bp of one, 1 in none and near none.',
    );
    const far = await plink.read({ ...standard, genes, gene_distance: 200_000 }, { [path]: bed, [genes]: annotation });
    expect(far.genes?.[2]).toBe('near DELTA');
  });
});
