/** What a declaration is, followed through names and files: the map it yields, the data it explains, the model behind it. */
import { AstUtils } from 'langium';
import { findEntry } from '../../catalog/index.js';
import type { Entry, Kind, MapKind, MethodEntry } from '../../catalog/index.js';
import type { WrittenCall } from '../experiment.js';
import { isCall, isDefinition } from '../generated/ast.js';
import type { Call, Definition } from '../generated/ast.js';
import { placeIn } from '../places.js';
import { ignore } from '../problems.js';
import type { Context } from './context.js';
import { interpretReference } from './values.js';

/** What is known of an attribution. Parts that an error hides are absent. */
export interface AttributionFacts {
  readonly method?: MethodEntry;
  readonly map?: MapKind;
  /** The map sums to f(x) − f(baseline): claimed by the method and untouched by corrections. */
  readonly complete: boolean;
  readonly target?: Definition;
  /** The data set that it explains, behind any plain renaming. */
  readonly data?: Definition;
}

/** The declaration that a call names, if it has one of these kinds. */
export function definitionOf(call: Call | undefined, ...kinds: Kind[]): Definition | undefined {
  const named = call?.callee?.ref;
  return isDefinition(named) && kinds.includes(named.kind as Kind) ? named : undefined;
}

/** The catalog entry called in the head of a declaration, through at most one declared method. */
export function headEntry(definition: Definition): Entry | undefined {
  const head = definition.value?.head?.callee?.ref;
  if (head === undefined) return undefined;
  const categories = placeIn(definition.kind as Kind, 'head')?.categories ?? [];
  if (isDefinition(head) && head.kind === 'method' && definition.kind === 'attribution') return headEntry(head);
  return categories.map(category => findEntry(category, head.name)).find(entry => entry !== undefined);
}

/** Follows an attribution through the names it builds on; a cycle ends in unknown parts. */
export function attributionFacts(definition: Definition, seen = new Set<Definition>()): AttributionFacts {
  if (seen.has(definition) || definition.value === undefined) return { complete: false };
  seen.add(definition);
  const { head, subjects, data, stages } = definition.value;
  const inner = definitionOf(head, 'attribution');
  let facts: AttributionFacts;
  if (inner !== undefined) facts = attributionFacts(inner, seen);
  else {
    const method = headEntry(definition);
    const target = definitionOf(subjects[0], 'target');
    const explained = definitionOf(data, 'data');
    facts = {
      ...(method?.category === 'method' && { method, map: method.produces }),
      complete: method?.category === 'method' && method.complete,
      ...(target !== undefined && { target }),
      ...(explained !== undefined && { data: dataRoot(explained) }),
    };
  }
  for (const stage of stages) {
    const correction = findEntry('correction', stage.callee?.$refText ?? '');
    if (correction === undefined) {
      const { map: _unknown, ...rest } = facts;
      facts = { ...rest, complete: false };
      continue;
    }
    facts = {
      ...facts,
      ...(correction.produces !== 'same' && { map: correction.produces }),
      complete: facts.complete && correction.keepsCompleteness,
    };
  }
  return facts;
}

/** The data set behind plain renamings (`data a = b`): two names of one set are the same data. */
export function dataRoot(definition: Definition, seen = new Set<Definition>()): Definition {
  const inner = definitionOf(definition.value?.head, 'data');
  if (inner === undefined || definition.value.stages.length > 0 || seen.has(definition)) return definition;
  return dataRoot(inner, seen.add(definition));
}

/** The declaration whose source call yields the examples of a data set, before any stage. */
export function dataOrigin(definition: Definition, seen = new Set<Definition>()): Definition {
  const inner = definitionOf(definition.value?.head, 'data');
  return inner === undefined || seen.has(definition) ? definition : dataOrigin(inner, seen.add(definition));
}

/** The model that a target belongs to. */
export function modelOf(target: Definition): Definition | undefined {
  return definitionOf(target.value?.subjects[0], 'model');
}

/** The catalog call in a declaration's head as plain data, without reporting its faults. */
export function headCall(definition: Definition, context: Context): WrittenCall | undefined {
  const place = placeIn(definition.kind as Kind, 'head');
  const head = definition.value?.head;
  if (place === undefined || head === undefined) return undefined;
  const written = interpretReference(head, place, '', { ...context, report: ignore });
  return written?.form === 'call' ? written : undefined;
}

/** Length in bp that a model declares with `input: dna(…)`. */
export function declaredInputLength(model: WrittenCall): number | undefined {
  const input = model.arguments['input'];
  if (typeof input !== 'object' || !('form' in input) || input.form !== 'call') return undefined;
  const length = input.arguments['length'];
  return typeof length === 'number' ? length : undefined;
}

/** Declarations that a declaration names anywhere in its value, each once, in order. */
export function dependenciesOf(definition: Definition): Definition[] {
  if (definition.value === undefined) return [];
  const named = AstUtils.streamAst(definition.value)
    .filter(isCall)
    .map(call => call.callee?.ref)
    .filter(isDefinition);
  return [...new Set(named)];
}
