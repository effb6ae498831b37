import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Executor } from '../../../server/src/engine/backends/executor.js';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { scoped } from '../../../server/src/engine/backends/scoped.js';
import { network, sequences } from '../methods/networks.js';
import { call, path, Workbench } from '../methods/workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(referenceExecutor);
});
afterAll(() => bench.remove());

/** An executor whose n-th load fails; counts what is loaded and not released. */
function failing(n: number) {
  const counts = { loads: 0, held: 0 };
  const executor: Executor = {
    ...referenceExecutor,
    load: async graph => {
      if (++counts.loads === n) throw new Error('no memory');
      const executable = await referenceExecutor.load(graph);
      counts.held++;
      return {
        run: inputs => executable.run(inputs),
        release: () => {
          counts.held--;
          return executable.release();
        },
      };
    },
  };
  return { counts, executor };
}

it('releases what a step has loaded, whichever load fails', async () => {
  const target = await bench.target(network({ length: 12 }), 12);
  const data = await bench.sequences(...sequences(2, 12));
  const shuffles = path(call('reference', 'shuffle', { copies: 2, seed: 1 }), { steps: 4 });
  let loads = 0;
  for (let n = 1; loads === n - 1; n++) {
    const { counts, executor } = failing(n);
    const scope = scoped(executor);
    await bench.explain(shuffles, target, data, { executor: scope, run: `${n}` }).catch(() => undefined);
    await scope.release();
    expect(counts.held, `when load ${n} fails`).toBe(0);
    loads = counts.loads;
  }
  expect(loads).toBeGreaterThan(2);
});
