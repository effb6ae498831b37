/**
 * Anchors: the shortest conditions on an example under which the model keeps its answer almost whatever else is changed.
 * Ribeiro, Singh & Guestrin 2018, AAAI, algorithm 2; but a rule is accepted on draws of its own, made after it was chosen,
 * so that the bound of its precision holds however it was found.
 */
import type { anchors as specification } from '../../../catalog/methods/global.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import type { Note } from '../../../protocol.js';
import type { Origin } from '../../data/examples.js';
import { axesOf } from '../../data/input-space.js';
import { Failure } from '../../failure.js';
import { Stream } from '../../random/philox.js';
import { groupsOf } from '../groups.js';
import type { Method } from '../method.js';
import { fillReferences } from '../pairs.js';
import { Pass, type Passed } from '../passes.js';
import { referenceOf } from '../references/references.js';
import { judge, lowerBound, type Verdict } from './bernoulli.js';
import { bestArms } from './best-arms.js';
import { conditionsOf, type Condition } from './conditions.js';

type Parameters = ParametersOf<typeof specification>;

/** Columns of the array `outcome`. */
export const RULE_FIELDS = ['precision', 'bound', 'coverage', 'conditions', 'accepted'] as const;

/** Numbers of the inputs that are drawn before the model is asked: 16 MiB of float32. */
const NUMBERS_AT_ONCE = 2 ** 22;
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

interface Candidate {
  readonly conditions: readonly Condition[];
  /** Share of the background that meets all conditions. */
  readonly coverage: number;
}

type Rule = Candidate & Verdict;

/** The search for the rule of one example. */
class RuleSearch {
  private readonly random: Stream;
  private tried = 0;

  constructor(
    private readonly forward: Pass,
    private readonly passed: Passed,
    /** [copy, …shape] */
    private readonly background: Float32Array,
    private readonly copies: number,
    /** The example's answer: whether the target is above the threshold. */
    private readonly above: boolean,
    private readonly parameters: Parameters,
    origin: Origin,
  ) {
    this.random = new Stream(parameters.seed, 'anchors', origin);
  }

  async run(all: readonly Condition[]): Promise<Rule> {
    const { precision, beam: wanted, conditions: longest, tolerance, delta, budget } = this.parameters;
    const same = await this.answersOf(this.background);
    const share = same.reduce((sum, one) => sum + one, 0) / this.copies;
    // Without conditions the whole background is the distribution: its precision is known, not estimated.
    let best: Rule = { conditions: [], coverage: 1, share, bound: share, accepted: share >= precision };
    if (best.accepted) return best;
    const conditions = likeliest(all, same, this.parameters.candidates);
    let beam: readonly Candidate[] = [best];
    for (let size = 1; size <= longest; size++) {
      const grown = this.extensions(beam, conditions).filter(
        ({ coverage }) => !best.accepted || coverage > best.coverage,
      );
      if (grown.length === 0) break;
      const chosen = await bestArms({
        arms: grown.length,
        wanted,
        tolerance,
        delta,
        budget,
        draw: (arms, times) =>
          this.successes(
            arms.map(arm => grown[arm]!),
            times,
          ),
      });
      beam = chosen.map(arm => grown[arm]!);
      for (const candidate of [...beam].sort((a, b) => b.coverage - a.coverage)) {
        if (best.accepted && candidate.coverage <= best.coverage) break;
        const rule = await this.judge(candidate);
        if (rule.accepted || (!best.accepted && rule.bound > best.bound)) best = rule;
      }
    }
    return best;
  }

  /** Every rule of the beam with one more condition, each set of conditions once. */
  private extensions(beam: readonly Candidate[], conditions: readonly Condition[]): Candidate[] {
    const found = new Map<string, Candidate>();
    for (const rule of beam)
      for (const condition of conditions) {
        if (rule.conditions.includes(condition)) continue;
        const longer = conditions.filter(one => one === condition || rule.conditions.includes(one));
        const key = longer.map(({ members }) => members[0]!.feature).join();
        if (!found.has(key)) found.set(key, { conditions: longer, coverage: coverageOf(longer, this.copies) });
      }
    return [...found.values()];
  }

  /** Whether a rule is precise enough, by draws made for this question alone. */
  private async judge(candidate: Candidate): Promise<Rule> {
    const { precision, delta } = this.parameters;
    const number = ++this.tried;
    // δ is divided among all rules that are judged: Σ 1 / (v (v + 1)) = 1.
    const verdict = await judge(precision, delta / (number * (number + 1)), async times => {
      const [successes = 0] = await this.successes([candidate], times);
      return successes;
    });
    return { ...candidate, ...verdict };
  }

  /** Of so many inputs drawn under each rule, how many have the example's answer. */
  private async successes(rules: readonly Candidate[], times: number): Promise<number[]> {
    const { background, copies, random } = this;
    const size = background.length / copies;
    const rowsAtOnce = Math.max(1, Math.floor(NUMBERS_AT_ONCE / size));
    const counts = rules.map(() => 0);
    for (let from = 0; from < rules.length * times; from += rowsAtOnce) {
      const draws = Math.min(rowsAtOnce, rules.length * times - from);
      const rows = new Float32Array(draws * size);
      for (let draw = 0; draw < draws; draw++) {
        const copy = random.integer(copies);
        const row = rows.subarray(draw * size, (draw + 1) * size);
        row.set(background.subarray(copy * size, (copy + 1) * size));
        for (const { impose } of rules[Math.floor((from + draw) / times)]!.conditions) impose(row, copy, random);
      }
      (await this.answersOf(rows)).forEach((same, draw) => (counts[Math.floor((from + draw) / times)]! += same));
    }
    return counts;
  }

  /** 1 for each input with the example's answer. */
  private async answersOf(rows: Float32Array): Promise<Uint8Array> {
    const outputs = await this.forward.run(rows, this.passed);
    return Uint8Array.from(outputs, f => Number(f > this.parameters.threshold === this.above));
  }
}

/** The conditions that go with the answer most surely in the background as it is; in the order of their features. */
function likeliest(conditions: readonly Condition[], same: Uint8Array, count: number): readonly Condition[] {
  if (conditions.length <= count) return conditions;
  const promise = conditions.map(({ met }) => {
    let both = 0;
    let all = 0;
    met.forEach((one, copy) => {
      all += one;
      both += one & same[copy]!;
    });
    return all === 0 ? 0 : lowerBound(both / all, Math.log(20) / all);
  });
  return [...conditions.keys()]
    .sort((a, b) => promise[b]! - promise[a]! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b)
    .map(index => conditions[index]!);
}

function coverageOf(conditions: readonly Condition[], copies: number): number {
  let count = 0;
  for (let copy = 0; copy < copies; copy++) if (conditions.every(({ met }) => met[copy] === 1)) count++;
  return count / copies;
}

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
