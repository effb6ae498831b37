/** Exports as HDF5 and Zarr stores, read back by this project's readers, by the HDF5 library and by AnnData and zarr of Python. */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import h5wasm from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { withHierarchy } from '../../../server/src/engine/data/hierarchy.js';
import { runExport } from '../../../server/src/engine/export/exports.js';
import { Failure } from '../../../server/src/engine/failure.js';
import type { Call, Json } from '../../../server/src/protocol.js';
import { call, path as integrated, Workbench, type Result } from '../methods/workbench.js';

let workbench: Workbench;
let folder: string;
let data: Result;
let saliency: Result;
let gradients: Result;
let association: Result;
let elsewhere: Result;

beforeAll(async () => {
  workbench = await Workbench.create(referenceExecutor);
  folder = join(workbench.folder, 'out');
  await mkdir(folder);
  data = await workbench.data(call('source', 'simulate_genotypes', { people: 300, variants: 12, seed: 1 }));
  const training = call('training', 'train', {
    network: call('network', 'layers', {
      layers: [call('layer', 'dense', { units: 4, activation: 'relu' }), call('layer', 'dense', { units: 1 })],
    }) as unknown as Json,
    loss: 'mean_squared',
    epochs: 1,
    seed: 1,
  });
  const trained = await workbench.run({ kind: 'training', training, data: data.key });
  const model: Call = { call: 'trained', category: 'training', parameters: { of: trained.key } };
  const target = { target: call('target', 'output'), model };
  saliency = await workbench.explain(call('method', 'saliency'), target, data.key);
  gradients = await workbench.explain(integrated(call('reference', 'zeros')), target, data.key);
  association = await workbench.explain(call('method', 'linear_association'), target, data.key);
  const some = await workbench.data(data.key, [call('stage', 'take', { size: 5 })]);
  elsewhere = await workbench.explain(call('method', 'saliency'), target, some.key);
}, 60_000);
afterAll(() => workbench.remove());

async function write(name: string, of: Json, file: string): Promise<string> {
  const { paths } = await runExport({
    call: call('export', name, { of, path: 'any' }),
    path: join(folder, file),
    store: workbench.store,
    files: workbench.paths,
    version: 'test',
    checkpoint: () => Promise.resolve(),
  });
  return paths[0]!;
}

const python = ['/usr/bin/python3', 'python3'].find(one => spawnSync(one, ['-c', 'import anndata, zarr']).status === 0);

