/**
 * Throughput of the readers on files that are made on the spot, in processor time of one thread (medians of five), beside the
 * field's tools where they are installed: FASTA, PLINK 1 and 2, npy, VCF, AnnData, GTF and weights of PyTorch.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEntry } from '../server/src/catalog/index.js';
import { anndata } from '../server/src/engine/data/anndata.js';
import { fasta } from '../server/src/engine/data/fasta.js';
import { attributeOf, featuresOf } from '../server/src/engine/data/gff.js';
import { numpy } from '../server/src/engine/data/numpy.js';
import { writeOneHot } from '../server/src/engine/data/one-hot.js';
import { countGenotypes, writeDosages } from '../server/src/engine/data/plink.js';
import { plink } from '../server/src/engine/data/plink-cohort.js';
import { readSource } from '../server/src/engine/data/sources.js';
import { recordsOf } from '../server/src/engine/data/vcf.js';
import { writeHdf5 } from '../server/src/engine/export/hdf5-writer.js';
import { OutputFile } from '../server/src/engine/export/output.js';
import { numbers as arrayOf, words, type Tree } from '../server/src/engine/export/tree.js';
import { writeZarr } from '../server/src/engine/export/zarr-writer.js';
import { importPyTorch } from '../server/src/engine/models/pytorch.js';
import type { Call, Json } from '../server/src/protocol.js';
import { encodeHeader } from '../server/src/store/npy.js';

const REPEATS = 5;
const folder = mkdtempSync(join(tmpdir(), 'bench-readers-'));
const place = (name: string): string => join(folder, name);
const HASH = 'ab'.repeat(32);

/** Processor seconds of some work, the median of several runs. */
async function seconds(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < REPEATS; run++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1e6);
  }
  return times.sort((a, b) => a - b)[REPEATS >> 1]!;
}

function row(what: string, amount: number, unit: string, time: number): void {
  console.log(`${what.padEnd(52)} ${(amount / time).toPrecision(3).padStart(9)} ${unit}/s`);
}

const RECORDS = 400;
const LENGTH = 100_000;
const bases = Buffer.alloc(LENGTH, 'ACGTTGCAAGCTTGACCATG');
const lines = bases.toString().replaceAll(/.{60}/g, '$&\n');
writeFileSync(place('genome.fa'), Array.from({ length: RECORDS }, (_, i) => `>r${i}\n${lines}\n`).join(''));
const megabases = (RECORDS * LENGTH) / 1e6;
const parameters = { path: HASH, ambiguous: 'uniform' } as const;
row('FASTA to letters', megabases, 'Mb', await seconds(() => fasta.read(parameters, { [HASH]: place('genome.fa') })));
const out = new Float32Array(4 * LENGTH);
row(
  'FASTA to one-hot rows',
  megabases,
  'Mb',
  await seconds(async () => {
    const { letters } = await fasta.read(parameters, { [HASH]: place('genome.fa') });
    for (let at = 0; at < letters.length; at += LENGTH) writeOneHot(letters.subarray(at, at + LENGTH), out);
  }),
);

const PEOPLE = 20_000;
const VARIANTS = 2_000;
const stride = PEOPLE / 4;
// Many of each genotype, few of them missing.
const BYTES = [0b00101110, 0b11111110, 0b11101011, 0b11111111, 0b11111011, 0b10111111];
const genotypes = Uint8Array.from({ length: VARIANTS * stride }, (_, at) => BYTES[(at * 31 + (at >> 7)) % 6]!);
const billions = (PEOPLE * VARIANTS) / 1e9;
const everyone = new Uint8Array(stride).fill(255);
row(
  'PLINK: genotypes counted in memory',
  billions,
  'G genotypes',
  await seconds(() => {
    for (let at = 0; at < genotypes.length; at += stride) countGenotypes(genotypes.subarray(at, at + stride), everyone);
  }),
);
const dosages = new Float32Array(PEOPLE * VARIANTS).fill(1);
const rowOf = Int32Array.from({ length: PEOPLE }, (_, person) => person);
row(
  'PLINK: dosages in memory, float32',
  4 * billions,
  'GB',
  await seconds(() => {
    for (let variant = 0; variant < VARIANTS; variant += 50) {
      const starts = Array.from({ length: 50 }, (_, at) => (variant + at) * stride);
      writeDosages(genotypes, starts, rowOf, dosages, VARIANTS, variant);
    }
  }),
);
writeFileSync(place('set.bed'), Buffer.concat([Buffer.from([0x6c, 0x1b, 1]), genotypes]));
const people = Array.from({ length: PEOPLE }, (_, i) => `f p${i} 0 0 1 ${1 + (i % 2)}\n`);
writeFileSync(place('set.fam'), people.join(''));
writeFileSync(place('set.bim'), Array.from({ length: VARIANTS }, (_, i) => `1 rs${i} 0 ${i + 1} A G\n`).join(''));
const quality = { minimum_frequency: 0, hardy_weinberg: 0, variant_call_rate: 0.5, person_call_rate: 0 };
const call = { path: HASH, missing: 'mean', ...quality } as const;
row(
  'PLINK: data set to dosages, with quality control',
  billions,
  'G genotypes',
  await seconds(() => plink.read(call, { [HASH]: place('set.bed') })),
);
if (spawnSync('plink2', ['--bfile', place('set'), '--make-pgen', '--silent', '--out', place('set')]).status === 0)
  row(
    'PLINK 2: data set to dosages, with quality control',
    billions,
    'G genotypes',
    await seconds(() => plink.read(call, { [HASH]: place('set.pgen') })),
  );

