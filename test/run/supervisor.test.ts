import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Call, Problem } from '../../server/src/protocol.js';
import type { SupervisorOptions, Job } from '../../server/src/run/supervisor.js';
import { EngineError, Supervisor } from '../../server/src/run/supervisor.js';
import { ResultStore } from '../../server/src/store/store.js';
import { buildFakeEngine } from './fake.js';

let scratch: string;
let script: string;
let engine: Supervisor;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'xome-engine-'));
  script = await buildFakeEngine(scratch);
});
afterAll(() => rm(scratch, { recursive: true }));
beforeEach(() => {
  engine = new Supervisor({ script });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await engine.dispose();
});

let jobs = 0;

function job(title: string): Job {
  return {
    key: (jobs++).toString(16).padStart(64, '0'),
    title,
    task: { kind: 'data', source: { call: 'fasta', category: 'source', parameters: {} }, stages: [] },
    store: scratch,
    files: {},
    executor: { backend: 'onnxruntime', threads: 0 },
  };
}

const source = (call: string): Call => ({ call, category: 'source', parameters: {} });

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof EngineError)) throw new Error(`expected an EngineError, got ${String(error)}`);
  return error.problem;
}

async function restart(options: Partial<SupervisorOptions>): Promise<void> {
  await engine.dispose();
  engine = new Supervisor({ script, ...options });
}

describe('a run', () => {
  it('finishes with a result in the store, and reports progress', async () => {
    const work = job('fasta');
    const seen: number[] = [];
    expect(await engine.run(work, undefined, ({ done, total }) => seen.push(done, total))).toBe('finished');
    expect(seen).toEqual([1, 4]);
    expect((await (await ResultStore.open(scratch)).meta(work.key))?.kind).toBe('data');
    expect(engine.versions).toEqual({ engine: 'fake' });
  });

  it('passes on the problem of a step', async () => {
    expect(await problemOf(engine.run(job('does-refuse')))).toMatchObject({ code: 'model/unknown-operator' });
  });

  it('cancels a step that listens', async () => {
    expect(await engine.run(job('does-wait'), AbortSignal.timeout(300))).toBe('cancelled');
    expect(await engine.run(job('fasta'))).toBe('finished');
  });

  it('kills a step that does not listen one second after the cancel, and starts a fresh engine', async () => {
    await engine.run(job('fasta'));
    const start = Date.now();
    expect(await engine.run(job('does-hang'), AbortSignal.timeout(100))).toBe('cancelled');
    expect(Date.now() - start).toBeGreaterThan(1000);
    expect(Date.now() - start).toBeLessThan(6000);
    expect(await engine.run(job('fasta'))).toBe('finished');
  });

  it('turns a native fault into a problem that says what ran, how it ended and what to do', async () => {
    const problem = await problemOf(engine.run(job('saliency does-crash')));
    expect(problem).toMatchObject({ code: 'engine/crash' });
    expect(problem.message).toMatch(/SIGSEGV.*"saliency does-crash" was computed/);
    expect(problem.remedy).toMatch(/Finished blocks are kept/);
    expect(await engine.run(job('fasta'))).toBe('finished');
  });

  it('quotes the last words of an engine that ends', async () => {
    const { message } = await problemOf(engine.run(job('does-exit')));
    expect(message).toMatch(/exit code 7.*the last words/);
  });

  it('ends an engine that does not keep to the protocol', async () => {
    expect(await problemOf(engine.run(job('does-rubbish')))).toMatchObject({ code: 'engine/protocol' });
    expect(await engine.run(job('fasta'))).toBe('finished');
  });

  it('waits for its turn', async () => {
    const [first, second] = await Promise.all([engine.run(job('fasta')), engine.run(job('fasta'))]);
    expect([first, second]).toEqual(['finished', 'finished']);
  });

  it('hears of the end when the supervisor is disposed of', async () => {
    await engine.run(job('fasta'));
    const pending = problemOf(engine.run(job('does-wait')));
    await new Promise(resolve => setTimeout(resolve, 100));
    await engine.dispose();
    expect(await pending).toMatchObject({ code: 'engine/stopped' });
  });
});

describe('a start', () => {
  it.each([
    ['unusable', /runtime does not load/],
    ['die', /before it was ready \(exit code 3\)/],
    ['silent', /not ready after 0.5 s/],
  ])('that is spoilt (%s) names the setting', async (how, message) => {
    vi.stubEnv('FAKE_ENGINE_START', how);
    await restart({ startTimeout: how === 'silent' ? 500 : 10_000 });
    const problem = await problemOf(engine.run(job('fasta')));
    expect(problem.message).toMatch(message);
    expect(problem.remedy).toMatch(/explainome\.engine\.node/);
  });

  it('with a Node that is not there says so', async () => {
    await restart({ node: join(scratch, 'no-such-node') });
    expect((await problemOf(engine.run(job('fasta')))).message).toMatch(/cannot be started: .*ENOENT/);
  });
});

describe('a description', () => {
  it('is remembered until the file changes', async () => {
    const file = join(scratch, 'a.fa');
    await writeFile(file, '>a\nACG\n');
    const first = await engine.describe(source('fasta'), { a: file });
    await engine.dispose(); // a fresh process would give another number
    expect(await engine.describe(source('fasta'), { a: file })).toEqual(first);
    const later = new Date(Date.now() + 5000);
    await utimes(file, later, later);
    expect(await engine.describe(source('fasta'), { a: file })).not.toEqual(first);
  });

  it('that takes too long is given up', async () => {
    await restart({ describeTimeout: 1000 });
    await engine.describe(source('fasta'), {});
    expect(await problemOf(engine.describe(source('hang'), { a: '/data/a.fa' }))).toMatchObject({
      code: 'describe/timeout',
      place: '/data/a.fa',
    });
  });

  it('that takes too much memory ends its own process only', async () => {
    const waiting = engine.run(job('does-wait'), AbortSignal.timeout(20_000));
    const problem = await problemOf(engine.describe(source('greedy'), {}));
    expect(problem.code).toBe('engine/out-of-memory');
    await engine.dispose();
    expect(await problemOf(waiting)).toMatchObject({ code: 'engine/stopped' });
  });
});
