/**
 * Quality control of cohorts: which people and variants of a PLINK data set are kept, with the numbers of PLINK. People first, by
 * their call rate over the chosen chromosomes; then variants by call rate, and by frequency and Hardy–Weinberg test over founders, as
 * PLINK orders its filters. On X males have one copy: they count once in frequencies and not at all in the test, as in PLINK 1.9.
 */
import type { plink as specification } from '../../catalog/cohorts.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { askedRegion } from './asked-region.js';
import { chromosomeOf } from './chromosomes.js';
import {
  callRate,
  choose,
  countGenotypes,
  hardyWeinberg,
  isHeterozygous,
  isMissing,
  missingByPerson,
  sharedFrequency,
  sumCalls,
  sumDosages,
  type Counts,
} from './genotype-calls.js';
import type { PlinkFile } from './plink.js';

type Parameters = ParametersOf<typeof specification>;

/** What the quality control found and kept. */
export interface Control {
  /** Indices of people and variants, ascending. */
  readonly people: readonly number[];
  readonly variants: readonly number[];
  /** Frequency of the counted allele among the kept people, by kept variant. */
  readonly frequencies: Float64Array;
  /** Missing genotypes among what was kept. */
  readonly missing: number;
  /** Heterozygous genotypes of males on X among them. */
  readonly impossible: number;
  readonly notes: readonly Note[];
}

/** Some people, and which of them have one copy of X and which two. */
interface Group {
  readonly everyone: Uint8Array;
  readonly males: Uint8Array;
  readonly others: Uint8Array;
}

/** @throws Failure `data/empty`, `data/region`, `data/chromosome`, `data/damaged-plink` */
export async function control(file: PlinkFile, parameters: Parameters): Promise<Control> {
  const { person_call_rate, variant_call_rate, minimum_frequency, hardy_weinberg } = parameters;
  const isChosen = chosenVariants(file, parameters);
  const chosen = isChosen.reduce((sum, one) => sum + one, 0);
  let people = [...file.people.keys()];
  if (person_call_rate > 0) {
    const missing = await missingByPerson(file, isChosen);
    people = people.filter(person => (chosen - missing[person]!) / chosen >= person_call_rate);
  }
  const kept = new Set(people);
  const all = groupOf(file, index => kept.has(index));
  const founders = groupOf(file, index => kept.has(index) && file.people[index]!.founder);
  const variants: number[] = [];
  const frequencies: number[] = [];
  const dropped = { calls: 0, frequency: 0, equilibrium: 0 };
  let [missing, impossible] = [0, 0];
  for await (const { from, variants: count, stride, bytes, dosages } of file.blocks(isChosen))
    for (let at = 0; at < count; at++) {
      if (isChosen[from + at] === 0) continue;
      const genotypes = bytes.subarray(at * stride, (at + 1) * stride);
      const own = dosages?.get(at);
      const isX = chromosomeOf(file.variants[from + at]!.chromosome)?.kind === 'X';
      const calls = countGenotypes(genotypes, all.everyone);
      const frequency = frequencyOf(genotypes, own, founders, isX);
      if (callRate(calls) < variant_call_rate) dropped.calls++;
      else if (hardy_weinberg > 0 && equilibrium(genotypes, founders, file, from + at) < hardy_weinberg)
        dropped.equilibrium++;
      // Without any genotype there is no frequency, and no allele is counted.
      else if (Math.min(frequency || 0, 1 - frequency || 0) < minimum_frequency) dropped.frequency++;
      else {
        variants.push(from + at);
        frequencies.push(frequencyOf(genotypes, own, all, isX) || 0);
        missing += own
          ? people.filter(person => isMissing(genotypes, person) && Number.isNaN(own[person]!)).length
          : calls[1];
        if (isX) impossible += people.filter(person => isImpossible(file, genotypes, own, person)).length;
      }
    }
  if (people.length === 0 || variants.length === 0)
    throw new Failure(
      'data/empty',
      `the quality control leaves ${people.length} of ${file.people.length} people and ${variants.length} of ${chosen} variants`,
      { place: file.path, remedy: 'Lower the thresholds.' },
    );
  const notes = [summaryOf(file, parameters, people.length, variants.length, chosen, dropped)];
  return {
    people,
    variants,
    frequencies: Float64Array.from(frequencies),
    missing: missing + impossible,
    impossible,
    notes,
  };
}

