/**
 * Damaged files: cut off, with flipped bits, hostile sizes, pieces lost or doubled. Every reader answers each with a value or
 * a failure that names what is wrong, soon and in little memory. `npm run fuzz` tries 10,000 of each.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import h5wasm from 'h5wasm/node';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { readMotifs } from '../../../server/src/engine/data/motifs.js';
import { describeSource, readSource } from '../../../server/src/engine/data/sources.js';
import { encodeHeader } from '../../../server/src/store/npy.js';
import type { Call, Json } from '../../../server/src/protocol.js';
import { call } from '../methods/workbench.js';
import { CASES, survive } from './survive.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Reader {
  readonly name: string;
  /** Files by name; the first is `path`. */
  readonly files: () => Readonly<Record<string, Buffer>>;
  readonly pack?: (path: string, bytes: Buffer) => Buffer;
  readonly call: (hash: (name: string) => string) => Call;
}

const source = (name: string, given: Readonly<Record<string, Json>>): Call => call('source', name, given);
const text = (value: string): Buffer => Buffer.from(value);
const GENOME = `>chr1\n${'ACGTTGCANNGATTACA'.repeat(6)}\n>chr2\nACGTACGTACGT\n`;
const FAI = 'chr1\t102\t6\t102\t103\nchr2\t12\t115\t12\t13\n';

/** A 2bit file with a run of N. */
function twoBit(): Buffer {
  const word = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);
  const head = Buffer.concat([word(0x1a412743, 0, 1, 0), Buffer.from([4]), text('chr1'), word(25)]);
  return Buffer.concat([head, word(64, 1, 10, 4, 1, 0, 64, 0), Buffer.alloc(16, 0b00011011)]);
}

function npy(shape: readonly number[], values: readonly number[]): Buffer {
  return Buffer.concat([encodeHeader('float32', shape), Buffer.from(Float32Array.from(values).buffer)]);
}

const ONE_HOT = Array.from({ length: 2 * 5 * 4 }, (_, at) => Number(at % 4 === (at >> 2) % 4));

function hdf5(fill: (file: InstanceType<typeof h5wasm.File>) => void): Buffer {
  const path = join(folder, 'made.h5');
  const file = new h5wasm.File(path, 'w');
  fill(file);
  file.close();
  return readFileSync(path);
}

type Group = InstanceType<typeof h5wasm.Group>;
const integers = (into: Group, name: string, data: number[]) =>
  into.create_dataset({ name, data: Int32Array.from(data), shape: [data.length], dtype: '<i' });
const texts = (into: Group, name: string, data: string[]) => into.create_dataset({ name, data, shape: [data.length] });

function h5ad(): Buffer {
  return hdf5(file => {
    for (const [frame, names] of Object.entries({ obs: ['a', 'b'], var: ['x', 'y', 'z'] })) {
      const group = file.create_group(frame);
      group.create_attribute('_index', 'names');
      texts(group, 'names', names);
    }
    const matrix = file.create_group('X');
    matrix.create_attribute('encoding-type', 'csr_matrix');
    matrix.create_attribute('shape', Int32Array.from([2, 3]));
    integers(matrix, 'data', [1, 2, 3]);
    integers(matrix, 'indices', [0, 2, 1]);
    integers(matrix, 'indptr', [0, 2, 3]);
  });
}

function cellRanger(): Buffer {
  return hdf5(file => {
    const matrix = file.create_group('matrix');
    texts(matrix, 'barcodes', ['a', 'b']);
    integers(matrix, 'data', [1, 2, 3]);
    integers(matrix, 'indices', [0, 2, 1]);
    integers(matrix, 'indptr', [0, 2, 3]);
    matrix.create_group('features');
    const features = file.get('matrix/features') as Group;
    texts(features, 'id', ['x', 'y', 'z']);
    texts(features, 'name', ['X', 'Y', 'Z']);
  });
}

