/**
 * A document as lints read it: calls with their values, attributions with the methods, targets and data behind them. Parts
 * that have errors are left out; the checks of the language report them.
 */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { AstUtils } from 'langium';
import type { AstNode, DocumentationProvider, LangiumDocument } from 'langium';
import { findEntry, isWrapper } from '../../catalog/index.js';
import type { Category, Entry, Kind, PlainValue } from '../../catalog/index.js';
import { expectedAt } from '../expected.js';
import type { WrittenCall, WrittenValue } from '../experiment.js';
import { isAction, isCall, isDefinition, isExpectation, isList, isPipeline, isRecord } from '../generated/ast.js';
import type { Action, Argument, Call, Definition, Expectation, Pipeline, Value } from '../generated/ast.js';
import { definitionsOf, experimentOf } from '../imports.js';
import { attributionFacts, definitionOf, inputOf } from '../interpret/facts.js';
import type { Context } from '../interpret/context.js';
import { interpretCall, parameterOf } from '../interpret/values.js';
import { partOf } from '../tree.js';

/** A call of a catalog entry, with the values that the text gives. */
export interface Called {
  readonly node: Call;
  readonly entry: Entry;
  readonly values: WrittenCall['arguments'];
}

/** One attribution, or the part of a benchmark that one of its methods makes for one target. */
export interface Explanation {
  readonly declared: Definition;
  /** The method that is called, then the method in it, and so on; empty where it cannot be read. */
  readonly methods: readonly Called[];
  readonly target: Definition;
  /** The data set that is explained. */
  readonly data: Definition | undefined;
}

/** A metric, declared or listed in a benchmark, and the attributions that it measures. */
export interface Measured {
  readonly declared: Definition;
  readonly called: Called;
  readonly subjects: readonly Definition[];
}

/** A data set as its source and every stage since, through all names. */
export interface Lineage {
  readonly origin: Definition;
  readonly stages: readonly { readonly called: Called; readonly definition: Definition }[];
}

/** Declarations that a lineage is followed through: nobody writes more, and every lint follows every one. */
const LONGEST = 50;

export class Reading {
  readonly definitions: readonly Definition[];
  readonly expectations: readonly Expectation[];
  readonly actions: readonly Action[];
  private readonly known = new Map<Call, Called | undefined>();
  private readonly everyCall: readonly Call[];
  private readonly uses = new Map<Definition, Call[]>();
  private explained: readonly Explanation[] | undefined;
  private measurements: readonly Measured[] | undefined;

  constructor(
    readonly document: LangiumDocument,
    private readonly context: Context,
    private readonly documentation: DocumentationProvider,
  ) {
    const items = experimentOf(document)?.items ?? [];
    this.definitions = definitionsOf(document).filter(({ name, value }) => name !== undefined && value !== undefined);
    this.expectations = items.filter(isExpectation);
    this.actions = items.filter(isAction);
    this.everyCall = [...this.definitions.flatMap(({ value }) => callsOf(value)), ...this.actions.flatMap(callsOf)];
    for (const call of this.everyCall) {
      const named = call.callee?.ref;
      if (!isDefinition(named)) continue;
      const uses = this.uses.get(named);
      if (uses) uses.push(call);
      else this.uses.set(named, [call]);
    }
  }

  declared(kind: Kind): Definition[] {
    return this.definitions.filter(definition => definition.kind === kind);
  }

  /** Calls in this document of entries of a category, all or those of these names. */
  calls(category: Category, ...names: readonly string[]): Called[] {
    return this.everyCall
      .filter(call => names.length === 0 || names.includes(call.callee?.$refText ?? ''))
      .map(call => this.called(call))
      .filter(called => called?.entry.category === category)
      .filter(called => called !== undefined);
  }

  /** Undefined where a declared name stands, or the call has errors. */
  called(call: Call | undefined): Called | undefined {
    if (call === undefined) return undefined;
    if (!this.known.has(call)) this.known.set(call, this.read(call));
    return this.known.get(call);
  }

  private read(call: Call): Called | undefined {
    const named = call.callee?.ref;
    if (named === undefined) return undefined;
    const { place } = expectedAt(call);
    if (isDefinition(named) && place.kinds.includes(named.kind)) return undefined;
    const entry = place.categories.map(category => findEntry(category, named.name)).find(found => found !== undefined);
    if (entry === undefined) return undefined;
    // The wrappers of a benchmark have no method of their own.
    const without = entry.category === 'method' && isWrapper(entry) && isList(call.$container) ? 'method' : undefined;
    const written =
      interpretCall(call, entry, this.context) ?? (without && interpretCall(call, entry, this.context, without));
    return written && { node: call, entry, values: written.arguments };
  }

  /** The call behind a call or a name: of a declared method, reference or network, what its head calls. */
  resolved(call: Call | undefined): Called | undefined {
    const named = call?.callee?.ref;
    return this.called(call) ?? (isDefinition(named) ? this.called(named.value?.head) : undefined);
  }

  /** The value of a parameter that is a call, or names a declaration that holds one. */
  inner(called: Called, parameter: string): Called | undefined {
    const value = argumentOf(called, parameter)?.value;
    return isCall(value) ? this.resolved(value) : undefined;
  }

  /** A method, the method in it, and so on. */
  methodsFrom(call: Call | undefined): Called[] {
    const methods: Called[] = [];
    for (let next = this.resolved(call); next?.entry.category === 'method'; next = this.inner(next, 'method')) {
      if (methods.includes(next)) break;
      methods.push(next);
    }
    return methods;
  }

