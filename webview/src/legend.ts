/** Keys to pictures: the diverging colour scale with its ends, and small samples for marks. */
import { quantity } from '../../server/src/protocol.js';
import { element, svg } from './element.js';
import type { Pen } from './pen.js';
import { textFont } from './plot.js';
import { divergingColour } from './scale.js';
import { surface } from './surface.js';
import type { Palette, Theme } from './theme.js';

export interface DivergingLegend {
  readonly node: HTMLElement;
  /** Ends of the scale, and how many examples and positions one cell of the picture averages. */
  readonly show: (limit: number, examples: number, positions: number) => void;
}

/** What averaging a picture does, in words; empty when every value has its own cell. */
export function averagingText(examples: number, positions: number): string {
  const parts = [
    ...(examples > 1 ? [`${Number(examples.toFixed(1))} examples`] : []),
    ...(positions > 1 ? [`${Number(positions.toFixed(1))} positions`] : []),
  ];
  return parts.length === 0 ? '' : `each cell is the mean of ${parts.join(' × ')}`;
}

export function divergingLegend(theme: Theme, unit: string): DivergingLegend {
  const scale = surface(10, ({ context, width, height }) => {
    const colours = theme.palette().diverging;
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = divergingColour((2 * x) / (width - 1) - 1, colours);
      context.fillStyle = `rgb(${red} ${green} ${blue})`;
      context.fillRect(x, 0, 1, height);
    }
  });
  scale.canvas.setAttribute('aria-hidden', 'true');
  const low = element('span');
  const high = element('span');
  const averaging = element('span');
  const node = element(
    'div',
    { class: 'legend', title: 'The ends of the scale are the median over rows of the largest magnitude in the row.' },
    averaging,
    element('span', {}, low, scale.canvas, high),
  );
  return {
    node,
    show: (limit, examples, positions) => {
      low.textContent = limit > 0 ? `≤ ${quantity(-limit, 'logit')}` : 'every score is 0';
      high.textContent = limit > 0 ? `≥ ${quantity(limit, 'logit')} ${unit}` : '';
      averaging.textContent = averagingText(examples, positions);
    },
  };
}

/** The colour scale in the corner of a saved picture, with its ends. */
export function drawScale(
  context: Pen,
  palette: Palette,
  { right, limit, unit }: { right: number; limit: number; unit: string },
): void {
  const [width, height, top] = [120, 10, 7];
  const ends = [`≤ ${quantity(-limit, 'logit')}`, `≥ ${quantity(limit, 'logit')} ${unit}`] as const;
  context.font = textFont(palette);
  const left = right - width - 8 - context.measureText(ends[1]).width;
  for (let x = 0; x < width; x++) {
    const [red, green, blue] = divergingColour((2 * x) / (width - 1) - 1, palette.diverging);
    context.fillStyle = `rgb(${red} ${green} ${blue})`;
    context.fillRect(left + x, top, 1, height);
  }
  context.fillStyle = palette.dim;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  context.fillText(ends[0], left - 8, top + height / 2);
  context.fillText(ends[1], right, top + height / 2);
}

/** A sample of a mark (`count`, `expected` …) of a picture, with its meaning. */
export function legendEntry(kind: string, mark: 'bar' | 'line', text: string): HTMLElement {
  const sample =
    mark === 'bar'
      ? svg('rect', { class: kind, x: 0, y: 1, width: 14, height: 10 })
      : svg('path', { class: kind, d: 'M0 6H14' });
  return element(
    'span',
    {},
    svg('svg', { width: 14, height: 12, class: 'histogram-key', 'aria-hidden': 'true' }, sample),
    text,
  );
}
