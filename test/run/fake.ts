/** Builds the fake engine into a folder, as a script that a supervisor can start. */
import { join } from 'node:path';
import { build } from 'esbuild';

export async function buildFakeEngine(folder: string): Promise<string> {
  const script = join(folder, 'fake-engine.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'fake-engine.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  return script;
}
