import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ResultStore } from '../../server/src/store/store.js';
import type { ResultWriter } from '../../server/src/store/writer.js';
import { facts, KEY, layout, OTHER, values } from './fixture.js';

let scratch: string;
let worker: string;
let folder: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'xome-store-'));
  worker = join(scratch, 'worker.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'worker.ts')],
    outfile: worker,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
});
afterAll(() => rm(scratch, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'folder-'));
});

function startWorker(pause: number, blocks: number): ChildProcess {
  return spawn(process.execPath, [worker, folder, KEY, String(pause), String(blocks)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function begin(store: ResultStore, blocks: number): Promise<ResultWriter> {
  const writer = await store.begin(KEY, layout(blocks));
  if (writer === 'complete') throw new Error('expected a result to work on');
  return writer;
}

const ledger = (): string => join(folder, '.xome', 'results', KEY, 'done');

describe('a result', () => {
  it('is there only when complete, and reads back', async () => {
    const store = await ResultStore.open(folder);
    const writer = await begin(store, 2);
    await writer.write('array', 2, values(1));
    await writer.writeRows({
      columns: ['name', 'label'],
      rows: [
        ['chr1\t12\\n', ''],
        ['two\nlines', '1'],
      ],
    });
    expect(await store.meta(KEY)).toBeUndefined();
    await writer.complete(facts);

    expect(await store.meta(KEY)).toMatchObject({ key: KEY, rows: 4, map: 'gradient' });
    const array = await store.array(KEY);
    expect(array.shape).toEqual([4, 3]);
    expect(await array.read(1, 3)).toEqual(Float32Array.of(0, 0, 0, 10, 11, 12));
    expect((await store.rows(KEY)).rows).toEqual([
      ['chr1\t12\\n', ''],
      ['two\nlines', '1'],
    ]);
    expect(await store.begin(KEY, layout(2))).toBe('complete');
    expect(await readFile(join(folder, '.xome', '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('finds rows by name among many, whatever the names hold', async () => {
    const store = await ResultStore.open(folder);
    const writer = await begin(store, 2);
    // More than is read at a time.
    const rows = Array.from({ length: 20_000 }, (_, row) => [`chr${row}:1-100 peak`, '1']);
    rows[7_000] = ['tab\there\nand below', '1'];
    rows[19_999] = rows[3]!;
    await writer.writeRows({ columns: ['name', 'label'], rows });
    const wanted = ['chr19998:1-100 peak', 'tab\there\nand below', 'chr3:1-100 peak', 'name', 'nobody'];
    expect([...(await store.places(KEY, wanted))].sort(([, a], [, b]) => a - b)).toEqual([
      ['chr3:1-100 peak', 3],
      ['tab\there\nand below', 7_000],
      ['chr19998:1-100 peak', 19_998],
    ]);
    rows[5] = ['a\tb', '12'];
    rows[6] = ['c', '2'];
    await writer.writeRows({ columns: ['name', 'label'], rows });
    expect([...(await store.rowsEnding(KEY, ['12']))]).toEqual([[5, 'a\tb']]);
    expect([...(await store.rowsEnding(KEY, ['2']))]).toEqual([[6, 'c']]);
    await expect(store.places(OTHER, wanted)).rejects.toThrow('rows.tsv');
  });

  it('may have no rows', async () => {
    const store = await ResultStore.open(folder);
    const writer = await begin(store, 0);
    await writer.complete(facts);
    expect(await (await store.array(KEY)).read()).toHaveLength(0);
  });

  it('refuses rows that do not fit, and names array and shape', async () => {
    const writer = await begin(await ResultStore.open(folder), 1);
    await expect(writer.write('array', 1, values(0))).rejects.toThrow(/6 float32 values from row 1 .*2 × 3/);
    await expect(writer.write('array', 0, new Float64Array(6))).rejects.toThrow(/float64/);
    await expect(writer.write('scores', 0, values(0))).rejects.toThrow(/no array called "scores"/);
    await writer.release();
  });

  it('of an unreadable format version counts as absent', async () => {
    const store = await ResultStore.open(folder);
    await (await begin(store, 1)).complete(facts);
    const path = join(folder, '.xome', 'results', KEY, 'meta.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"format": 1', '"format": 99'));
    expect(await store.meta(KEY)).toBeUndefined();
  });
});

describe('a half-finished result', () => {
  it('goes on after a torn ledger line', async () => {
    const store = await ResultStore.open(folder);
    const first = await begin(store, 3);
    await first.write('array', 0, values(0));
    await first.finishBlock(0, { passes: 7 });
    await first.release();
    await appendFile(ledger(), '{"block":1,"in');

    const second = await begin(store, 3);
    expect([...second.finished]).toEqual([[0, { passes: 7 }]]);
    await second.finishBlock(2, {});
    await second.release();
    const third = await begin(store, 3);
    expect([...third.finished.keys()]).toEqual([0, 2]);
    await third.release();
    expect(await (await store.array(KEY)).read(0, 2)).toEqual(values(0));
  });

  it('starts over when the layout is another, or an array is cut short', async () => {
    const store = await ResultStore.open(folder);
    const first = await begin(store, 3);
    await first.finishBlock(0, {});
    await first.release();
    const second = await begin(store, 2);
    expect(second.finished.size).toBe(0);
    await second.finishBlock(0, {});
    await second.release();
    await writeFile(store.path(KEY), 'short');
    const third = await begin(store, 2);
    expect(third.finished.size).toBe(0);
    await third.release();
  });

  it('survives kill -9: the next process computes only what is missing', async () => {
    const victim = startWorker(40, 20);
    await new Promise<void>(resolve => {
      let lines = 0;
      victim.stdout?.on('data', (chunk: Buffer) => {
        lines += chunk.toString().split('\n').length - 1;
        if (lines >= 3) resolve();
      });
    });
    victim.kill('SIGKILL');
    await new Promise(resolve => victim.once('exit', resolve));

    const store = await ResultStore.open(folder);
    expect(await store.meta(KEY)).toBeUndefined();
    const heir = startWorker(0, 20);
    const output = heir.stdout ? await text(heir.stdout) : '';
    const computed = output.match(/^block /gm)?.length ?? 0;
    expect(computed).toBeGreaterThan(0);
    expect(computed).toBeLessThanOrEqual(17);
    expect(output).toContain('completed');
    const array = await (await store.array(KEY)).read();
    expect(array).toEqual(Float32Array.from(Array.from({ length: 20 }, (_, block) => [...values(block)]).flat()));
  });
});

describe('two processes and one key', () => {
  it('share the work out: one computes, the others wait and read', async () => {
    const outputs = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { stdout } = startWorker(20, 5);
        return stdout ? text(stdout) : '';
      }),
    );
    expect(outputs.filter(output => output === 'complete\n')).toHaveLength(3);
    expect(outputs.filter(output => output.endsWith('completed\n'))).toHaveLength(1);
  });

  it('waiting ends with the signal', async () => {
    const store = await ResultStore.open(folder);
    const writer = await begin(store, 1);
    await expect(store.begin(KEY, layout(1), AbortSignal.timeout(150))).rejects.toThrow(/timeout/);
    await writer.release();
  });

  it('a claim of another machine counts until it was silent for five minutes', async () => {
    const store = await ResultStore.open(folder);
    const claim = join(folder, '.xome', 'locks', `${KEY}.far.claim`);
    await writeFile(claim, JSON.stringify({ pid: 1, host: 'another-machine', started: '' }));
    await expect(store.begin(KEY, layout(1), AbortSignal.timeout(150))).rejects.toThrow(/timeout/);
    const past = new Date(Date.now() - 301_000);
    await utimes(claim, past, past);
    await (await begin(store, 1)).release();
  });

  it('a writer that lost its lock stops at the next block', async () => {
    const store = await ResultStore.open(folder);
    const writer = await begin(store, 1);
    await rm(join(folder, '.xome', 'locks'), { recursive: true });
    await mkdir(join(folder, '.xome', 'locks'));
    await expect(writer.finishBlock(0, {})).rejects.toThrow(/taken over/);
  });
});

describe('names and garbage', () => {
  it('removes what no experiment leads to, keeps what a named result was computed from', async () => {
    const store = await ResultStore.open(folder);
    const experiment = join(folder, 'a.xome');
    await writeFile(experiment, '');
    for (const key of [KEY, OTHER, 'ef'.repeat(32), '01'.repeat(32), '23'.repeat(32)]) {
      const writer = await store.begin(key, layout(1));
      if (writer !== 'complete') await writer.complete({ ...facts, task: key === KEY ? facts.task : {} });
    }
    await store.name(experiment, 'grad', KEY); // computed from OTHER, as its task says
    await store.name(experiment, 'later', 'ff'.repeat(32), ['01'.repeat(32)]);
    await store.name(join(folder, 'gone.xome'), 'grad', '23'.repeat(32));

    const { removed, bytes } = await store.collect();
    expect(removed).toBe(2);
    expect(bytes).toBeGreaterThan(200);
    expect(await store.meta(OTHER)).toBeDefined();
    expect(await store.meta('01'.repeat(32))).toBeDefined();
    expect(await store.meta('ef'.repeat(32))).toBeUndefined();
    expect(await store.named(experiment, 'grad')).toBe(KEY);

    await store.keepNames(experiment, new Set(['later']));
    expect(await store.named(experiment, 'grad')).toBeUndefined();
    expect((await store.collect()).removed).toBe(2);
  });

  it('leaves alone what somebody works on', async () => {
    const store = await ResultStore.open(folder);
    const writer = await begin(store, 1);
    expect((await store.collect()).removed).toBe(0);
    await writer.release();
    expect((await store.collect()).removed).toBe(1);
  });

  it('names experiments outside the folder too, and keeps them', async () => {
    const store = await ResultStore.open(join(folder, 'inner'));
    const experiment = join(folder, 'outer.xome');
    await writeFile(experiment, '');
    await (await begin(store, 1)).complete(facts);
    await store.name(experiment, 'grad', KEY);
    expect((await store.collect()).removed).toBe(0);
    expect(await store.named(experiment, 'grad')).toBe(KEY);
  });

  it('remembers the last key that had a result, until the present one has', async () => {
    const store = await ResultStore.open(folder);
    const experiment = join(folder, 'a.xome');
    await writeFile(experiment, '');
    const [present, skipped] = ['12'.repeat(32), '34'.repeat(32)];
    expect(await store.lastComplete(experiment, 'grad')).toBeUndefined();
    await (await begin(store, 1)).complete(facts);
    await store.name(experiment, 'grad', KEY);
    for (const key of [skipped, present]) await store.name(experiment, 'grad', key);
    expect(await store.named(experiment, 'grad')).toBe(present);
    expect(await store.lastComplete(experiment, 'grad')).toBe(KEY);
    expect((await store.collect()).removed).toBe(0);

    const writer = await store.begin(present, layout(1));
    if (writer === 'complete') throw new Error('nothing has computed it');
    await writer.complete(facts);
    expect(await store.lastComplete(experiment, 'grad')).toBe(present);
    expect((await store.collect()).removed).toBe(1);
  });

  it('stays inside the workspace folder, and is at its top where there is none yet', async () => {
    const inner = join(folder, 'workspace');
    const file = join(inner, 'deep', 'a.xome');
    await ResultStore.open(folder);
    expect(await ResultStore.locate(file, inner)).toBe(inner);
    expect(await ResultStore.find(inner)).toBeUndefined();
    await ResultStore.open(join(inner, 'deep'));
    expect(await ResultStore.locate(file, inner)).toBe(join(inner, 'deep'));
    expect((await ResultStore.find(join(inner, 'deep')))?.folder).toBe(join(inner, 'deep'));
  });

  it('finds the store of the nearest ancestor', async () => {
    await ResultStore.open(folder);
    expect(await ResultStore.locate(join(folder, 'a', 'b', 'x.xome'))).toBe(folder);
  });
});

describe('hashFile', () => {
  it('is the SHA-256 of the content and notices a change of the same size', async () => {
    const store = await ResultStore.open(folder);
    const file = join(folder, 'model.onnx');
    await writeFile(file, 'abc');
    // FIPS 180-4, example of the one-block message.
    expect(await store.hashFile(file)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    const { mtime } = await stat(file);
    await writeFile(file, 'abd');
    await utimes(file, mtime, mtime);
    expect(await store.hashFile(file)).not.toMatch(/^ba7816bf/);
  });
});

const python = ['/usr/bin/python3', 'python3'].find(program => spawnSync(program, ['-c', 'import numpy']).status === 0);

describe.skipIf(python === undefined)('numpy', () => {
  it('loads arrays of any shape', async () => {
    const store = await ResultStore.open(folder);
    const axes = (...sizes: number[]): { name: string; size: number }[] => sizes.map(size => ({ name: 'axis', size }));
    const writer = await store.begin(KEY, {
      arrays: [
        { name: 'array', type: 'float32', axes: axes(2, 3), unit: '' },
        { name: 'predictions', type: 'float64', axes: axes(2), unit: '' },
        { name: 'none', type: 'float32', axes: axes(0, 7, 4), unit: '' },
      ],
      rows: 2,
      blockRows: 1,
    });
    if (writer === 'complete') throw new Error('expected a result to work on');
    await writer.write('array', 0, values(0));
    await writer.write('predictions', 1, Float64Array.of(0.1));
    await writer.complete(facts);
    const code = `
import numpy, sys
a, p, n = (numpy.load(path, mmap_mode=None) for path in sys.argv[1:])
print(a.dtype, a.tolist(), p.dtype, p.tolist(), n.shape)`;
    const paths = ['array', 'predictions', 'none'].map(name => store.path(KEY, name));
    const { stdout } = spawnSync(python ?? '', ['-c', code, ...paths], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('float32 [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] float64 [0.0, 0.1] (0, 7, 4)');
  });
});
