/** What the loss curves of an ensemble come to: how many networks there are, and the lowest loss that they reach. */
import type { Snapshot } from '../protocol.js';
import type { ResultStore } from '../store/store.js';

export interface Training {
  readonly networks: number;
  /** The loss that `loss` is of: that of the examples for validation, where there are such. */
  readonly of: 'validation loss' | 'loss';
  /** Mean over the networks of the lowest of any epoch. */
  readonly loss: number;
}

/** @returns undefined where the table is no loss curves, or where these have no number */
export async function trainingOf(
  { key, axes: [member, epoch, field] }: Pick<Snapshot['tables'][number], 'key' | 'axes'>,
  store: ResultStore,
): Promise<Training | undefined> {
  if (member?.name !== 'member' || epoch?.name !== 'epoch') return undefined;
  return lowestLoss(await (await store.array(key)).read(), epoch.size, field?.labels ?? []);
}

/** @param curves [member, epoch, field]; what was not needed is no number */
export function lowestLoss(curves: ArrayLike<number>, epochs: number, fields: readonly string[]): Training | undefined {
  const networks = curves.length / (epochs * fields.length);
  for (const of of ['validation loss', 'loss'] as const) {
    const field = fields.indexOf(of);
    if (field < 0) continue;
    const lowest = bestOfEach(curves, epochs, fields.length, field, 'lowest');
    if (lowest.length < networks) continue;
    return { networks, of, loss: lowest.reduce((sum, { value }) => sum + value, 0) / networks };
  }
  return undefined;
}

/**
 * The best value of a curve of every network, and its epoch, from 0; networks without a number are left out.
 *
 * @param curves [member, epoch, field]
 */
export function bestOfEach(
  curves: ArrayLike<number>,
  epochs: number,
  fields: number,
  field: number,
  best: 'lowest' | 'highest',
): { readonly value: number; readonly epoch: number }[] {
  const sign = best === 'lowest' ? 1 : -1;
  return Array.from({ length: curves.length / (epochs * fields) }, (_, network) =>
    Array.from({ length: epochs }, (_, epoch) => ({
      epoch,
      value: curves[(network * epochs + epoch) * fields + field]!,
    }))
      .filter(({ value }) => Number.isFinite(value))
      .sort((a, b) => sign * (a.value - b.value))
      .slice(0, 1),
  ).flat();
}
