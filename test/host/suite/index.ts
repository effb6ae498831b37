/**
 * Entry of the suite inside the extension host: runs the mocha files that HOST_SUITE names and writes what came of every
 * test to HOST_RESULTS. The file is the only proof: a VS Code whose extension host crashed reports success.
 */
import Mocha from 'mocha';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface HostResult {
  title: string;
  state: 'passed' | 'failed' | 'skipped';
  /** Why it failed. */
  error?: string;
}

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000 });
  for (const name of variable('HOST_SUITE').split(',')) mocha.addFile(join(__dirname, `${name}.cjs`));
  const results: HostResult[] = [];
  await new Promise<number>(resolved => {
    const runner = mocha.run(resolved);
    runner.on('pass', test => results.push({ title: test.fullTitle(), state: 'passed' }));
    runner.on('pending', test => results.push({ title: test.fullTitle(), state: 'skipped' }));
    // A hook that fails is reported here too, under its own title.
    runner.on('fail', (test, error: Error) =>
      results.push({ title: test.fullTitle(), state: 'failed', error: error.stack ?? error.message }),
    );
  });
  writeFileSync(variable('HOST_RESULTS'), JSON.stringify(results));
  if (results.some(({ state }) => state === 'failed')) throw new Error('The suite has failures.');
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`The environment of the extension host lacks ${name}.`);
  return value;
}
