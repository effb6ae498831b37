/** Exports as HDF5 and Zarr stores, read back by this project's readers, by the HDF5 library and by AnnData and zarr of Python. */
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import h5wasm from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { withHierarchy } from '../../../server/src/engine/data/hierarchy.js';
import { runExport } from '../../../server/src/engine/export/exports.js';
import { Failure } from '../../../server/src/engine/failure.js';
import type { Call, Json } from '../../../server/src/protocol.js';
import { hashContent } from '../../../server/src/run/file-content.js';
import { call, path as integrated, Workbench, type Result } from '../methods/workbench.js';

let workbench: Workbench;
let folder: string;
let data: Result;
let saliency: Result;
let gradients: Result;
let association: Result;
let elsewhere: Result;
let target: Parameters<Workbench['explain']>[1];

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
  target = { target: call('target', 'output'), model };
  saliency = await workbench.explain(call('method', 'saliency'), target, data.key);
  gradients = await workbench.explain(integrated(call('reference', 'zeros')), target, data.key);
  association = await workbench.explain(call('method', 'linear_association'), target, data.key);
  const some = await workbench.data(data.key, [call('stage', 'take', { size: 5 })]);
  elsewhere = await workbench.explain(call('method', 'saliency'), target, some.key);
}, 60_000);
afterAll(() => workbench.remove());

async function write(name: string, of: Json, file: string, given: Record<string, Json> = {}): Promise<string> {
  const { paths } = await runExport({
    call: call('export', name, { of, path: 'any', ...given }),
    path: join(folder, file),
    store: workbench.store,
    files: workbench.paths,
    version: 'test',
    checkpoint: () => Promise.resolve(),
  });
  return paths[0]!;
}

/** What a path parameter holds: the hash of a file or folder, which the workbench then knows. */
async function keyOf(path: string): Promise<string> {
  const key = await hashContent(path, workbench.store);
  Object.assign(workbench.paths, { [key]: path });
  return key;
}

/** The files of an export with their sizes and hashes, as its record has them. */
async function filesOf(record: string): Promise<unknown> {
  return (JSON.parse(await readFile(record, 'utf8')) as { files: unknown }).files;
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'written',
    (error: unknown) => (error instanceof Failure ? error.problem.code : String(error)),
  );

const python = ['/usr/bin/python3', 'python3'].find(one => spawnSync(one, ['-c', 'import anndata, zarr']).status === 0);

/** @returns what is printed; an assertion that fails is an error */
function inPython(script: string, ...given: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(python!, ['-W', 'ignore', '-c', script, ...given], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

describe.each(['cells.h5ad', 'cells.zarr.zip', 'cells.zarr'])('anndata as %s', file => {
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
        path: await keyOf(written),
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
    const first = await filesOf(`${written}.json`);
    await write('anndata', { slopes: saliency.key, 'ig 2': gradients.key, t: association.key }, file);
    expect(await filesOf(`${written}.json`)).toEqual(first);
  });

  it.skipIf(python === undefined)('is what AnnData of Python reads (needs python3-anndata)', () => {
    const script = `
import sys, numpy, zarr, anndata
path, x, slopes, ig, t = sys.argv[1:]
a = anndata.read_h5ad(path) if path.endswith('h5ad') else anndata.read_zarr(zarr.ZipStore(path, mode='r') if path.endswith('zip') else path)
same = lambda found, stored: numpy.testing.assert_array_equal(found, numpy.load(stored).reshape(found.shape))
same(a.X, x); same(a.layers['slopes'], slopes); same(a.layers['ig 2'], ig); same(a.var['t'].to_numpy(), t)
print(a.shape, sorted(a.layers), list(a.obs.columns), a.obs_names[0], a.var_names[1])`;
    const arrays = [data, saliency, gradients, association].map(({ key }) => workbench.store.path(key));
    expect(inPython(script, written, ...arrays)).toBe(
      "(300, 12) ['ig 2', 'slopes'] ['label', 'slopes_prediction', 'ig 2_prediction'] person 1 snp2",
    );
  });
});

describe('classes that have names', () => {
  const classes = ['T', 'B cell', 'é'];
  let named: Result;
  let slopes: Result;
  beforeAll(async () => {
    const path = join(folder, 'cells.tsv');
    const rows = ['B cell', 'T', '', 'B cell', 'T'].map((label, at) => {
      const values = Array.from({ length: 12 }, (_, variant) => (at + variant) % 3);
      return [`cell ${at}`, label, ...values].join('\t');
    });
    const header = ['id', 'type', ...Array.from({ length: 12 }, (_, at) => `snp${at + 1}`)];
    await writeFile(path, [header.join('\t'), ...rows, ''].join('\n'));
    const given = { as: 'genotypes', names: 'id', label: 'type', classes };
    named = await workbench.data(call('source', 'table', { path: await keyOf(path), ...given }));
    slopes = await workbench.explain(call('method', 'saliency'), target, named.key);
  });
  const classesOf = ({ meta }: Result): unknown => meta.arrays[0]!.axes[0]!.classes;

  it.each(['named.h5ad', 'named.zarr'])('are categories in %s, and names again when it is read', async file => {
    const written = await write('anndata', slopes.key, file);
    const again = await workbench.data(call('source', 'anndata', { path: await keyOf(written), label: 'label' }));
    expect(classesOf(again)).toEqual(classes);
    const labels = async ({ key }: Result) => (await workbench.store.rows(key)).rows.map(([, label]) => label);
    expect(await labels(again)).toEqual(['1', '0', '', '1', '0']);
    await withHierarchy(written, async tree => {
      expect((await tree.node('obs'))?.attributes['column-order']).toEqual(['label', 'attribution_prediction']);
      expect((await tree.node('obs/label'))?.attributes).toMatchObject({ 'encoding-type': 'categorical' });
    });
  });

  it.skipIf(python === undefined).each(['python.h5ad', 'python.zarr'])(
    'are categories to AnnData of Python: %s (needs python3-anndata)',
    async file => {
      const script = `
import sys, anndata
path = sys.argv[1]
label = (anndata.read_h5ad(path) if path.endswith('h5ad') else anndata.read_zarr(path)).obs['label']
print(label.dtype.name, label.cat.ordered, list(label.cat.categories), list(label.cat.codes))`;
      expect(inPython(script, await write('anndata', slopes.key, file))).toBe(
        "category False ['T', 'B cell', 'é'] [1, 0, -1, 1, 0]",
      );
    },
  );

  it('stay with what is taken and joined, and follow one_against_rest', async () => {
    const one = await workbench.data(named.key, [call('stage', 'one_against_rest', { class: 1 })]);
    expect(classesOf(one)).toEqual(['rest', 'B cell']);
    const both = await workbench.data(named.key, [call('stage', 'concat', { data: [named.key] })]);
    expect(classesOf(both)).toEqual(classes);
    const others = await workbench.data(named.key, [call('stage', 'concat', { data: [one.key] })]);
    expect(classesOf(others)).toBeUndefined();
  });
});

