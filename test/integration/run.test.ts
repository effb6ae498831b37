import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunDocument } from '../../server/src/cli/documents.js';
import { expectSameMap, sum } from '../engine/methods/close.js';
import { PLANTED } from '../engine/methods/workbench.js';
import { arrayFiles, buildXome, declaration, Desk, removeXome, values } from './xome.js';

const TIMEOUT = 180_000;

beforeAll(buildXome, TIMEOUT);
afterAll(removeXome);

const desks: Desk[] = [];
async function desk(experiment: string): Promise<Desk> {
  const made = await Desk.create(experiment, PLANTED);
  desks.push(made);
  return made;
}
afterEach(async () => {
  for (const made of desks.splice(0)) await made.remove();
});

const SMALL = `/// A small experiment.
model     net   = onnx("planted_motifs.onnx", input: dna(100))
target    score = logit of net
data      few   = simulate_motifs(["TGASTCA", "WGATAAR", "CACGTGAC"], sequences: 12, positives: 100%, seed: 8)
method    path  = integrated_gradients(baseline: uniform, steps: 8)
attribution raw  = saliency of score on few
attribution grad = raw | simplex_correction
attribution ig   = path of score on few
metric gap   = completeness of ig
metric agree = rank_agreement of ig, grad
expect agree.median > 1%
`;

/** An attribution of some seconds, in many blocks. */
const LONG = `
model     net   = onnx("planted_motifs.onnx", input: dna(100))
target    score = logit of net
data      many  = simulate_motifs(["TGASTCA", "WGATAAR", "CACGTGAC"], sequences: 400, positives: 100%, seed: 8)
reference shuffled = dinucleotide_shuffle(copies: 4, seed: 1)
attribution ig  = integrated_gradients(baseline: shuffled, steps: 64) of score on many
`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const statuses = ({ declarations }: RunDocument): Record<string, string> =>
  Object.fromEntries(declarations.filter(d => d.status !== 'declared').map(d => [d.name, d.status]));
const all = (status: string, ...names: string[]) => Object.fromEntries(names.map(name => [name, status]));

describe('a second run', () => {
  it('computes nothing', { timeout: TIMEOUT }, async () => {
    const place = await desk(SMALL);
    expect(statuses(await place.run())).toEqual(all('computed', 'few', 'raw', 'grad', 'ig', 'gap', 'agree'));
    const again = await place.xome('run', 'a.xome');
    expect(again.err).toContain('Nothing to compute: everything that the experiment asks for is in the store.\n');
    expect(again.code).toBe(0);
  });

  it('computes only what an edit concerns', { timeout: TIMEOUT }, async () => {
    const place = await desk(SMALL);
    await place.run();
    const names = ['few', 'raw', 'grad', 'ig', 'gap', 'agree'];
    await place.write(SMALL.replace('> 1%', '> 99.9%'));
    expect(statuses(await place.run({ code: 1 }))).toEqual(all('stored', ...names));
    await place.write(`// Another comment.\n${SMALL.replace('A small', 'Still a small')}`);
    expect(statuses(await place.run())).toEqual(all('stored', ...names));
    await place.write(SMALL.replaceAll(/\bgrad\b/g, 'corrected'));
    expect(statuses(await place.run())).toEqual(all('stored', 'few', 'raw', 'corrected', 'ig', 'gap', 'agree'));
    await place.write(SMALL.replace('steps: 8', 'steps: 9'));
    expect(statuses(await place.run())).toEqual({
      ...all('stored', 'few', 'raw', 'grad'),
      ...all('computed', 'ig', 'gap', 'agree'),
    });
  });
});

const ASKING = SMALL.slice(0, SMALL.indexOf('metric gap'))
  .concat(`metric loyal  = infidelity(samples: 10, seed: 1) of grad
metric chance = model_randomisation(seed: 1) of grad
metric fall   = deletion(seed: 1) of grad
`);

it('metrics that ask the model again find its file', { timeout: TIMEOUT }, async () => {
  const place = await desk(ASKING);
  expect(statuses(await place.run())).toEqual(all('computed', 'few', 'raw', 'grad', 'ig', 'loyal', 'chance', 'fall'));
});

