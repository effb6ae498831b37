/**
 * Which step of a run begins next. Trainings of networks run side by side as long as cores and memory last; every other step has the
 * machine to itself. Data go first and trainings second, so that as many of these as possible can share.
 */
import type { Step } from '../plan/plan.js';

/** What a machine has for steps. */
export interface Capacity {
  readonly cores: number;
  /** Bytes that are free before anything runs. */
  readonly memory: number;
}

/** Share of the free memory that steps side by side may be expected to need. */
const MEMORY_SHARE = 0.8;

/** An engine with its runtime, a network, what the optimizer remembers of it, and a batch. */
const ENGINE_BYTES = 2 ** 29;
/** Training holds its examples twice, drawn into parts, and reads them in one go. */
const COPIES = 3;

/** Bytes that a training is expected to need, by the number of values in its data. */
export const trainingBytes = (values: number): number => ENGINE_BYTES + COPIES * 4 * values;

/** Whether others may run beside a step. */
const shares = ({ task }: Step): boolean => task.kind === 'training';

function rank({ kind }: Step): number {
  return kind === 'data' ? 0 : kind === 'training' ? 1 : 2;
}

/** Cores that a training keeps busy. */
function coresOf({ task }: Step): number {
  return task.kind === 'training' && task.networks === undefined ? Number(task.training.parameters['threads']) : 1;
}

/**
 * @param ready steps whose inputs are there, in the order of the plan
 * @param bytesOf what a training is expected to need
 * @returns undefined where one that runs has to end first
 */
export function nextStep(
  ready: readonly Step[],
  running: readonly Step[],
  capacity: Capacity,
  bytesOf: (step: Step) => number,
): Step | undefined {
  if (running.length === 0) return [...ready].sort((a, b) => rank(a) - rank(b))[0];
  if (!running.every(shares)) return undefined;
  const sum = (of: (step: Step) => number): number => running.reduce((all, step) => all + of(step), 0);
  const cores = capacity.cores - sum(coresOf);
  const memory = MEMORY_SHARE * capacity.memory - sum(bytesOf);
  return ready.find(step => shares(step) && coresOf(step) <= cores && bytesOf(step) <= memory);
}
