/** Runs and results as an editor sees them, with an engine that computes nothing and misbehaves on demand. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StartEngine } from '../../server/src/lsp/current-engine.js';
import { Supervisor } from '../../server/src/run/supervisor.js';
import { buildFakeEngine } from '../run/fake.js';
import { Editor } from './editor.js';

const EXPERIMENT = `/// Can these explanations be believed?
model  net   = onnx("model.onnx", input: dna(3))
target score = logit of net
data   peaks = fasta("a.fa", label: 1)
method path  = integrated_gradients(baseline: uniform)
attribution raw  = saliency of score on peaks
attribution grad = raw | simplex_correction
attribution ig   = path of score on peaks
metric gap   = completeness of ig
metric agree = rank_agreement of grad, ig
expect gap.max < 1%
expect agree.median > 20%
`;
const LINES = EXPERIMENT.split('\n');
const lineOf = (start: string): number => LINES.findIndex(line => line.startsWith(start));

/** The experiment with integrated gradients that make the fake engine misbehave. */
const misbehaving = (behaviour: string): string => EXPERIMENT.replaceAll(/\bpath\b/g, `does_${behaviour}`);

let scratch: string;
let startEngine: StartEngine;
const editors: Editor[] = [];

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'xome-server-'));
  const script = await buildFakeEngine(scratch);
  startEngine = node => new Supervisor({ script, ...(node !== undefined && { node }) });
});
afterAll(() => rm(scratch, { recursive: true }));
afterEach(async () => {
  for (const editor of editors.splice(0)) await editor.close();
});

async function start(options?: unknown): Promise<Editor> {
  const editor = await Editor.start(startEngine, options === undefined ? {} : { options });
  editors.push(editor);
  await editor.write('model.onnx', 'fake');
  await editor.write('a.fa', '>a\nACG\n');
  return editor;
}

/** An editor in which the experiment has run to its end. */
async function startDone(text = EXPERIMENT): Promise<Editor> {
  const editor = await start();
  await editor.open('a.xome', text);
  expect(await editor.run('a.xome')).toEqual({ started: true });
  await expect.poll(async () => (await editor.view('a.xome'))?.running, { timeout: 20_000 }).toBe(false);
  return editor;
}

describe('a run', () => {
  it('fills every declaration, shows progress, and says each change', async () => {
    const editor = await startDone();
    expect(await editor.states('a.xome')).toEqual({
      peaks: 'done',
      raw: 'done',
      grad: 'done',
      ig: 'done',
      gap: 'done',
      agree: 'done',
    });
    const view = await editor.view('a.xome');
    expect(view).toMatchObject({ store: editor.folder, stale: [], running: false });
    expect(view?.snapshot?.documentation).toBe('Can these explanations be believed?');
    expect(view?.marks.find(({ name }) => name === 'ig')?.strip?.dark).toMatch(/^data:image\/svg\+xml;base64,/);
    expect(editor.progress[0]).toMatchObject({ kind: 'begin', title: 'Explainome: a.xome', cancellable: true });
    expect(editor.progress.at(-1)).toMatchObject({ kind: 'end' });
    expect(editor.lensRefreshes).toBeGreaterThan(0);
    const pauses = editor.changes.slice(1).map((time, index) => time - (editor.changes[index] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThan(80);
  });
});
