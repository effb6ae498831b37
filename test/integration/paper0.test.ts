/** Limits of explanations: the example as users run it gives the numbers that follow from the formulas. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDocument } from '../../server/src/cli/documents.js';
import { buildXome, declaration, Desk, removeXome, values } from './xome.js';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const TABLES = ['', '-gaps', '-few'].map(name => join(EXAMPLES, `paper0-pathways${name}.tsv`));

describe('the example of paper 0', () => {
  let desk: Desk;
  let document: RunDocument;
  beforeAll(async () => {
    await buildXome();
    desk = await Desk.create(await readFile(join(EXAMPLES, 'paper0-limits.xome'), 'utf8'), ...TABLES);
    document = await desk.run();
  }, 400_000);
  afterAll(async () => {
    await desk.remove();
    await removeXome();
  });

  const statistic = (metric: string, name: string): number =>
    declaration(document, metric).statistics!.find(one => one.name === name)!.value;

  it('meets every expectation that it states', () => {
    expect(document.expectations.length).toBe(27);
    for (const { outcome, text } of document.expectations) expect(outcome, text).toMatch(/^met/);
  });

  it('kernels: the order of the norms is turned round to the last filter, and nothing else is', () => {
    expect(statistic('kernels', 'norms')).toBeCloseTo(-1, 10);
    expect(statistic('kernels', 'ablation')).toBeCloseTo(1, 2);
    expect(statistic('kernels', 'change')).toBeLessThan(1e-4);
  });

  it('gradients: a sigmoid takes p (1 − p) of them, each layer of a network as drawn what its width says', async () => {
    // All sequences hold the motif in one window, whose filter gives each the same gradient in front of the sigmoid.
    const slopes = Float64Array.from(await values(document, 'path', 'predictions'), p => p * (1 - p)).sort();
    const expected = ((slopes[49]! + slopes[50]!) / 2) * statistic('sloping', 'norm');
    expect(statistic('sated', 'norm') / expected).toBeCloseTo(1, 2);
    for (const [metric, variance] of [
      ['vanishing', 1],
      ['steady', 2],
    ] as const)
      // Ten networks of twelve layers: three standard errors of about 0.013 a layer.
      expect(Math.abs(statistic(metric, 'decay') - (0.5 * Math.log(variance / 2) - 5 / (4 * 64)))).toBeLessThan(0.04);
  });

  it('redundancy: the more dropout, the less one unit shows and the fewer dimensions there are', () => {
    const [none, some, half, most] = ['units0', 'units2', 'units5', 'units8'] as const;
    expect(statistic(none, 'single')).toBeGreaterThan(statistic(some, 'single'));
    expect(statistic(some, 'single')).toBeGreaterThan(statistic(half, 'single'));
    expect(statistic(half, 'rank')).toBeGreaterThan(statistic(most, 'rank'));
    expect(statistic(none, 'rank')).toBeGreaterThan(statistic(half, 'rank'));
  });

  it('attention: 30 keys against eight dimensions and the sum leave 21 directions', () => {
    expect(statistic('attention', 'free')).toBeCloseTo(21 / 30, 10);
    expect(statistic('attention', 'change')).toBeLessThan(1e-4);
  });

  it('linkage: weights of resamples spread by √VIF', () => {
    for (const metric of ['apart', 'close', 'twins']) {
      // Residual variance ½, variance of a genotype ½, 1,000 people.
      const expected = Math.sqrt((0.5 * statistic(metric, 'vif')) / (0.5 * 1000));
      expect(Math.abs(statistic(metric, 'spread') / expected - 1)).toBeLessThan(0.35);
    }
  });

  it('masks: variants without a path cost the variance that they explain', async () => {
    const truth = await values(document, 'people', 'feature_truth');
    const fields = truth.length / 120;
    for (const [metric, table] of [
      ['lost_map', TABLES[1]!],
      ['few_map', TABLES[2]!],
    ] as const) {
      const kept = new Set((await readFile(table, 'utf8')).split('\n').map(line => line.split('\t')[0]));
      let explained = 0;
      for (let variant = 0; variant < 120; variant++)
        if (!kept.has(`snp${variant + 1}`)) explained += truth[variant * fields]! ** 2;
      const { interval } = declaration(document, metric).statistics!.find(({ name }) => name === 'gap')!;
      expect(interval![0] < explained && explained < interval![1], `${metric}: ${explained}`).toBe(true);
    }
    expect(Math.abs(statistic('right_map', 'gap'))).toBeLessThan(0.01);
  });
});
