/** Stages of a data pipeline: examples in, examples out. Choices at random depend on each example's origin alone. */
import type { ParametersOf, PlainTarget } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/stages.js';
import type { Call } from '../../protocol.js';
import { Failure } from '../failure.js';
import { Stream } from '../random/philox.js';
import type { Examples } from './examples.js';

/** What a stage may ask for beyond its own examples. */
export interface StageInputs {
  /** The finished data set of that key. */
  data(key: string): Promise<Examples>;
  /** The value of a target at each example. */
  outputs(target: PlainTarget, examples: Examples): Promise<ArrayLike<number>>;
}

type Stage<Parameters> = (
  parameters: Parameters,
  examples: Examples,
  inputs: StageInputs,
) => Examples | Promise<Examples>;

/** The examples of the given indices, in that order. */
export function select(examples: Examples, indices: readonly number[]): Examples {
  const { length } = examples;
  const letters = new Uint8Array(indices.length * length);
  const truth = examples.truth && new Float32Array(indices.length * length);
  indices.forEach((index, row) => {
    letters.set(examples.letters.subarray(index * length, (index + 1) * length), row * length);
    truth?.set(examples.truth!.subarray(index * length, (index + 1) * length), row * length);
  });
  return {
    length,
    letters,
    names: indices.map(index => examples.names[index]!),
    labels: indices.map(index => examples.labels[index]),
    origins: indices.map(index => examples.origins[index]!),
    ...(truth && { truth }),
    notes: examples.notes,
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

const label: Stage<ParametersOf<typeof specifications.label>> = (parameters, examples) => ({
  ...examples,
  labels: examples.names.map(() => parameters.class),
});

const concat: Stage<ParametersOf<typeof specifications.concat>> = async ({ data }, examples, inputs) => {
  const parts = [examples, ...(await Promise.all(data.map(key => inputs.data(key))))];
  const { length } = examples;
  parts.forEach((part, index) => {
    if (part.length !== length) {
      throw new Failure(
        'data/unequal-lengths',
        `\`concat\`: the sequences of data set ${index} of those appended are ${part.length} bp long, those before it ${length} bp`,
        { remedy: 'Append data of the same length.' },
      );
    }
  });
  const total = parts.reduce((sum, part) => sum + part.names.length, 0);
  const letters = new Uint8Array(total * length);
  // Without truth for some examples there is none for the whole: zeros would claim that nothing is planted there.
  const truth = parts.every(part => part.truth) ? new Float32Array(total * length) : undefined;
  let row = 0;
  for (const part of parts) {
    letters.set(part.letters, row * length);
    if (truth) truth.set(part.truth!, row * length);
    row += part.names.length;
  }
  const notes = parts.flatMap(part => part.notes);
  if (!truth && parts.some(part => part.truth)) {
    notes.push({
      level: 'warning',
      code: 'data/truth-dropped',
      message: 'Some of the joined data sets have no planted truth, so the whole has none.',
    });
  }
  return {
    length,
    letters,
    names: parts.flatMap(part => part.names),
    labels: parts.flatMap(part => part.labels),
    origins: parts.flatMap(part => part.origins),
    ...(truth && { truth }),
    notes,
  };
};

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
 * The examples on the right side of the threshold: label 1 above it, label 0 at most at it.
 *
 * @param outputs value of the target, [example]
 * @throws Failure for a label other than 0 and 1, or when nothing is left
 */
export function onlyCorrect(examples: Examples, outputs: ArrayLike<number>, threshold: number): Examples {
  const kept = examples.names.flatMap((name, index) => {
    const known = examples.labels[index];
    if (known !== 0 && known !== 1) {
      throw new Failure(
        'data/label',
        `\`only_correct\`: the example has ${known === undefined ? 'no label' : `the label ${known}`}, expected 0 or 1`,
        { place: `example "${name}"`, remedy: 'Give labels with the source (`label: 1`) or with the stage `label`.' },
      );
    }
    return outputs[index]! > threshold === (known === 1) ? [index] : [];
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

const only_correct: Stage<ParametersOf<typeof specifications.only_correct>> = async (parameters, examples, inputs) =>
  onlyCorrect(examples, await inputs.outputs(parameters.target, examples), parameters.threshold);

/** One implementation per stage of the catalog. */
export const STAGES: {
  readonly [Name in keyof typeof specifications]: Stage<ParametersOf<(typeof specifications)[Name]>>;
} = { sample, take, label, concat, split, only_correct };

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
