/** What a reader can take away from a picture: its numbers as a table with tabs, and the picture itself as SVG or PNG. */
import { element } from './element.js';
import { pngOf, svgOf, type Figure } from './figure.js';
import type { Surroundings } from './surroundings.js';

/** A table: titles, then rows; numbers at full precision. */
export type Cells = readonly (readonly (string | number)[])[];

export interface Exported {
  /** Name of the files without their ending. */
  readonly name: string;
  readonly table?: (() => Cells) | undefined;
  readonly picture?: (() => Figure | SVGSVGElement) | undefined;
}

/** Tab-separated values, as spreadsheets and `pandas.read_csv(sep="\t")` take them: no cell holds a tab or a line break. */
export function tsv(cells: Cells): string {
  const shown = (cell: string | number): string =>
    typeof cell === 'string'
      ? cell.replace(/[\t\r\n\u00a0\u202f]+/g, ' ')
      : Number.isFinite(cell)
        ? String(cell)
        : 'NA';
  return cells.map(row => `${row.map(shown).join('\t')}\n`).join('');
}

/** Shut until it is asked for: what is seldom needed must not stand beside every picture. */
export function exports({ save, copy }: Surroundings, { name, table, picture }: Exported): HTMLElement {
  const said = element('span', { role: 'status' });
  const button = (text: string, title: string, act: () => Promise<void> | void): HTMLElement => {
    const node = element('button', { type: 'button', class: 'small-action', title }, text);
    node.addEventListener('click', () => {
      said.textContent = '';
      Promise.resolve(act()).catch((error: unknown) => {
        said.textContent = error instanceof Error ? error.message : String(error);
      });
    });
    return node;
  };
  const file = name.replace(/[^\p{L}\p{N}._-]+/gu, '-');
  return element(
    'details',
    { class: 'behind exports' },
    element('summary', { 'aria-label': `Export ${name}` }, 'Export'),
    element(
      'span',
      { class: 'bar' },
      ...(table
        ? [
            button('Copy table', `Copy the numbers of ${name}, separated by tabs`, async () => {
              await copy(tsv(table()));
              said.textContent = 'copied';
            }),
            button('TSV', `Save the numbers of ${name} as ${file}.tsv`, () => save(`${file}.tsv`, tsv(table()))),
          ]
        : []),
      ...(picture
        ? [
            button('SVG', `Save the picture of ${name} as ${file}.svg`, () => save(`${file}.svg`, svgOf(picture()))),
            button('PNG', `Save the picture of ${name} as ${file}.png`, async () =>
              save(`${file}.png`, await pngOf(picture())),
            ),
          ]
        : []),
      said,
    ),
  );
}
