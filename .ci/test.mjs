/**
 * Every check of the project: formatting, lint, types, tests. Names what this machine cannot run. With CI=true it first
 * installs what is missing. Ends with a line `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';

const run = (command, args) => spawnSync(command, args, { stdio: 'inherit' }).status === 0;
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
    what: 'Chromium',
    need: 'drawing the report',
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

mkdirSync('dist', { recursive: true });
const results = 'dist/test-results.json';
rmSync(results, { force: true });
const good = run('npx', ['vitest', 'run', '--reporter=dot', '--reporter=json', `--outputFile.json=${results}`]);
if (existsSync(results)) {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(results, 'utf8'));
  passed += numPassedTests;
  // A file that cannot be loaded has no failed test, and yet the run is bad.
  failed += Math.max(numFailedTests, good ? 0 : 1);
  const skipped = testResults.flatMap(file =>
    file.assertionResults
      .filter(test => test.status === 'pending' || test.status === 'skipped')
      .map(test => test.fullName),
  );
  for (const { what, need } of missing) console.log(`not on this machine: ${what}, for ${need}`);
  if (!existsSync('../shared/data'))
    console.log('not on this machine: real models and data beside the project, for the integration tests');
  for (const name of skipped) console.log(`skipped: ${name}`);
} else failed++;

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
