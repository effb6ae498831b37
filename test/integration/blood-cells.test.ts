/** Blood cells of an AnnData file: the experiment of docs/blood-cells.xome trains, explains and finds the markers that it expects. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildXome, declaration, Desk, REAL, removeXome } from './xome.js';

const EXPERIMENT = join(import.meta.dirname, '../../docs/blood-cells.xome');
const CELLS = join(REAL, 'expression/pbmc68k_reduced.zarr.zip');

describe.skipIf(!existsSync(CELLS))('the experiment on blood cells', () => {
  let desk: Desk;
  beforeAll(async () => {
    await buildXome();
    desk = await Desk.create(await readFile(EXPERIMENT, 'utf8'), CELLS);
  }, 300_000);
  afterAll(async () => {
    await desk.remove();
    await removeXome();
  });

  it('ranks known markers first, by the network and by the t-test beside it', { timeout: 300_000 }, async () => {
    const document = await desk.run();
    // All of them are met: the command would have ended with another code.
    expect(document.expectations).toHaveLength(6);
    const recall = (metric: string): number => declaration(document, metric).statistics![0]!.value;
    for (const type of ['monocytes', 'b_cells', 'stem_cells', 'nk_cells', 'dendritics'])
      expect(recall(`${type}_by_t`)).toBe(1);
    // Cells labelled dendritic have more LYZ and CST3 than those labelled monocytes: no ranking may claim otherwise.
    expect(recall('myeloid_by_t')).toBe(0);
  });
});
