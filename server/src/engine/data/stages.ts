/** Stages of a data pipeline: examples in, examples out. Choices at random depend on each example's origin alone. */
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/stages.js';
import type { Call, Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { Stream } from '../random/philox.js';
import { COHORT_STAGES } from '../simulate/cohort-stages.js';
import type { Covariates, Examples, FeatureTruth, Rows, Sequences } from './examples.js';
import { EXPRESSION_STAGES } from './expression-stages.js';
import { shuffleSequences } from './shuffle-sequences.js';
import { requireSameForm, type Stage, type StageInputs } from './stage.js';

/** The examples of the given indices, in that order. */
export function select<E extends Examples>(examples: E, indices: readonly number[]): E {
  const { length } = examples;
  const pick = <A extends Uint8Array | Float32Array | Float64Array>(from: A, into: A, size = length): A => {
    indices.forEach((index, row) => into.set(from.subarray(index * size, (index + 1) * size), row * size));
    return into;
  };
  const pickCovariates = ({ names, values }: Covariates): Covariates => ({
    names,
    values: pick(values, new Float64Array(indices.length * names.length), names.length),
  });
  const total = indices.length * length;
  const rows =
    examples.alphabet === 'dna'
      ? {
          letters: pick(examples.letters, new Uint8Array(total)),
          ...(examples.alternatives && { alternatives: pick(examples.alternatives, new Uint8Array(total)) }),
          ...(examples.genes && { genes: indices.map(index => examples.genes![index]!) }),
          ...(examples.truth && { truth: pick(examples.truth, new Float32Array(total)) }),
          ...(examples.distribution && {
            distribution: pick(examples.distribution, new Float32Array(4 * total), 4 * length),
          }),
        }
      : {
          values: pick(examples.values, new Float32Array(total)),
          ...(examples.covariates && { covariates: pickCovariates(examples.covariates) }),
        };
  return {
    ...examples,
    ...rows,
    names: indices.map(index => examples.names[index]!),
    labels: indices.map(index => examples.labels[index]),
    origins: indices.map(index => examples.origins[index]!),
  };
}

/**
 * All indices in random order. Each example draws its own rank, so that the order among some examples stays the same
 * whatever others there are.
 */
function randomOrder(examples: Examples, seed: number, purpose: string): number[] {
  const ranks = Float64Array.from(examples.origins, origin => new Stream(seed, purpose, origin).uniform());
  return examples.names.map((_, index) => index).sort((a, b) => ranks[a]! - ranks[b]! || a - b);
}

function inFileOrder(indices: readonly number[]): number[] {
  return [...indices].sort((a, b) => a - b);
}

function tooFew(asked: string, count: number): Failure {
  return new Failure('data/too-few', `${asked} asked for, but there are ${count}`, {
    remedy: `Ask for at most ${count}.`,
  });
}

const sample: Stage<ParametersOf<typeof specifications.sample>> = ({ size, seed }, examples) => {
  const count = examples.names.length;
  if (size > count) throw tooFew(`\`sample\`: ${size} examples are`, count);
  return select(examples, inFileOrder(randomOrder(examples, seed, 'sample').slice(0, size)));
};

const take: Stage<ParametersOf<typeof specifications.take>> = ({ size, from }, examples) => {
  const count = examples.names.length;
  if (from + size > count) throw tooFew(`\`take\`: examples ${from} to ${from + size - 1}, counted from 0, are`, count);
  return select(
    examples,
    Array.from({ length: size }, (_, offset) => from + offset),
  );
};

/** Labels of another meaning: effects of features on the old ones no longer hold; what was planted into sequences is still there. */
function relabelled(examples: Examples, labels: Examples['labels']): Examples {
  if (examples.alphabet === 'dna') return { ...examples, labels };
  const { truth: _truth, ...rest } = examples;
  return { ...rest, labels };
}

/** The number of another source stands for another class: names of classes do not go with it. */
const label: Stage<ParametersOf<typeof specifications.label>> = (parameters, examples) =>
  withoutClasses(
    relabelled(
      examples,
      examples.names.map(() => parameters.class),
    ),
  );

const permute_labels: Stage<ParametersOf<typeof specifications.permute_labels>> = ({ seed }, examples) =>
  relabelled(
    examples,
    randomOrder(examples, seed, 'permute_labels').map(index => examples.labels[index]),
  );

const only_class: Stage<ParametersOf<typeof specifications.only_class>> = (parameters, examples) => {
  const kept = examples.labels.flatMap((own, index) => (own === parameters.class ? [index] : []));
  if (kept.length > 0) return select(examples, kept);
  throw noneOf(parameters.class, 'only_class', examples);
};

function noneOf(label: number, stage: string, { names, labels }: Examples): Failure {
  const classes = [...new Set(labels)].map(own => own ?? 'none');
  return new Failure('data/empty', `\`${stage}\`: none of ${names.length} examples has label ${label}`, {
    remedy: `The labels are: ${classes.slice(0, 10).join(', ')}.`,
  });
}

const one_against_rest: Stage<ParametersOf<typeof specifications.one_against_rest>> = (parameters, examples) => {
  if (!examples.labels.includes(parameters.class)) throw noneOf(parameters.class, 'one_against_rest', examples);
  const one = examples.classes?.[parameters.class];
  const labels = examples.labels.map(own => (own === undefined ? undefined : Number(own === parameters.class)));
  // What tells one of two classes from the other still does; of more, the truth tells each from all others.
  const ofTwo = new Set(examples.labels.filter(own => own !== undefined)).size <= 2;
  return {
    ...withoutClasses(ofTwo ? { ...examples, labels } : relabelled(examples, labels)),
    ...(one !== undefined && { classes: ['rest', one] }),
  };
};

const concat: Stage<ParametersOf<typeof specifications.concat>> = async ({ data }, examples, inputs) => {
  const parts = [examples, ...(await Promise.all(data.map(key => inputs.data(key))))];
  parts.forEach((part, index) => requireSameForm(part, examples, `\`concat\`: data set ${index} of those appended`));
  const together = {
    names: parts.flatMap(part => part.names),
    labels: parts.flatMap(part => part.labels),
    origins: parts.flatMap(part => part.origins),
    notes: parts.flatMap(part => part.notes),
  };
  const agreed = parts.every(part => part.classes?.join('\n') === examples.classes?.join('\n'));
  if (new Set(parts.flatMap(part => part.classes?.join('\n') ?? [])).size > 1) together.notes.push(OTHER_CLASSES);
  const total = together.names.length * examples.length;
  if (examples.alphabet !== 'dna') {
    const values = new Float32Array(total);
    const rows = parts.filter(isRows);
    joinInto(values, rows, part => part.values);
    const { truth, covariates: _covariates, ...others } = examples;
    const rest = agreed ? others : withoutClasses(others);
    const agree = rows.every(part => sameTruth(part.truth, truth));
    if (!agree) together.notes.push(truthDropped('do not know the same of their features'));
    const covariates = joinedCovariates(rows, together.notes);
    return { ...rest, ...together, values, ...(covariates && { covariates }), ...(agree && truth && { truth }) };
  }
  const sequences = parts.filter(isSequences);
  const {
    truth: _truth,
    distribution: _distribution,
    alternatives: _alternatives,
    genes: _genes,
    ...others
  } = examples;
  const rest = agreed ? others : withoutClasses(others);
  const letters = new Uint8Array(total);
  joinInto(letters, sequences, part => part.letters);
  const genes = sequences.flatMap(part => part.genes ?? part.names.map(() => ''));
  const whole = { ...rest, ...together, letters, ...(sequences.some(part => part.genes) && { genes }) };
  if (sequences.every(part => part.alternatives)) {
    const alternatives = new Uint8Array(total);
    joinInto(alternatives, sequences, part => part.alternatives!);
    return { ...whole, alternatives };
  }
  // Without truth for some examples there is none for the whole: zeros would claim that nothing is planted there.
  if (sequences.every(part => part.truth)) {
    const truth = new Float32Array(total);
    joinInto(truth, sequences, part => part.truth!);
    if (!sequences.every(part => part.distribution)) return { ...whole, truth };
    const distribution = new Float32Array(4 * total);
    joinInto(distribution, sequences, part => part.distribution!);
    return { ...whole, truth, distribution };
  }
  if (sequences.some(part => part.truth)) together.notes.push(truthDropped('have no planted truth'));
  return whole;
};

const OTHER_CLASSES: Note = {
  level: 'warning',
  code: 'data/classes',
  message:
    '`concat`: the data sets call their classes by other names or numbers, so one label may stand for several classes; the whole has no names of classes.',
};

/** The same number may stand for several classes. */
function withoutClasses<Held extends Pick<Examples, 'classes'>>(held: Held): Held {
  const { classes: _classes, ...rest } = held;
  return rest as Held; // `classes` is optional
}

/** The covariates of all, where all have the same ones; a note where some have others. */
function joinedCovariates(parts: readonly Rows[], notes: Note[]): Covariates | undefined {
  const known = parts.flatMap(({ covariates }) => (covariates ? [covariates] : []));
  const [first] = known;
  if (first === undefined) return undefined;
  if (known.length === parts.length && known.every(({ names }) => names.join('\n') === first.names.join('\n'))) {
    const values = new Float64Array(known.reduce((sum, part) => sum + part.values.length, 0));
    joinInto(values, known, part => part.values);
    return { names: first.names, values };
  }
  notes.push({
    level: 'warning',
    code: 'data/covariates',
    message: '`concat`: not all data sets have the same covariates, so the whole has none.',
  });
  return undefined;
}

const truthDropped = (reason: string): Note => ({
  level: 'warning',
  code: 'data/truth-dropped',
  message: `Some of the joined data sets ${reason}, so the whole has none.`,
});

function sameTruth(a: FeatureTruth | undefined, b: FeatureTruth | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.columns.join() === b.columns.join() && a.values.every((value, at) => Object.is(value, b.values[at]));
}

const isRows = (examples: Examples): examples is Rows => examples.alphabet !== 'dna';
const isSequences = (examples: Examples): examples is Sequences => examples.alphabet === 'dna';

function joinInto<P, A extends Uint8Array | Float32Array | Float64Array>(
  whole: A,
  parts: readonly P[],
  array: (part: P) => A,
): void {
  let at = 0;
  for (const part of parts) {
    whole.set(array(part), at);
    at += array(part).length;
  }
}

const split: Stage<ParametersOf<typeof specifications.split>> = ({ part, validation, test, seed }, examples) => {
  if (validation + test > 1) {
    throw new Failure(
      'data/split',
      `validation and test take ${((validation + test) * 100).toFixed(1)} % of the examples`,
      {
        remedy: 'Choose shares that sum to at most 100 %.',
      },
    );
  }
  const count = examples.names.length;
  const order = randomOrder(examples, seed, 'split');
  const firstTest = Math.round(count * validation);
  const firstTrain = Math.round(count * (validation + test));
  const bounds = { validation: [0, firstTest], test: [firstTest, firstTrain], train: [firstTrain, count] };
  const kept = order.slice(...bounds[part]);
  if (kept.length === 0) {
    throw new Failure('data/empty', `\`split\`: the ${part} part of ${count} examples is empty`, {
      remedy: 'Use more examples or another share.',
    });
  }
  return select(examples, inFileOrder(kept));
};

/**
 * The examples that a condition on their label holds for; a note says how many others there were.
 *
 * @param expected the labels that are allowed, in words
 * @throws Failure for a label that is not allowed, or when nothing is left
 */
function keepCorrect(
  examples: Examples,
  isRight: (label: number, index: number) => boolean | undefined,
  expected: string,
): Examples {
  const kept = examples.names.flatMap((name, index) => {
    const known = examples.labels[index];
    const right = known === undefined ? undefined : isRight(known, index);
    if (right === undefined) {
      throw new Failure(
        'data/label',
        `\`only_correct\`: the example has ${known === undefined ? 'no label' : `the label ${known}`}, expected ${expected}`,
        { place: `example "${name}"`, remedy: 'Give labels with the source (`label: 1`) or with the stage `label`.' },
      );
    }
    return right ? [index] : [];
  });
  if (kept.length === 0) {
    throw new Failure(
      'data/empty',
      `\`only_correct\`: none of ${examples.names.length} examples is classified correctly`,
      {
        remedy: 'Check that labels and target mean the same class, and the threshold.',
      },
    );
  }
  const lost = examples.names.length - kept.length;
  const notes = [...examples.notes];
  if (lost > 0) {
    notes.push({
      level: 'information',
      code: 'data/misclassified',
      message: `${lost} of ${examples.names.length} examples were classified wrongly and left out.`,
    });
  }
  return { ...select(examples, kept), notes };
}

/**
 * The examples on the right side of the threshold: label 1 above it, label 0 at most at it; what is no number is on neither.
 *
 * @param outputs value of the target, [example]
 * @throws Failure for a label other than 0 and 1, or when nothing is left
 */
export function onlyCorrect(examples: Examples, outputs: ArrayLike<number>, threshold: number): Examples {
  return keepCorrect(
    examples,
    (label, index) => {
      const output = outputs[index]!;
      if (label === 1) return output > threshold;
      return label === 0 ? output <= threshold : undefined;
    },
    '0 or 1',
  );
}

const only_correct: Stage<ParametersOf<typeof specifications.only_correct>> = async (parameters, examples, inputs) => {
  const { target, threshold } = parameters;
  const classes = await inputs.classes(target, examples);
  if (classes !== undefined) return keepCorrect(examples, (label, index) => label === classes[index], 'a class');
  return onlyCorrect(examples, await inputs.outputs(target, examples), threshold);
};

/** One implementation per stage of the catalog. */
export const STAGES: {
  readonly [Name in keyof typeof specifications]: Stage<ParametersOf<(typeof specifications)[Name]>>;
} = {
  sample,
  take,
  shuffle_sequences: shuffleSequences,
  label,
  permute_labels,
  only_class,
  one_against_rest,
  concat,
  split,
  only_correct,
  ...EXPRESSION_STAGES,
  ...COHORT_STAGES,
};

/**
 * Applies one stage.
 *
 * @param call a stage of the catalog with all its parameters
 * @throws Failure
 */
export async function applyStage(call: Call, examples: Examples, inputs: StageInputs): Promise<Examples> {
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const stage = STAGES[call.call as keyof typeof STAGES] as Stage<unknown> | undefined;
  if (!stage) throw new Failure('data/unknown-stage', `"${call.call}" is no stage of data`);
  return stage(call.parameters, examples, inputs);
}
