/** The packaged extension is complete: what it holds runs away from the project and its packages. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { listFiles, PackageManager } from '@vscode/vsce';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js';

const PROJECT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
let folder = '';
let unpacked = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'explainome-package-'));
  await run(process.execPath, ['.ci/package.mjs', '--out', folder], { cwd: PROJECT });
  unpacked = join(folder, 'unpacked');
  const stage = join(folder, 'vsix');
  for (const file of await listFiles({ cwd: stage, packageManager: PackageManager.None })) {
    await mkdir(dirname(join(unpacked, file)), { recursive: true });
    await cp(join(stage, file), join(unpacked, file));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('its engine passes the self-test with the native runtime and reads a model', async () => {
  const { stdout } = await run(process.execPath, ['dist/cli.js', 'model', 'examples/planted_motifs.onnx', '--json'], {
    cwd: unpacked,
  });
  expect(JSON.parse(stdout)).toMatchObject({ format: expect.any(String), inputs: [{ shape: expect.anything() }] });
});

test('it holds the binaries of its platform alone, in at most 30 MB on Linux', async () => {
  const names = await readdir(folder);
  const packed = names.find(name => name.endsWith('.vsix'))!;
  const libraries = join(unpacked, 'dist/node_modules/onnxruntime-node/bin/napi-v6');
  expect(await readdir(libraries)).toEqual([process.platform]);
  expect(await readdir(join(libraries, process.platform))).toEqual([process.arch]);
  if (process.platform === 'linux') expect((await stat(join(folder, packed))).size).toBeLessThan(30e6);
});

test('its language server answers', async () => {
  const server = spawn(process.execPath, ['dist/server.js', '--stdio'], { cwd: unpacked });
  const connection = createMessageConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  connection.listen();
  const initialized = await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
    initializationOptions: { trusted: false, engineNode: '', threads: 0 },
  });
  expect(initialized).toMatchObject({ capabilities: { hoverProvider: expect.anything() } });
  await connection.sendRequest('shutdown');
  const ended = once(server, 'exit');
  await connection.sendNotification('exit');
  expect(await ended).toEqual([0, null]);
  connection.dispose();
});