/** Members of a Zarr store, version 3 without compression: X of 2 × 3 and the indices as text of fixed chunks. */
function zarr(): Record<string, Buffer> {
  const group = (attributes: object = {}): Buffer =>
    text(JSON.stringify({ zarr_format: 3, node_type: 'group', attributes }));
  const array = (shape: number[], type: string, fill: number | string, codecs: object[]): Buffer =>
    text(
      JSON.stringify({
        zarr_format: 3,
        node_type: 'array',
        attributes: {},
        shape,
        data_type: type,
        chunk_grid: { name: 'regular', configuration: { chunk_shape: shape } },
        chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
        fill_value: fill,
        codecs,
      }),
    );
  const strings = (...values: string[]): Buffer => {
    const sized = values.map(value => Buffer.concat([Buffer.from([value.length, 0, 0, 0]), text(value)]));
    return Buffer.concat([Buffer.from([values.length, 0, 0, 0]), ...sized]);
  };
  return {
    'zarr.json': group(),
    'obs/zarr.json': group({ _index: 'names' }),
    'obs/names/zarr.json': array([2], 'string', '', [{ name: 'vlen-utf8' }]),
    'obs/names/c/0': strings('a', 'b'),
    'var/zarr.json': group({ _index: 'names' }),
    'var/names/zarr.json': array([3], 'string', '', [{ name: 'vlen-utf8' }]),
    'var/names/c/0': strings('x', 'y', 'z'),
    'X/zarr.json': array([2, 3], 'float32', 0, [{ name: 'bytes', configuration: { endian: 'little' } }]),
    'X/c/0/0': Buffer.from(Float32Array.from([1, 2, 3, 4, 5, 6]).buffer),
  };
}

const VCF = `##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n${[30, 41, 55, 60]
  .map(position => {
    const base = 'ACGTTGCANNGATTACA'.repeat(6)[position - 1]!;
    return `chr1\t${position}\t.\t${base}\t${base}TT,${base === 'A' ? 'C' : 'A'}\t.\tPASS\tDP=${position}\n`;
  })
  .join('')}`;

const indexedFasta = (hash: (name: string) => string): Json =>
  call('genome', 'indexed_fasta', { path: hash('genome.fa') });

const hasBcftools = spawnSync('bcftools', ['--version']).status === 0;

/** A VCF file in blocks of bgzip, and its index. */
function indexed(): Record<string, Buffer> {
  const path = join(folder, 'b.vcf.gz');
  const header = VCF.replace(
    '#CHROM',
    '##contig=<ID=chr1>\n##INFO=<ID=DP,Number=1,Type=Integer,Description="">\n#CHROM',
  );
  spawnSync('bcftools', ['view', '-Oz', '-o', path, '-'], { input: header });
  spawnSync('bcftools', ['index', '-t', path]);
  return { 'b.vcf.gz': readFileSync(path), 'b.vcf.gz.tbi': readFileSync(`${path}.tbi`) };
}

const variantsOfRegion = (hash: (name: string) => string): Call =>
  source('variants', { path: hash('b.vcf.gz'), genome: indexedFasta(hash), length: 16, region: 'chr1:20-58' });

/** One block of bgzip and the empty one at the end. */
function bgzip(bytes: Buffer): Buffer {
  const block = (content: Buffer): Buffer => {
    const packed = deflateRawSync(content);
    const [head, tail] = [Buffer.from('1f8b08040000000000ff0600424302000000', 'hex'), Buffer.alloc(8)];
    head.writeUInt16LE((head.length + packed.length + tail.length - 1) & 0xffff, 16);
    tail.writeUInt32LE(crc32(content), 0);
    tail.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, packed, tail]);
  };
  return Buffer.concat([block(bytes), block(Buffer.alloc(0))]);
}

const PLINK = {
  'set.bed': Buffer.from([0x6c, 0x1b, 1, 0b11100100, 0b00000010, 0b00011011, 0b00000011]),
  'set.bim': text('1 rs1 0 100 A G\n2 rs2 0 200 C T\n'),
  'set.fam': text(Array.from({ length: 5 }, (_, i) => `f p${i} 0 0 1 ${1 + (i % 2)}\n`).join('')),
};

