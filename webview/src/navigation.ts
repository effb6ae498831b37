/** Which example is shown: previous and next in drawing order, and search by name. */
import { quantity } from '../../server/src/protocol.js';
import { element } from './element.js';

export interface Navigation {
  readonly node: HTMLElement;
  /** Names the example and its place among the drawn rows. */
  readonly show: (row: number, place: number) => void;
}

/** The next row after `current` whose name contains the text, ignoring case, round the end; none when there is none. */
export function findName(names: readonly string[], text: string, current: number): number | undefined {
  const wanted = text.toLowerCase();
  for (let step = 1; step <= names.length; step++) {
    const row = (current + step) % names.length;
    if (names[row]?.toLowerCase().includes(wanted)) return row;
  }
  return undefined;
}

/**
 * @param facts short texts about a row: its target value, its label
 * @param step moves by this many rows in drawing order
 */
export function navigation(
  names: readonly string[],
  facts: (row: number) => readonly string[],
  step: (rows: number) => void,
  select: (row: number) => void,
): Navigation {
  let current = 0;
  const name = element('strong', { class: 'mono' });
  const place = element('span', { class: 'dim small nowrap' });
  const chips = element('span', { class: 'bar chips' });
  const said = element('span', { class: 'dim small', role: 'status' });
  const search = element('input', {
    type: 'search',
    placeholder: 'Find by name',
    'aria-label': 'Find an example by name',
  });
  const arrow = (text: string, label: string, rows: number): HTMLButtonElement => {
    const node = element('button', { type: 'button', title: label, 'aria-label': label }, text);
    node.addEventListener('click', () => step(rows));
    return node;
  };
  const find = (from: number): void => {
    const text = search.value.trim();
    const row = text === '' ? undefined : findName(names, text, from);
    said.textContent = text !== '' && row === undefined ? 'no such name' : '';
    if (row !== undefined) select(row);
  };
  // Typing stays on the present example while it matches; Enter goes on to the next one.
  search.addEventListener('input', () => find(current - 1 + names.length));
  search.addEventListener('keydown', event => {
    event.stopPropagation();
    if (event.key === 'Enter') find(current);
  });
  const several = names.length > 1;
  const node = element(
    'div',
    { class: 'bar' },
    several
      ? element(
          'span',
          { class: 'nowrap controls' },
          arrow('‹', 'Previous example', -1),
          ' ',
          arrow('›', 'Next example', 1),
        )
      : undefined,
    name,
    several ? place : undefined,
    chips,
    several ? element('span', { class: 'bar push controls find' }, said, search) : undefined,
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
