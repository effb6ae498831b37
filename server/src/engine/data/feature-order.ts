/** Whether two data sets hold the same features in the same order, where their names tell. */
import { Failure } from '../failure.js';
import type { StoredExamples } from './stored-examples.js';

/**
 * Features of other names may be the same ones named otherwise; a name that stands at another place means numbers of another
 * feature.
 *
 * @param role what the data are, as the message says it
 * @throws Failure `data/feature-order`, naming the first such feature
 */
export function requireSameOrder(
  role: string,
  { features: own }: Pick<StoredExamples, 'features'>,
  { features: explained }: Pick<StoredExamples, 'features'>,
): void {
  const known = new Set(explained);
  const at = own.findIndex((name, place) => name !== explained[place] && known.has(name));
  if (at < 0) return;
  throw new Failure(
    'data/feature-order',
    `feature ${at + 1} of ${role} is ${own[at]}, of the explained data ${explained[at]}`,
    {
      remedy: 'Bring both to the same features in the same order before: they are taken by their places.',
    },
  );
}
