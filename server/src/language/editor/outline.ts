/** Outline: one symbol for each declaration, expectation, view and export, in the order of the text. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import type { AstNode, LangiumDocument } from 'langium';
import type { DocumentSymbolProvider } from 'langium/lsp';
import { SymbolKind } from 'vscode-languageserver';
import type { DocumentSymbol } from 'vscode-languageserver';
import type { Kind } from '../../catalog/index.js';
import { isAction, isDefinition, isExpectation } from '../generated/ast.js';
import type { Experiment } from '../generated/ast.js';
import { experimentOf } from '../imports.js';
import { partOf } from '../tree.js';

const SYMBOLS: Readonly<Record<Kind, SymbolKind>> = {
  model: SymbolKind.Module,
  target: SymbolKind.Event,
  genome: SymbolKind.Package,
  data: SymbolKind.Array,
  truth: SymbolKind.Constant,
  reference: SymbolKind.Constant,
  network: SymbolKind.Struct,
  ensemble: SymbolKind.Struct,
  method: SymbolKind.Method,
  attribution: SymbolKind.Variable,
  metric: SymbolKind.Number,
  benchmark: SymbolKind.Interface,
};

/** The kind of a declaration's symbol; that of anything else where it is none, or not at hand. */
export function symbolKindOf(node: AstNode | undefined): SymbolKind {
  return isDefinition(node) ? SYMBOLS[node.kind] : SymbolKind.Object;
}

export class XomeDocumentSymbolProvider implements DocumentSymbolProvider {
  getSymbols(document: LangiumDocument): DocumentSymbol[] {
    return (experimentOf(document)?.items ?? []).map(symbolOf).filter(symbol => symbol !== undefined);
  }
}

function symbolOf(item: Experiment['items'][number]): DocumentSymbol | undefined {
  const range = item.$cstNode?.range;
  if (range === undefined) return undefined;
  if (isDefinition(item)) {
    if (item.name === undefined) return undefined;
    const selectionRange = partOf(item, 'name')?.range ?? range;
    const detail = `${item.kind} ${item.value?.$cstNode?.text ?? ''}`.trimEnd();
    return { name: item.name, detail, kind: SYMBOLS[item.kind], range, selectionRange };
  }
  if (!isExpectation(item) && !isAction(item)) return undefined;
  const name = item.$cstNode?.text ?? '';
  const kind = isExpectation(item) ? SymbolKind.Boolean : SymbolKind.Object;
  return { name, kind, range, selectionRange: range };
}
