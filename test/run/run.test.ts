import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Declaration, WrittenExpectation } from '../../server/src/language/experiment.js';
import type { Plan } from '../../server/src/plan/plan.js';
import { makePlan } from '../../server/src/plan/plan.js';
import { Snapshot } from '../../server/src/protocol.js';
import { Supervisor } from '../../server/src/run/supervisor.js';
import type { RunEvent, RunOutcome } from '../../server/src/run/run.js';
import { runPlan } from '../../server/src/run/run.js';
import { judgeAll, storedResults } from '../../server/src/run/results.js';
import { buildSnapshot } from '../../server/src/run/snapshot.js';
import { ResultStore } from '../../server/src/store/store.js';
import { readViewArrays } from '../../server/src/store/view-arrays.js';
import { call, declare, example, expectation, experiment, FILE } from '../plan/fixture.js';
import { buildFakeEngine } from './fake.js';

let scratch: string;
let engine: Supervisor;
let store: ResultStore;
let events: RunEvent[];

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'xome-run-'));
  engine = new Supervisor({ script: await buildFakeEngine(scratch) });
});
afterAll(async () => {
  await engine.dispose();
  await rm(scratch, { recursive: true });
});
beforeEach(async () => {
  store = await ResultStore.open(await mkdtemp(join(scratch, 'folder-')));
  events = [];
});
afterEach(() => engine.dispose());

const EXPECTED: WrittenExpectation[] = [
  expectation('gap', 'max', { is: '<', bound: 0.01 }),
  expectation('agree', 'median', { is: '>', bound: 0.2 }, 0.5),
  expectation('agree', 'median', { is: '>', bound: 0.4 }, 0.5),
];

function plan(declarations: readonly Declaration[] = example(), only?: string[]): Promise<Plan> {
  return makePlan(experiment(declarations, EXPECTED), {
    hashFile: path => Promise.resolve(createHash('sha256').update(path).digest('hex')),
    backend: 'onnxruntime',
    ...(only && { only }),
  });
}

function run(planned: Plan, signal?: AbortSignal, cores = 1): Promise<RunOutcome> {
  return runPlan(planned, {
    store,
    engine,
    executor: { backend: 'onnxruntime', threads: cores },
    onEvent: event => events.push(event),
    ...(signal && { signal }),
  });
}

/** What became of each declaration. */
function fates(planned: Plan, { results }: RunOutcome): Record<string, string | undefined> {
  return Object.fromEntries(
    planned.declarations.flatMap(({ declaration, key }) =>
      key === undefined ? [] : [[declaration.name, results.get(key)?.status]],
    ),
  );
}

/** The example with the integrated gradients under a title that makes the fake engine misbehave. */
function withFailing(behaviour: string): Declaration[] {
  return example().map(declaration => ({
    ...declaration,
    ...(declaration.name === 'path' && { name: `does-${behaviour}` }),
  }));
}

describe('runPlan', () => {
  it('computes what is missing, judges, names the results, and computes nothing twice', async () => {
    const planned = await plan();
    const first = await run(planned);
    expect(new Set(Object.values(fates(planned, first)))).toEqual(new Set(['complete']));
    expect(events.filter(event => event.type === 'started')).toHaveLength(planned.steps.length);
    expect(first.expectations.map(({ outcome }) => outcome)).toEqual(['failed', 'met', 'not shown']);
    // The fake draws are uniform on 0 … 1: the interval at 50 % is their middle half.
    expect(first.expectations[1]?.interval?.[0]).toBeCloseTo(0.25, 10);
    expect(first.exitCode).toBe(1);

    events = [];
    const second = await run(planned);
    expect(events).toEqual([{ type: 'planned', steps: [] }]);
    expect(second.expectations.map(({ message }) => message)).toEqual(first.expectations.map(({ message }) => message));
    const gap = planned.declarations.find(({ declaration }) => declaration.name === 'gap');
    expect(await store.named(FILE, 'gap')).toBe(gap?.key);
  });

  it('leaves out what depends on a failure and goes on with the rest', async () => {
    const planned = await plan(withFailing('refuse'));
    const outcome = await run(planned);
    expect(fates(planned, outcome)).toEqual({
      peaks: 'complete',
      raw: 'complete',
      grad: 'complete',
      ig: 'failed',
      gap: 'not run',
      agree: 'not run',
      level: 'complete',
    });
    expect(outcome.exitCode).toBe(3);
    expect(outcome.expectations.map(one => one.outcome)).toEqual(['not run', 'not run', 'not run']);
  });

  it('goes on after a crash with a fresh engine', async () => {
    const planned = await plan(withFailing('crash'));
    const outcome = await run(planned);
    expect(fates(planned, outcome)).toMatchObject({ ig: 'failed', gap: 'not run', level: 'complete' });
  });

  it('stops when cancelled, keeps what is finished', async () => {
    const planned = await plan(withFailing('wait'));
    const abort = new AbortController();
    const running = run(planned, abort.signal);
    await expect
      .poll(() => events.some(event => event.type === 'started' && event.step.title.includes('does-wait')))
      .toBe(true);
    abort.abort();
    const outcome = await running;
    expect(outcome).toMatchObject({ cancelled: true, exitCode: 130 });
    expect(fates(planned, outcome)).toMatchObject({ raw: 'complete', ig: 'not run', level: 'not run' });
  });

  it('does not compute an inner stage again when what is built on it is there', async () => {
    const stages = [call('correction', 'simplex_correction')];
    const [model, target, peaks] = example();
    if (!model || !target || !peaks) throw new Error('the example has them');
    const grad = declare('attribution', 'grad', call('method', 'saliency'), { of: ['binding'], on: 'peaks', stages });
    const planned = await makePlan(experiment([model, target, peaks, grad]), {
      hashFile: () => Promise.resolve('0'.repeat(64)),
      backend: 'onnxruntime',
    });
    await run(planned);
    const raw = planned.steps.find(step => step.kind === 'attribution');
    await rm(join(store.path(raw?.key ?? ''), '..'), { recursive: true });
    events = [];
    expect((await run(planned)).exitCode).toBe(0);
    expect(events).toEqual([{ type: 'planned', steps: [] }]);
  });
});

