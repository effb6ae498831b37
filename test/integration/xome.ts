/** The command line as users run it: bundled, in a process of its own, on experiments in a temporary folder. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'esbuild';
import { expect } from 'vitest';
import type { DeclarationDocument, RunDocument } from '../../server/src/cli/documents.js';
import { decodeHeader } from '../../server/src/store/npy.js';

const PROJECT = join(import.meta.dirname, '../..');

/** Models and measured data beside the project; tests that need them are skipped where the folder is missing. */
export const REAL = join(PROJECT, '../shared/data');

/** Under the project, because the engine looks for the native runtime in the node_modules above it. */
const BUNDLES = join(PROJECT, 'dist', `integration-${process.pid}`);

/** The engine's script. */
export const ENGINE = join(BUNDLES, 'engine.js');

/** Bundles command line and engine from the sources as they are now. */
export async function buildXome(): Promise<void> {
  await build({
    absWorkingDir: PROJECT,
    entryPoints: { cli: 'server/src/cli.ts', engine: 'server/src/engine/main.ts' },
    outdir: BUNDLES,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['onnxruntime-node'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    define: { EXPLAINOME_VERSION: '"0.0.0"' },
    logLevel: 'error',
  });
}

export const removeXome = (): Promise<void> => rm(BUNDLES, { recursive: true, force: true });

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A running command. */
export class Running {
  readonly ended: Promise<Ended>;

  constructor(private readonly child: ChildProcess) {
    const written = { out: '', err: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (written.out += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (written.err += text));
    this.ended = new Promise(resolve => child.once('close', code => resolve({ code, ...written })));
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }

  /** Ends the command without a chance to say anything. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** The process that computes; the one that reads headers has a small heap. */
  engine(): number {
    const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
    const found = stdout
      .split('\n')
      .map(line => line.trim().split(/\s+/))
      .find(([, parent, ...words]) => parent === String(this.child.pid) && words.join(' ').includes('size=4096'));
    if (found === undefined) throw new Error('the command has no engine at the moment');
    return Number(found[0]);
  }
}

/** A folder with files and an experiment. */
export class Desk {
  private constructor(readonly folder: string) {}

  /** @param files copied into the folder under their own names */
  static async create(experiment: string, ...files: readonly string[]): Promise<Desk> {
    const desk = new Desk(await mkdtemp(join(tmpdir(), 'xome-integration-')));
    for (const file of files) await copyFile(file, join(desk.folder, file.split('/').at(-1)!));
    await desk.write(experiment);
    return desk;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  write(experiment: string): Promise<void> {
    return writeFile(join(this.folder, 'a.xome'), experiment);
  }

  start(...argv: readonly string[]): Running {
    return new Running(spawn(process.execPath, [join(BUNDLES, 'cli.js'), ...argv], { cwd: this.folder }));
  }

  xome(...argv: readonly string[]): Promise<Ended> {
    return this.start(...argv).ended;
  }

  /** Runs the experiment, which must end with `code`; stdout must hold one JSON document. */
  async run({ code = 0, more = [] }: { code?: number; more?: readonly string[] } = {}): Promise<RunDocument> {
    const ended = await this.xome('run', 'a.xome', '--json', ...more);
    expect(ended.code, ended.err).toBe(code);
    return JSON.parse(ended.out) as RunDocument;
  }

  /** The ledger of a declaration: what it says of finished blocks, line by line. */
  async finishedBlocks(declaration: string): Promise<string[]> {
    const read = (path: string): Promise<string> => readFile(join(this.folder, '.xome', path), 'utf8').catch(() => '');
    const name = await read(join('names', 'a.xome', `${declaration}.json`));
    if (name === '') return [];
    const { key } = JSON.parse(name) as { key: string };
    return (await read(join('results', key, 'done'))).split('\n').slice(1, -1);
  }

  /** Waits until so many blocks of a declaration are finished. */
  async untilFinished(declaration: string, blocks: number): Promise<string[]> {
    for (;;) {
      const lines = await this.finishedBlocks(declaration);
      if (lines.length >= blocks) return lines;
      await pause(10);
    }
  }
}

/** What a document says of a declaration. */
export function declaration({ declarations }: RunDocument, name: string): DeclarationDocument {
  const found = declarations.find(one => one.name === name);
  if (found === undefined) throw new Error(`the document has no declaration ${name}`);
  return found;
}

/** Values of a stored array: that of a declaration, or one beside it. */
export async function values(
  document: RunDocument,
  name: string,
  array = 'array',
): Promise<Float32Array | Float64Array> {
  const { array: main, arrays } = declaration(document, name);
  const path = (array === 'array' ? main : arrays?.[array])?.path;
  if (path === undefined) throw new Error(`${name} has no ${array}`);
  const bytes = await readFile(path);
  const { type, offset } = decodeHeader(bytes.subarray(0, 1024), path);
  const data = Uint8Array.from(bytes.subarray(offset)).buffer;
  return type === 'float32' ? new Float32Array(data) : new Float64Array(data);
}

/** The bytes of all arrays of a declaration, by name. */
export async function arrayFiles(document: RunDocument, name: string): Promise<Map<string, Buffer>> {
  const { array, arrays } = declaration(document, name);
  const all = { ...arrays, ...(array && { array }) };
  const files = new Map<string, Buffer>();
  for (const [of, { path }] of Object.entries(all)) files.set(of, await readFile(path));
  return files;
}
