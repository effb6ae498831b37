/** `xome init` on real and on made models: what it writes has no findings, and runs. */
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../server/src/engine/graph/builder.js';
import { floats } from '../../server/src/engine/graph/graph.js';
import { writeOnnx } from '../../server/src/engine/graph/onnx.js';
import type { RunDocument } from '../../server/src/cli/documents.js';
import { openBatch } from '../engine/methods/workbench.js';
import { buildXome, Desk, REAL, removeXome } from './xome.js';

const TIMEOUT = 180_000;

/** A network of two layers over rows of numbers, with so many outputs. */
function dense(input: string, features: number, units: number): Uint8Array {
  const builder = new GraphBuilder('dense');
  const weights = (rows: number, columns: number) =>
    builder.constant(
      floats(
        [rows, columns],
        Float32Array.from({ length: rows * columns }, (_, at) => Math.sin(1 + at)),
      ),
    );
  const hidden = builder.add('Relu', [
    builder.add('Gemm', [builder.input(input, 'float32', [1, features]), weights(features, 8)]),
  ]);
  const logits = builder.add('Gemm', [hidden, weights(8, units)]);
  return writeOnnx(openBatch(builder.finish([builder.add(units > 1 ? 'Softmax' : 'Sigmoid', [logits])])));
}

let desk: Desk;
beforeAll(async () => {
  await buildXome();
  desk = await Desk.create('');
}, TIMEOUT);
afterAll(async () => {
  await desk.remove();
  await removeXome();
});

/** Writes an experiment, checks it, and gives its text. */
async function init(model: string, ...more: readonly string[]): Promise<string> {
  const output = join(desk.folder, 'a.xome');
  await rename(output, join(desk.folder, 'before.xome'));
  const written = await desk.xome('init', model, '-o', output, ...more);
  expect(written.code, written.err).toBe(0);
  const checked = await desk.xome('check', output, '--json');
  expect(JSON.parse(checked.out)).toEqual({ diagnostics: [], errors: 0, warnings: 0 });
  return readFile(output, 'utf8');
}

/** Runs what was written; thresholds are for the author to set, so they may fail. */
async function run(): Promise<RunDocument> {
  const ended = await desk.xome('run', 'a.xome', '--json');
  const document = JSON.parse(ended.out) as RunDocument;
  expect(document.declarations.filter(({ status }) => status === 'failed' || status === 'not run')).toEqual([]);
  expect(document.expectations.map(({ outcome }) => outcome)).not.toContain('not run');
  return document;
}

describe('xome init for rows of numbers', () => {
  it(
    'takes counts of alleles from the name of the input, and explains simulated people',
    async () => {
      await writeFile(join(desk.folder, 'trait.onnx'), dense('genotypes', 40, 1));
      const text = await init('trait.onnx');
      expect(text).toMatch(/onnx\("trait.onnx", input: genotypes\(40\)\)/);
      expect(text).toMatch(/mode\(of: people\)/);
      expect(text).toMatch(/target score = logit of net/);
      await run();
    },
    TIMEOUT,
  );

  it(
    'takes the table beside the model that fits, and names the first of several units',
    async () => {
      await writeFile(join(desk.folder, 'cells.onnx'), dense('input', 6, 3));
      const row = (cells: readonly string[]) => `${cells.join('\t')}\n`;
      const rows = Array.from({ length: 30 }, (_, at) =>
        row([`cell${at}`, ...Array.from({ length: 6 }, (_, gene) => Math.cos(at * 7 + gene).toFixed(3))]),
      );
      const names = ['', 'g1', 'g2', 'g3', 'g4', 'g5', 'g6'];
      await writeFile(join(desk.folder, 'cells.tsv'), row(names) + rows.join(''));
      await writeFile(join(desk.folder, 'another.tsv'), 'g1\tg2\n1\t2\n');
      const text = await init('cells.onnx');
      expect(text).toMatch(/table\("cells.tsv"\)/);
      expect(text).toMatch(/logit\(index: 0\) of net/);
      const { declarations } = await run();
      expect(declarations.find(({ name }) => name === 'samples')?.rows).toHaveLength(30);
    },
    TIMEOUT,
  );

  it(
    'refuses data that the model cannot read',
    async () => {
      const { code, err } = await desk.xome('init', 'cells.onnx', '-o', 'other.xome', '--data', 'another.tsv');
      expect([code, err]).toEqual([3, expect.stringMatching(/another\.tsv does not hold examples of expression\(6\)/)]);
    },
    TIMEOUT,
  );
});

describe.skipIf(!existsSync(REAL))('xome init for published models', () => {
  it.each([
    ['peaks/ctcf_vs_pu1.onnx', /data {3}sequences = fasta\(".*ctcf\.fa\.gz"\) \| sample/],
    ['splicing/mmsplice_donor.h5', /length: 18 bp/],
    ['splicing/mmsplice_acceptor.h5', /custom_layers: \{ ConvDNA: conv1d \}/],
  ])('%s', { timeout: TIMEOUT }, async (model, expected) => {
    expect(await init(join(REAL, model))).toMatch(expected);
  });

  it('says what is missing where a file holds weights only', { timeout: TIMEOUT }, async () => {
    const model = join(REAL, 'synthetic_cnn/cnn_deep_relu_0.weights.h5');
    const { code, err } = await desk.xome('init', model, '-o', 'weights.xome');
    expect([code, err]).toEqual([3, expect.stringMatching(/architecture/)]);
  });
});
