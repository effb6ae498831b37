/** Where names of points stand so that none covers another, nor a named point: greedily, in the order that they are given. Pure. */

/** A point that wants a name as wide as this. */
export interface Wanted {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Height of a line of text, and how far it stands from the middle of its point. */
const LINE = 12;
const AWAY = 6;
/** Room between two names that stand side by side. */
const BETWEEN = 3;

const overlapping = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** @returns the box of each name above, right, left or below its point; none where all four are taken or outside of the field */
export function placeLabels(wanted: readonly Wanted[], field: Box): (Box | undefined)[] {
  const dots = wanted.map(({ x, y }) => ({ left: x - 3, right: x + 3, top: y - 3, bottom: y + 3 }));
  const taken: Box[] = [];
  return wanted.map(point => {
    const box = around(point, field).find(
      one =>
        one.left >= field.left &&
        one.right <= field.right &&
        one.top >= field.top &&
        one.bottom <= field.bottom &&
        ![...taken, ...dots].some(other => overlapping(one, other)),
    );
    if (box) taken.push({ ...box, left: box.left - BETWEEN, right: box.right + BETWEEN });
    return box;
  });
}

/** The boxes that a name may have; those above and below are pushed into the field. */
function around({ x, y, width }: Wanted, field: Box): Box[] {
  const left = Math.max(field.left, Math.min(x - width / 2, field.right - width));
  const box = (from: number, top: number): Box => ({ left: from, right: from + width, top, bottom: top + LINE });
  return [
    box(left, y - AWAY - LINE),
    box(x + AWAY, y - LINE / 2),
    box(x - AWAY - width, y - LINE / 2),
    box(left, y + AWAY),
  ];
}
