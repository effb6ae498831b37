/** One application of a layer: its configuration read with checks, its weights, and the nodes that it adds to the graph. */
import { Failure } from '../../failure.js';
import { floats, type Attributes, type Axis, type Tensor } from '../../graph/graph.js';
import { isRecord, type Configuration } from './architecture.js';
import { converted } from './conversion.js';
import type { Network, Value } from './network.js';
import type { Origin } from './origin.js';
import type { StoredWeight } from './weights.js';

/** What an application is part of. */
export interface Context {
  readonly network: Network;
  readonly name: string;
  /** The class as the file names it, and the Keras class that it is. */
  readonly className: string;
  readonly kind: string;
  readonly file: string;
  readonly origin: Origin;
  /** Prefix of the names of constants, the same in all applications of a layer. */
  readonly path: string;
  /** Prefix of the names of nodes, different in each application. */
  readonly prefix: string;
  /** What a class or activation function of the file's own is in Keras. */
  readonly customLayers: Readonly<Record<string, string>>;
  /** The layer's weights as the file has them, in Keras's order. */
  readonly stored: () => readonly StoredWeight[];
  /** Finds the layer of a class of the file, and what that class is in Keras. */
  readonly find: (application: Application, className: string) => { readonly kind: string; readonly layer: Layer };
  /** Keras classes of all layers of the model. */
  readonly classes: ReadonlySet<string>;
}

/** Writes a layer. The value has the batch first and the layer's axis order. */
export type Layer = (application: Application, inputs: readonly Value[]) => Value;

/** Layers of the catalog that an experiment may name instead of Keras classes; functions have the same name in both. */
const WORDS: Readonly<Record<string, string>> = {
  conv1d: 'Conv1D',
  dense: 'Dense',
  batch_norm: 'BatchNormalization',
  layer_norm: 'LayerNormalization',
  dropout: 'Dropout',
  flatten: 'Flatten',
  max_pool: 'MaxPooling1D',
  average_pool: 'AveragePooling1D',
  global_max_pool: 'GlobalMaxPooling1D',
  global_average_pool: 'GlobalAveragePooling1D',
};

/** The Keras class or function that a name in the file stands for; TensorFlow writes registered ones as `package>name`. */
export function kerasName(name: string, customLayers: Readonly<Record<string, string>>): string {
  const own = name.slice(name.lastIndexOf('>') + 1);
  if (!Object.hasOwn(customLayers, own)) return own;
  const given = customLayers[own]!;
  return Object.hasOwn(WORDS, given) ? WORDS[given]! : given;
}

/** A layer in a layer. */
export interface Wrapped {
  readonly kind: string;
  readonly layer: Layer;
  readonly application: Application;
}

/** Name and shape of a weight that a layer must have. */
export type Expected<Name extends string> = readonly [name: Name, shape: readonly number[]];

export class Application {
  constructor(
    readonly context: Context,
    readonly configuration: Configuration,
  ) {}

  /** The same place with another configuration: a layer that stands as the activation of a layer. */
  with(configuration: Configuration): Application {
    return new Application(this.context, configuration);
  }

  /**
   * A layer that is wrapped in this one, as the configuration has it under a key.
   *
   * @param stored its share of the wrapper's weights; all of them by default
   * @param part what tells it from other layers in this one, for the names of nodes and constants
   */
  wrapped(key: string, stored = this.context.stored, part?: string): Wrapped {
    const inner = this.configuration[key];
    const className = isRecord(inner) ? inner['class_name'] : undefined;
    const configuration = isRecord(inner) ? inner['config'] : undefined;
    if (typeof className !== 'string' || !isRecord(configuration))
      return this.refuse(
        'model/configuration',
        `"${key}" is ${inner === undefined ? 'nothing' : JSON.stringify(inner).slice(0, 80)}, expected a layer`,
      );
    const { kind, layer } = this.context.find(this, className);
    const { path, prefix } = this.context;
    const within = (name: string): string => (part === undefined ? name : `${name}/${part}`);
    const context = { ...this.context, kind, stored, path: within(path), prefix: within(prefix) };
    return { kind, layer, application: new Application(context, configuration) };
  }

  /** @throws Failure at this layer */
  refuse(code: string, message: string, remedy?: string): never {
    const { name, className, file } = this.context;
    throw new Failure(code, message, {
      place: `layer ${name} (${className}) of ${file}`,
      ...(remedy !== undefined && { remedy }),
    });
  }

  // Configuration. A missing key or null gives the default, without one it is an error.

  number(key: string, fallback?: number): number {
    const value = this.configuration[key];
    // Until Keras 2.1 numbers may be written as {"type": "ndarray", "value": 0.3}.
    const plain = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
    if (typeof plain === 'number') return plain;
    return this.missing(key, 'a number', fallback);
  }

  text(key: string, fallback?: string): string {
    const value = this.configuration[key];
    return typeof value === 'string' ? value : this.missing(key, 'a text', fallback);
  }

  flag(key: string, fallback?: boolean): boolean {
    const value = this.configuration[key];
    return typeof value === 'boolean' ? value : this.missing(key, 'true or false', fallback);
  }

  /** A positive integer. */
  count(key: string, fallback?: number): number {
    return this.integers(key, 1, fallback === undefined ? undefined : [fallback])[0]!;
  }

  /** A list of that many integers of at least `least`; a single one counts for all. */
  integers(key: string, length: number, fallback?: readonly number[], least = 1): readonly number[] {
    const value = this.configuration[key];
    const list: readonly unknown[] = Array.isArray(value) ? value : new Array<unknown>(length).fill(value);
    const integers = list.filter((item): item is number => Number.isInteger(item) && Number(item) >= least);
    if (length > 0 && integers.length === length && list.length === length) return integers;
    return this.missing(key, `${length === 1 ? 'an integer' : `${length} integers`} of at least ${least}`, fallback);
  }

