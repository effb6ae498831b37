/** The marks of a document's declarations: which one holds the cursor, and their numbers in words. */
import type { DeclarationMark, DocumentView } from '../../server/src/protocol.js';

/** The declaration that holds a line; with several the one that begins last. */
export function markAt(view: DocumentView | undefined, line: number): DeclarationMark | undefined {
  return view?.marks.findLast(({ range }) => range.start.line <= line && line <= range.end.line);
}

/** A share as people read it; never 100 % before the end. */
export function percent(share: number): string {
  return `${Math.floor(100 * Math.min(Math.max(share, 0), 1))}\u00a0%`;
}
