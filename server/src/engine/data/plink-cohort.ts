/** The source `plink`: people as examples, autosomal variants that pass the quality control as features. */
import type { plink as specification } from '../../catalog/cohorts.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { requireRoomFor } from '../simulate/genotypes.js';
import { askedRegion, nameAmong } from './asked-region.js';
import type { Rows } from './examples.js';
import { genesOf, type Place } from './nearest-genes.js';
import { labelsOf, readPhenotypes } from './phenotypes.js';
import {
  alleleFrequency,
  callRate,
  choose,
  countGenotypes,
  hardyWeinberg,
  isMissing,
  meanDosage,
  missingByPerson,
  openPlink,
  writeDosages,
  type Counts,
  type PlinkFile,
  type Variant,
} from './plink.js';
import { pathOf, type Files, type Source } from './source.js';

type Parameters = ParametersOf<typeof specification>;

/** Genotypes whose quality is controlled for a description, which has a few seconds. */
const MOST_DESCRIBED = 2e9;
/** What to do about a cohort that is too large. */
const ROOM =
  ' Name a `region` or `chromosomes`, raise `minimum_frequency`, or give a table of `phenotypes` that names fewer people.';

/** What the quality control found and kept. */
interface Control {
  /** Indices of people and variants, ascending. */
  readonly people: readonly number[];
  readonly variants: readonly number[];
  /** Frequency of the counted allele among the kept people, by kept variant. */
  readonly frequencies: Float64Array;
  /** Missing genotypes among what was kept. */
  readonly missing: number;
  readonly notes: readonly Note[];
}

/**
 * People first, by their call rate over the chosen chromosomes; then variants by call rate, and by frequency and
 * Hardy–Weinberg test over founders, as PLINK orders its filters.
 */
async function control(file: PlinkFile, parameters: Parameters): Promise<Control> {
  const { person_call_rate, variant_call_rate, minimum_frequency, hardy_weinberg } = parameters;
  const isChosen = chosenVariants(file, parameters);
  const several = file.variants.reduce((sum, variant) => sum + Number(variant.several ?? false), 0);
  const chosen = isChosen.reduce((sum, one) => sum + one, 0);
  let people = [...file.people.keys()];
  if (person_call_rate > 0) {
    const missing = await missingByPerson(file, isChosen);
    people = people.filter(person => 1 - missing[person]! / chosen >= person_call_rate);
  }
  const kept = new Set(people);
  const everyone = choose(file.people, (_, index) => kept.has(index));
  const founders = choose(file.people, (person, index) => kept.has(index) && person.founder);
  const variants: number[] = [];
  const frequencies: number[] = [];
  const dropped = { calls: 0, frequency: 0, equilibrium: 0 };
  let missing = 0;
  for await (const { from, variants: count, stride, bytes, dosages } of file.blocks(isChosen))
    for (let at = 0; at < count; at++) {
      if (isChosen[from + at] === 0) continue;
      const genotypes = bytes.subarray(at * stride, (at + 1) * stride);
      const all = countGenotypes(genotypes, everyone);
      const independent = countGenotypes(genotypes, founders);
      const own = dosages?.get(at);
      const frequencyOf = (counts: Counts, mask: Uint8Array): number =>
        own ? meanDosage(genotypes, own, mask) / 2 : alleleFrequency(counts);
      const frequency = frequencyOf(independent, founders);
      if (callRate(all) < variant_call_rate) dropped.calls++;
      else if (hardy_weinberg > 0 && hardyWeinberg(independent) < hardy_weinberg) dropped.equilibrium++;
      // Without any genotype there is no frequency, and no allele is counted.
      else if (Math.min(frequency || 0, 1 - frequency || 0) < minimum_frequency) dropped.frequency++;
      else {
        variants.push(from + at);
        frequencies.push(frequencyOf(all, everyone) || 0);
        missing +=
          all[1] -
          (own ? people.filter(person => isMissing(genotypes, person) && !Number.isNaN(own[person]!)).length : 0);
      }
    }
  if (people.length === 0 || variants.length === 0)
    throw new Failure(
      'data/empty',
      `the quality control leaves ${people.length} of ${file.people.length} people and ${variants.length} of ${chosen} variants`,
      { place: file.path, remedy: 'Lower the thresholds.' },
    );
  const message = [
    `${people.length} of ${file.people.length} people and ${variants.length} of ${file.variants.length} variants pass`,
    `${file.variants.length - chosen - several} variants are ${parameters.region === undefined ? 'on other chromosomes' : 'elsewhere'}`,
    ...(several > 0 ? [`${several} have several alternative alleles`] : []),
    `${dropped.calls} have too few calls`,
    `${dropped.equilibrium} deviate from Hardy–Weinberg proportions`,
    `${dropped.frequency} are too rare`,
  ].join('; ');
  const notes: Note[] = [{ level: 'information', code: 'data/quality-control', message: `${message}.` }];
  return { people, variants, frequencies: Float64Array.from(frequencies), missing, notes };
}

