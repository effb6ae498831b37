import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Chromosomes } from '../../../server/src/engine/data/genome-chromosomes.js';
import { LETTERS, type Sequences } from '../../../server/src/engine/data/examples.js';
import type { Files } from '../../../server/src/engine/data/source.js';
import type { StageInputs } from '../../../server/src/engine/data/stage.js';
import { applyStage } from '../../../server/src/engine/data/stages.js';
import { TwoBit } from '../../../server/src/engine/data/twobit.js';
import { normalise, textOf, variantName, variantOf } from '../../../server/src/engine/data/variant.js';
import { variants } from '../../../server/src/engine/data/variants.js';
import { recordsOf } from '../../../server/src/engine/data/vcf.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import type { Json } from '../../../server/src/protocol.js';
import { call } from '../methods/workbench.js';

const VCF = '../shared/data/variants/chr17_splicing.vcf.gz';
const YEAST = '../shared/data/genomes/sacCer3.2bit';
const hasBcftools = spawnSync('bcftools', ['--version']).status === 0;
const hasSamtools = spawnSync('samtools', ['--version']).status === 0;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'variants-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const HEADER = '##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n';
const vcf = (name: string, ...rows: string[]): string =>
  file(name, HEADER + rows.map(row => `${row.replaceAll(' ', '\t')}\n`).join(''));

/** A genome with one chromosome. */
function genome(sequence: string): string {
  const path = file('genome.fa', `>chr1\n${sequence}\n`);
  writeFileSync(`${path}.fai`, `chr1\t${sequence.length}\t6\t${sequence.length}\t${sequence.length + 1}\n`);
  return path;
}

const [HASH, GENOME] = ['ab', 'cd'].map(pair => pair.repeat(32)) as [string, string];
type Given = Parameters<typeof variants.read>[0];
const read = (path: string, genomePath: string, given: Partial<Given> = {}, files: Files = {}): Promise<Sequences> =>
  variants.read(
    {
      path: HASH,
      genome: { call: 'indexed_fasta', category: 'genome', parameters: { path: GENOME } },
      length: 8,
      only_passed: false,
      mismatches: 'error',
      edges: 'error',
      unplaced: 'error',
      ambiguous: 'uniform',
      ...given,
    },
    { [HASH]: path, [GENOME]: genomePath, ...files },
  );

const rowsOf = (letters: Uint8Array, length: number): string[] =>
  Array.from({ length: letters.length / length }, (_, row) =>
    textOf(letters.subarray(row * length, (row + 1) * length)),
  );

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'read',
    (error: unknown) => (error instanceof Failure ? error.problem.code : `defect: ${String(error)}`),
  );

