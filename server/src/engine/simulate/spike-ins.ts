/**
 * Variants with a known effect, added to a cohort: their genotypes are drawn so that they go with the trait, which stays as
 * it is. The protocol of SNPBench (Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784): 100 additive, 100 dominant and 100
 * recessive variants and 50 epistatic pairs in 320,000 people.
 *
 * A latent variable correlates with the standardised trait y and is cut at the thresholds of Hardy–Weinberg proportions,
 * so the correlation of the genotypes is smaller than the latent one that is asked for: both are recorded.
 */
import type { spike_in as specification } from '../../catalog/stages.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import type { Rows } from '../data/examples.js';
import { Failure } from '../failure.js';
import { beta } from '../random/distributions.js';
import { normalQuantile } from '../random/normal-distribution.js';
import { Stream } from '../random/philox.js';
import { GenotypeTruth, requireAlleles, traitOf } from './genotype-truth.js';
import { requireRoomFor } from './genotypes.js';
import { correlation, meanProduct, standardise } from './moments.js';
import { columnOf } from './polygenic-trait.js';

type Parameters = ParametersOf<typeof specification>;
type Kind = 'additive' | 'dominant' | 'recessive' | 'epistatic';

/** People of the published cohort: its counts are shares of this number. */
const PUBLISHED_PEOPLE = 320_000;
/** Scaled up, the published epistatic effect becomes at most this: the largest that can be reached is 0.30 to 0.52. */
const LARGEST_EPISTATIC = 0.25;

interface Design {
  /** Magnitude of the latent correlation (of the interaction, for pairs): uniform between these. */
  readonly magnitude: readonly [number, number];
  /** The one magnitude that all have in the published data, whose generator was seeded anew for each variant. */
  readonly published?: number;
  /** Allele frequencies that are allowed: the published bounds and those that the published counts of carriers imply. */
  readonly frequency: readonly [number, number];
  readonly tries: number;
}

const DESIGNS: Readonly<Record<Kind, Design>> = {
  // At least 1,500 homozygous.
  additive: {
    magnitude: [0.025, 0.055],
    frequency: [Math.sqrt(1500 / PUBLISHED_PEOPLE), 0.5],
    tries: 20,
  },
  // 10 to 14 % carriers.
  dominant: {
    magnitude: [0.018, 0.03],
    published: 0.024721,
    frequency: [1 - Math.sqrt(0.9), 1 - Math.sqrt(0.86)],
    tries: 40,
  },
  // 1,200 to 4,500 homozygous.
  recessive: {
    magnitude: [0.035, 0.065],
    published: 0.0497791,
    frequency: [Math.sqrt(1200 / PUBLISHED_PEOPLE), Math.sqrt(4500 / PUBLISHED_PEOPLE)],
    tries: 40,
  },
  epistatic: { magnitude: [0.045, 0.07], published: 0.0529104, frequency: [0.08, 0.2], tries: 8 },
};
const KINDS = Object.keys(DESIGNS) as Kind[];

/** Relative difference of steps or of class means that the shape of an effect may have. */
const SHAPE = { additive: 0.2, dominant: 0.25, recessive: 0.25 };
/** Least difference between the classes that a dominant or recessive effect parts, in standard deviations of the trait. */
const LEAST_STEP = 0.002;
const BISECTIONS = 16;
const LARGEST_ALPHA = 0.95;

/** The trait and what the draws of all variants share. */
interface Cohort {
  /** Standardised, [person] */
  readonly trait: Float64Array;
  /** Minor allele frequencies of the cohort's own variants. */
  readonly frequencies: readonly number[];
  readonly scale: number;
  readonly mode: Parameters['mode'];
  readonly seed: number;
}

interface Spike {
  readonly kind: Kind;
  /** From 0, among its kind. */
  readonly index: number;
  /** Genotypes, one variant or the two of a pair. */
  readonly variants: readonly Uint8Array[];
  /** What its kind of effect acts through: the genotype, the carrier, the homozygote, the product of a pair. */
  readonly coding: Float64Array;
  readonly target: number;
  readonly achieved: number;
}

