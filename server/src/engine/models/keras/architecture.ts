/**
 * The architecture of a Keras model: which layer is applied to which outputs. Sequential and functional configurations of
 * Keras 2.0 to 2.15 come to one form, the functional one.
 * Sources: `get_config` of Sequential and Functional (Network, Container) in Keras 2.0.9, 2.2.4 and 2.15.
 */
import { Failure } from '../../failure.js';

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
export function readArchitecture(value: unknown, file: string): Architecture {
  const model = recordOf(value, `model_config of ${file}`);
  const architecture = modelOf(textOf(model['class_name'], `model_config of ${file}`), model['config'], file);
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

/** The architecture, if the class is one of Keras's model classes. */
function modelOf(className: string, config: unknown, place: string): Architecture | undefined {
  if (className === 'Sequential') return sequential(config, place);
  return FUNCTIONAL.has(className) ? functional(recordOf(config, place), place) : undefined;
}

/** Class, name and configuration of a layer, without its calls. */
function layerOf(value: unknown, outer: string): Omit<LayerSpecification, 'calls'> {
  const entry = recordOf(value, outer);
  const className = textOf(entry['class_name'], outer);
  const inner = isRecord(entry['config']) ? entry['config'] : {};
  const name = textOf(entry['name'] ?? inner['name'], `${outer}, a layer of class ${className} without a name`);
  const model = modelOf(className, entry['config'], `${name} in ${outer}`);
  return { className, name, configuration: inner, ...(model && { model }) };
}

/**
 * Each layer is applied to the one before. Until Keras 2.2.2 the configuration was the bare list of layers. The input may be
 * left out; Keras then calls it after the first layer.
 */
function sequential(config: unknown, place: string): Architecture {
  const entries = Array.isArray(config) ? config : recordOf(config, place)['layers'];
  const layers = listOf(entries, place).map(entry => layerOf(entry, place));
  const first = layers[0];
  if (first === undefined) throw malformed(place, 'no layer', 'at least one');
  if (first.className !== 'InputLayer') {
    const shape = inputShapeOf(first) ?? (isRecord(config) ? config['build_input_shape'] : undefined);
    const name = `${first.name}_input`;
    layers.unshift({ className: 'InputLayer', name, configuration: { name, batch_input_shape: shape } });
  }
  const chained = layers.map((layer, i): LayerSpecification => {
    const previous = layers[i - 1];
    return { ...layer, calls: previous ? [{ inputs: [firstOutput(previous.name)], training: false }] : [] };
  });
  return {
    layers: byName(chained, place),
    inputs: [firstOutput(layers[0]!.name)],
    outputs: [firstOutput(layers.at(-1)!.name)],
  };
}

const firstOutput = (layer: string): Reference => ({ layer, call: 0, output: 0 });

/** The shape that a layer asks for when it is the first of a Sequential model. */
function inputShapeOf({ configuration, model }: Omit<LayerSpecification, 'calls'>): unknown {
  if (model === undefined) return configuration['batch_input_shape'];
  const input = model.inputs[0];
  return input && model.layers.get(input.layer)?.configuration['batch_input_shape'];
}

function functional(config: Configuration, place: string): Architecture {
  const layers = listOf(config['layers'], place).map(entry => {
    const layer = layerOf(entry, place);
    const location = `layer ${layer.name} (${layer.className}) of ${place}`;
    const nodes = listOf(recordOf(entry, place)['inbound_nodes'], location);
    return { ...layer, calls: nodes.map(node => callOf(node, location)) };
  });
  const inputs = references(config['input_layers']);
  const outputs = references(config['output_layers']);
  return renumbered({ layers: byName(layers, place), inputs, outputs });
}

function byName(layers: readonly LayerSpecification[], place: string): ReadonlyMap<string, LayerSpecification> {
  const map = new Map(layers.map(layer => [layer.name, layer]));
  if (map.size !== layers.length) throw malformed(place, 'two layers of one name', 'a name for each');
  return map;
}

/** The references in a structure of lists and records; one is written `[layer, call, output]` or `[…, keywords]`. */
function references(value: unknown): Reference[] {
  return entries(value).map(([layer, call, output]) => ({ layer, call, output }));
}

type Entry = readonly [layer: string, call: number, output: number, keywords?: unknown];

const isEntry = (value: readonly unknown[]): value is Entry =>
  typeof value[0] === 'string' && typeof value[1] === 'number' && typeof value[2] === 'number';

function entries(value: unknown): Entry[] {
  if (Array.isArray(value)) return isEntry(value) ? [value] : value.flatMap(entries);
  return isRecord(value) ? Object.values(value).flatMap(entries) : [];
}

function callOf(node: unknown, place: string): Call {
  const keywords = entries(node).flatMap(([, , , given]) => (isRecord(given) ? Object.entries(given) : []));
  const unknown = keywords.find(([name, value]) => name !== 'training' && value !== null);
  if (unknown !== undefined) throw malformed(place, `a call with ${unknown[0]}=${shown(unknown[1])}`, 'only inputs');
  const training = keywords.some(([name, value]) => name === 'training' && value === true);
  return { inputs: references(node), training };
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
