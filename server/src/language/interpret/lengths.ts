/** Whether sequences are as long as the model reads: where a declaration brings the two together, and what is known. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { findEntry } from '../../catalog/index.js';
import type { Entry } from '../../catalog/index.js';
import type { WrittenCall } from '../experiment.js';
import { isCall } from '../generated/ast.js';
import type { Call, Definition } from '../generated/ast.js';
import type { Problem } from '../problems.js';
import { dataOrigin, declaredInputLength, definitionOf, headCall, modelOf } from './facts.js';
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

/** Length in bp of the examples of a source whose catalog entry has a `length`: those that make sequences themselves. */
export function declaredExampleLength(source: WrittenCall): number | undefined {
  const parameters: Entry['parameters'] = findEntry('source', source.name)?.parameters ?? {};
  const length = source.arguments['length'] ?? parameters['length']?.default;
  return typeof length === 'number' ? length : undefined;
}

/** A mismatch that the text alone shows; files are not read. */
export function lengthProblem(pair: Pair, context: Context): Problem | undefined {
  const source = headCall(dataOrigin(pair.data), context);
  const length = source && declaredExampleLength(source);
  return length === undefined ? undefined : compareLengths(pair, [length, length], context);
}

/** The length that a pair's model reads against the shortest and longest example (bp). */
export function compareLengths(
  pair: Pair,
  [shortest, longest]: readonly [number, number],
  context: Context,
): Problem | undefined {
  const model = modelOf(pair.target);
  const call = model && headCall(model, context);
  const length = call && declaredInputLength(call);
  if (model === undefined || length === undefined || (shortest === length && longest === length)) return undefined;
  const found = shortest === longest ? `${shortest} bp long` : `between ${shortest} and ${longest} bp long`;
  return {
    severity: 'error',
    code: 'data/length',
    message: `\`${model.name}\` reads ${length} bp, and the sequences of \`${pair.data.name}\` are ${found}.`,
    remedy: `Give sequences of ${length} bp, the length that the model was trained on.`,
    node: pair.at,
  };
}
