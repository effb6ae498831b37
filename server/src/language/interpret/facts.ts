/** What a declaration is, followed through names and files: the map it yields, the data it explains, the model behind it. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { findEntry } from '../../catalog/index.js';
import type { AlphabetEntry, Entry, Form, Kind, MethodEntry } from '../../catalog/index.js';
import type { WrittenCall } from '../experiment.js';
import { isCall, isDefinition } from '../generated/ast.js';
import type { Call, Definition } from '../generated/ast.js';
import { placeIn } from '../places.js';
import { ignore } from '../problems.js';
import { nodesOf } from '../tree.js';
import type { Context } from './context.js';
import { interpretReference, parameterOf } from './values.js';

/** What is known of an attribution. Parts that an error hides are absent. */
export interface AttributionFacts {
  readonly method?: MethodEntry;
  readonly map?: Form;
  /** The map sums to f(x) − f(baseline): claimed by the method and untouched by corrections. */
  readonly complete: boolean;
  /** Multipliers and references lie beside the map. */
  readonly multipliers: boolean;
  readonly target?: Definition;
  /** The data set that it explains, behind any plain renaming. */
  readonly data?: Definition;
}

/** The declaration that a call names, if it has one of these kinds. */
export function definitionOf(call: Call | undefined, ...kinds: Kind[]): Definition | undefined {
  const named = call?.callee?.ref;
  return isDefinition(named) && kinds.includes(named.kind) ? named : undefined;
}

/** The catalog entry called in the head of a declaration, through at most one declared method. */
export function headEntry(definition: Definition): Entry | undefined {
  const head = definition.value?.head?.callee?.ref;
  if (head === undefined) return undefined;
  const categories = placeIn(definition.kind, 'head')?.categories ?? [];
  if (isDefinition(head) && head.kind === 'method' && definition.kind === 'attribution') return headEntry(head);
  return categories.map(category => findEntry(category, head.name)).find(entry => entry !== undefined);
}

/** Follows an attribution through the names it builds on; a circle ends in unknown parts. */
export function attributionFacts(definition: Definition): AttributionFacts {
  const chain = chainOf(definition, 'attribution');
  return chain.reduceRight<AttributionFacts>(
    (facts, member, index) => throughStages(index === chain.length - 1 ? methodFacts(member) : facts, member),
    { complete: false, multipliers: false },
  );
}

/** A declaration, the one named in its head, the one named in that one's head, and so on; each once. */
export function chainOf(definition: Definition, kind: Kind): Definition[] {
  const chain = new Set<Definition>();
  let next: Definition | undefined = definition;
  while (next !== undefined && !chain.has(next)) {
    chain.add(next);
    next = definitionOf(next.value?.head, kind);
  }
  return [...chain];
}

/** What the method in the head of an attribution makes, before any stage. */
export function methodFacts(definition: Definition): AttributionFacts {
  const method = headEntry(definition);
  const map = formOf(definition.value?.head);
  const target = definitionOf(definition.value?.subjects[0], 'target');
  const explained = definitionOf(definition.value?.data, 'data');
  return {
    ...(method?.category === 'method' && { method }),
    ...(map !== undefined && { map }),
    complete: method?.category === 'method' && method.complete,
    multipliers: method?.category === 'method' && method.multipliers === true,
    ...(target !== undefined && { target }),
    ...(explained !== undefined && { data: dataRoot(explained) }),
  };
}

/** What a method yields: of a wrapper, what the method in it does. */
export function formOf(call: Call | undefined, depth = 0): Form | undefined {
  const named = call?.callee?.ref;
  if (call === undefined || named === undefined || depth > 16) return undefined;
  if (isDefinition(named)) return named.kind === 'method' ? formOf(named.value?.head, depth + 1) : undefined;
  const entry = findEntry('method', named.name);
  if (entry?.produces !== 'same') return entry?.produces;
  const parameters = Object.entries(entry.parameters);
  const inner = call.arguments.find((argument, index) => parameterOf(argument, index, parameters)?.[0] === 'method');
  return isCall(inner?.value) ? formOf(inner.value, depth + 1) : undefined;
}

