/** Lints of data: what training has seen already, and what explained data lack that training data had. */
import type { Definition } from '../generated/ast.js';
import { definitionOf } from '../interpret/facts.js';
import { append, fix, replace, setArgument } from './fixes.js';
import type { Finding, Lint } from './lint.js';
import { argumentOf, valueOf } from './reading.js';
import type { Called, Lineage, Reading } from './reading.js';

const RESCALING = ['scale_to', 'log1p', 'standardise'];

export const missingTransform: Lint = {
  code: 'GA012',
  title: 'Explained data lack what training data went through',
  severity: 'warning',
  shows: ['text'],
  why: 'A network trained on standardised genotypes or logarithms reads raw ones as inputs far outside of anything it has seen. Predictions and explanations are then of another function. One published pipeline standardises for training and explains without.',
  citation: 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784 (published code)',
  fine: 'Where the file that is explained has been transformed already.',
  remedy: 'Give the explained data the same stages, with the numbers of the training data.',
  *check(reading) {
    const seen = new Set<Definition>();
    for (const { declared, target, data } of reading.explanations()) {
      const trained = trainingData(target, reading);
      if (trained === undefined || data === undefined || trained === data || seen.has(data)) continue;
      seen.add(data);
      const have = reading.lineage(data).stages.map(({ called }) => called.entry.name);
      const missing = reading
        .lineage(trained)
        .stages.filter(({ called: { entry } }) => RESCALING.includes(entry.name) && !have.includes(entry.name));
      if (missing.length === 0) continue;
      const stages = missing.map(({ called, definition }) => stageFor(called, definition));
      const edit = reading.isOwn(data) && stages.every(text => text !== undefined);
      const names = missing.map(({ called }) => `\`${called.entry.name}\``).join(', ');
      yield {
        node: declared.value.data ?? declared,
        message: `The network was trained on data that went through ${names}; \`${data.name}\` did not.`,
        ...(edit && {
          fixes: fix(`Put ${names} behind \`${data.name}\``, append(data.value, ` | ${stages.join(' | ')}`)),
        }),
      };
    }
  },
};

/** A stage as other data need it: with the numbers of the training data. Undefined where these have no name. */
function stageFor({ entry, node, values }: Called, definition: Definition): string | undefined {
  if (entry.name !== 'standardise' || values['by'] !== undefined) return node.$cstNode?.text;
  const { head, stages } = definition.value;
  const raw = stages[0] === node ? definitionOf(head, 'data') : undefined;
  return raw && `standardise(by: ${raw.name})`;
}

function trainingData(target: Definition, reading: Reading): Definition | undefined {
  return definitionOf(reading.ensembleOf(target)?.value.data, 'data');
}

export const leakedStatistics: Lint = {
  code: 'GA037',
  title: 'Statistics of the test part are used',
  severity: 'warning',
  shows: ['text'],
  why: 'Means and standard deviations that are taken before the split, or from the test part itself, carry its values into training, or give the parts different scales. The same holds for filters by allele frequency and for selections by association.',
  citation: 'Kapoor & Narayanan 2023, Patterns 4:100804; Reynolds & Pan 2025 (fit on the training part only)',
  fine: 'Where the split is by something else, outside of the document.',
  remedy: 'Split first, then `standardise(by: …)` the training part.',
  *check(reading) {
    const seen = new Set<Called>();
    for (const data of reading.declared('data')) {
      const lineage = reading.lineage(data);
      for (const [index, { called }] of lineage.stages.entries()) {
        if (called.entry.name !== 'standardise' || seen.has(called)) continue;
        const message = leak(called, index, lineage, reading);
        if (message === undefined) continue;
        seen.add(called);
        const train = rawTrainingPart(lineage, reading);
        const after = splitOf(lineage.stages.slice(0, index));
        const finding: Finding = {
          node: reading.isOwn(called.node) ? called.node : data,
          message,
          ...(train &&
            after &&
            reading.isOwn(called.node) && {
              fixes: fix(`Use the numbers of \`${train.name}\``, setArgument(called, 'by', train.name)),
            }),
        };
        yield finding;
      }
    }
  },
};

