/** A document without errors as plain data for the plan: the only way out of the language. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { AstUtils, Cancellation, interruptAndCheck, UriUtils } from 'langium';
import type { LangiumDocument } from 'langium';
import type { LangiumServices } from 'langium/lsp';
import type { Declaration, Experiment, WrittenView } from './experiment.js';
import { isAction, isExpectation } from './generated/ast.js';
import type { Action, Definition } from './generated/ast.js';
import { definitionsOf, experimentOf } from './imports.js';
import { interpretDeclaration } from './interpret/declarations.js';
import { interpretExpectation, placeOf } from './interpret/expectations.js';
import { attributionFacts } from './interpret/facts.js';
import { orderOf } from './interpret/order.js';
import type { Context } from './interpret/context.js';
import { idOf, interpretReference } from './interpret/values.js';
import { ignore } from './problems.js';

/**
 * The experiment that a linked document writes down. Its own declarations all take part, imported ones where they are
 * used, each before its first use. Steps aside between declarations.
 *
 * @returns undefined when anything in it, or in what it uses of its imports, is wrong
 * @throws OperationCancelled when a newer text has come
 */
export async function buildExperiment(
  document: LangiumDocument,
  services: LangiumServices,
  cancelToken = Cancellation.CancellationToken.None,
): Promise<Experiment | undefined> {
  const context: Context = { report: ignore, files: services.shared.workspace.FileSystemProvider };
  const items = experimentOf(document)?.items ?? [];
  const expectations = items.filter(isExpectation);
  const metrics = expectations.map(({ metric }) => metric?.ref).filter(metric => metric !== undefined);
  const { ordered, circles } = orderOf([...definitionsOf(document), ...metrics]);
  const declarations: (Declaration | undefined)[] = [];
  for (const definition of ordered) {
    await interruptAndCheck(cancelToken);
    declarations.push(declarationOf(definition, services, context));
  }
  const expected = expectations.map(expectation => interpretExpectation(expectation, context));
  const views = items.filter(isAction).map(action => viewOf(action, context));
  if (circles.length > 0 || !allDefined(declarations)) return undefined;
  if (!allDefined(expected) || !allDefined(views)) return undefined;
  return {
    file: document.uri.fsPath,
    declarations,
    expectations: expected,
    views: views.filter(({ kind }) => kind === 'view').map(({ view }) => view),
    exports: views.filter(({ kind }) => kind === 'export').map(({ view }) => view),
  };
}

interface Shown {
  readonly kind: Action['kind'];
  readonly view: WrittenView;
}

function allDefined<T>(values: (T | undefined)[]): values is T[] {
  return values.every(value => value !== undefined);
}

function declarationOf(definition: Definition, services: LangiumServices, context: Context): Declaration | undefined {
  const value = interpretDeclaration(definition, context);
  if (value === undefined) return undefined;
  const documentation = services.documentation.DocumentationProvider.getDocumentation(definition);
  const { map } = definition.kind === 'attribution' ? attributionFacts(definition) : {};
  return {
    id: idOf(definition),
    name: definition.name,
    kind: definition.kind,
    ...(documentation !== undefined && { documentation }),
    place: placeOf(definition),
    folder: UriUtils.dirname(AstUtils.getDocument(definition).uri).fsPath,
    value,
    ...(map !== undefined && { map }),
  };
}

function viewOf(action: Action, context: Context): Shown | undefined {
  const call = action.call && interpretReference(action.call, { categories: [action.kind], kinds: [] }, '', context);
  return call?.form === 'call' ? { kind: action.kind, view: { call, place: placeOf(action) } } : undefined;
}
