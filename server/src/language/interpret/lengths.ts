/** Whether examples are as long as the model reads: where a declaration brings the two together, and what is known. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { findEntry } from '../../catalog/index.js';
import type { WrittenCall } from '../experiment.js';
import { isCall } from '../generated/ast.js';
import type { Call, Definition } from '../generated/ast.js';
import type { Problem } from '../problems.js';
import { dataOrigin, definitionOf, headCall, inputOf, isResized } from './facts.js';
import type { Context } from './context.js';

/** A target that is computed on a data set, and the call at which the text says so. */
export interface Pair {
  readonly target: Definition;
  readonly data: Definition;
  readonly at: Call;
}

/** Where a declaration brings a target and data together: `of … on`, and stages that ask a target. */
export function pairsIn(definition: Definition): Pair[] {
  const { value } = definition;
  if (value?.head === undefined) return [];
  const on = definitionOf(value.data, 'data');
  if (on !== undefined && value.data !== undefined) {
    const at = value.data;
    const targets = value.subjects.map(subject => definitionOf(subject, 'target'));
    return targets.filter(target => target !== undefined).map(target => ({ target, data: on, at }));
  }
  if (definition.kind !== 'data') return [];
  return value.stages.flatMap(stage =>
    stage.arguments.flatMap(({ value: argument }) => {
      const target = isCall(argument) ? definitionOf(argument, 'target') : undefined;
      return target === undefined ? [] : { target, data: definition, at: stage };
    }),
  );
}

/** What the examples of a source are, as far as is known. */
export interface ExampleForm {
  /** Absent where any row of numbers is meant. */
  readonly alphabet?: string | undefined;
  /** Shortest and longest example: positions of a sequence, or features of a row. */
  readonly length: readonly [number, number];
}

/** The examples of a source whose catalog entry says how long they are: those that make examples themselves. */
export function declaredExamples(source: WrittenCall): ExampleForm | undefined {
  const entry = findEntry('source', source.name);
  if (entry?.size === undefined) return undefined;
  const length = source.arguments[entry.size] ?? entry.parameters[entry.size]?.default;
  return typeof length === 'number'
    ? { ...(entry.yields && { alphabet: entry.yields }), length: [length, length] }
    : undefined;
}

/** A mismatch that the text alone shows; files are not read. */
export function lengthProblem(pair: Pair, context: Context): Problem | undefined {
  const source = headCall(dataOrigin(pair.data), context);
  const examples = source && declaredExamples(source);
  return examples && compareLengths(pair, examples, context);
}

/** What a pair's model reads against the examples. */
export function compareLengths(pair: Pair, examples: ExampleForm, context: Context): Problem | undefined {
  const input = inputOf(pair.target, context);
  if (input === undefined) return undefined;
  const { alphabet, length, of: model } = input;
  const isDna = alphabet.name === 'dna';
  if (examples.alphabet !== undefined && (examples.alphabet === 'dna') !== isDna)
    return {
      severity: 'error',
      code: 'data/alphabet',
      message: `\`${model.name}\` reads ${alphabet.name}, and \`${pair.data.name}\` holds ${examples.alphabet}.`,
      remedy: 'Give data of the kind that the model was trained on.',
      node: pair.at,
    };
  const [shortest, longest] = examples.length;
  if (isResized(pair.data)) return undefined;
  if (length === undefined || (shortest === length && longest === length)) return undefined;
  const unit = isDna ? 'bp' : `${alphabet.feature}s`;
  const found = shortest === longest ? `${shortest} ${unit}` : `${shortest} to ${longest} ${unit}`;
  return {
    severity: 'error',
    code: 'data/length',
    message: `\`${model.name}\` reads ${length} ${unit}, and the examples of \`${pair.data.name}\` have ${found}.`,
    remedy: `Give examples of ${length} ${unit}, as the model was trained on.`,
    node: pair.at,
  };
}
