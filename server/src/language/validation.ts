/** Registers the checks of a document: the fast ones run while typing and read nothing but file names. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { AstUtils, UriUtils } from 'langium';
import type { AstNode, DiagnosticInfo, ValidationAcceptor, ValidationChecks } from 'langium';
import type { LangiumServices } from 'langium/lsp';
import { entriesNamed } from '../catalog/index.js';
import type { Action, Builtin, Definition, Expectation, Experiment, Import, XomeAstType } from './generated/ast.js';
import { definitionsOf, importedDocuments, importedUri } from './imports.js';
import { interpretDeclaration } from './interpret/declarations.js';
import { interpretExpectation } from './interpret/expectations.js';
import { orderOf } from './interpret/order.js';
import { lengthProblem, pairsIn } from './interpret/lengths.js';
import { meet } from './places.js';
import { isFile } from './interpret/context.js';
import type { Context } from './interpret/context.js';
import { interpretReference } from './interpret/values.js';
import { CATALOG_URI } from './library.js';
import { fullMessage } from './problems.js';
import type { Problem, ProblemData, Report } from './problems.js';
import { categoryWords, kindWords } from './wording.js';

export function registerChecks(services: LangiumServices): void {
  const checks = new Checks(services);
  const registered: ValidationChecks<XomeAstType> = {
    Experiment: (experiment, accept) => checks.experiment(experiment, reporter(accept)),
    Import: (statement, accept) => checks.import(statement, reporter(accept)),
    Definition: (definition, accept) => checks.definition(definition, reporter(accept)),
    Action: (action, accept) => checks.action(action, reporter(accept)),
    Expectation: (expectation, accept) => checks.expectation(expectation, reporter(accept)),
    Builtin: (builtin, accept) => checks.builtin(builtin, reporter(accept)),
  };
  services.validation.ValidationRegistry.register(registered, checks, 'fast');
}

/** Hands problems to Langium as diagnostics that carry their parts as data. */
export function reporter(accept: ValidationAcceptor): Report {
  return problem => {
    accept(problem.severity, fullMessage(problem), diagnosticInfo(problem));
  };
}

function diagnosticInfo(problem: Problem): DiagnosticInfo<AstNode> {
  const { code, message, remedy, replacement, fixes, node, property, index, range, page } = problem;
  const data: ProblemData = {
    code,
    message,
    ...(remedy !== undefined && { remedy }),
    ...(replacement !== undefined && { replacement }),
    ...(fixes !== undefined && fixes.length > 0 && { fixes }),
  };
  const info: DiagnosticInfo<AstNode, string> = {
    node,
    code,
    data,
    ...(property !== undefined && { property }),
    ...(index !== undefined && { index }),
    ...(page !== undefined && { codeDescription: { href: page } }),
    ...(range !== undefined && { range: { start: { ...range.start }, end: { ...range.end } } }),
  };
  return info;
}

class Checks {
  constructor(private readonly services: LangiumServices) {}

  private context(report: Report): Context {
    return { report, files: this.services.shared.workspace.FileSystemProvider };
  }

  definition(definition: Definition, report: Report): void {
    interpretDeclaration(definition, this.context(report));
    for (const pair of pairsIn(definition)) {
      const problem = lengthProblem(pair, this.context(report));
      if (problem !== undefined) report(problem);
    }
  }

  action(action: Action, report: Report): void {
    if (action.call === undefined) return;
    interpretReference(
      action.call,
      { categories: [action.kind], kinds: [] },
      `what follows \`${action.kind}\``,
      this.context(report),
    );
  }

  expectation(expectation: Expectation, report: Report): void {
    interpretExpectation(expectation, this.context(report));
  }

  builtin(builtin: Builtin, report: Report): void {
    if (UriUtils.equals(AstUtils.getDocument(builtin).uri, CATALOG_URI)) return;
    report({
      severity: 'error',
      code: 'catalog/not-here',
      message: '`catalog` lines belong to the catalog of Explainome; a document cannot add to it.',
      remedy: 'Remove the line.',
      node: builtin,
    });
  }

