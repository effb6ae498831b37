/** How training proceeds from epoch to epoch: the learning rate, the best epoch, the end. Pure state, no tensors. */
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/training.js';
import type { Call } from '../../protocol.js';

type Plateau = ParametersOf<typeof specifications.plateau>;
type Steps = ParametersOf<typeof specifications.steps>;

/** The learning rate over epochs, told after each whether the monitored value has improved. */
interface Schedule {
  rate(epoch: number): number;
  finished(improved: boolean): void;
}

export const SCHEDULES: {
  readonly plateau: (parameters: Plateau, first: number) => Schedule;
  readonly steps: (parameters: Steps, first: number) => Schedule;
} = {
  plateau: ({ factor, patience, least }, first) => {
    let rate = first;
    let waited = 0;
    return {
      rate: () => rate,
      finished: improved => {
        waited = improved ? 0 : waited + 1;
        if (waited < patience) return;
        rate = Math.max(least, rate * factor);
        waited = 0;
      },
    };
  },
  steps: ({ at, factor }, first) => ({
    rate: epoch => first * factor ** at.filter(step => step <= epoch).length,
    finished: () => undefined,
  }),
};

function scheduleOf(call: Call | undefined, first: number): Schedule {
  if (call === undefined) return { rate: () => first, finished: () => undefined };
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const make = SCHEDULES[call.call as keyof typeof SCHEDULES] as (parameters: unknown, first: number) => Schedule;
  return make(call.parameters, first);
}

export interface CourseOptions {
  readonly rate: number;
  readonly schedule: Call | undefined;
  /** Epochs without improvement after which it ends; never where undefined. */
  readonly patience: number | undefined;
  /** Whether a smaller monitored value is better. */
  readonly lower: boolean;
}

export class Course {
  /** The epoch with the best monitored value, counted from 0. */
  best = -1;
  private bestValue = NaN;
  private last = -1;
  private readonly schedule: Schedule;

  constructor(private readonly options: CourseOptions) {
    this.schedule = scheduleOf(options.schedule, options.rate);
  }

  rate(epoch: number): number {
    return this.schedule.rate(epoch);
  }

  /** @returns whether this epoch is the best so far; a value that is no number never is */
  finished(epoch: number, value: number): boolean {
    const improved =
      !Number.isNaN(value) &&
      (Number.isNaN(this.bestValue) || (this.options.lower ? value < this.bestValue : value > this.bestValue));
    if (improved) {
      this.best = epoch;
      this.bestValue = value;
    }
    this.last = epoch;
    this.schedule.finished(improved);
    return improved;
  }

  get over(): boolean {
    const { patience } = this.options;
    return patience !== undefined && this.last - this.best >= patience;
  }
}
