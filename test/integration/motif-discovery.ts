/**
 * From position scores to a motif, without any database: the window of highest summed score in each sequence, windows
 * oriented and shifted by expectation–maximisation that starts from the strongest one (after Bailey & Elkan 1994, ISMB).
 */

/** Position probabilities, [column][base]. */
export type Motif = number[][];

const SHIFT = 6;
const PSEUDOCOUNT = 0.5;
const ROUNDS = 60;

/** Start of the window with the highest sum. */
export function strongestWindow(scores: readonly number[], width: number): { start: number; sum: number } {
  let sum = scores.slice(0, width).reduce((total, v) => total + v, 0);
  let best = { start: 0, sum };
  for (let start = 1; start + width <= scores.length; start++) {
    sum += scores[start + width - 1]! - scores[start - 1]!;
    if (sum > best.sum) best = { start, sum };
  }
  return best;
}

const reverseComplement = (letters: readonly number[]): number[] => letters.map(base => 3 - base).reverse();

/** All windows within ±6 positions of `start`, on both strands, as far as they lie in the sequence. */
function candidates(letters: readonly number[], start: number, width: number): number[][] {
  const windows: number[][] = [];
  for (let at = start - SHIFT; at <= start + SHIFT; at++) {
    if (at < 0 || at + width > letters.length) continue;
    const window = letters.slice(at, at + width);
    windows.push(window, reverseComplement(window));
  }
  return windows;
}

function motifOf(windows: readonly (readonly number[])[], weights: readonly number[], width: number): Motif {
  return Array.from({ length: width }, (_, column) => {
    const counts = new Array<number>(4).fill(PSEUDOCOUNT);
    windows.forEach((window, i) => {
      counts[window[column]!]! += weights[i]!;
    });
    const total = counts.reduce((sum, v) => sum + v, 0);
    return counts.map(count => count / total);
  });
}

/**
 * @param starts first position of each sequence's window
 * @param strongest the sequence whose window the iteration starts from
 */
export function alignWindows(
  letters: readonly (readonly number[])[],
  starts: readonly number[],
  strongest: number,
  width: number,
): Motif {
  const choices = letters.map((sequence, i) => candidates(sequence, starts[i]!, width));
  const first = letters[strongest]!.slice(starts[strongest], starts[strongest]! + width);
  let motif = motifOf([first], [1], width);
  for (let round = 0; round < ROUNDS; round++) {
    const ratios = motif.map(column => column.map(p => Math.log(p / 0.25)));
    const windows: number[][] = [];
    const weights: number[] = [];
    for (const options of choices) {
      const logs = options.map(window => window.reduce((sum, base, column) => sum + ratios[column]![base]!, 0));
      const top = Math.max(...logs);
      const shares = logs.map(value => Math.exp(value - top));
      const total = shares.reduce((sum, v) => sum + v, 0);
      options.forEach((window, i) => {
        windows.push(window);
        weights.push(shares[i]! / total);
      });
    }
    motif = motifOf(windows, weights, width);
  }
  return motif;
}

/** Information content of a column in bits. */
const bits = (column: readonly number[]): number =>
  2 + column.reduce((sum, p) => sum + (p > 0 ? p * Math.log2(p) : 0), 0);

function pearson(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((v, i) => {
    ab += (v - ma) * (b[i]! - mb);
    aa += (v - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  });
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/**
 * Mean correlation with the columns of `known` above 1 bit, over the best orientation and shift at which all of them
 * lie inside `found`.
 */
export function similarity(found: Motif, known: Motif): number {
  const strong = known.flatMap((column, at) => (bits(column) > 1 ? [at] : []));
  const flipped = found.map(column => [...column].reverse()).reverse();
  let best = -1;
  for (const motif of [found, flipped])
    for (let shift = -known.length; shift <= motif.length; shift++) {
      if (!strong.every(at => motif[at + shift] !== undefined)) continue;
      const sum = strong.reduce((total, at) => total + pearson(motif[at + shift]!, known[at]!), 0);
      best = Math.max(best, sum / strong.length);
    }
  return best;
}

/** A position frequency matrix of a JASPAR file (`>ID name`, then one line of counts for each of A, C, G, T). */
export function readMotif(text: string, name: string): Motif {
  const record = text.split('>').find(part => part.split(/\s+/).slice(0, 2).includes(name));
  if (record === undefined) throw new Error(`the file has no motif ${name}`);
  const rows = record
    .split('\n')
    .slice(1)
    .filter(line => line.trim() !== '')
    .map(line => (line.match(/\d+(\.\d+)?/g) ?? []).map(Number));
  return rows[0]!.map((_, column) => {
    const counts = rows.map(row => row[column]!);
    const total = counts.reduce((sum, v) => sum + v, 0);
    return counts.map(count => count / total);
  });
}
