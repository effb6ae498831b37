/** How an experiment stands, in a few words: the head of the panel. Pure. */
import { quantity, type DeclarationMark, type DocumentView, type ResultState } from '../../server/src/protocol.js';
import { verdict, type OutcomeStyle } from './expectations.js';
import { seconds } from './times.js';

export interface Status {
  readonly text: string;
  readonly style: OutcomeStyle | 'busy';
}

/** Whether the results on screen are what the text asks for. */
export function statusOf(view: DocumentView): Status {
  const count = (state: ResultState): number => view.marks.filter(mark => mark.state === state).length;
  if (view.running) {
    const running = view.marks.find(mark => mark.state === 'running');
    return { text: `running ${percent(shareDone(view.marks))}${running ? ` · ${running.name}` : ''}`, style: 'busy' };
  }
  const stale = staleNames(view).size;
  if (count('failed') > 0) return { text: `✗ ${count('failed')} failed`, style: 'failed' };
  if (stale > 0) return { text: `◐ ${stale} stale`, style: 'doubtful' };
  if (view.blocked !== undefined) return { text: '⊘ cannot run', style: 'doubtful' };
  if (!view.snapshot) return { text: 'no results yet', style: 'none' };
  if (count('missing') > 0) return { text: `○ ${count('missing')} not computed`, style: 'doubtful' };
  return { text: '✓ up to date', style: 'met' };
}

/** Names whose results belong to an earlier text. */
export function staleNames({ stale, marks }: Pick<DocumentView, 'stale' | 'marks'>): ReadonlySet<string> {
  return new Set([...stale, ...marks.filter(mark => mark.state === 'stale').map(mark => mark.name)]);
}

/** Share of a run that is done: finished declarations and the running one's part, of those that take part. */
export function shareDone(marks: readonly Pick<DeclarationMark, 'state' | 'progress'>[]): number {
  const taking = marks.filter(({ state }) => state === 'done' || state === 'running' || state === 'waiting');
  const done = taking.reduce((sum, { state, progress }) => sum + (state === 'done' ? 1 : (progress ?? 0)), 0);
  return taking.length === 0 ? 0 : done / taking.length;
}

/** The word beside a declaration's name; none where its result is as it should be. */
export function badgeOf(state: ResultState, progress: number | undefined): string {
  if (state === 'running') return progress === undefined ? 'running' : `running ${percent(progress)}`;
  return state === 'done' ? '' : state === 'missing' ? 'not computed' : state;
}

/** Size of the experiment: `300 sequences · 4 maps · 12.4 s`. */
export function factsOf({ snapshot }: DocumentView): string {
  if (!snapshot) return '';
  const explained = snapshot.data.filter(data => snapshot.maps.some(map => map.data === data.key));
  const sequences = explained.every(({ alphabet }) => alphabet === 'dna');
  const examples = explained.reduce((sum, data) => sum + data.examples, 0);
  return [
    ...(examples > 0 ? [counted(examples, sequences ? 'sequence' : 'example')] : []),
    ...(snapshot.maps.length > 0 ? [counted(snapshot.maps.length, 'map')] : []),
    seconds(snapshot.maps.reduce((sum, map) => sum + map.seconds, 0)),
  ].join(' · ');
}

/** How many expectations are met, as `✓ 4 of 5`; nothing where there are none. */
export function expectationsOf({ snapshot }: DocumentView): Status | undefined {
  const expectations = snapshot?.expectations ?? [];
  if (expectations.length === 0) return undefined;
  const met = expectations.filter(({ outcome }) => outcome.startsWith('met')).length;
  const { style } = verdict(expectations);
  return {
    text: `${{ met: '✓', failed: '✗', doubtful: '?', none: '–' }[style]} ${met} of ${expectations.length}`,
    style,
  };
}

const counted = (count: number, thing: string): string =>
  `${quantity(count, 'count')} ${thing}${count === 1 ? '' : 's'}`;

export const percent = (share: number): string => `${Math.round(100 * share)} %`;
