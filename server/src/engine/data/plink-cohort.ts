/** The source `plink`: people as examples, autosomal variants that pass the quality control as features. */
import type { plink as specification } from '../../catalog/cohorts.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { requireRoomFor } from '../simulate/genotypes.js';
import { chromosomeOf } from './chromosomes.js';
import type { Rows } from './examples.js';
import { writeDosages } from './genotype-calls.js';
import { genesOf, type Place } from './nearest-genes.js';
import { covariatesOf, labelsOf, readCovariates, readPhenotypes } from './phenotypes.js';
import { chosenVariants, control, isImpossible, type Control } from './plink-control.js';
import { openPlink, type PlinkFile, type Variant } from './plink.js';
import { pathOf, type Files, type Source } from './source.js';

type Parameters = ParametersOf<typeof specification>;

/** Genotypes whose quality is controlled for a description: it has ten seconds, on a busy machine and a slow disk too. */
const MOST_DESCRIBED = 1e8;
/** What to do about a cohort that is too large. */
const ROOM =
  ' Name a `region` or `chromosomes`, raise `minimum_frequency`, or give a table of `phenotypes` that names fewer people.';

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

/** Counted alleles of the kept people and variants, [person, variant]; on X males have none or two, as PLINK writes them. */
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
        const at = variants[column]! - from;
        const own = dosages?.get(at);
        if (chromosomeOf(file.variants[from + at]!.chromosome)?.kind === 'X') {
          const genotypes = bytes.subarray(at * stride, (at + 1) * stride);
          people.forEach((person, row) => {
            if (isImpossible(file, genotypes, own, person)) values[row * width + column] = NaN;
          });
        }
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

/** Phenotypes and covariates of the people, as far as they are known. */
async function knownOf(
  file: PlinkFile,
  { phenotypes, phenotype, covariates, covariate_names }: Parameters,
  files: Files,
) {
  const table = phenotypes === undefined ? undefined : pathOf(phenotypes, files);
  const written = table
    ? await readPhenotypes(table, phenotype, file.people)
    : file.people.map(person => person.phenotype);
  const labels = labelsOf(written, table ?? file.path);
  if (covariates === undefined) return { labels };
  return { labels, covariates: await readCovariates(pathOf(covariates, files), covariate_names, file.people) };
}

async function read(parameters: Parameters, files: Files): Promise<Rows> {
  const file = await opened(parameters, files);
  const { labels, covariates } = await knownOf(file, parameters, files);
  const someLabelled = labels.some(label => label !== undefined);
  // A cohort without phenotypes can be given a trait; one with some is about those who have it.
  const isNamed = (person: number): boolean => !someLabelled || labels[person] !== undefined;
  const isKnown = (person: number): boolean => covariates === undefined || covariates.cells[person] !== undefined;
  // Where nothing can be dropped, what is too large is known before anything is read.
  if (!isControlled(parameters)) {
    const asked = [...labels.keys()].filter(person => isNamed(person) && isKnown(person));
    requireRoomFor(asked.length, chosenCount(file, parameters), undefined, ROOM);
  }
  const passed = await control(file, parameters);
  const labelled = passed.people.filter(isNamed);
  const people = labelled.filter(isKnown);
  const notes = [
    ...passed.notes,
    ...leftOut(passed.people.length - labelled.length, 'phenotype'),
    ...leftOut(labelled.length - people.length, 'covariate'),
  ];
  if (people.length === 0)
    throw new Failure('data/empty', `none of ${passed.people.length} people has a phenotype and every covariate`, {
      place: file.path,
      remedy: 'Give tables that name the same people, or fewer covariates.',
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
  const columns = covariates && covariatesOf(covariates, people);
  return {
    alphabet: 'genotypes',
    length: passed.variants.length,
    features: variants.map(nameOf),
    places: variants.map(placeOf),
    ...(annotated && { genes: annotated.genes }),
    ...(columns && columns.names.length > 0 && { covariates: columns }),
    values,
    names: namesOf(file, people),
    labels: people.map(person => labels[person]),
    origins: people.map(index => ({ source: parameters.path.slice(0, 8), index })),
    notes,
  };
}

/** Identifiers, with families where they are not unique. @throws Failure `data/duplicate` */
function namesOf(file: PlinkFile, people: readonly number[]): string[] {
  const ids = people.map(person => file.people[person]!.id);
  if (new Set(ids).size === ids.length) return ids;
  const names = people.map(person => `${file.people[person]!.family} ${file.people[person]!.id}`);
  const seen = new Set<string>();
  const twice = names.find(name => seen.size === seen.add(name).size);
  if (twice === undefined) return names;
  throw new Failure('data/duplicate', `two people are "${twice}"`, {
    place: file.path,
    remedy: 'Give every person a FID and IID of their own.',
  });
}

function leftOut(count: number, what: 'phenotype' | 'covariate'): Note[] {
  if (count === 0) return [];
  const lacking = what === 'phenotype' ? 'have no phenotype' : 'lack a covariate';
  return [{ level: 'information', code: `data/no-${what}`, message: `${count} people ${lacking} and were left out.` }];
}

function missingNote({ missing, impossible, people, variants }: Control, policy: Parameters['missing']): Note {
  const share = ((100 * missing) / (people.length * variants.length)).toFixed(3);
  const became = policy === 'zeros' ? '0 counted alleles' : 'the mean of its variant';
  const wrong = impossible > 0 ? `, ${impossible} of them of males who are heterozygous on X` : '';
  return {
    level: 'information',
    code: 'data/missing',
    message: `${missing} genotypes (${share} %) are missing${wrong}; each became ${became}.`,
  };
}

/** The name of a chromosome as annotations have it; `chr` stays where it is written. */
const chromosomeName = (code: string): string =>
  `${/^chr/i.test(code) ? 'chr' : ''}${chromosomeOf(code)?.name ?? code}`;

const placeOf = ({ chromosome, position }: Variant): string => `${chromosomeName(chromosome)}:${position}`;

/** The base of a variant; which allele is the reference, and how long it is, a `.bim` file does not say. */
const stretchOf = ({ chromosome, position }: Variant): Place => ({
  chromosome: chromosomeName(chromosome),
  start: position - 1,
  end: position,
});

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
