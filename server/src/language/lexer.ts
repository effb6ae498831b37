/**
 * The lexer, with a limit on nested brackets: parser and tree walks are recursive, and no text may exhaust their stack.
 * What stands deeper than anybody writes is one error and is not parsed.
 */
import { DefaultLexer } from 'langium';
import type { LexerResult } from 'langium';

/** Catalog calls nest a handful deep. */
export const MAX_NESTING = 40;

export class XomeLexer extends DefaultLexer {
  override tokenize(...input: Parameters<DefaultLexer['tokenize']>): LexerResult {
    const result = super.tokenize(...input);
    const errors = [...result.errors];
    let depth = 0;
    const tokens = result.tokens.filter(token => {
      if ('([{'.includes(token.image) && ++depth === MAX_NESTING + 1) {
        errors.push({
          offset: token.startOffset,
          line: token.startLine,
          column: token.startColumn,
          length: 1,
          message: `Brackets are nested more than ${MAX_NESTING} deep.`,
        });
      }
      const kept = depth <= MAX_NESTING;
      if (')]}'.includes(token.image)) depth = Math.max(0, depth - 1);
      return kept;
    });
    return { ...result, tokens, errors };
  }
}
