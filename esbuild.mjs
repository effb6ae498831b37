/**
 * Builds everything that runs into dist/: the extension's client, the language server, the engine, the command line and
 * the webview. `--watch` rebuilds on change, `--production` minifies, `--out DIR` builds elsewhere.
 */
import { context } from 'esbuild';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

const { watch, production, out } = parseArgs({
  options: {
    watch: { type: 'boolean', default: false },
    production: { type: 'boolean', default: false },
    out: { type: 'string', default: 'dist' },
  },
}).values;
const { version } = JSON.parse(await readFile('package.json', 'utf8'));

const common = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  metafile: true,
  define: { EXPLAINOME_VERSION: JSON.stringify(version) },
};

const node = {
  ...common,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // The native runtime finds its library beside its own files; the editor brings `vscode`.
  external: ['onnxruntime-node', 'vscode'],
  // Bundled CommonJS packages call `require`, which ES modules do not have; bundled ES modules may import the plain name.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
};

const contexts = await Promise.all([
  context({
    ...node,
    entryPoints: { server: 'server/src/main.ts', engine: 'server/src/engine/main.ts', cli: 'server/src/cli.ts' },
    outdir: out,
  }),
  context({
    ...node,
    format: 'cjs',
    banner: {},
    entryPoints: { client: 'client/src/extension.ts' },
    outdir: out,
    outExtension: { '.js': '.cjs' },
  }),
  context({
    ...common,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    entryPoints: { report: 'webview/src/report.ts', panel: 'webview/src/panel.ts' },
    outdir: `${out}/webview`,
  }),
]);

if (watch) {
  await Promise.all(contexts.map(built => built.watch()));
} else {
  const results = await Promise.all(contexts.map(built => built.rebuild()));
  await Promise.all(contexts.map(built => built.dispose()));
  await mkdir(out, { recursive: true });
  // What was built of which files: tells whether a later build is needed, and what is inside a bundle.
  const inputs = results.flatMap(result => Object.keys(result.metafile.inputs)).filter(file => !file.includes(':'));
  await writeFile(`${out}/inputs.json`, JSON.stringify([...new Set(inputs)].sort(), undefined, 1));
  for (const [file, { bytes }] of results.flatMap(result => Object.entries(result.metafile.outputs)))
    if (!file.endsWith('.map')) console.error(`${file.padEnd(24)} ${(bytes / 1024).toFixed(0).padStart(6)} KiB`);
}
