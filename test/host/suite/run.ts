/** Running experiments from the editor, and how results stand there: inline, stale, failed, cancelled, after a crash. */
import { describe, it } from 'mocha';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as vscode from 'vscode';
import { ArrayReader } from '../../../server/src/store/npy.js';
import { until } from '../waiting.js';
import {
  codeOf,
  diagnosticsOf,
  engines,
  hintOf,
  hints,
  hover,
  lenses,
  open,
  place,
  press,
  replace,
  severity,
} from './editing.js';
import { LONG, SMALL } from './experiments.js';

/** Whether a data set has been made: before, its hint says what the text promises. */
const haveData = async (document: vscode.TextDocument): Promise<boolean> =>
  (await hints(document)).some(({ tooltip }) => tooltip === 'Examples × length.');

const MET = 'expect found.auroc';
const FAILED = 'expect angle.over_30';

describe('a run', () => {
  it('is offered by lenses, and nothing is shown before', async () => {
    const document = await open('small.xome', SMALL);
    const all = await until('lens', async () => {
      const found = (await lenses(document)).filter(({ command }) => command === 'explainome.runAll');
      return found.length > 0 && found;
    });
    assert.deepEqual(
      all.map(({ line, arguments: given }) => [line, given]),
      [[0, [document.uri.toString()]]],
    );
    const single = (await lenses(document)).filter(({ command }) => command === 'explainome.run');
    const offered = single.map(({ arguments: given }) => (given as unknown[])[1]);
    for (const name of ['planted', 'raw', 'grad', 'ism', 'angle', 'found'])
      assert.ok(offered.includes(name), `No lens runs ${name}; there are ${offered.join(', ')}.`);
    assert.deepEqual(diagnosticsOf(document, FAILED), []);
    assert.equal(await hintOf(document, FAILED), '');
  });

  it('shows every result beside its declaration', async () => {
    const document = await open('small.xome');
    await press(document, 'explainome.runAll');
    await until('outcome', async () => (await hintOf(document, FAILED)).includes('✗'), 60_000);
    await until('other outcome', async () => (await hintOf(document, MET)).includes('✓'));
    assert.match(await hintOf(document, 'planted = '), /40.*100/);
    assert.match(await hintOf(document, 'metric found'), /^\d.*\[\d.*\d.*\] [▁-█]{2,8}$/);
  });

  it('makes a failed expectation an error on its line', async () => {
    const document = await open('small.xome');
    const [failed, ...others] = await until('diagnostic', () => {
      const found = diagnosticsOf(document, FAILED);
      return found.length > 0 && found;
    });
    assert.ok(failed);
    assert.deepEqual(others, []);
    assert.equal(failed.severity, severity.Error);
    assert.equal(failed.source, 'explainome');
    assert.equal(codeOf(failed), 'expect/failed');
    assert.match(failed.message, /angle\.over_30 is \d/);
    assert.deepEqual(diagnosticsOf(document, MET), []);
  });

  it('gives a metric a hover with value, interval, meaning and picture', async () => {
    const text = await hover(await open('small.xome'), 'angle = simplex');
    assert.match(text, /over_30/);
    assert.match(text, /95\s*%/);
    assert.match(text, /data:image\/svg\+xml/);
    assert.match(text, /better|lower|higher/i);
    assert.ok(text.length < 100_000, 'The editor cuts it.');
  });

  it('gives an attribution a hover with a logo', async () => {
    const text = await hover(await open('small.xome'), 'ism  = in_silico');
    assert.match(text, /data:image\/svg\+xml/);
    assert.ok(text.length < 100_000, 'The editor cuts it.');
  });

  it('puts results on the clipboard: a table, and Python that loads what the store holds', async function () {
    const document = await open('small.xome');
    const copied = async (command: string, name: string, expected: RegExp): Promise<string> => {
      await vscode.commands.executeCommand(`explainome.${command}`, document.uri.toString(), name);
      return until(`${name} on the clipboard`, async () => {
        const text = await vscode.env.clipboard.readText();
        return expected.test(text) && text;
      });
    };
    assert.match(await copied('copyTable', 'found', /^statistic\tvalue\t/), /\nauroc\t0\.\d+\tshare\t/);
    const python = await copied('copyPython', 'ism', /np\.load/);
    assert.equal(python.trim().split('\n').length, 3);
    const [, path = ''] = /np\.load\("([^"]+)"\)/.exec(python) ?? [];
    const array = await ArrayReader.open(path);
    const values = await array.read();
    const last = values.slice(-4);
    let printed: string;
    try {
      const print =
        'print(list(ism.shape), [float(v) for v in ism.reshape(-1)[-4:]], len(ism_examples), ism_examples[0])';
      printed = execFileSync('/usr/bin/python3', ['-c', `${python}\n${print}`], { encoding: 'utf8' });
    } catch (error) {
      if (/No module named 'numpy'|ENOENT/.test(String(error))) return this.skip();
      throw error;
    }
    const [, shape = '', ends = '', count, first] = /^(\[.*?\]) (\[.*?\]) (\d+) (.*)$/.exec(printed.trim()) ?? [];
    assert.deepEqual(JSON.parse(shape), array.shape);
    assert.deepEqual(Float32Array.from(JSON.parse(ends) as number[]), Float32Array.from(last));
    assert.deepEqual([count, first], ['40', 'simulated 0']);
  });

  it('keeps the results of an earlier text, as stale', async () => {
    const document = await open('small.xome');
    await replace(document, 'seed: 8', 'seed: 9');
    await until('stale value', async () => (await hintOf(document, 'metric found')).includes('stale'));
    assert.match(await hintOf(document, 'metric found'), /\d/);
    const [failed] = diagnosticsOf(document, FAILED);
    assert.notEqual(failed?.severity, severity.Error, 'An earlier text failed, not this one.');
    assert.match(await hover(document, 'angle = simplex'), /stale|earlier/i);
  });

  it('makes them current again', async () => {
    const document = await open('small.xome');
    await press(document, 'explainome.runAll');
    await until('current value', async () => {
      const hint = await hintOf(document, 'metric found');
      return /\d/.test(hint) && !hint.includes('stale');
    });
    await until('error', () => diagnosticsOf(document, FAILED)[0]?.severity === severity.Error);
  });

  it('is not needed when the text is again one whose results are stored', async () => {
    const document = await open('small.xome');
    await replace(document, 'seed: 9', 'seed: 8');
    await until('current value', async () => {
      const hint = await hintOf(document, 'metric found');
      return /\d/.test(hint) && !hint.includes('stale');
    });
  });

  it('shows stored results as soon as a file is opened', async () => {
    const document = await open('small.xome');
    await document.save();
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    const copy = await open('copy.xome', SMALL);
    await until('outcome', async () => (await hintOf(copy, FAILED)).includes('✗'));
  });

  it('computes one declaration, with what it needs', async () => {
    const document = await open('one.xome', SMALL.replaceAll('seed: 8', 'seed: 10'));
    await press(document, 'explainome.run', 'attribution grad');
    await until('result', () => haveData(document));
    await until('hover', async () => (await hover(document, 'grad = raw')).includes('data:image/svg+xml'));
    assert.ok(!(await hover(document, 'ism  = in_silico')).includes('data:image/svg+xml'));
  });
});

