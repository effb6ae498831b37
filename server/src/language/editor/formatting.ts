/**
 * Formatting: one space where spaces belong and none elsewhere, continued lines indented. Line breaks, comments, and
 * columns that the author has lined up in front of a name, `=` or a comment stay. Works on tokens: the language is flat.
 */
import type { IToken } from 'chevrotain';
import type { LangiumDocument, Lexer } from 'langium';
import type { Formatter, LangiumServices } from 'langium/lsp';
import type { DocumentFormattingParams, DocumentRangeFormattingParams, Range, TextEdit } from 'vscode-languageserver';
import { KINDS } from '../../catalog/index.js';

const STARTERS: ReadonlySet<string> = new Set([...KINDS, 'view', 'export', 'expect', 'import']);

/** A token or comment with its place in the structure. */
interface Piece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly comment: boolean;
  readonly number: boolean;
  /** Begins a statement. */
  readonly starts: boolean;
  readonly line: number;
  /** Steps of indentation: lines that opened brackets around it, which several may share; its own bracket not counted. */
  readonly level: number;
}

export class XomeFormatter implements Formatter {
  readonly formatOnTypeOptions = undefined;
  private readonly lexer: Lexer;

  constructor(services: LangiumServices) {
    this.lexer = services.parser.Lexer;
  }

  formatDocument(document: LangiumDocument, params: DocumentFormattingParams): TextEdit[] {
    return this.edits(document, params.options.tabSize);
  }

  formatDocumentRange(document: LangiumDocument, params: DocumentRangeFormattingParams): TextEdit[] {
    return this.edits(document, params.options.tabSize).filter(edit => inside(edit.range, params.range));
  }

  formatDocumentOnType(): TextEdit[] {
    return [];
  }

  /** The changes that format a document; none while it does not parse, for its structure is then a guess. */
  private edits(document: LangiumDocument, indentation: number): TextEdit[] {
    const { lexerErrors, parserErrors } = document.parseResult;
    if (lexerErrors.length > 0 || parserErrors.length > 0) return [];
    const { textDocument } = document;
    const text = textDocument.getText();
    const { tokens, hidden } = this.lexer.tokenize(text);
    const pieces = piecesOf(tokens, hidden);
    const edits: TextEdit[] = [];
    const newline = text.includes('\r\n') ? '\r\n' : '\n';
    const replace = (start: number, end: number, newText: string): void => {
      if (text.slice(start, end) === newText) return;
      edits.push({ range: { start: textDocument.positionAt(start), end: textDocument.positionAt(end) }, newText });
    };
    pieces.forEach((piece, index) => {
      const previous = pieces[index - 1];
      if (previous === undefined) {
        replace(0, piece.start, '');
        return;
      }
      const gap = text.slice(previous.end, piece.start);
      const first = gap.indexOf('\n');
      const lines = first < 0 ? 0 : gap.includes('\n', first + 1) ? 2 : 1;
      if (lines === 0) replace(previous.end, piece.start, ' '.repeat(spacesBetween(previous, piece, gap.length)));
      else replace(previous.end, piece.start, newline.repeat(lines) + indent(pieces, index, indentation));
    });
    const last = pieces.at(-1);
    replace(last?.end ?? 0, text.length, last === undefined ? '' : newline);
    return edits;
  }
}

function piecesOf(tokens: readonly IToken[], hidden: readonly IToken[]): Piece[] {
  const comments = new Set(hidden.filter(({ tokenType }) => tokenType.name.endsWith('COMMENT')));
  const sorted = [...tokens, ...comments].sort((a, b) => a.startOffset - b.startOffset);
  /** The line of each open bracket. */
  const open: number[] = [];
  let before = '';
  return sorted.map(token => {
    const comment = comments.has(token);
    const text = comment ? token.image.trimEnd() : token.image;
    if (!comment && ')]}'.includes(text)) open.pop();
    const level = open.length < 2 ? open.length : new Set(open).size;
    const piece: Piece = {
      text,
      start: token.startOffset,
      end: token.startOffset + text.length,
      comment,
      number: token.tokenType.name === 'NUMBER',
      starts: !comment && open.length === 0 && before !== '.' && STARTERS.has(text),
      line: token.startLine ?? 0,
      level,
    };
    if (!comment && '([{'.includes(text)) open.push(piece.line);
    if (!comment) before = text;
    return piece;
  });
}

/** Spaces between two pieces on one line. */
function spacesBetween(a: Piece, b: Piece, written: number): number {
  if (a.comment || b.comment || a.starts || b.text === '=') return Math.max(1, written);
  if (a.text === '{' || b.text === '}') return a.text === '{' && b.text === '}' ? 0 : 1;
  if ('(['.includes(a.text) || ')],:%'.includes(b.text)) return 0;
  if (['.', '..', '-'].includes(a.text) || ['.', '..'].includes(b.text)) return 0;
  if (b.text === '(') return 0;
  return 1;
}

/** Indentation of a piece at the start of a line: none for statements and what leads to them, else one step per level. */
function indent(pieces: readonly Piece[], index: number, step: number): string {
  let at = index;
  while (pieces[at]?.comment) at++;
  const next = pieces[at];
  if (next === undefined || next.starts) return '';
  if (!closes(next)) return ' '.repeat(step * Math.max(1, next.level));
  // A line of closing brackets stands where its last one does.
  let last = next;
  for (let after = pieces[++at]; after && closes(after) && after.line === next.line; after = pieces[++at]) last = after;
  return ' '.repeat(step * last.level);
}

function closes({ text, comment }: Piece): boolean {
  return !comment && ')]}'.includes(text);
}

function inside(inner: Range, outer: Range): boolean {
  return inner.start.line >= outer.start.line && inner.end.line <= outer.end.line;
}
