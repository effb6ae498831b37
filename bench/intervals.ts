/**
 * How often the 95 % intervals of measurements hold the truth: samples are drawn from distributions whose statistic is known, and
 * each is given to the code that makes the intervals. docs/intervals.md shows the table. `REPEATS` in the environment is the number
 * of samples, `ONLY` a part of a row's name.
 */
import {
  estimate,
  mean,
  median,
  share,
  standardDeviation,
  type Estimand,
} from '../server/src/engine/metrics/bootstrap.js';
import { jackknife, mannWhitney } from '../server/src/engine/metrics/bounds.js';
import { contrast } from '../server/src/engine/metrics/contrast.js';
import { precisionRecallArea, rocArea } from '../server/src/engine/metrics/curves.js';
import { overNetworks } from '../server/src/engine/metrics/over-networks.js';
import { relativeDeviations } from '../server/src/engine/metrics/stability.js';
import { spearman } from '../server/src/engine/metrics/ranks.js';
import { Stream } from '../server/src/engine/random/philox.js';
import { quantile } from '../server/src/store/percentile.js';

const REPEATS = Number(process.env['REPEATS'] ?? 500);
const SIZES = [10, 20, 50, 200];

type Interval = readonly [number, number] | undefined;
type Trial = (stream: Stream, n: number) => Interval;

const ofEstimand = (estimand: Estimand): Interval => estimate({ it: estimand }).statistics['it']!.interval;
const drawn = (n: number, draw: () => number): Float64Array => Float64Array.from({ length: n }, draw);
const exponential = (stream: Stream): number => -Math.log(1 - stream.uniform());

const sample =
  (draw: (stream: Stream) => number, statistic: (values: Float64Array) => Estimand['of']): Trial =>
  (stream, n) =>
    ofEstimand({ n, of: statistic(drawn(n, () => draw(stream))) });

/** Scores of positives are a normal distribution this far above that of negatives; half of the units are positive. */
const areaUnder =
  (distance: number): Trial =>
  (stream, n) => {
    const positive = Uint8Array.from({ length: n }, (_, unit) => unit % 2);
    const of = rocArea(
      Float64Array.from(positive, one => stream.normal() + distance * one),
      positive,
    );
    return ofEstimand({ n, of, interval: { bound: mannWhitney(of(new Uint32Array(n).fill(1)), n / 2, n / 2) } });
  };

/** Mean over examples of the area of each: ten motif positions among a hundred, one deviation above the others. */
const positive = Uint8Array.from({ length: 100 }, (_, at) => Number(at < 10));
const areaOfExample = (stream: Stream): number =>
  precisionRecallArea(
    Float64Array.from(positive, one => stream.normal() + one),
    positive,
  );
const meanArea = (() => {
  const stream = new Stream(9, 'truth');
  let sum = 0;
  for (let example = 0; example < 100_000; example++) sum += areaOfExample(stream);
  return sum / 100_000;
})();

const correlated =
  (rho: number): Trial =>
  (stream, n) => {
    const a = drawn(n, () => stream.normal());
    return ofEstimand({
      n,
      of: spearman(
        a,
        a.map(x => rho * x + Math.sqrt(1 - rho ** 2) * stream.normal()),
      ),
    });
  };
const rankCorrelationOf = (rho: number): number => (6 / Math.PI) * Math.asin(rho / 2);

const shareOf =
  (p: number): Trial =>
  (stream, n) =>
    ofEstimand(share(drawn(n, () => Number(stream.uniform() < p))));

/** n members, whose scores have a relative deviation of 0.3. */
const stabilityOf: Trial = (stream, n) => {
  const members = Array.from({ length: n }, () => drawn(100, () => 1 + 0.3 * stream.normal()));
  const of: Estimand['of'] = counts => quantile(relativeDeviations(members, counts).sort(), 0.5);
  return ofEstimand({ n, of, interval: { bound: jackknife(n, of) } });
};

/** Units on one side each. */
const unpaired: Trial = (stream, n) => {
  const side = (first: boolean) =>
    Float64Array.from({ length: 2 * n }, (_, unit) => (unit < n === first ? exponential(stream) : NaN));
  return contrast({ pairs: [{ from: side(true), to: side(false) }], common: 0 }).statistics['mean']!.interval;
};

/** Ten networks on n examples: effects of both and of their meeting add up, with deviations 1, 1 and 1. */
const crossed: Trial = (stream, n) => {
  const examples = drawn(n, () => stream.normal());
  const networks = Array.from({ length: 10 }, () => {
    const network = stream.normal();
    const { statistics, draws } = estimate({ it: { n, of: mean(examples.map(x => x + network + stream.normal())) } });
    return { statistics: { it: statistics['it']!.value }, draws };
  });
  return overNetworks(networks).statistics['it']!.interval;
};

const CASES: readonly (readonly [name: string, truth: number, trial: Trial])[] = [
  ['mean, normal', 0, sample(stream => stream.normal(), mean)],
  ['mean, exponential', 1, sample(exponential, mean)],
  ['mean, log-normal', Math.exp(0.5), sample(stream => Math.exp(stream.normal()), mean)],
  ['mean of AUPR over examples', meanArea, sample(areaOfExample, mean)],
  ['median, exponential', Math.LN2, sample(exponential, median)],
  ['standard deviation, normal', 1, sample(stream => stream.normal(), standardDeviation)],
  ['share of 5 %', 0.05, shareOf(0.05)],
  ['share of 50 %', 0.5, shareOf(0.5)],
  ['AUROC of 0.76', 0.7602499389, areaUnder(1)],
  ['AUROC of 0.98', 0.9830526208, areaUnder(3)],
  ['rank correlation of 0.48', rankCorrelationOf(0.5), correlated(0.5)],
  ['difference of means, unpaired, exponential, n on each side', 0, unpaired],
  ['stability (jackknife over n members)', 0.3, stabilityOf],
  ['mean over 10 networks and n examples', 0, crossed],
];

const only = process.env['ONLY'];
console.log(`| interval of | ${SIZES.map(n => `n = ${n}`).join(' | ')} |`);
console.log(`|---|${SIZES.map(() => '---|').join('')}`);
for (const [name, truth, trial] of CASES.filter(([name]) => only === undefined || name.includes(only))) {
  const cells = SIZES.map(n => {
    let [held, given] = [0, 0];
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const interval = trial(new Stream(7, name, undefined, repeat * 1000 + n), n);
      if (interval === undefined) continue;
      given++;
      if (interval[0] <= truth && truth <= interval[1]) held++;
    }
    return ((100 * held) / given).toFixed(1);
  });
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
