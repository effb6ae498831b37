/** Which example is shown: previous and next in drawing order, and search by name. */
import { quantity } from '../../server/src/protocol.js';
import type { Controls } from './controls.js';
import { element } from './element.js';
import { locusOf, overlap } from './loci.js';

export interface Navigation {
  readonly node: HTMLElement;
  /** Names the example and its place among the drawn rows. */
  readonly show: (row: number, place: number) => void;
}

/**
 * The next row after `current` whose name contains the text, ignoring case, or whose place overlaps with the interval that the
 * text is (`chr1:1,000-2,000`), round the end; none when there is none.
 */
export function findName(names: readonly string[], text: string, current: number): number | undefined {
  const wanted = text.toLowerCase();
  const interval = locusOf(text);
  for (let step = 1; step <= names.length; step++) {
    const row = (current + step) % names.length;
    const name = names[row] ?? '';
    if (name.toLowerCase().includes(wanted)) return row;
    const place = interval && locusOf(name);
    if (place && overlap(place, interval)) return row;
  }
  return undefined;
}

/**
 * @param facts short texts about a row: its target value, its label
 * @param step moves by this many rows in drawing order
 */
export function navigation(
  controls: Controls,
  names: readonly string[],
  facts: (row: number) => readonly string[],
  step: (rows: number) => void,
  select: (row: number) => void,
): Navigation {
  let current = 0;
  const name = element('strong', { class: 'mono example' });
  const place = element('span', { class: 'dim small nowrap' });
  const chips = element('span', { class: 'bar chips' });
  const said = element('span', { class: 'dim small', role: 'status' });
  const find = (text: string, from: number): void => {
    const wanted = text.trim();
    const row = wanted === '' ? undefined : findName(names, wanted, from);
    said.textContent = wanted !== '' && row === undefined ? 'nothing found' : '';
    if (row !== undefined) select(row);
  };
  const several = names.length > 1;
  const node = element(
    'div',
    { class: 'bar navigation' },
    several
      ? element(
          'span',
          { class: 'nowrap controls' },
          controls.button('‹', 'Previous example', () => step(-1)),
          ' ',
          controls.button('›', 'Next example', () => step(1)),
        )
      : undefined,
    name,
    several ? place : undefined,
    chips,
    several
      ? element(
          'span',
          { class: 'bar push controls find' },
          said,
          // Typing stays on the present example while it matches; Enter goes on to the next one.
          controls.search('Find an example by name or interval', {
            input: text => find(text, current - 1 + names.length),
            enter: text => find(text, current),
          }),
        )
      : undefined,
  );
  return {
    node,
    show: (row, index) => {
      current = row;
      name.textContent = names[row] ?? '';
      place.textContent = `${quantity(index + 1, 'count')} of ${quantity(names.length, 'count')}`;
      chips.replaceChildren(...facts(row).map(text => element('span', { class: 'chip' }, text)));
    },
  };
}