/** Files that tests of a reader keep beside them. */
const kept = (folder: string, ...names: string[]): Record<string, Buffer> =>
  Object.fromEntries(names.map(name => [name, readFileSync(join(import.meta.dirname, folder, name))]));

/** Genotypes of PLINK 2 in a form of record each, and their tables. */
const pgen = (name: string, variants: string): Reader => ({
  name: `plink 2, ${name}`,
  files: () => kept('pgen', `${name}.pgen`, `${name}.psam`, `${name}.${variants}`),
  call: hash => source('plink', { path: hash(`${name}.pgen`), minimum_frequency: 0.01 }),
});

const parquet = (name: string): Reader => ({
  name: `table, Parquet, ${name}`,
  files: () => kept('parquet', `${name}.parquet`),
  call: hash =>
    source('table', { path: hash(`${name}.parquet`), names: 'name', skip: ['class'], label: 'u8', missing: 'mean' }),
});

const READERS: readonly Reader[] = [
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
  {
    name: 'intervals of a 2bit genome',
    files: () => ({ 'a.bed': text('chr1\t4\t20\tx\t0\t-\nchr1\t30\t46\n'), 'g.2bit': twoBit() }),
    call: hash =>
      source('intervals', {
        path: hash('a.bed'),
        genome: call('genome', 'two_bit', { path: hash('g.2bit') }),
      }),
  },
  {
    name: 'gene_windows of GTF',
    files: () => ({
      'a.gtf': text(
        'chr1\tx\tgene\t5\t20\t.\t+\t.\tgene_name "one; 1";\nchr1\tx\tgene\t30\t46\t.\t-\t.\tgene_name=two%3B;\n',
      ),
      'g.2bit': twoBit(),
    }),
    call: hash => {
      const genome = call('genome', 'two_bit', { path: hash('g.2bit') });
      return source('gene_windows', { path: hash('a.gtf'), genome, downstream: 10 });
    },
  },
  {
    name: 'variants of an indexed FASTA',
    files: () => ({ 'a.vcf': text(VCF), 'genome.fa': text(GENOME), 'genome.fa.fai': text(FAI) }),
    call: hash => source('variants', { path: hash('a.vcf'), genome: indexedFasta(hash), length: 16 }),
  },
  ...(hasBcftools
    ? [
        {
          name: 'variants by tabix',
          files: () => ({ ...indexed(), 'genome.fa': text(GENOME), 'genome.fa.fai': text(FAI) }),
          call: variantsOfRegion,
        },
        {
          name: 'variants by tabix, its index damaged before it is packed',
          files: () => {
            const { 'b.vcf.gz.tbi': index, ...others } = indexed();
            const genome = { 'genome.fa': text(GENOME), 'genome.fa.fai': text(FAI) };
            return { ...others, 'b.vcf.gz.tbi': gunzipSync(index!), ...genome };
          },
          pack: (path: string, bytes: Buffer) => (path.endsWith('.tbi') ? bgzip(bytes) : bytes),
          call: variantsOfRegion,
        },
      ]
    : []),
  {
    name: 'plink',
    files: () => PLINK,
    call: hash => source('plink', { path: hash('set.bed') }),
  },
  pgen('calls', 'pvar.zst'),
  pgen('dosages', 'pvar.zst'),
  pgen('fixed', 'pvar'),
  ...['snappy', 'zstd', 'gzip', 'brotli', 'lz4', 'plain'].map(parquet),
  {
    name: 'table',
    files: () => ({ 't.csv': text('id,y,a,b\nx,1,2.5,3\n"q ""r""",0,NA,4e3\n') }),
    call: hash => source('table', { path: hash('t.csv'), names: 'id', label: 'y', missing: 'mean' }),
  },
  {
    name: 'numpy, one array',
    files: () => ({ 'x.npy': npy([2, 5, 4], ONE_HOT) }),
    call: hash => source('numpy', { path: hash('x.npy') }),
  },
  {
    name: 'numpy, an archive',
    files: () => ({ 'x.npz': Buffer.from(zipSync({ 'x.npy': npy([2, 5, 4], ONE_HOT), 'y.npy': npy([2], [0, 1]) })) }),
    call: hash => source('numpy', { path: hash('x.npz'), inputs: 'x', labels: 'y' }),
  },
  {
    name: 'one_hot_hdf5',
    files: () => ({
      'x.h5': hdf5(file => {
        file.create_dataset({ name: 'x', data: Float32Array.from(ONE_HOT), shape: [2, 5, 4], dtype: '<f' });
      }),
    }),
    call: hash => source('one_hot_hdf5', { path: hash('x.h5'), inputs: 'x' }),
  },
  {
    name: 'anndata, HDF5',
    files: () => ({ 'x.h5ad': h5ad() }),
    call: hash => source('anndata', { path: hash('x.h5ad') }),
  },
  {
    name: 'anndata, Zarr',
    files: () => ({ 'x.zarr.zip': Buffer.from(zipSync(zarr())) }),
    call: hash => source('anndata', { path: hash('x.zarr.zip') }),
  },
  {
    name: 'anndata, a folder of Zarr',
    files: () => Object.fromEntries(Object.entries(zarr()).map(([name, bytes]) => [`x.zarr/${name}`, bytes])),
    call: hash => source('anndata', { path: hash('x.zarr') }),
  },
  {
    name: 'cell_ranger, HDF5',
    files: () => ({ 'm.h5': cellRanger() }),
    call: hash => source('cell_ranger', { path: hash('m.h5') }),
  },
  {
    name: 'cell_ranger, Matrix Market',
    files: () => ({
      'm.mtx': text('%%MatrixMarket matrix coordinate integer general\n%\n3 2 3\n1 1 4\n3 1 1\n2 2 7\n'),
      'barcodes.tsv': text('a\nb\n'),
      'features.tsv': text('x\tX\tGene Expression\ny\tY\tGene Expression\nz\tZ\tGene Expression\n'),
    }),
    call: hash => source('cell_ranger', { path: hash('m.mtx') }),
  },
];

