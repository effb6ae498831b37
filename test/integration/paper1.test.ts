/** Watson 2022's typology on simulated genotypes: the example as users run it shows what the methods can and cannot tell. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDocument } from '../../server/src/cli/documents.js';
import { buildXome, declaration, Desk, removeXome } from './xome.js';

const EXAMPLE = join(import.meta.dirname, '../../examples/paper1-typology.xome');

describe('the quick form of paper 1', () => {
  let desk: Desk;
  let document: RunDocument;
  beforeAll(async () => {
    await buildXome();
    desk = await Desk.create(await readFile(EXAMPLE, 'utf8'));
    document = await desk.run();
  }, 300_000);
  afterAll(async () => {
    await desk.remove();
    await removeXome();
  });

  const statistic = (metric: string, name: string): number =>
    declaration(document, metric).statistics!.find(one => one.name === name)!.value;

  it('meets every expectation that it states', () => {
    expect(document.expectations.length).toBe(4);
    for (const { outcome, text } of document.expectations) expect(outcome, text).toMatch(/^met/);
  });

  it('tests of what a variant adds find fewer neighbours of causal variants than tests of variants alone', () => {
    for (const metric of ['found_knockoffs', 'found_impact'])
      expect(statistic('found_scan', 'false_share') - statistic(metric, 'false_share')).toBeGreaterThan(0.2);
  });

  it('equally good networks disagree on the order of their top variants', () => {
    expect(statistic('rashomon', 'feature')).toBeGreaterThan(0.2);
    expect(statistic('rashomon', 'rank')).toBeLessThan(0.5 * statistic('rashomon', 'feature'));
  });
});
