/** Bundles what runs inside the extension host, suite/*.ts, one file each, into dist/test-host/. */
import { build } from 'esbuild';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SUITE = fileURLToPath(new URL('suite/', import.meta.url));

/** Vitest calls it before the tests. */
export default async function bundleSuite() {
  await build({
    entryPoints: readdirSync(SUITE).map(file => `${SUITE}${file}`),
    outdir: fileURLToPath(new URL('../../dist/test-host/', import.meta.url)),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    // The editor brings `vscode`; mocha must be the one instance that runs the files.
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
}
