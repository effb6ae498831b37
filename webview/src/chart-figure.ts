/** A chart as the page shows it: under its title, above its legend, the numbers behind it and the ways to take it along. */
import { element } from './element.js';
import { exports, type Cells } from './exports.js';
import type { Surroundings } from './surroundings.js';

interface Parts {
  readonly title: string;
  readonly drawing: SVGSVGElement;
  /** Class of the figure in the stylesheet. */
  readonly kind?: string;
  readonly legend?: HTMLElement;
  /** The table of its numbers, as people read them. */
  readonly behind: HTMLElement;
  /** Name of exported files. */
  readonly name: string;
  /** The numbers as they are exported. */
  readonly numbers: () => Cells;
}

export function chartFigure(
  surroundings: Surroundings,
  { title, drawing, kind, legend, behind, name, numbers }: Parts,
): HTMLElement {
  return element(
    'figure',
    kind === undefined ? {} : { class: kind },
    element('figcaption', { class: 'small' }, title),
    drawing,
    legend,
    element('div', { class: 'under' }, behind, exports(surroundings, { name, table: numbers, picture: () => drawing })),
  );
}
