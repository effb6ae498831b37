/** Experiments from disk, as the command line reads them. */
import fc from 'fast-check';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkFile } from '../../server/src/language/check-file.js';
import { MemoryFiles, PRELUDE } from './memory.js';

const FIXTURE = join(import.meta.dirname, 'fixture');
const EXPERIMENT = join(FIXTURE, 'ctcf.xome');

describe('a sound experiment', () => {
  test('comes out whole: own declarations and used imports, each before its first use', async () => {
    const { experiment, diagnostics, texts } = await checkFile(EXPERIMENT);
    expect(diagnostics).toEqual([]);
    expect([...texts.keys()].map(path => basename(path))).toEqual(['models.xome', 'ctcf.xome']);
    expect(experiment?.file).toBe(EXPERIMENT);
    const names = experiment?.declarations.map(({ name }) => name) ?? [];
    expect(names.toSorted()).toEqual(
      ['agree', 'binding', 'ctcf', 'gap', 'grad', 'ig', 'ism', 'level', 'path', 'peaks', 'raw', 'shuffled'].toSorted(),
    );
    expect(names.indexOf('ctcf')).toBeLessThan(names.indexOf('binding'));
    expect(names.indexOf('binding')).toBeLessThan(names.indexOf('raw'));
  });

  test('values are converted and names resolved', async () => {
    const { experiment } = await checkFile(EXPERIMENT);
    const found = (name: string) => experiment?.declarations.find(declaration => declaration.name === name);
    expect(found('path')?.value).toEqual({
      head: {
        form: 'call',
        name: 'integrated_gradients',
        category: 'method',
        arguments: { baseline: { form: 'name', id: `${EXPERIMENT}#shuffled` }, steps: 'auto', tolerance: 0.01 },
      },
      of: [],
      stages: [],
    });
    expect(found('ig')?.value).toEqual({
      head: { form: 'name', id: `${EXPERIMENT}#path` },
      of: [{ form: 'name', id: `${join(FIXTURE, 'models.xome')}#binding` }],
      on: { form: 'name', id: `${EXPERIMENT}#peaks` },
      stages: [],
    });
    expect(found('ig')?.map).toBe('contribution');
    expect(found('grad')?.map).toBe('gradient');
    expect(found('peaks')?.documentation).toBe('Which bases does the CTCF model rely on, and do three methods agree?');
    expect(found('ctcf')?.folder).toBe(FIXTURE);
    expect(found('peaks')?.place.range.start).toEqual({ line: 3, character: 0 });
  });

  test('expectations and views', async () => {
    const { experiment } = await checkFile(EXPERIMENT);
    expect(experiment?.expectations.map(({ place: _place, ...rest }) => rest)).toEqual([
      {
        metric: `${EXPERIMENT}#gap`,
        statistic: 'max',
        comparison: { is: '<', bound: 0.01 },
        text: 'expect gap.max < 1%',
      },
      {
        metric: `${EXPERIMENT}#agree`,
        statistic: 'median',
        comparison: { is: '>', bound: 0.6 },
        confidence: 0.95,
        text: 'expect agree.median > 60% at 95%',
      },
      {
        metric: `${EXPERIMENT}#level`,
        statistic: 'mean',
        comparison: { is: 'in', low: -2, high: 2.5 },
        text: 'expect level in -2..2.5',
      },
    ]);
    expect(experiment?.views.map(({ call }) => call.arguments)).toEqual([
      { maps: ['ig', 'grad', 'ism'].map(name => ({ form: 'name', id: `${EXPERIMENT}#${name}` })) },
    ]);
  });
});

describe('faults', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xome-check-'));
    await cp(FIXTURE, folder, { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a fault in an import is reported there and withholds the experiment', async () => {
    await writeFile(
      join(folder, 'models.xome'),
      'model ctcf = onnx("models/ctcf.onnx", input: dna(0))\ntarget binding = logit of ctcf',
    );
    const { experiment, diagnostics } = await checkFile(join(folder, 'ctcf.xome'));
    expect(experiment).toBeUndefined();
    expect(diagnostics).toEqual([
      {
        file: join(folder, 'models.xome'),
        range: { start: { line: 0, character: 49 }, end: { line: 0, character: 50 } },
        severity: 'error',
        code: 'value/range',
        message: '`length` is 0; expected a whole number from 1 to 10,000,000 (bp).',
      },
    ]);
  });

  test('hints do not withhold the experiment', async () => {
    const path = join(folder, 'hint.xome');
    await cp(join(FIXTURE, 'models.xome'), join(folder, 'models.xome'));
    await writeFile(path, (await readFile(EXPERIMENT, 'utf8')).replace('60%', '0.6'));
    const { experiment, diagnostics } = await checkFile(path);
    expect(diagnostics.map(({ severity, code }) => [severity, code])).toEqual([['hint', 'unit/percent']]);
    expect(experiment?.expectations[1]?.comparison).toEqual({ is: '>', bound: 0.6 });
  });

  test('a file that is not there is a finding', async () => {
    const { experiment, diagnostics } = await checkFile(join(folder, 'none.xome'));
    expect(experiment).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(['file/unreadable']);
  });
});

test('nothing that is written makes the checker throw, and what it calls sound becomes an experiment', async () => {
  const sound = await readFile(EXPERIMENT, 'utf8');
  const words = [
    ...sound.split(/\b/),
    ...'()[]{}|,:=%-".'.split(''),
    ' of ',
    ' on ',
    '\n',
    'catalog ',
    'ensemble ',
    '"',
    '//',
  ];
  const edit = fc.record({ at: fc.nat(), cut: fc.nat({ max: 12 }), word: fc.constantFrom(...words) });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async edits => {
      const text = edits.reduce((current, { at, cut, word }) => {
        const from = at % (current.length + 1);
        return current.slice(0, from) + word + current.slice(from + cut);
      }, PRELUDE + sound);
      const files = new Map([['/w/main.xome', text]]);
      const { experiment, diagnostics } = await checkFile('/w/main.xome', { files: () => new MemoryFiles(files) });
      expect(experiment === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'));
      expect(diagnostics.filter(({ code }) => code === 'language')).toEqual([]);
    }),
    { seed: 1, numRuns: 60 },
  );
});
