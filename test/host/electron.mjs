/**
 * The suites of suite/ in a desktop VS Code, which `@vscode/test-electron` downloads: for machines that have a display (or
 * xvfb-run) and reach Microsoft's server. Runs both ends of what the extension supports.
 *
 * npm run test:electron
 */
import { runTests } from '@vscode/test-electron';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import bundleSuite from './build.mjs';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const { engines } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
const VERSIONS = ['stable', engines.vscode.replace('^', '')];

// Only a trusted window: test-electron switches workspace trust off.
const SUITES = 'language,run';

await bundleSuite();
let failed = 0;
for (const version of VERSIONS) {
  const outside = mkdtempSync(join(tmpdir(), 'xome-'));
  const folder = join(outside, 'work');
  mkdirSync(folder);
  cpSync(join(PROJECT, 'examples', 'planted_motifs.onnx'), join(folder, 'planted_motifs.onnx'));
  const results = join(outside, 'results.json');
  try {
    // It ends with an error when a test fails; the results say which.
    await runTests({
      version,
      extensionDevelopmentPath: PROJECT,
      extensionTestsPath: join(PROJECT, 'dist', 'test-host', 'index.cjs'),
      extensionTestsEnv: { HOST_SUITE: SUITES, HOST_RESULTS: results },
      launchArgs: [folder, '--disable-extensions', `--user-data-dir=${join(outside, 'user')}`],
    }).catch(error => console.error(error.message));
    for (const { title, state, error } of JSON.parse(readFileSync(results, 'utf8'))) {
      console.log(`${{ passed: '✓', failed: '✗', skipped: '–' }[state]} VS Code ${version}: ${title}`);
      if (state !== 'failed') continue;
      console.log(error);
      failed++;
    }
  } finally {
    rmSync(outside, { recursive: true, force: true });
  }
}
process.exit(failed === 0 ? 0 : 1);
