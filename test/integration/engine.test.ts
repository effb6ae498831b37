/** The engine process as its supervisor sees it: messages in, messages out, results in the store. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { EngineMessage, type EngineRequest } from '../../server/src/protocol.js';
import { ResultStore } from '../../server/src/store/store.js';
import { call, dna, PLANTED } from '../engine/methods/workbench.js';
import { buildXome, ENGINE, removeXome } from './xome.js';

let folder: string;
let engine: ChildProcess;
let messages: EngineMessage[];
let listener: () => void = () => undefined;

beforeAll(buildXome, 60_000);
afterAll(removeXome);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xome-engine-'));
  messages = [];
  engine = fork(ENGINE, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  engine.on('message', message => {
    messages.push(EngineMessage.parse(message));
    listener();
  });
});
afterEach(async () => {
  engine.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** The first message that fits. */
async function received(fits: (message: EngineMessage) => boolean): Promise<EngineMessage> {
  for (;;) {
    const found = messages.find(fits);
    if (found !== undefined) return found;
    await new Promise<void>(resolve => (listener = resolve));
  }
}
const answerTo = (id: number): Promise<EngineMessage> =>
  received(message => 'id' in message && message.id === id && message.type !== 'progress');
const send = (request: EngineRequest): boolean => engine.send(request);

const KEY = 'a'.repeat(64);
const model = call('format', 'onnx', { path: 'hash', input: dna(100) });
const run = (id: number, key: string, sequences = 4): EngineRequest => ({
  type: 'run',
  id,
  key,
  title: 'simulated data',
  task: { kind: 'data', source: call('source', 'simulate_motifs', { motifs: [], sequences, seed: 1 }), stages: [] },
  store: folder,
  files: {},
  executor: { backend: 'onnxruntime', threads: 1 },
});

it('says with its first message that it is ready, and which runtime it has', async () => {
  const ready = await received(() => true);
  expect(ready).toMatchObject({
    type: 'ready',
    versions: { explainome: '0.0.0', node: process.version, onnxruntime: expect.stringMatching(/^\d+\.\d+/) as string },
  });
});

it('describes models and data, and answers a file that it cannot read with a problem', async () => {
  await received(({ type }) => type === 'ready');
  send({ type: 'describe', id: 1, call: model, files: { hash: PLANTED } });
  expect(await answerTo(1)).toMatchObject({ type: 'described', description: { is: 'model', dna: { length: 100 } } });
  const source = call('source', 'simulate_motifs', { motifs: ['TGASTCA'], sequences: 7, seed: 1 });
  send({ type: 'describe', id: 2, call: source, files: {} });
  expect(await answerTo(2)).toMatchObject({ type: 'described', description: { is: 'data', examples: 7 } });
  send({ type: 'describe', id: 3, call: model, files: { hash: import.meta.filename } });
  const failed = await answerTo(3);
  expect(failed).toMatchObject({ type: 'failed', problem: { code: expect.stringMatching(/^model\//) as string } });
});

it('computes steps one after the other into the store', async () => {
  await received(({ type }) => type === 'ready');
  send(run(1, KEY));
  send(run(2, 'b'.repeat(64)));
  expect((await answerTo(2)).type).toBe('finished');
  expect(messages.filter(({ type }) => type === 'finished')).toMatchObject([{ id: 1 }, { id: 2 }]);
  const store = await ResultStore.open(folder);
  expect(await store.meta(KEY)).toMatchObject({ kind: 'data', rows: 4, title: 'simulated data' });
});

it('cancels a step that waits or runs, and goes on', async () => {
  await received(({ type }) => type === 'ready');
  send(run(1, KEY, 100_000));
  send(run(2, 'b'.repeat(64)));
  send({ type: 'cancel', id: 2 });
  send({ type: 'cancel', id: 1 });
  send({ type: 'cancel', id: 99 });
  send(run(3, 'c'.repeat(64)));
  expect((await answerTo(3)).type).toBe('finished');
  expect([await answerTo(1), await answerTo(2)].map(({ type }) => type)).toEqual(['cancelled', 'cancelled']);
});

it('ignores what is no request, and says so on stderr', async () => {
  let words = '';
  engine.stderr?.setEncoding('utf8').on('data', (text: string) => (words += text));
  await received(({ type }) => type === 'ready');
  engine.send({ type: 'run', id: 'one' });
  engine.send('hello');
  send(run(4, KEY));
  expect((await answerTo(4)).type).toBe('finished');
  await expect.poll(() => words.match(/a message that is no engine request was ignored/g)?.length).toBe(2);
});

it.each([
  ['asked to', (): void => void send({ type: 'exit' })],
  ['its parent is gone', (): void => engine.disconnect()],
])('ends when %s', async (_, end) => {
  await received(({ type }) => type === 'ready');
  const code = new Promise(resolve => engine.once('exit', resolve));
  end();
  expect(await code).toBe(0);
});

it('without the native runtime serves those who ask for another, and tells those who do not', async () => {
  const broken = join(folder, 'broken.cjs');
  await writeFile(broken, 'process.dlopen = module => { throw new Error(`no binary for ${module.id}`); };');
  const start = async (...backend: string[]): Promise<EngineMessage> => {
    const child = fork(ENGINE, backend, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--require', broken],
    });
    try {
      const [first] = (await once(child, 'message')) as [unknown];
      return EngineMessage.parse(first);
    } finally {
      child.kill('SIGKILL');
    }
  };
  expect(await start()).toMatchObject({ type: 'unusable', problem: { code: 'engine/runtime' } });
  expect(await start('tfjs')).toMatchObject({ type: 'ready', versions: { tfjs: expect.any(String) as string } });
  expect(await start('reference')).toMatchObject({ type: 'ready', versions: { reference: '1' } });
});
