import { describe, expect, it } from 'vitest';
import { truthColumn, type Rows } from '../../../server/src/engine/data/examples.js';
import { simulateExpression, simulateExpressionSource } from '../../../server/src/engine/simulate/expression.js';

/** Mean and standard deviation of a gene in the samples of a class. */
function statistics(rows: Rows, gene: number, label: number): [number, number] {
  const values = rows.labels.flatMap((own, i) => (own === label ? [rows.values[i * rows.length + gene]!] : []));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [mean, Math.sqrt(squares / values.length)];
}
const informative = (rows: Rows, column: string) =>
  [...truthColumn(rows.truth!, column)!.entries()].flatMap(([gene, known]) => (known === 1 ? [gene] : []));

describe('simulate_expression', () => {
  const demo = simulateExpression({ configuration: 'demo', samples: 20_000, seed: 3 });

  it('has the spread of the published demo: genes 0, 20 and 40 of both classes', () => {
    // Mean and standard deviation of 300 samples each, as the authors print them, so their relative deviations are known
    // to about 5 %; the weight of a gene in its group is drawn, and differs.
    const published = [
      [0, 15283, 4388, 7996, 3733],
      [20, 11294, 4812, 22126, 6382],
      [40, 10227, 4700, 10292, 4651],
    ] as const;
    for (const [gene, firstMean, firstDeviation, secondMean, secondDeviation] of published) {
      const [first, a] = statistics(demo, gene, 0);
      const [second, b] = statistics(demo, gene, 1);
      expect(Math.abs(a / first / (firstDeviation / firstMean) - 1)).toBeLessThan(0.13);
      expect(Math.abs(b / second / (secondDeviation / secondMean) - 1)).toBeLessThan(0.13);
      expect(Math.abs(first / second / (firstMean / secondMean) - 1)).toBeLessThan(0.1);
    }
  });

  it('has the moments of its law: the share of a group is Beta, the fold change of an informative gene 2', () => {
    // Σα = 2·8 + 4·4 = 32: mean and relative deviation of Beta(8, 24) and Beta(4, 28).
    const deviation = (share: number): number => Math.sqrt((1 - share) / (share * 33));
    for (let group = 0; group < 6; group++) {
      const sums = [0, 1].map(label => {
        let sum = 0;
        for (let gene = 10 * group; gene < 10 * group + 10; gene++) sum += statistics(demo, gene, label)[0];
        return sum / 1e6;
      });
      sums.forEach((sum, label) =>
        expect(Math.abs(sum - (Math.floor(group / 2) === label ? 0.25 : 0.125))).toBeLessThan(0.006),
      );
    }
    for (const [gene, label, share] of [
      [3, 0, 0.25],
      [3, 1, 0.125],
      [55, 1, 0.125],
    ] as const) {
      const [mean, spread] = statistics(demo, gene, label);
      expect(spread / mean / deviation(share)).toBeCloseTo(1, 1.2);
    }
  });

  it('gives every sample a million, and names the informative genes', () => {
    for (let i = 0; i < 5; i++)
      expect(demo.values.subarray(i * 60, i * 60 + 60).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1e6, -1);
    expect(informative(demo, 'class 0')).toEqual(Array.from({ length: 20 }, (_, gene) => gene));
    expect(informative(demo, 'class 1')).toEqual(Array.from({ length: 20 }, (_, gene) => 20 + gene));
    expect(demo.truth!.columns).toEqual(['class 0', 'class 1', 'groups']);
  });

  it('lets no gene of an over-expressed group weigh less than a tenth of the mean', () => {
    const groups = simulateExpression({ configuration: 'quick', samples: 200, seed: 1 });
    for (const label of [0, 1, 2, 3, 4]) {
      const genes = informative(groups, `class ${label}`);
      expect(genes).toHaveLength(150);
      for (let group = 0; group < 15; group++) {
        const means = genes.slice(10 * group, 10 * group + 10).map(gene => statistics(groups, gene, label)[0]);
        const total = means.reduce((sum, mean) => sum + mean, 0);
        for (const mean of means) expect(mean / total).toBeGreaterThan(0.0095);
      }
    }
  });

  it('lets groups overlap where the configuration says so, and leaves some genes out', () => {
    const overlap = simulateExpression({ configuration: 'quick_overlap', samples: 20, seed: 1 });
    const groups = truthColumn(overlap.truth!, 'groups')!;
    // 300 groups of 10 on average over 1,500 genes: Poisson with mean 2, so 13.5 % are in none.
    expect(groups.reduce((sum, count) => sum + count, 0) / 1500).toBeCloseTo(2, 0.8);
    expect(groups.filter(count => count === 0).length / 1500).toBeCloseTo(0.135, 1);
    expect(overlap.notes[0]!.code).toBe('simulate/silent-genes');
    groups.forEach((count, gene) => {
      if (count === 0) for (let i = 0; i < 20; i++) expect(overlap.values[i * 1500 + gene]).toBe(0);
    });
    const ring = simulateExpression({ configuration: 'set4', seed: 1 });
    expect([...truthColumn(ring.truth!, 'groups')!]).toEqual([2, 2, 2]);
    expect(informative(ring, 'class 2')).toEqual([0, 2]);
    expect([...truthColumn(simulateExpression({ configuration: 'set5', seed: 1 }).truth!, 'groups')!]).toEqual([
      1, 2, 2, 1,
    ]);
  });

  it('joins sub-classes in a class', () => {
    const rows = simulateExpression({ configuration: 'syn_g', value: 5, samples: 100, seed: 2 });
    expect(rows.labels.filter(label => label === 1)).toHaveLength(50);
    expect(rows.names.filter(name => name.startsWith('class 0/3 '))).toHaveLength(10);
    expect(informative(rows, 'class 0')).toHaveLength(500);
    expect(informative(rows, 'class 0/3')).toEqual(Array.from({ length: 100 }, (_, gene) => 300 + gene));
    expect(rows.truth!.columns.filter(name => name.startsWith('class 1'))).toEqual(['class 1']);
  });

  it.each([
    ['simu1', 9900, 15_000],
    ['simu2', 9900, 15_000],
    ['simu_a', 1200, 50_000],
    ['simu_c', 1200, 50_000],
    ['set1', 600, 26],
  ] as const)('knows %s', async (configuration, examples, genes) => {
    expect(await simulateExpressionSource.describe({ configuration, seed: 1 }, {})).toMatchObject({
      examples,
      length: [genes, genes],
    });
  });

  it('makes samples of the largest configuration as published: 10,000 informative genes of two classes', () => {
    const rows = simulateExpression({ configuration: 'simu_b', samples: 8, seed: 1 });
    expect(rows.labels).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
    const both = new Set([...informative(rows, 'class 0/1'), ...informative(rows, 'class 1')]);
    expect(both.size).toBe(10_000);
  });

  it('refuses families without a value and others with one, and what does not fit', () => {
    const refused = (given: object) => expect(() => simulateExpression({ configuration: 'syn_p', seed: 1, ...given }));
    refused({}).toThrow('`value` is missing');
    refused({ configuration: 'demo', value: 2 }).toThrow('takes no `value`');
    refused({ value: 101 }).toThrow('need 202 groups, there are 200');
    refused({ configuration: 'simu_a', samples: 20_000 }).toThrow('20000 samples × 50000 genes');
    // Half of the samples are of the second class: fewer leave a sub-class without any.
    refused({ configuration: 'syn_g', value: 5, samples: 9 }).toThrow('of 6 sub-classes');
    const { names } = simulateExpression({ configuration: 'syn_g', value: 5, samples: 10, seed: 1 });
    expect(new Set(names.map(name => name.split(' sample ')[0])).size).toBe(6);
  });
});
