/** Chooses the explained number: adds to a model the nodes that pick one value per example. */
import type { ParametersOf, PlainCall } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/targets.js';
import { Failure } from '../failure.js';
import type { GraphBuilder } from '../graph/builder.js';
import { sizeOf, type Node } from '../graph/graph.js';
import { belongsTo, findLayer, flatIndex } from './layers.js';

/** A model output: its name in the file and the value that holds it. */
export interface NamedOutput {
  readonly name: string;
  readonly value: string;
}

/** What a target chooses from. */
export interface TargetScope {
  readonly builder: GraphBuilder;
  /** The model's outputs in the builder. */
  readonly outputs: readonly NamedOutput[];
  /** Names of the output units, where the experiment gives them. */
  readonly classes?: readonly string[] | undefined;
  /** What stands for targets that differ between examples, in a graph for examples that have it in common. */
  readonly chosen?: ChosenClasses | undefined;
}

/** Targets that are another unit for each example. */
export type PerExample = 'true_class' | 'predicted_class';

/** Numbers of classes, counted from 0. */
export type ChosenClasses = { readonly [Name in PerExample]?: number };

type Choice<Parameters> = (scope: TargetScope, parameters: Parameters) => string;

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
/** Activations whose input is the logit. */
export const SQUASHING = new Set(['Sigmoid', 'Softmax', 'LogSoftmax']);
export const REARRANGING = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/** The targets by catalog name. */
export const TARGETS: { readonly [Name in keyof Specifications]: Choice<ParametersOf<Specifications[Name]>> } = {
  logit: (scope, { index, name }) => unit(scope.builder, logits(scope, name), index),
  output: (scope, { name, index }) => unit(scope.builder, outputNamed(scope, name), index),
  class: (scope, { class: wanted, name }) => {
    const { builder, classes } = scope;
    const index = typeof wanted === 'string' ? classes?.indexOf(wanted) : wanted;
    if (index === undefined || index === -1)
      throw new Failure('target/class', `the model has no class ${wanted}`, {
        place: builder.name,
        remedy: classes ? `Its classes are ${classes.join(', ')}.` : 'Name them in the model: classes: ["…", "…"].',
      });
    return unit(builder, logits(scope, name), index);
  },
  before: ({ builder, outputs }, { activation, layer, index }) => {
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
  true_class: (scope, parameters) => ofClass(scope, 'true_class', parameters),
  predicted_class: (scope, parameters) => ofClass(scope, 'predicted_class', parameters),
  difference: (scope, { a, b }) => scope.builder.add('Sub', [selectTarget(scope, a), selectTarget(scope, b)]),
  unit: ({ builder, outputs }, { layer, index }) => {
    const { value, shape } = findLayer(
      builder,
      outputs.map(output => output.value),
      layer,
    );
    return unit(builder, value, typeof index === 'object' ? flatIndex(builder, shape, index) : index);
  },
  window_mean: (scope, { from, to, index, name }) => {
    const { builder } = scope;
    const profile = profileOf(builder, outputNamed(scope, name));
    const [batch, tracks, positions] = builder.shape(profile) as [number, number, number];
    if (from >= to || to > positions)
      throw new Failure('target/window', `positions ${from} to ${to} are no window of a profile of ${positions}`, {
        place: builder.name,
        remedy: `Choose from and to (the position behind the last) within 0 … ${positions}.`,
      });
    const window = builder.add('Slice', [profile, ...[from, to, 2].map(at => builder.integers([at]))]);
    const mean = builder.add('ReduceMean', [window, builder.integers([2])], { keepdims: 0 });
    return unit(builder, builder.add('Reshape', [mean, builder.integers([batch, tracks])]), index);
  },
  profile_score: (scope, { index, name }) => {
    const { builder } = scope;
    const z = profileOf(builder, outputNamed(scope, name));
    const shares = builder.add('StopGradient', [builder.add('Softmax', [z], { axis: 2 })]);
    const mean = builder.add('ReduceMean', [z, builder.integers([2])], { keepdims: 1 });
    const weighted = builder.add('Mul', [shares, builder.add('Sub', [z, mean])]);
    const scores = builder.add('ReduceSum', [weighted, builder.integers([2])], { keepdims: 0 });
    return index === undefined
      ? builder.add('ReduceSum', [scores, builder.integers([1])], { keepdims: 0 })
      : unit(builder, scores, index);
  },
};

/**
 * @returns the value of shape [batch] that the target explains
 * @throws Failure `target/…` when the model has no such value or it has several units and none is chosen
 */
export function selectTarget(scope: TargetScope, target: Pick<PlainCall, 'call' | 'parameters'>): string {
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const choose = TARGETS[target.call as keyof typeof TARGETS] as Choice<unknown> | undefined;
  if (choose === undefined) throw new Error(`no implementation of the target ${target.call}`);
  return choose(scope, target.parameters);
}

/** The targets in a target that are another unit for each example: itself, or those in it. */
export function perExampleIn({ call, parameters }: Pick<PlainCall, 'call' | 'parameters'>): PerExample[] {
  if (call === 'true_class' || call === 'predicted_class') return [call];
  return Object.values(parameters).flatMap(value => (isTarget(value) ? perExampleIn(value) : []));
}

function isTarget(value: unknown): value is PlainCall {
  return typeof value === 'object' && value !== null && 'category' in value && value.category === 'target';
}

/** The values among which classes are chosen: those in front of the final sigmoid or softmax of an output, or of the only one. */
export function logits(scope: TargetScope, name?: string): string {
  return beforeSquashing(scope.builder, outputNamed(scope, name));
}

/** @throws Failure `target/probability` for a model without a final sigmoid or softmax */
function probabilities({ builder, outputs }: TargetScope): string {
  const output = onlyOutput(builder, outputs);
  const last = squashing(builder, output);
  if (last === undefined)
    throw new Failure('target/probability', 'the model does not end with a softmax or sigmoid', {
      place: builder.name,
      remedy: 'Explain the logit: leave out `probability`; or end the network with softmax.',
    });
  return last.operator === 'LogSoftmax' ? builder.add('Exp', [output]) : output;
}

/** The logit of a class, or its probability; a single one speaks for class 1 and against class 0. */
function ofClass(scope: TargetScope, name: PerExample, { probability }: { readonly probability: boolean }): string {
  const { builder, chosen } = scope;
  const index = chosen?.[name];
  if (index === undefined)
    throw new Failure('target/per-example', `${name} is another number for each example`, {
      place: builder.name,
      remedy: 'Explain it with an attribution; elsewhere name the class, such as class("B cell").',
    });
  const value = probability ? probabilities(scope) : logits(scope);
  const units = sizeOf(builder.shape(value).slice(1));
  if (units > 1) return unit(builder, value, index);
  const positive = unit(builder, value, 0);
  if (index !== 0) return positive;
  return probability ? builder.add('Sub', [builder.scalar(1), positive]) : builder.add('Neg', [positive]);
}

function onlyOutput(builder: GraphBuilder, outputs: readonly NamedOutput[]): string {
  if (outputs.length !== 1)
    throw new Failure('target/output', `the model has ${outputs.length} outputs and the target names none`, {
      place: builder.name,
      remedy: `Name one with name: "…": ${outputs.map(o => o.name).join(', ')}.`,
    });
  return outputs[0]!.value;
}

function outputNamed({ builder, outputs }: TargetScope, name: string | undefined): string {
  if (name === undefined) return onlyOutput(builder, outputs);
  const output = outputs.find(candidate => candidate.name === name);
  if (output === undefined)
    throw new Failure('target/output', `the model has no output ${name}`, {
      place: builder.name,
      remedy: `Its outputs are ${outputs.map(o => o.name).join(', ')}.`,
    });
  return output.value;
}

/** The value in front of a final sigmoid or softmax; the output itself where there is none. */
function beforeSquashing(builder: GraphBuilder, output: string): string {
  return squashing(builder, output)?.inputs[0] ?? output;
}

/** The final sigmoid or softmax of an output, whatever rearranges its values behind it. */
function squashing(builder: GraphBuilder, output: string): Node | undefined {
  let node = builder.producer(output);
  while (node !== undefined && REARRANGING.has(node.operator)) node = builder.producer(node.inputs[0]!);
  return node !== undefined && SQUASHING.has(node.operator) ? node : undefined;
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

/** A profile as [batch, track, position]: axes of extent 1 left out, the longer of two taken for the positions. */
function profileOf(builder: GraphBuilder, output: string): string {
  const shape = builder.shape(output);
  const [batch = 1] = shape;
  const axes = shape.slice(1).filter(extent => extent !== 1);
  const [first = 1, second = 1] = axes;
  if (axes.length > 2 || (axes.length === 2 && first === second))
    throw new Failure('target/profile', `an output of shape [${shape.join(', ')}] is no profile over positions`, {
      place: builder.name,
      remedy: 'Name an output of shape [batch, position], [batch, position, track] or [batch, track, position].',
    });
  if (first < second || axes.length < 2)
    return builder.add('Reshape', [
      output,
      builder.integers([batch, (first * second) / Math.max(first, second), Math.max(first, second)]),
    ]);
  const tracksLast = builder.add('Reshape', [output, builder.integers([batch, first, second])]);
  return builder.add('Transpose', [tracksLast], { perm: [0, 2, 1] });
}
