/**
 * Imports: `import "models.xome"` makes the declarations written in that file visible, and not those that it imports
 * itself. Paths are relative to the importing document.
 */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { UriUtils } from 'langium';
import type { LangiumDocument, LangiumDocuments, URI } from 'langium';
import { isDefinition, isExperiment } from './generated/ast.js';
import type { Definition, Experiment, Import } from './generated/ast.js';
import { resolveFile } from './interpret/context.js';

/** The parsed experiment of a document. */
export function experimentOf(document: LangiumDocument): Experiment | undefined {
  const root = document.parseResult.value;
  return isExperiment(root) ? root : undefined;
}

/** The declarations of a document, in order. */
export function definitionsOf(document: LangiumDocument): Definition[] {
  return experimentOf(document)?.items.filter(isDefinition) ?? [];
}

/** Address of an imported document; undefined while the path is missing or does not name an experiment. */
export function importedUri(statement: Import): URI | undefined {
  if (statement.path === undefined || !statement.path.endsWith('.xome')) return undefined;
  return resolveFile(statement, statement.path);
}

/** Addresses that a document imports, each once, in order. */
export function importedUris(document: LangiumDocument): URI[] {
  const uris = (experimentOf(document)?.imports ?? []).map(importedUri).filter(uri => uri !== undefined);
  return uris.filter((uri, index) => uris.findIndex(other => UriUtils.equals(other, uri)) === index);
}

/** The loaded documents that a document imports directly, without itself. */
export function importedDocuments(document: LangiumDocument, documents: LangiumDocuments): LangiumDocument[] {
  return importedUris(document)
    .filter(uri => !UriUtils.equals(uri, document.uri))
    .map(uri => documents.getDocument(uri))
    .filter(found => found !== undefined);
}

/** A document and everything that it imports, directly or not: imports before importers, cycles cut. */
export function importClosure(document: LangiumDocument, documents: LangiumDocuments): LangiumDocument[] {
  const closure = new Set<LangiumDocument>();
  const visiting = new Set<LangiumDocument>();
  const visit = (current: LangiumDocument): void => {
    if (visiting.has(current)) return;
    visiting.add(current);
    importedDocuments(current, documents).forEach(visit);
    closure.add(current);
  };
  visit(document);
  return [...closure];
}
