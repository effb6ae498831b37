/**
 * How far the gradients of single networks lie from the mean of their ensemble, before and after the simplex correction, by the
 * angle of the gradient to the simplex. Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109.
 */
import { Failure } from '../failure.js';
import { estimate, type Weighted } from './bootstrap.js';
import { equalBins } from './histogram.js';
import { requireFinite, type MetricResult, type Values } from './metric.js';
import { simplexAngles } from './simplex-angle.js';

export interface DispersionInput {
  /** Gradient maps of the members of an ensemble, [example, member, position, 4]. */
  readonly members: Values;
  readonly examples: number;
  /** Members of the ensemble. */
  readonly networks: number;
  readonly length: number;
  readonly names?: readonly string[];
}

const BIN = 5;
const EDGES = equalBins(-90, 90, 180 / BIN);
const BINS = EDGES.length - 1;
/** Bins of large angles: beyond 30°. */
const LARGE = EDGES.slice(1).map((high, bin) => high <= -30 || EDGES[bin]! >= 30);

/** What the positions of each member and bin add up to, [member, bin]. */
interface Totals {
  readonly positions: Float64Array;
  /** Σ D */
  readonly before: Float64Array;
  /** Σ D′ */
  readonly after: Float64Array;
}

/**
 * D = ‖G − Ḡ‖ at each position of each member, Ḡ the mean over the members, D′ = ‖G′ − Ḡ‖ with the corrected gradient and the
 * same mean. The reduction of positions together is (ΣD − ΣD′) / ΣD: single quotients have no bound where D is small. Intervals are
 * over members, given their mean.
 *
 * @throws Failure `metric/one-member` for fewer than two members
 */
export function dispersion(input: DispersionInput): MetricResult {
  const { networks, examples, length } = input;
  if (networks < 2)
    throw new Failure('metric/one-member', `the map is of ${networks} network, and dispersion compares several`, {
      remedy: 'Explain an ensemble: ensemble networks = train(members: 10, …).',
    });
  const totals = totalsOf(input);
  const within = (included: (bin: number) => boolean) => reductionIn(totals, networks, included);
  const everything = new Uint32Array(networks).fill(1);
  const bins = EDGES.slice(1).flatMap((high, bin) => {
    const of = within(other => other === bin);
    const found = estimate({ bin: { n: networks, of } }, 'members').statistics['bin'];
    return found ? [{ ...found, bin, angle: high - BIN / 2 }] : [];
  });
  const large = bins.filter(({ bin }) => LARGE[bin]).map(({ value }) => value);
  const counted = totals.positions.reduce((sum, count) => sum + count, 0);
  const leftOut = examples * networks * length - counted;
  const each = (included: (bin: number) => boolean) =>
    Float64Array.from(everything, (_, member) =>
      within(included)(everything.map((_, other) => Number(other === member))),
    );
  return {
    units: networks,
    axis: 'member',
    columns: [
      { name: 'reduction', values: each(() => true) },
      { name: 'beyond_30', values: each(bin => LARGE[bin]!) },
    ],
    ...estimate(
      {
        reduction: { n: networks, of: within(() => true) },
        beyond_30: { n: networks, of: within(bin => LARGE[bin]!) },
        worst_bin: { n: large.length, of: () => (large.length > 0 ? Math.min(...large) : NaN), interval: 'none' },
      },
      'members',
    ),
    distribution: {
      title: 'Angle to the simplex at each position of each member',
      unit: 'degrees',
      edges: EDGES,
      counts: LARGE.map((_, bin) => totals.positions.reduce((sum, n, at) => (at % BINS === bin ? sum + n : sum), 0)),
    },
    curve: {
      title: 'Reduction of the distance from the ensemble’s mean by the correction',
      x: { title: 'Angle to the simplex', unit: 'degrees', values: bins.map(({ angle }) => angle) },
      unit: 'share',
      series: [
        {
          name: 'reduction',
          values: bins.map(({ value }) => value),
          ...(bins.every(({ interval }) => interval) && {
            low: bins.map(({ interval }) => interval![0]),
            high: bins.map(({ interval }) => interval![1]),
          }),
        },
      ],
    },
    notes:
      leftOut > 0
        ? [
            {
              level: 'information',
              code: 'metric/no-gradient',
              message: `${leftOut} of ${examples * networks * length} gradients are zero or the mean of the ensemble: without angle or distance, they are left out.`,
            },
          ]
        : [],
  };
}

/** Goes through the examples one by one, since the mean is over the members of each. */
function totalsOf({ members, examples, networks, length, names }: DispersionInput): Totals {
  requireFinite(members, 'gradients', networks * length * 4, names);
  const totals = {
    positions: new Float64Array(networks * BINS),
    before: new Float64Array(networks * BINS),
    after: new Float64Array(networks * BINS),
  };
  const size = length * 4;
  for (let example = 0; example < examples; example++) {
    const maps = members.subarray(example * networks * size, (example + 1) * networks * size);
    const angles = simplexAngles(maps);
    const centre = new Float64Array(size);
    for (let at = 0; at < maps.length; at++) centre[at % size]! += maps[at]! / networks;
    for (let at = 0; at < angles.length; at++) {
      const g = maps.subarray(at * 4, at * 4 + 4);
      const middle = (g[0]! + g[1]! + g[2]! + g[3]!) / 4;
      let [before, after] = [0, 0];
      for (let base = 0; base < 4; base++) {
        const difference = g[base]! - centre[(at % length) * 4 + base]!;
        before += difference ** 2;
        after += (difference - middle) ** 2;
      }
      if (Number.isNaN(angles[at]) || before === 0) continue;
      const bin = Math.min(BINS - 1, Math.floor((angles[at]! + 90) / BIN));
      const cell = Math.floor(at / length) * BINS + bin;
      totals.positions[cell]!++;
      totals.before[cell]! += Math.sqrt(before);
      totals.after[cell]! += Math.sqrt(after);
    }
  }
  return totals;
}

/** Reduction over the positions of some bins, by how often each member counts; NaN without any. */
function reductionIn(totals: Totals, networks: number, included: (bin: number) => boolean): Weighted {
  const sumOf = (values: Float64Array, member: number) =>
    values
      .subarray(member * BINS, (member + 1) * BINS)
      .reduce((sum, value, bin) => sum + (included(bin) ? value : 0), 0);
  const sums = Array.from({ length: networks }, (_, member) => ({
    before: sumOf(totals.before, member),
    after: sumOf(totals.after, member),
  }));
  return counts => {
    let [all, left] = [0, 0];
    sums.forEach(({ before, after }, member) => {
      all += counts[member]! * before;
      left += counts[member]! * after;
    });
    return 1 - left / all;
  };
}
