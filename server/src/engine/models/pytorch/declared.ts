/**
 * Weights of PyTorch for a network that the experiment declares. Tensors whose names differ behind the last dot alone are one
 * module, as in `features.0.weight`; modules and layers meet in order, and every shape is compared before a value is read.
 * A state dict has the order in which the network's code names its modules; a file that is sorted by name (safetensors) has none, so
 * that modules of equal shapes must be told apart by the numbers in their names.
 */
import type { PlainCall } from '../../../catalog/specification.js';
import { Failure } from '../../failure.js';
import type { Graph } from '../../graph/graph.js';
import type { Parameter, Shape } from '../network/layer.js';
import { finishedGraph, networkInput, planNetwork } from '../network/network.js';
import { readTensors, type StoredTensor, type TensorFile } from './tensors.js';

export interface DeclaredNetwork {
  readonly layers: PlainCall;
  /** Shape of an example: [channels, positions] or [features]. */
  readonly input: Shape;
  /** Whether the network reads [position, channel]. */
  readonly channelsLast: boolean;
  /** Names of the modules in the order of the layers; all others stay unused. */
  readonly modules?: readonly string[];
}

/** What PyTorch calls the parameters of each layer that has any; of arrays that hold three of them, also which third. */
const NAMES: Readonly<Record<string, Readonly<Record<string, readonly [name: string, third?: number]>>>> = {
  dense: { kernel: ['weight'], bias: ['bias'] },
  conv1d: { kernel: ['weight'], bias: ['bias'] },
  batch_norm: {
    gamma: ['weight'],
    beta: ['bias'],
    moving_mean: ['running_mean'],
    moving_variance: ['running_var'],
  },
  layer_norm: { gamma: ['weight'], beta: ['bias'] },
  // nn.MultiheadAttention
  self_attention: {
    ...Object.fromEntries(
      ['query', 'key', 'value'].flatMap((part, third) => [
        [`${part}/kernel`, ['in_proj_weight', third]],
        [`${part}/bias`, ['in_proj_bias', third]],
      ]),
    ),
    'output/kernel': ['out_proj.weight'],
    'output/bias': ['out_proj.bias'],
  },
};

/** Layers whose kernels PyTorch stores [out, in]. */
const LINEAR = new Set(['dense', 'self_attention']);

/** Counts batches in training; nothing is computed with it. */
const COUNTER = 'num_batches_tracked';

/** A parameter as PyTorch stores it. */
interface Wanted {
  readonly parameter: Parameter;
  /** `weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Order of the stored axes in the parameter. */
  readonly axes: readonly number[];
  /** Which third of the first stored axis it is, where it is not all of it. */
  readonly third?: number | undefined;
}

interface DeclaredLayer {
  readonly name: string;
  readonly wanted: readonly Wanted[];
}

interface Module {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** @throws Failure `model/weights`, `model/modules` where declaration and file disagree, and what planning a network throws */
export async function importDeclared(file: TensorFile, network: DeclaredNetwork): Promise<Graph> {
  const { layers, input, channelsLast } = network;
  const planned = planNetwork(inPyTorch(layers, channelsLast), input);
  const declared = layersOf(planned.parameters);
  const pairs = paired(declared, chosenModules(file, network.modules), file);
  const stored = pairs.flatMap(([{ tensors }, { wanted }]) => wanted.map(one => viewOf(tensors.get(one.name)!, one)));
  const values = await readTensors(stored, file.name);
  const shape = channelsLast ? [...input].reverse() : input;
  return finishedGraph(planned, shape, of => values.get(of)!, file.name, channelsLast ? networkInput : (_, x) => x);
}

/** A parameter as a view of the stored tensor that holds it. */
function viewOf(tensor: StoredTensor, { parameter, axes, third }: Wanted): StoredTensor {
  const { strides, offset } = tensor;
  return {
    ...tensor,
    name: parameter.name,
    shape: parameter.shape,
    strides: axes.map(axis => strides[axis]!),
    offset: offset + (third ?? 0) * (tensor.shape[0]! / 3) * strides[0]!,
  };
}

/** The layers with what PyTorch's own have where the declaration leaves it open. */
function inPyTorch(call: PlainCall, channelsLast: boolean): PlainCall {
  const own: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
    batch_norm: { epsilon: 1e-5 },
    layer_norm: { epsilon: 1e-5 },
    leaky_relu: { slope: 0.01 },
    flatten: { fastest: channelsLast ? 'channels' : 'positions' },
  };
  const parameters = Object.entries(call.parameters).map(([name, value]) => {
    if (name === 'layers')
      return [name, (value as unknown as PlainCall[]).map(layer => inPyTorch(layer, channelsLast))];
    return [name, value === 'auto' ? (own[call.call]?.[name] ?? value) : value];
  });
  return { ...call, parameters: Object.fromEntries(parameters) as PlainCall['parameters'] };
}