/** @throws Failure when the people have no trait or no counts of alleles, or nothing is asked for */
export function spikeIn(rows: Rows, parameters: Parameters): Rows {
  const { mode, seed, explained: most } = parameters;
  requireAlleles(rows, 'spike_in');
  const trait = standardise(traitOf(rows, 'spike_in'));
  const people = trait.length;
  const asked = {
    additive: parameters.additive,
    dominant: parameters.dominant,
    recessive: parameters.recessive,
    epistatic: parameters.epistatic_pairs,
  };
  const width = asked.additive + asked.dominant + asked.recessive + 2 * asked.epistatic;
  if (width === 0)
    throw new Failure('simulate/no-spikes', '`spike_in` is asked for no variant', { remedy: 'Ask for at least one.' });
  requireRoomFor(people, rows.length + width);
  const scale =
    parameters.scale === 'auto'
      ? Math.min(Math.sqrt(PUBLISHED_PEOPLE / people), LARGEST_EPISTATIC / DESIGNS.epistatic.published!)
      : parameters.scale;
  const cohort = { trait, frequencies: minorFrequencies(rows), scale, mode, seed };
  const regression = new Regression(trait);
  const spikes: Spike[] = [];
  let explained = 0;
  // Kinds in turn, so that fewer of all of them are planted where they would explain too much.
  for (const { kind, index } of inTurn(asked)) {
    const spike = plant(kind, index, cohort);
    const share = regression.add(spike.coding);
    if (share > most) break;
    explained = share;
    spikes.push(spike);
  }
  if (spikes.length === 0)
    throw new Failure('simulate/no-spikes', `one variant alone explains more than ${percent(most)} of the trait`, {
      remedy: 'Raise `explained`, lower `scale`, or take more people.',
    });
  spikes.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.index - b.index);
  return { ...append(rows, spikes), notes: [...rows.notes, ...notesOf(spikes, asked, explained, scale, parameters)] };
}

/** All variants that are asked for, kinds evenly mixed. */
function inTurn(asked: Readonly<Record<Kind, number>>): { kind: Kind; index: number }[] {
  return KINDS.flatMap(kind =>
    Array.from({ length: asked[kind] }, (_, index) => ({ kind, index, rank: (index + 0.5) / asked[kind] })),
  ).sort((a, b) => a.rank - b.rank);
}

function minorFrequencies({ values, length, names }: Rows): number[] {
  return Array.from({ length }, (_, variant) => {
    const frequency = columnOf(values, variant, length).reduce((sum, value) => sum + value, 0) / (2 * names.length);
    return Math.min(frequency, 1 - frequency);
  });
}

/** One variant or pair; draws are repeated until the shape of the effect is that of its kind, and the last is kept. */
function plant(kind: Kind, index: number, cohort: Cohort): Spike {
  const { trait, scale, mode, seed } = cohort;
  const { magnitude: range, published, tries } = DESIGNS[kind];
  const choices = new Stream(seed, `spike_in ${kind} choices`, { source: '0', index });
  const drawn = range[0] + (range[1] - range[0]) * choices.uniform();
  const magnitude = scale * (mode === 'faithful' && published !== undefined ? published : drawn);
  const target = choices.uniform() < 0.5 ? magnitude : -magnitude;
  const frequency = drawFrequency(choices, kind, cohort);
  const streamOf = (draw: number) => new Stream(seed, `spike_in ${kind}`, { source: '0', index }, draw);
  if (kind === 'epistatic') {
    const pair = plantPair(target, [frequency, drawFrequency(choices, kind, cohort)], cohort, streamOf);
    return { kind, index, target, ...pair };
  }
  let variant = new Uint8Array(0);
  for (let draw = 0; draw < tries; draw++) {
    variant = drawVariant(kind, frequency, trait, target, streamOf(draw));
    if (hasShape(kind, variant, trait)) break;
  }
  const coding = Float64Array.from(variant, CODINGS[kind]);
  return { kind, index, variants: [variant], coding, target, achieved: correlation(trait, coding) };
}

const CODINGS: Readonly<Record<Exclude<Kind, 'epistatic'>, (genotype: number) => number>> = {
  additive: genotype => genotype,
  dominant: genotype => Number(genotype > 0),
  recessive: genotype => Number(genotype === 2),
};

/** A frequency of the cohort's own within the bounds; from Beta(0.7, 3) where it has none, as published. */
function drawFrequency(stream: Stream, kind: Kind, { frequencies }: Cohort): number {
  const [low, high] = DESIGNS[kind].frequency;
  const fitting = frequencies.filter(frequency => frequency >= low && frequency <= high);
  if (fitting.length > 0) return fitting[stream.integer(fitting.length)]!;
  for (;;) {
    const frequency = beta(stream, 0.7, 3);
    if (frequency >= low && frequency <= high) return frequency;
  }
}

/** √(1 − ρ²) of noise and ρ of the trait, both standardised, standardised again. */
function latentOf(trait: Float64Array, rho: number, stream: Stream): Float64Array {
  const noise = standardNormals(stream, trait.length);
  return standardise(trait.map((y, person) => rho * y + Math.sqrt(1 - rho ** 2) * noise[person]!));
}

/** Normal numbers with exactly mean 0 and variance 1. */
function standardNormals(stream: Stream, count: number): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = stream.normal();
  return standardise(values);
}

