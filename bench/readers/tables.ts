/** Numbers in rows: numpy, text, Parquet, AnnData, counts of cells; and weights. */
import { writeHdf5 } from '../../server/src/engine/export/hdf5-writer.js';
import { OutputFile } from '../../server/src/engine/export/output.js';
import { numbers, words, type Tree } from '../../server/src/engine/export/tree.js';
import { writeZarr } from '../../server/src/engine/export/zarr-writer.js';
import { importPyTorch } from '../../server/src/engine/models/pytorch.js';
import { encodeHeader } from '../../server/src/store/npy.js';
import { make, place, python, repeat, seconds, source, type Reader } from './workshop.js';

function npy(): Reader {
  const data = new Float32Array(20_000 * 1_000);
  const path = make('x.npy', Buffer.concat([encodeHeader('float32', [20_000, 1_000]), new Uint8Array(data.buffer)]));
  return {
    what: 'npy: rows of float32',
    amount: data.byteLength / 1e6,
    unit: 'MB',
    read: source('numpy', { path: 'x.npy', as: 'expression' }, 'x.npy'),
    beside: python('numpy.load', 'import numpy', `numpy.load("${path}")`),
  };
}

function csv(): Reader {
  const line = repeat(500, i => (i / 7).toFixed(4)).join(',');
  const head = repeat(500, i => `g${i}`).join(',');
  const path = make('t.csv', `id,${head}\n${repeat(10_000, i => `s${i},${line}\n`).join('')}`);
  return {
    what: 'CSV: numbers of 500 columns',
    amount: (500 * 10_000) / 1e6,
    unit: 'M numbers',
    read: source('table', { path: 't.csv', names: 'id' }, 't.csv'),
    beside: python('pandas.read_csv', 'import pandas', `pandas.read_csv("${path}")`),
  };
}

interface DuckDb {
  readonly DuckDBInstance: {
    create(path: string): Promise<{ connect(): Promise<{ runAndReadAll(query: string): Promise<unknown> }> }>;
  };
}

/** A file by DuckDB, where it is there: `npm install --no-save @duckdb/node-api@1.5.6-r.1`. */
async function parquet(): Promise<Reader[]> {
  const name = '@duckdb/node-api';
  const library = (await import(name).catch(() => undefined)) as DuckDb | undefined;
  if (!library) return [];
  const connection = await (await library.DuckDBInstance.create(':memory:')).connect();
  const path = place('t.parquet');
  const columns = repeat(500, i => `(random() * ${i + 1})::FLOAT AS g${i}`).join(', ');
  await connection.runAndReadAll(`COPY (SELECT ${columns} FROM range(10000)) TO '${path}' (FORMAT parquet)`);
  return [
    {
      what: 'Parquet (Snappy): numbers of 500 columns',
      amount: (500 * 10_000) / 1e6,
      unit: 'M numbers',
      read: source('table', { path: 't.parquet' }, 't.parquet'),
      beside: { what: 'DuckDB', seconds: () => seconds(() => connection.runAndReadAll(`FROM '${path}'`)) },
    },
  ];
}

const CELLS = 10_000;
const GENES = 1_000;
/** Every seventh value is there. */
const filled = (gene: number): boolean => gene % 7 === 3;

async function written(name: string, tree: Tree, write: typeof writeHdf5): Promise<void> {
  const file = await OutputFile.create(place(name));
  await write(file, tree);
  await file.finish();
  await file.publish();
}

