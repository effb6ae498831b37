/**
 * Manhattan plot: one point per variant, its score or −log₁₀ p over its place on the genome, the strongest with their names
 * or, where those are known, their genes. Names that are no places stand in the order of the data. Decoys, which are noise by design, are drawn as empty rings.
 */
import { quantity } from '../../server/src/protocol.js';
import { describe, element } from './element.js';
import { exports } from './exports.js';
import { placeLabels } from './labels.js';
import { layOut, type Stretch } from './loci.js';
import type { Pen } from './pen.js';
import { fitted, GUTTER, MARGIN, textFont } from './plot.js';
import { positionTicks, ticks } from './scale.js';
import { surface, type Frame } from './surface.js';
import type { Surroundings } from './surroundings.js';
import type { Palette } from './theme.js';

export interface Variant {
  readonly name: string;
  readonly value: number;
  /** The genes over it, or `near` and the nearest; an empty text where there is none. */
  readonly gene?: string | undefined;
}

interface Shown {
  readonly name: string;
  /** What is drawn, and its unit: the caption and the axis. */
  readonly title: string;
  readonly unit: string;
  /** Where the variants are on the genome, as far as their names do not say so. */
  readonly places?: readonly string[] | undefined;
  /** A value from which a variant stands out, and why. */
  readonly threshold?: { readonly value: number; readonly text: string } | undefined;
}

const HEIGHT = 220;
const PLOT = { top: 18, bottom: HEIGHT - 24 } as const;
const RADIUS = 2.5;
/** Pixels in which a pointer finds a point. */
const REACH = 12;
/** Points with a name at most; only those that stand out at all: over the threshold, or half as high as the highest. */
const NAMED = 5;