/** @returns what is printed; an assertion that fails is an error */
function inPython(script: string, ...given: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(python!, ['-W', 'ignore', '-c', script, ...given], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

describe.each(['cells.h5ad', 'cells.zarr.zip'])('anndata as %s', file => {
  let written: string;
  beforeAll(async () => {
    const of = { slopes: saliency.key, 'ig 2': gradients.key, t: association.key };
    written = await write('anndata', of, file);
  });

  it('is data again, with every layer, name and label', async () => {
    for (const [layer, expected] of [
      [undefined, data],
      ['slopes', saliency],
      ['ig 2', gradients],
    ] as const) {
      const source = call('source', 'anndata', {
        path: await workbench.file(written),
        label: 'label',
        ...(layer && { layer }),
      });
      const again = await workbench.data(source);
      expect(again.arrays['array']).toEqual(expected.arrays['array']);
      expect(again.meta.arrays[0]!.axes[1]!.labels).toEqual(data.meta.arrays[0]!.axes[1]!.labels);
      const rows = async ({ key }: Result) => (await workbench.store.rows(key)).rows.map(row => row.slice(0, 2));
      expect(await rows(again)).toEqual(await rows(data));
    }
  });

  it('has importances and predictions as columns, and gives the same bytes again', async () => {
    await withHierarchy(written, async tree => {
      expect(Array.from((await tree.array('var/t')).values)).toEqual([...association.arrays['array']!]);
      expect(Array.from((await tree.array('obs/slopes_prediction')).values)).toEqual([
        ...saliency.arrays['predictions']!,
      ]);
      expect((await tree.node('var'))?.attributes['column-order']).toEqual(['t']);
    });
    const first = await readFile(written);
    await write('anndata', { slopes: saliency.key, 'ig 2': gradients.key, t: association.key }, file);
    expect((await readFile(written)).equals(first)).toBe(true);
  });

  it.skipIf(python === undefined)('is what AnnData of Python reads (needs python3-anndata)', () => {
    const script = `
import sys, numpy, zarr, anndata
path, x, slopes, ig, t = sys.argv[1:]
a = anndata.read_h5ad(path) if path.endswith('h5ad') else anndata.read_zarr(zarr.ZipStore(path, mode='r'))
same = lambda found, stored: numpy.testing.assert_array_equal(found, numpy.load(stored).reshape(found.shape))
same(a.X, x); same(a.layers['slopes'], slopes); same(a.layers['ig 2'], ig); same(a.var['t'].to_numpy(), t)
print(a.shape, sorted(a.layers), list(a.obs.columns), a.obs_names[0], a.var_names[1])`;
    const arrays = [data, saliency, gradients, association].map(({ key }) => workbench.store.path(key));
    expect(inPython(script, written, ...arrays)).toBe(
      "(300, 12) ['ig 2', 'slopes'] ['label', 'slopes_prediction', 'ig 2_prediction'] person 1 snp2",
    );
  });
});

describe('anndata', () => {
  it.each<[string, () => Json, string]>([
    ['maps of other examples', () => ({ a: saliency.key, b: elsewhere.key }), 'export/other-data'],
    ['names that would be paths', () => ({ 'a/b': saliency.key }), 'export/name'],
    ['a metric', () => ({ a: data.key }), 'export/no-layer'],
  ])('refuses %s', async (_, of, code) => {
    const error: unknown = await write('anndata', of(), 'no.h5ad').catch((reason: unknown) => reason);
    expect(error instanceof Failure && error.problem.code).toBe(code);
  });

  it('is sound to the HDF5 library: attributes, text and numbers', async () => {
    const written = await write('anndata', gradients.key, 'one.h5ad');
    await h5wasm.ready;
    const file = new h5wasm.File(written, 'r');
    const group = file.get('obs') as InstanceType<typeof h5wasm.Group>;
    expect(group.attrs['column-order']!.value).toEqual(['label', 'attribution_prediction']);
    expect(file.attrs['encoding-type']!.value).toBe('anndata');
    const layer = file.get('layers/attribution') as InstanceType<typeof h5wasm.Dataset>;
    expect(layer.value).toEqual(gradients.arrays['array']);
    file.close();
  });
});

describe('zarr', () => {
  it('has every array, the rows and the names of features', async () => {
    const written = await write('zarr', gradients.key, 'ig.zarr.zip');
    await withHierarchy(written, async tree => {
      for (const { name } of gradients.meta.arrays)
        expect(Float64Array.from((await tree.array(name)).values as ArrayLike<number>)).toEqual(
          Float64Array.from(gradients.arrays[name]!),
        );
      expect((await tree.array('variant')).values).toEqual(data.meta.arrays[0]!.axes[1]!.labels);
      const { rows } = await workbench.store.rows(gradients.key);
      expect((await tree.array('example')).values).toEqual(rows.map(([name]) => name));
      expect((await tree.node('/'))?.attributes).toMatchObject({ kind: 'attribution', map: 'contribution' });
    });
  });

  it.skipIf(python === undefined)('is what zarr of Python reads (needs python3-zarr)', async () => {
    const written = await write('zarr', gradients.key, 'py.zarr.zip');
    const script = `
import sys, numpy, zarr
store = zarr.open_consolidated(zarr.ZipStore(sys.argv[1], mode='r'))
numpy.testing.assert_array_equal(store['array'][:], numpy.load(sys.argv[2]))
print(store['array'].attrs['_ARRAY_DIMENSIONS'], store['example'].shape)`;
    expect(inPython(script, written, workbench.store.path(gradients.key))).toBe("['example', 'variant'] (300,)");
  });
});
