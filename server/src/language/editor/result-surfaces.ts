/**
 * Where results appear in the services of the language: code lenses, inlay hints, and in hovers above what the language
 * itself knows. What they say comes from outside.
 */
import { AstUtils, CstUtils } from 'langium';
import type { LangiumDocument } from 'langium';
import type { CodeLensProvider, HoverProvider, InlayHintProvider, LangiumServices } from 'langium/lsp';
import type { CodeLens, Hover, HoverParams, InlayHint, InlayHintParams, Range } from 'vscode-languageserver';
import { isArgument, isCall, isDefinition, isExpectation } from '../generated/ast.js';
import type { Definition } from '../generated/ast.js';
import { XomeHoverProvider } from './hover.js';

/** What is known of the results of an open document; the address is a normalized one. */
export interface ResultSurfaces {
  lenses(uri: string): CodeLens[];
  hints(uri: string, range: Range): InlayHint[];
  /** Markdown on the result of a declaration that the document has or imports. */
  hover(uri: string, declaration: string): Promise<string | undefined>;
}

export class XomeCodeLensProvider implements CodeLensProvider {
  constructor(private readonly surfaces: ResultSurfaces) {}

  provideCodeLens(document: LangiumDocument): CodeLens[] {
    return this.surfaces.lenses(document.uri.toString());
  }
}

export class XomeInlayHintProvider implements InlayHintProvider {
  constructor(private readonly surfaces: ResultSurfaces) {}

  getInlayHints(document: LangiumDocument, { range }: InlayHintParams): InlayHint[] {
    return this.surfaces.hints(document.uri.toString(), range);
  }
}

/** The result of what stands under the cursor, then what the language says about it. */
export class ResultHoverProvider implements HoverProvider {
  private readonly language: XomeHoverProvider;

  constructor(
    services: LangiumServices,
    private readonly surfaces: ResultSurfaces,
  ) {
    this.language = new XomeHoverProvider(services);
  }

  async getHoverContent(document: LangiumDocument, params: HoverParams): Promise<Hover | undefined> {
    const hover = this.language.getHoverContent(document, params);
    const definition = this.definitionAt(document, params);
    if (!hover || !definition) return hover;
    const result = await this.surfaces.hover(document.uri.toString(), definition.name);
    if (result === undefined) return hover;
    const { contents } = hover;
    const value = typeof contents === 'object' && 'value' in contents ? contents.value : '';
    return { ...hover, contents: { kind: 'markdown', value: `${result}\n\n---\n\n${value}` } };
  }

  /** The declaration whose name stands under the cursor. */
  private definitionAt(document: LangiumDocument, { position }: HoverParams): Definition | undefined {
    const root = document.parseResult.value.$cstNode;
    const leaf = root && CstUtils.findLeafNodeAtOffset(root, document.textDocument.offsetAt(position));
    const node = leaf?.astNode;
    if (!leaf || !node) return undefined;
    if (isDefinition(node)) return leaf.text === node.name ? node : undefined;
    if (isExpectation(node)) return leaf.text === node.metric.$refText ? node.metric.ref : undefined;
    const named = isCall(node) && !AstUtils.getContainerOfType(node, isArgument) ? node.callee.ref : undefined;
    return isDefinition(named) ? named : undefined;
  }
}
