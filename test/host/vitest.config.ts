/** Tests in a real VS Code: a configuration of their own, because they need what `npm run test:host` installs. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    // UPDATE=1 makes the pictures of docs/images again instead.
    include: [process.env['UPDATE'] === '1' ? 'test/host/pictures.ts' : 'test/host/**/*.host.ts'],
    globalSetup: ['test/host/build.mjs'],
    // A workbench, an extension host and an engine are as much as two cores carry.
    pool: 'forks',
    maxWorkers: 1,
    // A browser on a machine that does something else may be too slow once.
    retry: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