/** 1 for each variant with two alleles in the region, or on a chosen chromosome. @throws Failure `data/region`, `data/chromosome` */
function chosenVariants({ path, variants }: PlinkFile, { chromosomes, region }: Parameters): Uint8Array {
  const asked = region === undefined ? undefined : askedRegion(region);
  const known = asked && [...new Set(variants.map(({ chromosome }) => chromosome))];
  const name = asked && nameAmong(known!, asked.chromosome);
  if (asked && name === undefined)
    throw new Failure('data/chromosome', `the file has no variants on "${asked.chromosome}"`, {
      place: path,
      remedy: `It has some on ${known!.slice(0, 5).join(', ')}.`,
    });
  const wanted = new Set(chromosomes ?? Array.from({ length: 22 }, (_, index) => index + 1));
  return Uint8Array.from(variants, ({ chromosome, position, several }) =>
    Number(
      several !== true &&
        wanted.has(Number(chromosome.replace(/^chr/i, '') || NaN)) &&
        (asked === undefined || (chromosome === name && position >= asked.from && position <= asked.to)),
    ),
  );
}

const chosenCount = (file: PlinkFile, parameters: Parameters): number =>
  chosenVariants(file, parameters).reduce((sum, one) => sum + one, 0);

/** Whether the quality control can leave anything out. */
const isControlled = (parameters: Parameters): boolean =>
  parameters.person_call_rate +
    parameters.variant_call_rate +
    parameters.minimum_frequency +
    parameters.hardy_weinberg >
  0;

/** Variants that are decoded at a time, so that what is written for a person lies together. */
const TILE = 64;

/** Counted alleles of the kept people and variants, [person, variant]. */
async function decode(file: PlinkFile, { people, variants, frequencies }: Control, missing: Parameters['missing']) {
  const width = variants.length;
  const values = new Float32Array(people.length * width);
  const rowOf = new Int32Array(4 * Math.ceil(file.people.length / 4)).fill(-1);
  people.forEach((person, row) => (rowOf[person] = row));
  let column = 0;
  const isKept = new Uint8Array(file.variants.length);
  for (const variant of variants) isKept[variant] = 1;
  for await (const { from, variants: count, stride, bytes, dosages } of file.blocks(isKept))
    while (column < width && variants[column]! < from + count) {
      let end = column;
      while (end < width && end - column < TILE && variants[end]! < from + count) end++;
      const starts = variants.slice(column, end).map(variant => (variant - from) * stride);
      writeDosages(bytes, starts, rowOf, values, width, column);
      for (; column < end; column++) {
        const own = dosages?.get(variants[column]! - from);
        if (own)
          people.forEach((person, row) => {
            if (!Number.isNaN(own[person]!)) values[row * width + column] = own[person]!;
          });
      }
    }
  for (let at = 0; at < values.length; at++) {
    if (!Number.isNaN(values[at]!)) continue;
    const variant = at % width;
    if (missing === 'error')
      throw new Failure('data/missing', 'the genotype is missing', {
        place: `${file.path}, variant ${file.variants[variants[variant]!]!.id}, person ${file.people[people[Math.floor(at / width)]!]!.id}`,
        remedy: 'Say what to do with missing genotypes: `missing: mean` or `missing: zeros`.',
      });
    values[at] = missing === 'mean' ? 2 * frequencies[variant]! : 0;
  }
  return values;
}

