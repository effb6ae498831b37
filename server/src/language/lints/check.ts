/**
 * Lints as checks of the language: those of the text while typing, those of headers with the slow checks. Settings decide
 * how serious each is; `xome-ignore` comments take them away, and are themselves looked at.
 */
import { AstUtils, interruptAndCheck } from 'langium';
import type { LangiumDocument, ValidationChecks } from 'langium';
import type { LangiumServices } from 'langium/lsp';
import type { CancellationToken } from 'vscode-languageserver';
import type { ModelDescription } from '../../protocol.js';
import { isAction, isDefinition, isExpectation } from '../generated/ast.js';
import type { Action, Definition, Expectation, Experiment, XomeAstType } from '../generated/ast.js';
import { importClosure } from '../imports.js';
import { ignore } from '../problems.js';
import type { Problem, Report, Severity } from '../problems.js';
import { reporter } from '../validation.js';
import { ignoreOf, ignoresIn } from './ignores.js';
import type { Ignore } from './ignores.js';
import type { Finding, Lint, LintLevels } from './lint.js';
import { findLint, LINTS } from './lints.js';
import { Reading, rangeOf } from './reading.js';

export interface LintOptions {
  /** What the settings say now. */
  readonly levels: () => LintLevels;
  /** Address of docs/lints.md, where editors can open it. */
  readonly page?: string;
}

/** The severity of a lint under the settings; undefined where it is off. */
export function severityOf(lint: Lint, levels: LintLevels, own: Severity = lint.severity): Severity | undefined {
  const level = levels[lint.code] ?? own;
  return level === 'off' ? undefined : level;
}

/** Where a lint is explained. */
export function pageOf(code: string, page: string | undefined): string | undefined {
  return page && `${page}#${code.toLowerCase()}`;
}

export class LintChecks {
  constructor(
    private readonly services: LangiumServices,
    private readonly options: LintOptions,
  ) {}

  register(): void {
    const registered: ValidationChecks<XomeAstType> = {
      Experiment: (experiment, accept, cancelled) => this.text(experiment, reporter(accept), cancelled),
    };
    this.services.validation.ValidationRegistry.register(registered, this, 'fast');
  }

  /** What the header of a model shows. */
  model(model: Definition, description: ModelDescription, report: Report): void {
    const document = AstUtils.getDocument(model);
    if (!this.isWhole(document)) return;
    const reading = this.reading(document);
    const ignores = ignoresIn(document.textDocument.getText());
    for (const lint of LINTS) {
      const severity = lint.checkModel && severityOf(lint, this.options.levels());
      if (severity === undefined) continue;
      for (const finding of distinct(lint.checkModel!(reading, model, description))) {
        if (ignoring(ignores, lint, finding) === undefined) report(this.problemOf(lint, finding, severity));
      }
    }
  }

  /** Steps aside between lints, so that no keystroke waits for them. */
  private async text(experiment: Experiment, report: Report, cancelled: CancellationToken): Promise<void> {
    const document = AstUtils.getDocument(experiment);
    if (!this.isWhole(document)) return;
    const reading = this.reading(document);
    const ignores = ignoresIn(document.textDocument.getText());
    const used = new Set<Ignore>();
    for (const lint of LINTS) {
      if (lint.check === undefined) continue;
      await interruptAndCheck(cancelled);
      const severity = severityOf(lint, this.options.levels());
      for (const finding of distinct(lint.check(reading))) {
        const found = ignoring(ignores, lint, finding);
        if (found) used.add(found);
        else if (severity !== undefined) report(this.problemOf(lint, finding, severity));
      }
    }
    for (const found of ignores) {
      const problem = doubtful(found, used.has(found), experiment);
      if (problem) report(problem);
    }
  }

  private problemOf(lint: Lint, { remedy = lint.remedy, ...finding }: Finding, severity: Severity): Problem {
    const page = pageOf(lint.code, this.options.page);
    return { severity, code: lint.code, remedy, ...finding, ...(page !== undefined && { page }) };
  }

  /** A text that cannot be parsed, itself or in what it imports, is not linted: half of it would be missing. */
  private isWhole(document: LangiumDocument): boolean {
    return importClosure(document, this.services.shared.workspace.LangiumDocuments).every(
      ({ parseResult }) => parseResult.parserErrors.length + parseResult.lexerErrors.length === 0,
    );
  }

  private reading(document: LangiumDocument): Reading {
    const files = this.services.shared.workspace.FileSystemProvider;
    return new Reading(document, { report: ignore, files }, this.services.documentation.DocumentationProvider);
  }
}

/** A method that explains several targets is one doubt. */
function* distinct(findings: Iterable<Finding>): Iterable<Finding> {
  const seen = new Set<unknown>();
  for (const finding of findings) {
    const { node, property, index, range = rangeOf(node, property) } = finding;
    const key = JSON.stringify([range, index]);
    if (seen.has(key)) continue;
    seen.add(key);
    yield finding;
  }
}

function ignoring(ignores: readonly Ignore[], lint: Lint, finding: Finding): Ignore | undefined {
  if (ignores.length === 0) return undefined;
  const { node, property } = finding;
  const range = finding.range ?? rangeOf(node, property);
  const statement = AstUtils.getContainerOfType(
    node,
    (part): part is Definition | Action | Expectation => isDefinition(part) || isAction(part) || isExpectation(part),
  );
  return range && ignoreOf(ignores, lint.code, range, finding.range ?? statement?.$cstNode?.range ?? range);
}

/** What is wrong with an ignore itself. One of a lint that headers or results show may be needed although the text does not. */
function doubtful({ code, reason, range }: Ignore, used: boolean, node: Experiment): Problem | undefined {
  const lint = findLint(code);
  const hint = (kind: string, message: string, remedy: string, fixes: Problem['fixes'] = []): Problem => ({
    severity: 'hint',
    code: `ignore/${kind}`,
    message,
    remedy,
    node,
    range,
    fixes,
  });
  if (lint === undefined) {
    const what = code === '' ? 'No lint is named' : `There is no lint ${code}`;
    return hint('unknown', `${what}.`, 'Write `// xome-ignore GA006: reason`; docs/lints.md lists the codes.');
  }
  if (!used && lint.shows.every(evidence => evidence === 'text'))
    return hint('unused', `${code} is not found here: the comment is not needed.`, 'Remove it.', [
      { title: 'Remove the comment', edits: [{ range, newText: '' }] },
    ]);
  return reason === ''
    ? hint('no-reason', `Nothing says why ${code} is ignored.`, 'Add a reason behind a colon.')
    : undefined;
}
