/** AnnData objects as Python's package writes them, every encoding and compressor that it has, read as Python holds them. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anndata } from '../../../server/src/engine/data/anndata.js';
import { Failure } from '../../../server/src/engine/failure.js';

const HASH = '1234abcd'.repeat(8);
const python = ['/usr/bin/python3', 'python3'].find(one => spawnSync(one, ['-c', 'import anndata, zarr']).status === 0);

/** Dense X, sparse and dense layers, columns of every kind; 23 cells × 11 genes in several chunks. */
const SCRIPT = `
import sys, json, numpy as np, pandas as pd, anndata, zarr, scipy.sparse as sp, numcodecs, warnings
warnings.simplefilter('ignore')
folder = sys.argv[1]
rng = np.random.default_rng(0)
x = rng.normal(size=(23, 11)).astype('f4')
counts = rng.poisson(0.4, size=(23, 11)).astype('f8')
types = pd.Categorical(rng.choice(['T', 'B', 'NK'], 23), categories=['T', 'B', 'NK'])
types[4] = np.nan
obs = pd.DataFrame({
    'type': types,
    'age': rng.integers(20, 80, 23),
    'share': rng.random(23).astype('f4'),
    'dose': pd.array([None if i % 5 == 0 else i for i in range(23)], dtype='Int64'),
    'treated': pd.array([None if i % 7 == 0 else i % 2 == 0 for i in range(23)], dtype='boolean'),
    'plain': [i % 3 == 0 for i in range(23)],
    'word': ['α' * (i % 3) + str(i % 2) for i in range(23)],
}, index=[f'cell {i}é' for i in range(23)])
var = pd.DataFrame({'symbol': [f'S{i}' for i in range(11)], 'variable': [i % 2 == 0 for i in range(11)]},
    index=[f'gene{i}' for i in range(11)])
a = anndata.AnnData(x, obs=obs, var=var, dtype='f4')
a.layers['csr'] = sp.csr_matrix(counts); a.layers['csc'] = sp.csc_matrix(counts); a.layers['dense'] = counts
wide = anndata.AnnData(sp.csr_matrix(np.hstack([counts, counts])), obs=obs, dtype='f8')
a.raw = wide
a.write_h5ad(folder + '/plain.h5ad')
a.write_h5ad(folder + '/gzip.h5ad', compression='gzip')
a.write_h5ad(folder + '/lzf.h5ad', compression='lzf')
for name, compressor in {'blosc': numcodecs.Blosc('zstd', 5, numcodecs.Blosc.BITSHUFFLE), 'gzip': numcodecs.GZip(), 'zlib': numcodecs.Zlib(),
        'zstd': numcodecs.Zstd(), 'lz4': numcodecs.LZ4(), 'none': None}.items():
    zarr.storage.default_compressor = compressor
    a.write_zarr(folder + '/' + name + '.zarr', chunks=(7, 4))
store = zarr.ZipStore(folder + '/blosc.zarr.zip', mode='w')
zarr.copy_store(zarr.DirectoryStore(folder + '/blosc.zarr'), store); store.close()
codes = [None if c < 0 else int(c) for c in types.codes]
json.dump({'x': x.astype(float).ravel().tolist(), 'counts': counts.ravel().tolist(), 'cells': list(obs.index), 'type': codes,
    'age': obs['age'].tolist(), 'dose': [None if i % 5 == 0 else i for i in range(23)],
    'treated': [None if i % 7 == 0 else int(i % 2 == 0) for i in range(23)], 'plain': [int(i % 3 == 0) for i in range(23)],
    'words': obs['word'].tolist()}, open(folder + '/truth.json', 'w'))
`;

interface Truth {
  readonly x: number[];
  readonly counts: number[];
  readonly cells: string[];
  readonly words: string[];
  readonly type: (number | null)[];
}

describe.skipIf(python === undefined)('AnnData of Python (needs python3-anndata)', () => {
  let folder: string;
  let truth: Truth & Readonly<Record<string, (number | null)[]>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'anndata-'));
    const { status, stderr } = spawnSync(python!, ['-c', SCRIPT, folder], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    truth = JSON.parse(await readFile(join(folder, 'truth.json'), 'utf8')) as typeof truth;
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  const files = [
    'plain.h5ad',
    'gzip.h5ad',
    'blosc.zarr',
    'gzip.zarr',
    'zlib.zarr',
    'zstd.zarr',
    'lz4.zarr',
    'none.zarr',
  ];
  it.each([...files, 'blosc.zarr.zip'])('%s', async file => {
    const path = join(folder, file);
    const read = (given: Partial<Parameters<typeof anndata.read>[0]> = {}) =>
      anndata.read({ path: HASH, ...given }, { [HASH]: path });
    const { x, counts, cells, words } = truth;
    const whole = await read({ label: 'type' });
    expect([...whole.values]).toEqual(x);
    expect(whole).toMatchObject({ names: cells, features: Array.from({ length: 11 }, (_, i) => `gene${i}`) });
    for (const layer of ['csr', 'csc', 'dense']) expect([...(await read({ layer })).values]).toEqual(counts);
    const raw = await read({ layer: 'raw' });
    expect([raw.length, [...raw.values.slice(0, 22)]]).toEqual([22, [...counts.slice(0, 11), ...counts.slice(0, 11)]]);
    const some = await read({ only: 'variable', names: 'symbol' });
    expect(some.features).toEqual(['S0', 'S2', 'S4', 'S6', 'S8', 'S10']);
    expect([...some.values]).toEqual(x.filter((_, at) => (at % 11) % 2 === 0));
    for (const label of ['type', 'age', 'dose', 'treated', 'plain'])
      expect((await read({ label })).labels.map(one => one ?? null)).toEqual(truth[label]);
    const classes = [...new Set(words)];
    expect((await read({ label: 'word', classes })).labels).toEqual(words.map(word => classes.indexOf(word)));
  });

  it('names a compression that is not known', async () => {
    const error: unknown = await anndata
      .read({ path: HASH }, { [HASH]: join(folder, 'lzf.h5ad') })
      .catch((reason: unknown) => reason);
    expect(error instanceof Failure && error.problem.code).toBe('data/compression');
  });
});