  import(statement: Import, report: Report): void {
    if (statement.path === undefined) return;
    const fail = (code: string, message: string, remedy: string): void => {
      report({ severity: 'error', code, message, remedy, node: statement, property: 'path' });
    };
    const uri = importedUri(statement);
    const document = AstUtils.getDocument(statement);
    if (uri === undefined) {
      fail('import/extension', `"${statement.path}" is not an experiment.`, 'Imported files end in `.xome`.');
    } else if (UriUtils.equals(uri, document.uri)) {
      fail('import/itself', 'The document imports itself.', 'Its own names are visible anyway: remove the line.');
    } else if (
      !this.services.shared.workspace.LangiumDocuments.hasDocument(uri) &&
      !isFile(this.context(report).files, uri)
    ) {
      fail(
        'import/missing',
        `There is no file "${statement.path}".`,
        `Paths are relative to the folder of this document, ${UriUtils.dirname(document.uri).fsPath}.`,
      );
    }
  }

  experiment(experiment: Experiment, report: Report): void {
    this.names(experiment, report);
    const document = AstUtils.getDocument(experiment);
    const reported = new Set<Definition>();
    for (const circle of orderOf(definitionsOf(document)).circles) {
      for (const [index, member] of circle.entries()) {
        if (reported.has(member) || AstUtils.getDocument(member) !== document) continue;
        reported.add(member);
        const way = [...circle.slice(index), ...circle.slice(0, index), member].map(({ name }) => name);
        report({
          severity: 'error',
          code: 'declaration/cycle',
          message: `\`${member.name}\` depends on itself: ${way.join(' → ')}.`,
          remedy: 'Break the circle: one of them must not name the next.',
          node: member,
          property: 'name',
        });
      }
    }
  }

  /** Each name once: among the declarations of the file, its imports, and the entries of the catalog that it could be taken for. */
  private names(experiment: Experiment, report: Report): void {
    const document = AstUtils.getDocument(experiment);
    const imported = importedDocuments(document, this.services.shared.workspace.LangiumDocuments).flatMap(
      definitionsOf,
    );
    const first = new Map<string, Definition>();
    for (const definition of [...imported, ...definitionsOf(document)]) {
      const { name } = definition;
      if (name === undefined) continue;
      const other = first.get(name);
      if (other === undefined) first.set(name, definition);
      const own = AstUtils.getDocument(definition) === document;
      if (own && other !== undefined) report(duplicate(definition, other));
      else if (!own && other !== undefined && AstUtils.getDocument(other) !== AstUtils.getDocument(definition)) {
        report(ambiguousImport(experiment, definition, other));
      }
      // Names that never stand in one place stay free: `data train` beside the training `train`.
      const entry = own ? entriesNamed(name).find(({ category }) => meet(definition.kind, category)) : undefined;
      if (entry === undefined) continue;
      report({
        severity: 'error',
        code: 'declaration/catalog-name',
        message: `\`${name}\` is ${categoryWords(entry.category)} of the catalog.`,
        remedy: 'Choose another name.',
        node: definition,
        property: 'name',
      });
    }
  }
}

function duplicate(definition: Definition, other: Definition): Problem {
  const document = AstUtils.getDocument(other);
  const line = (other.$cstNode?.range.start.line ?? 0) + 1;
  const where =
    document === AstUtils.getDocument(definition)
      ? `on line ${line}`
      : `in ${UriUtils.basename(document.uri)}, line ${line}`;
  return {
    severity: 'error',
    code: 'declaration/duplicate',
    message: `\`${definition.name}\` is already declared ${where}, as ${kindWords(other.kind)}.`,
    remedy: 'Choose another name.',
    node: definition,
    property: 'name',
  };
}

function ambiguousImport(experiment: Experiment, definition: Definition, other: Definition): Problem {
  const file = AstUtils.getDocument(definition).uri;
  const index = experiment.imports.findIndex(statement => {
    const uri = importedUri(statement);
    return uri !== undefined && UriUtils.equals(uri, file);
  });
  return {
    severity: 'error',
    code: 'import/ambiguous',
    message: `\`${definition.name}\` is declared in ${UriUtils.basename(file)} and in ${UriUtils.basename(AstUtils.getDocument(other).uri)}.`,
    remedy: 'Rename one of them, or import only one of the files.',
    node: experiment.imports[index] ?? experiment,
    ...(index >= 0 && { property: 'path' }),
  };
}
