/** Tables: the readable side of every picture, and the form of every list of numbers. */
import { element } from './element.js';

/** A table whose cells may stack below each other in a narrow view; roles keep it a table for screen readers then. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly (Node | string)[])[],
  kind = 'plain',
): HTMLTableElement {
  return element(
    'table',
    { class: kind, role: 'table' },
    element('caption', { class: 'unseen' }, caption),
    element(
      'thead',
      { role: 'rowgroup' },
      element(
        'tr',
        { role: 'row' },
        ...head.map(text => element('th', { role: 'columnheader', scope: 'col' }, text || picture())),
      ),
    ),
    element(
      'tbody',
      { role: 'rowgroup' },
      ...rows.map(cells =>
        element(
          'tr',
          { role: 'row' },
          ...cells.map((cell, column) => element('td', { role: 'cell', 'data-head': head[column] }, cell)),
        ),
      ),
    ),
  );
}

/** A column of pictures has a title for screen readers alone. */
const picture = (): HTMLElement => element('span', { class: 'unseen' }, 'picture');

/** The table behind a picture. It is built when it is opened, and again when what it shows has changed. */
export interface TableBehind {
  readonly node: HTMLDetailsElement;
  readonly refresh: () => void;
}

export function tableBehind(summary: string, build: () => HTMLTableElement): TableBehind {
  const holder = element('div', { class: 'scroll' });
  const node = element('details', { class: 'behind' }, element('summary', {}, summary), holder);
  const refresh = (): void => {
    if (node.open) holder.replaceChildren(build());
  };
  node.addEventListener('toggle', refresh);
  return { node, refresh };
}
