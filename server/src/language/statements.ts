/** Where statements begin, told from the tokens alone: also in a text that cannot be parsed. */
import type { IToken } from 'chevrotain';
import { KINDS } from '../catalog/index.js';

const DECLARING: ReadonlySet<string> = new Set(KINDS);
const STARTERS: ReadonlySet<string> = new Set([...KINDS, 'view', 'export', 'expect', 'import']);

/**
 * Indices of the tokens that begin a statement. A kind at the start of a line with a name and `=` after it begins one even
 * inside an unclosed bracket; elsewhere kinds may be parameter names.
 */
export function statementStarts(tokens: readonly IToken[]): number[] {
  const starts: number[] = [];
  let depth = 0;
  tokens.forEach((token, index) => {
    const { image } = token;
    if ('([{'.includes(image)) depth++;
    else if (')]}'.includes(image)) depth = Math.max(0, depth - 1);
    if (!STARTERS.has(image)) return;
    const previous = tokens[index - 1];
    // A statistic, or the category of a line of the catalog.
    if (previous?.image === '.' || previous?.image === 'catalog') return;
    const firstInLine = (previous?.endLine ?? 0) < (token.startLine ?? 1);
    const declares = !DECLARING.has(image) || tokens[index + 2]?.image === '=';
    if (depth === 0 || (firstInLine && declares && tokens[index + 1]?.image !== ':')) {
      starts.push(index);
      depth = 0;
    }
  });
  return starts;
}
