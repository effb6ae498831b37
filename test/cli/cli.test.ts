import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../server/src/cli.js';
import { buildFakeEngine } from '../run/fake.js';

let scratch: string;
let engine: string;
let folder: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'xome-cli-'));
  engine = await buildFakeEngine(scratch);
  await writeFile(join(scratch, 'report.js'), '/* the drawn report */');
});
afterAll(() => rm(scratch, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'folder-'));
  await writeFile(join(folder, 'model.onnx'), 'fake');
  await writeFile(join(folder, 'a.fa'), '>a\nACG\n');
  await writeFile(join(folder, 'a.xome'), EXPERIMENT);
});

const EXPERIMENT = `
model  net   = onnx("model.onnx", input: dna(3))
target score = logit of net
data   peaks = fasta("a.fa", label: 1)
method path  = integrated_gradients(baseline: uniform)
attribution raw  = saliency of score on peaks
attribution grad = raw | simplex_correction
attribution ig   = path of score on peaks
metric gap   = completeness of ig
metric agree = rank_agreement of grad, ig
expect agree.median > 0.2 at 50%
`;

/** The experiment with integrated gradients that make the fake engine misbehave. */
function misbehaving(behaviour: string): string {
  return EXPERIMENT.replaceAll(/\bpath\b/g, `does_${behaviour}`);
}

interface Result {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

async function xome(...argv: string[]): Promise<Result> {
  const written = { out: '', err: '' };
  const code = await main(argv, {
    terminal: {
      out: { write: (words: string) => (written.out += words) },
      err: { write: (words: string) => (written.err += words) },
      environment: {},
    },
    scripts: { engine, server: '', report: join(scratch, 'report.js') },
    signal: new AbortController().signal,
    folder,
    version: '1.2.3',
  });
  return { code, ...written };
}

async function append(line: string): Promise<void> {
  await writeFile(join(folder, 'a.xome'), `${EXPERIMENT}${line}\n`);
}

describe('xome run', () => {
  it('prints the metrics with what was expected of them', async () => {
    const { code, out, err } = await xome('run', 'a.xome');
    expect(out).toMatch(/^metric +statistic +value +95 % interval +n$/m);
    expect(out).toMatch(/^agree +median +50\s% +2\.5\s% to 97\.5\s% +4 {2}✓ met$/m);
    expect(out).toMatch(/1 of 1 expectations met/);
    expect(err).toMatch(/✓ \[1\/6\] peaks = fasta/);
    expect(code).toBe(0);
    expect((await xome('run', 'a.xome')).err).toMatch(/^Nothing to compute/m);
  });

  it('exits with 1 and names the line when an expectation fails', async () => {
    await append('expect gap.max < 1%');
    const { code, out } = await xome('run', 'a.xome');
    expect(code).toBe(1);
    expect(out).toMatch(/^a\.xome:12:1: ✗ expect gap\.max < 1%\n {2}Expected below 1/m);
  });

  it('writes one JSON document and nothing else to standard output', async () => {
    const { out } = await xome('run', 'a.xome', '--json');
    const { declarations, expectations } = JSON.parse(out) as {
      declarations: { name: string; status: string; array?: { path: string; shape: number[] } }[];
      expectations: unknown[];
    };
    expect(declarations.map(({ name, status }) => [name, status])).toEqual([
      ['net', 'declared'],
      ['score', 'declared'],
      ['peaks', 'computed'],
      ['path', 'declared'],
      ['raw', 'computed'],
      ['grad', 'computed'],
      ['ig', 'computed'],
      ['gap', 'computed'],
      ['agree', 'computed'],
    ]);
    const ig = declarations.find(({ name }) => name === 'ig');
    expect(ig).toMatchObject({
      array: { shape: [4, 3, 4] },
      arrays: { scores: { shape: [4, 3] } },
      rows: ['seq0', 'seq1', 'seq2', 'seq3'],
    });
    expect((await stat(ig?.array?.path ?? '')).size).toBeGreaterThan(4 * 3 * 4 * 4);
    expect(declarations.find(({ name }) => name === 'agree')).toMatchObject({
      headline: 'median',
      statistics: [{ name: 'median', value: 0.5, unit: 'share', n: 4, better: 'higher', interval: [0.025, 0.975] }],
    });
    expect(expectations).toMatchObject([{ outcome: 'met', metric: 'agree', line: 11, confidence: 0.5 }]);
  });

  it('exits with 2 when the experiment is wrong, with 3 when a file cannot be read', async () => {
    expect((await xome('run', 'a.xome', '--only', 'nothing')).code).toBe(2);
    expect((await xome('run', 'none.xome')).code).toBe(3);
    await append('metric wrong = completeness of raw');
    expect((await xome('run', 'a.xome')).code).toBe(2);
  });

  it('names declaration and problem when a step fails, and goes on', async () => {
    await writeFile(join(folder, 'a.xome'), misbehaving('refuse'));
    const { code, err, out } = await xome('run', 'a.xome');
    expect(code).toBe(3);
    expect(err).toMatch(
      /^a\.xome:8: error does_refuse of score on peaks: No rule for Einsum\. \[model\/unknown-operator\]$/m,
    );
    expect(out).toMatch(/– expect agree.*\n {2}Not run: agree has no result: "does_refuse of score on peaks" failed\./);
  });
});

describe('xome check', () => {
  it('lists findings with place, code and remedy', async () => {
    await append('metric wrong = completeness of raw');
    const { code, err, out } = await xome('check', 'a.xome');
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^a\.xome:12:\d+: error .* \[[a-z/-]+\]$/m);
    const json = JSON.parse((await xome('check', 'a.xome', '--json')).out) as {
      errors: number;
      diagnostics: unknown[];
    };
    expect(json.errors).toBe(1);
    expect(json.diagnostics).toContainEqual(expect.objectContaining({ line: 12, severity: 'error' }));
  });

  it('says what lints doubt, which fails only where it is asked to', async () => {
    const { code, err } = await xome('check', 'a.xome');
    expect(err).toMatch(/^a\.xome:11:1: warning .* \[GA020\]$/m);
    expect(err).toMatch(/1 file, 0 errors, 1 warning$/m);
    expect(code).toBe(0);
    expect((await xome('check', 'a.xome', '--max-warnings', '0')).code).toBe(2);
    expect((await xome('check', 'a.xome', '--max-warnings', '0', '--lint', 'GA020=hint')).code).toBe(0);
    expect((await xome('check', 'a.xome', '--lint', 'GA018=off', '--lint', 'GA020=error')).err).not.toContain('GA018');
    expect((await xome('check', 'a.xome', '--lint', 'GA020=error')).code).toBe(2);
    expect((await xome('check', 'a.xome', '--lint', 'GA999=off')).err).toContain('found "GA999=off"');
  });

  it('checks the headers of models', async () => {
    await writeFile(join(folder, 'a.xome'), EXPERIMENT.replace('dna(3)', 'dna(5)'));
    expect((await xome('check', 'a.xome')).err).toMatch(/model\/input-length/);
  });
});

