/** Stored results that something has damaged: read back as what they are, as nothing, or refused. `npm run fuzz` tries 10,000. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, it } from 'vitest';
import { StoreError } from '../../server/src/store/error.js';
import { ResultStore } from '../../server/src/store/store.js';
import { CASES, survive } from '../engine/data/survive.js';
import { facts, KEY, layout, values } from './fixture.js';

const home = mkdtempSync(join(tmpdir(), 'stored-'));
afterAll(() => rmSync(home, { recursive: true }));

/** The files of a finished result of four rows, and of its name. */
async function stored(): Promise<Record<string, Buffer>> {
  const store = await ResultStore.open(home);
  const writer = await store.begin(KEY, layout(2));
  if (writer === 'complete') throw new Error('an empty folder is expected');
  for (const block of [0, 1]) {
    await writer.write('array', 2 * block, values(block));
    await writer.finishBlock(block, {});
  }
  await writer.writeRows({ columns: ['name'], rows: ['a', 'b\t', 'c', 'd'].map(name => [name]) });
  await writer.complete(facts);
  await writer.release();
  await store.name('a.xome', 'map', KEY);
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(home, path), readFileSync(path)];
    }),
  );
}

it(`survives ${CASES} damages`, async () => {
  await survive({
    name: 'stored result',
    files: await stored(),
    errors: [StoreError],
    changes: true,
    read: folder => {
      const inside =
        (use: (store: ResultStore) => Promise<unknown>): (() => Promise<unknown>) =>
        async () =>
          use(await ResultStore.open(folder));
      return [
        inside(store => store.meta(KEY)),
        inside(async store => (await store.array(KEY)).read()),
        inside(async store => (await store.array(KEY)).read(1, 2)),
        inside(store => store.rows(KEY)),
        inside(store => store.places(KEY, ['c', 'b\t'])),
        inside(store => store.named('a.xome', 'map')),
        inside(store => store.lastComplete('a.xome', 'map')),
        inside(store => store.collect()),
      ];
    },
  });
});
