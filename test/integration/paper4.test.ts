/**
 * SNPBench (Reynolds & Pan 2025) as the example runs it: what it plants is found as far as its kind of effect can be, and
 * scores that know nothing have a precision of zero. No direction is asserted that the paper alone would suggest.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDocument } from '../../server/src/cli/documents.js';
import { buildXome, declaration, Desk, REAL, removeXome, values } from './xome.js';

const TIMEOUT = 900_000;
const EXAMPLE = join(import.meta.dirname, '../../examples/paper4-snpbench.xome');
const ON_HAPMAP = join(import.meta.dirname, '../../docs/papers/paper4-hapmap3.xome');
const HAPMAP = ['bed', 'bim', 'fam'].map(extension => join(REAL, `genotypes/hapmap3.${extension}`));
/** Four methods, with and without SmoothGrad. */
const WRAPPED = 8;
/** Saliency and DeepLIFT, the first rows, explain networks that have learned nothing. */
const CONTROLS = 4;

/** Value, lower and upper bound of a statistic in every row of a benchmark. */
async function cellsOf(
  document: RunDocument,
  name: string,
  metric: string,
  statistic: string,
): Promise<(readonly [number, number, number])[]> {
  const table = await values(document, name);
  const { array, rows } = declaration(document, name);
  const width = array!.shape[1]!;
  return rows!.flatMap((row, at) => {
    if (!row.endsWith(` ${metric} ${statistic}`)) return [];
    const [value, low, high] = table.subarray(at * width, (at + 1) * width);
    return [[value!, low!, high!] as const];
  });
}

describe('the benchmark of SNP attribution', () => {
  let desk: Desk;
  let document: RunDocument;
  beforeAll(async () => {
    await buildXome();
    desk = await Desk.create(await readFile(EXAMPLE, 'utf8'));
    document = await desk.run();
  }, TIMEOUT);
  afterAll(async () => {
    await desk.remove();
    await removeXome();
  });

  const cells = (name: string, metric: string, statistic: string) => cellsOf(document, name, metric, statistic);

  function recallOfAssociation(kind: string): number {
    return declaration(document, 'gwas_5').statistics!.find(({ name }) => name === kind)!.value;
  }

  it('finds additive and dominant variants by association better than recessive ones and pairs', () => {
    const [additive, dominant, recessive, epistatic] = ['additive', 'dominant', 'recessive', 'epistatic'].map(
      recallOfAssociation,
    ) as [number, number, number, number];
    expect(Math.min(additive, dominant)).toBeGreaterThan(Math.max(recessive, epistatic));
  });

  it.each(['5%', '10%'])('gives ten networks that have learned nothing a precision of zero: top %s', async top => {
    const rows = await cells('chance', `decoy_precision(top: ${top})`, 'precision');
    expect(rows).toHaveLength(CONTROLS);
    expect(rows.filter(([, low, high]) => low > 0 || high < 0)).toEqual([]);
  });

  it('gives a trained network a precision above that of the control', async () => {
    const trained = await cells('precision', 'decoy_precision(top: 10%)', 'precision');
    const chance = await cells('chance', 'decoy_precision(top: 10%)', 'precision');
    chance.forEach(([value], row) => expect(trained[row]![0]).toBeGreaterThan(value));
  });

  it('recalls more than scores without knowledge would, with every algorithm', async () => {
    const rows = await cells('recall', 'attribution_recall(top: 10%)', 'all');
    expect(rows).toHaveLength(WRAPPED);
    for (const [value] of rows) expect(value).toBeGreaterThan(0.1);
  });

  it.each(['overall', 'overall_text', 'overall_root'])('ranks all eight algorithms: %s', async name => {
    expect(declaration(document, name).statistics!.find(one => one.name === 'composite')!.n).toBe(WRAPPED);
    expect(declaration(document, name).notes![0]!.message).toContain('saliency');
  });

  it('reads SmoothGrad in three ways, of which the mean square varies more from network to network than its root', async () => {
    const square = await cells('spread', 'stability', 'median');
    const root = await cells('spread_root', 'stability', 'median');
    expect(square).toHaveLength(WRAPPED);
    // Every other row is without SmoothGrad, and one result in both tables.
    square.forEach(([value], row) => {
      if (row % 2 === 0) expect(value).toBe(root[row]![0]);
      else expect(value).toBeGreaterThan(root[row]![0]);
    });
  });
});

describe.skipIf(!HAPMAP.every(file => existsSync(file)))('the benchmark on people of HapMap 3', () => {
  let desk: Desk;
  beforeAll(async () => {
    await buildXome();
    desk = await Desk.create(await readFile(ON_HAPMAP, 'utf8'), ...HAPMAP);
  }, TIMEOUT);
  afterAll(async () => {
    await desk.remove();
    await removeXome();
  });

  it('takes ten principal components out of the trait and measures every algorithm', { timeout: TIMEOUT }, async () => {
    const document = await desk.run();
    const said = declaration(document, 'cohort').notes!.map(({ message }) => message);
    expect(said).toContainEqual(expect.stringMatching(/957 of 957 people and 950 of 14079 variants pass/));
    expect(said).toContainEqual(expect.stringMatching(/^10 principal components explained/));
    const recall = await cellsOf(document, 'recall', 'attribution_recall(top: 10%)', 'all');
    const precision = await cellsOf(document, 'precision', 'decoy_precision(top: 10%)', 'precision');
    expect([recall.length, precision.length]).toEqual([WRAPPED, WRAPPED]);
    for (const [value] of [...recall, ...precision]) expect(value).toBeLessThanOrEqual(1);
  });
});
