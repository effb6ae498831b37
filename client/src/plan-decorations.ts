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

/** @param strips false where the user has switched them off */
export function planDecorations({ marks }: Pick<DocumentView, 'marks'>, strips: boolean): DecorationPlan {
  const lines = (state: Sign): number[] =>
    marks.filter(mark => mark.state === state).map(({ range }) => range.start.line);
  return {
    strips: strips ? marks.flatMap(stripOf) : [],
    notes: marks.flatMap(noteOf),
    signs: { running: lines('running'), waiting: lines('waiting'), failed: lines('failed') },
  };
}

function stripOf({ strip, state, range }: DeclarationMark): Strip[] {
  // What runs or failed shows its last picture, which is not of the present text.
  return strip ? [{ line: range.end.line, ...strip, stale: state !== 'done' }] : [];
}

function noteOf({ state, progress, strip, range }: DeclarationMark): Note[] {
  const line = range.end.line;
  if (state === 'running') return [{ line, text: progress === undefined ? 'running' : `running ${percent(progress)}` }];
  // A stale metric says so in its inlay hint; a dimmed picture alone says nothing.
  return state === 'stale' && strip ? [{ line, text: 'stale' }] : [];
}