function layersOf(parameters: readonly Parameter[]): DeclaredLayer[] {
  const layers = new Map<string, Wanted[]>();
  for (const parameter of parameters) {
    // The last part with a number is the layer's, as in residual_1/self_attention_1/query/kernel.
    const [, layer = '', entry = '', own = ''] = /^((?:.*\/)?([a-z0-9_]+)_\d+)\/(.*)$/.exec(parameter.name) ?? [];
    const [name, third] = NAMES[entry]?.[own] ?? [];
    if (name === undefined)
      throw new Failure('model/weights', `weights of PyTorch are not known for ${entry}`, {
        place: `layer ${layer} of the network`,
        remedy: 'Leave it out, or export the model with torch.onnx.export and open it with onnx("…").',
      });
    const transposed = LINEAR.has(entry) && parameter.shape.length === 2;
    const [first = 1, ...rest] = transposed ? [...parameter.shape].reverse() : parameter.shape;
    const shape = [third === undefined ? first : 3 * first, ...rest];
    const axes = transposed ? [1, 0] : shape.map((_, axis) => axis);
    layers.set(layer, [...(layers.get(layer) ?? []), { parameter, name, shape, axes, third }]);
  }
  return [...layers].map(([name, wanted]) => ({ name, wanted }));
}

/** Tensors by module. The projection behind an attention is a module in a module, and one of its arrays here. */
function modulesOf({ tensors }: TensorFile): Module[] {
  const names = new Set(tensors.map(({ name }) => name));
  const modules = new Map<string, Map<string, StoredTensor>>();
  for (const tensor of tensors) {
    const behind = tensor.name.replace(/out_proj\.[^.]*$/, '');
    const begin = names.has(`${behind}in_proj_weight`) ? behind.length : tensor.name.lastIndexOf('.') + 1;
    const [module, name] = [tensor.name.slice(0, Math.max(0, begin - 1)), tensor.name.slice(begin)];
    if (name === COUNTER) continue;
    modules.set(module, (modules.get(module) ?? new Map<string, StoredTensor>()).set(name, tensor));
  }
  return [...modules].map(([name, own]) => ({ name, tensors: own }));
}

/** The modules of the file, or those that are asked for, in this order. */
function chosenModules(
  file: TensorFile,
  asked: readonly string[] | undefined,
): { modules: Module[]; ordered: boolean } {
  const modules = modulesOf(file);
  if (asked === undefined) return { modules, ordered: file.ordered };
  const chosen = asked.map(wanted => {
    const found = modules.find(({ name }) => name === wanted);
    if (found !== undefined) return found;
    throw new Failure('model/modules', `the file has no module ${JSON.stringify(wanted)}`, {
      place: file.name,
      remedy: `It has ${listed(modules.map(({ name }) => JSON.stringify(name)))}.`,
    });
  });
  return { modules: chosen, ordered: true };
}

const text = (tensors: readonly (readonly [string, readonly number[]])[]): string =>
  tensors.map(([name, shape]) => `${name} [${shape.join(', ')}]`).join(', ');
const declaredText = ({ wanted }: DeclaredLayer): string =>
  text([...new Map(wanted.map(({ name, shape }) => [name, shape]))]);
const storedText = ({ tensors }: Module): string => text([...tensors].map(([name, { shape }]) => [name, shape]));

