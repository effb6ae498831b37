/** Runs and results as an editor sees them, with an engine that computes nothing and misbehaves on demand. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StartEngine } from '../../server/src/lsp/current-engine.js';
import { DiagnosticSeverity } from 'vscode-languageserver';
import type { Diagnostic } from 'vscode-languageserver';
import { Supervisor } from '../../server/src/run/supervisor.js';
import { buildFakeEngine } from '../run/fake.js';
import { Editor, OPTIONS } from './editor.js';

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

const ended = async (editor: Editor, name = 'a.xome'): Promise<void> => {
  await expect.poll(async () => (await editor.view(name))?.running, { timeout: 20_000 }).toBe(false);
};

const codes = (diagnostics: readonly Diagnostic[]) => diagnostics.map(({ code }) => code);

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
    const [first = 0, last = 0] = [editor.changes[0], editor.changes.at(-1)];
    expect(editor.changes.length).toBeLessThanOrEqual(2 + (last - first) / 100);
  });

  it('of some declarations computes those and what they need', async () => {
    const editor = await start();
    await editor.open('a.xome', EXPERIMENT);
    await editor.run('a.xome', ['grad']);
    await ended(editor);
    expect(await editor.states('a.xome')).toMatchObject({ peaks: 'done', raw: 'done', grad: 'done', ig: 'missing' });
    expect(await editor.run('a.xome', ['nothing'])).toMatchObject({
      started: false,
      reason: expect.stringContaining('called "nothing"'),
    });
  });

  it('leaves typing alone', async () => {
    const editor = await start();
    await editor.open('a.xome', misbehaving('wait'));
    await editor.run('a.xome');
    await expect.poll(() => editor.states('a.xome')).toMatchObject({ ig: 'running', gap: 'waiting', raw: 'done' });
    const began = performance.now();
    await editor.change('a.xome', `${misbehaving('wait')}\nmetric more = comp`);
    const { items } = await editor.completion('a.xome', LINES.length, 18);
    expect(items.map(({ label }) => label)).toContain('completeness');
    expect(performance.now() - began).toBeLessThan(500);
    await editor.cancel('a.xome');
    await ended(editor);
  });

  it('stops at the request of a lens or of the progress display, and keeps what is finished', async () => {
    const editor = await start();
    await editor.open('a.xome', misbehaving('wait'));
    expect(await editor.cancel('a.xome')).toEqual({ cancelled: false });
    for (const cancel of [() => editor.cancel('a.xome'), () => editor.cancelProgress()]) {
      await editor.run('a.xome');
      await expect.poll(async () => (await editor.states('a.xome')).ig).toBe('running');
      expect((await editor.lenses('a.xome')).map(({ command }) => command?.command)).toContain('explainome.cancel');
      await cancel();
      await ended(editor);
      expect(await editor.states('a.xome')).toMatchObject({ raw: 'done', grad: 'done', ig: 'missing', gap: 'missing' });
      expect(editor.diagnostics('a.xome')).toEqual([]);
    }
  });

  it('waits for that of another document, and is not started twice', async () => {
    const editor = await start();
    await editor.open('a.xome', misbehaving('wait'));
    await editor.open('b.xome', EXPERIMENT);
    await editor.run('a.xome');
    expect(await editor.run('b.xome')).toEqual({ started: true });
    expect(await editor.run('b.xome')).toMatchObject({ started: false, reason: expect.stringContaining('already') });
    await expect.poll(() => editor.states('b.xome')).toMatchObject({ gap: 'waiting' });
    await editor.cancel('a.xome');
    await ended(editor, 'b.xome');
    expect(await editor.states('b.xome')).toMatchObject({ gap: 'done', ig: 'done' });
  });

  it('that loses its engine says so where it happened; the next one has a fresh engine', async () => {
    const editor = await startDone(misbehaving('crash'));
    const failed = () => editor.diagnostics('a.xome').filter(({ severity }) => severity === DiagnosticSeverity.Error);
    const start = { line: lineOf('attribution ig'), character: 12 };
    await expect.poll(failed).toMatchObject([{ code: 'engine/crash', source: 'explainome', range: { start } }]);
    expect(await editor.states('a.xome')).toMatchObject({ raw: 'done', ig: 'failed', gap: 'failed' });
    await editor.change('a.xome', EXPERIMENT);
    await editor.run('a.xome');
    await ended(editor);
    expect(await editor.states('a.xome')).toMatchObject({ ig: 'done', gap: 'done' });
    expect(codes(editor.diagnostics('a.xome'))).not.toContain('engine/crash');
  });

  it('without an engine names the setting, once', async () => {
    const editor = await start({ ...OPTIONS, engineNode: '/no/such/node' });
    await editor.open('a.xome', EXPERIMENT);
    await editor.run('a.xome');
    await ended(editor);
    const problems = () => editor.diagnostics('a.xome').filter(({ range }) => range.start.line > 0);
    await expect.poll(() => codes(problems())).toEqual(['engine/no-start']);
    expect(problems()[0]?.message).toContain('explainome.engine.node');
    await editor.options(OPTIONS);
    await editor.run('a.xome');
    await ended(editor);
    expect(await editor.states('a.xome')).toMatchObject({ gap: 'done' });
    expect(codes(editor.diagnostics('a.xome'))).not.toContain('engine/no-start');
  });
});

describe('results', () => {
  it('of the present text are there when a document is opened', async () => {
    const first = await startDone();
    const { folder } = first;
    editors.splice(0);
    await first.close(true);
    const editor = await Editor.start(startEngine, { folder });
    editors.push(editor);
    await editor.open('a.xome', EXPERIMENT);
    await expect.poll(() => editor.states('a.xome')).toMatchObject({ peaks: 'done', ig: 'done', agree: 'done' });
    expect(editor.progress).toEqual([]);

    // The text on the disk, or in another window, may be another one.
    await editor.closeDocument('a.xome');
    await editor.open('a.xome', EXPERIMENT.replace('uniform', 'zeros'));
    await expect.poll(() => editor.states('a.xome')).toMatchObject({ raw: 'done', ig: 'stale', gap: 'stale' });
  });

  it('become stale with an edit and are replaced by a run', async () => {
    const editor = await startDone();
    const before = await editor.view('a.xome');
    const keyOf = (view: typeof before, name: string) => view?.snapshot?.maps.find(map => map.name === name)?.key;
    await editor.change('a.xome', EXPERIMENT.replace('uniform', 'zeros'));
    await expect
      .poll(() => editor.states('a.xome'))
      .toEqual({ peaks: 'done', raw: 'done', grad: 'done', ig: 'stale', gap: 'stale', agree: 'stale' });
    const stale = await editor.view('a.xome');
    expect(stale?.stale).toEqual(['ig', 'gap', 'agree']);
    expect(keyOf(stale, 'ig')).toBe(keyOf(before, 'ig'));
    expect((await editor.hints('a.xome')).map(({ label }) => label)).toContain('gradient, 2.0 s (stale)');
    await expect
      .poll(() => editor.diagnostics('a.xome'))
      .toMatchObject([
        { code: 'expect/failed', severity: DiagnosticSeverity.Information, message: expect.stringContaining('Stale') },
      ]);
    expect(await editor.hover('a.xome', lineOf('metric gap'), 7)).toContain('**Stale**');

    await editor.run('a.xome');
    await ended(editor);
    const after = await editor.view('a.xome');
    expect(after?.stale).toEqual([]);
    expect(keyOf(after, 'ig')).not.toBe(keyOf(before, 'ig'));
    expect(keyOf(after, 'raw')).toBe(keyOf(before, 'raw'));
  });

  it('computed for a text that has changed meanwhile are shown as stale', async () => {
    const editor = await start();
    await editor.open('a.xome', EXPERIMENT);
    expect(await editor.run('a.xome')).toEqual({ started: true });
    await editor.change('a.xome', EXPERIMENT.replace('uniform', 'zeros'));
    await ended(editor);
    await expect.poll(() => editor.states('a.xome')).toMatchObject({ raw: 'done', ig: 'stale', gap: 'stale' });
  });

  it('outlive a run that is cancelled and a window that is closed', async () => {
    const first = await startDone();
    const { folder } = first;
    // The method by another name: all that depends on it has to be computed again.
    const waiting = misbehaving('wait').replace('uniform', 'zeros');
    await first.change('a.xome', waiting);
    await first.run('a.xome');
    await expect.poll(async () => (await first.states('a.xome')).ig).toBe('running');
    editors.splice(0);
    await first.close(true);
    const editor = await Editor.start(startEngine, { folder });
    editors.push(editor);
    await editor.open('a.xome', waiting);
    await expect.poll(() => editor.states('a.xome')).toMatchObject({ raw: 'done', ig: 'stale', gap: 'stale' });
  });

  it('become stale when a file changes that they were computed from', async () => {
    const editor = await startDone();
    await editor.write('a.fa', '>a\nTTT\n');
    await editor.client.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: editor.uri('a.fa'), type: 2 }],
    });
    await expect.poll(() => editor.states('a.xome'), { timeout: 5000 }).toMatchObject({ peaks: 'stale', ig: 'stale' });
    const view = await editor.view('a.xome');
    expect(view?.snapshot?.maps[0]?.data).toBe(view?.snapshot?.data[0]?.key);
  });

  it('stay while the text has errors', async () => {
    const editor = await startDone();
    await editor.change('a.xome', `${EXPERIMENT}metric`);
    await expect.poll(async () => (await editor.view('a.xome'))?.blocked).toMatch(/errors/);
    expect(new Set(Object.values(await editor.states('a.xome')))).toEqual(new Set(['stale']));
    expect((await editor.view('a.xome'))?.snapshot?.metrics).toHaveLength(2);
    expect(await editor.run('a.xome')).toMatchObject({ started: false });
    await editor.change('a.xome', EXPERIMENT);
    await expect.poll(() => editor.states('a.xome')).toMatchObject({ ig: 'done' });
  });

  it('judge expectations beside what the language finds', async () => {
    const editor = await startDone(EXPERIMENT.replace('> 20%', '> 0.2'));
    await expect
      .poll(() => codes(editor.diagnostics('a.xome')))
      .toEqual(['unit/percent', 'expect/failed', 'expect/met-not-shown']);
    const failed = editor.diagnostics('a.xome')[1];
    expect(failed).toMatchObject({
      severity: DiagnosticSeverity.Error,
      source: 'explainome',
      message: expect.stringMatching(/^Expected below 1\s%: gap\.max is 90\s% \(4 examples\)/),
      range: { start: { line: lineOf('expect gap'), character: 0 } },
      relatedInformation: [
        { message: 'gap = completeness of ig', location: { range: { start: { line: lineOf('metric gap') } } } },
      ],
    });
    // A change elsewhere publishes the language's findings again, and not without the others.
    await editor.change('a.xome', `\n${EXPERIMENT.replace('> 20%', '> 0.2')}`);
    await expect.poll(() => editor.diagnostics('a.xome')[1]?.range.start.line).toBe(lineOf('expect gap') + 1);
    expect(codes(editor.diagnostics('a.xome'))).toEqual(['unit/percent', 'expect/failed', 'expect/met-not-shown']);
  });

  it('are hinted at after their declarations', async () => {
    const editor = await startDone();
    const hints = await editor.hints('a.xome');
    expect(hints.map(({ position, label }) => [LINES[position.line]?.split(/\s+/)[1], label])).toEqual([
      ['peaks', '4 × 3 nt'],
      ['raw', 'gradient, 2.0 s'],
      ['grad', 'gradient, 2.0 s'],
      ['ig', 'gradient, 2.0 s'],
      ['gap', '90\u00a0%'],
      ['agree', '50\u00a0% [2.5\u00a0%, 97.5\u00a0%]'],
      ['gap.max', '✗ 90\u00a0%'],
      ['agree.median', '✓ 50\u00a0%'],
    ]);
  });

  it('of ensembles and benchmarks have a lens and a value, and become stale', async () => {
    const text = (epochs: number): string => `model  net   = onnx("model.onnx", input: dna(3))
target score = logit of net
data   peaks = fasta("a.fa", label: 1)
network  small = layers([global_max_pool, dense(1)])
ensemble nets  = train(small, members: 2, epochs: ${epochs}, seed: 1) on peaks
target   own   = logit of nets
benchmark table = compare(methods: [saliency, input_x_gradient], metrics: [complexity]) of own on peaks
`;
    const editor = await startDone(text(2));
    expect(editor.diagnostics('a.xome').filter(({ severity }) => severity === DiagnosticSeverity.Error)).toEqual([]);
    expect(await editor.states('a.xome')).toEqual({ peaks: 'done', nets: 'done', table: 'done' });
    const shown = async (start: string) => {
      const line = text(2)
        .split('\n')
        .findIndex(each => each.startsWith(start));
      const [hints, lenses] = [await editor.hints('a.xome'), await editor.lenses('a.xome')];
      return {
        hint: hints.find(({ position }) => position.line === line)?.label,
        lenses: lenses.filter(({ range }) => range.start.line === line).map(({ command }) => command?.title),
      };
    };
    expect(await shown('ensemble')).toEqual({ hint: '2 networks, loss 0.25', lenses: ['$(graph) Show'] });
    const done = await shown('benchmark');
    expect(done).toEqual({ hint: expect.stringMatching(/^complexity\..*: /), lenses: ['$(graph) Show'] });
    const hover = async (line: number) => (await editor.hover('a.xome', line, 10)).replaceAll('&emsp;', '');
    expect(await hover(4)).toMatch(/2 networks[^]*\| loss +\| \*\*0\.25\*\* +\|/);
    expect(await hover(6)).toMatch(/2 combinations × 1 metric\n[^]*\| input\\_x\\_gradient +\|/);
    expect(await editor.copy('a.xome', 'nets', 'table')).toMatch(/^member\tepoch 1 loss\t/);
    expect(await editor.copy('a.xome', 'nets', 'python')).toContain('# member 2 × epoch');
    expect((await editor.copy('a.xome', 'table', 'table'))?.split('\n')[1]).toMatch(
      /^own\tsaliency\tnone\tnone\tnone\t/,
    );
    await editor.change('a.xome', text(3));
    await expect.poll(() => editor.states('a.xome')).toEqual({ peaks: 'done', nets: 'stale', table: 'stale' });
    expect(await shown('ensemble')).toEqual({
      hint: '2 networks, loss 0.25 (stale)',
      lenses: ['$(play) Run · up to 24 passes', '$(graph) Show'],
    });
    expect((await shown('benchmark')).hint).toMatch(/\(stale\)$/);
  });

  it('are explained in hovers, pictures included', async () => {
    const editor = await startDone();
    const metric = await editor.hover('a.xome', lineOf('metric agree'), 8);
    const row = metric.split('\n').find(line => line.includes('**median**')) ?? '';
    expect(row.replaceAll('&emsp;', '').split(/\s*\|\s*/)).toEqual([
      '',
      '**median**',
      '**50\u00a0%**',
      '2.5\u00a0% to 97.5\u00a0%',
      '4',
      'higher',
      'Median over examples of the shared top positions.',
      '',
    ]);
    expect(metric).toContain('```xome\nmetric agree = rank_agreement of grad, ig');
    expect(await editor.hover('a.xome', lineOf('expect agree'), 8)).toContain('**median**');
    const map = await editor.hover('a.xome', lineOf('attribution grad'), 13);
    expect(map).toContain('First example: **seq0** · target 1');
    const logo = /<img src="data:image\/svg\+xml;base64,([^"]+)" alt="Sequence logo of grad/.exec(map)?.[1] ?? '';
    // The fake scores are 0, 1, 2 at A, C, G.
    expect(
      Buffer.from(logo, 'base64')
        .toString()
        .match(/>[ACGT]</g),
    ).toEqual(['>C<', '>G<']);
    expect(map).toContain('Strongest: G at 3: **2** · C at 2: **1**');
  });

  it('of a model say what is in its file, once it may be read', async () => {
    const editor = await start({ ...OPTIONS, trusted: false });
    await editor.open('a.xome', EXPERIMENT);
    const hover = () => editor.hover('a.xome', lineOf('model'), 8);
    expect(await hover()).not.toContain('parameters');
    await editor.options(OPTIONS);
    await expect
      .poll(hover, { timeout: 10_000 })
      .toContain('1\u202f234 parameters · input batch × 4 × 3 → output batch × 1');
    const row = (await hover()).split('\n').find(line => line.includes('Conv'));
    expect(row?.replaceAll('&emsp;', '')).toMatch(/^\| Conv *\| 2 *\| exact/);
  });
});

