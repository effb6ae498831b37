/**
 * Quick fixes: what a diagnostic itself says to write instead, an ignore for a lint, what can be done about an expectation
 * that is not met, and one action that makes every fix of the document.
 */
import { AstUtils, CstUtils } from 'langium';
import type { LangiumDocument } from 'langium';
import type { CodeActionProvider, LangiumServices } from 'langium/lsp';
import { CodeActionKind, DiagnosticSeverity } from 'vscode-languageserver';
import type { CodeAction, CodeActionParams, Diagnostic, TextEdit } from 'vscode-languageserver';
import { isAction, isDefinition, isExpectation } from '../generated/ast.js';
import { experimentOf } from '../imports.js';
import { findLint } from '../lints/lints.js';
import { rangeOf, Reading } from '../lints/reading.js';
import { ignore, isProblemData } from '../problems.js';
import type { Edit, Fix } from '../problems.js';
import { expectationFixes, UNMET } from './expectation-fixes.js';

/** As editors run it when a document is saved, if they are told to. */
const FIX_ALL = `${CodeActionKind.SourceFixAll}.xome`;
const UNMET_CODES: readonly string[] = Object.values(UNMET);

export class XomeCodeActionProvider implements CodeActionProvider {
  constructor(private readonly services: LangiumServices) {}

  getCodeActions(document: LangiumDocument, { context }: CodeActionParams): CodeAction[] {
    const asked = (kind: CodeActionKind): boolean =>
      context.only?.some(only => kind === only || kind.startsWith(`${only}.`)) ?? false;
    const quick = context.diagnostics.flatMap(diagnostic => {
      if (UNMET_CODES.includes(String(diagnostic.code))) return this.unmet(document, diagnostic);
      const fixes = fixesOf(diagnostic).map(({ title, edits }, index) => ({
        ...action(document, title, CodeActionKind.QuickFix, edits),
        diagnostics: [diagnostic],
        isPreferred: index === 0,
      }));
      const edit = ignoring(document, diagnostic);
      if (edit === undefined) return fixes;
      const title = `Ignore ${String(diagnostic.code)} here`;
      return [...fixes, { ...action(document, title, CodeActionKind.QuickFix, [edit]), diagnostics: [diagnostic] }];
    });
    const lints = (document.diagnostics ?? []).filter(({ code }) => findLint(String(code)));
    const all = asked(FIX_ALL) ? together(lints.flatMap(lint => fixesOf(lint).slice(0, 1))) : [];
    return [
      ...(context.only === undefined || asked(CodeActionKind.QuickFix) ? quick : []),
      ...(all.length > 0 ? [action(document, 'Fix every lint that can be fixed', FIX_ALL, all)] : []),
    ];
  }

  /** Changes of the text that may bear an expectation out, then a look at the result. */
  private unmet(document: LangiumDocument, diagnostic: Diagnostic): CodeAction[] {
    const { start } = diagnostic.range;
    const expectation = experimentOf(document)
      ?.items.filter(isExpectation)
      .find(item => {
        const at = rangeOf(item)?.start;
        return at?.line === start.line && at.character === start.character;
      });
    if (expectation === undefined) return [];
    const { shared, documentation } = this.services;
    const context = { report: ignore, files: shared.workspace.FileSystemProvider };
    const reading = new Reading(document, context, documentation.DocumentationProvider);
    // What is told of an earlier text may be mended already.
    const isStale = diagnostic.severity === DiagnosticSeverity.Information;
    const fixes = isStale ? [] : expectationFixes(expectation, String(diagnostic.code), reading);
    const metric = expectation.metric.$refText;
    const title = `Show \`${metric}\` in the panel`;
    const command = { title, command: 'explainome.show', arguments: [document.uri.toString(), metric] };
    return [
      ...fixes.map(one => action(document, one.title, CodeActionKind.QuickFix, one.edits)),
      { title, kind: CodeActionKind.QuickFix, command },
    ].map(offered => ({ ...offered, diagnostics: [diagnostic] }));
  }
}

function action(document: LangiumDocument, title: string, kind: CodeActionKind, edits: readonly Edit[]): CodeAction {
  return { title, kind, edit: { changes: { [document.uri.toString()]: edits.map(textEdit) } } };
}

function fixesOf({ data, range }: Diagnostic): readonly Fix[] {
  const known: unknown = data;
  if (!isProblemData(known)) return [];
  const { replacement, fixes = [] } = known;
  if (replacement === undefined) return fixes;
  const inserts = range.start.line === range.end.line && range.start.character === range.end.character;
  const title = `${inserts ? 'Write' : 'Replace by'} \`${replacement}\``;
  return [{ title, edits: [{ range, newText: replacement }] }, ...fixes];
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