describe('a long attribution', () => {
  let undisturbed: Desk;
  let expected: Map<string, Buffer>;
  beforeAll(async () => {
    undisturbed = await Desk.create(LONG, PLANTED);
    expected = await arrayFiles(await undisturbed.run(), 'ig');
  }, TIMEOUT);
  afterAll(() => undisturbed.remove());

  async function expectUndisturbed(document: RunDocument): Promise<void> {
    const found = await arrayFiles(document, 'ig');
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, bytes] of expected) expect(found.get(name)!.equals(bytes), name).toBe(true);
  }

  it('goes on after its engine was killed, and gives the same bytes', { timeout: TIMEOUT }, async () => {
    const place = await desk(LONG);
    const running = place.start('run', 'a.xome', '--json');
    await place.untilFinished('ig', 2);
    process.kill(running.engine(), 'SIGKILL');
    const { code, err, out } = await running.ended;
    expect(code).toBe(3);
    expect(err).toMatch(/✗ \[2\/2\] ig = integrated_gradients of score on many: failed/);
    expect(declaration(JSON.parse(out) as RunDocument, 'ig').problem).toMatchObject({
      code: 'engine/out-of-memory',
      message:
        'The engine ended unexpectedly (signal SIGKILL). ' +
        'This happened while "integrated_gradients of score on many" was computed.',
      remedy: expect.stringContaining('Finished blocks are kept: run again to go on.') as string,
    });
    const kept = await place.finishedBlocks('ig');
    expect(kept.length).toBeGreaterThanOrEqual(2);

    const document = await place.run();
    expect(statuses(document)).toEqual({ many: 'stored', ig: 'computed' });
    const whole = await place.finishedBlocks('ig');
    expect(whole.length).toBeGreaterThan(kept.length);
    expect(whole.slice(0, kept.length)).toEqual(kept);
    expect(new Set(whole.map(text => (JSON.parse(text) as { block: number }).block)).size).toBe(whole.length);
    await expectUndisturbed(document);
  });

  it('goes on after the command itself was killed, and leaves no engine behind', { timeout: TIMEOUT }, async () => {
    const place = await desk(LONG);
    const running = place.start('run', 'a.xome');
    await place.untilFinished('ig', 2);
    const engine = running.engine();
    running.kill();
    await running.ended;
    await expect.poll(() => isAlive(engine), { timeout: 10_000 }).toBe(false);
    const kept = await place.finishedBlocks('ig');
    const document = await place.run();
    expect((await place.finishedBlocks('ig')).slice(0, kept.length)).toEqual(kept);
    await expectUndisturbed(document);
  });

  it('ends within a second of Ctrl-C, and keeps its finished blocks', { timeout: TIMEOUT }, async () => {
    const place = await desk(LONG);
    const running = place.start('run', 'a.xome');
    const before = await place.untilFinished('ig', 1);
    const at = performance.now();
    running.interrupt();
    const { code, err } = await running.ended;
    // One second of grace, and time for two processes to end on a busy machine.
    expect(performance.now() - at).toBeLessThan(3000);
    expect(code).toBe(130);
    expect(err).toMatch(/not run, the run was cancelled; finished blocks are kept/);
    const kept = await place.finishedBlocks('ig');
    expect(kept.slice(0, before.length)).toEqual(before);
    const shown = await place.xome('show', 'a.xome', 'ig');
    expect(shown.code).toBe(3);
  });

  it('is computed once when two processes ask for it at the same time', { timeout: TIMEOUT }, async () => {
    const place = await desk(LONG);
    const both = await Promise.all([place.run(), place.run()]);
    for (const document of both) await expectUndisturbed(document);
    const blocks = (await place.finishedBlocks('ig')).map(text => (JSON.parse(text) as { block: number }).block);
    expect(blocks).toEqual(blocks.map((_, block) => block));
  });
});

it('the reference backend agrees with the native runtime', { timeout: TIMEOUT }, async () => {
  const place = await desk(SMALL.replace('sequences: 12', 'sequences: 2'));
  const native = await place.run();
  const reference = await place.run({ more: ['--backend', 'reference'] });
  expect(statuses(reference)).toMatchObject({ few: 'stored', raw: 'computed', ig: 'computed' });
  for (const name of ['raw', 'grad', 'ig'])
    for (const array of ['array', 'scores', 'predictions'])
      expectSameMap(await values(reference, name, array), await values(native, name, array), 1e-4);
});

const PYTHON = '/usr/bin/python3';
const hasNumpy = spawnSync(PYTHON, ['-c', 'import numpy']).status === 0;

describe.skipIf(!hasNumpy)('numpy', () => {
  it('opens every array with the shape and type that --json says', { timeout: TIMEOUT }, async () => {
    const document = await (await desk(SMALL)).run();
    const { array, arrays } = declaration(document, 'ig');
    const all = [array!, ...Object.values(arrays ?? {})];
    const script =
      'import json, sys, numpy\n' +
      'arrays = [numpy.load(path) for path in sys.argv[1:]]\n' +
      'print(json.dumps([[list(a.shape), str(a.dtype), float(numpy.float64(a).sum())] for a in arrays]))';
    const { stdout } = spawnSync(PYTHON, ['-c', script, ...all.map(one => one.path)], { encoding: 'utf8' });
    const found = JSON.parse(stdout) as [number[], string, number][];
    expect(found.map(([shape, type]) => [shape, type])).toEqual(all.map(({ shape, type }) => [shape, type]));
    expect(array!.shape).toEqual([12, 100, 4]);
    expect(found[0]![2]).toBeCloseTo(sum(await values(document, 'ig')), 6);
  });
});

describe('exit codes', () => {
  it('are 0, 1 when an expectation fails, 2 when the text is wrong', { timeout: TIMEOUT }, async () => {
    const place = await desk(SMALL);
    expect((await place.xome('run', 'a.xome', '--only', 'few')).code).toBe(0);
    await place.write(SMALL.replace('> 1%', '> 99.9%'));
    const failed = await place.xome('run', 'a.xome');
    expect(failed.code).toBe(1);
    expect(failed.out).toMatch(/✗ expect agree\.median > 99\.9%/);
    await place.write(SMALL.replace('of score on few', 'of socre on few'));
    expect((await place.xome('run', 'a.xome')).code).toBe(2);
    await place.write(SMALL.replace('dna(100)', 'dna(101)'));
    const wrong = await place.xome('run', 'a.xome', '--json');
    expect([wrong.code, wrong.out]).toEqual([2, '']);
    expect(wrong.err).toMatch(/a\.xome:2:\d+: error .*101/);
  });

  it('is 3 when the run fails or a file cannot be read', { timeout: TIMEOUT }, async () => {
    const place = await desk(SMALL.replace('seed: 8)', 'seed: 8) | sample(13, seed: 1)'));
    const failed = await place.xome('run', 'a.xome');
    expect(failed.code).toBe(3);
    expect(failed.err).toMatch(/^a\.xome:4: error .*there are 12.*\[data\/too-few\]\n  \S/m);
    expect((await place.xome('run', 'none.xome')).code).toBe(3);
    const broken = await place.xome('model', 'a.xome.onnx');
    expect(broken.code).toBe(3);
    expect(broken.out).toBe('');
  });
});