function throughStages(before: AttributionFacts, definition: Definition): AttributionFacts {
  let facts = before;
  for (const stage of definition.value?.stages ?? []) {
    const correction = findEntry('correction', stage.callee?.$refText ?? '');
    if (correction === undefined) {
      const { map: _unknown, ...rest } = facts;
      facts = { ...rest, complete: false, multipliers: false };
      continue;
    }
    facts = {
      ...facts,
      ...(correction.produces !== 'same' && { map: correction.produces }),
      complete: facts.complete && correction.keepsCompleteness,
      multipliers: false,
    };
  }
  return facts;
}

/** The data set behind plain renamings (`data a = b`): two names of one set are the same data. */
export function dataRoot(definition: Definition): Definition {
  const chain = chainOf(definition, 'data');
  return chain.find(({ value }) => (value?.stages.length ?? 0) > 0) ?? chain.at(-1) ?? definition;
}

/** The declaration whose source call yields the examples of a data set, before any stage. */
export function dataOrigin(definition: Definition): Definition {
  return chainOf(definition, 'data').at(-1) ?? definition;
}

/** Whether a stage changes how many features the examples of a data set have. */
export function isResized(definition: Definition): boolean {
  return chainOf(definition, 'data').some(({ value }) =>
    value?.stages.some(stage => findEntry('stage', stage.callee?.$refText ?? '')?.resizes === true),
  );
}

/** The model that a target belongs to. */
export function modelOf(target: Definition): Definition | undefined {
  return definitionOf(target.value?.subjects[0], 'model');
}

/** What a target's network reads, as the text says it; an ensemble reads what it was trained on. */
export function inputOf(
  target: Definition,
  context: Context,
): (DeclaredInput & { readonly of: Definition }) | undefined {
  const model = modelOf(target);
  const call = model && headCall(model, context);
  const declared = call && declaredInput(call);
  if (model !== undefined && declared !== undefined) return { ...declared, of: model };
  const ensemble = definitionOf(target.value?.subjects[0], 'ensemble');
  const data = definitionOf(ensemble?.value?.data, 'data');
  const source = data && headCall(dataOrigin(data), context);
  const entry = source && findEntry('source', source.name);
  const alphabet = entry?.yields === undefined ? undefined : findEntry('alphabet', entry.yields);
  if (ensemble === undefined || source === undefined || alphabet === undefined) return undefined;
  const length = entry?.size === undefined ? undefined : source.arguments[entry.size];
  return { alphabet, of: ensemble, ...(typeof length === 'number' && { length }) };
}

/** The catalog call in a declaration's head as plain data, without reporting its faults. */
export function headCall(definition: Definition, context: Context): WrittenCall | undefined {
  const place = placeIn(definition.kind, 'head');
  const head = definition.value?.head;
  if (place === undefined || head === undefined) return undefined;
  const written = interpretReference(head, place, '', { ...context, report: ignore });
  return written?.form === 'call' ? written : undefined;
}

/** What a model reads, as it declares. */
export interface DeclaredInput {
  readonly alphabet: AlphabetEntry;
  /** Positions of a sequence, or features of a row. */
  readonly length?: number;
}

/** The explained input of a model: `input: dna(100)`, or the alphabet among its `inputs`. */
export function declaredInput(model: WrittenCall): DeclaredInput | undefined {
  const { input, inputs } = model.arguments;
  const several =
    typeof inputs === 'object' && 'form' in inputs && inputs.form === 'record' ? Object.values(inputs.entries) : [];
  for (const value of [input, ...several]) {
    if (typeof value !== 'object' || !('form' in value) || value.form !== 'call') continue;
    const alphabet = findEntry('alphabet', value.name);
    if (alphabet === undefined) continue;
    const [length] = Object.values(value.arguments);
    return { alphabet, ...(typeof length === 'number' && { length }) };
  }
  return undefined;
}

/** Declarations that a declaration names anywhere in its value, each once, in order. */
export function dependenciesOf(definition: Definition): Definition[] {
  const named = nodesOf(definition.value)
    .filter(isCall)
    .map(call => call.callee?.ref)
    .filter(isDefinition);
  return [...new Set(named)];
}
