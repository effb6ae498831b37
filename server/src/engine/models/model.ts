/**
 * A model as a function of stored examples: one-hot DNA [batch, position, base], or rows of numbers, in, the explained number out. Reading
 * the file, fitting its input layout to the stored one and choosing the target all happen on the graph.
 */
import { basename } from 'node:path';
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/formats.js';
import type { Call, Target } from '../../protocol.js';
import type { InputSpace } from '../data/input-space.js';
import { pathOf, type Files } from '../data/source.js';
import { Failure } from '../failure.js';
import { GraphBuilder } from '../graph/builder.js';
import { floats, sizeOf, type Graph, type Node, type ValueHeader } from '../graph/graph.js';
import { addHeight } from '../transforms/height.js';
import { scramble, weightLayers } from '../transforms/scramble.js';
import { emit } from '../transforms/specialise.js';
import {
  perExampleIn,
  selectTarget,
  type ChosenClasses,
  type PerExample,
  type TargetScope,
} from '../transforms/target.js';
import { importKeras } from './keras.js';
import type { Shape } from './network/layer.js';
import { importOnnx, type ImportedModel } from './onnx.js';
import { importPyTorch } from './pytorch.js';
import { importTfjs } from './tfjs/tfjs.js';

const BASES = 'ACGT';

export type Layout = 'channels_first' | 'channels_last';

type Format = 'onnx' | 'keras' | 'tfjs' | 'pytorch';
type Parameters<Name extends Format> = ParametersOf<(typeof specifications)[Name]>;

/** One reader per format of the catalog. */
export const FORMATS: {
  readonly [Name in Format]: (path: string, parameters: Parameters<Name>, files: Files) => Promise<ImportedModel>;
} = {
  onnx: path => importOnnx(path),
  keras: (path, { custom_layers, architecture, network, backend, input }, files) =>
    importKeras(path, {
      customLayers: custom_layers ?? {},
      ...(backend !== 'auto' && { backend }),
      ...(architecture !== undefined && { architecture: pathOf(architecture, files) }),
      ...(network !== undefined && {
        network: { layers: network, input: exampleShape(input as Call | undefined, path) },
      }),
    }),
  tfjs: (path, { custom_layers }) => importTfjs(path, { customLayers: custom_layers ?? {} }),
  pytorch: (path, { network, modules, key, layout, input }) =>
    importPyTorch(path, {
      ...(key !== undefined && { key }),
      ...(network !== undefined && {
        network: {
          layers: network,
          input: exampleShape(input as Call | undefined, path),
          channelsLast: layout === 'channels_last',
          ...(modules !== undefined && { modules }),
        },
      }),
    }),
};

/** What a declared network reads, from `input: dna(100)`: the file does not say it. */
function exampleShape(input: Call | undefined, path: string): Shape {
  const [size] = Object.values(input?.parameters ?? {}) as number[];
  if (input === undefined || size === undefined)
    throw new Failure('model/input', 'a declared network needs to know what it reads', {
      place: basename(path),
      remedy: 'Add it to the model: input: dna(length).',
    });
  return input.call === 'dna' ? [BASES.length, size] : [size];
}

/** The parameters that all formats share. The plan has checked them against the catalog. */
const parametersOf = (call: Call): Parameters<'onnx'> => call.parameters as unknown as Parameters<'onnx'>;

/** @param files content hash → path, as in every message to the engine */
export async function readModel(call: Call, files: Files): Promise<ImportedModel> {
  const read = FORMATS[call.call as keyof typeof FORMATS] as
    ((path: string, parameters: unknown, files: Files) => Promise<ImportedModel>) | undefined;
  if (read === undefined) throw new Error(`no reader of the format ${call.call}`);
  return read(pathOf(parametersOf(call).path, files), call.parameters, files);
}

/** Where position and base stand in a model's input: the shape with axes of extent 1 left in place. */
interface InputForm {
  readonly space: InputSpace;
  /** Of one-hot DNA. */
  readonly layout?: Layout;
  /** Extents behind the batch axis. */
  readonly extents: readonly number[];
  /** The batch size that the file demands. */
  readonly batch: number | undefined;
}

