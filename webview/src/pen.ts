/**
 * What pictures are drawn with: a canvas on the screen, or SVG for papers. One drawing, two media; only what the drawings use
 * is there.
 */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'globalAlpha'
  | 'font'
  | 'textAlign'
  | 'textBaseline'
  | 'imageSmoothingEnabled'
  | 'save'
  | 'restore'
  | 'translate'
  | 'scale'
  | 'beginPath'
  | 'rect'
  | 'arc'
  | 'moveTo'
  | 'lineTo'
  | 'clip'
  | 'fillRect'
  | 'strokeRect'
  | 'fillText'
> & {
  fill(path?: Path2D, rule?: CanvasFillRule): void;
  stroke(): void;
  drawImage(image: HTMLCanvasElement, x: number, y: number, width: number, height: number): void;
  measureText(text: string): { readonly width: number };
  getTransform(): { readonly a: number; readonly d: number };
};

const BASELINES: Partial<Record<CanvasTextBaseline, string>> = { top: 'hanging', middle: 'central' };
const ANCHORS: Partial<Record<CanvasTextAlign, string>> = { center: 'middle', right: 'end' };

/** Writes SVG 1.1 elements. Coordinates are CSS pixels, rounded to hundredths. */
export class SvgPen implements Pen {
  fillStyle: Pen['fillStyle'] = '#000';
  strokeStyle: Pen['strokeStyle'] = '#000';
  lineWidth = 1;
  globalAlpha = 1;
  font = '11px sans-serif';
  textAlign: CanvasTextAlign = 'left';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  imageSmoothingEnabled = false;
  private readonly parts: string[] = [];
  private path = '';
  private clips = 0;
  /** Groups opened since each `save`, with what has to be restored. */
  private readonly saved: { groups: number; style: Partial<SvgPen> }[] = [];
  private readonly ruler = document.createElement('canvas').getContext('2d');

  /** @param prefix sets the ids of one document apart */
  constructor(private readonly prefix = 'clip') {}

  /** The document drawn so far. */
  document(width: number, height: number, background: string): string {
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
      `<rect width="${width}" height="${height}" fill="${escaped(background)}"/>`,
      ...this.parts,
      '</svg>\n',
    ].join('\n');
  }

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline } = this;
    const style = { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline };
    this.saved.push({ groups: 0, style });
  }
  restore(): void {
    const last = this.saved.pop();
    if (!last) return;
    for (let i = 0; i < last.groups; i++) this.parts.push('</g>');
    Object.assign(this, last.style);
  }
  translate(x: number, y: number): void {
    this.group(`transform="translate(${round(x)} ${round(y)})"`);
  }
  scale(x: number, y: number): void {
    this.group(`transform="scale(${x} ${y})"`);
  }
  clip(): void {
    const id = `${this.prefix}${this.clips++}`;
    this.parts.push(`<clipPath id="${id}"><path d="${this.path}"/></clipPath>`);
    this.group(`clip-path="url(#${id})"`);
  }

  beginPath(): void {
    this.path = '';
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.path += `M${round(x)} ${round(y)}h${round(width)}v${round(height)}h${round(-width)}z`;
  }
  arc(x: number, y: number, radius: number): void {
    const r = round(radius);
    this.path += `M${round(x - radius)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
  }
  moveTo(x: number, y: number): void {
    this.path += `M${round(x)} ${round(y)}`;
  }
  lineTo(x: number, y: number): void {
    this.path += `L${round(x)} ${round(y)}`;
  }
  fill(): void {
    this.parts.push(`<path d="${this.path}" ${this.filled()}/>`);
  }
  stroke(): void {
    this.parts.push(`<path d="${this.path}" ${this.stroked()}/>`);
  }
  fillRect(x: number, y: number, width: number, height: number): void {
    this.parts.push(`<rect ${box(x, y, width, height)} ${this.filled()}/>`);
  }
  strokeRect(x: number, y: number, width: number, height: number): void {
    this.parts.push(`<rect ${box(x, y, width, height)} ${this.stroked()}/>`);
  }
  /** A shape that fills a box of 100 × 100, in another box; its holes are empty. */
  outline(shape: string, x: number, y: number, width: number, height: number): void {
    const scale = `translate(${round(x)} ${round(y)}) scale(${round(width / 100, 5)} ${round(height / 100, 5)})`;
    this.parts.push(`<path d="${shape}" fill-rule="evenodd" transform="${scale}" ${this.filled()}/>`);
  }
  fillText(text: string, x: number, y: number): void {
    const [, size = '11', family = 'sans-serif'] = /([\d.]+)px (.*)$/.exec(this.font) ?? [];
    const anchor = ANCHORS[this.textAlign] ?? 'start';
    const baseline = BASELINES[this.textBaseline] ?? 'auto';
    const style = `font-size="${size}" font-family="${escaped(family)}" text-anchor="${anchor}" dominant-baseline="${baseline}"`;
    this.parts.push(`<text x="${round(x)}" y="${round(y)}" ${style} ${this.filled()}>${escaped(text)}</text>`);
  }
  drawImage(image: HTMLCanvasElement, x: number, y: number, width: number, height: number): void {
    const attributes = `preserveAspectRatio="none" style="image-rendering:pixelated"`;
    this.parts.push(`<image ${box(x, y, width, height)} ${attributes} href="${image.toDataURL('image/png')}"/>`);
  }
  measureText(text: string): { readonly width: number } {
    if (!this.ruler) return { width: 6 * text.length };
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }
  getTransform(): { readonly a: number; readonly d: number } {
    return { a: 1, d: 1 };
  }

  private group(attributes: string): void {
    this.parts.push(`<g ${attributes}>`);
    const last = this.saved.at(-1);
    if (last) last.groups++;
  }
  private filled(): string {
    return `fill="${escaped(colour(this.fillStyle))}"${this.alpha()}`;
  }
  private stroked(): string {
    return `fill="none" stroke="${escaped(colour(this.strokeStyle))}" stroke-width="${this.lineWidth}"${this.alpha()}`;
  }
  private alpha(): string {
    return this.globalAlpha < 1 ? ` opacity="${this.globalAlpha}"` : '';
  }
}

/** Drawings use plain colours alone. */
const colour = (style: Pen['fillStyle']): string => (typeof style === 'string' ? style : '#000');

const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

const box = (x: number, y: number, width: number, height: number): string =>
  `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;

function escaped(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, character => names[character] ?? character);
}
