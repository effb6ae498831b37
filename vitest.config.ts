import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Draws the pictures of docs/images anew; run by name with UPDATE=1.
    exclude: process.env['UPDATE'] ? [] : ['test/webview/panel-pictures.test.ts'],
    // Two cores: the native runtime brings its own threads, so test files share them two at a time.
    pool: 'forks',
    maxWorkers: 2,
    // Some tests watch the clock, and a machine that does something else may be too slow once.
    retry: process.env['CI'] ? 1 : 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
