/** Keras 2 models: complete HDF5 files, architecture and weights, become a graph in the common form. */
import { Failure } from '../failure.js';
import type { Axis, Graph } from '../graph/graph.js';
import { Application, kerasName, type Context, type Layer } from './keras/application.js';
import { readArchitecture, type Architecture, type LayerSpecification, type Reference } from './keras/architecture.js';
import { withKerasFile, type KerasFile, type StoredWeight } from './keras/file.js';
import { ACTIVATION_LAYERS } from './keras/layers/activation.js';
import { CONVOLUTION_LAYERS } from './keras/layers/convolution.js';
import { CORE_LAYERS, NOISE_LAYERS } from './keras/layers/core.js';
import { MERGE_LAYERS } from './keras/layers/merge.js';
import { POOLING_LAYERS } from './keras/layers/pooling.js';
import { SHAPE_LAYERS } from './keras/layers/shape.js';
import { Network, type Value } from './keras/network.js';
import type { ImportedModel } from './onnx.js';

const LAYERS: ReadonlyMap<string, Layer> = new Map(
  Object.entries({
    ...CORE_LAYERS,
    ...NOISE_LAYERS,
    ...ACTIVATION_LAYERS,
    ...CONVOLUTION_LAYERS,
    ...POOLING_LAYERS,
    ...SHAPE_LAYERS,
    ...MERGE_LAYERS,
  }),
);

export interface KerasOptions {
  /** Names of the file's own classes and activation functions, and what each is in Keras: `{ ConvDNA: 'Conv1D' }`. */
  readonly customLayers: Readonly<Record<string, string>>;
}

/**
 * Imports a file that Keras 2.0 to 2.15 has written with the TensorFlow backend. Values keep Keras's axis order; the batch is the
 * symbol `batch`, other open axes are `<input>_axis<k>`. Node names begin with their layer's name.
 *
 * @throws Failure for files that are not complete Keras models, and for layers that the engine does not know
 */
export async function importKeras(path: string, options: KerasOptions): Promise<ImportedModel> {
  return withKerasFile(path, file => {
    checkOrigin(file);
    const graph = new Importer(file, options).import(readArchitecture(file.configuration, file.name));
    return { graph, format: `Keras ${file.version ?? '2'}, HDF5`, producer: `${file.backend} backend` };
  });
}

function checkOrigin({ name, version, backend }: KerasFile): void {
  if (version !== undefined && !version.startsWith('2.'))
    throw new Failure('model/keras-version', `the file was written by Keras ${version}, expected 2.0 to 2.15`, {
      place: name,
      remedy: version.startsWith('1.')
        ? 'Load it in Keras 2 (keras.models.load_model) and save it again.'
        : 'Export the model to ONNX: model.export("model.onnx", format="onnx").',
    });
  if (backend !== 'tensorflow')
    throw new Failure(
      'model/keras-backend',
      `the file was trained with the ${backend} backend, whose convolution kernels may be reversed; expected tensorflow`,
      { place: name, remedy: 'Load it in Keras with the TensorFlow backend, which converts it, and save it again.' },
    );
}

/** Where an architecture stands: the outermost model, or a model nested in it. */
interface Scope {
  readonly architecture: Architecture;
  /** Prefix of constants: names of the models around, each with a slash. */
  readonly path: string;
  /** Prefix of nodes, which tells applications of one model apart. */
  readonly prefix: string;
  /** The layer of the outermost model whose weights the layers here share, if this is not the outermost model. */
  readonly owner: LayerSpecification | undefined;
  /** Outputs of applications so far, by layer and call; undefined while they are being written. */
  readonly outputs: Map<string, readonly Value[] | undefined>;
}

class Importer {
  private readonly network = new Network();
  private readonly stored = new Map<string, readonly StoredWeight[]>();

  constructor(
    private readonly file: KerasFile,
    private readonly options: KerasOptions,
  ) {}

  import(architecture: Architecture): Graph {
    const scope: Scope = { architecture, path: '', prefix: '', owner: undefined, outputs: new Map() };
    const inputs = architecture.inputs.map(reference => this.declare(scope, reference));
    const outputs = architecture.outputs.map(reference => this.valueOf(scope, reference));
    return this.network.finish(this.file.name, inputs, outputs);
  }

  /** An input of the graph from an InputLayer. */
  private declare(scope: Scope, { layer }: Reference): Value {
    const specification = this.layerOf(scope, layer);
    const application = new Application(this.context(scope, specification, 0), specification.configuration);
    const shape = specification.configuration['batch_input_shape'];
    const extents: readonly unknown[] = Array.isArray(shape) ? shape.slice(1) : [];
    const fits = extents.every(extent => extent === null || (Number.isInteger(extent) && Number(extent) > 0));
    if (specification.className !== 'InputLayer' || extents.length === 0 || !fits)
      return application.refuse(
        'model/configuration',
        `the shape of the input, "batch_input_shape", is ${shape === undefined ? 'missing' : JSON.stringify(shape)}, expected [null, …]`,
        'Give the first layer an input_shape, or call the model on data, and save it again.',
      );
    const axes = extents.map((extent, i): Axis => (typeof extent === 'number' ? extent : `${layer}_axis${i + 1}`));
    const value = this.network.input(layer, ['batch', ...axes]);
    scope.outputs.set(key(layer, 0), [value]);
    return value;
  }

