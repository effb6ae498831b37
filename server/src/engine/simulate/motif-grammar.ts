/**
 * Sequences whose label is a matter of grammar: positives hold the motifs in the order, at the distances and on the
 * strands that the grammar asks for; negatives hold the same motifs in arrangements that break it, or none.
 */
import type { simulate_motif_grammar as specification } from '../../catalog/simulators.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Sequences } from '../data/examples.js';
import { readMotifs, writtenMotif, type Motif } from '../data/motifs.js';
import { pathOf, type Files, type Source } from '../data/source.js';
import { Failure } from '../failure.js';
import type { Stream } from '../random/philox.js';
import { drawSequences, onStrand, requireRoom, type Placement } from './drawn-sequences.js';

type Parameters = ParametersOf<typeof specification>;

const MOST_TRIES = 1000;

interface Grammar extends Omit<Parameters, 'motifs' | 'path'> {
  readonly motifs: readonly Motif[];
  /** Bases of all motifs together. */
  readonly width: number;
}

/** A motif of the grammar by its index, where it starts and on which strand it reads. */
interface Word {
  readonly index: number;
  readonly start: number;
  readonly strand: '+' | '-';
}

/** @throws Failure for malformed motifs, contradictory rules, and what does not fit into the sequences */
async function grammarOf(parameters: Parameters, files: Files): Promise<Grammar> {
  const { path, orientations, order, spacing_from, spacing_to, length, negatives } = parameters;
  const library = path === undefined ? undefined : await readMotifs(pathOf(path, files));
  const motifs = parameters.motifs.map(motif => writtenMotif(motif, library));
  const fail = (message: string, remedy: string) => new Failure('simulate/grammar', message, { remedy });
  if (motifs.length === 0) throw fail('a grammar needs a motif', 'List at least one.');
  if (orientations !== undefined && orientations.length !== motifs.length)
    throw fail(
      `${orientations.length} orientations are given for ${motifs.length} motifs`,
      'Give one for each motif, or leave them out.',
    );
  if (spacing_to < spacing_from)
    throw fail(`motifs are to be ${spacing_from} to ${spacing_to} bp apart`, 'Let `spacing_to` be the larger.');
  const width = motifs.reduce((sum, motif) => sum + motif.width, 0);
  const shortest = width + (motifs.length - 1) * spacing_from;
  if (shortest > length)
    throw new Failure('simulate/too-wide', `the motifs take at least ${shortest} bp, the sequences have ${length}`, {
      remedy: 'Make the sequences longer, or the spacing smaller.',
    });
  const free = length - width;
  const unbreakable =
    (order === 'any' || motifs.length === 1) &&
    (orientations ?? ['either']).every(one => one === 'either') &&
    (motifs.length === 1 || (spacing_from === 0 && spacing_to >= free));
  if (negatives === 'broken' && unbreakable)
    throw fail(
      'every arrangement of the motifs satisfies the grammar, so none can break it',
      'Fix the order, the spacing or the orientations, or ask for `negatives: background`.',
    );
  return { ...parameters, motifs, width };
}

function strandOf(orientation: 'forward' | 'reverse' | 'either', stream: Stream): '+' | '-' {
  const strands = strandsOf(orientation);
  return strands[strands.length === 1 ? 0 : stream.integer(2)]!;
}

/** An arrangement that obeys: spacings uniform among those that fit, the whole at a uniform place. */
function obey(
  stream: Stream,
  { motifs, width, orientations, order, spacing_from, spacing_to, length }: Grammar,
): Word[] {
  const indices = motifs.map((_, index) => index);
  if (order === 'any') stream.shuffle(indices);
  const gaps = drawSpacings(stream, motifs.length - 1, spacing_from, spacing_to, length - width);
  const left = gaps.reduce((rest, gap) => rest - gap, length - width);
  let start = stream.integer(left + 1);
  return indices.map((index, rank) => {
    const word = { index, start, strand: strandOf(orientations?.[index] ?? 'either', stream) };
    start += motifs[index]!.width + (gaps[rank] ?? 0);
    return word;
  });
}

