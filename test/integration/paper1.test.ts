/** Watson 2022's typology on simulated genotypes: the examples as users run them show what the methods can and cannot tell. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDocument } from '../../server/src/cli/documents.js';
import type { Curve } from '../../server/src/protocol.js';
import { buildXome, declaration, Desk, removeXome, values } from './xome.js';

const EXAMPLES = join(import.meta.dirname, '../../examples');

beforeAll(buildXome, 120_000);
afterAll(removeXome);

/** Runs an example once for a group of tests. */
function run(file: string) {
  const ran = {} as { desk: Desk; document: RunDocument };
  beforeAll(async () => {
    ran.desk = await Desk.create(await readFile(join(EXAMPLES, file), 'utf8'));
    ran.document = await ran.desk.run();
  }, 900_000);
  afterAll(() => ran.desk.remove());
  return ran;
}

const statistic = (document: RunDocument, metric: string, name: string): number =>
  declaration(document, metric).statistics!.find(one => one.name === name)!.value;

function expectAllMet({ expectations }: RunDocument, count: number): void {
  expect(expectations.length).toBe(count);
  for (const { outcome, text } of expectations) expect(outcome, text).toMatch(/^met/);
}

describe('the typology of paper 1', () => {
  const ran = run('paper1-typology.xome');
  const value = (metric: string, name = 'mean'): number => statistic(ran.document, metric, name);

  it('meets every expectation that it states', () => expectAllMet(ran.document, 20));

  it('tests of what a variant adds find fewer neighbours of causal variants than tests of variants alone', () => {
    for (const metric of ['found_knockoffs', 'found_impact'])
      expect(value('found_scan', 'false_share') - value(metric, 'false_share')).toBeGreaterThan(0.2);
  });

  it('equally good networks agree on many of the top variants and on few of their ranks', () => {
    expect(value('reasons', 'feature')).toBeGreaterThan(0.3);
    expect(value('reasons', 'rank')).toBeLessThan(0.5 * value('reasons', 'feature'));
  });

  it('estimates of Shapley values near the exact ones as 1 / √samples or faster, and reach them', () => {
    const errors = [48, 192, 768, 4094].map(samples => value(`error_of_${samples}`, 'median'));
    expect(errors[1]).toBeLessThan(0.7 * errors[0]!);
    expect(errors[2]).toBeLessThan(0.7 * errors[1]!);
    expect(errors[3]).toBeLessThan(1e-4);
  });

  it('LIME is less stable the fewer samples its kernel leaves, and more with more samples', () => {
    expect(value('stable_narrow')).toBeLessThan(value('stable_usual'));
    expect(value('stable_usual')).toBeLessThan(value('stable_wide') + 0.05);
    expect(value('stable_narrow')).toBeLessThan(value('stable_long'));
  });

  it('risks of rules fall, and a list of what the network answers is surer than one of what is measured', async () => {
    const fields = 6;
    const list = async (name: string) => {
      const all = await values(ran.document, name);
      return Array.from({ length: all.length / fields }, (_, i) => ({
        risk: all[i * fields]!,
        found: all[i * fields + 5]!,
      }));
    };
    const spread: number[] = [];
    for (const name of ['measured', 'answered']) {
      const rules = await list(name);
      for (const [i, { found }] of rules.slice(1).entries()) expect(found).toBeLessThanOrEqual(rules[i]!.found);
      spread.push(rules[0]!.risk - rules.at(-1)!.risk);
    }
    expect(spread[1]).toBeGreaterThan(spread[0]!);
  });

  it('conditional values credit the variant that the network does not use, marginal ones do not', () => {
    expect(value('conditional_values', 'min')).toBeGreaterThan(3 * value('marginal_values', 'min'));
  });

  it('accumulated local effects leave partial dependence where variants go together', () => {
    expect(value('gap_tied')).toBeGreaterThan(4 * value('gap_loose'));
  });
});

describe('the error rates of paper 1', () => {
  const ran = run('paper1-error-rates.xome');

  /** A rate at the correlations 0, 0.6 and 0.9. */
  const along = async (metric: string, rate: string): Promise<number[]> => {
    const { out } = await ran.desk.xome('show', 'a.xome', metric, '--json');
    const { meta } = JSON.parse(out) as { meta: { curve: Curve } };
    return meta.curve.series.find(({ name }) => name === rate)!.values;
  };

  it('meet every expectation that is stated', () => expectAllMet(ran.document, 8));

  it('rise with correlation for variants alone and for permuted variants', async () => {
    for (const metric of ['rates_scan', 'rates_permuted']) {
      const [none, , strong] = await along(metric, 'fdr');
      expect(strong! - none!, metric).toBeGreaterThan(0.1);
    }
  });

  it('fall with the share of nulls, as Benjamini and Hochberg have it', async () => {
    const [many, , few] = await along('nulls_alone', 'fdr');
    expect(few!).toBeLessThan(many!);
    expect(many!).toBeLessThan(0.1);
  });

  it('cost power where others can stand in for a variant', async () => {
    for (const metric of ['rates_left_out', 'rates_impact', 'rates_knockoffs']) {
      const [none, , strong] = await along(metric, 'power');
      expect(strong!, metric).toBeLessThan(none!);
    }
    expect(statistic(ran.document, 'rates_knockoffs', 'last_fdr')).toBeLessThan(0.2);
  });
});