function groupOf({ people }: PlinkFile, holds: (index: number) => boolean): Group {
  return {
    everyone: choose(people, (_, index) => holds(index)),
    males: choose(people, ({ male }, index) => male && holds(index)),
    others: choose(people, ({ male }, index) => !male && holds(index)),
  };
}

/** Frequency of the counted allele; NaN where nobody has a genotype. */
function frequencyOf(genotypes: Uint8Array, own: Float32Array | undefined, group: Group, isX: boolean): number {
  const sum = (mask: Uint8Array, isHaploid: boolean) =>
    own ? sumDosages(genotypes, own, mask) : sumCalls(countGenotypes(genotypes, mask), isHaploid);
  return isX
    ? sharedFrequency(sum(group.others, false), sum(group.males, true))
    : sharedFrequency(sum(group.everyone, false));
}

/** The exact test among those who have two copies; 1 on MT, where nobody has. */
function equilibrium(genotypes: Uint8Array, { everyone, others }: Group, { variants }: PlinkFile, at: number): number {
  const kind = chromosomeOf(variants[at]!.chromosome)?.kind;
  const counts = (mask: Uint8Array): Counts => countGenotypes(genotypes, mask);
  return kind === 'MT' ? 1 : hardyWeinberg(counts(kind === 'X' ? others : everyone));
}

/** Two different alleles of somebody with one X: a wrong call, or a variant of a pseudo-autosomal region. */
export function isImpossible(
  { people }: PlinkFile,
  genotypes: Uint8Array,
  own: Float32Array | undefined,
  person: number,
): boolean {
  return people[person]!.male && isHeterozygous(genotypes, person) && Number.isNaN(own?.[person] ?? NaN);
}

function summaryOf(
  file: PlinkFile,
  { region }: Parameters,
  people: number,
  variants: number,
  chosen: number,
  dropped: { readonly calls: number; readonly frequency: number; readonly equilibrium: number },
): Note {
  const several = file.variants.reduce((sum, variant) => sum + Number(variant.several ?? false), 0);
  const message = [
    `${people} of ${file.people.length} people and ${variants} of ${file.variants.length} variants pass`,
    `${file.variants.length - chosen - several} variants are ${region === undefined ? 'on other chromosomes' : 'elsewhere'}`,
    ...(several > 0 ? [`${several} have several alternative alleles`] : []),
    `${dropped.calls} have too few calls`,
    `${dropped.equilibrium} deviate from Hardy–Weinberg proportions`,
    `${dropped.frequency} are too rare`,
  ].join('; ');
  return { level: 'information', code: 'data/quality-control', message: `${message}.` };
}

/**
 * 1 for each variant with two alleles in the region, or on a chosen chromosome.
 *
 * @throws Failure `data/region`, `data/chromosome`
 */
export function chosenVariants({ path, variants }: PlinkFile, { chromosomes, region }: Parameters): Uint8Array {
  const asked = region === undefined ? undefined : askedRegion(region);
  const name = asked && chromosomeOf(asked.chromosome)?.name;
  const isKnown = name !== undefined && variants.some(({ chromosome }) => chromosomeOf(chromosome)?.name === name);
  if (asked && (name === 'Y' || !isKnown))
    throw new Failure(
      'data/chromosome',
      name === 'Y'
        ? 'variants of Y are not read: half of the people have none'
        : `the file has no variants on "${asked.chromosome}"`,
      {
        place: path,
        remedy: `It has some on ${[...new Set(variants.map(({ chromosome }) => chromosome))].slice(0, 5).join(', ')}.`,
      },
    );
  const wanted = chromosomes && new Set(chromosomes.map(String));
  return Uint8Array.from(variants, ({ chromosome, position, several }) => {
    const found = several === true ? undefined : chromosomeOf(chromosome);
    if (found === undefined || found.kind === 'Y') return 0;
    const isWanted = wanted
      ? wanted.has(found.kind === 'autosome' ? found.name : found.kind)
      : asked !== undefined || found.kind === 'autosome';
    return Number(
      isWanted && (asked === undefined || (found.name === name && position >= asked.from && position <= asked.to)),
    );
  });
}
