/**
 * The theme as canvases need it: colours read from the stylesheet's variables, and an event for every canvas when they
 * change because the system or the editor switched between light, dark and high contrast.
 */
import type { DivergingColours, Rgb } from './scale.js';

export interface Palette {
  readonly background: string;
  readonly foreground: string;
  readonly dim: string;
  readonly line: string;
  /** Lines behind data. */
  readonly guide: string;
  readonly accent: string;
  /** By letter code: A, C, G, T, anything else. */
  readonly bases: readonly string[];
  readonly diverging: DivergingColours;
  /** Family for text on canvases. */
  readonly family: string;
}

export interface Theme {
  readonly palette: () => Palette;
}

/** Told to every canvas in the document: nothing has to remember canvases that are gone. */
export const THEME_CHANGED = 'themechanged';

const QUERIES = ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)'];

export function watchTheme(): Theme {
  let current: Palette | undefined;
  const changed = (): void => {
    current = undefined;
    for (const canvas of document.querySelectorAll('canvas')) canvas.dispatchEvent(new Event(THEME_CHANGED));
  };
  for (const query of QUERIES) matchMedia(query).addEventListener('change', changed);
  // VS Code rewrites the classes of the body and the variables of the root element.
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributeFilter: ['class', 'style'] });
  return { palette: () => (current ??= readPalette()) };
}

function readPalette(): Palette {
  const style = getComputedStyle(document.body);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const rgb = rgbReader();
  return {
    background: colour('background'),
    foreground: colour('foreground'),
    dim: colour('dim'),
    line: colour('line'),
    guide: colour('guide'),
    accent: colour('accent'),
    bases: ['A', 'C', 'G', 'T', 'N'].map(base => colour(`base-${base}`)),
    diverging: {
      zero: rgb(colour('background')),
      negative: [rgb(colour('negative')), rgb(colour('negative-extreme'))],
      positive: [rgb(colour('positive')), rgb(colour('positive-extreme'))],
    },
    family: style.fontFamily,
  };
}

/** Any CSS colour as numbers, by painting one pixel with it: system colours and `color()` have no simpler parser. */
function rgbReader(): (colour: string) => Rgb {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return colour => {
    if (!context) return [0, 0, 0];
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue];
  };
}
