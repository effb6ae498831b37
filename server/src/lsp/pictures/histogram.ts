/** A distribution as bars, with what chance would give as a line over them. */
import type { Distribution } from '../../protocol.js';
import { BAR, INK, NULL_LINE, round, svgText, svgUri } from './svg.js';

const WIDTH = 360;
/** Hovers show 250 pixels: values and picture together should fit. */
const HEIGHT = 110;
const TOP = 4;
const BOTTOM = HEIGHT - 20;
/** Labels of the ends of the axis need this much. */
const SIDE = 4;

export function drawHistogram({ edges, counts, expected, unit }: Distribution): string {
  const low = edges[0] ?? 0;
  const high = edges.at(-1) ?? 1;
  const most = Math.max(1e-12, ...counts, ...(expected ?? []));
  const x = (value: number): number => round(SIDE + ((value - low) / (high - low || 1)) * (WIDTH - 2 * SIDE));
  const y = (count: number): number => round(BOTTOM - (count / most) * (BOTTOM - TOP));
  const bars = counts
    .map((count, bin) => {
      const left = x(edges[bin] ?? low);
      const width = round(Math.max(0.5, x(edges[bin + 1] ?? high) - left - 0.5));
      return `<rect x="${left}" y="${y(count)}" width="${width}" height="${round(BOTTOM - y(count))}"/>`;
    })
    .join('');
  const chance = expected
    ?.map((count, bin) => `${bin === 0 ? 'M' : 'L'}${x(edges[bin] ?? low)} ${y(count)}H${x(edges[bin + 1] ?? high)}`)
    .join('');
  const middle = (low + high) / 2;
  const label = (value: number): string => axisLabel(value, unit);
  return svgUri(
    WIDTH,
    HEIGHT,
    [
      `<g fill="${BAR}">${bars}</g>`,
      chance === undefined ? '' : `<path fill="none" stroke="${NULL_LINE}" stroke-width="2" d="${chance}"/>`,
      `<path stroke="${INK}" d="M${SIDE} ${BOTTOM + 0.5}H${WIDTH - SIDE}"/>`,
      svgText(SIDE, HEIGHT - 5, label(low)),
      svgText(x(middle), HEIGHT - 5, label(middle), 'middle'),
      svgText(WIDTH - SIDE, HEIGHT - 5, label(high), 'end'),
    ].join(''),
  );
}

/** Shares as percentages; other numbers as they are, with their unit where it is a sign. */
function axisLabel(value: number, unit: string): string {
  const number = String(Number((unit === 'share' ? 100 * value : value).toPrecision(3))).replace('-', '−');
  return `${number}${unit === 'share' ? ' %' : unit === 'degrees' ? '°' : ''}`;
}
