/**
 * Where Keras keeps weights, and how a layer's are found there.
 *
 * Legacy HDF5 (Keras 1, Keras 2, and `.h5` of Keras 3): a group per layer of the outermost model, named after it, with the
 * attribute `weight_names`; a nested model's weights are one list. Source: keras/engine/saving.py of Keras 2.3
 * (`save_weights_to_hdf5_group`).
 * Keras 3 (`.weights.h5`, and inside of `.keras`): `layers/<class>[_n]/vars/<i>`, where n counts the layers of a class in
 * their model. Source: keras/src/saving/saving_lib.py (`_save_container_state`).
 */
import h5wasm from 'h5wasm/node';
import { requireReadable, type Hdf5Group } from '../../data/hdf5.js';
import { Failure } from '../../failure.js';
import { sizeOf, type Tensor } from '../../graph/graph.js';
import type { Architecture, LayerSpecification } from './architecture.js';

/** One weight as stored: its path within the layer's group, for example `conv1d_2/kernel:0`, and float32 values. */
export interface StoredWeight {
  readonly path: string;
  readonly tensor: Tensor;
}

/** A layer, and the model that it stands in. */
export interface Level {
  readonly architecture: Architecture;
  readonly layer: LayerSpecification;
}

/** A layer of a file, and its weights in Keras's order. */
export interface LayerWeights {
  readonly layer: string;
  readonly weights: readonly StoredWeight[];
}

export interface WeightStore {
  /**
   * The weights of a layer in Keras's order.
   *
   * @param place the layer, behind the layers of the models around it, the outermost first
   * @throws Failure `model/weights` when they are missing or unreadable
   */
  readonly of: (place: readonly Level[]) => readonly StoredWeight[];
  /**
   * The layers that have weights.
   *
   * @param classes Keras classes of the expected ones, in order, for stores that number layers by class
   */
  readonly all: (classes: readonly string[]) => readonly LayerWeights[];
}

/** The number of a layer among those of its class, as Keras 3 counts: `Conv1D` → `conv1d`, then `conv1d_1`. */
export function classNames(classes: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return classes.map(className => {
    const stem = className
      .replace(/\W+/g, '')
      .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .toLowerCase();
    const count = counts.get(stem) ?? 0;
    counts.set(stem, count + 1);
    return count === 0 ? stem : `${stem}_${count}`;
  });
}

// Legacy HDF5.

/** @param root the group that holds the layers' groups */
export function legacyWeights(root: Hdf5Group, file: string): WeightStore {
  const read = new Map<string, readonly StoredWeight[]>();
  const weightsAt = (layer: string): readonly StoredWeight[] => {
    const found = read.get(layer) ?? legacyGroup(root, layer, file);
    read.set(layer, found);
    return found;
  };
  return {
    of: place => {
      const [outermost, ...inner] = place as readonly [Level, ...Level[]];
      const all = weightsAt(storedName(root, outermost));
      return inner.length === 0 ? all : nested(all, outermost.layer.model!, inner.at(-1)!.layer.name);
    },
    all: () =>
      (namesOf(root, 'layer_names') ?? [])
        .map(layer => ({ layer, weights: weightsAt(layer) }))
        .filter(({ weights }) => weights.length > 0),
  };
}

/** The name under which a file has a layer: its own, or the one in its place where the architecture comes from elsewhere. */
function storedName(root: Hdf5Group, { architecture, layer }: Level): string {
  const stored = namesOf(root, 'layer_names');
  if (stored === undefined || stored.includes(layer.name)) return layer.name;
  const layers = [...architecture.layers.values()].filter(({ className }) => className !== 'InputLayer');
  const names = stored.filter(name => !architecture.inputs.some(input => input.layer === name));
  return (layers.length === names.length && names[layers.indexOf(layer)]) || layer.name;
}

/**
 * The weights of a layer inside of a nested model, which stores all of its weights in one list. A layer's are known by its
 * name in front of theirs (`dense_1/kernel:0`, in Keras 1 `dense_1_W`); all names have a number behind them when the model
 * was loaded and saved again.
 */
function nested(all: readonly StoredWeight[], model: Architecture, layer: string): StoredWeight[] {
  const parent = (path: string): string =>
    path.split('/').at(-2) ?? path.replace(/_(?:W|b|gamma|beta|alphas|running_(?:mean|std)|[WUb]_[a-z])$/, '');
  const layers = new Set(layerNames(model));
  const numbered = all.some(({ path }) => !layers.has(parent(path)));
  return all.filter(({ path }) => (numbered ? parent(path).replace(/_\d+$/, '') : parent(path)) === layer);
}

/** Names of all layers of a model and of the models in it. */
const layerNames = ({ layers }: Architecture): string[] =>
  [...layers.values()].flatMap(({ name, model }) => [name, ...(model ? layerNames(model) : [])]);

function legacyGroup(root: Hdf5Group, layer: string, file: string): StoredWeight[] {
  const group = root.get(layer);
  const names = group instanceof h5wasm.Group ? namesOf(group, 'weight_names') : undefined;
  if (!(group instanceof h5wasm.Group) || names === undefined)
    throw new Failure('model/weights', `the file has no weights for layer ${layer} (group model_weights/${layer})`, {
      place: file,
      remedy: 'Save the model again with model.save("model.h5").',
    });
  return names.map(path => ({ path, tensor: tensorOf(group.get(path), `${path} of layer ${layer}, ${file}`) }));
}

