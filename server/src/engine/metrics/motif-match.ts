/** How surely patterns are known motifs, from the p- and q-values of all pairs (Gupta et al. 2007, Genome Biology 8:R24). */
import { estimate, share } from './bootstrap.js';
import type { MetricResult, Values } from './metric.js';

export interface MotifMatchInput {
  /** [pattern, motif]; NaN for patterns that were not compared. */
  readonly pValues: Values;
  /** [pattern, motif] */
  readonly qValues: Values;
  /** Seqlets of each pattern. */
  readonly sites: Values;
  /** Places of the motifs that are asked for. */
  readonly motifs: readonly number[];
  /** Q-value up to which a pattern counts as known. */
  readonly below: number;
}

export function motifMatch({ pValues, qValues, sites, motifs, below }: MotifMatchInput): MetricResult {
  const n = sites.length;
  const library = pValues.length / n;
  const best = Array.from(sites, (_, pattern) =>
    motifs.reduce((least, motif) => {
      const at = pattern * library + motif;
      return pValues[at]! < pValues[pattern * library + least]! ? motif : least;
    }, motifs[0]!),
  );
  const bestOf = (values: Values): Float64Array => Float64Array.from(best, (motif, i) => values[i * library + motif]!);
  const q = bestOf(qValues);
  const p = bestOf(pValues);
  const known = Float64Array.from(q, value => Number(value <= below));
  const sum = (values: Values): number => Float64Array.from(values).reduce((total, value) => total + value, 0);
  const all = sum(sites);
  const least = q.reduce((found, value, i) => (value < q[found]! || Number.isNaN(q[found]) ? i : found), 0);
  const exact = (value: number) => ({ n, of: () => value, interval: 'none' as const });
  return {
    units: n,
    axis: 'pattern',
    columns: [
      { name: 'motif', values: Float64Array.from(best) },
      { name: 'p', values: p },
      { name: 'q', values: q },
      { name: 'known', values: known },
      { name: 'sites', values: Float64Array.from(sites) },
    ],
    ...estimate(
      {
        q: exact(q[least]!),
        p: exact(p[least]!),
        matched: share(known),
        seqlets: exact(sum(known.map((value, i) => value * sites[i]!)) / all),
      },
      'patterns',
    ),
    notes: [],
  };
}
