/**
 * The search for the rule of one example: Ribeiro, Singh & Guestrin 2018, AAAI, algorithm 2, with rules judged by draws of
 * their own.
 */
import type { anchors } from '../../../catalog/methods/global.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import type { Origin } from '../../data/examples.js';
import { Stream } from '../../random/philox.js';
import type { Pass, Passed } from '../passes.js';
import { judge, lowerBound, type Verdict } from './bernoulli.js';
import { bestArms } from './best-arms.js';
import type { Condition } from './conditions.js';

type Parameters = ParametersOf<typeof anchors>;

/** Numbers of the inputs that are drawn before the model is asked: 16 MiB of float32. */
const NUMBERS_AT_ONCE = 2 ** 22;
interface Candidate {
  readonly conditions: readonly Condition[];
  /** Share of the background that meets all conditions. */
  readonly coverage: number;
}

export type Rule = Candidate & Verdict;

export class RuleSearch {
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
