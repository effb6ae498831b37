/** The committed parser and TextMate grammar are what the grammar generates. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const LANGUAGE = 'server/src/language';

test('generating again gives the same files', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'xome-generate-'));
  try {
    for (const file of ['xome.langium', 'langium-config.json']) {
      await cp(join(ROOT, LANGUAGE, file), join(copy, LANGUAGE, file));
    }
    const command = join(ROOT, 'node_modules/langium-cli/bin/langium.js');
    await promisify(execFile)(process.execPath, [
      command,
      'generate',
      '-f',
      join(copy, LANGUAGE, 'langium-config.json'),
    ]);
    const generated = (await readdir(join(copy, LANGUAGE, 'generated'))).map(name => `${LANGUAGE}/generated/${name}`);
    expect(generated).toHaveLength(3);
    for (const file of [...generated, 'syntaxes/xome.tmLanguage.json']) {
      expect(await readFile(join(copy, file), 'utf8'), file).toBe(await readFile(join(ROOT, file), 'utf8'));
    }
  } finally {
    await rm(copy, { recursive: true });
  }
});
