/** Ranked numbers with names: a table whose values are drawn as bars from a common zero. */
import { quantity } from '../../server/src/protocol.js';
import { element } from './element.js';
import { table } from './table.js';

/** Rows of a ranking. */
export const SHOWN = 20;

export interface Ranked {
  readonly name: string;
  readonly value: number;
  /** Ends of the whisker over the bar. */
  readonly interval?: readonly [number, number];
  /** Of a variant: its gene. */
  readonly gene?: string | undefined;
  /** What else is known, in a few words. */
  readonly detail?: string;
}

/** The strongest first; those without a number last. */
export function strongest<Value extends Ranked>(values: readonly Value[], most: number): Value[] {
  const size = ({ value }: Ranked): number => (Number.isFinite(value) ? Math.abs(value) : -1);
  return [...values].sort((a, b) => size(b) - size(a)).slice(0, most);
}

/**
 * @param head titles of the columns of names and values; a third one where rows have details. Genes have their own
 */
export function bars(caption: string, head: readonly [string, string, string?], rows: readonly Ranked[]): HTMLElement {
  const finite = rows.flatMap(({ value, interval = [] }) => [value, ...interval]).filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const high = Math.max(0, ...finite);
  const share = (value: number): number => (high > low ? (100 * value) / (high - low) : 0);
  const whisker = ([from, to]: readonly [number, number]): HTMLElement => {
    const line = element('span', { class: 'whisker' });
    line.style.marginLeft = `${share(from - low)}%`;
    line.style.width = `${share(to - from)}%`;
    return line;
  };
  const [name, value, detail] = head;
  const annotated = rows.some(({ gene }) => gene);
  return table(
    caption,
    [name, '', value, ...(detail === undefined ? [] : [detail]), ...(annotated ? ['gene'] : [])],
    rows.map(row => {
      const bar = element('span', { class: row.value < 0 ? 'negative' : 'positive' });
      bar.style.width = `${share(Math.abs(Number.isFinite(row.value) ? row.value : 0))}%`;
      bar.style.marginLeft = `${share(Math.min(row.value, 0) - low)}%`;
      return [
        // One word stays on its line, cut where there is no room; a rule may break.
        element('code', /\s/.test(row.name) ? {} : { class: 'word', title: row.name }, row.name),
        element('span', { class: 'ranked', 'aria-hidden': 'true' }, bar, row.interval && whisker(row.interval)),
        element('span', { class: 'nowrap' }, quantity(row.value, 'logit')),
        ...(detail === undefined ? [] : [row.detail ?? '']),
        ...(annotated ? [row.gene ?? ''] : []),
      ];
    }),
    'plain bars',
  );
}
