/** What is expected at a call or name in the tree: the place it stands in and the keywords that fit there. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { findEntry, keywordsOf } from '../catalog/index.js';
import type { Entry, ParameterSpecification, ValueType } from '../catalog/index.js';
import type { AstNode } from 'langium';
import { isAction, isArgument, isCall, isDefinition, isList, isPair, isPipeline, isRecord } from './generated/ast.js';
import type { Argument, Call } from './generated/ast.js';
import { headEntry } from './interpret/facts.js';
import { parameterOf } from './interpret/values.js';
import { placeIn, placeOfType } from './places.js';
import type { Clause, Place } from './places.js';

export interface Expected {
  readonly place: Place;
  readonly keywords: readonly string[];
}

const NOTHING: Expected = { place: { categories: [], kinds: [] }, keywords: [] };
const CLAUSES: Readonly<Record<string, Clause>> = { head: 'head', subjects: 'of', data: 'on', stages: 'stage' };

/** What may stand at a node that is a call (or a bare name); nothing is known of other nodes. */
export function expectedAt(node: AstNode): Expected {
  if (!isCall(node)) return NOTHING;
  const container = node.$container;
  if (isPipeline(container)) {
    const definition = container.$container;
    const clause = CLAUSES[node.$containerProperty ?? ''];
    if (clause === undefined || !isDefinition(definition)) return NOTHING;
    const head = clause === 'head' ? undefined : headEntry(definition)?.name;
    return { place: placeIn(definition.kind, clause, head) ?? NOTHING.place, keywords: [] };
  }
  if (isAction(container)) return { place: { categories: [container.kind], kinds: [] }, keywords: [] };
  const type = valueType(node);
  return type === undefined ? NOTHING : expectedOf(type);
}

/** Place and keywords of a parameter's type. */
export function expectedOf(type: ValueType): Expected {
  return { place: placeOfType(type), keywords: [...keywordsOf(type), ...fixedWords(type)] };
}

/** Words of the language itself that are values. */
function fixedWords(type: ValueType): readonly string[] {
  if (type.is === 'either') return [...new Set(type.of.flatMap(fixedWords))];
  if (type.is === 'truth') return ['true', 'false'];
  // As a benchmark calls a method without a wrapper.
  return type.is === 'word' ? ['none'] : [];
}

/** The catalog entry that a call means in its place. */
export function entryOf(call: Call): Entry | undefined {
  const name = call.callee?.ref?.name;
  if (name === undefined || isDefinition(call.callee.ref)) return undefined;
  return expectedAt(call)
    .place.categories.map(category => findEntry(category, name))
    .find(entry => entry !== undefined);
}

/** The parameter that an argument fills. */
export function parameterAt(argument: Argument): readonly [string, ParameterSpecification] | undefined {
  const entry = entryOf(argument.$container);
  if (entry === undefined) return undefined;
  return parameterOf(argument, argument.$container.arguments.indexOf(argument), Object.entries(entry.parameters));
}

/** The type that the catalog gives to a value: that of its parameter, inside lists and records that of an element. */
export function valueType(value: AstNode): ValueType | undefined {
  const container = value.$container;
  if (isArgument(container)) return parameterAt(container)?.[1].type;
  if (isList(container)) {
    const type = valueType(container);
    // A variadic parameter given by name takes a list of what its type says.
    return insideOf(type, 'list') ?? type;
  }
  if (isPair(container) && isRecord(container.$container)) return insideOf(valueType(container.$container), 'record');
  return undefined;
}

function insideOf(type: ValueType | undefined, form: 'list' | 'record'): ValueType | undefined {
  if (type === undefined) return undefined;
  if (type.is === 'either') return type.of.map(option => insideOf(option, form)).find(inner => inner !== undefined);
  return type.is === form ? type.of : undefined;
}