describe('what the editor may ask', () => {
  it('is refused in a restricted workspace until it is trusted', async () => {
    const editor = await start({ ...OPTIONS, trusted: false });
    // 30 bp in the header against 3 in the text: an error, once the header may be read.
    await editor.write('long.onnx', 'fake');
    await editor.open('a.xome', EXPERIMENT.replace('model.onnx', 'long.onnx'));
    expect(await editor.view('a.xome')).toMatchObject({ blocked: expect.stringContaining('not trusted') });
    expect(await editor.run('a.xome')).toMatchObject({
      started: false,
      reason: expect.stringContaining('not trusted'),
    });
    expect(await editor.lenses('a.xome')).toEqual([]);
    await new Promise(settle => setTimeout(settle, 500));
    expect(editor.diagnostics('a.xome')).toEqual([]);
    expect(await editor.hover('a.xome', lineOf('metric gap'), 7)).toContain('completeness of ig');

    await editor.options({ trusted: 'yes' });
    expect(await editor.lenses('a.xome')).toEqual([]);
    await editor.options(OPTIONS);
    await expect.poll(() => codes(editor.diagnostics('a.xome')), { timeout: 5000 }).toContain('model/input-length');
    expect((await editor.lenses('a.xome'))[0]?.command).toMatchObject({ command: 'explainome.runAll' });
    await editor.change('a.xome', EXPERIMENT);
    await expect.poll(() => editor.run('a.xome')).toEqual({ started: true });
    await ended(editor);
  });

  it('is restricted when its options cannot be read, and not when it has none', async () => {
    const strange = await start({ trusted: 1 });
    await strange.open('a.xome', EXPERIMENT);
    expect(await strange.run('a.xome')).toMatchObject({ started: false });
    const plain = await start(null);
    await plain.open('a.xome', EXPERIMENT);
    expect(await plain.run('a.xome')).toEqual({ started: true });
    await ended(plain);
  });

  it('has an answer for documents that are not open, not saved or not an address', async () => {
    const editor = await start();
    expect(await editor.view('other.xome')).toBeNull();
    expect(await editor.run('other.xome')).toMatchObject({
      started: false,
      reason: expect.stringContaining('not open'),
    });
    expect(await editor.cancel('other.xome')).toEqual({ cancelled: false });
    expect(await editor.client.sendRequest('xome/view', { uri: 'no address' })).toBeNull();
    await editor.open('untitled:Untitled-1', 'reference r = uniform');
    const { client } = editor;
    const untitled = await client.sendRequest('xome/run', { uri: 'untitled:Untitled-1' });
    expect(untitled).toMatchObject({ started: false, reason: expect.stringContaining('Save the experiment') });
    const { text } = await client.sendRequest<{ text: string }>('xome/library', {});
    expect(text).toContain('catalog method saliency');
  });

  it.each([
    ['xome/run', { uri: 3 }],
    ['xome/run', { uri: 'file:///a.xome', only: 'raw' }],
    ['xome/cancel', {}],
    ['xome/view', null],
    ['xome/library', undefined],
  ])('is refused by name when %s has parameters %j', async (method, params) => {
    const editor = await start();
    await expect(editor.client.sendRequest(method, params)).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining(method),
    });
  });
});