/** Shapes by name, in one order. */
const signature = (shapes: string): string =>
  shapes
    .split(/(?<=\]), /)
    .sort()
    .join();
const fits = (module: Module, layer: DeclaredLayer): boolean =>
  signature(storedText(module)) === signature(declaredText(layer));

/** Items in a sentence. */
const listed = (items: readonly string[], most = 12, separator = ', '): string =>
  items.slice(0, most).join(separator) + (items.length > most ? `${separator}and ${items.length - most} more` : '');

/** What is found beside what is declared; one of the two may be missing. */
type Pair = readonly [Module | undefined, DeclaredLayer | undefined];

/** Each layer with its module. @throws Failure that lists what is missing, surplus, or of another shape */
function paired(
  layers: readonly DeclaredLayer[],
  { modules, ordered }: { modules: readonly Module[]; ordered: boolean },
  file: TensorFile,
): (readonly [Module, DeclaredLayer])[] {
  const pairs: Pair[] = ordered
    ? Array.from({ length: Math.max(layers.length, modules.length) }, (_, i) => [modules[i], layers[i]])
    : byShape(layers, modules, file);
  const wrong = pairs.flatMap(([module, layer]) => {
    if (module === undefined) return `nothing in the file is left for ${layer!.name} with ${declaredText(layer!)}`;
    if (layer === undefined) return `no layer is declared for ${module.name} with ${storedText(module)}`;
    if (fits(module, layer)) return [];
    return `${layer.name} declares ${declaredText(layer)}, and ${module.name} has ${storedText(module)}`;
  });
  if (wrong.length === 0) return pairs as [Module, DeclaredLayer][];
  throw new Failure('model/weights', `network and file disagree: ${listed(wrong, 5, '; ')}`, {
    place: file.name,
    remedy: `Change the network, or name the modules that it is made of in the order of its layers: modules: [${listed(modules.map(quoted))}].`,
  });
}

const quoted = ({ name }: Module): string => JSON.stringify(name);

/** Pairs in a file without an order. @throws Failure `model/modules` where shapes and numbers leave it open */
function byShape(layers: readonly DeclaredLayer[], modules: readonly Module[], { name: place }: TensorFile): Pair[] {
  const waiting = new Map<string, Module[]>();
  for (const module of modules) {
    const shapes = signature(storedText(module));
    waiting.set(shapes, [...(waiting.get(shapes) ?? []), module]);
  }
  for (const alike of waiting.values())
    alike.sort((a, b) => {
      const order = byNumber(a.name, b.name);
      if (order !== undefined) return order;
      throw new Failure(
        'model/modules',
        `the file does not say in which order ${listed([a, b].map(quoted))} are applied, both with ${storedText(a)}`,
        { place, remedy: 'Name all modules in the order of the layers: modules: ["conv1", "conv2", …].' },
      );
    });
  const pairs = layers.map((layer): Pair => [waiting.get(signature(declaredText(layer)))?.shift(), layer]);
  return [...pairs, ...[...waiting.values()].flat().map((module): Pair => [module, undefined])];
}

/** `layers.2.conv` before `layers.10.conv`: by the number in which the first part that differs ends, if that is all. */
function byNumber(a: string, b: string): number | undefined {
  const [left, right] = [a, b].map(name => name.split('.')) as [string[], string[]];
  const at = left.findIndex((part, i) => part !== right[i]);
  const [from, to] = [left, right].map(parts => /^(.*?)(\d+)$/.exec(parts[at] ?? ''));
  return from && to && from[1] === to[1] ? Number(from[2]) - Number(to[2]) : undefined;
}

/** A declaration that the weights would fit, as far as they show it. */
export function draft(file: TensorFile): string {
  const layers = modulesOf(file).map(({ tensors }) => {
    const shape = tensors.get('weight')?.shape ?? [];
    const [out] = shape;
    if (tensors.has('running_mean')) return 'batch_norm';
    if (shape.length === 3) return `conv1d(${out}, ${shape[2]})`;
    return shape.length === 2 ? `dense(${out})` : shape.length === 1 ? 'layer_norm' : '…';
  });
  return `layers([${listed(layers)}])`;
}