describe('anndata', () => {
  it.each<[string, () => Json, string]>([
    ['maps of other examples', () => ({ a: saliency.key, b: elsewhere.key }), 'export/other-data'],
    ['names that would be paths', () => ({ 'a/b': saliency.key }), 'export/name'],
    ['a metric', () => ({ a: data.key }), 'export/no-layer'],
  ])('refuses %s', async (_, of, code) => {
    expect(await refusal(write('anndata', of(), 'no.h5ad'))).toBe(code);
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

describe.each([
  ['v2.zarr.zip', 2],
  ['v2.zarr', 2],
  ['v3.zarr.zip', 3],
  ['v3.zarr', 3],
])('zarr as %s', (file, version) => {
  let written: string;
  beforeAll(async () => {
    written = await write('zarr', gradients.key, file, { version });
  });

  it('has every array, the rows, the names of features and those of axes', async () => {
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
    const { unit } = gradients.meta.arrays[0]!;
    const member = version === 2 ? 'array/.zattrs' : 'array/zarr.json';
    const document = file.endsWith('.zip')
      ? Buffer.from(unzipSync(await readFile(written))[member]!).toString()
      : await readFile(join(written, member), 'utf8');
    expect(JSON.parse(document)).toMatchObject(
      version === 2
        ? { _ARRAY_DIMENSIONS: ['example', 'variant'], unit }
        : { dimension_names: ['example', 'variant'], attributes: { unit } },
    );
  });

  it('is data again by `arrays`: the examples with their names and labels, and the map', async () => {
    const whole = await write('zarr', data.key, `data.${file}`, { version });
    const given = { as: 'genotypes', inputs: 'array', names: 'example', features: 'variant' };
    for (const [path, expected, labels] of [
      [whole, data, { labels: 'example_label' }],
      [written, gradients, {}],
    ] as const) {
      const source = call('source', 'arrays', { path: await keyOf(path), ...given, ...labels });
      const again = await workbench.data(source);
      expect(again.arrays['array']).toEqual(expected.arrays['array']);
      expect(again.meta.arrays[0]!.axes[1]!.labels).toEqual(data.meta.arrays[0]!.axes[1]!.labels);
      const rows = async ({ key }: Result) =>
        (await workbench.store.rows(key)).rows.map(row => row.slice(0, path === whole ? 2 : 1));
      expect(await rows(again)).toEqual(await rows(expected));
    }
  });

  // The zarr of Debian knows version 2.
  if (version === 2)
    it.skipIf(python === undefined)('is what zarr of Python reads (needs python3-zarr 2)', () => {
      const script = `
import sys, numpy, zarr
path = sys.argv[1]
store = zarr.open_consolidated(zarr.ZipStore(path, mode='r') if path.endswith('zip') else path)
numpy.testing.assert_array_equal(store['array'][:], numpy.load(sys.argv[2]))
print(store['array'].attrs['_ARRAY_DIMENSIONS'], store['example'].shape)`;
      expect(inPython(script, written, workbench.store.path(gradients.key))).toBe("['example', 'variant'] (300,)");
    });
});

describe('a folder', () => {
  it('appears whole, is replaced as a whole, and never where others have changed it', async () => {
    const path = join(folder, 'own.zarr');
    await mkdir(path);
    expect(await refusal(write('zarr', saliency.key, 'own.zarr'))).toBe('export/exists');
    await rm(path, { recursive: true });
    await write('zarr', gradients.key, 'own.zarr');
    const { sha256 } = ((await filesOf(`${path}.json`)) as Record<string, { sha256: string }>)['own.zarr']!;
    expect(sha256).toBe(await hashContent(path, workbench.store));
    await write('zarr', saliency.key, 'own.zarr');
    expect(await readdir(path)).not.toContain('multipliers');
    expect(await refusal(write('zarr', data.key, 'own.zarr', { version: 4 }))).not.toBe('written');
    await writeFile(join(path, 'note.txt'), 'mine');
    expect(await refusal(write('zarr', saliency.key, 'own.zarr'))).toBe('export/exists');
    expect((await readdir(folder)).filter(name => name.startsWith('own.zarr'))).toEqual(['own.zarr', 'own.zarr.json']);
    await rm(path, { recursive: true });
    await writeFile(path, 'a file');
    expect(await refusal(write('zarr', saliency.key, 'own.zarr'))).toBe('export/exists');
  });
});
