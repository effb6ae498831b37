/** Variants → genes → pathways, as users run it: the pathway that the trait was made of comes first, and not without the trait. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunDocument } from '../../server/src/cli/documents.js';
import { buildXome, Desk, removeXome } from './xome.js';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const FILES = ['bed', 'bim', 'fam', 'gff3', 'gmt'].map(ending => join(EXAMPLES, `pathways.${ending}`));

let desk: Desk;
let document: RunDocument;
beforeAll(async () => {
  await buildXome();
  desk = await Desk.create(await readFile(join(EXAMPLES, 'pathways.xome'), 'utf8'), ...FILES);
  document = await desk.run();
}, 400_000);
afterAll(async () => {
  await desk.remove();
  await removeXome();
});

it('meets every expectation of the example, that of the control among them', () => {
  expect(document.expectations.map(({ text }) => text)).toHaveLength(4);
  for (const { outcome, text } of document.expectations) expect(outcome, text).toMatch(/^met/);
});