async function cells(): Promise<Reader[]> {
  const frame = { _index: '_index', 'encoding-type': 'dataframe', 'encoding-version': '0.2.0', 'column-order': [] };
  const named = (count: number): string[] => repeat(count, i => `n${i}`);
  const dense = Float32Array.from({ length: CELLS * GENES }, (_, at) => at % 7);
  const tree: Tree = {
    groups: { obs: frame, var: frame },
    arrays: [
      { ...numbers('X', dense), shape: [CELLS, GENES] },
      words('obs/_index', named(CELLS)),
      words('var/_index', named(GENES)),
    ],
  };
  await written('cells.h5ad', tree, writeHdf5);
  await written('cells.zarr.zip', tree, writeZarr);
  const own = repeat(GENES, gene => gene).filter(filled);
  const ends = Float64Array.from({ length: CELLS + 1 }, (_, cell) => cell * own.length);
  const counts = new Float32Array(CELLS * own.length).fill(3);
  const indices = Float64Array.from({ length: counts.length }, (_, at) => own[at % own.length]!);
  const features = [words('matrix/features/id', named(GENES)), words('matrix/features/name', named(GENES))];
  const matrix: Tree = {
    groups: { matrix: {}, 'matrix/features': {} },
    arrays: [
      numbers('matrix/data', counts),
      numbers('matrix/indices', indices),
      numbers('matrix/indptr', ends),
      numbers('matrix/shape', Float64Array.of(GENES, CELLS)),
      words('matrix/barcodes', named(CELLS)),
      ...features,
    ],
  };
  await written('cells.h5', matrix, writeHdf5);
  make('barcodes.tsv', named(CELLS).join('\n'));
  make('features.tsv', repeat(GENES, i => `n${i}\tn${i}\tGene Expression`).join('\n'));
  const entries = repeat(CELLS, cell => own.map(gene => `${gene + 1} ${cell + 1} 3\n`).join(''));
  const head = `%%MatrixMarket matrix coordinate integer general\n%\n${GENES} ${CELLS} ${counts.length}\n`;
  make('matrix.mtx', head + entries.join(''));

  const sparse = `f = h5py.File("${place('cells.h5')}")["matrix"]
scipy.sparse.csr_matrix((f["data"][:], f["indices"][:], f["indptr"][:]), (${CELLS}, ${GENES})).toarray()`;
  const amount = dense.byteLength / 1e6;
  return [
    {
      what: 'AnnData, dense float32, HDF5',
      amount,
      unit: 'MB',
      read: source('anndata', { path: 'cells.h5ad' }, 'cells.h5ad'),
      beside: python('h5py', 'import h5py', `h5py.File("${place('cells.h5ad')}")["X"][:]`),
    },
    {
      what: 'AnnData, dense float32, zipped Zarr',
      amount,
      unit: 'MB',
      read: source('anndata', { path: 'cells.zarr.zip' }, 'cells.zarr.zip'),
      beside: python(
        'zarr (Python)',
        'import zarr',
        `zarr.open(zarr.ZipStore("${place('cells.zarr.zip')}", mode="r"), "r")["X"][:]`,
      ),
    },
    {
      what: 'Cell Ranger, HDF5, one of seven values there',
      amount: counts.length / 1e6,
      unit: 'M counts',
      read: source('cell_ranger', { path: 'cells.h5' }, 'cells.h5'),
      beside: python('h5py and scipy', 'import h5py, scipy.sparse', sparse),
    },
    {
      what: 'Cell Ranger, Matrix Market',
      amount: counts.length / 1e6,
      unit: 'M counts',
      read: source('cell_ranger', { path: 'matrix.mtx' }, 'matrix.mtx'),
      beside: python('scipy.io.mmread', 'import scipy.io', `scipy.io.mmread("${place('matrix.mtx')}").toarray()`),
    },
  ];
}

function safetensors(): Reader {
  const width = 4_000;
  const size = 4 * width ** 2;
  const tensor = { dtype: 'F32', shape: [width, width], data_offsets: [0, size] };
  const header = Buffer.from(JSON.stringify({ 'dense.weight': tensor }));
  const length = Buffer.from(BigUint64Array.of(BigInt(header.length)).buffer);
  const path = make('w.safetensors', Buffer.concat([length, header, new Uint8Array(size)]));
  const parameters = { units: width, activation: 'linear', bias: false };
  const dense = { call: 'dense', parameters, category: 'layer' };
  const layers = { call: 'layers', category: 'network', parameters: { layers: [dense] } } as const;
  return {
    what: 'safetensors: a dense layer of 4,000 × 4,000, transposed',
    amount: size / 1e6,
    unit: 'MB',
    read: () => importPyTorch(path, { network: { layers, input: [width], channelsLast: false } }),
    beside: python(
      'numpy, transposed',
      'import numpy',
      `numpy.ascontiguousarray(numpy.fromfile("${path}", "<f4", offset=${8 + header.length}).reshape(${width}, ${width}).T)`,
    ),
  };
}

export const tables = async (): Promise<Reader[]> => [
  npy(),
  csv(),
  ...(await parquet()),
  ...(await cells()),
  safetensors(),
];