describe('results elsewhere', () => {
  it('are copied as a table and as Python that names existing files', async () => {
    const editor = await startDone();
    const table = (await editor.copy('a.xome', 'ig', 'table'))?.split('\n') ?? [];
    expect(table.slice(0, 2)).toEqual(['example\tposition\tbase\tscore (logit)', 'seq0\t3\tG\t2']);
    expect(await editor.copy('a.xome', 'agree', 'table')).toMatch(
      /^statistic\tvalue.*\nmedian\t0\.5\tshare\t0\.025\t0\.975\t4\n/,
    );
    const python = (await editor.copy('a.xome', 'ig', 'python')) ?? '';
    expect(python).toMatch(
      /^import numpy as np\nig = np\.load\("[^"]+array\.npy"\) {2}# example 4 × position 3 × base 4, logit\n/,
    );
    for (const [, path] of python.matchAll(/"(\/[^"]+)"/g)) expect(existsSync(path!), path).toBe(true);
    expect(await editor.copy('a.xome', 'nothing', 'table')).toBeUndefined();
  });

  it('explain the sequences of the file that they come from', async () => {
    const editor = await startDone();
    const hover = await editor.rowHover('a.fa', ['unknown', 'seq1']);
    expect(hover).toMatch(
      /\*\*raw\*\* =.*a\.xome[^]*Example: \*\*seq1\*\*[^]*data:image\/svg\+xml[^]*Strongest: T at 3: \*\*5\*\*/,
    );
    expect(await editor.rowHover('a.fa', ['nobody'])).toBeUndefined();
    expect(await editor.rowHover('model.onnx', ['seq1'])).toBeUndefined();
    expect(await editor.rowHover('a.fa', ['seq1'], 1)).toMatch(/Here: [ACGT] at 2: \*\*4\*\*/);
  });

  it('paint those parts of sequences that are on screen, by the attribution that was chosen', async () => {
    const editor = await startDone();
    const found = (await editor.explanations('a.fa'))?.attributions ?? [];
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(['raw', 'ig']));
    expect(await editor.explanations('model.onnx')).toEqual({ attributions: [] });
    // Scores are 0 to 11, and each row is painted by its own largest, whatever part of it is asked for.
    const rows = [
      { names: ['seq3 of another file', 'seq3'], from: 1, to: 3 },
      { names: ['nobody'], from: 0, to: 3 },
      { names: ['seq0'], from: 0, to: 100 },
    ];
    expect(await editor.painted('a.fa', 'a.xome', 'raw', rows)).toEqual({ levels: ['ii', '', 'egi'] });
    expect(await editor.painted('a.fa', 'a.xome', 'gone', rows)).toBeUndefined();
  });

  it('are expectations with their place and outcome', async () => {
    const editor = await startDone();
    expect(await editor.expectations('a.xome')).toMatchObject({
      running: false,
      expectations: [
        {
          text: 'expect gap.max < 1%',
          metric: 'gap',
          outcome: 'failed',
          range: { start: { line: lineOf('expect gap') } },
        },
        { text: 'expect agree.median > 20%', metric: 'agree', outcome: expect.stringMatching(/^met/) },
      ],
    });
    await editor.change('a.xome', EXPERIMENT.replace('label: 1', 'label: 0'));
    await expect
      .poll(async () => (await editor.expectations('a.xome'))?.expectations.map(({ outcome }) => outcome))
      .toEqual([undefined, undefined]);
  });
});
