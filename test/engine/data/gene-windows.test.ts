/** Windows of annotated features against a brute force over a small genome, and codons of known genes of yeast. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { gene_windows } from '../../../server/src/catalog/sources.js';
import type { ParametersOf } from '../../../server/src/catalog/specification.js';
import { LETTERS, type Sequences } from '../../../server/src/engine/data/examples.js';
import { regionOf } from '../../../server/src/engine/data/region.js';
import { readSource } from '../../../server/src/engine/data/sources.js';
import { Failure } from '../../../server/src/engine/failure.js';
import type { Json } from '../../../server/src/protocol.js';
import { call } from '../methods/workbench.js';

const YEAST = '../shared/data/genomes/sacCer3.2bit';
const CHROMOSOME = 'ACGTTGCAAGCTTGACCATGGATCCTTAAGCGCA';
const GTF = `#!genome-build test
chr1\thand\tgene\t11\t20\t.\t+\t.\tgene_id "g1"; gene_name "one; 1"; note "a;b";
chr1\thand\ttranscript\t11\t20\t.\t+\t.\tgene_id "g1"; gene_name "one; 1";
chr1\thand\ttranscript\t11\t18\t.\t+\t.\tgene_id "g1"; gene_name "one; 1";
chr1\thand\tgene\t13\t22\t.\t-\t.\tgene_id "g2"; gene_name "two";
`;
const GFF3 = `##gff-version 3
chr1\thand\tgene\t11\t20\t.\t+\t.\tID=g1;gene_name=one%3B 1,other
chr1\thand\tgene\t13\t22\t.\t-\t.\tID=g2;gene_name=two
###
##FASTA
>chr1
ACGT
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genes-'));
  await writeFile(join(folder, 'genome.fa'), `>chr1\n${CHROMOSOME}\n`);
  await writeFile(
    join(folder, 'genome.fa.fai'),
    `chr1\t${CHROMOSOME.length}\t6\t${CHROMOSOME.length}\t${CHROMOSOME.length + 1}\n`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

const textOf = ({ letters, names, length }: Sequences): string[] =>
  names.map((_, row) => [...letters.subarray(row * length, (row + 1) * length)].map(code => LETTERS[code]).join(''));
const turned = (text: string): string =>
  [...text]
    .map(base => 'TGCA'['ACGT'.indexOf(base)])
    .reverse()
    .join('');

type Given = Partial<Omit<ParametersOf<typeof gene_windows>, 'path' | 'genome'>>;
const [FILE, GENOME] = ['a'.repeat(64), 'b'.repeat(64)];
const read = async (annotation: string | Buffer, given: Given = {}, genome = 'indexed_fasta', path = 'genome.fa') => {
  const file = join(folder, 'genes');
  await writeFile(file, annotation);
  const asked = call('source', 'gene_windows', {
    path: FILE,
    genome: call('genome', genome, { path: GENOME }),
    ...(given as Readonly<Record<string, Json>>),
  });
  const place = path === 'genome.fa' ? join(folder, path) : path;
  return (await readSource(asked, { [FILE]: file, [GENOME]: place })) as Sequences;
};

describe.each([
  ['GTF', Buffer.from(GTF)],
  ['GFF3', Buffer.from(GFF3)],
  ['GTF, gzipped', gzipSync(GTF)],
])('gene_windows of %s', (_, file) => {
  it.each<[Given, string, string]>([
    // Bases of gene one are 10 … 19 from 0, of gene two 12 … 21 on the other strand.
    [{ upstream: 4, downstream: 3 }, CHROMOSOME.slice(6, 13), turned(CHROMOSOME.slice(19, 26))],
    [{ at: 'end', upstream: 4, downstream: 3 }, CHROMOSOME.slice(15, 22), turned(CHROMOSOME.slice(10, 17))],
    [{ at: 'whole', upstream: 2, downstream: 1 }, CHROMOSOME.slice(8, 21), turned(CHROMOSOME.slice(11, 24))],
    [{ upstream: 1, strand: 'forward' }, CHROMOSOME.slice(9, 10), CHROMOSOME.slice(22, 23)],
  ])('%j', async (given, one, two) => {
    const found = await read(file, given);
    expect(textOf(found)).toEqual([one, two]);
    expect(found.names.map(name => name.split('::')[0])).toEqual(['one; 1', 'two']);
    const region = regionOf(found.names[1]!, found.length)!;
    expect(CHROMOSOME.slice(region.start, region.end)).toBe(given.strand === 'forward' ? two : turned(two));
  });

  it('takes only what is named', async () => {
    const named = await read(file, { downstream: 3, only: ['two'] });
    expect(named.names).toHaveLength(1);
    const { names, notes } = await read(file, { downstream: 3, only: ['two', 'TWO'] });
    expect(names).toEqual(named.names);
    const message = '1 of the 2 names are of no "gene" by its gene_name: TWO.';
    expect(notes).toEqual([...named.notes, { level: 'warning', code: 'data/no-feature', message }]);
  });
});

describe('gene_windows', () => {
  it('takes a window once that several transcripts share', async () => {
    expect((await read(GTF, { feature: 'transcript', downstream: 5 })).names).toHaveLength(1);
  });

  it.each<[string, Given, string]>([
    ['chr1\t1\t2\n', { downstream: 1 }, 'data/gff'],
    [GTF, { downstream: 1, feature: 'CDS' }, 'data/no-feature'],
    [GTF, { downstream: 1, only: ['three'] }, 'data/no-feature'],
    [GTF, {}, 'data/window'],
    [GTF, { upstream: 100, downstream: 1 }, 'data/edge'],
  ])('answers %j with %j: %s', async (file, given, code) => {
    const error: unknown = await read(file, given).catch((reason: unknown) => reason);
    expect(error instanceof Failure && error.problem.code).toBe(code);
  });

  it.skipIf(!existsSync(YEAST))('finds start and stop codons of known genes of yeast', async () => {
    // Open reading frames without intron, SGD R64: PGK1, TDH3, ADH1.
    const genes = [
      ['chrIII', 137746, 138996, '+', 'PGK1'],
      ['chrVII', 882812, 883810, '-', 'TDH3'],
      ['chrXV', 159548, 160594, '-', 'ADH1'],
    ] as const;
    const lines = genes.map(([chromosome, first, last, strand, name]) =>
      [chromosome, 'SGD', 'CDS', first, last, '.', strand, 0, `gene=${name}`].join('\t'),
    );
    const of = async (given: Given) =>
      textOf(await read(`${lines.join('\n')}\n`, { feature: 'CDS', names: 'gene', ...given }, 'two_bit', YEAST));
    expect(await of({ downstream: 3 })).toEqual(['ATG', 'ATG', 'ATG']);
    for (const codon of await of({ at: 'end', upstream: 2, downstream: 1 }))
      expect(['TAA', 'TAG', 'TGA']).toContain(codon);
  });
});
