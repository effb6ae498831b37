/**
 * The fewest changes of an example that bring the target to the other side of a threshold: greedy, as Martens & Provost
 * 2014, MIS Quarterly 38:73 remove words, then without the changes that are not needed, and exhaustively up to a size.
 */
import type { counterfactual as specification } from '../../../catalog/methods/global.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import type { Note } from '../../../protocol.js';
import { Failure } from '../../failure.js';
import { blockRowsFor, type Method, type MethodContext } from '../method.js';
import { fillReferences } from '../pairs.js';
import { Pass, type Passed } from '../passes.js';
import { referenceOf } from '../references/references.js';
import { changesByValue, changesFromReferences, type Change } from './changes.js';

/** Columns of the array `outcome`. */
export const OUTCOME_FIELDS = ['edits', 'flipped', 'proven', 'before', 'after'] as const;

/** Combinations of changes that are tried for one example. */
const MOST_COMBINATIONS = 2e6;
/** Examples whose changes are told in words. */
const TOLD = 5;

/** A changed example: what was changed, and the target there. */
interface Changed {
  readonly changes: readonly Change[];
  readonly f: number;
}

interface Found extends Changed {
  readonly flipped: boolean;
  /** Whether fewer changes, or if it did not flip as many as are allowed, are impossible. */
  readonly proven: boolean;
}

export const counterfactual: Method<typeof specification> = async (context, parameters) => {
  const { model, executor, examples, outputs, passed } = context;
  const { length, size } = model;
  const width = size / length;
  const changesOf = await changesFor(context, parameters.baseline);
  const most = length * changesOf.most;
  if (combinations(most, parameters.exact) > MOST_COMBINATIONS)
    throw new Failure(
      'method/cost',
      `\`exact: ${parameters.exact}\` would try ${combinations(most, parameters.exact).toExponential(1)} combinations of ${most} changes for each example`,
      { remedy: `Lower \`exact\`; up to ${MOST_COMBINATIONS.toExponential(0)} combinations are tried.` },
    );
  const forward = await Pass.forward(model, executor);

  return {
    produces: 'edit',
    unit: 'change of the input',
    arrays: [
      {
        name: 'outcome',
        type: 'float64',
        unit: 'by field',
        axes: [{ name: 'field', size: OUTCOME_FIELDS.length, labels: [...OUTCOME_FIELDS] }],
      },
    ],
    blockRows: blockRowsFor(most),
    async explain({ from, to, x }) {
      const map = new Float32Array(x.length);
      const outcome = new Float64Array((to - from) * OUTCOME_FIELDS.length);
      const told: string[] = [];
      const edits: number[] = [];
      for (let row = 0; row < to - from; row++) {
        const example = x.subarray(row * size, (row + 1) * size);
        const before = outputs[from + row]!;
        const changes = await changesOf.of(example, from + row);
        const search = new Search(forward, passed, example, changes, goalOf(parameters, before));
        const found = await search.run(before, parameters.edits, parameters.exact);
        for (const { feature, value } of found.changes)
          for (let i = 0; i < width; i++)
            map[row * size + feature * width + i] = value[i]! - example[feature * width + i]!;
        const { length: count } = found.changes;
        outcome.set([count, Number(found.flipped), Number(found.proven), before, found.f], row * OUTCOME_FIELDS.length);
        edits.push(found.flipped ? count : -1);
        if (row < TOLD) told.push(inWords(examples.names[from + row]!, before, found));
      }
      return { map, arrays: { outcome }, info: { told, edits } };
    },
    notes: infos => {
      const blocks = infos as unknown as { readonly told: string[]; readonly edits: number[] }[];
      return notesOf(
        blocks.flatMap(({ told }) => told).slice(0, TOLD),
        blocks.flatMap(({ edits }) => edits),
        parameters.edits,
      );
    },
    release: () => forward.release(),
  };
};

/** The changes that an example allows, and how many one feature has at most. */
interface ChangeMaker {
  readonly most: number;
  of(example: Float32Array, row: number): Promise<Change[]>;
}

async function changesFor(
  context: MethodContext,
  baseline: ParametersOf<typeof specification>['baseline'],
): Promise<ChangeMaker> {
  const { model, examples } = context;
  const { alphabet } = model.space;
  if (baseline === undefined && alphabet === 'expression')
    throw new Failure('method/baseline', 'expression can take any value, so it has to be said which', {
      remedy: 'Name a reference: counterfactual(baseline: samples(of: healthy, copies: 5, seed: 1)).',
    });
  if (baseline === undefined)
    return {
      most: alphabet === 'dna' ? 3 : 2,
      of: async example => changesByValue(example, alphabet, examples.features),
    };
  const reference = await referenceOf(baseline, context);
  return {
    most: reference.copies,
    async of(example, row) {
      const references = new Float32Array(reference.copies * model.size);
      await fillReferences(context, reference, row, row + 1, references);
      return changesFromReferences(example, references, model.length, examples.features);
    },
  };
}

/** Where the target is to go: `sign` · (f − threshold) grows on the way there. */
interface Goal {
  readonly sign: 1 | -1;
  readonly reached: (f: number) => boolean;
}

