/**
 * The architecture of a Keras model: which layer is applied to which outputs. Sequential and functional configurations of
 * Keras 1 to 3 come to one form, the functional one in the words of Keras 2.
 * Sources: `get_config` of Sequential and Functional (Network, Container) in Keras 1.2.2, 2.0.9, 2.2.4, 2.15 and 3;
 * keras/src/models/functional.py and keras/src/saving/serialization_lib.py of Keras 3 for `__keras_tensor__`.
 */
import { Failure } from '../../failure.js';
import { fromKeras1 } from './keras-1.js';
import type { Origin } from './origin.js';

/** An output of one application of a layer. */
export interface Reference {
  readonly layer: string;
  /** Which application of the layer: 0 unless it is shared. */
  readonly call: number;
  /** Which of the application's outputs: 0 unless the layer is a model with several. */
  readonly output: number;
}

/** One application of a layer. */
export interface Call {
  /** By position, then those given by name in the order `query`, `value`, `key`. */
  readonly inputs: readonly Reference[];
  /** The layer is called with `training=True`, so that it acts in inference too. */
  readonly training: boolean;
}

export type Configuration = Readonly<Record<string, unknown>>;

export interface LayerSpecification {
  readonly className: string;
  readonly name: string;
  readonly configuration: Configuration;
  /** The architecture of a nested model. */
  readonly model?: Architecture;
  readonly calls: readonly Call[];
}

export interface Architecture {
  readonly layers: ReadonlyMap<string, LayerSpecification>;
  readonly inputs: readonly Reference[];
  readonly outputs: readonly Reference[];
}

const FUNCTIONAL = new Set(['Model', 'Functional']);

export const isRecord = (value: unknown): value is Configuration =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function malformed(place: string, found: string, expected: string): Failure {
  return new Failure('model/configuration', `the architecture has ${found}, expected ${expected}`, {
    place,
    remedy: 'Save the model again with Keras 2, model.save("model.h5"), or export it to ONNX with tf2onnx.',
  });
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80));

function recordOf(value: unknown, place: string): Configuration {
  if (!isRecord(value)) throw malformed(place, shown(value), 'an object');
  return value;
}

function listOf(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(place, shown(value), 'a list');
  return value;
}

function textOf(value: unknown, place: string): string {
  if (typeof value !== 'string') throw malformed(place, shown(value), 'a name');
  return value;
}

/** Reads a `model_config`: `{class_name, config}`. @throws Failure `model/unknown-layer`, `model/configuration` */
export function readArchitecture(value: unknown, file: string, keras: Origin['keras']): Architecture {
  const model = recordOf(value, `model_config of ${file}`);
  const className = textOf(model['class_name'], `model_config of ${file}`);
  const architecture = new Reader(keras).modelOf(className, model['config'], file);
  if (architecture !== undefined) return architecture;
  throw new Failure(
    'model/unknown-layer',
    `the model is of class ${String(model['class_name'])}, expected Sequential or Model`,
    {
      place: file,
      remedy:
        'Models of a class of their own keep their code outside of the file: export the model to ONNX with tf2onnx.',
    },
  );
}

type Unapplied = Omit<LayerSpecification, 'calls'>;

class Reader {
  constructor(private readonly keras: Origin['keras']) {}

  /** The architecture, if the class is one of Keras's model classes. */
  modelOf(className: string, config: unknown, place: string): Architecture | undefined {
    if (className === 'Sequential') return this.sequential(config, place);
    return FUNCTIONAL.has(className) ? this.functional(recordOf(config, place), place) : undefined;
  }

  /** Class, name and configuration of a layer, without its calls. */
  private layerOf(value: unknown, outer: string): Unapplied {
    const entry = recordOf(value, outer);
    const written = textOf(entry['class_name'], outer);
    const inner = isRecord(entry['config']) ? entry['config'] : {};
    const name = textOf(entry['name'] ?? inner['name'], `${outer}, a layer of class ${written} without a name`);
    const model = this.modelOf(written, entry['config'], `${name} in ${outer}`);
    const layer = { className: written, configuration: inner };
    return { name, ...(this.keras === 1 ? fromKeras1(layer) : layer), ...(model && { model }) };
  }

  /**
   * Each layer is applied to the one before. Until Keras 2.2.2 the configuration was the bare list of layers. The input may be
   * left out; Keras then calls it after the first layer.
   */
  private sequential(config: unknown, place: string): Architecture {
    const entries = Array.isArray(config) ? config : recordOf(config, place)['layers'];
    const layers = listOf(entries, place).map(entry => this.layerOf(entry, place));
    const [first, ...rest] = layers;
    if (first === undefined) throw malformed(place, 'no layer', 'at least one');
    const branches = first.className === 'Merge' ? first.configuration['layers'] : undefined;
    if (branches !== undefined) return this.merged(first, listOf(branches, place), rest, place);
    if (first.className === 'InputLayer') return chained(undefined, first, rest, place);
    const shape = inputShapeOf(first) ?? (isRecord(config) ? config['build_input_shape'] : undefined);
    const name = `${first.name}_input`;
    const input = { className: 'InputLayer', name, configuration: { name, batch_input_shape: shape } };
    return chained(undefined, input, layers, place);
  }

  /** A Sequential model of Keras 1 that begins with a Merge of models, whose layers become its own. */
  private merged(
    merge: Unapplied,
    branches: readonly unknown[],
    rest: readonly Unapplied[],
    place: string,
  ): Architecture {
    const models = branches.map(branch => {
      const entry = recordOf(branch, place);
      const model = this.modelOf(textOf(entry['class_name'], place), entry['config'], place);
      if (model === undefined) throw malformed(place, `a branch of class ${String(entry['class_name'])}`, 'a model');
      return model;
    });
    return chained(models, merge, rest, place);
  }

