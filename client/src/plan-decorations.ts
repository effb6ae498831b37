/** What stands beside the lines of a document: strips behind attributions, notes and gutter signs while something runs. */
import type { DeclarationMark, DocumentView } from '../../server/src/protocol.js';
import { percent } from './marks.js';

export interface Strip {
  readonly line: number;
  /** Data URIs of the picture in dark and in light themes. */
  readonly dark: string;
  readonly light: string;
  /** Of an earlier text. */
  readonly stale: boolean;
}

export interface Note {
  readonly line: number;
  readonly text: string;
}

export type Sign = 'running' | 'waiting' | 'failed';

export interface DecorationPlan {
  readonly strips: readonly Strip[];
  readonly notes: readonly Note[];
  /** Lines by the sign in their gutter. */
  readonly signs: Readonly<Record<Sign, readonly number[]>>;
}

/** What the user wants to see: the strips of this extension, and the editor's inlay hints, which say `(stale)`. */
export interface Wishes {
  readonly strips: boolean;
  readonly hints: boolean;
}

export function planDecorations({ marks }: Pick<DocumentView, 'marks'>, { strips, hints }: Wishes): DecorationPlan {
  const lines = (state: Sign): number[] =>
    marks.filter(mark => mark.state === state).map(({ range }) => range.start.line);
  return {
    strips: strips ? marks.flatMap(stripOf) : [],
    notes: marks.flatMap(mark => noteOf(mark, hints)),
    signs: { running: lines('running'), waiting: lines('waiting'), failed: lines('failed') },
  };
}

function stripOf({ strip, state, range }: DeclarationMark): Strip[] {
  // What runs or failed shows its last picture, which is not of the present text.
  return strip ? [{ line: range.end.line, ...strip, stale: state !== 'done' }] : [];
}

function noteOf({ state, progress, range }: DeclarationMark, hints: boolean): Note[] {
  const line = range.end.line;
  if (state === 'running') return [{ line, text: progress === undefined ? 'running' : `running ${percent(progress)}` }];
  return state === 'stale' && !hints ? [{ line, text: 'stale' }] : [];
}
