/** Semantic highlighting: what a name is (declared or of the catalog), which the TextMate grammar cannot know. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import type { AstNode } from 'langium';
import { AbstractSemanticTokenProvider } from 'langium/lsp';
import type { SemanticTokenAcceptor } from 'langium/lsp';
import { SemanticTokenModifiers, SemanticTokenTypes } from 'vscode-languageserver';
import { entryOf } from '../expected.js';
import { isArgument, isBuiltin, isCall, isDefinition, isExpectation, isPair, isQuantity } from '../generated/ast.js';

export class XomeSemanticTokenProvider extends AbstractSemanticTokenProvider {
  protected override highlightElement(node: AstNode, acceptor: SemanticTokenAcceptor): void {
    if (isDefinition(node)) {
      const modifier = SemanticTokenModifiers.declaration;
      acceptor({ node, property: 'kind', type: SemanticTokenTypes.keyword });
      acceptor({ node, property: 'name', type: SemanticTokenTypes.variable, modifier });
    } else if (isCall(node)) {
      const named = node.callee?.ref;
      if (named === undefined) return;
      const isEntry = isBuiltin(named) && entryOf(node) !== undefined;
      const type = isDefinition(named)
        ? SemanticTokenTypes.variable
        : isEntry
          ? SemanticTokenTypes.function
          : SemanticTokenTypes.enumMember;
      acceptor({ node, property: 'callee', type });
    } else if (isArgument(node) && node.parameter !== undefined) {
      acceptor({ node, property: 'parameter', type: SemanticTokenTypes.parameter });
    } else if (isPair(node)) {
      acceptor({ node, property: 'key', type: SemanticTokenTypes.property });
    } else if (isExpectation(node)) {
      acceptor({ node, property: 'metric', type: SemanticTokenTypes.variable });
      if (node.statistic !== undefined) {
        acceptor({ node, property: 'statistic', type: SemanticTokenTypes.property });
      }
    } else if (isQuantity(node)) {
      acceptor({ node, property: 'value', type: SemanticTokenTypes.number });
      if (node.unit !== undefined) acceptor({ node, property: 'unit', type: SemanticTokenTypes.number });
    }
  }
}
