/** Readers of sequences, genomes, intervals and variants. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import type { Call, Json } from '../../../../server/src/protocol.js';
import { call } from '../../methods/workbench.js';
import { bgzip, hdf5, npy, ONE_HOT, source, text, twoBit, type Files, type Reader } from './files.js';

const GENOME = `>chr1\n${'ACGTTGCANNGATTACA'.repeat(6)}\n>chr2\nACGTACGTACGT\n`;
const FAI = 'chr1\t102\t6\t102\t103\nchr2\t12\t115\t12\t13\n';
const GENES = 'chr1\tx\tgene\t5\t20\t.\t+\t.\tgene_name "one; 1";\nchr1\tx\tgene\t30\t46\t.\t-\t.\tgene_name=two%3B;\n';

/** A genome in blocks of 50 bases with its indexes. */
function packedGenome(): Files {
  const { packed, begins } = bgzip(text(GENOME), 50);
  const [, ...behind] = begins;
  const offsets = BigUint64Array.from([behind.length, ...behind.flat()], BigInt);
  return { 'genome.fa.gz': packed, 'genome.fa.gz.fai': text(FAI), 'genome.fa.gz.gzi': Buffer.from(offsets.buffer) };
}

const VCF = `##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n${[30, 41, 55, 60]
  .map(position => {
    const base = 'ACGTTGCANNGATTACA'.repeat(6)[position - 1]!;
    return `chr1\t${position}\t.\t${base}\t${base}TT,${base === 'A' ? 'C' : 'A'}\t.\tPASS\tDP=${position}\n`;
  })
  .join('')}`;

const indexedFasta = (hash: (name: string) => string): Json =>
  call('genome', 'indexed_fasta', { path: hash('genome.fa') });
const twoBitOf = (hash: (name: string) => string): Json => call('genome', 'two_bit', { path: hash('g.2bit') });

export const hasBcftools = spawnSync('bcftools', ['--version']).status === 0;

/** A VCF file in blocks of bgzip, and its index. */
function indexed(): Files {
  const header = VCF.replace(
    '#CHROM',
    '##contig=<ID=chr1>\n##INFO=<ID=DP,Number=1,Type=Integer,Description="">\n#CHROM',
  );
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  try {
    const path = join(folder, 'b.vcf.gz');
    spawnSync('bcftools', ['view', '-Oz', '-o', path, '-'], { input: header });
    spawnSync('bcftools', ['index', '-t', path]);
    return { 'b.vcf.gz': readFileSync(path), 'b.vcf.gz.tbi': readFileSync(`${path}.tbi`), ...genome() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const genome = (): Files => ({ 'genome.fa': text(GENOME), 'genome.fa.fai': text(FAI) });

const variantsOfRegion = (hash: (name: string) => string): Call =>
  source('variants', { path: hash('b.vcf.gz'), genome: indexedFasta(hash), length: 16, region: 'chr1:20-58' });

const intervals = (file: string, content: Buffer): Reader => ({
  name: `intervals, ${file}`,
  files: () => ({ [file]: content, 'g.2bit': twoBit() }),
  call: hash => source('intervals', { path: hash(file), genome: twoBitOf(hash), edges: 'drop' }),
});

const BED = 'chr1\t4\t20\tx\t0\t-\nchr1\t30\t46\n';
const PEAKS = ['chr1\t4\t20\tp1\t100\t-\t3.5\t5\t4\t7\n', 'chr1\t30\t46\tp2\t10\t.\t1.5\t2\t-1\t8\n'].join('');

export const SEQUENCES: readonly Reader[] = [
  {
    name: 'fasta',
    files: () => ({ 'a.fa': text('>one\nACGTN\n>two\nACGTA\n') }),
    call: hash => source('fasta', { path: hash('a.fa') }),
  },
  {
    name: 'fasta, gzipped',
    files: () => ({ 'a.fa.gz': gzipSync('>one\nACGTN\n>two\nACGTA\n') }),
    call: hash => source('fasta', { path: hash('a.fa.gz') }),
  },
  intervals('a.bed', text(BED)),
  intervals('a.narrowPeak', text(PEAKS)),
  intervals('a.bed.gz', gzipSync(BED)),
  {
    name: 'intervals of a genome by bgzip',
    files: () => ({ 'a.bed': text(BED), ...packedGenome() }),
    call: hash =>
      source('intervals', {
        path: hash('a.bed'),
        genome: call('genome', 'indexed_fasta', { path: hash('genome.fa.gz') }),
      }),
  },
  {
    name: 'gene_windows',
    files: () => ({ 'a.gtf': text(GENES), 'g.2bit': twoBit() }),
    call: hash => source('gene_windows', { path: hash('a.gtf'), genome: twoBitOf(hash), downstream: 10 }),
  },
  {
    name: 'variants and their genes',
    files: () => ({ 'a.vcf': text(VCF), ...genome(), 'a.gtf': text(GENES) }),
    call: hash =>
      source('variants', { path: hash('a.vcf'), genome: indexedFasta(hash), length: 16, genes: hash('a.gtf') }),
  },
  {
    name: 'variants, gzipped',
    files: () => ({ 'a.vcf.gz': gzipSync(VCF), ...genome() }),
    call: hash => source('variants', { path: hash('a.vcf.gz'), genome: indexedFasta(hash), length: 16 }),
  },
  ...(hasBcftools
    ? [
        { name: 'variants by tabix', files: indexed, call: variantsOfRegion },
        {
          name: 'variants by tabix, its index damaged before it is packed',
          files: () => {
            const { 'b.vcf.gz.tbi': index, ...others } = indexed();
            return { ...others, 'b.vcf.gz.tbi': gunzipSync(index!) };
          },
          pack: (path: string, bytes: Buffer) => (path.endsWith('.tbi') ? bgzip(bytes).packed : bytes),
          call: variantsOfRegion,
        },
      ]
    : []),
  {
    name: 'arrays of numpy',
    files: () => ({ 'x.npy': npy([2, 5, 4], ONE_HOT), 'y.npy': npy([2], [0, 1]) }),
    call: hash => source('arrays', { path: hash('x.npy'), labels_file: hash('y.npy') }),
  },
  {
    name: 'arrays of numpy, an archive',
    files: () => ({ 'x.npz': Buffer.from(zipSync({ 'x.npy': npy([2, 5, 4], ONE_HOT) })), 'y.npy': npy([2], [0, 1]) }),
    call: hash => source('numpy', { path: hash('x.npz'), inputs: 'x', labels_file: hash('y.npy') }),
  },
  {
    name: 'arrays of HDF5',
    files: () => ({
      'x.h5': hdf5(file => {
        file.create_dataset({ name: 'x', data: Float32Array.from(ONE_HOT), shape: [2, 5, 4], dtype: '<f' });
        file.create_dataset({ name: 'y', data: Float32Array.from([0, 1]), shape: [2], dtype: '<f' });
      }),
    }),
    call: hash => source('one_hot_hdf5', { path: hash('x.h5'), inputs: 'x', labels: 'y' }),
  },
];