  private missing<Type>(key: string, expected: string, fallback: Type | undefined): Type {
    const value = this.configuration[key] ?? undefined;
    if (value === undefined && fallback !== undefined) return fallback;
    const found = value === undefined ? 'nothing' : JSON.stringify(value);
    return this.refuse(
      'model/configuration',
      `"${key}" is ${found}, expected ${expected}`,
      'Save the model again with Keras 2, model.save("model.h5"), or export it to ONNX with tf2onnx.',
    );
  }

  get channelsLast(): boolean {
    const format = this.text('data_format', 'channels_last');
    if (format === 'channels_last' || format === 'channels_first') return format === 'channels_last';
    return this.refuse('model/configuration', `"data_format" is "${format}", expected channels_last or channels_first`);
  }

  // Values.

  /** The only input. */
  single(inputs: readonly Value[]): Value {
    const [input] = inputs;
    if (input !== undefined && inputs.length === 1) return input;
    return this.refuse('model/shape', `the layer has ${inputs.length} inputs, expected one`);
  }

  /** @throws Failure when the value, batch included, is not of that rank */
  expectRank(value: Value, rank: number): void {
    if (value.shape.length !== rank)
      this.refuse('model/shape', `the input has the shape [${value.shape.join(', ')}], expected ${rank} axes`);
  }

  /** The extent of an axis that must be known. */
  extent(value: Value, axis: number): number {
    const extent = value.shape[axis];
    if (typeof extent === 'number') return extent;
    return this.refuse(
      'model/shape',
      `axis ${axis} of the input [${value.shape.join(', ')}] has no fixed extent, but the layer needs it`,
      'Build the model with a fixed input shape, load the weights, and save it again.',
    );
  }

  /** The positive number of an axis of a value; the batch is none. */
  axis(value: Value, axis: number): number {
    const positive = axis < 0 ? axis + value.shape.length : axis;
    if (positive !== 0 && value.shape[positive] !== undefined) return positive;
    return this.refuse('model/shape', `axis ${axis} is the batch or outside the input [${value.shape.join(', ')}]`);
  }

  /** The symbol of an axis of the layer's output whose extent is not known. */
  symbol(axis: number): string {
    return `${this.context.prefix}_axis${axis}`;
  }

  /** Adds a node of this layer; its name is the layer's and `stem`. */
  add(
    stem: string,
    operator: string,
    inputs: readonly (Value | string)[],
    shape: readonly Axis[],
    attributes: Attributes = {},
  ): Value {
    const names = inputs.map(input => (typeof input === 'string' ? input : input.name));
    return this.context.network.add(`${this.context.prefix}/${stem}`, operator, names, shape, attributes);
  }

  constant(stem: string, tensor: Tensor): string {
    return this.context.network.constant(`${this.context.path}/${stem}`, () => tensor);
  }

  scalar(value: number): string {
    return this.constant(String(value), floats([], [value]));
  }

  transpose(value: Value, permutation: readonly number[]): Value {
    return this.context.network.transpose(`${this.context.prefix}/transpose`, value, permutation);
  }

  elementwise(values: readonly Value[], make: (values: readonly Value[]) => Value): Value {
    return this.context.network.elementwise(`${this.context.prefix}/transpose`, values, make);
  }

  /** Applies `make` to the value with `axis` moved to place 1, and moves it back. */
  channelsFirst(value: Value, axis: number, make: (value: Value) => Value): Value {
    const rest = value.shape.map((_, i) => i).filter(i => i !== 0 && i !== axis);
    const there = [0, axis, ...rest];
    const back = there.map((_, i) => there.indexOf(i));
    return this.transpose(make(this.transpose(value, there)), back);
  }

  /** The layer's weights in Keras's order and in the form of Keras 2 with TensorFlow. */
  stored(): readonly StoredWeight[] {
    const { kind, origin, stored, name, file } = this.context;
    const channelsFirst = this.configuration['data_format'] === 'channels_first';
    return converted({ className: kind, channelsFirst, origin, place: `layer ${name} of ${file}` }, stored());
  }

  /**
   * The layer's weights by name, in Keras's order.
   *
   * @throws Failure `model/weights` when their number or shapes differ from the configuration
   */
  weights<Name extends string>(expected: readonly Expected<Name>[]): Readonly<Record<Name, Tensor>> {
    const stored = this.stored();
    const remedy = 'The class or its arguments are not those of this Keras layer; check custom_layers, or use ONNX.';
    if (stored.length !== expected.length) {
      const found = stored.map(({ path, tensor }) => `${path} [${tensor.shape}]`).join(', ') || 'none';
      const wanted = expected.map(([name, shape]) => `${name} [${shape}]`).join(', ');
      this.refuse('model/weights', `the file has the weights ${found}; expected ${wanted}`, remedy);
    }
    const names = stored.map(weight => baseName(weight.path));
    const byName = expected.every(([name]) => names.includes(name));
    const found = expected.map(([name, shape], i): [Name, Tensor] => {
      const { path, tensor } = stored[byName ? names.indexOf(name) : i]!;
      if (tensor.shape.join() !== shape.join())
        this.refuse('model/weights', `the weight ${path} has the shape [${tensor.shape}], expected [${shape}]`, remedy);
      return [name, tensor];
    });
    // The keys are exactly the names that were asked for.
    return Object.fromEntries(found) as Record<Name, Tensor>;
  }
}

/** `conv1d_2/kernel:0` is `kernel`. */
const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/:\d+$/, '');
