/** SVG images as data URIs, and the colours that they share. Names come from other people's files: text is escaped. */

/** By letter: hues that people with any kind of colour vision tell apart, readable on light and on dark. */
export const BASE_COLOURS = ['#2f9e5f', '#3f8be8', '#cc8a1a', '#e0524d', '#8a929b'] as const;
export const BASES = 'ACGTN';

/** Ink for axes and text in hovers, which may lie on a light or on a dark background. */
export const INK = '#8a8f98';
/** Bars of histograms, and what chance would give. */
export const BAR = '#4b93cf';
export const NULL_LINE = '#d9822b';

export function svgUri(width: number, height: number, content: string): string {
  const image = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${content}</svg>`;
  return `data:image/svg+xml;base64,${Buffer.from(image, 'utf8').toString('base64')}`;
}

/** Text in an image: small, in the ink of axes. */
export function svgText(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end' = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${INK}" font-family="system-ui, sans-serif" font-size="11">${escapeXml(text)}</text>`;
}

export function escapeXml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, character => names[character] ?? character);
}

/** Coordinates need no more than hundredths of a pixel. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