  private functional(config: Configuration, place: string): Architecture {
    const layers = listOf(config['layers'], place).map(entry => {
      const layer = this.layerOf(entry, place);
      const location = `layer ${layer.name} (${layer.className}) of ${place}`;
      const nodes = listOf(recordOf(entry, place)['inbound_nodes'], location);
      return { ...layer, calls: nodes.map(node => callOf(node, location)) };
    });
    const inputs = references(config['input_layers']);
    const outputs = references(config['output_layers']);
    return renumbered({ layers: byName(layers, place), inputs, outputs });
  }
}

/** A first layer, applied to the outputs of models if there are some, and others each applied to the one before. */
function chained(
  models: readonly Architecture[] | undefined,
  first: Unapplied,
  rest: readonly Unapplied[],
  place: string,
): Architecture {
  const onModels: Call[] = models ? [{ inputs: models.flatMap(model => model.outputs), training: false }] : [];
  const layers = [first, ...rest].map((layer, i): LayerSpecification => {
    const previous = i === 1 ? first : rest[i - 2];
    return { ...layer, calls: previous ? [{ inputs: [firstOutput(previous.name)], training: false }] : onModels };
  });
  return {
    layers: byName([...(models ?? []).flatMap(model => [...model.layers.values()]), ...layers], place),
    inputs: models?.flatMap(model => model.inputs) ?? [firstOutput(first.name)],
    outputs: [firstOutput(layers.at(-1)!.name)],
  };
}

const firstOutput = (layer: string): Reference => ({ layer, call: 0, output: 0 });

/** The shape that a layer asks for when it is the first of a Sequential model. */
function inputShapeOf({ configuration, model }: Unapplied): unknown {
  const input = model?.inputs[0];
  const holder = model === undefined ? configuration : input && model.layers.get(input.layer)?.configuration;
  return holder && shapeOf(holder);
}

/** `[null, 100, 4]`, under the key of Keras 1 and 2 or that of Keras 3. */
export const shapeOf = (configuration: Configuration): unknown =>
  configuration['batch_input_shape'] ?? configuration['batch_shape'];

function byName(layers: readonly LayerSpecification[], place: string): ReadonlyMap<string, LayerSpecification> {
  const map = new Map(layers.map(layer => [layer.name, layer]));
  if (map.size !== layers.length) throw malformed(place, 'two layers of one name', 'a name for each');
  return map;
}

/** The references in a structure of lists and records. */
function references(value: unknown): Reference[] {
  return entries(value).map(([layer, call, output]) => ({ layer, call, output }));
}

type Entry = readonly [layer: string, call: number, output: number, keywords?: unknown];

const isEntry = (value: readonly unknown[]): value is Entry =>
  typeof value[0] === 'string' && typeof value[1] === 'number' && typeof value[2] === 'number';

/** One is written `[layer, call, output]` or `[…, keywords]`, in Keras 3 as a `__keras_tensor__` with such a history. */
function entries(value: unknown): Entry[] {
  if (Array.isArray(value)) return isEntry(value) ? [value] : value.flatMap(entries);
  if (!isRecord(value)) return [];
  if (value['class_name'] === '__keras_tensor__' && isRecord(value['config']))
    return entries(value['config']['keras_history']);
  return Object.values(value).flatMap(entries);
}

/** Inputs that attention layers may be given by name. */
const NAMED_INPUTS = ['query', 'value', 'key'];

/** One application: `[[layer, call, output, keywords], …]`, in Keras 3 `{args, kwargs}`. */
function callOf(node: unknown, place: string): Call {
  const modern = isRecord(node) && 'args' in node;
  const positional = modern ? node['args'] : node;
  const given = modern ? [node['kwargs']] : entries(node).map(([, , , keywords]) => keywords);
  const keywords = given.flatMap(record => (isRecord(record) ? Object.entries(record) : []));
  const acting = keywords.filter(([, value]) => value !== null && value !== false);
  const unknown = acting.find(([name]) => name !== 'training' && !NAMED_INPUTS.includes(name));
  if (unknown !== undefined) throw malformed(place, `a call with ${unknown[0]}=${shown(unknown[1])}`, 'only inputs');
  const named = NAMED_INPUTS.flatMap(name => acting.filter(([key]) => key === name));
  return {
    inputs: [...references(positional), ...named.flatMap(([, value]) => references(value))],
    training: acting.some(([name]) => name === 'training'),
  };
}

/**
 * TensorFlow 2.3 and later count the applications of a nested model from 1, because building it was one.
 * Everything else counts from 0: a layer is renumbered when the application behind its last is asked for.
 */
function renumbered({ layers, inputs, outputs }: Architecture): Architecture {
  const all = [...outputs, ...[...layers.values()].flatMap(layer => layer.calls.flatMap(call => call.inputs))];
  const shifted = new Set(
    all.flatMap(({ layer, call }) => (call > 0 && call === layers.get(layer)?.calls.length ? [layer] : [])),
  );
  const renumber = (reference: Reference): Reference =>
    shifted.has(reference.layer) ? { ...reference, call: reference.call - 1 } : reference;
  return {
    inputs,
    outputs: outputs.map(renumber),
    layers: new Map(
      [...layers].map(([name, layer]) => [
        name,
        { ...layer, calls: layer.calls.map(call => ({ ...call, inputs: call.inputs.map(renumber) })) },
      ]),
    ),
  };
}
