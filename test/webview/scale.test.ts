import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  divergingColour,
  positionTicks,
  robustMagnitude,
  ticks,
  type DivergingColours,
} from '../../webview/src/scale.js';

describe('ticks', () => {
  it('are round', () => {
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(-90, 90, 5)).toEqual([-50, 0, 50]);
  });

  it('stay inside the range, evenly spaced, about as many as wanted', () => {
    const range = fc.tuple(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(range, fc.integer({ min: 2, max: 12 }), ([low, width], wanted) => {
        const found = ticks(low, low + width, wanted);
        expect(found.every(tick => tick >= low - width * 1e-6 && tick <= low + width * (1 + 1e-6))).toBe(true);
        expect(found.length).toBeLessThanOrEqual(wanted + 1);
        expect(found.length).toBeGreaterThanOrEqual(Math.floor(wanted / 2.5));
      }),
      { seed: 21 },
    );
  });
});

describe('positionTicks', () => {
  it('begins with the first position and leaves out what would touch it', () => {
    expect(positionTicks(1, 100, 5)).toEqual([1, 20, 40, 60, 80, 100]);
    expect(positionTicks(1338, 1401, 6)).toEqual([1338, 1360, 1380, 1400]);
    expect(positionTicks(1398, 1460, 6)).toEqual([1398, 1420, 1440, 1460]);
    expect(positionTicks(1, 1, 5)).toEqual([1]);
  });
});

describe('robustMagnitude', () => {
  it('is the median of the rows’ largest magnitudes: one wild row does not matter', () => {
    expect(robustMagnitude(Float32Array.of(1, -2, 0, 3, 900, -900), 2)).toBe(3);
  });

  it('falls back to the largest magnitude where most rows are zero, and to 0 where all are', () => {
    expect(robustMagnitude(Float32Array.of(0, 0, 0, -5, NaN, 0), 2)).toBe(5);
    expect(robustMagnitude(new Float32Array(6), 2)).toBe(0);
  });
});

describe('divergingColour', () => {
  const colours: DivergingColours = {
    zero: [255, 255, 255],
    negative: [
      [90, 160, 210],
      [10, 60, 120],
    ],
    positive: [
      [230, 140, 60],
      [140, 60, 0],
    ],
  };

  it('is the background at zero and the extremes at and beyond the ends', () => {
    expect(divergingColour(0, colours)).toEqual([255, 255, 255]);
    expect(divergingColour(NaN, colours)).toEqual([255, 255, 255]);
    expect(divergingColour(7, colours)).toEqual([140, 60, 0]);
    expect(divergingColour(-1, colours)).toEqual([10, 60, 120]);
    expect(divergingColour(-0.5, colours)).toEqual([90, 160, 210]);
  });

  it('grows steadily darker with magnitude', () => {
    const luminance = (value: number): number => divergingColour(value, colours).reduce((sum, part) => sum + part, 0);
    for (const sign of [1, -1]) {
      for (let step = 1; step <= 20; step++) {
        expect(luminance((sign * step) / 20)).toBeLessThan(luminance((sign * (step - 1)) / 20));
      }
    }
  });
});
