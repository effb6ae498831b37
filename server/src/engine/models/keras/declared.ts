/**
 * Weights of Keras for a network that the experiment declares. Layers meet in order, as `load_weights` of Keras does it; every
 * count and shape is compared, and the first disagreement is named.
 */
import type { PlainCall } from '../../../catalog/specification.js';
import { Failure } from '../../failure.js';
import type { Graph, Tensor } from '../../graph/graph.js';
import type { Parameter, Shape } from '../network/layer.js';
import { finishedGraph, planNetwork } from '../network/network.js';
import { converted, permuted } from './conversion.js';
import type { KerasFile } from './file.js';
import type { Origin } from './origin.js';
import type { LayerWeights } from './weights.js';

/** The Keras class of each layer of the catalog that has parameters. */
const CLASSES: Readonly<Record<string, string>> = {
  dense: 'Dense',
  conv1d: 'Conv1D',
  batch_norm: 'BatchNormalization',
  layer_norm: 'LayerNormalization',
};

/** Axes of Keras's array that become those of the parameter; parameters that are not named are the same in both. */
const AXES: Readonly<Record<string, readonly number[]>> = { 'Conv1D kernel': [2, 1, 0] };

interface DeclaredLayer {
  /** `conv1d_2`. */
  readonly name: string;
  readonly className: string;
  readonly parameters: readonly Parameter[];
}

/**
 * @param network a `layers([…])` call
 * @param input shape of an example: [channels, positions] or [features]
 * @throws Failure `model/weights` where declaration and file first disagree
 */
export function importDeclared(file: KerasFile, origin: Origin, network: PlainCall, input: Shape): Graph {
  const planned = planNetwork(network, input);
  const declared = layersOf(planned.parameters);
  const found = file.weights.all(declared.map(({ className }) => className));
  const values = new Map<string, Tensor>();
  declared.forEach((layer, i) => {
    for (const [name, tensor] of fitted(layer, found[i], file, origin)) values.set(name, tensor);
  });
  const extra = found[declared.length];
  if (extra !== undefined)
    throw new Failure('model/weights', `the network has no layer for the weights ${shapesOf(extra)}`, {
      place: `layer ${extra.layer} of ${file.name}`,
      remedy: `The network has ${declared.length} layers with weights, the file ${found.length}: add what is missing.`,
    });
  // Examples are stored with positions in front of channels.
  return finishedGraph(planned, [...input].reverse(), parameter => values.get(parameter)!, file.name);
}

/** The layers that have parameters. A parameter is `dense_1/kernel`, of a part of a layer `self_attention_1/query/kernel`. */
function layersOf(parameters: readonly Parameter[]): DeclaredLayer[] {
  const layers = new Map<string, Parameter[]>();
  for (const parameter of parameters) {
    const name = /^.*_\d+(?=\/)/.exec(parameter.name)![0];
    layers.set(name, [...(layers.get(name) ?? []), parameter]);
  }
  return [...layers].map(([name, own]) => {
    const entry = name.slice(name.lastIndexOf('/') + 1).replace(/_\d+$/, '');
    const className = CLASSES[entry];
    if (className === undefined)
      throw new Failure('model/weights', `Keras has no layer like ${entry}, so its files hold none`, {
        place: `layer ${name} of the network`,
        remedy: 'Leave it out, or train the network in the experiment.',
      });
    return { name, className, parameters: own };
  });
}

const stem = ({ name }: Parameter): string => name.slice(name.lastIndexOf('/') + 1);

const axesOf = ({ className }: DeclaredLayer, parameter: Parameter): readonly number[] =>
  AXES[`${className} ${stem(parameter)}`] ?? parameter.shape.map((_, axis) => axis);

/** The weights of a layer as its parameters. */
function fitted(
  layer: DeclaredLayer,
  found: LayerWeights | undefined,
  file: KerasFile,
  origin: Origin,
): (readonly [string, Tensor])[] {
  const { name, className, parameters } = layer;
  const declared = parameters
    .map(parameter => `${stem(parameter)} [${storedShape(layer, parameter).join(', ')}]`)
    .join(', ');
  const fail = (message: string, remedy: string): never => {
    throw new Failure('model/weights', message, {
      place: found === undefined ? file.name : `layer ${found.layer} of ${file.name}`,
      remedy,
    });
  };
  if (found === undefined) {
    const message = `the network's layer ${name} declares ${declared}, and the file has no further weights`;
    return fail(message, 'Leave the layer out of the network, or give another file.');
  }
  const place = `layer ${found.layer} of ${file.name}`;
  const weights = converted({ className, channelsFirst: false, origin, place }, found.weights);
  const fits =
    weights.length === parameters.length &&
    parameters.every((parameter, i) => storedShape(layer, parameter).join() === weights[i]!.tensor.shape.join());
  if (!fits)
    fail(
      `the network's layer ${name} declares ${declared}, and the file has ${shapesOf({ ...found, weights })}`,
      'Change the network so that its layers have the shapes of the file.',
    );
  return parameters.map((parameter, i) => [parameter.name, permuted(weights[i]!.tensor, axesOf(layer, parameter))]);
}

/** A parameter's shape as Keras stores it. */
function storedShape(layer: DeclaredLayer, parameter: Parameter): number[] {
  const axes = axesOf(layer, parameter);
  return parameter.shape.map((_, axis) => parameter.shape[axes.indexOf(axis)]!);
}

const shapesOf = ({ weights }: LayerWeights): string =>
  weights
    .map(({ path, tensor }) => `${path.split('/').at(-1)!.replace(/:\d+$/, '')} [${tensor.shape.join(', ')}]`)
    .join(', ') || 'none';
