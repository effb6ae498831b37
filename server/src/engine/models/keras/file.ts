/**
 * Keras's HDF5 container: the architecture as JSON in the attribute `model_config`, the weights of each layer in the group
 * `model_weights/<layer>`, in the order of its attribute `weight_names`.
 * Source: keras/saving/hdf5_format.py of Keras 2.15 (`save_model_to_hdf5`, `load_weights_from_hdf5_group`).
 */
import { basename } from 'node:path';
import h5wasm from 'h5wasm/node';
import { withHdf5, type Hdf5File, type Hdf5Group } from '../../data/hdf5.js';
import { Failure } from '../../failure.js';
import { sizeOf, type Tensor } from '../../graph/graph.js';

const ZIP_SIGNATURE = Buffer.from('PK');

/** One weight as stored: its path within the layer's group, for example `conv1d_2/kernel:0`, and float32 values. */
export interface StoredWeight {
  readonly path: string;
  readonly tensor: Tensor;
}

/** An open file; valid only within `withKerasFile`. */
export interface KerasFile {
  /** Base name, for messages. */
  readonly name: string;
  /** Version of Keras that wrote the file, if it says so. */
  readonly version: string | undefined;
  readonly backend: string;
  /** The parsed `model_config`. */
  readonly configuration: unknown;
  /** Weights of a layer of the outermost model in Keras's order. @throws Failure when they are missing or unreadable */
  weights(layer: string): readonly StoredWeight[];
}

/**
 * Opens a complete model file for the time of `use`.
 *
 * @throws Failure `model/not-hdf5`, `model/keras-archive`, `model/damaged-hdf5`, `model/weights-only`, `model/not-keras`
 */
export function withKerasFile<Result>(path: string, use: (file: KerasFile) => Result): Promise<Result> {
  const name = basename(path);
  return withHdf5(
    path,
    'model',
    head => otherFormat(head, name),
    file => use(contentOf(file, name)),
  );
}

function otherFormat(head: Buffer, name: string): Failure {
  if (head.subarray(0, ZIP_SIGNATURE.length).equals(ZIP_SIGNATURE))
    return new Failure('model/keras-archive', 'the file is a ZIP archive, as Keras 3 writes `.keras` files, not HDF5', {
      place: name,
      remedy: 'Export the model to ONNX: model.export("model.onnx", format="onnx") in Keras 3.',
    });
  return new Failure('model/not-hdf5', 'the file does not begin with the HDF5 signature', {
    place: name,
    remedy: 'Give a file that model.save("model.h5") has written.',
  });
}

function contentOf(file: Hdf5File, name: string): KerasFile {
  const text = textOf(file, 'model_config');
  if (text === undefined) {
    const weightsOnly = ['model_weights', 'layers', '_layer_checkpoint_dependencies'].some(key =>
      file.keys().includes(key),
    );
    if (
      weightsOnly ||
      attributeOf(file, 'layer_names') !== undefined ||
      attributeOf(file, 'layer_names0') !== undefined
    )
      throw new Failure(
        'model/weights-only',
        'the file holds weights, but not the architecture (it has no attribute model_config)',
        {
          place: name,
          remedy: 'Build the model in Keras, call load_weights, and save all of it: model.save("model.h5").',
        },
      );
    throw new Failure('model/not-keras', 'the HDF5 file holds no Keras model (it has no attribute model_config)', {
      place: name,
      remedy: 'Give a file that model.save("model.h5") has written.',
    });
  }
  let configuration: unknown;
  try {
    configuration = JSON.parse(text);
  } catch (error) {
    throw new Failure('model/configuration', `model_config is not JSON: ${String(error)}`, { place: name });
  }
  const weights = file.get('model_weights');
  // The group of weights repeats version and backend of the file.
  const about = (attribute: string): string | undefined =>
    textOf(file, attribute) ?? (weights instanceof h5wasm.Group ? textOf(weights, attribute) : undefined);
  const version = about('keras_version');
  const backend = about('backend') ?? 'tensorflow';
  return { name, version, backend, configuration, weights: layer => weightsOf(weights, layer, name) };
}

function attributeOf(holder: Hdf5Group, name: string): unknown {
  return holder.attrs[name]?.value;
}

/** A text attribute, stored as a string or as bytes. */
function textOf(holder: Hdf5Group, name: string): string | undefined {
  const value = attributeOf(holder, name);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'string' ? value : undefined;
}

/** A list of names; Keras cuts lists of more than 64 KiB into attributes `name0`, `name1`, … */
function namesOf(holder: Hdf5Group, name: string): string[] | undefined {
  const whole = attributeOf(holder, name);
  if (whole !== undefined) return Array.isArray(whole) ? whole.map(String) : [];
  const parts: string[] = [];
  for (let i = 0; ; i++) {
    const part = attributeOf(holder, `${name}${i}`);
    if (!Array.isArray(part)) return i === 0 ? undefined : parts;
    parts.push(...part.map(String));
  }
}

function weightsOf(root: unknown, layer: string, file: string): StoredWeight[] {
  const group = root instanceof h5wasm.Group ? root.get(layer) : null;
  const names = group instanceof h5wasm.Group ? namesOf(group, 'weight_names') : undefined;
  if (!(group instanceof h5wasm.Group) || names === undefined)
    throw new Failure('model/weights', `the file has no weights for layer ${layer} (group model_weights/${layer})`, {
      place: file,
      remedy: 'Save the model again with model.save("model.h5").',
    });
  return names.map(path => ({ path, tensor: tensorOf(group.get(path), `${path} of layer ${layer}, ${file}`) }));
}

function tensorOf(dataset: unknown, place: string): Tensor {
  if (!(dataset instanceof h5wasm.Dataset))
    throw new Failure('model/weights', 'a weight that the file lists is missing', {
      place,
      remedy: 'Save the model again with model.save("model.h5").',
    });
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
    {
      place,
      remedy: 'Save the weights as float32.',
    },
  );
}