/**
 * Fits `dna(length)` to the shape of a model's input.
 *
 * @param place the model's file, for errors
 * @throws Failure `model/input` when no axis has 4 channels, when both could, or when the length differs
 */
export function inputForm(
  input: ValueHeader,
  length: number | undefined,
  layout: Layout | 'auto',
  place: string,
): InputForm & { readonly layout: Layout } {
  const [batch, ...rest] = input.shape;
  const shown = `[${input.shape.join(', ')}]`;
  const axes = rest.filter(axis => axis !== 1);
  if (axes.length !== 2)
    throw new Failure(
      'model/input',
      `the input ${input.name} has shape ${shown}; [batch, 4, length] or [batch, length, 4] is expected`,
      { place },
    );
  const first = axes[0] === 4 && (typeof axes[1] === 'string' || length === undefined || axes[1] === length);
  const last = axes[1] === 4 && (typeof axes[0] === 'string' || length === undefined || axes[0] === length);
  if (layout === 'auto' && first && last)
    throw new Failure(
      'model/input',
      `the input ${input.name} of shape ${shown} could have its channels first or last`,
      {
        place,
        remedy: 'Add layout: channels_first or layout: channels_last to the model.',
      },
    );
  const chosen: Layout | undefined =
    layout === 'auto' ? (first ? 'channels_first' : last ? 'channels_last' : undefined) : layout;
  const fits = chosen === 'channels_first' ? first : chosen === 'channels_last' ? last : false;
  if (chosen === undefined || !fits)
    throw new Failure(
      'model/input',
      `the input ${input.name} has shape ${shown}, which does not fit dna(${length ?? 'length'})${layout === 'auto' ? '' : ` with ${layout}`}`,
      { place, remedy: 'Give the length that the model was trained on: input: dna(length).' },
    );
  const stated = chosen === 'channels_first' ? axes[1] : axes[0];
  const positions = typeof stated === 'number' ? stated : length;
  if (positions === undefined)
    throw new Failure('model/input', `the length of the input ${input.name} is open`, {
      place,
      remedy: 'Give it in the model: input: dna(length).',
    });
  const extents = rest.map(axis => (typeof axis === 'number' ? axis : positions));
  return {
    space: { alphabet: 'dna', shape: [positions, BASES.length] },
    layout: chosen,
    extents,
    batch: typeof batch === 'number' ? batch : undefined,
  };
}

/**
 * Fits a row of numbers to the shape of a model's input.
 *
 * @throws Failure `model/input` when the input holds another count of numbers
 */
function rowForm(input: ValueHeader, alphabet: 'genotypes' | 'expression', features: number, place: string): InputForm {
  const [batch, ...rest] = input.shape;
  const extents = rest.map(axis => (typeof axis === 'number' ? axis : features));
  if (sizeOf(extents) !== features)
    throw new Failure(
      'model/input',
      `the input ${input.name} has shape [${input.shape.join(', ')}], which does not fit ${alphabet}(${features})`,
      { place, remedy: 'Give the number of features that the model was trained on.' },
    );
  return { space: { alphabet, shape: [features] }, extents, batch: typeof batch === 'number' ? batch : undefined };
}

/** The input that is explained, and what the others are held at, by name. */
interface ChosenInput {
  readonly input: ValueHeader;
  readonly alphabet: Call;
  readonly held: ReadonlyMap<string, number>;
}

