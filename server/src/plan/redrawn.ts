/**
 * Simulated data drawn again: the same experiment with another parameter and another seed in the call of one simulation, once
 * for each combination. Everything that depends on the data is then planned anew, under keys of its own.
 */
import type { Declaration, Experiment, WrittenCall, WrittenName } from '../language/experiment.js';
import { findEntry } from '../catalog/index.js';
import { PlanError } from './problem.js';

/** What of a metric's parameters says which data are drawn again, and how. */
export interface Redrawing {
  /** Id of the declaration of the data. */
  readonly cohort: WrittenName;
  readonly vary: string;
  readonly values: readonly number[];
  /** Draws for each value; the seed rises by one from draw to draw. */
  readonly repeats: number;
}

/**
 * @param at the declaration that asks for it, for errors
 * @returns for each value each of its draws
 */
export function redrawn(
  experiment: Experiment,
  { cohort, vary, values, repeats }: Redrawing,
  at: Declaration,
): Experiment[] {
  const declared = experiment.declarations.find(({ id }) => id === cohort.id);
  const call = declared?.value.head;
  const seed = call?.form === 'call' ? call.arguments['seed'] : undefined;
  if (declared === undefined || call?.form !== 'call' || typeof seed !== 'number' || !hasNumber(call, vary))
    throw new PlanError(
      'plan/cohort',
      `"${declared?.name ?? cohort.id}" cannot be drawn again with other values of \`${vary}\`.`,
      at.place,
      `Name data that begin with a simulation that has a \`seed\` and \`${vary}\`, such as simulate_genotypes(…).`,
    );
  const drawn = (value: number, repeat: number): Declaration => {
    const parameters = { ...call.arguments, [vary]: value, seed: (seed + repeat) % 2 ** 32 };
    return { ...declared, value: { ...declared.value, head: { ...call, arguments: parameters } } };
  };
  return values.flatMap(value =>
    Array.from({ length: repeats }, (_, repeat) => ({
      ...experiment,
      declarations: experiment.declarations.map(one => (one === declared ? drawn(value, repeat) : one)),
    })),
  );
}

function hasNumber({ category, name }: WrittenCall, parameter: string): boolean {
  const type = findEntry(category, name)?.parameters[parameter]?.type;
  return type?.is === 'number' || type?.is === 'integer' || type?.is === 'share';
}