const ROWS = 20_000;
const data = new Float32Array(ROWS * 1_000);
writeFileSync(place('x.npy'), Buffer.concat([encodeHeader('float32', [ROWS, 1_000]), new Uint8Array(data.buffer)]));
const rows = { path: HASH, as: 'expression', order: 'ACGT', missing: 'error' } as const;
row(
  'npy: rows of float32',
  data.byteLength / 1e6,
  'MB',
  await seconds(() => numpy.read(rows, { [HASH]: place('x.npy') })),
);

const records = Array.from({ length: 200_000 }, (_, i) => `chr1\t${i + 1}\trs${i}\tA\tG,T\t.\tPASS\tDP=10;AF=0.5\n`);
writeFileSync(
  place('v.vcf'),
  `##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n${records.join('')}`,
);
row(
  'VCF: records',
  records.length / 1e6,
  'M records',
  await seconds(async () => {
    for await (const { alternatives } of recordsOf(place('v.vcf')))
      if (alternatives.length !== 2) throw new Error('lost');
  }),
);

const WIDTH = 4_000;
const size = 4 * WIDTH ** 2;
const tensor = { dtype: 'F32', shape: [WIDTH, WIDTH], data_offsets: [0, size] };
const header = Buffer.from(JSON.stringify({ 'dense.weight': tensor }));
const length = Buffer.from(BigUint64Array.of(BigInt(header.length)).buffer);
writeFileSync(place('w.safetensors'), Buffer.concat([length, header, new Uint8Array(size)]));
const dense = { call: 'dense', parameters: { units: WIDTH, activation: 'linear', bias: false } };
const network = {
  call: 'layers',
  category: 'network',
  parameters: { layers: [{ ...dense, category: 'layer' }] },
} as const;
row(
  'safetensors: weights of a network',
  size / 1e6,
  'MB',
  await seconds(() =>
    importPyTorch(place('w.safetensors'), { network: { layers: network, input: [WIDTH], channelsLast: false } }),
  ),
);

/** A source with its defaults, for files by the names that stand for their hashes. */
function source(name: string, given: Readonly<Record<string, Json>>): Call {
  const defaults = Object.entries(findEntry('source', name)!.parameters).flatMap(([parameter, { default: value }]) =>
    value === undefined ? [] : [[parameter, value as Json] as const],
  );
  return { call: name, category: 'source', parameters: { ...Object.fromEntries(defaults), ...given } };
}

// One chromosome of 100 Mb in lines of 60, and windows of 1,000 nt all over it.
const CHROMOSOME = 100_000_000;
const turn = bases.subarray(0, 60).toString();
writeFileSync(place('chr.fa'), `>chr1\n${`${turn}\n`.repeat(Math.floor(CHROMOSOME / 60))}`);
writeFileSync(place('chr.fa.fai'), `chr1\t${60 * Math.floor(CHROMOSOME / 60)}\t6\t60\t61\n`);
const WINDOWS = 20_000;
const starts = Array.from({ length: WINDOWS }, (_, i) => (i * 104_729) % (CHROMOSOME - 2_000));
writeFileSync(place('w.bed'), starts.map(start => `chr1\t${start}\t${start + 1_000}\n`).join(''));
const genome: Call = { call: 'indexed_fasta', category: 'genome', parameters: { path: 'chr.fa' } };
const placed = Object.fromEntries(['w.bed', 'chr.fa', 'chr.fa.fai', 't.csv'].map(name => [name, place(name)]));
row(
  'BED: windows of an indexed FASTA',
  WINDOWS / 1_000,
  'Mb',
  await seconds(() => readSource(source('intervals', { path: 'w.bed', genome }), placed)),
);