describe('xome model', () => {
  it('exits with 0 when every gradient is exact, with 3 and the methods that remain when one is refused', async () => {
    const good = await xome('model', 'model.onnx');
    expect(good.code).toBe(0);
    expect(good.out).toMatch(/Conv +2 {2}exact/);
    await writeFile(join(folder, 'refused.onnx'), '');
    const bad = await xome('model', 'refused.onnx');
    expect(bad.code).toBe(3);
    expect(bad.out).toMatch(/Einsum +1 {2}refused +it has no derivative/);
    expect(bad.out).toMatch(/remain: in_silico_mutagenesis/);
    await writeFile(join(folder, 'unknown.onnx'), '');
    const useless = await xome('model', 'unknown.onnx');
    expect(useless.code).toBe(3);
    expect(useless.out).toMatch(/Fancy +1 {2}refused +unknown operator[^]*nothing can be computed/);
    expect((await xome('model', 'model.txt')).err).toMatch(/\.onnx/);
  });
});

describe('xome init', () => {
  it.each(['long.onnx', 'long-refused.onnx'])(
    'writes an experiment for %s that has no findings and runs',
    async model => {
      await writeFile(join(folder, model), '');
      const { code, err } = await xome('init', model, '-o', 'first.xome');
      expect([code, err]).toEqual([0, expect.stringContaining('xome run first.xome')]);
      const checked = await xome('check', 'first.xome', '--json');
      expect(JSON.parse(checked.out)).toEqual({ diagnostics: [], errors: 0, warnings: 0 });
      expect((await xome('run', 'first.xome', '--only', 'ism')).code).toBe(0);
      expect((await xome('init', model, '-o', 'first.xome')).err).toMatch(/exists already/);
    },
  );
});