/** A list of names; Keras cuts lists of more than 64 KiB into attributes `name0`, `name1`, … */
export function namesOf(holder: Hdf5Group, name: string): string[] | undefined {
  const whole = holder.attrs[name]?.value;
  if (whole !== undefined) return Array.isArray(whole) ? whole.map(String) : [];
  const parts: string[] = [];
  for (let i = 0; ; i++) {
    const part = holder.attrs[`${name}${i}`]?.value;
    if (!Array.isArray(part)) return i === 0 ? undefined : parts;
    parts.push(...part.map(String));
  }
}

// Keras 3.

/** Names of the group that holds the layers: since Keras 2.14, and in Keras 2.12 and 2.13. */
export const LAYER_GROUPS = ['layers', '_layer_checkpoint_dependencies'];

/** Parts of a layer that hold weights of their own, where the order matters. */
const PARTS = ['forward_layer', 'backward_layer', 'query_dense', 'key_dense', 'value_dense', 'output_dense'];

/** @param root the root of the HDF5 file */
export function layeredWeights(root: Hdf5Group, file: string): WeightStore {
  return {
    of: place => {
      const path: string[] = [];
      const group = place.reduce<Hdf5Group>((outer, { architecture, layer }) => {
        const layers = layersIn(outer);
        const siblings = [...architecture.layers.values()];
        const byClass = classNames(siblings.map(({ className }) => className))[siblings.indexOf(layer)]!;
        path.push(byClass);
        // Keras 2.12 names the group after the layer.
        const found = layers?.get(byClass) ?? layers?.get(layer.name);
        if (found instanceof h5wasm.Group) return found;
        throw new Failure(
          'model/weights',
          `the file has no weights for layer ${layer.name} (group layers/${path.join('/layers/')})`,
          {
            place: file,
            remedy: 'Save the model again with model.save("model.keras").',
          },
        );
      }, root);
      return variablesIn(group, '', file);
    },
    all: classes => {
      const layers = layersIn(root);
      const expected = classNames(classes);
      const extra = (layers?.keys() ?? []).filter(name => !expected.includes(name));
      const found = [...expected, ...extra].map(layer => {
        const group = layers?.get(layer);
        return { layer, weights: group instanceof h5wasm.Group ? variablesIn(group, '', file) : [] };
      });
      return found.filter(({ layer, weights }) => expected.includes(layer) || weights.length > 0);
    },
  };
}

function layersIn(group: Hdf5Group): Hdf5Group | undefined {
  return LAYER_GROUPS.map(name => group.get(name)).find(found => found instanceof h5wasm.Group);
}

/** `vars/0`, `vars/1`, …, and then those of the layer's parts: `cell/vars/0`, `forward_layer/cell/vars/0`. */
function variablesIn(group: Hdf5Group, path: string, file: string): StoredWeight[] {
  const variables = group.get('vars');
  const own =
    variables instanceof h5wasm.Group
      ? variables
          .keys()
          .sort((a, b) => Number(a) - Number(b))
          .map(key => ({
            path: `${path}vars/${key}`,
            tensor: tensorOf(variables.get(key), `${path}vars/${key} of ${file}`),
          }))
      : [];
  const parts = group
    .keys()
    .filter(name => name !== 'vars' && name !== 'seed_generator')
    .sort((a, b) => PARTS.indexOf(a.replace(/^_/, '')) - PARTS.indexOf(b.replace(/^_/, '')));
  return parts.reduce<StoredWeight[]>((all, name) => {
    const part = group.get(name);
    return part instanceof h5wasm.Group ? [...all, ...variablesIn(part, `${path}${name}/`, file)] : all;
  }, own);
}

// Values.

function tensorOf(dataset: unknown, place: string): Tensor {
  if (!(dataset instanceof h5wasm.Dataset))
    throw new Failure('model/weights', 'a weight that the file lists is missing', {
      place,
      remedy: 'Save the model again with model.save("model.h5").',
    });
  requireReadable(dataset, place);
  const shape = dataset.shape ?? [];
  const values = valuesOf(dataset, place);
  if (values.length !== sizeOf(shape))
    throw new Failure('model/weights', `${values.length} values were read for the shape [${shape}]`, { place });
  return { type: 'float32', shape, data: values };
}

function valuesOf(dataset: InstanceType<typeof h5wasm.Dataset>, place: string): Float32Array {
  let values: unknown;
  try {
    values = dataset.value;
  } catch (error) {
    throw new Failure('model/weights', `a weight cannot be read: ${String(error)}`, {
      place,
      remedy: 'Save the weights as float32.',
    });
  }
  if (values instanceof Float32Array) return values;
  if (values instanceof Float64Array) return Float32Array.from(values);
  if (typeof values === 'number') return Float32Array.of(values);
  throw new Failure(
    'model/weights',
    `a weight is of type ${JSON.stringify(dataset.dtype)}, expected 32-bit or 64-bit floats`,
    { place, remedy: 'Save the weights as float32.' },
  );
}
