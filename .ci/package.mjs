/**
 * Packages the extension for one platform: `npm run package [-- --target linux-x64]`, by default the one it runs on.
 *
 * Everything is bundled except the native runtime, which must lie on disk. So what is to be shipped is laid out in
 * dist/vsix, with the runtime's JavaScript and the CPU library of the platform under dist/node_modules there, where the
 * bundles find it. The npm packages hold the libraries of all platforms: each can be packaged on any. Result:
 * dist/explainome-<target>-<version>.vsix.
 */
import { createVSIX } from '@vscode/vsce';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

/** Targets of VS Code for which the runtime has a library. */
const TARGETS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];
const STAGE = 'dist/vsix';

const { values } = parseArgs({
  options: { target: { type: 'string', default: `${process.platform}-${process.arch}` } },
});
const { target } = values;
if (!TARGETS.includes(target)) {
  console.error(`The native runtime has no library for ${target}. Packages can be made for ${TARGETS.join(', ')}.`);
  process.exit(2);
}

const json = async path => JSON.parse(await readFile(path, 'utf8'));
const copy = async (from, to = from) => {
  await mkdir(dirname(join(STAGE, to)), { recursive: true });
  await cp(from, join(STAGE, to), { recursive: true });
};

await rm(STAGE, { recursive: true, force: true });
await mkdir(STAGE, { recursive: true });
const { scripts, dependencies, devDependencies, private: _, bin, ...manifest } = await json('package.json');
await writeFile(join(STAGE, 'package.json'), JSON.stringify(manifest, undefined, 2));
// The changelog is shown on the extension's page beside the readme.
for (const path of ['README.md', 'CHANGELOG.md', 'LICENSE', 'syntaxes', 'client/media', 'examples']) await copy(path);
await rm(join(STAGE, 'examples/out'), { recursive: true, force: true });
await rm(join(STAGE, 'examples/.xome'), { recursive: true, force: true });

const build = ['esbuild.mjs', '--production', '--out', join(STAGE, 'dist')];
if (spawnSync(process.execPath, build, { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0) process.exit(1);
await rm(join(STAGE, 'dist/inputs.json'));

const [platform, architecture] = target.split('-');
const runtime = 'node_modules/onnxruntime-node';
const library = `bin/napi-v6/${platform}/${architecture}`;
for (const path of ['package.json', 'README.md', 'dist', library])
  await copy(`${runtime}/${path}`, `dist/${runtime}/${path}`);
const common = 'node_modules/onnxruntime-common';
for (const path of ['package.json', 'README.md', 'dist/cjs']) await copy(`${common}/${path}`, `dist/${common}/${path}`);
// The file of the full version is a copy of the one that is loaded.
if (platform === 'darwin') await rm(join(STAGE, 'dist', runtime, library, 'libonnxruntime.1.30.0.dylib'));

const packagePath = `dist/${manifest.name}-${target}-${manifest.version}.vsix`;
// What only readers of source code need.
await writeFile(join(STAGE, '.vscodeignore'), '**/*.map\n**/*.d.ts\n');
await createVSIX({
  cwd: STAGE,
  packagePath: join(process.cwd(), packagePath),
  target,
  dependencies: false,
  rewriteRelativeLinks: false,
  allowMissingRepository: true,
});
console.log(`${packagePath}  ${((await stat(packagePath)).size / 1e6).toFixed(1)} MB`);
