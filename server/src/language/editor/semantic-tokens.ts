/** Semantic highlighting: what a name is (declared or of the catalog), which the TextMate grammar cannot know. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { interruptAndCheck, isCompositeCstNode } from 'langium';
import type { CstNode, LangiumDocument } from 'langium';
import { AbstractSemanticTokenProvider } from 'langium/lsp';
import type { SemanticTokenAcceptor } from 'langium/lsp';
import { SemanticTokenModifiers, SemanticTokenTypes } from 'vscode-languageserver';
import type { CancellationToken } from 'vscode-languageserver';
import { entryOf } from '../expected.js';
import { isCall, isBuiltin, isDefinition } from '../generated/ast.js';
import type { Call } from '../generated/ast.js';
import { propertyOf } from '../tree.js';

/** What parts of the text are: by the node that they belong to, then by its property. */
const TYPES: Readonly<Record<string, Readonly<Record<string, SemanticTokenTypes>>>> = {
  Definition: { kind: SemanticTokenTypes.keyword, name: SemanticTokenTypes.variable },
  Argument: { parameter: SemanticTokenTypes.parameter },
  Pair: { key: SemanticTokenTypes.property },
  Expectation: { metric: SemanticTokenTypes.variable, statistic: SemanticTokenTypes.property },
  Quantity: { value: SemanticTokenTypes.number, unit: SemanticTokenTypes.number },
};

export class XomeSemanticTokenProvider extends AbstractSemanticTokenProvider {
  /** Along the text: its parts are asked for one after the other. */
  protected override async computeHighlighting(
    { parseResult }: LangiumDocument,
    acceptor: SemanticTokenAcceptor,
    cancelToken: CancellationToken,
  ): Promise<void> {
    const root = parseResult.value.$cstNode;
    for (const statement of root && isCompositeCstNode(root) ? root.content : []) {
      await interruptAndCheck(cancelToken);
      highlight(statement, acceptor);
    }
  }

  protected override highlightElement(): void {
    // All is told along the text.
  }
}

function highlight(part: CstNode, acceptor: SemanticTokenAcceptor): void {
  const property = propertyOf(part);
  if (property !== undefined) {
    const node = part.astNode;
    const type = property === 'callee' && isCall(node) ? typeOfCallee(node) : TYPES[node.$type]?.[property];
    if (type !== undefined) {
      const declares = property === 'name' && isDefinition(node);
      acceptor({ cst: part, type, ...(declares && { modifier: SemanticTokenModifiers.declaration }) });
      return;
    }
  }
  if (isCompositeCstNode(part)) for (const child of part.content) highlight(child, acceptor);
}

function typeOfCallee(call: Call): SemanticTokenTypes | undefined {
  const named = call.callee?.ref;
  if (named === undefined) return undefined;
  if (isDefinition(named)) return SemanticTokenTypes.variable;
  return isBuiltin(named) && entryOf(call) !== undefined ? SemanticTokenTypes.function : SemanticTokenTypes.enumMember;
}
