/**
 * Keras models of any generation, architecture and weights, become a graph in the common form: complete HDF5 files, `.keras`
 * archives, an architecture in a file of its own beside weights, and weights of a network that the experiment declares.
 */
import type { PlainCall } from '../../catalog/specification.js';
import { Failure } from '../failure.js';
import type { Axis, Graph } from '../graph/graph.js';
import { Application, kerasName, type Context, type Layer } from './keras/application.js';
import {
  readArchitecture,
  shapeOf,
  type Architecture,
  type LayerSpecification,
  type Reference,
} from './keras/architecture.js';
import { importDeclared } from './keras/declared.js';
import { readArchitectureFile, withKerasFile, type KerasFile } from './keras/file.js';
import { ACTIVATION_LAYERS } from './keras/layers/activation.js';
import { ATTENTION_LAYERS } from './keras/layers/attention.js';
import { CONVOLUTION_LAYERS } from './keras/layers/convolution.js';
import { CORE_LAYERS, NOISE_LAYERS } from './keras/layers/core.js';
import { DENSE_LAYERS } from './keras/layers/dense.js';
import { MERGE_LAYERS } from './keras/layers/merge.js';
import { NORMALISATION_LAYERS } from './keras/layers/normalisation.js';
import { POOLING_LAYERS } from './keras/layers/pooling.js';
import { RECURRENT_LAYERS } from './keras/layers/recurrent.js';
import { SHAPE_LAYERS } from './keras/layers/shape.js';
import { Network, type Value } from './keras/network.js';
import { originOf, type Origin } from './keras/origin.js';
import type { Level, WeightStore } from './keras/weights.js';
import type { Shape } from './network/layer.js';
import type { ImportedModel } from './onnx.js';

const LAYERS: ReadonlyMap<string, Layer> = new Map(
  Object.entries({
    ...CORE_LAYERS,
    ...DENSE_LAYERS,
    ...NOISE_LAYERS,
    ...ACTIVATION_LAYERS,
    ...NORMALISATION_LAYERS,
    ...CONVOLUTION_LAYERS,
    ...POOLING_LAYERS,
    ...SHAPE_LAYERS,
    ...RECURRENT_LAYERS,
    ...ATTENTION_LAYERS,
    ...MERGE_LAYERS,
  }),
);

export interface KerasOptions {
  /** Names of the file's own classes and activation functions, and what each is in Keras: `{ ConvDNA: 'Conv1D' }`. */
  readonly customLayers: Readonly<Record<string, string>>;
  /** The backend that trained the weights, where the file does not say it. */
  readonly backend?: 'tensorflow' | 'theano';
  /** Path of the architecture, `model.to_json()`, where it is not in the file. */
  readonly architecture?: string;
  /** The architecture as the experiment declares it, and the shape of an example. */
  readonly network?: { readonly layers: PlainCall; readonly input: Shape };
}

/**
 * Imports a model. Values keep Keras's axis order; the batch is the symbol `batch`, other open axes are `<input>_axis<k>`. Node
 * names begin with their layer's name.
 *
 * @throws Failure for files that are not Keras models, and for layers that the engine does not know
 */
export async function importKeras(path: string, options: KerasOptions): Promise<ImportedModel> {
  const separate = options.architecture === undefined ? undefined : await readArchitectureFile(options.architecture);
  return withKerasFile(path, file => {
    const { version, container, backend, configuration, weights } = file;
    const origin = originOf(version, backend ?? options.backend);
    const about = {
      format: `Keras ${version ?? '1'}, ${container}`,
      producer: `${origin.backend ?? 'unknown'} backend`,
    };
    if (options.network !== undefined)
      return { ...about, graph: importDeclared(file, origin, options.network.layers, options.network.input) };
    const architecture = separate ?? configuration ?? missingArchitecture(file);
    return { ...about, graph: importArchitecture(architecture, { file: file.name, origin, weights, options }) };
  });
}

/** What an architecture is imported with. */
export interface Source {
  /** Base name, for messages. */
  readonly file: string;
  readonly origin: Origin;
  readonly weights: Pick<WeightStore, 'of'>;
  readonly options: Pick<KerasOptions, 'customLayers'>;
}

/** @param configuration `{class_name, config}` of a model */
export function importArchitecture(configuration: unknown, source: Source): Graph {
  return new Importer(source).import(readArchitecture(configuration, source.file, source.origin.keras));
}

function missingArchitecture({ name }: KerasFile): never {
  throw new Failure('model/weights-only', 'the file holds weights, but not the architecture', {
    place: name,
    remedy:
      'Declare it, network net = layers([…]), and name it: keras("…", network: net); or give the file of model.to_json(): architecture: "model.json".',
  });
}