describe(`damaged files (${CASES} of each)`, () => {
  beforeAll(() => h5wasm.ready);

  it.each(READERS.map(reader => [reader.name, reader] as const))('%s', async (name, { files, pack, call }) => {
    const hashOf = (file: string): string => Buffer.from(file).toString('hex').padEnd(64, '0');
    const asked = call(hashOf);
    const made = files();
    await survive({
      name,
      files: made,
      ...(pack && { pack }),
      read: folder => {
        const named = Object.keys(made).flatMap(file => [file, file.split('/')[0]!]);
        const paths = Object.fromEntries(named.map(file => [hashOf(file), join(folder, file)]));
        return [() => describeSource(asked, paths), () => readSource(asked, paths)];
      },
    });
  });

  it.each([
    ['motifs of JASPAR', '>MA0001.1\tX\nA  [ 1 2 3 ]\nC  [ 4 0 1 ]\nG  [ 0 9 1 ]\nT  [ 5 1 1 ]\n'],
    [
      'motifs of MEME',
      'MEME version 4\n\nALPHABET= ACGT\n\nMOTIF m1 one\nletter-probability matrix: alength= 4 w= 2 nsites= 20 E= 0\n 0.1 0.2 0.3 0.4\n 0.7 0.1 0.1 0.1\n',
    ],
  ])('%s', (name, motifs) =>
    survive({
      name,
      files: { motifs: text(motifs) },
      read: folder => [() => readMotifs(join(folder, 'motifs'))],
    }),
  );

  it('motifs of TF-MoDISco-lite', () => {
    const library = hdf5(file => {
      file.create_group('pos_patterns');
      const pattern = (file.get('pos_patterns') as Group).create_group('pattern_0');
      pattern.create_dataset({ name: 'sequence', data: new Float64Array(12).fill(0.25), shape: [3, 4], dtype: '<d' });
      integers(pattern.create_group('seqlets'), 'n_seqlets', [7]);
    });
    return survive({
      name: 'motifs of TF-MoDISco-lite',
      files: { 'm.h5': library },
      read: folder => [() => readMotifs(join(folder, 'm.h5'))],
    });
  });
});
