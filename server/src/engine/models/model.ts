/**
 * A model as a function of stored examples: one-hot DNA [batch, position, base] in, the explained number out. Reading
 * the file, fitting its input layout to the stored one and choosing the target all happen on the graph.
 */
import { basename } from 'node:path';
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/formats.js';
import type { Call, Target } from '../../protocol.js';
import { pathOf, type Files } from '../data/source.js';
import { Failure } from '../failure.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph, Node } from '../graph/graph.js';
import { addHeight } from '../transforms/height.js';
import { emit } from '../transforms/specialise.js';
import { selectTarget } from '../transforms/target.js';
import { importKeras } from './keras.js';
import { importOnnx, type ImportedModel } from './onnx.js';

const BASES = 'ACGT';

export type Layout = 'channels_first' | 'channels_last';

type Parameters<Name extends 'onnx' | 'keras'> = ParametersOf<(typeof specifications)[Name]>;

/** One reader per format of the catalog. */
export const FORMATS: {
  readonly [Name in 'onnx' | 'keras']: (path: string, parameters: Parameters<Name>) => Promise<ImportedModel>;
} = {
  onnx: path => importOnnx(path),
  keras: (path, { custom_layers }) => importKeras(path, { customLayers: custom_layers ?? {} }),
};

/** The parameters that all formats share. The plan has checked them against the catalog. */
const parametersOf = (call: Call): Parameters<'onnx'> => call.parameters as unknown as Parameters<'onnx'>;

/** @param files content hash → path, as in every message to the engine */
export async function readModel(call: Call, files: Files): Promise<ImportedModel> {
  const read = FORMATS[call.call as keyof typeof FORMATS] as
    ((path: string, parameters: unknown) => Promise<ImportedModel>) | undefined;
  if (read === undefined) throw new Error(`no reader of the format ${call.call}`);
  return read(pathOf(parametersOf(call).path, files), call.parameters);
}

/** Where position and base stand in a model's input: the shape with axes of extent 1 left in place. */
interface InputForm {
  readonly length: number;
  readonly layout: Layout;
  /** Extents behind the batch axis. */
  readonly extents: readonly number[];
  /** The batch size that the file demands. */
  readonly batch: number | undefined;
}

/**
 * Fits `dna(length)` to the shape of a model's input.
 *
 * @throws Failure `model/input` when no axis has 4 channels, when both could, or when the length differs
 */
export function inputForm(graph: Graph, length: number | undefined, layout: Layout | 'auto'): InputForm {
  const place = graph.name;
  const [input, ...others] = graph.inputs;
  if (input === undefined || others.length > 0)
    throw new Failure(
      'model/inputs',
      `the model has ${graph.inputs.length} inputs (${graph.inputs.map(i => i.name).join(', ')}); one is expected`,
      {
        place,
        remedy: 'Export the model with the DNA sequence as its only input.',
      },
    );
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
  return { length: positions, layout: chosen, extents, batch: typeof batch === 'number' ? batch : undefined };
}

/** One compiled shape of a model: `x` [batch, position, base] in A, C, G, T order → `f` [batch]. */
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
  ) {}

  static async load(target: Target, files: Files): Promise<ScalarModel> {
    const { input, layout, order: written, classes } = parametersOf(target.model);
    const imported = await readModel(target.model, files);
    const { length } = input.parameters as ParametersOf<typeof specifications.dna>;
    const order = written.toUpperCase();
    if ([...order].sort().join('') !== BASES)
      throw new Failure('model/order', `order: "${order}" is not an order of the four bases`, {
        place: basename(imported.graph.name),
        remedy: 'Write each of A, C, G and T once, for example order: "ACGT".',
      });
    const form = inputForm(imported.graph, length, layout);
    return new ScalarModel({ ...imported, graph: addHeight(imported.graph) }, target.target, classes, form, order);
  }

  /** Name of the file. */
  get name(): string {
    return this.imported.graph.name;
  }

  /** Positions of an example. */
  get length(): number {
    return this.form.length;
  }

  /** The batch size to compile for: what is wanted, unless the file fixes its own. */
  batch(wanted: number): number {
    return this.form.batch ?? wanted;
  }

  /** Adds the model to a builder, reading from a value of shape [batch, position, base]. */
  attach(builder: GraphBuilder, x: string): string {
    const { imported, form, order } = this;
    let value = x;
    if (order !== BASES) {
      const indices = [...order].map(base => BASES.indexOf(base));
      value = builder.add('Gather', [value, builder.integers(indices)], { axis: 2 });
    }
    if (form.layout === 'channels_first') value = builder.add('Transpose', [value], { perm: [0, 2, 1] });
    const shape = [builder.shape(x)[0]!, ...form.extents];
    if (shape.length !== 3) value = builder.add('Reshape', [value, builder.integers(shape)]);
    const outputs = emit(builder, imported.graph, [value]);
    const named = imported.graph.outputs.map(({ name }, i) => ({ name, value: outputs[i]! }));
    return selectTarget(builder, named, this.target, this.classes);
  }

  /** The forward graph for a batch. */
  build(batch: number): ScalarGraph {
    const builder = new GraphBuilder(this.imported.graph.name);
    const x = builder.input('explained~x', 'float32', [batch, this.form.length, BASES.length]);
    const f = this.attach(builder, x);
    return { builder, nodes: builder.finish([f]).nodes, x, f };
  }
}
