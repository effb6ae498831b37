/** Marks and views as the server sends them, for tests of what the editor makes of them. */
import type { DeclarationMark, DocumentView } from '../../server/src/protocol.js';

/** A mark of a declaration that stands on these lines. */
export function mark(
  name: string,
  [first, last]: readonly [number, number],
  more: Partial<DeclarationMark>,
): DeclarationMark {
  const range = { start: { line: first, character: 0 }, end: { line: last, character: 10 } };
  return { name, kind: 'attribution', range, state: 'done', ...more };
}

export function viewOf(marks: DeclarationMark[], more: Partial<DocumentView> = {}): DocumentView {
  return { uri: 'file:///a.xome', version: 1, running: false, marks, stale: [], ...more };
}
