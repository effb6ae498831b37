/** Chooses the explained number: adds to a model the nodes that pick one value per example. */
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/targets.js';
import type { Call } from '../../protocol.js';
import { Failure } from '../failure.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Node } from '../graph/graph.js';

/** A model output: its name in the file and the value that holds it. */
export interface NamedOutput {
  readonly name: string;
  readonly value: string;
}

type Choice<Parameters> = (
  builder: GraphBuilder,
  outputs: readonly NamedOutput[],
  parameters: Parameters,
  classes: readonly string[] | undefined,
) => string;

/** `class` is a reserved word; its entry is exported as `classTarget`. */
type Specifications = Omit<typeof specifications, 'classTarget'> & { class: typeof specifications.classTarget };

/** The ONNX operators of the activations that `before` can name. */
const ACTIVATIONS: Readonly<Record<ParametersOf<Specifications['before']>['activation'], readonly string[]>> = {
  sigmoid: ['Sigmoid'],
  softmax: ['Softmax', 'LogSoftmax'],
  relu: ['Relu'],
  tanh: ['Tanh'],
  softplus: ['Softplus'],
  exp: ['Exp'],
};
const SQUASHING = new Set(['Sigmoid', 'Softmax', 'LogSoftmax']);
const REARRANGING = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/** The targets by catalog name. */
export const TARGETS: { readonly [Name in keyof Specifications]: Choice<ParametersOf<Specifications[Name]>> } = {
  logit: (builder, outputs, { index }) => unit(builder, beforeSquashing(builder, onlyOutput(builder, outputs)), index),
  output: (builder, outputs, { name, index }) => {
    if (name === undefined) return unit(builder, onlyOutput(builder, outputs), index);
    const output = outputs.find(candidate => candidate.name === name);
    if (output === undefined)
      throw new Failure('target/output', `the model has no output ${name}`, {
        place: builder.name,
        remedy: `Its outputs are ${outputs.map(o => o.name).join(', ')}.`,
      });
    return unit(builder, output.value, index);
  },
  class: (builder, outputs, { class: wanted }, classes) => {
    const index = typeof wanted === 'string' ? classes?.indexOf(wanted) : wanted;
    if (index === undefined || index === -1)
      throw new Failure('target/class', `the model has no class ${wanted}`, {
        place: builder.name,
        remedy: classes ? `Its classes are ${classes.join(', ')}.` : 'Name them in the model: classes: ["…", "…"].',
      });
    return unit(builder, beforeSquashing(builder, onlyOutput(builder, outputs)), index);
  },
  before: (builder, outputs, { activation, layer, index }) => {
    const found = builder
      .finish(outputs.map(output => output.value))
      .nodes.filter(node => ACTIVATIONS[activation].includes(node.operator));
    const chosen = layer === undefined ? found.at(-1) : found.find(node => belongsTo(node, layer));
    if (chosen === undefined)
      throw new Failure('target/before', `the model has no ${activation}${layer === undefined ? '' : ` at ${layer}`}`, {
        place: builder.name,
        remedy:
          found.length > 0
            ? `There is one at ${found.map(n => n.name).join(', ')}.`
            : 'See what it has with xome model.',
      });
    return unit(builder, chosen.inputs[0]!, index);
  },
};

/**
 * @param outputs the model's outputs in the builder
 * @param classes names of the output units, where the experiment gives them
 * @returns the value of shape [batch] that the target explains
 * @throws Failure `target/…` when the model has no such value or it has several units and none is chosen
 */
export function selectTarget(
  builder: GraphBuilder,
  outputs: readonly NamedOutput[],
  target: Call,
  classes: readonly string[] | undefined,
): string {
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const choose = TARGETS[target.call as keyof typeof TARGETS] as Choice<unknown> | undefined;
  if (choose === undefined) throw new Error(`no implementation of the target ${target.call}`);
  return choose(builder, outputs, target.parameters, classes);
}

/** Layer `dense_1` owns the nodes `dense_1`, `dense_1/…` and `…/dense_1/…`. */
const belongsTo = (node: Node, layer: string): boolean =>
  node.name === layer || node.outputs[0] === layer || `/${node.name}/`.includes(`/${layer}/`);

function onlyOutput(builder: GraphBuilder, outputs: readonly NamedOutput[]): string {
  if (outputs.length !== 1)
    throw new Failure('target/output', `the model has ${outputs.length} outputs and the target names none`, {
      place: builder.name,
      remedy: `Write output("name"): ${outputs.map(o => o.name).join(', ')}.`,
    });
  return outputs[0]!.value;
}

/** The value in front of a final sigmoid or softmax; the output itself where there is none. */
function beforeSquashing(builder: GraphBuilder, output: string): string {
  let node = builder.producer(output);
  while (node !== undefined && REARRANGING.has(node.operator)) node = builder.producer(node.inputs[0]!);
  return node !== undefined && SQUASHING.has(node.operator) ? node.inputs[0]! : output;
}

/** One unit of a value [batch, …] as [batch]. */
function unit(builder: GraphBuilder, value: string, index: number | undefined): string {
  const [batch = 1, ...rest] = builder.shape(value);
  const units = rest.reduce((product, extent) => product * extent, 1);
  if (index === undefined && units !== 1)
    throw new Failure('target/index', `the explained value has ${units} units for each example`, {
      place: builder.name,
      remedy: `Choose one: index: 0 … ${units - 1}.`,
    });
  const at = index ?? 0;
  if (at >= units)
    throw new Failure('target/index', `index ${at} is outside the ${units} unit(s) of the explained value`, {
      place: builder.name,
      remedy: `Choose 0 … ${units - 1}.`,
    });
  const flat = builder.add('Reshape', [value, builder.integers([batch, units])]);
  const picked = units === 1 ? flat : builder.add('Gather', [flat, builder.integers([at])], { axis: 1 });
  return builder.add('Reshape', [picked, builder.integers([batch])]);
}
