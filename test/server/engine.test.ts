/** The language server with the engine that ships: a small experiment from an empty folder to its numbers. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Supervisor } from '../../server/src/run/supervisor.js';
import { Editor } from './editor.js';

const ROOT = join(import.meta.dirname, '../..');
// Inside node_modules, where the native runtime is found and nobody packs it.
const SCRIPT = join(ROOT, 'node_modules/.cache/explainome-test/engine.js');

const EXPERIMENT = `model  net   = onnx("planted_motifs.onnx", input: dna(100))
target score = logit of net
data   seqs  = simulate_motifs(["TGASTCA"], sequences: 16, positives: 100%, seed: 3)
truth  sites = planted_motifs of seqs
attribution ism = in_silico_mutagenesis of score on seqs
metric found = interpretability(truth: sites) of ism
expect found.auroc > 50%
expect found.auroc > 99.9%
`;

let editor: Editor;

beforeAll(async () => {
  await build({
    entryPoints: [join(ROOT, 'server/src/engine/main.ts')],
    outfile: SCRIPT,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['onnxruntime-node'],
    define: { EXPLAINOME_VERSION: '"test"' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  editor = await Editor.start(() => new Supervisor({ script: SCRIPT }));
  await cp(join(ROOT, 'examples/planted_motifs.onnx'), join(editor.folder, 'planted_motifs.onnx'));
});
afterAll(() => editor.close());

it('runs an experiment and shows what it found', async () => {
  await editor.open('small.xome', EXPERIMENT);
  expect(await editor.run('small.xome')).toEqual({ started: true });
  await expect.poll(async () => (await editor.view('small.xome'))?.running, { timeout: 40_000 }).toBe(false);
  expect(await editor.states('small.xome')).toEqual({ seqs: 'done', ism: 'done', found: 'done' });
  const hints = (await editor.hints('small.xome')).map(({ label }) => label);
  expect(hints[0]).toBe('16 × 100 nt');
  expect(hints[1]).toMatch(/^effect, [\d.]+ s$/);
  expect(hints[2]).toMatch(/^[\d.]+\s% \[[\d.]+\s%, [\d.]+\s%\] [▁-█]+$/);
  expect(hints.slice(3)).toEqual([expect.stringContaining('✓'), expect.stringContaining('✗')]);
  await expect
    .poll(() => editor.diagnostics('small.xome'))
    .toContainEqual(
      expect.objectContaining({
        code: 'expect/failed',
        range: expect.objectContaining({ start: { line: 7, character: 0 } }),
      }),
    );
  expect(await editor.hover('small.xome', 4, 13)).toContain('First example: **simulated 0**');
});