describe('the networks of an ensemble', () => {
  const layers = call('network', 'layers', { layers: [call('layer', 'dense', { units: 1 })] });
  const ensemble = (name: string, members: number, seed: number) =>
    declare('ensemble', name, call('training', 'train', { network: layers, members, seed }), { on: 'peaks' });
  const titles = (type: RunEvent['type']) =>
    events.flatMap(event => (event.type === type && 'step' in event ? event.step.title : []));

  it('are trained side by side, as many as there are cores, before anything is explained', async () => {
    const planned = await plan([...example(), ensemble('nets', 3, 1), ensemble('others', 2, 2)]);
    const outcome = await run(planned, undefined, 2);
    expect(outcome.results.size).toBe(planned.steps.length);
    expect(new Set(Object.values(fates(planned, outcome)))).toEqual(new Set(['complete']));
    let running = new Set<string>();
    let most = 0;
    for (const event of events) {
      if (event.type === 'started') running = new Set([...running, event.step.kind + event.step.key]);
      if (event.type === 'ended') running.delete(event.step.kind + event.step.key);
      const trainings = [...running].filter(of => of.startsWith('training')).length;
      expect(trainings === running.size || running.size === 1).toBe(true);
      most = Math.max(most, trainings);
    }
    expect(most).toBe(2);
    const started = events.flatMap(event => (event.type === 'started' ? event.step.kind : []));
    expect(started.lastIndexOf('training')).toBeLessThan(started.indexOf('attribution'));
  });

  it('stay when one of them crashes, which is named; the rest are not trained again', async () => {
    const planned = await plan([...example(), ensemble('does-lose', 3, 1)]);
    const outcome = await run(planned, undefined, 2);
    const ended = events.flatMap(event =>
      event.type === 'ended' && event.step.kind === 'training' ? [[event.step.title, event.result.status]] : [],
    );
    expect(Object.fromEntries(ended)).toEqual({
      'does-lose: train on peaks, network 1': 'complete',
      'does-lose: train on peaks, network 2': 'failed',
      'does-lose: train on peaks, network 3': 'complete',
      'train on peaks': 'not run',
    });
    expect(fates(planned, outcome)).toMatchObject({ level: 'complete', 'does-lose': 'not run' });
    events = [];
    await run(planned, undefined, 2);
    expect(titles('started')).toEqual(['does-lose: train on peaks, network 2']);
  });

  it('all stop within a second of a cancel', async () => {
    const planned = await plan([...example(), ensemble('does-wait', 2, 1)]);
    const abort = new AbortController();
    const running = run(planned, abort.signal, 2);
    await expect.poll(() => titles('started').filter(title => title.includes('network'))).toHaveLength(2);
    const at = performance.now();
    abort.abort();
    expect(await running).toMatchObject({ cancelled: true });
    expect(performance.now() - at).toBeLessThan(1000);
  });
});

describe('a snapshot', () => {
  it('shows what is there and says what is missing', async () => {
    const planned = await plan();
    await run(await plan(example(), ['grad', 'gap']));
    const results = await storedResults(planned, store);
    const expectations = await judgeAll(planned, results, store);
    const text = 'attribution raw = saliency of binding\n  on peaks';
    const snapshot = await buildSnapshot({
      plan: {
        ...planned,
        declarations: planned.declarations.map(one => ({
          ...one,
          declaration: {
            ...one.declaration,
            place: { file: FILE, range: { start: { line: 0, character: 0 }, end: { line: 1, character: 10 } } },
          },
        })),
      },
      store,
      results,
      expectations,
      texts: new Map([[FILE, text]]),
    });
    expect(Snapshot.parse(snapshot)).toEqual(snapshot);
    const arrays = await readViewArrays(store, snapshot);
    expect(snapshot.data[0]).toMatchObject({
      name: 'peaks',
      examples: 4,
      length: 3,
      names: ['seq0', 'seq1', 'seq2', 'seq3'],
      labels: [1, 1, 1, 1],
    });
    expect(arrays.get(snapshot.data[0]?.letters ?? '')).toEqual(Uint8Array.of(0, 1, 2, 1, 2, 3, 2, 3, 0, 3, 0, 4));
    expect(snapshot.maps.map(({ name, data }) => [name, data])).toEqual(
      ['raw', 'grad', 'ig'].map(name => [name, snapshot.data[0]?.key]),
    );
    expect(snapshot.maps[0]?.written).toBe('saliency of binding on peaks');
    expect(arrays.get(snapshot.maps[0]?.scores ?? '')).toHaveLength(12);
    expect(arrays.get(snapshot.maps[0]?.predictions ?? '')).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(snapshot.maps[1]).not.toHaveProperty('predictions');
    expect(snapshot.metrics[0]).toMatchObject({ name: 'gap', headline: 'max' });
    expect(snapshot.missing.map(({ name }) => name)).toEqual(['agree', 'level']);
    expect(snapshot.expectations[0]).toMatchObject({ outcome: 'failed', high: 0.01, value: 0.9 });
  });
});
