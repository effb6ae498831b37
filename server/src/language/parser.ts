/**
 * The parser, one statement at a time: between two of them whoever waits for an answer gets it and a newer text ends the work,
 * and an error leaves the statements around it as they are. Langium's own parser takes a text whole and cannot be stopped.
 */
import { AstUtils, createParser, interruptAndCheck, isCompositeCstNode, LangiumParser } from 'langium';
import type { AstNode, AsyncParser, CstNode, Lexer, LexerResult, Mutable } from 'langium';
import type { ParseResult, ParserOptions, RootCstNode } from 'langium';
import type { LangiumServices } from 'langium/lsp';
import type { IToken } from 'chevrotain';
import type { CancellationToken } from 'vscode-languageserver';
import { isExperiment } from './generated/ast.js';
import { statementStarts } from './statements.js';

/** Hands out the tokens of one statement, which have been read with the whole text. */
class ReadTokens implements Lexer {
  statement: LexerResult = { tokens: [], hidden: [], errors: [] };

  constructor(readonly definition: Lexer['definition']) {}

  tokenize(): LexerResult {
    return this.statement;
  }
}

export class XomeParser extends LangiumParser {
  protected override readonly lexer: ReadTokens;
  private readonly reader: Lexer;

  constructor(services: LangiumServices) {
    super(services);
    this.reader = services.parser.Lexer;
    this.lexer = new ReadTokens(this.reader.definition);
    createParser(services.Grammar, this, this.reader.definition);
    this.finalize();
  }

  override parse<T extends AstNode = AstNode>(text: string, options?: ParserOptions): ParseResult<T> {
    const statements = this.statements<T>(text, options);
    for (;;) {
      const { done, value } = statements.next();
      if (done) return value;
    }
  }

  /** Parses one statement at each step, and returns the tree of the whole text. */
  *statements<T extends AstNode>(text: string, options?: ParserOptions): Generator<undefined, ParseResult<T>> {
    const { tokens, hidden, ...read } = this.reader.tokenize(text);
    const starts = options?.rule === undefined ? statementStarts(tokens).filter(start => start > 0) : [];
    let [from, hiddenFrom] = [0, 0];
    const parseUpTo = (to: number): ParseResult<T> => {
      const next: IToken | undefined = tokens[to];
      let hiddenTo = hiddenFrom;
      while (hiddenTo < hidden.length && !(next && hidden[hiddenTo]!.startOffset > next.startOffset)) hiddenTo++;
      this.lexer.statement = { tokens: tokens.slice(from, to), hidden: hidden.slice(hiddenFrom, hiddenTo), errors: [] };
      [from, hiddenFrom] = [to, hiddenTo];
      return super.parse<T>(text, options);
    };
    const whole = parseUpTo(starts[0] ?? tokens.length);
    for (const [index] of starts.entries()) {
      yield;
      const parsed = parseUpTo(starts[index + 1] ?? tokens.length);
      append(whole, parsed);
    }
    AstUtils.linkContentToContainer(whole.value);
    return { ...whole, lexerErrors: read.errors, ...(read.report && { lexerReport: read.report }) };
  }
}

/** Adds the statements of one tree to another. */
function append<T extends AstNode>(whole: ParseResult<T>, part: ParseResult<T>): void {
  const [all, more]: AstNode[] = [whole.value, part.value];
  if (!isExperiment(all) || !isExperiment(more)) return;
  all.imports.push(...more.imports);
  all.items.push(...more.items);
  whole.parserErrors.push(...part.parserErrors);
  const root = all.$cstNode?.root;
  const content = more.$cstNode && isCompositeCstNode(more.$cstNode) ? more.$cstNode.content : [];
  for (const node of content) setRoot(node, root);
  root?.content.push(...content);
}

function setRoot(node: Mutable<CstNode>, root: RootCstNode | undefined): void {
  if (root) node.root = root;
  if (isCompositeCstNode(node)) for (const child of node.content) setRoot(child, root);
}

/** Steps aside between statements. */
export class XomeAsyncParser implements AsyncParser {
  constructor(private readonly services: LangiumServices) {}

  async parse<T extends AstNode>(text: string, cancelToken: CancellationToken): Promise<ParseResult<T>> {
    const { LangiumParser: parser } = this.services.parser;
    if (!(parser instanceof XomeParser)) return parser.parse<T>(text);
    const statements = parser.statements<T>(text);
    for (;;) {
      const { done, value } = statements.next();
      if (done) return value;
      await interruptAndCheck(cancelToken);
    }
  }
}