describe('a run under way', () => {
  const running = (document: vscode.TextDocument): Promise<unknown> =>
    until('lens to cancel', async () =>
      (await lenses(document)).some(({ command }) => command === 'explainome.cancel'),
    );
  const ended = (document: vscode.TextDocument): Promise<unknown> =>
    until(
      'end of the run',
      async () => !(await lenses(document)).some(({ command }) => command === 'explainome.cancel'),
    );

  it('does not hold up typing', async () => {
    const document = await open('long.xome', LONG);
    await press(document, 'explainome.runAll');
    await running(document);
    const taken: number[] = [];
    for (let time = 0; time < 10; time++) {
      const before = performance.now();
      await replace(document, LONG.slice(-5), LONG.slice(-5));
      const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        place(document, 'many\nattribution slow').start,
      );
      taken.push(performance.now() - before);
      assert.ok(items.length > 0);
    }
    const median = taken.sort((a, b) => a - b)[5] ?? Infinity;
    assert.ok(median < 500, `Half of the completions took more than ${median.toFixed(0)} ms.`);
  });

  it('can be cancelled', async () => {
    const document = await open('long.xome');
    await press(document, 'explainome.cancel');
    await ended(document);
    assert.deepEqual(diagnosticsOf(document, 'attribution slow'), []);
    assert.ok(!(await hover(document, 'slow  = in_silico')).includes('data:image/svg+xml'), 'It is not complete.');
  });

  it('that loses its engine says so where it stood, and the next one works', async () => {
    const document = await open('killed.xome', LONG.replace('seed: 9', 'seed: 11'));
    await press(document, 'explainome.run', 'attribution slow');
    await running(document);
    await until('result of the first step', () => haveData(document));
    for (const pid of engines()) process.kill(pid, 'SIGKILL');
    const [crash] = await until('diagnostic', () => {
      const found = diagnosticsOf(document, 'attribution slow');
      return found.length > 0 && found;
    });
    assert.equal(crash?.severity, severity.Error);
    assert.match(crash.message, /engine/i);
    await ended(document);

    await press(document, 'explainome.run', 'attribution quick');
    await until('result', async () => (await hover(document, 'quick = sal')).includes('data:image/svg+xml'), 40_000);
    // One that runs, and one where a header was read anew.
    assert.ok(engines().length <= 2, `${engines().length} engines are there.`);
  });
});
