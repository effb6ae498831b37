import { afterAll, beforeAll, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { batchSize } from '../../../server/src/engine/methods/batch.js';
import { network } from './networks.js';
import { PLANTED, Workbench } from './workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(referenceExecutor);
});
afterAll(() => bench.remove());

const batchOf = async (source: Parameters<Workbench['target']>[0], length: number): Promise<number> =>
  batchSize(await bench.load(await bench.target(source, length)));

it('is a power of two that falls with the work of a pass, and that of the file where it demands one', async () => {
  const sizes = [await batchOf(network({ length: 20 }), 20), await batchOf(network({ length: 200_000 }), 200_000)];
  expect(sizes[0]).toBe(256);
  expect(sizes[1]).toBeLessThan(64);
  expect(sizes[1]).toBeGreaterThanOrEqual(1);
  for (const size of [...sizes, await batchOf(PLANTED, 100)]) expect(Number.isInteger(Math.log2(size))).toBe(true);
  expect(await batchOf(network({ length: 20, batch: 6 }), 20)).toBe(6);
});
