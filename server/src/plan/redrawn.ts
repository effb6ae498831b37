/**
 * Simulated data drawn again: the same experiment with another parameter and another seed in the call of one simulation, once
 * for each combination. Everything that depends on the data is then planned anew, under keys of its own.
 */
import type { Declaration, Experiment, WrittenName } from '../language/experiment.js';
import { findEntry, type ValueType } from '../catalog/index.js';
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
  const type = call?.form === 'call' ? findEntry(call.category, call.name)?.parameters[vary]?.type : undefined;
  if (declared === undefined || call?.form !== 'call' || typeof seed !== 'number' || !isNumeric(type))
    throw new PlanError(
      'plan/cohort',
      `"${declared?.name ?? cohort.id}" cannot be drawn again with other values of \`${vary}\`.`,
      at.place,
      `Name data that begin with a simulation that has a \`seed\` and \`${vary}\`, such as simulate_genotypes(…).`,
    );
  const { min = -Infinity, max = Infinity } = type;
  const outside = values.find(
    value => value < min || value > max || (type.is === 'integer' && !Number.isInteger(value)),
  );
  if (outside !== undefined)
    throw new PlanError(
      'plan/cohort',
      `\`${vary}: ${outside}\` is no value that ${call.name} takes: ${type.is === 'integer' ? 'whole numbers' : 'numbers'} from ${min} to ${max}.`,
      at.place,
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

type Numeric = Extract<ValueType, { readonly is: 'number' | 'integer' | 'share' }>;

const isNumeric = (type: ValueType | undefined): type is Numeric =>
  type?.is === 'number' || type?.is === 'integer' || type?.is === 'share';
