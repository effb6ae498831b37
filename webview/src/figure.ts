/** Pictures as files: SVG with everything inside, and PNG at twice the size of the screen. */
import { element } from './element.js';
import { SvgPen } from './pen.js';
import type { Frame } from './surface.js';

/** A picture that can be drawn anywhere. */
export interface Figure {
  readonly width: number;
  readonly height: number;
  readonly background: string;
  readonly draw: (frame: Frame) => void;
}

/** Pixels of a PNG per CSS pixel. */
const SCALE = 2;

/** A drawing of the page stays what it is: its styles are written into it, because the stylesheet does not go along. */
const STYLES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-size',
  'font-family',
  'font-weight',
];

export function svgOf(picture: Figure | SVGSVGElement): string {
  if (picture instanceof SVGSVGElement) return styled(picture);
  const { width, height, background, draw } = picture;
  const pen = new SvgPen();
  draw({ context: pen, width, height, ratio: 1 });
  return pen.document(width, height, background);
}

/** @throws Error when the browser cannot draw it */
export async function pngOf(picture: Figure | SVGSVGElement): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = picture instanceof SVGSVGElement ? await rasterised(picture) : painted(picture);
  const blob = await new Promise<Blob | null>(done => canvas.toBlob(done, 'image/png'));
  if (!blob) throw new Error('The picture is too large for a PNG. Save it as SVG.');
  return new Uint8Array(await blob.arrayBuffer());
}

function painted({ width, height, background, draw }: Figure): HTMLCanvasElement {
  const canvas = element('canvas', { width: width * SCALE, height: height * SCALE });
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  context.scale(SCALE, SCALE);
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  draw({ context, width, height, ratio: SCALE });
  return canvas;
}

async function rasterised(drawing: SVGSVGElement): Promise<HTMLCanvasElement> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(styled(drawing))}`;
  await image.decode();
  const canvas = element('canvas', { width: image.width * SCALE, height: image.height * SCALE });
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** A copy of a drawing with its size, a background and the styles that it has on the page. */
function styled(drawing: SVGSVGElement): string {
  const { width, height } = drawing.getBoundingClientRect();
  const copy = drawing.cloneNode(true) as SVGSVGElement; // a clone is of the same kind
  const copies = copy.querySelectorAll('*');
  drawing.querySelectorAll('*').forEach((node, i) => {
    const style = getComputedStyle(node);
    for (const name of STYLES) copies[i]?.setAttribute(name, style.getPropertyValue(name));
    copies[i]?.removeAttribute('class');
  });
  const background = getComputedStyle(document.body).getPropertyValue('--background').trim();
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(Math.round(width)));
  copy.setAttribute('height', String(Math.round(height)));
  copy.removeAttribute('class');
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of [
    ['width', '100%'],
    ['height', '100%'],
    ['fill', background],
  ] as const)
    ground.setAttribute(name, value);
  copy.prepend(ground);
  return new XMLSerializer().serializeToString(copy);
}