describe('variants', () => {
  //              1234567890123456
  const BASES = 'GATTACCCCTGACGTA';

  it('cuts both alleles so that they agree before the variant', async () => {
    const path = vcf(
      'some.vcf',
      '1 6 rs1 C G,T . PASS .',
      '1 8 . CC C . PASS .', // the last C of a run: moved to its beginning
      '1 10 . T TAG . PASS .',
      '1 6 . C <DEL>,* . PASS .',
      '1 6 . CCCCT A . PASS .', // five bases do not fit into half of eight
    );
    const found = await read(path, genome(BASES));
    expect(found.names).toEqual(['1:6:C>G', '1:6:C>T', '1:5:AC>A', '1:10:T>TAG']);
    expect(rowsOf(found.letters, 8)).toEqual(['ATTACCCC', 'ATTACCCC', 'GATTACCC', 'CCCCTGAC']);
    expect(rowsOf(found.alternatives!, 8)).toEqual(['ATTAGCCC', 'ATTATCCC', 'GATTACCC', 'CCCCTAGG']);
    expect(found.origins.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(found.notes.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'data/variants-left-out 3 of 7 alternative alleles were left out: 2 symbolic (`<DEL>`, `*`, breakends); 1 too long for the second half of the window.',
      'data/normalised 1 of 4 alleles were trimmed or moved to the left.',
      'data/chromosome-names Spelt otherwise in the genome: 1 (there chr1).',
    ]);
  });

  it.each([
    ['1 6 . A G . . .', {}, 'data/reference-mismatch'],
    ['1 6 . A G . . .', { mismatches: 'drop' }, 'data/empty'],
    ['1 2 . A G . . .', {}, 'data/edge'],
    ['1 99 . A G . . .', {}, 'data/reference-mismatch'],
    ['1 6 . C C . . .', {}, 'data/empty'],
    ['1 6 . C N . . .', {}, 'data/empty'],
    ['1 6 . C G . q10 .', { only_passed: true }, 'data/empty'],
    ['2 6 . C G . . .', {}, 'data/chromosome'],
    ['2 6 . C G . . .', { unplaced: 'drop' }, 'data/empty'],
    ['1 6 . C', {}, 'data/vcf'],
    ['1 6 . C G . . .', { region: '1:5-7' }, 'data/no-index'],
    ['1 6 . C G . . .', { region: '1:7-5' }, 'data/region'],
  ] as const)('answers %s with %j', async (row, given, code) => {
    expect(await codeOf(read(vcf('one.vcf', row), genome(BASES), given))).toBe(code);
  });

  it('says what became of ambiguous bases', async () => {
    const path = vcf('n.vcf', '1 6 . C G . . .');
    const unknown = genome(BASES.replace('GATT', 'GNTT'));
    const { letters, notes } = await read(path, unknown);
    expect(rowsOf(letters, 8)).toEqual(['NTTACCCC']);
    expect(notes[0]).toMatchObject({
      code: 'data/ambiguous',
      message: expect.stringContaining('1 of 1 windows') as string,
    });
    expect(await codeOf(read(path, unknown, { ambiguous: 'error' }))).toBe('data/ambiguous');
    expect(await codeOf(read(path, unknown, { ambiguous: 'drop' }))).toBe('data/empty');
    expect((await read(path, unknown, { ambiguous: 'zeros' })).letters[0]).toBe(255);
  });

  it('knows their genes, also after others are left out or appended', async () => {
    const path = vcf('genes.vcf', '1 6 . C G . . .', '1 8 . CC C . . .', '1 10 . T A . . .');
    // The deletion moves to base 5, which is in the first gene.
    const annotation = file(
      'genes.gtf',
      '1\t.\tgene\t4\t5\t.\t+\t.\tgene_name "A";\n1\t.\tgene\t15\t16\t.\t+\t.\tgene_name "B";\n',
    );
    const genes = 'ef'.repeat(32);
    const found = await read(path, genome(BASES), { genes, gene_distance: 3 }, { [genes]: annotation });
    expect(found.genes).toEqual(['near A', 'A', '']);
    const inputs = { data: () => Promise.resolve(found) } as unknown as StageInputs;
    const apply = (name: string, parameters: Record<string, Json>) =>
      applyStage(call('stage', name, parameters), found, inputs);
    expect(await apply('take', { size: 1, from: 1 })).toMatchObject({ genes: ['A'] });
    expect(await apply('concat', { data: ['again'] })).toMatchObject({ genes: ['near A', 'A', '', 'near A', 'A', ''] });
    expect(await apply('shuffle_sequences', { k: 2, seed: 1 })).not.toHaveProperty('genes');
  });

  it('tells another assembly from a wrong record', async () => {
    const header = HEADER.replace('#CHROM', '##contig=<ID=1,length=17,assembly=b37>\n#CHROM');
    const rows = (...alleles: string[]): string =>
      header + alleles.map((pair, at) => `1\t${at + 5}\t.\t${pair[0]!}\t${pair[1]!}\t.\t.\t.\n`).join('');
    // Bases 5 to 8 are ACCC.
    const wrong = file('wrong.vcf', rows('AG', 'TA', 'CA', 'GA'));
    const problem = await read(wrong, genome(BASES), { length: 4 }).catch((error: unknown) =>
      error instanceof Failure ? error.problem : undefined,
    );
    expect(problem).toMatchObject({
      place: expect.stringMatching(/line 5$/) as string,
      message: 'REF is T, and the genome has C; so it is with 1 of the next 2 alleles',
      remedy: expect.stringContaining('1 has 17 bases by the header of the file, and 16 in the genome') as string,
    });
    const { names, notes } = await read(wrong, genome(BASES), { length: 4, mismatches: 'drop' });
    expect(names).toEqual(['1:5:A>G', '1:7:C>A']);
    expect(notes.map(({ level, code }) => `${level} ${code}`)).toEqual([
      'warning data/variants-left-out',
      'warning data/assembly',
      'information data/chromosome-names',
    ]);
    expect(notes[0]!.message).toMatch(/2 whose REF is not what the genome has\. Is the genome the assembly/);
  });

  it('takes M for MT, but not where UCSC has another sequence', async () => {
    const known = { chromosomes: ['chrM', 'chr1'], size: (name: string) => Promise.resolve(sizes[name]) };
    const sizes: Record<string, number> = { chrM: 16_569, chr1: 10 };
    expect(await new Chromosomes(known).find('MT')).toEqual({ name: 'chrM', size: 16_569 });
    sizes['chrM'] = 16_571;
    expect(await new Chromosomes(known).find('MT')).toBeUndefined();
    expect(await new Chromosomes(known).find('chrM')).toBeDefined();
    // The genome of UCSC has both since 2020.
    const both = { ...known, chromosomes: ['chrM', 'chrMT'] };
    sizes['chrMT'] = 16_569;
    expect(await new Chromosomes(both).find('MT')).toMatchObject({ name: 'chrMT' });
    expect(await new Chromosomes(both).find('M')).toMatchObject({ name: 'chrM' });
  });

  it('refuses what is no VCF', async () => {
    expect(await codeOf(read(file('bed.vcf', 'chr1\t5\t6\n'), genome(BASES)))).toBe('data/not-vcf');
    expect(await codeOf(read(file('empty.vcf', ''), genome(BASES)))).toBe('data/not-vcf');
  });

  it('gives one name to one change, and changes the sequence as the record does', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...'AAAC'), { minLength: 12, maxLength: 30 }),
        fc.nat(),
        fc.nat(3),
        fc.array(fc.constantFrom(...'AAC'), { minLength: 1, maxLength: 4 }),
        async (letters, at, size, inserted) => {
          const text = letters.join('');
          const source = {
            read: (_: string, from: number, to: number) =>
              Promise.resolve(Uint8Array.from(text.slice(from, to), base => LETTERS.indexOf(base))),
          };
          const start = at % (text.length - 4);
          const written = {
            chromosome: '1',
            start,
            reference: text.slice(start, start + 1 + size),
            alternative: inserted.join(''),
          };
          const applied = ({ start: from, reference, alternative }: typeof written): string => {
            expect(text.slice(from, from + reference.length)).toBe(reference);
            return text.slice(0, from) + alternative + text.slice(from + reference.length);
          };
          const found = await normalise(written, source);
          expect(applied(found)).toBe(applied(written));
          expect(await normalise(found, source)).toEqual(found);
          expect(variantOf(variantName(found))).toEqual(found);
          // No place further left changes the sequence alike with alleles of the same lengths.
          for (let other = 0; other < found.start && found.reference !== found.alternative; other++) {
            const reference = text.slice(other, other + found.reference.length);
            const alternative = applied(written).slice(other, other + found.alternative.length);
            const same = text.slice(0, other) + alternative + text.slice(other + reference.length);
            expect(same === applied(written) && reference[0] === alternative[0]).toBe(false);
          }
        },
      ),
      { seed: 7, numRuns: 400 },
    ));
});

