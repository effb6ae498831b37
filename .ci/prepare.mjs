/**
 * Makes a checkout ready to run: installs the packages when package-lock.json asks for others than are there, and builds
 * dist/ when a source is newer. Does nothing, quickly, when nothing changed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';

const changed = path => (existsSync(path) ? statSync(path).mtimeMs : 0);

function step(title, command, args) {
  console.error(title);
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === 0) return;
  console.error(
    `\`${[command, ...args].join(' ')}\` failed${error ? `: ${error.message}` : ` with exit code ${status}`}.`,
  );
  process.exit(status || 1);
}

if (changed('node_modules/.package-lock.json') < changed('package-lock.json'))
  step('Installing packages …', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);

const inputs = existsSync('dist/inputs.json') ? JSON.parse(readFileSync('dist/inputs.json', 'utf8')) : undefined;
const built = changed('dist/inputs.json');
const stale =
  inputs === undefined ||
  [...inputs, 'package.json', 'esbuild.mjs'].some(file => !existsSync(file) || changed(file) > built);
if (stale) step('Building …', process.execPath, ['esbuild.mjs']);
