/** Which planted motifs are found as seqlets, and which seqlets are planted motifs. */
import { estimate } from './bootstrap.js';
import type { MetricResult, Values } from './metric.js';

/** Positions `start` … `end − 1` of an example; may reach beyond its ends. */
export interface Stretch {
  readonly example: number;
  readonly start: number;
  readonly end: number;
}

export interface SeqletRecoveryInput {
  readonly seqlets: readonly Stretch[];
  /** Bits of what was planted, [example, position]. */
  readonly truth: Values;
  readonly length: number;
}

export function seqletRecovery({ seqlets, truth, length }: SeqletRecoveryInput): MetricResult {
  const n = truth.length / length;
  const column = (): Float64Array => new Float64Array(n);
  const [planted, found, cut, right] = [column(), column(), column(), column()];
  const covered = new Uint8Array(truth.length);
  for (const { example, start, end } of seqlets)
    covered.fill(1, example * length + Math.max(0, start), example * length + Math.min(length, end));
  const sites = plantedSites(truth, length);
  const sitesOf = Array.from({ length: n }, (): Stretch[] => []);
  for (const site of sites) {
    const { example, start, end } = site;
    sitesOf[example]!.push(site);
    planted[example]!++;
    if (2 * sum(covered, example * length + start, example * length + end) >= end - start) found[example]!++;
  }
  const isPlanted = Uint8Array.from(truth, bits => Number(bits > 0));
  for (const { example, start, end } of seqlets) {
    cut[example]!++;
    const from = Math.max(0, start);
    const to = Math.min(length, end);
    const within = sum(isPlanted, example * length + from, example * length + to);
    const holdsOne = sitesOf[example]!.some(site => site.start >= from && site.end <= to);
    if (2 * within >= end - start || holdsOne) right[example]!++;
  }
  const share = (part: Float64Array, whole: Float64Array) => ({
    n,
    of: (counts: Uint32Array) => weighted(part, counts) / weighted(whole, counts),
  });
  return {
    units: n,
    columns: [
      { name: 'planted', values: planted },
      { name: 'found', values: found },
      { name: 'seqlets', values: cut },
      { name: 'right', values: right },
    ],
    ...estimate({
      recall: share(found, planted),
      precision: share(right, cut),
      seqlets: { n, of: () => seqlets.length, interval: 'none' },
    }),
    notes: [],
  };
}

/** Longest stretches of positions with information. */
export function plantedSites(truth: Values, length: number): Stretch[] {
  const sites: Stretch[] = [];
  for (let from = 0; from < truth.length; from += length)
    for (let start = 0; start < length; start++) {
      if (!(truth[from + start]! > 0)) continue;
      let end = start;
      while (end < length && truth[from + end]! > 0) end++;
      sites.push({ example: from / length, start, end });
      start = end;
    }
  return sites;
}

function sum(values: Uint8Array, from: number, to: number): number {
  return values.subarray(from, to).reduce((total, value) => total + value, 0);
}

function weighted(values: Float64Array, counts: Uint32Array): number {
  return values.reduce((total, value, i) => total + value * counts[i]!, 0);
}
