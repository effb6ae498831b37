/** Where exports may be written, and when they are. The engine only says where it would have written. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Experiment } from '../../server/src/language/experiment.js';
import { makePlan } from '../../server/src/plan/plan.js';
import { runPlan, type RunOutcome } from '../../server/src/run/run.js';
import { Supervisor } from '../../server/src/run/supervisor.js';
import { ResultStore } from '../../server/src/store/store.js';
import { call, declare, example, experiment, name } from '../plan/fixture.js';
import { buildFakeEngine } from './fake.js';

let scratch: string;
let folder: string;
let engine: Supervisor;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'xome-exports-'));
  engine = new Supervisor({ script: await buildFakeEngine(scratch) });
});
afterAll(async () => {
  await engine.dispose();
  await rm(scratch, { recursive: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'folder-'));
});

/** Runs the example in the folder with exports of a map to these paths. */
async function run(paths: readonly string[], change = (given: Experiment): Experiment => given): Promise<RunOutcome> {
  const file = join(folder, 'ctcf.xome');
  await writeFile(file, '');
  await writeFile(join(folder, 'ctcf.onnx'), 'a model');
  await writeFile(join(folder, 'ctcf.fa.gz'), 'sequences');
  const place = { file, range: { start: { line: 30, character: 0 }, end: { line: 30, character: 9 } } };
  const base = experiment(example().map(declaration => ({ ...declaration, folder })));
  const exports = paths.map(path => ({ call: call('export', 'tsv', { of: name('ig'), path }), place }));
  const store = await ResultStore.open(folder);
  const plan = await makePlan(change({ ...base, file, exports }), {
    hashFile: path => store.hashFile(path),
    backend: 'onnxruntime',
  });
  return runPlan(plan, { store, engine, executor: { backend: 'onnxruntime', threads: 1 } });
}

/** Status of each export, with the code of what went wrong. */
const fates = ({ exports }: RunOutcome): string[] =>
  exports.map(one => (one.status === 'failed' ? one.problem.code : one.status));

describe('exports of a run', () => {
  it('are written inside the workspace, in folders that are made for them', async () => {
    const outcome = await run(['ig.tsv', 'new/folder/ig.tsv', 'a/../ig2.tsv']);
    expect(fates(outcome)).toEqual(['written', 'written', 'written']);
    expect(outcome.exports.flatMap(one => (one.status === 'written' ? one.paths : []))).toEqual(
      ['ig.tsv', 'new/folder/ig.tsv', 'ig2.tsv'].map(path => join(folder, path)),
    );
    expect(outcome.exitCode).toBe(0);
  });

  it('are refused outside of it, through links too, in the store, and over what the experiment reads', async () => {
    await mkdir(join(scratch, 'elsewhere'), { recursive: true });
    await symlink(join(scratch, 'elsewhere'), join(folder, 'link'));
    const outcome = await run(['../ig.tsv', 'link/ig.tsv', '.xome/ig.tsv', 'ctcf.onnx', 'ctcf.xome']);
    expect(new Set(fates(outcome))).toEqual(new Set(['export/path']));
    expect(outcome.exitCode).toBe(3);
  });

  it('wait for their results: what failed is not written', async () => {
    const outcome = await run(['ig.tsv'], given => ({
      ...given,
      declarations: given.declarations.map(one => (one.name === 'path' ? { ...one, name: 'does-refuse' } : one)),
    }));
    expect(outcome.exports).toMatchObject([
      { status: 'not run', reason: expect.stringContaining('No rule') as string },
    ]);
    expect(outcome.exitCode).toBe(3);
  });

  it('name trained networks by the key of their training', async () => {
    const network = call('network', 'layers', { layers: [call('layer', 'flatten')] });
    const nets = declare('ensemble', 'nets', call('training', 'train', { network, loss: 'mean_squared', seed: 1 }), {
      on: 'peaks',
    });
    const given = experiment([...example(), nets]);
    const place = nets.place;
    const written = { call: call('export', 'onnx', { of: name('nets'), path: 'net.onnx' }), place };
    const plan = await makePlan(
      { ...given, exports: [written] },
      {
        hashFile: path => Promise.resolve(path.length.toString(16).padStart(64, '0')),
        backend: 'onnxruntime',
      },
    );
    const key = plan.declarations.find(({ declaration }) => declaration.name === 'nets')?.key;
    expect(plan.exports).toMatchObject([
      { needs: [key], call: { parameters: { of: key } }, path: '/somewhere/net.onnx' },
    ]);
  });
});