/** Each of `count` spacings uniform between the bounds, given that together they take at most `most`. */
function drawSpacings(stream: Stream, count: number, from: number, to: number, most: number): number[] {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const gaps = Array.from({ length: count }, () => from + stream.integer(to - from + 1));
    if (gaps.reduce((sum, gap) => sum + gap, 0) <= most) return gaps;
  }
  throw new Failure('simulate/too-wide', `in ${MOST_TRIES} draws the spacings never fitted into the sequence`, {
    remedy: 'Make the sequences longer, or `spacing_to` smaller.',
  });
}

/** Any arrangement without overlap, on any strands. */
function scatter(stream: Stream, { motifs, width, length }: Grammar): Word[] {
  const indices = motifs.map((_, index) => index);
  stream.shuffle(indices);
  const slots = stream.choose(length - width + motifs.length, motifs.length);
  let planted = 0;
  return indices.map((index, rank) => {
    const word = { index, start: slots[rank]! - rank + planted, strand: strandOf('either', stream) };
    planted += motifs[index]!.width;
    return word;
  });
}

/**
 * Whether an arrangement, in the order of its starts, satisfies the grammar as it reads: a palindrome is the same on both
 * strands, and a motif that the grammar lists twice is the same in either place.
 */
export function isGrammatical(
  words: readonly Word[],
  {
    motifs,
    orientations,
    order,
    spacing_from,
    spacing_to,
  }: Pick<Grammar, 'motifs' | 'orientations' | 'order' | 'spacing_from' | 'spacing_to'>,
): boolean {
  const isSpaced = words.every(({ start }, rank) => {
    const before = words[rank - 1];
    const gap = before && start - before.start - motifs[before.index]!.width;
    return gap === undefined || (gap >= spacing_from && gap <= spacing_to);
  });
  const read = ({ index, strand }: Pick<Word, 'index' | 'strand'>): string =>
    onStrand(motifs[index]!, strand).probabilities.join();
  const allowed = motifs.map((_, index) =>
    strandsOf(orientations?.[index] ?? 'either').map(strand => read({ index, strand })),
  );
  const texts = words.map(read);
  if (order === 'fixed') return isSpaced && texts.every((text, rank) => allowed[rank]!.includes(text));
  return isSpaced && canBeAssigned(texts, allowed);
}

function strandsOf(orientation: 'forward' | 'reverse' | 'either'): readonly ('+' | '-')[] {
  if (orientation === 'either') return ['+', '-'];
  return orientation === 'forward' ? ['+'] : ['-'];
}

/** Whether each text can be one of the motifs, each motif once. */
function canBeAssigned([text, ...others]: readonly string[], allowed: readonly (readonly string[])[]): boolean {
  if (text === undefined) return true;
  // Of motifs that are the same, one is tried.
  const isFirst = (own: readonly string[], at: number): boolean =>
    allowed.findIndex(other => other.join(';') === own.join(';')) === at;
  return allowed.some(
    (own, at) => own.includes(text) && isFirst(own, at) && canBeAssigned(others, allowed.toSpliced(at, 1)),
  );
}

function breakRules(stream: Stream, grammar: Grammar): Word[] {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const words = scatter(stream, grammar);
    if (!isGrammatical(words, grammar)) return words;
  }
  throw new Failure('simulate/grammar', `${MOST_TRIES} random arrangements all satisfied the grammar`, {
    remedy: 'Make the grammar stricter or the sequences longer, or ask for `negatives: background`.',
  });
}

async function read(parameters: Parameters, files: Files): Promise<Sequences> {
  const grammar = await grammarOf(parameters, files);
  const strands = grammar.motifs.map(motif => ({ '+': onStrand(motif, '+'), '-': onStrand(motif, '-') }));
  const { sequences, length, positives, seed, negatives, ...rest } = parameters;
  return drawSequences({
    simulation: 'simulate_motif_grammar',
    identity: [rest, negatives],
    sequences,
    length,
    positives,
    seed,
    place: (stream, positive): Placement[] => {
      if (!positive && negatives === 'background') return [];
      const words = positive ? obey(stream, grammar) : breakRules(stream, grammar);
      return words.map(({ index, start, strand }) => ({ motif: strands[index]![strand], start }));
    },
    notes: [],
  });
}

export const simulateMotifGrammar: Source<Parameters, Sequences> = {
  read,
  async describe(parameters, files) {
    const { sequences, length } = parameters;
    requireRoom(sequences, length);
    await grammarOf(parameters, files);
    return { is: 'data', examples: sequences, complete: true, alphabet: 'dna', length: [length, length], notes: [] };
  },
};