function leak(called: Called, index: number, lineage: Lineage, reading: Reading): string | undefined {
  const before = splitOf(lineage.stages.slice(0, index));
  const after = splitOf(lineage.stages.slice(index));
  const by = definitionOf(valueCall(called, 'by'), 'data');
  if (by === undefined) {
    if (after) return 'The mean and standard deviation are those of all examples, the test part among them.';
    const part = before && valueOf(before, 'part');
    return part === 'test' || part === 'validation'
      ? `The ${part} part is standardised by its own mean and standard deviation, not by those that the network knows.`
      : undefined;
  }
  const other = reading.lineage(by);
  if (other.origin !== lineage.origin || !(before ?? after)) return undefined;
  return splitOf(other.stages) ? undefined : `\`${by.name}\` holds all examples, the test part among them.`;
}

function valueCall(called: Called, parameter: string) {
  const value = argumentOf(called, parameter)?.value;
  return value?.$type === 'Call' ? value : undefined;
}

function splitOf(stages: Lineage['stages']): Called | undefined {
  return stages.findLast(({ called }) => called.entry.name === 'split')?.called;
}

/** The training part of the same data with nothing done to it, if it has a name here. */
function rawTrainingPart({ origin }: Lineage, reading: Reading): Definition | undefined {
  return reading.declared('data').find(other => {
    const lineage = reading.lineage(other);
    const split = splitOf(lineage.stages);
    const rescaled = lineage.stages.some(({ called }) => RESCALING.includes(called.entry.name));
    return lineage.origin === origin && split && valueOf(split, 'part') === 'train' && !rescaled;
  });
}

export const seenInTraining: Lint = {
  code: 'GA042',
  title: 'Predictions are judged on training data',
  severity: 'warning',
  shows: ['text'],
  why: 'A network that has learnt its training examples by heart predicts them perfectly, and explanations of them show what it has memorised.',
  citation: 'Kapoor & Narayanan 2023, Patterns 4:100804; Whalen et al. 2022, Nature Reviews Genetics 23:169',
  fine: 'Where the training error is the question.',
  remedy: 'Judge on the test part.',
  *check(reading) {
    for (const metric of reading.declared('metric')) {
      const called = reading.called(metric.value.head);
      if (called?.entry.name !== 'prediction_summary') continue;
      const data = definitionOf(metric.value.data, 'data');
      const target = definitionOf(metric.value.subjects[0], 'target');
      const trained = target && trainingData(target, reading);
      if (data === undefined || trained === undefined || !overlap(data, trained, reading)) continue;
      const test = testPartOf(trained, reading);
      yield {
        node: metric.value.data ?? metric,
        message: `\`${data.name}\` holds examples that the network was trained on.`,
        fixes: test ? fix(`Use \`${test.name}\``, replace(metric.value.data, test.name)) : [],
      };
    }
  },
};

/** Whether two data sets share examples, as far as the text shows: stages that cut out a stretch are taken to keep them apart. */
function overlap(a: Definition, b: Definition, reading: Reading): boolean {
  const [first, second] = [reading.lineage(a), reading.lineage(b)];
  if (first.origin !== second.origin) return false;
  if ([...first.stages, ...second.stages].some(({ called }) => called.entry.name === 'take')) return false;
  const [one, other] = [splitOf(first.stages), splitOf(second.stages)];
  return one === undefined || other === undefined || valueOf(one, 'part') === valueOf(other, 'part');
}

/** The part of the same data, cut by the same split, that was kept for testing, with the same scale. */
function testPartOf(trained: Definition, reading: Reading): Definition | undefined {
  const lineage = reading.lineage(trained);
  const split = splitOf(lineage.stages);
  const scale = rescalingOf(lineage);
  return reading.declared('data').find(other => {
    const found = reading.lineage(other);
    const kept = splitOf(found.stages);
    if (found.origin !== lineage.origin || split === undefined || kept === undefined) return false;
    return valueOf(kept, 'part') === 'test' && sameCut(split, kept) && rescalingOf(found) === scale;
  });
}

function rescalingOf({ stages }: Lineage): string {
  return stages
    .map(({ called }) => called.entry.name)
    .filter(name => RESCALING.includes(name))
    .join();
}

const CUT = ['validation', 'test', 'seed'];

function sameCut(a: Called, b: Called): boolean {
  return CUT.every(parameter => valueOf(a, parameter) === valueOf(b, parameter));
}