describe('xome show, report and gc', () => {
  it('shows a result, and says what to do when there is none', async () => {
    const none = await xome('show', 'a.xome', 'ig');
    expect(none.code).toBe(3);
    expect(none.err).toMatch(/xome run a\.xome --only ig/);
    await xome('run', 'a.xome', '--only', 'ig');
    const { out, code } = await xome('show', 'a.xome', 'ig');
    expect(code).toBe(0);
    expect(out).toMatch(/array\.npy +float32 +example 4 × position 3 × base 4/);
    expect(JSON.parse((await xome('show', 'a.xome', 'ig', '--json')).out)).toMatchObject({
      name: 'ig',
      map: 'gradient',
    });
  });

  it('writes a report of what is in the store', async () => {
    expect((await xome('report', 'a.xome')).code).toBe(3);
    await xome('run', 'a.xome', '--only', 'gap');
    const { code, err } = await xome('report', 'a.xome', '-o', 'reports/out.html');
    expect(code).toBe(0);
    expect(err).toMatch(/"agree" is missing/);
    expect(await readFile(join(folder, 'reports', 'out.html'), 'utf8')).toMatch(/the drawn report/);
  });

  it('collects what an edit has left behind', async () => {
    await xome('run', 'a.xome');
    expect((await xome('gc')).err).toMatch(/^0 results removed/);
    await writeFile(join(folder, 'a.xome'), EXPERIMENT.replace('uniform', 'zeros'));
    await xome('run', 'a.xome');
    expect((await xome('gc')).err).toMatch(/^3 results removed/);
  });
});

describe('usage', () => {
  it('is explained', async () => {
    expect(await xome('--help')).toMatchObject({ code: 0, err: '' });
    expect(await xome()).toMatchObject({ code: 2, out: '' });
    expect((await xome('fly')).err).toMatch(/no command "fly"/);
    expect((await xome('run', 'a.xome', '--fast')).err).toMatch(/^xome: Unknown option '--fast'\.\n/);
    expect(await xome('--version')).toEqual({ code: 0, out: '1.2.3\n', err: '' });
  });

  it('names paths that lead nowhere, without a stack', async () => {
    expect(await xome('gc', 'nowhere')).toEqual({ code: 3, out: '', err: 'xome: There is no folder nowhere.\n' });
    expect((await xome('check', 'a.txt')).err).toMatch(
      /a\.txt:1:1: error .* does not end in `\.xome`\. \[file\/unreadable\]/,
    );
    const { code, err } = await xome('init', 'model.onnx', '--reads', 'dna', '-o', 'nowhere/a.xome');
    expect([code, err]).toEqual([3, expect.stringMatching(/^xome: no such file or directory, .*nowhere/)]);
  });
});

describe('the process', () => {
  it('cancels on SIGINT with exit code 130 and keeps what is finished', async () => {
    const dist = join(scratch, 'dist');
    await mkdir(dist, { recursive: true });
    await build({
      entryPoints: [join(import.meta.dirname, '../../server/src/cli.ts')],
      outfile: join(dist, 'cli.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      define: { EXPLAINOME_VERSION: '"1.2.3"' },
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    await writeFile(join(dist, 'engine.js'), await readFile(engine));
    await writeFile(join(dist, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'a.xome'), misbehaving('wait'));
    const running = spawn(process.execPath, [join(dist, 'cli.mjs'), 'run', 'a.xome'], { cwd: folder, stdio: 'pipe' });
    let said = '';
    running.stderr.setEncoding('utf8').on('data', (words: string) => {
      if (!said.includes('does_wait') && words.includes('does_wait')) running.kill('SIGINT');
      said += words;
    });
    const code = await new Promise(resolve => running.once('close', resolve));
    expect(said).toMatch(/finished blocks are kept/);
    expect(code).toBe(130);
    expect((await xome('show', 'a.xome', 'raw')).code).toBe(0);
  });
});