function drawVariant(
  kind: Exclude<Kind, 'epistatic'>,
  p: number,
  trait: Float64Array,
  rho: number,
  stream: Stream,
): Uint8Array<ArrayBuffer> {
  const latent = latentOf(trait, rho, stream);
  if (kind === 'additive') return cut(latent, p);
  // The class that the effect parts off goes with the trait; within the others chance decides, at the proportions of p.
  const dominant = kind === 'dominant';
  const threshold = normalQuantile(dominant ? (1 - p) ** 2 : 1 - p ** 2);
  const heterozygous = (2 * p * (1 - p)) / (dominant ? 1 - (1 - p) ** 2 : 1 - p ** 2);
  return Uint8Array.from(latent, z => {
    const isHeterozygous = stream.uniform() < heterozygous;
    if (dominant) return z > threshold ? (isHeterozygous ? 1 : 2) : 0;
    return z > threshold ? 2 : isHeterozygous ? 1 : 0;
  });
}

/** Genotypes 0, 1, 2 in Hardy–Weinberg proportions from a standard normal variable. */
function cut(latent: Float64Array, p: number): Uint8Array<ArrayBuffer> {
  const first = normalQuantile((1 - p) ** 2);
  const second = normalQuantile(1 - p ** 2);
  return Uint8Array.from(latent, z => Number(z > first) + Number(z > second));
}

/** Whether the trait's means over the genotypes differ as the kind of effect says. */
function hasShape(kind: Exclude<Kind, 'epistatic'>, variant: Uint8Array, trait: Float64Array): boolean {
  const sums = [0, 0, 0];
  const counts = [0, 0, 0];
  variant.forEach((genotype, person) => {
    sums[genotype]! += trait[person]!;
    counts[genotype]!++;
  });
  const [zero = 0, one = 0, two = 0] = sums.map((sum, genotype) => sum / counts[genotype]!);
  if (kind === 'additive') return relativeDifference(two - one, one - zero) <= SHAPE.additive;
  if (kind === 'dominant')
    return relativeDifference(one, two) <= SHAPE.dominant && Math.abs((one + two) / 2 - zero) >= LEAST_STEP;
  return relativeDifference(zero, one) <= SHAPE.recessive && Math.abs(two - (zero + one) / 2) >= LEAST_STEP;
}

