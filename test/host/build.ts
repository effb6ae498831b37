/** Before the tests: bundles the suite that runs inside the extension host, one file each, into dist/test-host/. */
import { build } from 'esbuild';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SUITE = fileURLToPath(new URL('suite/', import.meta.url));

export default async function bundleSuite(): Promise<void> {
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
