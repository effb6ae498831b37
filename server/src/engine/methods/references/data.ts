/** References taken from data: the mean and the mode of a data set, and examples drawn from it. */
import type { ParametersOf } from '../../../catalog/specification.js';
import type * as specifications from '../../../catalog/references.js';
import type { Origin } from '../../data/examples.js';
import { requireSameOrder } from '../../data/feature-order.js';
import type { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { Stream } from '../../random/philox.js';
import type { Reference, Surroundings } from './reference.js';

export const ROWS_AT_ONCE = 1024;
/** Numbers that are kept in memory to take references from: 1 GiB of float32. */
export const MOST_NUMBERS = 2 ** 28;

/**
 * The data set that a reference names, or the explained one.
 *
 * @throws Failure `reference/shape` when the data have examples of another shape, `data/feature-order`
 */
export async function dataFor(key: string | undefined, { examples, open }: Surroundings): Promise<StoredExamples> {
  const data = key === undefined ? examples.whole : await open(key);
  if (data.shape.join() !== examples.shape.join())
    throw new Failure(
      'reference/shape',
      `its examples have shape [${data.shape.join(', ')}], the explained ones [${examples.shape.join(', ')}]`,
      { remedy: 'Take references from data of the same form.' },
    );
  requireSameOrder('the references', data, examples);
  return data;
}

/** The mean over a data set, element by element, summed in float64. */
export async function mean(
  { of }: ParametersOf<typeof specifications.mean>,
  surroundings: Surroundings,
): Promise<Reference> {
  const data = await dataFor(of, surroundings);
  const sum = new Float64Array(data.size);
  await eachValue(data, (value, element) => (sum[element]! += value));
  return always(Float32Array.from(sum, total => total / data.count));
}

/**
 * The most frequent count of alleles, variant by variant.
 *
 * @throws Failure `reference/genotype` for what is no count of alleles
 */
export async function mode(
  { of }: ParametersOf<typeof specifications.mode>,
  surroundings: Surroundings,
): Promise<Reference> {
  const data = await dataFor(of, surroundings);
  const counts = [0, 1, 2].map(() => new Uint32Array(data.size));
  await eachValue(data, (value, variant) => {
    const people = counts[Math.round(value)];
    if (people === undefined)
      throw new Failure('reference/genotype', `a genotype is ${value}, expected a count of alleles between 0 and 2`, {
        place: data.features[variant] ?? `variant ${variant}`,
        remedy: 'Take another reference, such as mean.',
      });
    people[variant]!++;
  });
  return always(
    Float32Array.from({ length: data.size }, (_, variant) => {
      const people = counts.map(count => count[variant]!);
      return people.indexOf(Math.max(...people));
    }),
  );
}

async function eachValue(data: StoredExamples, visit: (value: number, element: number) => void): Promise<void> {
  for await (const { x } of data.blocks()) x.forEach((value, i) => visit(value, i % data.size));
}

/** One reference, the same for every example. */
function always(values: Float32Array): Reference {
  return {
    copies: 1,
    fill(_, out) {
      out.set(values);
      return 1;
    },
  };
}

/**
 * All rows in memory, to draw from: [row, …shape].
 *
 * @throws Failure `reference/size`
 */
export async function heldRows(data: StoredExamples): Promise<Float32Array> {
  const { size, count } = data;
  if (count * size > MOST_NUMBERS)
    throw new Failure('reference/size', `${count} examples of ${size} numbers are too many to draw from`, {
      remedy: 'Name a sample: data background = all | sample(10000, seed: 1).',
    });
  return data.inputs(0, count);
}

/** Finds an example in a data set by where it comes from; of several, the first. */
export function rowsByOrigin({ origins }: StoredExamples): (origin: Origin) => number | undefined {
  const nameOf = ({ source, index }: Origin): string => `${source} ${index}`;
  const rows = new Map(origins.map((origin, row) => [nameOf(origin), row] as const).toReversed());
  return origin => rows.get(nameOf(origin));
}

/** Examples drawn with replacement; an example is not its own reference while there are others. */
export async function samples(
  { of, copies, seed }: ParametersOf<typeof specifications.samples>,
  surroundings: Surroundings,
): Promise<Reference> {
  const data = await dataFor(of, surroundings);
  const { size, count } = data;
  const all = await heldRows(data);
  const rowOf = rowsByOrigin(data);
  return {
    copies,
    fill({ origin }, out) {
      const stream = new Stream(seed, 'reference samples', origin);
      const own = count > 1 ? rowOf(origin) : undefined;
      const among = own === undefined ? count : count - 1;
      const drawn = new Set<number>();
      for (let copy = 0; copy < copies; copy++) {
        const draw = stream.integer(among);
        const row = own !== undefined && draw >= own ? draw + 1 : draw;
        drawn.add(row);
        out.set(all.subarray(row * size, (row + 1) * size), copy * size);
      }
      return drawn.size;
    },
  };
}
