import { describe, expect, it } from 'vitest';
import { drawHistogram } from '../../server/src/lsp/pictures/histogram.js';
import { drawLogo, LOGO_POSITIONS, strongestPositions } from '../../server/src/lsp/pictures/logo.js';
import { condense, stripOf } from '../../server/src/lsp/pictures/strip.js';

const svg = (uri: string): string => Buffer.from(uri.split(',')[1] ?? '', 'base64').toString('utf8');

/** Fill colours with the number of cells that have them. */
function cells(uri: string): Record<string, number> {
  const paths = [...svg(uri).matchAll(/<path fill="([^"]+)" d="([^"]+)"/g)];
  return Object.fromEntries(paths.map(([, colour = '', path = '']) => [colour, path.split('M').length - 1]));
}

describe('a strip', () => {
  it('keeps the strongest position of each column, with its sign', () => {
    expect([...condense([1, -3, 2, 0, NaN, 1], 3)]).toEqual([-3, 2, 1]);
    expect([...condense([1, 2], 60)]).toEqual([1, 2]);
    expect(condense([], 60)).toHaveLength(0);
  });

  it('is blue below and orange above zero, and shows nothing where nothing is', () => {
    const { dark, light } = stripOf([Float64Array.of(-1, 0, 0.01, 1, 0.5)]);
    expect(cells(light)).toMatchObject({ '#0b3f78': 1, '#8a3800': 1, '#e58a3c': 1 });
    expect(cells(dark)).toMatchObject({ '#a9d8ff': 1, '#ffc78f': 1, '#c9681c': 1 });
    expect(cells(stripOf([new Float64Array(5)]).dark)).toEqual({});
  });

  it('is not bleached by one outlying example', () => {
    const lines = [1, 1, 1, 1, 1000].map(most => Float64Array.of(0, most));
    expect(cells(stripOf(lines).light)).toMatchObject({ '#8a3800': 5 });
  });
});

describe('a logo', () => {
  it('draws each base as tall as its score, hanging where it is negative', () => {
    const image = svg(drawLogo(Uint8Array.of(0, 1, 2, 3, 4), Float32Array.of(2, -1, 0, NaN, 1)));
    const drawn = [...image.matchAll(/scale\([\d.]+ (-?[\d.]+)\)[^>]*>(\w)</g)].map(([, size, base]) => [
      base,
      Number(size),
    ]);
    expect(drawn.map(([base]) => base)).toEqual(['A', 'C', 'N']);
    const [a = 0, c = 0] = drawn.map(([, size]) => Number(size));
    expect(a / c).toBeCloseTo(-2, 2);
  });

  it('shows the stretch around the strongest position of a long sequence', () => {
    const scores = new Float32Array(5000);
    scores[4990] = -2;
    scores[10] = 1;
    expect(strongestPositions(scores, 2)).toEqual([4990, 10]);
    const image = svg(drawLogo(new Uint8Array(5000), scores));
    expect(image).toContain('position 5000 of 5000');
    expect(image).toContain(`>${5000 - LOGO_POSITIONS + 1}<`);
  });
});

it('a histogram has a bar per bin, the null as a line, and its ends in the unit of the values', () => {
  const image = svg(
    drawHistogram({ title: 't', unit: 'degrees', edges: [-90, 0, 90], counts: [1, 3], expected: [2, 2] }),
  );
  const heights = [...image.matchAll(/<rect [^>]*height="([\d.]+)"/g)].map(([, height]) => Number(height));
  expect(heights).toHaveLength(2);
  expect(heights[1]! / heights[0]!).toBeCloseTo(3, 1);
  expect(image).toContain('stroke-width="2"');
  expect(image).toContain('>−90°<');
});