/** A phenotype without a table of its own is a column of the people. */
function opened({ path, phenotypes, phenotype }: Parameters, files: Files): Promise<PlinkFile> {
  return openPlink(pathOf(path, files), phenotypes === undefined ? phenotype : undefined);
}

async function read(parameters: Parameters, files: Files): Promise<Rows> {
  const table = parameters.phenotypes === undefined ? undefined : pathOf(parameters.phenotypes, files);
  const file = await opened(parameters, files);
  const written = table
    ? await readPhenotypes(table, parameters.phenotype, file.people)
    : file.people.map(person => person.phenotype);
  const phenotypes = labelsOf(written, table ?? file.path);
  const someLabelled = phenotypes.filter(label => label !== undefined).length;
  // Where nothing can be dropped, what is too large is known before anything is read.
  if (!isControlled(parameters))
    requireRoomFor(someLabelled || phenotypes.length, chosenCount(file, parameters), undefined, ROOM);
  const passed = await control(file, parameters);
  const labelled = passed.people.filter(person => phenotypes[person] !== undefined);
  // A cohort without phenotypes can be given a trait; one with some is about those who have it.
  const people = labelled.length > 0 ? labelled : passed.people;
  const notes = [...passed.notes];
  if (people.length < passed.people.length)
    notes.push({
      level: 'information',
      code: 'data/no-phenotype',
      message: `${passed.people.length - people.length} people have no phenotype and were left out.`,
    });
  if (passed.missing > 0) notes.push(missingNote(passed, parameters.missing));
  requireRoomFor(people.length, passed.variants.length, undefined, ROOM);
  const values = await decode(file, { ...passed, people }, parameters.missing);
  const variants = passed.variants.map(index => file.variants[index]!);
  const annotated =
    parameters.genes === undefined
      ? undefined
      : await genesOf(pathOf(parameters.genes, files), variants.map(stretchOf), parameters.gene_distance);
  if (annotated) notes.push(annotated.note);
  const ids = people.map(person => file.people[person]!.id);
  const isUnique = new Set(ids).size === ids.length;
  return {
    alphabet: 'genotypes',
    length: passed.variants.length,
    features: variants.map(nameOf),
    places: variants.map(placeOf),
    ...(annotated && { genes: annotated.genes }),
    values,
    names: isUnique ? ids : people.map(person => `${file.people[person]!.family} ${file.people[person]!.id}`),
    labels: people.map(person => phenotypes[person]),
    origins: people.map(index => ({ source: parameters.path.slice(0, 8), index })),
    notes,
  };
}

function missingNote({ missing, people, variants }: Control, policy: Parameters['missing']): Note {
  const share = ((100 * missing) / (people.length * variants.length)).toFixed(3);
  const became = policy === 'zeros' ? '0 counted alleles' : 'the mean of its variant';
  return {
    level: 'information',
    code: 'data/missing',
    message: `${missing} genotypes (${share} %) are missing; each became ${became}.`,
  };
}

const placeOf = ({ chromosome, position }: Variant): string => `${chromosome}:${position}`;

/** The base of a variant; which allele is the reference, and how long it is, a `.bim` file does not say. */
const stretchOf = ({ chromosome, position }: Variant): Place => ({ chromosome, start: position - 1, end: position });

const nameOf = (variant: Variant): string => (variant.id === '.' ? placeOf(variant) : variant.id);

export const plink: Source<Parameters, Rows> = {
  read,
  async describe(parameters, files) {
    const file = await opened(parameters, files);
    const isFiltered = isControlled(parameters);
    const chosen = chosenCount(file, parameters);
    const complete = !isFiltered || chosen * file.people.length <= MOST_DESCRIBED;
    const passed = isFiltered && complete ? await control(file, parameters) : undefined;
    const length = passed?.variants.length ?? chosen;
    return {
      is: 'data',
      examples: passed?.people.length ?? file.people.length,
      complete,
      alphabet: 'genotypes',
      length: [complete ? length : 1, length],
      notes: [],
    };
  },
};
