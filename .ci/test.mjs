/**
 * Every check of the project: formatting, lint, types, tests. Names what this machine cannot run. With CI=true it first
 * installs what is missing. Ends with a line `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { complete, impossible, install } from '../test/host/install.mjs';

// Logs of continuous integration show control characters as they are.
const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' };
const run = (command, args, timeout) => spawnSync(command, args, { stdio: 'inherit', timeout, env }).status === 0;
const works = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** What some tests need beside Node, and the Debian package that brings it. */
const OPTIONAL = [
  {
    what: 'numpy',
    need: 'opening results with numpy.load',
    has: () => works('/usr/bin/python3', ['-c', 'import numpy']),
    pack: 'python3-numpy',
  },
  {
    what: 'h5py',
    need: 'judging Keras files independently',
    has: () => works('/usr/bin/python3', ['-c', 'import h5py']),
    pack: 'python3-h5py',
  },
  {
    what: 'anndata',
    need: 'judging exports as AnnData independently',
    has: () => works('/usr/bin/python3', ['-c', 'import anndata']),
    pack: 'python3-anndata',
  },
  {
    what: 'zarr',
    need: 'judging exports as Zarr independently',
    has: () => works('/usr/bin/python3', ['-c', 'import zarr']),
    pack: 'python3-zarr',
  },
  {
    what: 'bcftools',
    need: 'judging the reading of VCF files independently',
    has: () => works('bcftools', ['--version']),
    pack: 'bcftools',
  },
  {
    what: 'samtools',
    need: 'judging genomes and the normalisation of variants independently',
    has: () => works('samtools', ['--version']),
    pack: 'samtools',
  },
  {
    what: 'PLINK 1.9',
    need: 'judging the quality control of genotypes independently',
    has: () => works('plink1.9', ['--version']),
    pack: 'plink1.9',
  },
  {
    what: 'Chromium',
    need: 'drawing the report and the editor',
    has: () => existsSync('/usr/bin/chromium') || Boolean(process.env.CHROME),
    pack: 'chromium',
  },
];

let missing = OPTIONAL.filter(({ has }) => !has());
if (process.env.CI === 'true' && missing.length > 0) {
  const packages = missing.map(({ pack }) => pack);
  console.log(`Installing ${packages.join(', ')} …`);
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: 'ignore' });
  missing = OPTIONAL.filter(({ has }) => !has());
}

let passed = 0;
let failed = 0;
let skipped = 0;
const checks = [
  ['formatting', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']],
  ['lint', 'npx', ['eslint', '.', '--max-warnings', '0']],
  ['types', 'npx', ['tsc', '-p', '.']],
];
for (const [name, command, args] of checks) {
  const good = run(command, args);
  console.log(`${good ? '✓' : '✗'} ${name}`);
  if (good) passed++;
  else failed++;
}

for (const { what, need } of missing) console.log(`not on this machine: ${what}, for ${need}`);
if (!existsSync('../shared/data'))
  console.log('not on this machine: real models and data beside the project, for the integration tests');

mkdirSync('dist', { recursive: true });
vitest('dist/test-results.json', []);
const withoutEditor = missingEditor();
if (withoutEditor !== undefined) console.log(`not on this machine: a VS Code for its tests: ${withoutEditor}`);
// Without an editor it names what it skips. A workbench that hangs must not hang everything.
vitest('dist/host-results.json', ['--config', 'test/host/vitest.config.ts'], 30 * 60_000);

if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Runs tests, counts them, and names those that were skipped. */
function vitest(results, parameters, timeout) {
  rmSync(results, { force: true });
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${results}`];
  const good = run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...parameters, ...reporters], timeout);
  if (!existsSync(results)) {
    failed++;
    return;
  }
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(results, 'utf8'));
  passed += numPassedTests;
  // A file that cannot be loaded has no failed test, and yet the run is bad.
  failed += Math.max(numFailedTests, good ? 0 : 1);
  for (const { status, fullName } of testResults.flatMap(file => file.assertionResults)) {
    if (status !== 'pending' && status !== 'skipped') continue;
    skipped++;
    console.log(`skipped: ${fullName}`);
  }
}

/** Why the tests in a real VS Code cannot run. CI installs one; on other machines `npm run test:host` does. */
function missingEditor() {
  if (complete()) return undefined;
  if (process.env.CI !== 'true') return impossible() ?? '`npm run test:host` installs it';
  try {
    install(console.log);
    return undefined;
  } catch (error) {
    return error.message;
  }
}
