import fc from 'fast-check';
import { expect, it } from 'vitest';
import { placeLabels } from '../../webview/src/labels.js';

const FIELD = { left: 40, right: 400, top: 0, bottom: 200 };
const point = fc.record({
  x: fc.integer({ min: 40, max: 400 }),
  y: fc.integer({ min: 0, max: 200 }),
  width: fc.integer({ min: 5, max: 160 }),
});

it('places names that cover neither each other nor a named point, inside of the field', () => {
  fc.assert(
    fc.property(fc.array(point, { maxLength: 12 }), points => {
      const boxes = placeLabels(points, FIELD).filter(box => box !== undefined);
      boxes.forEach((a, i) => {
        expect(a.left >= FIELD.left && a.right <= FIELD.right && a.top >= FIELD.top && a.bottom <= FIELD.bottom).toBe(
          true,
        );
        for (const b of boxes.slice(i + 1))
          expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
        for (const { x, y } of points) expect(a.left < x && x < a.right && a.top < y && y < a.bottom).toBe(false);
      });
    }),
    { seed: 11 },
  );
});

it('gives the first the place above, and a neighbour at the same height the place at its side', () => {
  const [first, second, third] = placeLabels(
    [
      { x: 200, y: 100, width: 60 },
      { x: 210, y: 100, width: 60 },
      { x: 205, y: 100, width: 60 },
    ],
    FIELD,
  );
  expect(first).toEqual({ left: 170, right: 230, top: 82, bottom: 94 });
  expect(second).toEqual({ left: 216, right: 276, top: 94, bottom: 106 });
  // Above is the first name, at either side a point: it goes below.
  expect(third).toMatchObject({ top: 106 });
});