/** Where an architecture stands: the outermost model, or a model nested in it. */
interface Scope {
  readonly architecture: Architecture;
  /** Prefix of constants: names of the models around, each with a slash. */
  readonly path: string;
  /** Prefix of nodes, which tells applications of one model apart. */
  readonly prefix: string;
  /** The layers that are the models around, outermost first. */
  readonly around: readonly Level[];
  /** Outputs of applications so far, by layer and call; undefined while they are being written. */
  readonly outputs: Map<string, readonly Value[] | undefined>;
}

class Importer {
  private readonly network = new Network();
  private readonly classes = new Set<string>();

  constructor(private readonly source: Source) {}

  import(architecture: Architecture): Graph {
    this.gatherClasses(architecture);
    const scope: Scope = { architecture, path: '', prefix: '', around: [], outputs: new Map() };
    const inputs = architecture.inputs.map(reference => this.declare(scope, reference));
    const outputs = architecture.outputs.map(reference => this.valueOf(scope, reference));
    return this.network.finish(this.source.file, inputs, outputs);
  }

  private gatherClasses({ layers }: Architecture): void {
    for (const { className, model } of layers.values()) {
      this.classes.add(kerasName(className, this.source.options.customLayers));
      if (model !== undefined) this.gatherClasses(model);
    }
  }

  /** An input of the graph from an InputLayer. */
  private declare(scope: Scope, { layer }: Reference): Value {
    const specification = this.layerOf(scope, layer);
    const application = new Application(this.context(scope, specification, 0), specification.configuration);
    const shape = shapeOf(specification.configuration);
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
    const { name, configuration, calls, model } = specification;
    const made = calls[call];
    if (made === undefined) return this.broken(`layer ${name} has no application ${call}`);
    const inputs = made.inputs.map(input => this.valueOf(scope, input));
    const context = this.context(scope, specification, call);
    if (model !== undefined) return this.applyModel(scope, specification, context, model, inputs);
    const application = new Application(context, configuration);
    const { layer } = this.find(application, specification.className);
    if (made.training && context.kind in NOISE_LAYERS)
      application.refuse(
        'model/training',
        'the layer is called with training=True, so that predictions are random',
        'Build the model without training=True, load the weights, and save it again.',
      );
    return [layer(application, inputs)];
  }

  /** Writes the layers of a nested model; each application of the model has nodes of its own, and shares the weights. */
  private applyModel(
    scope: Scope,
    layer: LayerSpecification,
    context: Context,
    architecture: Architecture,
    inputs: readonly Value[],
  ): Value[] {
    if (inputs.length !== architecture.inputs.length)
      return this.broken(`model ${context.name} has ${inputs.length} inputs, expected ${architecture.inputs.length}`);
    const inner: Scope = {
      architecture,
      path: `${context.path}/`,
      prefix: `${context.prefix}/`,
      around: [...scope.around, { architecture: scope.architecture, layer }],
      outputs: new Map(architecture.inputs.map((input, i) => [key(input.layer, 0), [inputs[i]!]])),
    };
    return architecture.outputs.map(reference => this.valueOf(inner, reference));
  }

  private context(scope: Scope, layer: LayerSpecification, call: number): Context {
    const { file, origin, weights, options } = this.source;
    const { name, className } = layer;
    return {
      network: this.network,
      name: scope.path + name,
      className,
      kind: kerasName(className, options.customLayers),
      file,
      origin,
      path: scope.path + name,
      prefix: `${scope.prefix}${name}${call === 0 ? '' : `/call_${call + 1}`}`,
      customLayers: options.customLayers,
      stored: () => weights.of([...scope.around, { architecture: scope.architecture, layer }]),
      find: (application, wrapped) => this.find(application, wrapped),
      classes: this.classes,
    };
  }

  private layerOf({ architecture }: Scope, name: string): LayerSpecification {
    return architecture.layers.get(name) ?? this.broken(`there is no layer ${name}`);
  }

  private broken(message: string): never {
    throw new Failure('model/configuration', `the architecture does not fit together: ${message}`, {
      place: this.source.file,
      remedy: 'Save the model again with Keras, model.save("model.h5").',
    });
  }

  private find(application: Application, className: string): { kind: string; layer: Layer } {
    const kind = kerasName(className, this.source.options.customLayers);
    const layer = LAYERS.get(kind);
    if (layer !== undefined) return { kind, layer };
    if (kind === 'Lambda')
      application.refuse(
        'model/unknown-layer',
        'a Lambda layer holds Python code, which is never run',
        'Replace it by Keras layers, or export the model to ONNX with tf2onnx.',
      );
    return application.refuse(
      'model/unknown-layer',
      `the layer class ${kind} is not supported`,
      `If it is another name of a Keras layer, say so: custom_layers: { ${kind}: conv1d }; else export the model to ONNX with tf2onnx.`,
    );
  }
}

const key = (layer: string, call: number): string => `${layer}\n${call}`;
