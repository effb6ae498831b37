/**
 * A value with its interval on a small axis, the allowed side of the threshold shaded: whether an expectation is met,
 * and how clearly, is seen before it is read. SVG, not canvas: few shapes, coloured by the stylesheet.
 */
import { svg } from './element.js';

const WIDTH = 168;
const HEIGHT = 22;
/** Height with the numbers below. */
const LABELLED = 36;
const INSET = 6;

export interface IntervalMark {
  readonly value?: number | undefined;
  readonly interval?: readonly [number, number] | undefined;
  /** Smallest and largest allowed value. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  /** Axis, where several marks must compare; otherwise what the mark needs. */
  readonly domain?: readonly [number, number] | undefined;
  /** Numbers written below the axis. */
  readonly labels: readonly { readonly at: number; readonly text: string }[];
}

/** The part of the number line a mark needs: all its numbers with a margin, not beyond the bounds. */
export function intervalDomain(
  marks: readonly Omit<IntervalMark, 'labels'>[],
  bounds: readonly [number, number] = [-Infinity, Infinity],
): [number, number] {
  const numbers = marks
    .flatMap(mark => [mark.value, mark.low, mark.high, ...(mark.interval ?? [])])
    .filter((number): number is number => number !== undefined && Number.isFinite(number));
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  if (numbers.length === 0) return [0, 1];
  // A value just inside its threshold must look like it: the axis is never finer than a part of the numbers themselves.
  const margin = Math.max((high - low) * 0.25, Math.max(Math.abs(low), Math.abs(high)) * 0.08) || 1;
  return [Math.max(bounds[0], low - margin), Math.min(bounds[1], high + margin)];
}

/**
 * @param style class that colours the mark: `met`, `failed`, `doubtful` or `plain`
 * @param label the same in words, for screen readers
 */
export function intervalPicture(mark: IntervalMark, style: string, label: string): SVGSVGElement {
  const [from, to] = mark.domain ?? intervalDomain([mark]);
  const place = (value: number): number => {
    const share = Math.max(0, Math.min(1, (value - from) / (to - from || 1)));
    return Number((INSET + share * (WIDTH - 2 * INSET)).toFixed(2));
  };
  const middle = HEIGHT / 2;
  const drawing = svg('svg', {
    class: `interval ${style}`,
    viewBox: `0 0 ${WIDTH} ${LABELLED}`,
    role: 'img',
    'aria-label': label,
  });
  const { value, interval, low, high } = mark;
  if (low !== undefined || high !== undefined) {
    const left = low === undefined ? 0 : place(low);
    const right = high === undefined ? WIDTH : place(high);
    drawing.append(
      svg('rect', { class: 'allowed', x: left, y: 2, width: Math.max(0, right - left), height: HEIGHT - 4 }),
    );
  }
  drawing.append(svg('path', { class: 'axis', d: `M0 ${middle}H${WIDTH}` }));
  for (const threshold of [low, high]) {
    if (threshold !== undefined)
      drawing.append(svg('path', { class: 'threshold', d: `M${place(threshold)} 1V${HEIGHT - 1}` }));
  }
  if (interval) {
    const left = place(interval[0]);
    const right = Math.max(place(interval[1]), left + 1);
    drawing.append(svg('path', { class: 'range', d: `M${left} ${middle}H${right}` }));
  }
  if (value !== undefined && Number.isFinite(value)) {
    drawing.append(svg('circle', { class: 'point', cx: place(value), cy: middle, r: 3.5 }));
  }
  for (const { at, text } of mark.labels) {
    const x = place(at);
    const anchor = x < WIDTH * 0.15 ? 'start' : x > WIDTH * 0.85 ? 'end' : 'middle';
    const edge = anchor === 'start' ? Math.max(0, x - INSET) : anchor === 'end' ? Math.min(WIDTH, x + INSET) : x;
    drawing.append(svg('text', { x: edge, y: LABELLED - 3, 'text-anchor': anchor }, text));
  }
  return drawing;
}
