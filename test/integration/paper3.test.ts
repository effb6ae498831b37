/** Bontonou et al. 2023 on simulated expression: the example as users run it shows what the paper shows. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDocument } from '../../server/src/cli/documents.js';
import { buildXome, declaration, Desk, removeXome, values } from './xome.js';

const TIMEOUT = 1_200_000;
const EXAMPLE = join(import.meta.dirname, '../../examples/paper3-expression.xome');

describe('the quick form of paper 3', () => {
  let desk: Desk;
  let document: RunDocument;
  let tables: ReadonlyMap<string, number>;
  beforeAll(async () => {
    await buildXome();
    desk = await Desk.create(await readFile(EXAMPLE, 'utf8'));
    document = await desk.run();
    const cells: [string, number][] = [];
    for (const name of ['separate_table', 'overlap_table']) {
      const numbers = await values(document, name);
      const rows = declaration(document, name).rows!;
      // The value stands in front of bounds, number and deviation.
      rows.forEach((row, i) => cells.push([row, numbers[(i * numbers.length) / rows.length]!]));
    }
    tables = new Map(cells);
  }, TIMEOUT);
  afterAll(async () => {
    await desk.remove();
    await removeXome();
  });

  const statistic = (metric: string, name: string): number =>
    declaration(document, metric).statistics!.find(one => one.name === name)!.value;
  const cell = (network: string, of: string): number => tables.get(`${network}_p path ${of}`)!;

  it('meets every expectation that it states: accuracy, local and global agreement', () => {
    expect(document.expectations.length).toBe(11);
    for (const { outcome, text } of document.expectations) expect(outcome, text).toMatch(/^met/);
  });

  it.each(['separate_lr', 'separate_mlp', 'overlap_lr', 'overlap_mlp'])(
    '%s: locally PGI is far above PGR, and PGR far above PGU',
    network => {
      const [pgi, pgr, pgu] = ['pgi local', 'pgr mean', 'pgu local'].map(of => cell(network, of)) as [
        number,
        number,
        number,
      ];
      expect(pgi).toBeGreaterThan(5 * pgr);
      expect(5 * pgr).toBeGreaterThan(5 * pgu);
    },
  );

  it.each(['lr', 'mlp'])('%s: overlap of groups costs the global agreement at least 10 points', network => {
    const [separate, overlap] = ['separate', 'overlap'].map(set =>
      cell(`${set}_${network}`, 'feature_agreement global'),
    ) as [number, number];
    expect(separate - overlap).toBeGreaterThan(0.1);
  });

  it.each(['lr', 'mlp'])('%s: diffusion helps locally without overlap, and harms globally with it', network => {
    const gain = (set: string, of: string): number =>
      cell(`${set}_${network}`, `feature_agreement(diffuse: ${set}) ${of}`) -
      cell(`${set}_${network}`, `feature_agreement ${of}`);
    expect(gain('separate', 'local')).toBeGreaterThan(0);
    expect(gain('overlap', 'global')).toBeLessThan(0);
  });

  it('measures three networks of each kind alone, whose deviation stands beside their mean', () => {
    for (const name of ['separate_table', 'overlap_table']) {
      const { metrics, rows } = declaration(document, name).table!;
      expect(rows).toHaveLength(2);
      const random = metrics.findIndex(metric => metric.name === 'pgr');
      for (const { cells } of rows) {
        expect(cells[random]).toMatchObject({ spread: { networks: 3 } });
        for (const one of cells) expect(one).not.toHaveProperty('interval');
      }
    }
  });

  it('orders genes by ranks about as well as by sums, and loses by what the published code sums', () => {
    const sum = cell('separate_mlp', 'pgi global');
    for (const name of ['by_rank', 'by_median_rank'])
      expect(Math.abs(statistic(name, 'global') - sum), name).toBeLessThan(0.03);
    expect(statistic('by_published_rank', 'global')).toBeLessThan(statistic('by_rank', 'global'));
  });
});
