/**
 * Any result as a Zarr store: each array with the names of its axes, as xarray has them, the rows and the labels of axes as text
 * beside them. https://docs.xarray.dev/en/stable/internals/zarr-encoding-spec.html
 */
import type { zarr as specification } from '../../catalog/exports.js';
import type { ResultAxis, ResultMeta } from '../../store/result.js';
import { StoredExamples } from '../data/stored-examples.js';
import { dataOf, metaOf } from '../steps/results.js';
import type { Export, ExportContext } from './export.js';
import { words, type Tree, type TreeArray } from './tree.js';
import { beginZarr, writeZarr } from './zarr-writer.js';

/** Axes of rows of numbers, whose names lie with the data. */
const FEATURES = ['gene', 'variant'];
const BYTES_AT_ONCE = 1 << 22;

export const zarr: Export<typeof specification> = async ({ of, version }, context) => {
  const meta = await metaOf(context.store, of);
  await writeZarr(await beginZarr(context), await treeOf(meta, context), version);
  return [];
};

async function treeOf(meta: ResultMeta, context: ExportContext): Promise<Tree> {
  const { store } = context;
  const { key, kind, map, title } = meta;
  const arrays: TreeArray[] = [];
  const axes = new Map<string, ResultAxis>();
  for (const layout of meta.arrays) {
    const dimensions = layout.axes.map(axis => enter(axes, axis));
    arrays.push(await stored(key, layout, dimensions, context));
  }
  const rowAxis = meta.arrays.find(({ name }) => name === 'array')?.axes[0]?.name;
  if (rowAxis !== undefined && kind !== 'metric') {
    const { columns, rows } = await store.rows(key);
    columns.forEach((column, at) => {
      const name = at === 0 ? rowAxis : `${rowAxis}_${column}`;
      arrays.push({
        ...words(
          name,
          rows.map(row => row[at] ?? ''),
        ),
        dimensions: [rowAxis],
      });
    });
  }
  const features = kind === 'attribution' || kind === 'correction' ? await featuresOf(key, context) : [];
  for (const [name, { labels = FEATURES.includes(name) ? features : [] }] of axes)
    if (labels.length > 0 && name !== rowAxis) arrays.push({ ...words(name, labels), dimensions: [name] });
  return { groups: { '': { title, kind, ...(map && { map }) } }, arrays };
}

/** Names of the features that a map has a number for; none of sequences. */
async function featuresOf(key: string, { store }: ExportContext): Promise<readonly string[]> {
  return (await StoredExamples.open(store, await dataOf(store, key))).features;
}

/** The name of an axis; axes of one name and several sizes, which have nothing in common, are told apart. */
function enter(axes: Map<string, ResultAxis>, axis: ResultAxis): string {
  const known = axes.get(axis.name);
  const name = known && known.size !== axis.size ? `${axis.name}_${axis.size}` : axis.name;
  if (!axes.get(name)?.labels) axes.set(name, axis);
  return name;
}

async function stored(
  key: string,
  { name, type, unit }: ResultMeta['arrays'][number],
  dimensions: readonly string[],
  { store, checkpoint }: ExportContext,
): Promise<TreeArray> {
  const array = await store.array(key, name);
  const [rows = 1, ...extents] = array.shape;
  const width = extents.reduce((product, extent) => product * extent, 8);
  const step = Math.max(1, Math.floor(BYTES_AT_ONCE / width));
  return {
    path: name,
    type,
    shape: array.shape,
    attributes: { unit },
    dimensions,
    parts: async function* () {
      for (let from = 0; from < rows; from += step) {
        await checkpoint();
        const values = await array.read(from, Math.min(from + step, rows));
        yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      }
    },
  };
}