function goalOf({ flip, threshold }: ParametersOf<typeof specification>, before: number): Goal {
  const up = flip === 'other' ? !(before > threshold) : flip === 'above';
  return { sign: up ? 1 : -1, reached: f => f > threshold === up };
}

class Search {
  private readonly rowsAtOnce: number;

  constructor(
    private readonly forward: Pass,
    private readonly passed: Passed,
    private readonly example: Float32Array,
    private readonly changes: readonly Change[],
    private readonly goal: Goal,
  ) {
    this.rowsAtOnce = Math.max(1, Math.min(4096, Math.floor(2 ** 22 / example.length)));
  }

  async run(before: number, edits: number, exact: number): Promise<Found> {
    const { reached } = this.goal;
    if (reached(before)) return { changes: [], f: before, flipped: true, proven: true };
    let best = await this.withoutNeedless(await this.greedy(before, edits));
    let flipped = reached(best.f);
    const largest = Math.min(exact, flipped ? best.changes.length - 1 : edits);
    for (let size = 2; size <= largest; size++) {
      const found = await this.furthest(this.combinationsOf(size));
      if (found === undefined || !reached(found.f)) continue;
      best = found;
      flipped = true;
      break;
    }
    return { ...best, flipped, proven: flipped ? best.changes.length <= exact + 1 : edits <= exact };
  }

  /** The furthest that single steps reach, each the best by itself. */
  private async greedy(before: number, edits: number): Promise<Changed> {
    let last: Changed = { changes: [], f: before };
    let best = last;
    while (!this.goal.reached(last.f) && last.changes.length < edits) {
      const { changes } = last;
      const free = this.changes.filter(change => changes.every(({ feature }) => feature !== change.feature));
      const next = await this.furthest(free.map(change => [...changes, change]));
      if (next === undefined) break;
      last = next;
      if (this.closer(next.f, best.f)) best = next;
    }
    return best;
  }

  /** The same without changes that are not needed, the least needed first. */
  private async withoutNeedless(found: Changed): Promise<Changed> {
    let best = found;
    while (this.goal.reached(best.f) && best.changes.length > 1) {
      const { changes } = best;
      const fewer = await this.furthest(changes.map(left => changes.filter(change => change !== left)));
      if (fewer === undefined || !this.goal.reached(fewer.f)) break;
      best = fewer;
    }
    return best;
  }

  /** All combinations of so many changes of different features. */
  private *combinationsOf(size: number, from = 0): Generator<Change[]> {
    if (size === 0) {
      yield [];
      return;
    }
    for (let first = from; first <= this.changes.length - size; first++) {
      const change = this.changes[first]!;
      for (const rest of this.combinationsOf(size - 1, first + 1))
        if (rest.every(({ feature }) => feature !== change.feature)) yield [change, ...rest];
    }
  }

  /** Of several sets of changes the first that brings the target furthest. */
  private async furthest(sets: Iterable<readonly Change[]>): Promise<Changed | undefined> {
    const { example, rowsAtOnce } = this;
    let best: Changed | undefined;
    let waiting: (readonly Change[])[] = [];
    const evaluate = async (): Promise<void> => {
      const rows = new Float32Array(waiting.length * example.length);
      waiting.forEach((changes, i) => {
        rows.set(example, i * example.length);
        for (const { feature, value } of changes) rows.set(value, i * example.length + feature * value.length);
      });
      const outputs = await this.forward.run(rows, this.passed);
      waiting.forEach((changes, i) => {
        const f = outputs[i]!;
        if (best === undefined || this.closer(f, best.f)) best = { changes, f };
      });
      waiting = [];
    };
    for (const changes of sets) if (waiting.push(changes) === rowsAtOnce) await evaluate();
    if (waiting.length > 0) await evaluate();
    return best;
  }

  private closer(f: number, than: number): boolean {
    return this.goal.sign * (f - than) > 0;
  }
}

/** n choose k. */
function combinations(n: number, k: number): number {
  let product = 1;
  for (let i = 0; i < k; i++) product *= (n - i) / (i + 1);
  return product;
}

function inWords(name: string, before: number, { changes, f, flipped }: Found): string {
  const what = changes.length === 0 ? 'nothing to change' : changes.map(({ text }) => text).join(', ');
  return `${name}: ${what}; the target goes from ${before.toPrecision(3)} to ${f.toPrecision(3)}${flipped ? '' : ', not across'}.`;
}

function notesOf(told: readonly string[], edits: readonly number[], most: number): Note[] {
  const counts = new Map<number, number>();
  for (const count of edits) counts.set(count, (counts.get(count) ?? 0) + 1);
  const missed = counts.get(-1) ?? 0;
  counts.delete(-1);
  const flips = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([count, times]) => `${times} with ${count} ${count === 1 ? 'change' : 'changes'}`);
  const summary = [
    ...(flips.length > 0 ? [`Across the threshold: ${flips.join(', ')}.`] : []),
    ...(missed > 0 ? [`${missed} of ${edits.length} examples do not get there within ${most} changes.`] : []),
  ].join(' ');
  return [summary, ...told].map(message => ({ level: 'information', code: 'method/edits', message }));
}