function relativeDifference(a: number, b: number): number {
  return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

/**
 * Two variants whose product (gA − 2pA)(gB − 2pB) correlates with the trait while each alone hardly does: the latent variable
 * of the second holds α·y·u, u that of the first, and α is found by bisection. The published search compares the signed
 * correlation with the magnitude (`faithful`), so that it fails for negative targets and leaves them four to five times
 * too strong; `fixed` compares magnitudes of the right sign.
 */
function plantPair(
  target: number,
  [pA, pB]: readonly [number, number],
  { trait, mode }: Cohort,
  streamOf: (draw: number) => Stream,
): Pick<Spike, 'variants' | 'coding' | 'achieved'> {
  const people = trait.length;
  const chance = 4 / Math.sqrt(people);
  const tolerance = Math.max(0.004, chance);
  const mostAlone = Math.max(0.01, chance);
  const sign = Math.sign(target);
  const aim = Math.abs(target);
  const { tries } = DESIGNS.epistatic;
  const attempt = (alpha: number, draw: number) => {
    const stream = streamOf(draw);
    const u = standardNormals(stream, people);
    const noise = standardNormals(stream, people);
    const v = trait.map((y, i) => sign * alpha * y * u[i]! + Math.sqrt(1 - alpha ** 2) * noise[i]!);
    const variants = [cut(u, pA), cut(standardise(v), pB)] as const;
    const coding = trait.map((_, i) => (variants[0][i]! - 2 * pA) * (variants[1][i]! - 2 * pB));
    const achieved = correlation(trait, coding);
    const found = mode === 'faithful' ? achieved : sign * achieved;
    return { variants, coding, achieved, found, error: Math.abs(found - aim) };
  };
  let low = 0;
  let high = LARGEST_ALPHA;
  let best: ReturnType<typeof attempt> | undefined;
  for (let step = 0; step < BISECTIONS; step++) {
    const alpha = (low + high) / 2;
    let chosen: ReturnType<typeof attempt> | undefined;
    for (let draw = 0; draw < tries; draw++) {
      const candidate = attempt(alpha, step * tries + draw);
      if (candidate.variants.some(variant => Math.abs(correlation(trait, variant)) > mostAlone)) continue;
      if (chosen === undefined || candidate.error < chosen.error) chosen = candidate;
      if (candidate.error <= tolerance) break;
    }
    if (chosen === undefined) {
      high = alpha;
      continue;
    }
    if (best === undefined || chosen.error < best.error) best = chosen;
    if (chosen.error <= tolerance) break;
    if (chosen.found < aim) low = alpha;
    else high = alpha;
  }
  return best ?? attempt(0.05, BISECTIONS * tries);
}

/** Least squares of the trait on a growing set of codings: the Cholesky factor of their correlations, row by row. */
class Regression {
  private readonly codings: Float64Array[] = [];
  private readonly factor: Float64Array[] = [];
  private readonly loadings: number[] = [];
  private explained = 0;

  constructor(private readonly trait: Float64Array) {}

  /** The share of the trait's variance that all codings so far explain together with this one. */
  add(coding: Float64Array): number {
    const column = standardise(coding);
    const row = new Float64Array(this.codings.length + 1);
    let left = 1;
    let loading = meanProduct(column, this.trait);
    this.codings.forEach((other, i) => {
      let entry = meanProduct(column, other);
      for (let j = 0; j < i; j++) entry -= row[j]! * this.factor[i]![j]!;
      row[i] = entry / this.factor[i]![i]!;
      left -= row[i] ** 2;
      loading -= row[i] * this.loadings[i]!;
    });
    // A coding that the others already hold adds nothing.
    if (left < 1e-9) return this.explained;
    row[this.codings.length] = Math.sqrt(left);
    this.codings.push(column);
    this.factor.push(row);
    this.loadings.push(loading / Math.sqrt(left));
    this.explained += loading ** 2 / left;
    return this.explained;
  }
}

const PREFIXES: Readonly<Record<Kind, string>> = {
  additive: 'SYN_ADD',
  dominant: 'SYN_DOM',
  recessive: 'SYN_REC',
  epistatic: 'SYN_EPI',
};

/** The cohort with the spike-ins behind its own variants. */
function append(rows: Rows, spikes: readonly Spike[]): Rows {
  const { length, values, names } = rows;
  const added = spikes.flatMap(({ kind, index, variants }) => {
    const name = `${PREFIXES[kind]}_${String(index + 1).padStart(3, '0')}`;
    return variants.map((variant, part) => ({ name: variants.length === 1 ? name : `${name}_${'AB'[part]}`, variant }));
  });
  const width = length + added.length;
  const all = new Float32Array(names.length * width);
  for (let person = 0; person < names.length; person++) {
    all.set(values.subarray(person * length, (person + 1) * length), person * width);
    added.forEach(({ variant }, i) => (all[person * width + length + i] = variant[person]!));
  }
  const truth = GenotypeTruth.of(rows, added.length);
  let at = length;
  for (const { kind, variants, target, achieved } of spikes)
    variants.forEach((_, part) => {
      const partner = variants.length === 2 ? at + (part === 0 ? 1 : -1) : -1;
      truth.set(at++, { [kind]: 1, target, achieved, partner });
    });
  return {
    ...rows,
    length: width,
    features: [...rows.features, ...added.map(({ name }) => name)],
    values: all,
    truth: truth.done(),
  };
}

function notesOf(
  spikes: readonly Spike[],
  asked: Readonly<Record<Kind, number>>,
  explained: number,
  scale: number,
  { mode, explained: most }: Parameters,
): Note[] {
  const kinds = KINDS.flatMap(kind => {
    const achieved = spikes.filter(spike => spike.kind === kind).map(spike => Math.abs(spike.achieved));
    if (achieved.length === 0) return [];
    const range = `|r| ${Math.min(...achieved).toFixed(3)} to ${Math.max(...achieved).toFixed(3)}`;
    const noun = kind !== 'epistatic' ? '' : achieved.length === 1 ? ' pair' : ' pairs';
    return [`${achieved.length} ${kind}${noun} (${range})`];
  });
  const notes: Note[] = [
    {
      level: 'information',
      code: 'simulate/spikes',
      message: `Spike-ins, ${mode}: ${kinds.join(', ')}; together they explain ${percent(explained)} of the trait. Published effects × ${scale.toFixed(2)}; r is the achieved correlation of the coding through which each acts.`,
    },
  ];
  const still = spikes.filter(({ coding }) => coding.every(value => value === coding[0])).length;
  if (still > 0)
    notes.push({
      level: 'warning',
      code: 'simulate/still-spikes',
      message: `${still} of ${spikes.length} spike-ins have no effect: what they act through is the same in all people. Take more people.`,
    });
  const wanted = KINDS.reduce((sum, kind) => sum + asked[kind], 0);
  if (spikes.length < wanted)
    notes.push({
      level: 'warning',
      code: 'simulate/fewer-spikes',
      message: `${spikes.length} of ${wanted} spike-ins were planted: with one more they would explain over ${percent(most)} of the trait.`,
    });
  return notes;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
