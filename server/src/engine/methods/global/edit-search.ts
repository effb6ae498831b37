/** The search for the fewest changes of one example: greedy, without what is needless, and exhaustive up to a size. */
import type { Pass, Passed } from '../passes.js';
import type { Change } from './changes.js';

/** A changed example: what was changed, and the target there. */
interface Changed {
  readonly changes: readonly Change[];
  readonly f: number;
}

export interface Found extends Changed {
  readonly flipped: boolean;
  /** Whether fewer changes, or if it did not flip as many as are allowed, are impossible. */
  readonly proven: boolean;
}

/** Where the target is to go: `sign` · (f − threshold) grows on the way there. */
export interface Goal {
  readonly sign: 1 | -1;
  readonly reached: (f: number) => boolean;
}

export class EditSearch {
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
