/** Quick fixes: whatever a diagnostic itself says to write instead. */
import type { LangiumDocument } from 'langium';
import type { CodeActionProvider } from 'langium/lsp';
import { CodeActionKind } from 'vscode-languageserver';
import type { CodeAction, CodeActionParams } from 'vscode-languageserver';
import { isProblemData } from '../problems.js';

export class XomeCodeActionProvider implements CodeActionProvider {
  getCodeActions(document: LangiumDocument, params: CodeActionParams): CodeAction[] {
    return params.context.diagnostics.flatMap(diagnostic => {
      const data: unknown = diagnostic.data;
      if (!isProblemData(data) || data.replacement === undefined) return [];
      const newText = data.replacement;
      return {
        title: `Replace by \`${newText}\``,
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnostic],
        isPreferred: true,
        edit: { changes: { [document.uri.toString()]: [{ range: diagnostic.range, newText }] } },
      };
    });
  }
}