interface Split {
  readonly name: string;
  readonly id: string;
}

/** Records as bcftools splits them. */
function bcftools(path: string, ...given: string[]): Split[] {
  const normalised = execFileSync('bcftools', ['norm', '-m-', ...given, path], { stdio: ['ignore', 'pipe', 'ignore'] });
  const text = execFileSync('bcftools', ['query', '-f', '%CHROM:%POS:%REF>%ALT\t%ID\n', '-'], { input: normalised });
  return text
    .toString()
    .trim()
    .split('\n')
    .map(line => ({ name: line.split('\t')[0]!, id: line.split('\t')[1]! }));
}

async function ours(path: string, region?: string): Promise<Split[]> {
  const split: Split[] = [];
  for await (const { chromosome, position, id, reference, alternatives } of recordsOf(path, region))
    for (const alternative of alternatives)
      split.push({ id, name: variantName({ chromosome, start: position - 1, reference, alternative }) });
  return split;
}

describe.skipIf(!hasBcftools || !existsSync(VCF))('records (beside bcftools)', () => {
  it('are those of chr17, all and by region', async () => {
    expect(await ours(VCF)).toEqual(bcftools(VCF));
    const region = '17:41242960-41244000';
    const within = execFileSync('bcftools', ['view', '-r', region, VCF], { maxBuffer: 1 << 26 });
    const path = file('region.vcf', within.toString());
    const found = await ours(VCF, `chr${region}`);
    expect(found.length).toBeGreaterThan(20);
    expect(found).toEqual(bcftools(path));
  });
});

describe.skipIf(!hasBcftools || !hasSamtools || !existsSync(YEAST))('normalisation (beside bcftools)', () => {
  it('is that of bcftools norm for 3,000 variants of yeast', async () => {
    const twoBit = await TwoBit.open(YEAST);
    const size = (await twoBit.size('chrI'))!;
    const text = textOf(await twoBit.read('chrI', 0, size));
    await twoBit.close();
    const fasta = file('chrI.fa', `>chrI\n${text.replace(/.{60}/g, '$&\n')}\n`);
    execFileSync('samtools', ['faidx', fasta]);
    const stream = new Stream(3, 'variants');
    const below = (most: number): number => Math.floor(stream.uniform() * most);
    const rows = Array.from({ length: 3000 }, () => {
      const position = 2000 + below(size - 4000);
      const reference = text.slice(position - 1, position + below(6));
      const alternatives = Array.from({ length: 1 + below(2) }, () => {
        const kind = below(3);
        if (kind === 0) return Array.from(reference, () => 'ACGT'[below(4)]!).join('');
        // Pieces of what stands there, so that they can move.
        if (kind === 1) return reference + text.slice(position, position + 1 + below(4));
        return reference.slice(0, 1 + below(reference.length));
      }).filter((allele, at, all) => allele !== reference && all.indexOf(allele) === at);
      return { position, row: `chrI ${position} . ${reference} ${alternatives.join(',') || '.'} . . .` };
    });
    const written = vcf('yeast.vcf', ...rows.sort((a, b) => a.position - b.position).map(({ row }) => row));
    const contig = `##contig=<ID=chrI,length=${size}>\n#CHROM`;
    const judged = file(
      'judged.vcf',
      HEADER.replace('#CHROM', contig) + execFileSync('grep', ['-v', '^#', written]).toString(),
    );
    const expected = bcftools(judged, '-f', fasta)
      .map(({ name }) => name)
      .filter(name => !name.endsWith('>.'));
    const found = await read(written, fasta, { length: 40 });
    expect(found.names.length).toBeGreaterThan(3000);
    expect([...found.names].sort()).toEqual(expected.sort());
  });
});
