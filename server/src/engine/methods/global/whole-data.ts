/** The whole data set at once, for methods that mix values of different examples. */
import type { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';

/** Numbers that are held in memory: 1 GiB of float32. */
const MOST_NUMBERS = 2 ** 28;

/** Rows that are run at a time: those of the step's own predictions, so that the same row gives the same bits. */
export const ROWS_AT_ONCE = 4096;

/**
 * @returns [example, …shape]
 * @throws Failure `method/size` when they are too many to be held at once
 */
export async function wholeData(examples: StoredExamples): Promise<Float32Array> {
  const { count, size } = examples;
  if (count * size > MOST_NUMBERS)
    throw new Failure('method/size', `${count} examples of ${size} numbers are too many to be exchanged in memory`, {
      remedy: 'Explain a sample: data some = all | sample(10000, seed: 1).',
    });
  return examples.inputs(0, count);
}