const lineOfNumbers = Array.from({ length: 500 }, (_, i) => (i / 7).toFixed(4)).join(',');
const headOfTable = Array.from({ length: 500 }, (_, i) => `g${i}`).join(',');
writeFileSync(
  place('t.csv'),
  `id,${headOfTable}\n${Array.from({ length: 10_000 }, (_, i) => `s${i},${lineOfNumbers}\n`).join('')}`,
);
row(
  'CSV: numbers',
  (500 * 10_000) / 1e6,
  'M numbers',
  await seconds(() => readSource(source('table', { path: 't.csv', names: 'id', missing: 'error' }), placed)),
);

const GENES = 1_000;
const cells = Float32Array.from({ length: 10_000 * GENES }, (_, at) => at % 7);
const frame = { _index: '_index', 'encoding-type': 'dataframe', 'encoding-version': '0.2.0', 'column-order': [] };
const named = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i}`);
const tree: Tree = {
  groups: { obs: frame, var: frame },
  arrays: [
    { ...arrayOf('X', cells), shape: [cells.length / GENES, GENES] },
    words('obs/_index', named(cells.length / GENES)),
    words('var/_index', named(GENES)),
  ],
};
for (const [name, write] of [
  ['cells.h5ad', writeHdf5],
  ['cells.zarr.zip', writeZarr],
] as const) {
  const file = await OutputFile.create(place(name));
  await write(file, tree);
  await file.finish();
  await file.publish();
  const time = await seconds(() => anndata.read({ path: HASH }, { [HASH]: place(name) }));
  row(`AnnData: dense float32, ${name.replace('cells', '')}`, cells.byteLength / 1e6, 'MB', time);
}

const genes = Array.from(
  { length: 200_000 },
  (_, i) => `chr1\tx\tgene\t${i + 1}\t${i + 9}\t.\t-\t.\tgene_name "g${i}";\n`,
);
writeFileSync(place('genes.gtf'), genes.join(''));
row(
  'GTF: features with their names',
  genes.length / 1e6,
  'M features',
  await seconds(async () => {
    for await (const feature of featuresOf(place('genes.gtf')))
      if (attributeOf(feature, 'gene_name') === undefined) throw new Error('lost');
  }),
);

/** The same work by another program, where it is installed. */
function beside(what: string, amount: number, unit: string, program: string, ...given: string[]): void {
  if (spawnSync(program, ['--version']).error) return;
  const command = `{ time -p ${[program, ...given].join(' ')} >/dev/null 2>&1; } 2>&1`;
  const times = Array.from({ length: REPEATS }, () => {
    const { stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    return [...stdout.matchAll(/(?:user|sys) ([\d.]+)/g)].reduce((sum, [, time]) => sum + Number(time), 0);
  });
  row(what, amount, unit, times.sort((a, b) => a - b)[REPEATS >> 1]!);
}
beside('  beside: samtools faidx (index only)', megabases, 'Mb', 'samtools', 'faidx', place('genome.fa'));
beside('  beside: bcftools view -H', records.length / 1e6, 'M records', 'bcftools', 'view', '-H', place('v.vcf'));
beside(
  '  beside: plink2 --freq',
  billions,
  'G genotypes',
  'plink2',
  '--pfile',
  place('set'),
  '--freq',
  '--out',
  place('set'),
);
const quoted = ['-fi', place('chr.fa'), '-bed', place('w.bed')];
beside('  beside: bedtools getfasta (letters only)', WINDOWS / 1_000, 'Mb', 'bedtools', 'getfasta', ...quoted);
const checks = ['--bfile', place('set'), '--freq', '--hardy', '--missing', '--out', place('out')];
beside('  beside: plink1.9 --freq --hardy --missing', billions, 'G genotypes', 'plink1.9', ...checks);
const reading = `'import numpy; numpy.array(numpy.load("${place('x.npy')}"))'`;
beside('  beside: numpy.load, with its start', data.byteLength / 1e6, 'MB', 'python3', '-c', reading);
rmSync(folder, { recursive: true });
