/**
 * Attributions in an AnnData object, as HDF5 or Zarr: the examples as X, each map as a layer, each list of importances as a column
 * of `var`. https://anndata.readthedocs.io/en/stable/fileformat-prose.html (encodings `anndata` 0.1.0, `dataframe` 0.2.0)
 */
import type { anndata as specification } from '../../catalog/exports.js';
import type { ArrayReader } from '../../store/npy.js';
import { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { isMap } from '../metrics/position-scores.js';
import { dataOf, metaOf } from '../steps/results.js';
import type { Export, ExportContext } from './export.js';
import { writeHdf5 } from './hdf5-writer.js';
import { numbers, words, type Attributes, type Tree, type TreeArray } from './tree.js';
import { beginZarr, writeZarr } from './zarr-writer.js';

const ROWS_AT_ONCE = 256;
const PLAIN = { 'encoding-type': 'array', 'encoding-version': '0.2.0' };
const TEXTS = { 'encoding-type': 'string-array', 'encoding-version': '0.2.0' };
const MAPPING = { 'encoding-type': 'dict', 'encoding-version': '0.1.0' };
const CATEGORIES = { 'encoding-type': 'categorical', 'encoding-version': '0.2.0', ordered: false };
const OBJECT = { 'encoding-type': 'anndata', 'encoding-version': '0.1.0' };

/** A result under the name that it gets in the file. */
interface Named {
  readonly name: string;
  readonly key: string;
}

export const anndata: Export<typeof specification> = async ({ of }, context) => {
  const named = Object.entries(typeof of === 'string' ? { attribution: of } : of).map(([name, key]) => ({ name, key }));
  const tree = await treeOf(named, context);
  if (/\.h5ad$/i.test(context.path)) await writeHdf5(await context.create(context.path), tree);
  else await writeZarr(await beginZarr(context), tree);
  return [];
};

async function treeOf(named: readonly Named[], context: ExportContext): Promise<Tree> {
  const { store } = context;
  const forms = await Promise.all(named.map(async ({ key }) => (await metaOf(store, key)).map));
  const maps = named.filter((_, at) => forms[at] && isMap(forms[at]));
  const importances = named.filter((_, at) => forms[at] === 'importance');
  const [first] = maps.length > 0 ? maps : importances;
  const wrong = named.find(one => !maps.includes(one) && !importances.includes(one));
  if (first === undefined || wrong !== undefined)
    throw new Failure(
      'export/no-layer',
      `"${wrong?.name ?? ''}" is neither a map of the input nor an importance of features`,
      {
        remedy: 'Name maps of rows of numbers, or results such as those of mean_attribution.',
      },
    );
  const key = await dataOf(store, first.key);
  const examples = await StoredExamples.open(store, key);
  if (examples.space.alphabet === 'dna')
    throw new Failure('export/alphabet', 'the examples are sequences, and AnnData holds rows of numbers', {
      remedy: 'Write a zarr, an hdf5 or an npz file.',
    });
  const layers: TreeArray[] = [];
  const labels = labelsOf(examples);
  const known: TreeArray[] = [];
  for (const one of maps) {
    await requireSameData(one, key, context);
    layers.push(matrix(`layers/${nameOf(one)}`, await store.array(one.key), context));
    const predictions = await predictionsOf(one.key, context);
    if (predictions) known.push(numbers(`obs/${one.name}_prediction`, predictions, PLAIN));
  }
  const columns: TreeArray[] = [];
  for (const one of importances)
    columns.push(numbers(`var/${nameOf(one)}`, await importanceOf(one, examples.features, context), PLAIN));
  return {
    groups: {
      '': OBJECT,
      obs: frame(['label', ...known.map(nameIn)]),
      ...labels.groups,
      var: frame(columns.map(nameIn)),
      layers: MAPPING,
      ...Object.fromEntries(['uns', 'obsm', 'varm', 'obsp', 'varp'].map(name => [name, MAPPING])),
    },
    arrays: [
      matrix('X', await store.array(key), context),
      words('obs/_index', examples.names, TEXTS),
      ...labels.arrays,
      ...known,
      words('var/_index', examples.features, TEXTS),
      ...columns,
      ...layers,
    ],
  };
}

/** The labels as categories where the classes have names, and as numbers where they have none, or are no classes. */
function labelsOf({ labels, classes = [] }: StoredExamples): Tree {
  const areNamed = labels.every(label => label === undefined || classes[label] !== undefined);
  if (!areNamed || classes.length === 0 || new Set(classes).size < classes.length) {
    const values = Float64Array.from(labels, label => label ?? NaN);
    return { groups: {}, arrays: [numbers('obs/label', values, PLAIN)] };
  }
  const codes = Int32Array.from(labels, label => label ?? -1);
  return {
    groups: { 'obs/label': CATEGORIES },
    arrays: [words('obs/label/categories', classes, TEXTS), numbers('obs/label/codes', codes, PLAIN)],
  };
}

/** The name of a column in its data frame. */
const nameIn = ({ path }: TreeArray): string => path.slice(path.indexOf('/') + 1);

function frame(columns: readonly string[]): Attributes {
  return { 'encoding-type': 'dataframe', 'encoding-version': '0.2.0', _index: '_index', 'column-order': columns };
}

/** @throws Failure `export/name` for a name that would be a path */
function nameOf({ name }: Named): string {
  if (/^[\w .-]{1,100}$/.test(name) && name !== '_index') return name;
  throw new Failure('export/name', `"${name.slice(0, 100)}" cannot be the name of a layer`, {
    remedy: 'Use letters, digits, blanks, dots, hyphens and underscores.',
  });
}

/** A stored array of rows as a matrix, read as it is written. */
function matrix(path: string, array: ArrayReader, { checkpoint }: ExportContext): TreeArray {
  const [rows = 0, ...extents] = array.shape;
  if (extents.length !== 1)
    throw new Failure(
      'export/no-layer',
      `the result has the shape [${array.shape.join(', ')}], expected [example, feature]`,
      {
        place: path,
        remedy: 'Write it as zarr.',
      },
    );
  return {
    path,
    type: 'float32',
    shape: [rows, extents[0]!],
    attributes: PLAIN,
    parts: async function* () {
      for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
        await checkpoint();
        const values = Float32Array.from(await array.read(from, Math.min(from + ROWS_AT_ONCE, rows)));
        yield new Uint8Array(values.buffer);
      }
    },
  };
}

async function requireSameData({ name, key }: Named, data: string, { store }: ExportContext): Promise<void> {
  if ((await dataOf(store, key)) === data) return;
  throw new Failure('export/other-data', `"${name}" explains another data set than the first map`, {
    place: (await metaOf(store, key)).title,
    remedy: 'Layers of one file have the same examples: write one file for each data set.',
  });
}

async function predictionsOf(key: string, { store }: ExportContext): Promise<Float64Array | undefined> {
  const layout = (await metaOf(store, key)).arrays.find(({ name }) => name === 'predictions');
  if (layout?.axes.length !== 1) return undefined;
  return Float64Array.from(await (await store.array(key, 'predictions')).read());
}

async function importanceOf({ name, key }: Named, features: readonly string[], { store }: ExportContext) {
  const { rows } = await store.rows(key);
  const array = await store.array(key);
  const values = Float64Array.from(await array.read());
  if (values.length === features.length && rows.every(([feature], at) => feature === features[at])) return values;
  throw new Failure('export/other-data', `"${name}" has other rows than the ${features.length} features of the data`, {
    remedy: 'Leave groups and windows out of the method, and name results of data with the same features.',
  });
}
