/** Readers of rows of numbers: genotypes, expression, tables. */
import { deflateSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { hdf5, integers, kept, source, text, texts, type Files, type Group, type Reader } from './files.js';

const CELLS = { obs: ['a', 'b'], var: ['x', 'y', 'z'] };

/** A sparse matrix, a categorical and a nullable column. */
function h5ad(): Buffer {
  return hdf5(file => {
    for (const [frame, names] of Object.entries(CELLS)) {
      const group = file.create_group(frame);
      group.create_attribute('_index', 'names');
      texts(group, 'names', names);
    }
    const kind = (file.get('obs') as Group).create_group('kind');
    kind.create_attribute('encoding-type', 'categorical');
    texts(kind, 'categories', ['T', 'B']);
    integers(kind, 'codes', [1, 0]);
    const used = (file.get('var') as Group).create_group('used');
    used.create_attribute('encoding-type', 'nullable-integer');
    integers(used, 'values', [1, 1, 0]);
    integers(used, 'mask', [0, 0, 1]);
    const matrix = file.create_group('X');
    matrix.create_attribute('encoding-type', 'csc_matrix');
    matrix.create_attribute('shape', Int32Array.from([2, 3]));
    integers(matrix, 'data', [1, 2, 3]);
    integers(matrix, 'indices', [0, 1, 1]);
    integers(matrix, 'indptr', [0, 1, 2, 3]);
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

const strings = (...values: string[]): Buffer => {
  const sized = values.map(value => Buffer.concat([Buffer.from([value.length, 0, 0, 0]), text(value)]));
  return Buffer.concat([Buffer.from([values.length, 0, 0, 0]), ...sized]);
};
const json = (value: unknown): Buffer => text(JSON.stringify(value));
const floats = Buffer.from(Float32Array.from([1, 2, 3, 4, 5, 6]).buffer);

/** Members of a Zarr store, version 3 without compression: X of 2 × 3 and the indices as text of fixed chunks. */
function zarr3(): Files {
  const group = (attributes: object = {}): Buffer => json({ zarr_format: 3, node_type: 'group', attributes });
  const array = (shape: number[], type: string, fill: number | string, codecs: object[]): Buffer =>
    json({
      zarr_format: 3,
      node_type: 'array',
      attributes: {},
      shape,
      data_type: type,
      chunk_grid: { name: 'regular', configuration: { chunk_shape: shape } },
      chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
      fill_value: fill,
      codecs,
    });
  return {
    'zarr.json': group(),
    'obs/zarr.json': group({ _index: 'names' }),
    'obs/names/zarr.json': array([2], 'string', '', [{ name: 'vlen-utf8' }]),
    'obs/names/c/0': strings(...CELLS.obs),
    'var/zarr.json': group({ _index: 'names' }),
    'var/names/zarr.json': array([3], 'string', '', [{ name: 'vlen-utf8' }]),
    'var/names/c/0': strings(...CELLS.var),
    'X/zarr.json': array([2, 3], 'float32', 0, [{ name: 'bytes', configuration: { endian: 'little' } }]),
    'X/c/0/0': floats,
  };
}

/** The same of version 2, its chunks gzipped. */
function zarr2(): Files {
  const array = (shape: number[], type: string, filters: object[] | null): Buffer =>
    json({
      zarr_format: 2,
      shape,
      chunks: shape,
      dtype: type,
      fill_value: filters ? '' : 0,
      order: 'C',
      compressor: { id: 'gzip', level: 5 },
      filters,
    });
  const group = json({ zarr_format: 2 });
  const index = json({ _index: 'names' });
  const utf8 = [{ id: 'vlen-utf8' }];
  return {
    '.zgroup': group,
    'obs/.zgroup': group,
    'obs/.zattrs': index,
    'obs/names/.zarray': array([2], '|O', utf8),
    'obs/names/0': gzipSync(strings(...CELLS.obs)),
    'var/.zgroup': group,
    'var/.zattrs': index,
    'var/names/.zarray': array([3], '|O', utf8),
    'var/names/0': gzipSync(strings(...CELLS.var)),
    'X/.zarray': array([2, 3], '<f4', null),
    'X/0.0': gzipSync(floats),
  };
}

/** An array of 5 × 3 in chunks of 2 × 2, which reach over its ends. */
function chunkedZarr(): Files {
  const chunks = [0, 1, 2].flatMap(row => [0, 1].map(column => `x/${row}.${column}`));
  const packed = deflateSync(Buffer.from(Float32Array.of(1, 2, 3, 4).buffer));
  return {
    '.zgroup': json({ zarr_format: 2 }),
    'x/.zarray': json({
      zarr_format: 2,
      shape: [5, 3],
      chunks: [2, 2],
      dtype: '>f4',
      fill_value: 0,
      order: 'F',
      compressor: { id: 'zlib', level: 1 },
      filters: null,
    }),
    ...Object.fromEntries(chunks.map(name => [name, packed])),
  };
}

const folderOfZarr = (version: number, members: () => Files): Reader => ({
  name: `anndata, a folder of Zarr ${version}`,
  files: () => Object.fromEntries(Object.entries(members()).map(([name, bytes]) => [`x.zarr/${name}`, bytes])),
  call: hash => source('anndata', { path: hash('x.zarr') }),
});

const PLINK: Files = {
  'set.bed': Buffer.from([0x6c, 0x1b, 1, 0b11100100, 0b00000010, 0b00011011, 0b00000011]),
  'set.bim': text('1 rs1 0 100 A G\n2 rs2 0 200 C T\n'),
  'set.fam': text(Array.from({ length: 5 }, (_, i) => `f p${i} 0 0 1 ${1 + (i % 2)}\n`).join('')),
};
const PHENOTYPES = `FID IID height\n${Array.from({ length: 5 }, (_, i) => `f p${i} 1.${i}\n`).join('')}`;
const COVARIATES = `FID,IID,age,centre\n${Array.from({ length: 5 }, (_, i) => `f,p${i},${40 + i},c${i % 2}\n`).join('')}`;
const GENES = '1\tx\tgene\t50\t120\t.\t+\t.\tID=g1;Name=one\n2\tx\tgene\t300\t400\t.\t-\t.\tID=g2\n';

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

const TABLE = 'id,y,a,b\nx,1,2.5,3\n"q ""r""",0,NA,4e3\n';
const table = (file: string, bytes: Buffer): Reader => ({
  name: `table, ${file}`,
  files: () => ({ [file]: bytes }),
  call: hash => source('table', { path: hash(file), names: 'id', label: 'y', missing: 'mean' }),
});

export const ROWS: readonly Reader[] = [
  { name: 'plink', files: () => PLINK, call: hash => source('plink', { path: hash('set.bed') }) },
  {
    name: 'plink, phenotypes, covariates and genes',
    files: () => ({ ...PLINK, 'p.txt': text(PHENOTYPES), 'c.csv': text(COVARIATES), 'g.gff3': text(GENES) }),
    call: hash =>
      source('plink', {
        path: hash('set.bed'),
        phenotypes: hash('p.txt'),
        phenotype: 'height',
        covariates: hash('c.csv'),
        genes: hash('g.gff3'),
      }),
  },
  pgen('calls', 'pvar.zst'),
  pgen('dosages', 'pvar.zst'),
  pgen('fixed', 'pvar'),
  ...['snappy', 'zstd', 'gzip', 'brotli', 'lz4', 'plain'].map(parquet),
  table('t.csv', text(TABLE)),
  table('t.csv.gz', gzipSync(TABLE)),
  {
    name: 'table, labels in another',
    files: () => ({ 't.csv': text('id,a,b\nx,2.5,3\ny,1,4e3\n'), 'labels.tsv': text('id\tlength\nx\t1.5\ny\t2\n') }),
    call: hash => source('table', { path: hash('t.csv'), names: 'id', labels: hash('labels.tsv') }),
  },
  { name: 'anndata, HDF5', files: () => ({ 'x.h5ad': h5ad() }), call: hash => anndataOf(hash('x.h5ad')) },
  {
    name: 'anndata, zipped Zarr',
    files: () => ({ 'x.zarr.zip': Buffer.from(zipSync(zarr3())) }),
    call: hash => source('anndata', { path: hash('x.zarr.zip') }),
  },
  folderOfZarr(2, zarr2),
  folderOfZarr(3, zarr3),
  {
    name: 'arrays, zipped Zarr in Fortran order, several chunks',
    files: () => ({ 'x.zarr.zip': Buffer.from(zipSync(chunkedZarr())) }),
    call: hash => source('arrays', { path: hash('x.zarr.zip'), inputs: 'x', as: 'expression', missing: 'mean' }),
  },
  {
    name: 'arrays, HDF5 in packed chunks, a column of labels for each class',
    files: () => ({
      'x.h5': hdf5(file => {
        const chunks = { dtype: '<f', chunks: [2, 2], compression: 4 };
        file.create_dataset({
          name: 'x',
          data: Float32Array.from({ length: 12 }, (_, at) => at),
          shape: [4, 3],
          ...chunks,
        });
        file.create_dataset({ name: 'y', data: Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1), shape: [4, 2], ...chunks });
      }),
    }),
    call: hash => source('arrays', { path: hash('x.h5'), inputs: 'x', labels: 'y', as: 'expression' }),
  },
  {
    name: 'cell_ranger, HDF5',
    files: () => ({ 'm.h5': cellRanger() }),
    call: hash => source('cell_ranger', { path: hash('m.h5') }),
  },
  {
    name: 'cell_ranger, Matrix Market and clusters',
    files: () => ({
      'm.mtx': text('%%MatrixMarket matrix coordinate integer general\n%\n3 2 3\n1 1 4\n3 1 1\n2 2 7\n'),
      'barcodes.tsv': text('a\nb\n'),
      'features.tsv': text('x\tX\tGene Expression\ny\tY\tGene Expression\nz\tZ\tGene Expression\n'),
      'clusters.csv': text('Barcode,Cluster\na,1\nb,2\n'),
    }),
    call: hash => source('cell_ranger', { path: hash('m.mtx'), clusters: hash('clusters.csv') }),
  },
];

function anndataOf(path: string) {
  return source('anndata', { path, label: 'kind', only: 'used' });
}