/** @throws Failure `model/inputs` when the declaration and the file disagree about the inputs */
function chooseInput(graph: Graph, { input, inputs }: Parameters<'onnx'>): ChosenInput {
  const found = graph.inputs.map(({ name }) => name).join(', ');
  const fail = (message: string, remedy: string): Failure =>
    new Failure('model/inputs', message, { place: graph.name, remedy });
  if (inputs === undefined) {
    const [only, ...others] = graph.inputs;
    if (only === undefined || others.length > 0)
      throw fail(
        `the model has ${graph.inputs.length} inputs (${found}); one is expected`,
        'Name them all: inputs: { sequence: dna(2114), control: zeros }.',
      );
    if (input === undefined)
      throw fail('nothing is said of what the model reads', 'Add it to the model: input: dna(length).');
    return { input: only, alphabet: input as Call, held: new Map() };
  }
  const held = new Map<string, number>();
  const explained: { input: ValueHeader; alphabet: Call }[] = [];
  for (const header of graph.inputs) {
    const given = inputs[header.name];
    if (given === undefined) throw fail(`nothing is said of the input ${header.name}`, `The model reads ${found}.`);
    if (typeof given === 'object') explained.push({ input: header, alphabet: given as Call });
    else held.set(header.name, given === 'zeros' ? 0 : given);
  }
  const extra = Object.keys(inputs).find(name => !graph.inputs.some(known => known.name === name));
  if (extra !== undefined) throw fail(`the model has no input ${extra}`, `It reads ${found}.`);
  const [chosen, ...more] = explained;
  if (chosen === undefined || more.length > 0)
    throw fail(
      `${explained.length} inputs are to be explained; one is expected`,
      'Give one input its alphabet, such as dna(2114), and hold the others at a number.',
    );
  return { ...chosen, held };
}

/** One compiled shape of a model: `x` [batch, …shape of an example] (bases in A, C, G, T order) → `f` [batch]. */
export interface ScalarGraph {
  readonly builder: GraphBuilder;
  /** The forward nodes. */
  readonly nodes: readonly Node[];
  readonly x: string;
  readonly f: string;
}

export class ScalarModel {
  private constructor(
    private readonly imported: ImportedModel,
    private readonly target: Call,
    private readonly classes: readonly string[] | undefined,
    private readonly form: InputForm,
    private readonly order: string,
    private readonly held: ReadonlyMap<string, number>,
    private readonly chosenClasses?: ChosenClasses,
    private readonly isReversed = false,
  ) {}

  static async load(target: Target, files: Files): Promise<ScalarModel> {
    const parameters = parametersOf(target.model);
    const { layout, classes } = parameters;
    const imported = await readModel(target.model, files);
    const { graph } = imported;
    const order = parameters.order.toUpperCase();
    if ([...order].sort().join('') !== BASES)
      throw new Failure('model/order', `order: "${parameters.order}" is not an order of the four bases`, {
        place: basename(graph.name),
        remedy: 'Write each of A, C, G and T once, for example order: "ACGT".',
      });
    const chosen = chooseInput(graph, parameters);
    const { alphabet, input } = chosen;
    const [size] = Object.values(alphabet.parameters) as number[];
    const form =
      alphabet.call === 'dna'
        ? inputForm(input, size, layout, graph.name)
        : rowForm(input, alphabet.call as 'genotypes' | 'expression', size ?? 0, graph.name);
    const known = { ...imported, graph: addHeight(graph) };
    return new ScalarModel(known, target.target, classes, form, order, chosen.held);
  }

  /** A network trained in an experiment: it reads examples as they are stored. */
  static trained(graph: Graph, space: InputSpace, target: Call): ScalarModel {
    const known = { graph: addHeight(graph), format: 'trained', producer: 'explainome' };
    const form: InputForm = { space, extents: space.shape, batch: undefined };
    return new ScalarModel(known, target, undefined, form, BASES, new Map());
  }

  /** The targets that are another unit for each example; a graph can be built when all of them are chosen. */
  get perExample(): readonly PerExample[] {
    return perExampleIn(this.target).filter(name => this.chosenClasses?.[name] === undefined);
  }

  /** The model for examples that have these classes. */
  forClasses(classes: ChosenClasses): ScalarModel {
    return this.with({ chosenClasses: classes });
  }

  /** The model that reads the reverse complement of the DNA that it is given. */
  reverseComplemented(): ScalarModel {
    return this.with({ isReversed: !this.isReversed });
  }

  private with(change: {
    readonly imported?: ImportedModel;
    readonly chosenClasses?: ChosenClasses;
    readonly isReversed?: boolean;
  }): ScalarModel {
    const { target, classes, form, order, held } = this;
    const { imported = this.imported, chosenClasses = this.chosenClasses, isReversed = this.isReversed } = change;
    return new ScalarModel(imported, target, classes, form, order, held, chosenClasses, isReversed);
  }

