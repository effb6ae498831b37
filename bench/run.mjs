/** Runs a benchmark: `npm run bench -- attribution`. Without a name, all of them. Each prints one table. */
import { build } from 'esbuild';
import { readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const wanted = process.argv.slice(2);
const all = readdirSync('bench')
  .filter(file => file.endsWith('.ts'))
  .map(file => file.slice(0, -3));
for (const name of wanted.length > 0 ? wanted : all) {
  const outfile = `dist/bench/${name}.mjs`;
  await build({
    entryPoints: [`bench/${name}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
  });
  await import(pathToFileURL(resolve(outfile)).href);
}
