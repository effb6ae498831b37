/** A metric over the networks of an ensemble, from its finished results for each of them. */
import { DRAWS } from '../metrics/bootstrap.js';
import type { MetricResult } from '../metrics/metric.js';
import { overNetworks, type OfNetwork } from '../metrics/over-networks.js';
import { metaOf } from './results.js';
import type { StepContext } from './step.js';

/** @param keys results of one metric, a network each */
export async function combineNetworks(keys: readonly string[], { store }: StepContext): Promise<MetricResult> {
  const networks: OfNetwork[] = [];
  for (const key of keys) {
    const { statistics = {}, drawn = [] } = await metaOf(store, key);
    const draws = drawn.length > 0 ? Float64Array.from(await (await store.array(key, 'draws')).read()) : undefined;
    networks.push({
      statistics: Object.fromEntries(Object.entries(statistics).map(([name, { value }]) => [name, value])),
      draws: new Map(drawn.map((name, row) => [name, draws!.subarray(row * DRAWS, (row + 1) * DRAWS)])),
    });
  }
  return overNetworks(networks);
}
