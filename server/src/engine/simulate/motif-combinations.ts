/**
 * Sequences whose label is a matter of combinations: positives hold motifs of a small core alone, negatives hold motifs of
 * a pool in which the core is hidden. The protocol of Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, after Koo &
 * Ploenzke 2021, Nature Machine Intelligence 3:258.
 */
import type { simulate_motif_combinations as specification } from '../../catalog/simulators.js';
import type { ParametersOf } from '../../catalog/specification.js';
import { readMotifs, writtenMotif, type Motif } from '../data/motifs.js';
import { pathOf, type Files, type Source } from '../data/source.js';
import type { Sequences } from '../data/examples.js';
import { Failure } from '../failure.js';
import { Stream } from '../random/philox.js';
import { drawSequences, onStrand, requireRoom, type Placement, type PlantedMotif } from './drawn-sequences.js';
import { PUBLISHED_BACKGROUND, UNFILTERED_BACKGROUND } from './published-motifs.js';

type Parameters = ParametersOf<typeof specification>;

/** P(K motifs in a sequence), K = 3 … 7, as the published code draws it. */
export const MOTIF_COUNTS: ReadonlyMap<number, number> = new Map([
  [3, 0.5],
  [4, 0.25],
  [5, 0.17],
  [6, 0.05],
  [7, 0.03],
]);

/** Draws until the motifs fit; more would not end in sequences that are about as long as three motifs. */
const MOST_TRIES = 10_000;

interface Pools {
  /** Motifs of positives, both strands. */
  readonly core: readonly PlantedMotif[];
  /** Motifs of negatives, both strands: the core and the background. */
  readonly all: readonly PlantedMotif[];
}

/** @throws Failure for unknown or malformed motifs, and for motifs too wide for the sequences */
async function poolsOf(parameters: Parameters, files: Files): Promise<Pools> {
  const { path, background, length, seed } = parameters;
  const library = path === undefined ? undefined : await readMotifs(pathOf(path, files));
  const core = parameters.core.map(motif => writtenMotif(motif, library));
  const others = backgroundOf(background, core, library, seed);
  const both = (motifs: readonly Motif[]) => motifs.flatMap(motif => [onStrand(motif, '+'), onStrand(motif, '-')]);
  const narrowest = Math.min(...core.map(motif => motif.width));
  if (core.length === 0 || 3 * narrowest >= length)
    throw new Failure(
      'simulate/too-wide',
      core.length === 0
        ? 'no core motif is given'
        : `three of the narrowest core motif take ${3 * narrowest} positions, the sequences have ${length}`,
      { remedy: core.length === 0 ? 'Name at least one.' : 'Make the sequences longer, or the motifs narrower.' },
    );
  return { core: both(core), all: both([...core, ...others]) };
}

function backgroundOf(
  background: Parameters['background'],
  core: readonly Motif[],
  library: readonly Motif[] | undefined,
  seed: number,
): Motif[] {
  if (typeof background === 'object') return background.map(motif => writtenMotif(motif, library));
  if (library === undefined)
    throw new Failure('simulate/no-file', 'the background is taken from a file of motifs, and none is given', {
      remedy: 'Give `path`, or list the background motifs.',
    });
  if (background === 'published') return PUBLISHED_BACKGROUND.map(id => writtenMotif(id, library));
  if (background === 'published_unfiltered') return UNFILTERED_BACKGROUND.map(id => writtenMotif(id, library));
  const rest = library.filter(motif => !core.includes(motif));
  if (background > rest.length)
    throw new Failure(
      'simulate/too-few-motifs',
      `${background} background motifs are asked for, and the file has ${rest.length} besides the core`,
      { remedy: `Ask for at most ${rest.length}.` },
    );
  return new Stream(seed, 'simulate_motif_combinations background')
    .choose(rest.length, background)
    .map(index => rest[index]!);
}

/**
 * Draws the number of motifs, then the motifs with replacement, again and again until they fit; then the gaps: uniform
 * numbers scaled to what is left and rounded, again and again until they sum to it.
 */
export function arrange(stream: Stream, pool: readonly PlantedMotif[], length: number): Placement[] {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const motifs = Array.from({ length: drawCount(stream) }, () => pool[stream.integer(pool.length)]!);
    const left = motifs.reduce((rest, motif) => rest - motif.width, length);
    if (left <= 0) continue;
    const gaps = drawGaps(stream, motifs.length + 1, left);
    let start = 0;
    return motifs.map((motif, index) => {
      start += gaps[index]!;
      const placement = { motif, start };
      start += motif.width;
      return placement;
    });
  }
  throw new Failure('simulate/too-wide', `in ${MOST_TRIES} draws the motifs never fitted into ${length} bp`, {
    remedy: 'Make the sequences longer.',
  });
}

function drawCount(stream: Stream): number {
  let uniform = stream.uniform();
  for (const [count, probability] of MOTIF_COUNTS) {
    if (uniform < probability) return count;
    uniform -= probability;
  }
  return Math.max(...MOTIF_COUNTS.keys());
}

function drawGaps(stream: Stream, count: number, total: number): number[] {
  for (;;) {
    const weights = Array.from({ length: count }, () => stream.uniform());
    const sum = weights.reduce((all, weight) => all + weight, 0);
    const gaps = weights.map(weight => Math.round((weight / sum) * total));
    if (gaps.reduce((all, gap) => all + gap, 0) === total) return gaps;
  }
}

async function read(parameters: Parameters, files: Files): Promise<Sequences> {
  const { sequences, length, positives, seed } = parameters;
  const { core, all } = await poolsOf(parameters, files);
  return drawSequences({
    simulation: 'simulate_motif_combinations',
    identity: [parameters.path ?? '', parameters.core, parameters.background],
    sequences,
    length,
    positives,
    seed,
    place: (stream, positive) => arrange(stream, positive ? core : all, length),
    notes: [
      {
        level: 'information',
        code: 'simulate/motifs',
        message: `Positives hold motifs of ${core.length / 2} core motifs on both strands, negatives of these and ${(all.length - core.length) / 2} others: ${all
          .slice(core.length)
          .filter(({ name }) => name.endsWith('+'))
          .map(({ name }) => name.slice(0, -1))
          .join(', ')}.`,
      },
    ],
  });
}

export const simulateMotifCombinations: Source<Parameters, Sequences> = {
  read,
  async describe(parameters, files) {
    const { sequences, length } = parameters;
    requireRoom(sequences, length);
    await poolsOf(parameters, files);
    return { is: 'data', examples: sequences, complete: true, alphabet: 'dna', length: [length, length], notes: [] };
  },
};