export function manhattan(
  surroundings: Surroundings,
  { name, title, unit, places, threshold }: Shown,
  variants: readonly Variant[],
): HTMLElement {
  const { theme } = surroundings;
  const { at, stretches } = layOut(
    variants.map(variant => variant.name),
    places,
  );
  const finite = [
    ...variants.map(({ value }) => value).filter(Number.isFinite),
    ...(threshold ? [threshold.value] : []),
  ];
  const high = finite.reduce((a, b) => Math.max(a, b), 0) || 1;
  const low = finite.reduce((a, b) => Math.min(a, b), 0);
  const span = [at.reduce((a, b) => Math.min(a, b), Infinity), at.reduce((a, b) => Math.max(a, b), -Infinity)] as const;
  const strongest = [...variants.keys()]
    .filter(i => Number.isFinite(variants[i]?.value))
    .sort((a, b) => Math.abs(variants[b]!.value) - Math.abs(variants[a]!.value));
  const least = threshold?.value ?? Math.abs(variants[strongest[0] ?? 0]?.value ?? 0) / 2;
  const outstanding = named(variants, least > 0 ? strongest.filter(i => Math.abs(variants[i]!.value) >= least) : []);
  const annotated = variants.some(({ gene }) => gene);
  let selected: number | undefined;

  const x = (i: number, width: number): number => {
    const inner = width - GUTTER - MARGIN - 2 * RADIUS;
    return GUTTER + RADIUS + ((at[i]! - span[0]) / (span[1] - span[0] || 1)) * inner;
  };
  const y = (value: number): number => PLOT.bottom - ((value - low) / (high - low)) * (PLOT.bottom - PLOT.top);

  const isOther = variants.map(
    (_, i) => stretches.findIndex(({ from, to }) => at[i]! >= from && at[i]! < to) % 2 === 1,
  );
  const drawPoints = ({ context, width }: Frame): void => {
    const palette = theme.palette();
    drawAxes(context, palette, width);
    // Of points on the same pixel one is enough, however many variants there are.
    const taken = new Set<string>();
    for (const [i, { name: of, value }] of variants.entries()) {
      if (!Number.isFinite(value)) continue;
      const decoy = of.startsWith('decoy:');
      const pixel = `${Math.round(x(i, width))} ${Math.round(y(value))} ${decoy}`;
      if (taken.has(pixel)) continue;
      taken.add(pixel);
      drawPoint(context, x(i, width), y(value), decoy, isOther[i] || decoy ? palette.dim : palette.accent);
    }
  };
  const drawMarks = ({ context, width }: Frame, marked: number | undefined): void => {
    const palette = theme.palette();
    drawNames(context, palette, marked, width);
    if (marked === undefined) return;
    context.strokeStyle = palette.foreground;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x(marked, width), y(variants[marked]!.value), RADIUS + 3, 0, 2 * Math.PI);
    context.stroke();
  };

  function drawAxes(context: Pen, palette: Palette, width: number): void {
    context.font = textFont(palette);
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    for (const tick of ticks(low, high, 4)) {
      context.fillStyle = palette.guide;
      context.fillRect(GUTTER, Math.round(y(tick)), width - GUTTER - MARGIN, 1);
      context.fillStyle = palette.dim;
      context.fillText(quantity(tick, 'number'), GUTTER - 7, y(tick));
    }
    context.fillStyle = palette.line;
    context.fillRect(GUTTER, Math.round(y(0)), width - GUTTER - MARGIN, 1);
    context.textBaseline = 'top';
    context.textAlign = 'center';
    context.fillStyle = palette.dim;
    for (const [text, place] of axisTexts(context, stretches, span, width))
      context.fillText(text, place, PLOT.bottom + 7);
    if (!threshold) return;
    for (let left = GUTTER; left < width - MARGIN; left += 8)
      context.fillRect(left, Math.round(y(threshold.value)), Math.min(5, width - MARGIN - left), 1);
  }

  /** Names beside their points: of the marked one in full, of those that stand out as far as there is room. */
  function drawNames(context: Pen, palette: Palette, marked: number | undefined, width: number): void {
    context.font = textFont(palette);
    const shown = [...new Set([...(marked === undefined ? [] : [marked]), ...outstanding])].map(i => {
      const text = fitted(context, i === marked ? fullName(variants[i]!) : shortName(variants[i]!), 160);
      return { text, x: x(i, width), y: y(variants[i]!.value), width: context.measureText(text).width };
    });
    context.fillStyle = palette.foreground;
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    placeLabels(shown, { left: GUTTER, right: width, top: 0, bottom: PLOT.bottom }).forEach((box, i) => {
      if (box) context.fillText(shown[i]!.text, box.left, (box.top + box.bottom) / 2);
    });
  }

  // Moving over the points redraws the marks alone: a cohort may have hundreds of thousands.
  let points: { readonly canvas: HTMLCanvasElement; readonly width: number; readonly palette: Palette } | undefined;
  const pointsOf = ({ width, height, ratio }: Frame): HTMLCanvasElement => {
    const palette = theme.palette();
    if (points?.width === width && points.palette === palette) return points.canvas;
    const canvas = element('canvas', { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const context = canvas.getContext('2d');
    context?.scale(canvas.width / width, canvas.height / height);
    if (context) drawPoints({ context, width, height, ratio });
    points = { canvas, width, palette };
    return canvas;
  };
  const picture = surface(HEIGHT, frame => {
    frame.context.drawImage(pointsOf(frame), 0, 0, frame.width, frame.height);
    drawMarks(frame, selected);
  });
  const { canvas } = picture;
  const readout = element('output', { class: 'readout', 'aria-live': 'off' });
  const textOf = (i: number): string => `${fullName(variants[i]!)}   ${quantity(variants[i]!.value, 'number')} ${unit}`;
  const mark = (i: number | undefined): void => {
    if (i === selected) return;
    selected = i;
    readout.textContent = i === undefined ? '' : textOf(i);
    if (i !== undefined) describe(canvas, { 'aria-valuenow': strongest.indexOf(i) + 1, 'aria-valuetext': textOf(i) });
    picture.redraw();
  };
  canvas.addEventListener('pointermove', ({ offsetX, offsetY }) => {
    const distance = (i: number): number =>
      Math.hypot(x(i, canvas.clientWidth) - offsetX, y(variants[i]!.value) - offsetY);
    let nearest: number | undefined;
    for (const i of strongest) if (distance(i) < (nearest === undefined ? REACH : distance(nearest))) nearest = i;
    mark(nearest);
  });
  canvas.addEventListener('pointerleave', () => mark(undefined));
  canvas.addEventListener('keydown', event => {
    const rank = selected === undefined ? -1 : strongest.indexOf(selected);
    const target = { ArrowDown: rank + 1, ArrowUp: rank - 1, Home: 0, End: strongest.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    mark(strongest[Math.max(0, Math.min(strongest.length - 1, target))]);
  });
  const [first] = strongest;
  describe(canvas, {
    role: 'slider',
    tabindex: 0,
    'aria-orientation': 'vertical',
    'aria-label': `${title}: variants by rank`,
    'aria-valuemin': 1,
    'aria-valuemax': Math.max(1, strongest.length),
    'aria-valuenow': 1,
    'aria-valuetext': first === undefined ? 'none' : textOf(first),
  });
  const figure = () => ({
    width: canvas.clientWidth,
    height: HEIGHT,
    background: theme.palette().background,
    draw: (frame: Frame) => {
      drawPoints(frame);
      drawMarks(frame, undefined);
    },
  });
  return element(
    'div',
    { class: 'manhattan' },
    element(
      'p',
      { class: 'dim small' },
      `${title} (${unit}), ${stretches.length > 0 ? 'by chromosome and position' : 'in the order of the data'}.${
        threshold ? ` The dashed line is ${threshold.text}.` : ''
      }`,
    ),
    canvas,
    element(
      'div',
      { class: 'under' },
      exports(surroundings, {
        name: `${name} by place`,
        table: () => [
          ['variant', ...(annotated ? ['gene'] : []), title],
          ...variants.map(({ name: of, value, gene = '' }) => [of, ...(annotated ? [gene] : []), value]),
        ],
        picture: figure,
      }),
      readout,
    ),
  );
}

/** A gene is a short name; whether the variant lies in it or near it stands in the table. */
const shortName = ({ name, gene }: Variant): string => gene?.replace(/^near /, '') || name;
const fullName = ({ name, gene }: Variant): string => (gene ? `${name} · ${gene}` : name);

/** The first of the strongest that differ in what they are called: variants of one gene are one peak. */
function named(variants: readonly Variant[], strongest: readonly number[]): number[] {
  const byName = new Map<string, number>();
  for (const i of strongest) {
    if (byName.size === NAMED) break;
    const text = shortName(variants[i]!);
    if (!byName.has(text)) byName.set(text, i);
  }
  return [...byName.values()];
}

function drawPoint(context: Pen, x: number, y: number, ring: boolean, colour: string): void {
  context.fillStyle = colour;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.arc(x, y, RADIUS, 0, 2 * Math.PI);
  if (ring) context.stroke();
  else context.fill();
}

/** Names of chromosomes in their middles, as far as there is room, the last one first; or numbers of variants. */
function axisTexts(
  context: Pen,
  stretches: readonly Stretch[],
  [from, to]: readonly [number, number],
  width: number,
): [string, number][] {
  const inner = width - GUTTER - MARGIN;
  const place = (at: number): number => GUTTER + ((at - from) / (to - from || 1)) * inner;
  const wanted =
    stretches.length === 0
      ? positionTicks(from, to, Math.max(2, Math.floor(inner / 90))).map((tick): [string, number] => [
          quantity(tick, 'count'),
          place(tick),
        ])
      : stretches.map(({ chromosome, from: start, to: end }): [string, number] => [
          stretches.length === 1 ? `chromosome ${chromosome}` : chromosome,
          place((start + end) / 2),
        ]);
  let free = width;
  return wanted.reverse().flatMap(([text, middle]): [string, number][] => {
    const half = context.measureText(text).width / 2;
    const at = Math.min(Math.max(middle, half), width - half);
    if (at + half > free) return [];
    free = at - half - 6;
    return [[text, at]];
  });
}
