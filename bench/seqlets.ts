/**
 * Seqlets in noise of known kinds, with and without planted motifs: how many of them are false at the rate that was asked for, and how
 * many motifs are found. Means of ten draws of 500 examples of 200 positions; half of the examples have a motif of 10 positions, each
 * raised by a number of standard deviations of the noise.
 */
import { chooseWindow, findSeqlets, foundInRandomOrder } from '../server/src/engine/motifs/seqlets.js';
import { Stream } from '../server/src/engine/random/philox.js';

const [DRAWS, EXAMPLES, LENGTH, WIDTH] = [10, 500, 200, 10];

function laplace(random: Stream): number {
  const u = random.uniform() - 0.5;
  return -Math.sign(u) * Math.log(1 - 2 * Math.abs(u));
}

/** Scores of one example. */
const NOISE: Record<string, (random: Stream) => number[]> = {
  Gaussian: random => Array.from({ length: LENGTH }, () => random.normal()),
  Laplace: random => Array.from({ length: LENGTH }, () => laplace(random)),
  'Student t, 3 degrees': random =>
    Array.from({ length: LENGTH }, () => {
      const squares = random.normal() ** 2 + random.normal() ** 2 + random.normal() ** 2;
      return random.normal() / Math.sqrt(squares / 3);
    }),
  'autocorrelated, 0.7': random => {
    let value = random.normal();
    return Array.from({ length: LENGTH }, () => (value = 0.7 * value + Math.sqrt(0.51) * random.normal()));
  },
  'scale e^N by example': random => {
    const scale = Math.exp(random.normal());
    return Array.from({ length: LENGTH }, () => scale * random.normal());
  },
};

function scoresOf(draw: (random: Stream) => number[], random: Stream): Float64Array {
  return Float64Array.from(Array.from({ length: EXAMPLES }, () => draw(random)).flat());
}

function planted(scores: Float64Array, strength: number, random: Stream): readonly number[] {
  const deviation = Math.sqrt(scores.reduce((sum, value) => sum + value * value, 0) / scores.length);
  return Array.from({ length: EXAMPLES }, (_, example) => {
    if (strength === 0 || random.uniform() < 0.5) return NaN;
    const site = 10 + random.integer(LENGTH - 20 - WIDTH);
    for (let i = 0; i < WIDTH; i++) scores[example * LENGTH + site + i]! += strength * deviation;
    return site;
  });
}

for (const [rate, strength] of [
  [0.2, 0],
  [0.2, 3],
  [0.05, 3],
  [0.2, 1.2],
] as const) {
  console.log(`\nrate ${rate}, motifs ${strength} standard deviations: seqlets, false, found, draws that warn`);
  for (const [name, draw] of Object.entries(NOISE)) {
    const sums = [false, true].map(isGiven => ({ isGiven, seqlets: 0, wrong: 0, sites: 0, found: 0, warned: 0 }));
    for (let repeat = 0; repeat < DRAWS; repeat++) {
      const random = new Stream(11, name, undefined, repeat);
      const noise = scoresOf(draw, new Stream(12, name, undefined, repeat));
      const own = { scores: scoresOf(draw, random), length: LENGTH };
      const sites = planted(own.scores, strength, random);
      const window = chooseWindow(own.scores, LENGTH);
      for (const sum of sums) {
        const background = sum.isGiven ? { scores: noise, length: LENGTH } : undefined;
        const { seqlets } = findSeqlets(own, window, rate, background);
        const hits = seqlets.filter(
          ({ example, start, end }) => start < sites[example]! + WIDTH && end > sites[example]!,
        );
        sum.seqlets += seqlets.length;
        sum.wrong += seqlets.length - hits.length;
        sum.sites += sites.filter(site => !Number.isNaN(site)).length;
        sum.found += new Set(hits.map(({ example }) => example)).size;
        if (!sum.isGiven && foundInRandomOrder(own, window, seqlets) > rate * seqlets.length) sum.warned++;
      }
    }
    for (const { isGiven, seqlets, wrong, sites, found, warned } of sums)
      console.log(
        [
          name.padEnd(22),
          (isGiven ? 'background' : 'Laplace').padEnd(10),
          (seqlets / DRAWS).toFixed(1).padStart(7),
          ...[seqlets > 0 ? wrong / seqlets : NaN, sites > 0 ? found / sites : NaN].map(share =>
            (Number.isNaN(share) ? '–' : share.toFixed(3)).padStart(6),
          ),
          isGiven ? '' : `${warned}`,
        ].join('  '),
      );
  }
}
