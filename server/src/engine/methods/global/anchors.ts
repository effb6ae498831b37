/**
 * Anchors: the shortest conditions on an example under which the model keeps its answer almost whatever else is changed.
 * Ribeiro, Singh & Guestrin 2018, AAAI, algorithm 2; but a rule is accepted on draws of its own, made after it was chosen,
 * so that the bound of its precision holds however it was found.
 */
import type { anchors as specification } from '../../../catalog/methods/global.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import type { Note } from '../../../protocol.js';
import { axesOf } from '../../data/input-space.js';
import { Failure } from '../../failure.js';
import { groupsOf } from '../groups.js';
import type { Method } from '../method.js';
import { fillReferences } from '../pairs.js';
import { Pass } from '../passes.js';
import { referenceOf } from '../references/references.js';
import { conditionsOf } from './conditions.js';
import { RuleSearch, type Rule } from './rule-search.js';

type Parameters = ParametersOf<typeof specification>;

/** Columns of the array `outcome`. */
export const RULE_FIELDS = ['precision', 'bound', 'coverage', 'conditions', 'accepted'] as const;

/** Examples whose rules are told in words. */
const TOLD = 5;

export const anchors: Method<typeof specification> = async (context, parameters) => {
  const { model, executor, examples, outputs, passed, files } = context;
  const { space, length, size } = model;
  const reference = await referenceOf(parameters.background, context);
  const { copies } = reference;
  if (copies < 2)
    throw new Failure('method/background', `${parameters.background.call} gives one input, which is no distribution`, {
      remedy: 'Use samples(copies: 1000, …) or dinucleotide_shuffle(copies: 1000, …).',
    });
  const groups = await groupsOf(parameters, examples, files);
  const forward = await Pass.forward(model, executor);
  const features = axesOf(space).slice(0, 1);
  const binned = space.alphabet === 'expression';

  const ruleOf = async (example: Float32Array, row: number): Promise<Rule> => {
    const background = new Float32Array(copies * size);
    await fillReferences(context, reference, row, row + 1, background);
    const above = outputs[row]! > parameters.threshold;
    const conditions = conditionsOf(example, background, space, parameters.bins, groups, examples.features);
    const search = new RuleSearch(forward, passed, background, copies, above, parameters, examples.origins[row]!);
    return search.run(conditions);
  };

  return {
    produces: 'rule',
    axes: features,
    unit: 'in rule',
    arrays: [
      {
        name: 'outcome',
        type: 'float64',
        unit: 'by field',
        axes: [{ name: 'field', size: RULE_FIELDS.length, labels: [...RULE_FIELDS] }],
      },
      ...(binned
        ? (['low', 'high'] as const).map(name => ({
            name,
            type: 'float32' as const,
            unit: 'expression',
            axes: features,
          }))
        : []),
    ],
    blockRows: 1,
    async explain({ from, x }) {
      const map = new Float32Array(length);
      const [low, high] = [new Float32Array(length).fill(NaN), new Float32Array(length).fill(NaN)];
      const rule = await ruleOf(x, from);
      for (const member of rule.conditions.flatMap(({ members }) => members)) {
        map[member.feature] = 1;
        low[member.feature] = member.low ?? NaN;
        high[member.feature] = member.high ?? NaN;
      }
      const { share, bound, coverage, accepted } = rule;
      const outcome = Float64Array.of(share, bound, coverage, rule.conditions.length, Number(accepted));
      return {
        map,
        arrays: { outcome, ...(binned && { low, high }) },
        info: {
          accepted,
          told: inWords(examples.names[from]!, outputs[from]! > parameters.threshold, parameters, rule),
        },
      };
    },
    notes: infos => [
      ...groups.notes,
      ...notesOf(infos as unknown as { readonly accepted: boolean; readonly told: string }[], parameters),
    ],
    release: () => forward.release(),
  };
};

function inWords(name: string, above: boolean, { threshold }: Parameters, rule: Rule): string {
  const conditions = rule.conditions.map(({ text }) => text).join(' and ') || 'whatever the input';
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return (
    `${name}: the target is ${above ? 'above' : 'not above'} ${threshold} ${rule.conditions.length > 0 ? 'where ' : ''}${conditions} ` +
    `(precision ${percent(rule.share)}, at least ${percent(rule.bound)}; coverage ${percent(rule.coverage)}).`
  );
}

function notesOf(
  rules: readonly { readonly accepted: boolean; readonly told: string }[],
  { precision, conditions }: Parameters,
): Note[] {
  const missed = rules.filter(({ accepted }) => !accepted).length;
  const told = rules
    .slice(0, TOLD)
    .map(({ told: message }): Note => ({ level: 'information', code: 'method/rules', message }));
  if (missed === 0) return told;
  return [
    {
      level: 'warning',
      code: 'method/no-rule',
      message: `${missed} of ${rules.length} examples have no rule of at most ${conditions} conditions with a precision of ${precision * 100} %; the best one found is shown.`,
    },
    ...told,
  ];
}
