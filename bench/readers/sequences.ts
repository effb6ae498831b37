/** FASTA, 2bit, intervals, variants, annotations. */
import { spawnSync } from 'node:child_process';
import { writeOneHot } from '../../server/src/engine/data/one-hot.js';
import { attributeOf, featuresOf } from '../../server/src/engine/data/gff.js';
import { fasta } from '../../server/src/engine/data/fasta.js';
import { recordsOf } from '../../server/src/engine/data/vcf.js';
import type { Call } from '../../server/src/protocol.js';
import { make, place, program, python, repeat, source, type Reader } from './workshop.js';

const LENGTH = 100_000;
const bases = Buffer.alloc(LENGTH, 'ACGTTGCAAGCTTGACCATG');

function wholeFasta(): Reader[] {
  const record = bases.toString().replaceAll(/.{60}/g, '$&\n');
  const count = 400;
  const path = make('genome.fa', repeat(count, i => `>r${i}\n${record}\n`).join(''));
  const amount = (count * LENGTH) / 1e6;
  const out = new Float32Array(4 * LENGTH);
  const letters = () => fasta.read({ path: 'genome.fa', ambiguous: 'uniform' }, { 'genome.fa': path });
  return [
    {
      what: 'FASTA to letters',
      amount,
      unit: 'Mb',
      read: letters,
      beside: program('samtools faidx, only counts', 'samtools', 'faidx', path),
    },
    {
      what: 'FASTA to one-hot rows',
      amount,
      unit: 'Mb',
      read: async () => {
        const { letters: all } = await letters();
        for (let at = 0; at < all.length; at += LENGTH) writeOneHot(all.subarray(at, at + LENGTH), out);
      },
    },
  ];
}

const CHROMOSOME = 100_000_020;
const WINDOWS = 20_000;

/** One sequence of 2bit, as UCSC describes it. */
function twoBit(): Uint8Array {
  const word = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);
  const head = Buffer.concat([word(0x1a412743, 0, 1, 0), Buffer.from([4]), Buffer.from('chr1'), word(25)]);
  return Buffer.concat([head, word(CHROMOSOME, 0, 0, 0), Buffer.alloc(CHROMOSOME / 4, 0b00011011)]);
}

/** Windows of 1,000 nt all over a chromosome of 100 Mb. */
function windows(): Reader[] {
  const turn = bases.subarray(0, 60).toString();
  const path = make('chr.fa', `>chr1\n${`${turn}\n`.repeat(CHROMOSOME / 60)}`);
  make('chr.fa.fai', `chr1\t${CHROMOSOME}\t6\t60\t61\n`);
  make('chr.2bit', twoBit());
  const starts = repeat(WINDOWS, i => (i * 104_729) % (CHROMOSOME - 2_000));
  make('w.bed', starts.map(start => `chr1\t${start}\t${start + 1_000}\n`).join(''));
  const genome = (call: string, file: string): Call => ({ call, category: 'genome', parameters: { path: file } });
  const amount = WINDOWS / 1_000;
  const indexed = genome('indexed_fasta', 'chr.fa');
  const readers: Reader[] = [
    {
      what: 'BED: windows of an indexed FASTA',
      amount,
      unit: 'Mb',
      read: source('intervals', { path: 'w.bed', genome: indexed }, 'w.bed', 'chr.fa', 'chr.fa.fai'),
      beside: program('bedtools getfasta', 'bedtools', 'getfasta', '-fi', path, '-bed', place('w.bed')),
    },
    {
      what: 'BED: windows of a 2bit genome',
      amount,
      unit: 'Mb',
      read: source('intervals', { path: 'w.bed', genome: genome('two_bit', 'chr.2bit') }, 'w.bed', 'chr.2bit'),
      beside: python(
        'py2bit',
        'import py2bit',
        `g = py2bit.open("${place('chr.2bit')}")
for line in open("${place('w.bed')}"):
    name, start, end = line.split()
    g.sequence(name, int(start), int(end))`,
      ),
    },
  ];
  if (spawnSync('bash', ['-c', `bgzip -kf ${path} && samtools faidx ${path}.gz`]).status === 0)
    readers.push({
      what: 'BED: windows of a FASTA in bgzip',
      amount,
      unit: 'Mb',
      read: source(
        'intervals',
        { path: 'w.bed', genome: genome('indexed_fasta', 'chr.fa.gz') },
        ...['w.bed', 'chr.fa.gz', 'chr.fa.gz.fai', 'chr.fa.gz.gzi'],
      ),
      beside: program('bedtools getfasta', 'bedtools', 'getfasta', '-fi', `${path}.gz`, '-bed', place('w.bed')),
    });
  return [...readers, ...variants(indexed)];
}

function variants(genome: Call): Reader[] {
  const header = '##fileformat=VCFv4.2\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n';
  const split = repeat(200_000, i => `chr1\t${i + 1}\trs${i}\tA\tG,T\t.\tPASS\t.\n`);
  make('v.vcf', header + split.join(''));
  // Substitutions and insertions of two bases.
  const mixed = repeat(50_000, i => {
    const base = String.fromCharCode(bases[(1_000 + 7 * i) % 60]!);
    return `chr1\t${1_001 + 7 * i}\t.\t${base}\t${i % 2 ? `${base}GT` : base === 'A' ? 'C' : 'A'}\t.\tPASS\t.\n`;
  });
  make('n.vcf', header + mixed.join(''));
  const normalise = ['norm', '-m-', '-f', place('chr.fa'), place('n.vcf')];
  return [
    {
      what: 'VCF: records',
      amount: split.length / 1e6,
      unit: 'M records',
      read: async () => {
        for await (const { alternatives } of recordsOf(place('v.vcf')))
          if (alternatives.length !== 2) throw new Error('lost');
      },
      beside: program('bcftools view', 'bcftools', 'view', '-H', place('v.vcf')),
    },
    {
      what: 'VCF: normalised, checked, both windows of 100 nt',
      amount: mixed.length / 1e6,
      unit: 'M variants',
      read: source('variants', { path: 'n.vcf', genome, length: 100 }, ...['n.vcf', 'chr.fa', 'chr.fa.fai']),
      beside: program('bcftools norm, no windows', 'bcftools', ...normalise),
    },
  ];
}

function annotation(): Reader {
  const lines = repeat(200_000, i => `chr1\tx\tgene\t${i + 1}\t${i + 9}\t.\t-\t.\tgene_name "g${i}";\n`);
  make('genes.gtf', lines.join(''));
  return {
    what: 'GTF: features with their names',
    amount: lines.length / 1e6,
    unit: 'M features',
    read: async () => {
      for await (const feature of featuresOf(place('genes.gtf')))
        if (attributeOf(feature, 'gene_name') === undefined) throw new Error('lost');
    },
  };
}

export const sequences = (): Reader[] => [...wholeFasta(), ...windows(), annotation()];
