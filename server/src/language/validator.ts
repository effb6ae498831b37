/** Turns what parser and linker find into diagnostics that say what was found, what was expected, and what to do. */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { DefaultDocumentValidator } from 'langium';
import type { AstNode, LangiumDocument, LinkingError, ParseResult, ValidationOptions } from 'langium';
import type { LangiumServices, LangiumSharedServices } from 'langium/lsp';
import type { Diagnostic, Range } from 'vscode-languageserver';
import { AstUtils } from 'langium';
import { KINDS } from '../catalog/index.js';
import { expectedAt } from './expected.js';
import { isDefinition, isExpectation, isExperiment } from './generated/ast.js';
import { likelyName, nearestName } from './names.js';
import { fullMessage } from './problems.js';
import type { ProblemData } from './problems.js';
import { standsFor, visibleNames } from './scope.js';
import { didYouMean, placeWords } from './wording.js';

const ERROR = 1;

export class XomeDocumentValidator extends DefaultDocumentValidator {
  private readonly shared: LangiumSharedServices;

  constructor(services: LangiumServices) {
    super(services);
    this.shared = services.shared;
  }

  /** Every check begins at a statement: what is in one need not be walked through. */
  protected override validateSingleNodeOptions(node: AstNode): { validateNode: boolean; validateChildren: boolean } {
    return { validateNode: true, validateChildren: isExperiment(node) };
  }

  protected override processLexingErrors(
    result: ParseResult,
    diagnostics: Diagnostic[],
    options: ValidationOptions,
  ): void {
    const found: Diagnostic[] = [];
    super.processLexingErrors(result, found, options);
    diagnostics.push(
      ...found.map(({ range, message }) =>
        this.diagnostic(range, {
          code: 'syntax/character',
          message: message.startsWith('unexpected character: ->"<-')
            ? 'A text is not closed on its line.'
            : message.replace(/^unexpected character: ->(.*)<- at offset.*$/s, 'Unexpected character `$1`.'),
          ...(message.startsWith('unexpected character: ->"<-') && { remedy: 'Close it with a double quote.' }),
        }),
      ),
    );
  }

  protected override processParsingErrors(
    result: ParseResult,
    diagnostics: Diagnostic[],
    options: ValidationOptions,
  ): void {
    const found: Diagnostic[] = [];
    super.processParsingErrors(result, found, options);
    // What follows a character that could not be read on its line is only its consequence.
    const broken = new Set(result.lexerErrors.map(({ line }) => (line ?? 0) - 1));
    for (const [index, { range, message }] of found.entries()) {
      if (broken.has(range.start.line)) continue;
      const token = result.parserErrors[index]?.token.image ?? '';
      diagnostics.push(this.diagnostic(range, syntaxProblem(token, message)));
    }
  }

  protected override processLinkingErrors(document: LangiumDocument, diagnostics: Diagnostic[]): void {
    for (const reference of document.references) {
      const error = reference.error;
      if (error === undefined || reference.$refText === '') continue;
      const range = reference.$refNode?.range;
      if (range !== undefined) diagnostics.push(this.diagnostic(range, this.unknownName(document, error)));
    }
  }

  /** An unknown name, with the nearest one that would fit in its place, or else the nearest of all. */
  private unknownName(document: LangiumDocument, error: LinkingError): ProblemData {
    const { container, reference } = error.info;
    const expected = expectedAt(container);
    const { own, imported, catalog } = visibleNames(document, this.shared);
    const declared = AstUtils.getContainerOfType(container, isDefinition);
    const all = [...own, ...imported, ...catalog].filter(node => node.name !== undefined && node !== declared);
    const kinds: readonly string[] = isExpectation(container)
      ? ['metric']
      : [...expected.place.kinds, ...expected.place.categories];
    const fitting = all.filter(node => standsFor(node).some(kind => kinds.includes(kind))).map(node => node.name);
    const nearest =
      likelyName(reference.$refText, [...expected.keywords, ...fitting]) ??
      likelyName(reference.$refText, isExpectation(container) ? [] : all.map(node => node.name));
    const wanted = isExpectation(container)
      ? 'the name of a metric'
      : [expected.keywords.map(word => `\`${word}\``).join(', '), placeWords(expected.place)]
          .filter(Boolean)
          .join(' or ');
    const message = `\`${reference.$refText}\` is not declared here, not imported and not in the catalog.`;
    return {
      code: 'name/unknown',
      message: wanted === '' ? message : `${message} Expected ${wanted}.`,
      ...(nearest !== undefined && { remedy: didYouMean(nearest, expected.place), replacement: nearest }),
    };
  }

  private diagnostic(range: Range, problem: ProblemData): Diagnostic {
    return {
      range,
      severity: ERROR,
      source: this.metadata.languageId,
      code: problem.code,
      message: fullMessage(problem),
      data: problem,
    };
  }
}

/** Words for the few mistakes that people make; Chevrotain's own text for the rest. */
function syntaxProblem(token: string, message: string): ProblemData {
  const found = token === '' ? 'The statement ends' : `\`${token}\` stands`;
  const wanted = /Expecting token of type '([^']+)'|Expecting: one of these|Expecting --> (\S+) <--/.exec(message);
  if (wanted?.[1] === 'EOF' || message.startsWith('Redundant input')) {
    const kind = nearestName(token, [...KINDS, 'view', 'export', 'expect', 'import']);
    return {
      code: 'syntax/statement',
      message: `${found} where a statement should begin.`,
      remedy:
        kind === undefined
          ? `A statement begins with one of: ${[...KINDS, 'view', 'export', 'expect', 'import'].join(', ')}.`
          : `Did you mean \`${kind}\`?`,
      ...(kind !== undefined && { replacement: kind }),
    };
  }
  if (wanted?.[1] === 'ID') {
    return {
      code: 'syntax/name',
      message: `${found} where a name is expected.`,
      ...(/^\w/.test(token) && { remedy: `\`${token}\` cannot be a name: it is a word of the language or a number.` }),
    };
  }
  const one = (wanted?.[1] ?? wanted?.[2])?.replace(/^'|'$/g, '');
  if (one !== undefined) {
    const words = { STRING: 'a text in double quotes', NUMBER: 'a number' }[one] ?? `\`${one}\``;
    const closes = token === '' && [')', ']', '}'].includes(one);
    return {
      code: 'syntax/expected',
      message: `${found} where ${words} is expected.`,
      ...(closes && { remedy: 'Close the bracket.', replacement: one }),
    };
  }
  return { code: 'syntax/unexpected', message: `${found} where it cannot. A value, a name or a clause is expected.` };
}
