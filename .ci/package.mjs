/**
 * Packages the extension for one platform: `npm run package [-- --target linux-x64 --out DIR]`, by default the one it runs
 * on, into dist.
 *
 * Everything is bundled except the native runtime, which must lie on disk. So what is to be shipped is laid out in
 * DIR/vsix, with the runtime's JavaScript and the CPU library of the platform under dist/node_modules there, where the
 * bundles find it. The npm packages hold the libraries of all platforms: each can be packaged on any. Result:
 * DIR/explainome-<target>-<version>.vsix.
 */
import { createVSIX } from '@vscode/vsce';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Targets of VS Code for which the runtime has a library. */
const TARGETS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: `${process.platform}-${process.arch}` },
    out: { type: 'string', default: 'dist' },
  },
});
const { target, out } = values;
const STAGE = join(out, 'vsix');
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
for (const path of ['README.md', 'CHANGELOG.md', 'LICENSE', 'syntaxes', 'client/media', 'docs/lints.md', 'examples'])
  await copy(path);
await rm(join(STAGE, 'examples/out'), { recursive: true, force: true });
await rm(join(STAGE, 'examples/.xome'), { recursive: true, force: true });

const build = ['esbuild.mjs', '--production', '--out', join(STAGE, 'dist')];
if (spawnSync(process.execPath, build, { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0) process.exit(1);
const bundled = await json(join(STAGE, 'dist/inputs.json'));
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

const packagePath = join(out, `${manifest.name}-${target}-${manifest.version}.vsix`);
// The licences of everything that is inside the bundles or beside them.
const packages = new Set([runtime, common]);
for (const path of bundled) {
  const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
  if (folder) packages.add(folder);
}
const notices = await Promise.all(
  [...packages].sort().map(async folder => {
    const { name, version, license, repository } = await json(`${folder}/package.json`);
    const file = (await readdir(folder)).find(entry => /^(licen[cs]e|copying)/i.test(entry));
    const text = file ? await readFile(`${folder}/${file}`, 'utf8') : `See ${repository?.url ?? repository}`;
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  }),
);
await writeFile(join(STAGE, 'THIRD-PARTY-NOTICES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
// What only readers of source code need.
await writeFile(join(STAGE, '.vscodeignore'), '**/*.map\n**/*.d.ts\n');
await createVSIX({
  cwd: STAGE,
  packagePath: resolve(packagePath),
  target,
  dependencies: false,
  rewriteRelativeLinks: false,
  allowMissingRepository: true,
});
console.log(`${packagePath}  ${((await stat(packagePath)).size / 1e6).toFixed(1)} MB`);