export const overlappingSplits: Lint = {
  code: 'GA043',
  title: 'Parts of different splits',
  severity: 'warning',
  shows: ['text'],
  why: 'The parts of one split have no example in common. A training part cut with one seed and a test part cut with another do: of a test part of 20 %, four fifths are in the training part of another cut with no validation.',
  citation: 'Kapoor & Narayanan 2023, Patterns 4:100804',
  fine: 'Where the two are never used together.',
  remedy: 'Use the same shares and seed for all parts.',
  *check(reading) {
    const first = new Map<Definition, Called>();
    const seen = new Set<Called>();
    for (const data of reading.declared('data')) {
      const { origin, stages } = reading.lineage(data);
      const split = splitOf(stages);
      if (split === undefined || seen.has(split)) continue;
      seen.add(split);
      const other = first.get(origin);
      if (other === undefined) first.set(origin, split);
      if (other === undefined || sameCut(other, split) || valueOf(other, 'part') === valueOf(split, 'part')) continue;
      if (!reading.isOwn(split.node)) continue;
      yield {
        node: split.node,
        message: `Another split of the same data has ${CUT.filter(parameter => valueOf(other, parameter) !== valueOf(split, parameter)).join(' and ')} of its own: the parts share examples.`,
        fixes: fix(
          'Cut in the same way',
          replace(split.node, sameSplit(other, argumentOf(split, 'part')?.value.$cstNode?.text ?? 'train')),
        ),
      };
    }
  },
};

function sameSplit(other: Called, part: string): string {
  const text = (parameter: string): string[] => {
    const given = argumentOf(other, parameter)?.value.$cstNode?.text;
    return given === undefined ? [] : [`${parameter}: ${given}`];
  };
  return `split(${[`part: ${part}`, ...CUT.flatMap(text)].join(', ')})`;
}

export const reusedDecoys: Lint = {
  code: 'GA021',
  title: 'Decoys of two parts from one permutation',
  severity: 'warning',
  shows: ['text'],
  why: 'Decoys are genotypes exchanged between people, so that they keep their linkage and lose the trait. Exchanged in the same way in the training and the test part, they can carry over what a network has memorised, and the estimate of false discoveries becomes too kind.',
  citation: 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784',
  fine: 'Where only one of the parts is explained.',
  remedy: 'Give each part a seed of its own.',
  *check(reading) {
    const calls = new Map<Called, unknown>();
    for (const data of reading.declared('data')) {
      const { stages } = reading.lineage(data);
      for (const { called } of stages) {
        if (called.entry.name !== 'with_decoys' || calls.has(called)) continue;
        const split = splitOf(stages);
        const part = split && valueOf(split, 'part');
        const seed = Number(called.values['seed']);
        const twin = [...calls].some(([other, otherPart]) => other.values['seed'] === seed && otherPart !== part);
        calls.set(called, part);
        if (!twin || !reading.isOwn(called.node)) continue;
        yield {
          node: called.node,
          message: 'Another part has decoys from the same permutation.',
          fixes: fix('Use another seed', setArgument(called, 'seed', `${seed + 1}`)),
        };
      }
    }
  },
};

export const reseededEffects: Lint = {
  code: 'GA024',
  title: 'Effects are drawn from one seed again and again',
  severity: 'info',
  shows: ['text'],
  why: 'The published code of the spike-ins seeds its generator anew for each variant: all dominant ones, all recessive ones and all pairs have one magnitude instead of a range. Its search for the strength of pairs fails for negative effects, which become four to five times too strong. `mode: faithful` repeats both.',
  citation: 'Reynolds & Pan 2025, PLoS Comput Biol 21(12):e1013784 (published code)',
  fine: 'Where the published numbers are reproduced.',
  remedy: 'Use `mode: fixed`.',
  *check(reading) {
    for (const called of reading.calls('stage', 'spike_in')) {
      if (valueOf(called, 'mode') !== 'faithful') continue;
      yield {
        node: argumentOf(called, 'mode') ?? called.node,
        message:
          '`faithful` repeats two slips of the published code: effects of one magnitude, negative pairs too strong.',
        fixes: fix('Draw every effect anew', setArgument(called, 'mode', 'fixed')),
      };
    }
  },
};
