/** How far the runs of the editor have come. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../server/src/lsp/current-engine.js';
import { Jobs, type ProgressReporter } from '../../server/src/lsp/jobs.js';
import { makePlan } from '../../server/src/plan/plan.js';
import type { Job as EngineJob, Progress } from '../../server/src/run/supervisor.js';
import { ResultStore } from '../../server/src/store/store.js';
import { call, declare, example, experiment } from '../plan/fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xome-jobs-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('an ensemble has come as far as its networks on average, also those that train side by side', async () => {
  const layers = call('network', 'layers', { layers: [call('layer', 'dense', { units: 1 })] });
  const nets = declare('ensemble', 'nets', call('training', 'train', { network: layers, members: 3, seed: 1 }), {
    on: call('source', 'simulate_motifs', { motifs: ['TGACTCA'], seed: 1 }),
  });
  const options = { hashFile: () => Promise.resolve('0'.repeat(64)), backend: 'onnxruntime' } as const;
  const plan = await makePlan(experiment([...example(), nets]), { ...options, only: ['nets'] });
  const store = await ResultStore.open(folder);
  const tell = new Map<string, (progress: Progress) => void>();
  const engine: Pick<Engine, 'run' | 'export'> = {
    async run({ key, task, title }: EngineJob, signal, onProgress) {
      if (task.kind === 'data') {
        const axes = [{ name: 'example', size: 1 }];
        const arrays = [{ name: 'array', type: 'float32' as const, axes, unit: 'share' }];
        const writer = await store.begin(key, { arrays, rows: 1, blockRows: 1 });
        if (writer !== 'complete')
          await writer.complete({ kind: 'data', title, task, notes: [], versions: {}, seconds: 0, passes: 0 });
        return 'finished';
      }
      tell.set(title, progress => onProgress?.(progress));
      await new Promise(resolve => signal?.addEventListener('abort', resolve));
      return 'cancelled';
    },
    export: () => Promise.reject(new Error('nothing is exported')),
  };
  const shares: number[] = [];
  const reporter: ProgressReporter = {
    begin: () => undefined,
    report: percentage => shares.push(percentage),
    done: () => undefined,
    token: { onCancellationRequested: () => undefined },
  };
  let over = false;
  const jobs = new Jobs(engine as Engine, () => Promise.resolve(reporter), {
    moved: () => undefined,
    stepStarted: () => undefined,
    stepEnded: () => undefined,
    ended: () => {
      over = true;
      return Promise.resolve();
    },
  });
  jobs.start({ uri: 'a', plan, store, executor: { backend: 'onnxruntime', threads: 2 } });
  await expect.poll(() => tell.size).toBe(2);
  const ensemble = plan.declarations.find(({ declaration }) => declaration.name === 'nets')!.key!;
  const [first, second] = [...tell.values()];
  first!({ done: 30, total: 100, unit: 'examples' });
  second!({ done: 60, total: 100, unit: 'examples' });
  expect(jobs.standing('a', ensemble)).toEqual({ state: 'running', progress: expect.closeTo(0.3, 10) as number });
  // Of five steps the data are there, and two have come so far: (1 + 0.3 + 0.6) / 5.
  await expect.poll(() => shares.at(-1)).toBe(38);
  jobs.cancel('a');
  await expect.poll(() => over).toBe(true);
});
