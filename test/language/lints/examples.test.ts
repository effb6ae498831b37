/** The examples are free of lints, or say why one does not apply. */
import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { checkFile } from '../../../server/src/language/check-file.js';

const FOLDER = resolve(import.meta.dirname, '../../../examples');

test.each(
  readdirSync(FOLDER)
    .filter(file => /.\.xome$/.test(file))
    .map(file => [file]),
)('%s', async file => {
  const { diagnostics } = await checkFile(resolve(FOLDER, file));
  expect(diagnostics.map(({ code, range, file: path }) => `${basename(path)}:${range.start.line + 1} ${code}`)).toEqual(
    [],
  );
});