  /** Everything that is explained in this document. */
  explanations(): readonly Explanation[] {
    return (this.explained ??= this.findExplanations());
  }

  private findExplanations(): Explanation[] {
    const attributions = this.declared('attribution').flatMap(declared => {
      const { target, data } = attributionFacts(declared);
      if (target === undefined || definitionOf(declared.value.head, 'attribution')) return [];
      return [{ declared, methods: this.methodsFrom(declared.value.head), target, data }];
    });
    const crossed = this.declared('benchmark').flatMap(declared => {
      const targets = declared.value.subjects.map(subject => definitionOf(subject, 'target'));
      const data = definitionOf(declared.value.data, 'data');
      return listOf(this.called(declared.value.head), 'methods').flatMap(method =>
        targets.flatMap(target => (target ? [{ declared, methods: this.methodsFrom(method), target, data }] : [])),
      );
    });
    return [...attributions, ...crossed];
  }

  /** Every metric of this document that is of attributions, or in a benchmark. */
  measured(): readonly Measured[] {
    return (this.measurements ??= this.findMeasured());
  }

  private findMeasured(): Measured[] {
    const metrics = this.declared('metric').flatMap(declared => {
      const called = this.called(declared.value.head);
      if (called === undefined) return [];
      const subjects = declared.value.subjects.map(subject => definitionOf(subject, 'attribution'));
      return [{ declared, called, subjects: subjects.filter(subject => subject !== undefined) }];
    });
    const listed = this.declared('benchmark').flatMap(declared =>
      listOf(this.called(declared.value.head), 'metrics').flatMap(metric => {
        const called = this.resolved(metric);
        return called ? [{ declared, called, subjects: [] }] : [];
      }),
    );
    return [...metrics, ...listed];
  }

  /** What a target's network reads: `dna`, `genotypes`, `expression`; undefined where the text does not say. */
  input(target: Definition): { readonly alphabet: string; readonly length?: number } | undefined {
    const input = inputOf(target, this.context);
    return input && { alphabet: input.alphabet.name, ...(input.length !== undefined && { length: input.length }) };
  }

  /** The ensemble that a target belongs to, if it is trained here. */
  ensembleOf(target: Definition): Definition | undefined {
    return definitionOf(target.value?.subjects[0], 'ensemble');
  }

  /** The training that makes an ensemble. */
  trainingOf(ensemble: Definition): Called | undefined {
    return this.called(ensemble.value?.head);
  }

  /** All layers of an ensemble's network, also those inside others, in order. */
  layersOf(ensemble: Definition): Called[] {
    const training = this.trainingOf(ensemble);
    const network = training && this.inner(training, 'network');
    if (network === undefined) return [];
    return callsOf(network.node)
      .map(call => this.called(call))
      .filter(called => called?.entry.category === 'layer')
      .filter(called => called !== undefined);
  }

  lineage(data: Definition): Lineage {
    const chain: Definition[] = [];
    for (
      let next: Definition | undefined = data;
      next !== undefined && !chain.includes(next) && chain.length < LONGEST;
      next = definitionOf(next.value?.head, 'data')
    )
      chain.push(next);
    chain.reverse();
    const stages = chain.flatMap(definition =>
      (definition.value?.stages ?? []).flatMap(stage => {
        const called = this.called(stage);
        return called ? [{ called, definition }] : [];
      }),
    );
    return { origin: chain[0] ?? data, stages };
  }

  /** Calls in this document that name a declaration. */
  usesOf(declared: Definition): readonly Call[] {
    return this.uses.get(declared) ?? [];
  }

  /** The `///` lines of a declaration. */
  documentationOf(declared: Definition): string | undefined {
    return this.documentation.getDocumentation(declared);
  }

  isOwn(node: AstNode): boolean {
    return AstUtils.getDocument(node) === this.document;
  }
}

/** Every call in a clause, outer before inner. By hand: walking whole trees takes most of the time of long documents. */
function callsOf(part: Pipeline | Action | Value | undefined): Call[] {
  if (part === undefined) return [];
  if (isPipeline(part)) return [part.head, ...part.subjects, part.data, ...part.stages].flatMap(callsOf);
  if (isAction(part)) return callsOf(part.call);
  if (isList(part)) return part.elements.flatMap(callsOf);
  if (isRecord(part)) return part.entries.flatMap(({ value }) => callsOf(value));
  return isCall(part) ? [part, ...part.arguments.flatMap(({ value }) => callsOf(value))] : [];
}

/** The value of a parameter, or its default. */
export function valueOf({ values, entry }: Called, parameter: string): WrittenValue | PlainValue | undefined {
  return values[parameter] ?? entry.parameters[parameter]?.default;
}

/** Where a parameter is given. */
export function argumentOf({ node, entry }: Called, parameter: string): Argument | undefined {
  const parameters = Object.entries(entry.parameters);
  return node.arguments.find((argument, index) => parameterOf(argument, index, parameters)?.[0] === parameter);
}

/** The calls in a list that a parameter is given. */
export function listOf(called: Called | undefined, parameter: string): Call[] {
  const value = called && argumentOf(called, parameter)?.value;
  return isList(value) ? value.elements.filter(isCall) : [];
}

/** The declaration around a node. */
export function declarationOf(node: AstNode): Definition | undefined {
  return AstUtils.getContainerOfType(node, isDefinition);
}

/** The range of a property of a node, as the text has it. */
export function rangeOf(node: AstNode, property?: string) {
  return (property === undefined ? node.$cstNode : partOf(node, property))?.range;
}