  /** Layers with weights of their own. */
  get weightLayers(): number {
    return weightLayers(this.imported.graph).length;
  }

  /** The model with the weights of its last layers permuted (scramble.ts). */
  scrambled(layers: number, seed: number): ScalarModel {
    return this.rewritten(graph => scramble(graph, layers, seed));
  }

  /** The same target of another graph with the same inputs and outputs. */
  rewritten(rewrite: (graph: Graph) => Graph): ScalarModel {
    return this.with({ imported: { ...this.imported, graph: addHeight(rewrite(this.imported.graph)) } });
  }

  /** Name of the file. */
  get name(): string {
    return this.imported.graph.name;
  }

  get space(): InputSpace {
    return this.form.space;
  }

  /** Extents of an example: [positions, 4], or [features]. */
  get shape(): readonly number[] {
    return this.form.space.shape;
  }

  /** Numbers of an example. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Positions of a sequence, or features of a row. */
  get length(): number {
    return this.shape[0]!;
  }

  /** The batch size to compile for: what is wanted, unless the file fixes its own. */
  batch(wanted: number): number {
    return this.form.batch ?? wanted;
  }

  /** Adds the model to a builder, reading from a value of shape [batch, …shape]; returns f. */
  attach(builder: GraphBuilder, x: string): string {
    return selectTarget(this.attachOutputs(builder, x), this.target);
  }

  /** Adds the model to a builder without choosing what is explained. */
  attachOutputs(builder: GraphBuilder, x: string): TargetScope {
    const { imported, form, order, held } = this;
    const { graph } = imported;
    const batch = builder.shape(x)[0]!;
    let value = x;
    if (this.isReversed) {
      const turned = (size: number): string => builder.integers(Array.from({ length: size }, (_, at) => size - 1 - at));
      // A, C, G, T from the end are their complements.
      value = builder.add('Gather', [value, turned(this.length)], { axis: 1 });
      value = builder.add('Gather', [value, turned(BASES.length)], { axis: 2 });
    }
    if (form.layout !== undefined && order !== BASES) {
      const indices = [...order].map(base => BASES.indexOf(base));
      value = builder.add('Gather', [value, builder.integers(indices)], { axis: 2 });
    }
    if (form.layout === 'channels_first') value = builder.add('Transpose', [value], { perm: [0, 2, 1] });
    const shape = [batch, ...form.extents];
    if (shape.length !== builder.shape(value).length) value = builder.add('Reshape', [value, builder.integers(shape)]);
    const inputs = graph.inputs.map(header => {
      const number = held.get(header.name);
      return number === undefined ? value : this.constantInput(builder, header, number, batch);
    });
    const outputs = emit(builder, graph, inputs);
    const named = graph.outputs.map(({ name }, i) => ({ name, value: outputs[i]! }));
    return { builder, outputs: named, classes: this.classes, chosen: this.chosenClasses };
  }

  /** An input that is the same number everywhere; its open axes have the extent of the batch or of the explained input. */
  private constantInput(
    builder: GraphBuilder,
    { name, shape, type }: ValueHeader,
    held: number,
    batch: number,
  ): string {
    if (type !== 'float32')
      throw new Failure(
        'model/inputs',
        `the input ${name} holds ${type}, and only float32 inputs can be held at a number`,
        {
          place: this.name,
        },
      );
    const extents = shape.map((axis, i) => (i === 0 ? batch : typeof axis === 'number' ? axis : this.length));
    return builder.constant(floats(extents, new Float32Array(sizeOf(extents)).fill(held)));
  }

  /** The forward graph for a batch. */
  build(batch: number): ScalarGraph {
    const builder = new GraphBuilder(this.imported.graph.name);
    const x = builder.input('explained~x', 'float32', [batch, ...this.shape]);
    const f = this.attach(builder, x);
    return { builder, nodes: builder.finish([f]).nodes, x, f };
  }
}
