/**
 * Laying seqlets on a pattern: each is moved and turned to where it is most like it; what they then add up to is the pattern again.
 */
import { jaccardOf, scaled } from './similarity.js';
import { placed, type Placement, type Strips } from './strips.js';

/** A seqlet in a pattern. */
export interface Member extends Placement {
  readonly seqlet: number;
  /** To the pattern. */
  readonly similarity: number;
}

export interface Pattern {
  /** In order of the seqlets. */
  readonly members: readonly Member[];
  /** Mean hypothetical contributions, [position, base]. */
  readonly hypothetical: Float64Array;
  /** Mean contributions of the letters that are there, [position, base]. */
  readonly contributions: Float64Array;
  /** How often each letter is there, [position, base]; less than the number of members where examples end. */
  readonly counts: Float64Array;
}

/** Rounds of laying seqlets on what they add up to. */
export const ROUNDS = 3;
/** Columns that contribute less than this share of the greatest are none that a frame needs to hold. */
const NOISE = 0.1;

/** Lays seqlets on a stretch, then again on what they add up to, in a frame that holds all of it that it can. */
export function settle(strips: Strips, seqlets: readonly number[], first: Float32Array): Pattern {
  let pattern = sumOf(strips, lay(strips, seqlets, first));
  for (let round = 1; round < ROUNDS; round++)
    pattern = sumOf(strips, lay(strips, seqlets, scaled(centred(strips, pattern).hypothetical)));
  return pattern;
}

/**
 * A pattern whose frame is moved, with its seqlets, to where it holds most of what contributes; of equally good places the middle
 * one. Windows may lie on one end of a longer motif.
 */
function centred(strips: Strips, { members }: Pattern): Pattern {
  const { furthest, margin, length, width, letters, hypothetical } = strips;
  const columns = new Float64Array(width + 2 * furthest);
  for (const { seqlet, moved, turned } of members)
    for (let at = 0; at < 4 * columns.length; at++) {
      const from = 4 * (seqlet * length + margin - furthest + moved) + at;
      const column = at >> 2;
      columns[turned ? columns.length - 1 - column : column]! += hypothetical[from]! * letters[from]!;
    }
  const most = columns.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0);
  const held = Array.from({ length: 2 * furthest + 1 }, (_, first) =>
    columns
      .subarray(first, first + width)
      .reduce((sum, value) => sum + (Math.abs(value) > NOISE * most ? Math.abs(value) : 0), 0),
  );
  const enough = Math.max(...held) * (1 - 1e-9);
  const best = Array.from(held.keys()).filter(first => held[first]! >= enough);
  return sumOf(strips, movedBy(members, best[best.length >> 1]! - furthest));
}

/** Members of a pattern whose frame is moved, and that is read on the other strand where it is turned. */
export function movedBy(members: readonly Member[], shift: number, isTurned = false): Member[] {
  return members.map(member => {
    const turned = member.turned !== isTurned;
    return { ...member, turned, moved: member.moved + (turned ? -shift : shift) };
  });
}

/** Each seqlet moved and turned to where it is most like a scaled stretch; of equally good places the nearest. */
export function lay(strips: Strips, seqlets: readonly number[], stretch: Float32Array): Member[] {
  const turned = stretch.slice().reverse();
  const { furthest, margin, width, length, hypothetical } = strips;
  const size = 4 * width;
  const until = new Float64Array(4 * length + 1);
  return seqlets.map(seqlet => {
    const strip = 4 * seqlet * length;
    for (let i = 0; i < 4 * length; i++) until[i + 1] = until[i]! + Math.abs(hypothetical[strip + i]!);
    let best: Member = { seqlet, moved: 0, turned: false, similarity: -1 };
    for (let distance = 0; distance <= furthest; distance++)
      for (const moved of distance === 0 ? [0] : [distance, -distance]) {
        const from = 4 * (margin + moved);
        const sum = until[from + size]! - until[from]!;
        const scale = sum > 0 ? 1 / sum : 0;
        const plain = jaccardOf(stretch, 0, hypothetical, strip + from, size, scale);
        if (plain > best.similarity) best = { seqlet, moved, turned: false, similarity: plain };
        const other = jaccardOf(turned, 0, hypothetical, strip + from, size, scale);
        if (other > best.similarity) best = { seqlet, moved, turned: true, similarity: other };
      }
    return best;
  });
}

export function stretchOf(strips: Strips, seqlet: number, placement: Placement): Float32Array {
  return scaled(placed(strips, strips.hypothetical, seqlet, placement));
}

export function sumOf(strips: Strips, unordered: readonly Member[]): Pattern {
  const members = [...unordered].sort((a, b) => a.seqlet - b.seqlet);
  const size = 4 * strips.width;
  const hypothetical = new Float64Array(size);
  const contributions = new Float64Array(size);
  const counts = new Float64Array(size);
  for (const member of members) {
    const values = placed(strips, strips.hypothetical, member.seqlet, member);
    const letters = placed(strips, strips.letters, member.seqlet, member);
    for (let i = 0; i < size; i++) {
      hypothetical[i]! += values[i]! / members.length;
      contributions[i]! += (values[i]! * letters[i]!) / members.length;
      counts[i]! += letters[i]!;
    }
  }
  return { members, hypothetical, contributions, counts };
}

/** Of seqlets that are laid on the same positions of an example only the first: they are one site. */
export function oncePerPlace({ sites }: Strips, members: readonly Member[]): Member[] {
  const taken = new Set<string>();
  return members.filter(({ seqlet, moved }) => {
    const { example, start } = sites[seqlet]!;
    const place = `${example} ${start + moved}`;
    return !taken.has(place) && taken.add(place);
  });
}
