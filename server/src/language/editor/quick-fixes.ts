/**
 * Quick fixes: what a diagnostic itself says to write instead, an ignore for a lint, and one action that makes every fix of
 * the document.
 */
import { AstUtils, CstUtils } from 'langium';
import type { LangiumDocument } from 'langium';
import type { CodeActionProvider } from 'langium/lsp';
import { CodeActionKind } from 'vscode-languageserver';
import type { CodeAction, CodeActionParams, Diagnostic, TextEdit } from 'vscode-languageserver';
import { isAction, isDefinition, isExpectation } from '../generated/ast.js';
import { findLint } from '../lints/lints.js';
import { isProblemData } from '../problems.js';
import type { Edit, Fix } from '../problems.js';

/** As editors run it when a document is saved, if they are told to. */
const FIX_ALL = `${CodeActionKind.SourceFixAll}.xome`;

export class XomeCodeActionProvider implements CodeActionProvider {
  getCodeActions(document: LangiumDocument, { context }: CodeActionParams): CodeAction[] {
    const uri = document.uri.toString();
    const asked = (kind: CodeActionKind): boolean =>
      context.only?.some(only => kind === only || kind.startsWith(`${only}.`)) ?? false;
    const action = (title: string, kind: CodeActionKind, edits: readonly Edit[]): CodeAction => ({
      title,
      kind,
      edit: { changes: { [uri]: edits.map(textEdit) } },
    });
    const quick = context.diagnostics.flatMap(diagnostic => {
      const fixes = fixesOf(diagnostic).map(({ title, edits }, index) => ({
        ...action(title, CodeActionKind.QuickFix, edits),
        diagnostics: [diagnostic],
        isPreferred: index === 0,
      }));
      const edit = ignoring(document, diagnostic);
      if (edit === undefined) return fixes;
      const title = `Ignore ${String(diagnostic.code)} here`;
      return [...fixes, { ...action(title, CodeActionKind.QuickFix, [edit]), diagnostics: [diagnostic] }];
    });
    const lints = (document.diagnostics ?? []).filter(({ code }) => findLint(String(code)));
    const all = asked(FIX_ALL) ? together(lints.flatMap(lint => fixesOf(lint).slice(0, 1))) : [];
    return [
      ...(context.only === undefined || asked(CodeActionKind.QuickFix) ? quick : []),
      ...(all.length > 0 ? [action('Fix every lint that can be fixed', FIX_ALL, all)] : []),
    ];
  }
}

function fixesOf({ data, range }: Diagnostic): readonly Fix[] {
  const known: unknown = data;
  if (!isProblemData(known)) return [];
  const { replacement, fixes = [] } = known;
  if (replacement === undefined) return fixes;
  return [{ title: `Replace by \`${replacement}\``, edits: [{ range, newText: replacement }] }, ...fixes];
}

/** The edits of fixes that do not touch each other, in order; of two that do, the first wins, whole. */
function together(fixes: readonly Fix[]): Edit[] {
  const made: Edit[] = [];
  for (const { edits } of fixes) {
    if (!edits.some(edit => made.some(other => touch(edit, other)))) made.push(...edits);
  }
  return made;
}

function touch({ range: a }: Edit, { range: b }: Edit): boolean {
  const before = (one: typeof a.start, other: typeof a.start): boolean =>
    one.line < other.line || (one.line === other.line && one.character < other.character);
  return !before(a.end, b.start) && !before(b.end, a.start);
}

/** A comment above the statement that a lint is about. */
function ignoring(document: LangiumDocument, { code, range }: Diagnostic): Edit | undefined {
  const lint = findLint(String(code));
  const root = document.parseResult.value.$cstNode;
  if (lint === undefined || root === undefined) return undefined;
  const offset = document.textDocument.offsetAt(range.start);
  const leaf = CstUtils.findLeafNodeAtOffset(root, offset)?.astNode;
  const statement =
    leaf && AstUtils.getContainerOfType(leaf, node => isDefinition(node) || isAction(node) || isExpectation(node));
  const line = statement?.$cstNode?.range.start.line ?? range.start.line;
  const start = { line, character: 0 };
  return { range: { start, end: start }, newText: `// xome-ignore ${lint.code}: reason\n` };
}

function textEdit({ range: { start, end }, newText }: Edit): TextEdit {
  return { range: { start: { ...start }, end: { ...end } }, newText };
}