  /** The value that a reference names; writes the layers that it needs first. */
  private valueOf(scope: Scope, reference: Reference): Value {
    const { layer, call, output } = reference;
    const specification = this.layerOf(scope, layer);
    if (!scope.outputs.has(key(layer, call))) {
      scope.outputs.set(key(layer, call), undefined);
      scope.outputs.set(key(layer, call), this.apply(scope, specification, call));
    }
    const value = scope.outputs.get(key(layer, call))?.[output];
    if (value === undefined)
      return this.broken(`output ${output} of application ${call} of layer ${layer} needs itself or does not exist`);
    return value;
  }

  private apply(scope: Scope, specification: LayerSpecification, call: number): readonly Value[] {
    const { name, className, configuration, calls, model } = specification;
    const made = calls[call];
    if (made === undefined) return this.broken(`layer ${name} has no application ${call}`);
    const inputs = made.inputs.map(input => this.valueOf(scope, input));
    const context = this.context(scope, specification, call);
    if (model !== undefined)
      return this.applyModel({ ...scope, owner: scope.owner ?? specification }, context, model, inputs);
    const application = new Application(context, configuration);
    const known = kerasName(className, this.options.customLayers);
    const layer = LAYERS.get(known);
    if (layer === undefined) return this.unknown(application, known);
    if (made.training && known in NOISE_LAYERS)
      application.refuse(
        'model/training',
        'the layer is called with training=True, so that predictions are random',
        'Build the model without training=True, load the weights, and save it again.',
      );
    return [layer(application, inputs)];
  }

  /** Writes the layers of a nested model; each application of the model has nodes of its own, and shares the weights. */
  private applyModel(scope: Scope, context: Context, architecture: Architecture, inputs: readonly Value[]): Value[] {
    if (inputs.length !== architecture.inputs.length)
      return this.broken(`model ${context.name} has ${inputs.length} inputs, expected ${architecture.inputs.length}`);
    const inner: Scope = {
      architecture,
      path: `${context.path}/`,
      prefix: `${context.prefix}/`,
      owner: scope.owner,
      outputs: new Map(architecture.inputs.map(({ layer }, i) => [key(layer, 0), [inputs[i]!]])),
    };
    return architecture.outputs.map(reference => this.valueOf(inner, reference));
  }

  private context(scope: Scope, { name, className }: LayerSpecification, call: number): Context {
    return {
      network: this.network,
      name: scope.path + name,
      className,
      file: this.file.name,
      path: scope.path + name,
      prefix: `${scope.prefix}${name}${call === 0 ? '' : `/call_${call + 1}`}`,
      customLayers: this.options.customLayers,
      stored: () => this.weightsOf(scope, name),
    };
  }

  /**
   * The weights of a layer. A nested model stores all of its weights in one list, where a layer's are known by its name in
   * front of theirs; all names have a number behind them when the model was loaded and saved again.
   */
  private weightsOf({ owner }: Scope, layer: string): readonly StoredWeight[] {
    const holder = owner?.name ?? layer;
    const all = this.stored.get(holder) ?? this.file.weights(holder);
    this.stored.set(holder, all);
    if (owner?.model === undefined) return all;
    const parent = (path: string): string => path.split('/').at(-2) ?? '';
    const layers = new Set(layerNames(owner.model));
    const numbered = all.some(({ path }) => !layers.has(parent(path)));
    return all.filter(({ path }) => (numbered ? parent(path).replace(/_\d+$/, '') : parent(path)) === layer);
  }

  private layerOf({ architecture }: Scope, name: string): LayerSpecification {
    return architecture.layers.get(name) ?? this.broken(`there is no layer ${name}`);
  }

  private broken(message: string): never {
    throw new Failure('model/configuration', `the architecture does not fit together: ${message}`, {
      place: this.file.name,
      remedy: 'Save the model again with Keras 2, model.save("model.h5").',
    });
  }

  private unknown(application: Application, className: string): never {
    if (className === 'Lambda')
      application.refuse(
        'model/unknown-layer',
        'a Lambda layer holds Python code, which is never run',
        'Replace it by Keras layers, or export the model to ONNX with tf2onnx.',
      );
    return application.refuse(
      'model/unknown-layer',
      `the layer class ${className} is not supported`,
      `If it is another name of a Keras layer, say so: custom_layers: { ${className}: "Conv1D" }; else export the model to ONNX with tf2onnx.`,
    );
  }
}

/** Names of all layers of a model and of the models in it. */
const layerNames = ({ layers }: Architecture): string[] =>
  [...layers.values()].flatMap(({ name, model }) => [name, ...(model ? layerNames(model) : [])]);

const key = (layer: string, call: number): string => `${layer}\n${call}`;
