/**
 * A falling rule list of a data set: "if … the risk is 80 %, else if … 60 %, otherwise 20 %", of measured labels or of what a
 * network makes of the examples. Wang & Rudin 2015, AISTATS, arXiv 1411.5899. Rules and their order are found on one part of
 * the examples, risks and intervals come from the other, so that they hold however the list was found.
 */
import type { rule_list as specification } from '../../../catalog/methods/global.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import type { Note } from '../../../protocol.js';
import type { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { wilson } from '../../metrics/bounds.js';
import { Stream } from '../../random/philox.js';
import type { Method, MethodContext } from '../method.js';
import { captures, fallingList, falls, type Captured } from './falling-list.js';
import { featureConditions, minedRules, type MinedRule } from './mined-rules.js';
import { both, rowSet, sizeOf, without, type RowSet } from './row-sets.js';
import { wholeData } from './whole-data.js';

type Parameters = ParametersOf<typeof specification>;

/** Columns of the array: risk among held-out examples with its 95 % interval, how many come to the rule, and the risk where it was found. */
export const RULE_LIST_FIELDS = ['risk', 'low', 'high', 'examples', 'share', 'searched'] as const;

interface Parts {
  readonly answers: RowSet;
  readonly searched: RowSet;
  readonly held: RowSet;
}

export const ruleList: Method<typeof specification> = async (context, parameters) => {
  const { examples, model, passed } = context;
  const { count, origins, features } = examples;
  const answers = answersOf(context, parameters);
  const held = rowSet(
    count,
    row => new Stream(parameters.seed, 'rule list held out', origins[row]).uniform() < parameters.held_out,
  );
  const parts: Parts = {
    answers,
    held,
    searched: without(
      rowSet(count, () => true),
      held,
    ),
  };
  requireBothAnswers(parts, parameters);
  const conditions = featureConditions(await wholeData(examples), count, model.space, parameters.bins, features);
  const { list, mined } = await search(conditions, parts, parameters, passed);
  const found = captures(list, both(answers, parts.searched), sizeOf(parts.searched));
  const tested = captures(
    list.map(({ conditions: all }) => ({ met: all.reduce((set, { met }) => both(set, met), held) })),
    both(answers, held),
    sizeOf(held),
  );
  const names = list.map(({ conditions: all }) => all.map(({ text }) => text).join(' and '));
  return {
    produces: 'rule',
    axes: [{ name: 'field', size: RULE_LIST_FIELDS.length, labels: [...RULE_LIST_FIELDS] }],
    unit: 'by field',
    rows: { axis: 'rule', names: [...names, names.length > 0 ? 'otherwise' : 'always'] },
    arrays: [],
    blockRows: 1,
    explain: () =>
      Promise.resolve({ map: Float32Array.from(tested.flatMap((part, i) => fieldsOf(part, found[i]!, sizeOf(held)))) }),
    notes: () => notesOf(tested, mined, parts, parameters),
    release: () => Promise.resolve(),
  };
};

/** The examples with a positive answer. */
function answersOf({ examples, outputs }: MethodContext, { of, threshold }: Parameters): RowSet {
  const { count } = examples;
  if (of === 'predictions') return rowSet(count, row => outputs[row]! > threshold);
  const labels = labelsOf(examples);
  return rowSet(count, row => labels[row]! > threshold);
}

function labelsOf({ labels, names }: StoredExamples): readonly number[] {
  return labels.map((label, row) => {
    if (label !== undefined) return label;
    throw new Failure('method/labels', '`rule_list(of: labels)` needs a label for every example', {
      place: `example "${names[row]}"`,
      remedy: 'Give labels with the data, or use `of: predictions`, which needs none.',
    });
  });
}

function requireBothAnswers({ answers, searched, held }: Parts, { of, threshold }: Parameters): void {
  const [positives, count] = [sizeOf(both(answers, searched)), sizeOf(searched)];
  if (positives > 0 && positives < count && sizeOf(held) > 0) return;
  throw new Failure(
    'method/answers',
    `of ${count} examples to search and ${sizeOf(held)} to test, ${positives} of the former have ${of} above ${threshold}: there is nothing to tell apart`,
    { remedy: 'Choose a threshold between the values, or explain more examples.' },
  );
}

async function search(
  conditions: ReturnType<typeof featureConditions>,
  { answers: all, searched }: Parts,
  { support, conditions: longest, candidates, rules: most, price, steps, seed }: Parameters,
  passed: MethodContext['passed'],
): Promise<{ readonly list: readonly MinedRule[]; readonly mined: number }> {
  const [answers, count] = [both(all, searched), sizeOf(searched)];
  const fewest = Math.max(1, Math.ceil(support * count));
  const rules = await minedRules(
    conditions,
    { among: searched, answers, support: fewest, longest, candidates },
    passed,
  );
  const problem = {
    rules,
    answers,
    count,
    support: fewest,
    longest: most,
    // The length of a description: which of the rules, and its share to the precision that the examples give.
    price: price === 'auto' ? Math.log(rules.length || 1) + Math.log(count) / 2 : price,
  };
  const found = await fallingList(problem, steps, seed, passed);
  return { list: found.map(rule => rules[rule]!), mined: rules.length };
}

function fieldsOf({ positives, count }: Captured, found: Captured, all: number): number[] {
  const bound = wilson(positives, count);
  const [low, high] = count > 0 ? [bound(0.025), bound(0.975)] : [NaN, NaN];
  return [positives / count, low, high, count, count / all, found.positives / found.count];
}

function notesOf(tested: readonly Captured[], mined: number, { searched, held }: Parts, { of, threshold }: Parameters) {
  const rules = tested.length - 1;
  const notes: Note[] = [
    {
      level: 'information',
      code: 'method/rules',
      message:
        `${rules === 0 ? 'No rule' : `A list of ${rules}`} of the ${mined} rules mined in ${sizeOf(searched)} examples is worth its price; ` +
        `the risk is that of ${of} above ${threshold} in ${sizeOf(held)} others.`,
    },
  ];
  if (!falls(tested))
    notes.push({
      level: 'information',
      code: 'method/rising',
      message:
        'Among the examples that the list was not made from, some rule has a higher risk than the one before it: their order is not certain.',
    });
  return notes;
}
