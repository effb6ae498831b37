/** The name that somebody most likely means, for "did you mean …?": by its meaning, else by its letters. */
import { namesFor, plainName } from '../catalog/synonyms.js';

/**
 * Number of single-letter insertions, deletions, substitutions and swaps of neighbours between two words
 * (optimal string alignment; Damerau 1964, CACM 7:171).
 */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(at(previous, j) + 1, at(current, j - 1) + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, at(beforePrevious, j - 2) + 1);
      }
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}

/** The candidate that a misspelt name most likely means; undefined when none is close (more than a third differs). */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let distance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const here = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (here < distance) {
      best = candidate;
      distance = here;
    }
  }
  return best;
}

/** The candidate that is the same name written otherwise, that the name is a word of the field for, or that is nearest to it. */
export function likelyName(name: string, candidates: Iterable<string>): string | undefined {
  const names = [...candidates];
  return (
    names.find(candidate => plainName(candidate) === plainName(name)) ??
    meantName(name, names) ??
    nearestName(name, names)
  );
}

/** The candidate that elsewhere is called so. */
export function meantName(name: string, candidates: Iterable<string>): string | undefined {
  const meant = namesFor(name);
  return [...candidates].find(candidate => meant.includes(candidate));
}

/** `a`, `b` and 3 more: names in backticks, cut so that messages stay short. */
export function listNames(names: readonly string[], limit = 8): string {
  const shown = names.slice(0, limit).map(name => `\`${name}\``);
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}
