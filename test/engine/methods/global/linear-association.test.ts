import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import { call, Workbench } from '../workbench.js';
import { dataOf, linear, targetOf } from './rows.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(1));
});
afterAll(() => bench.remove());

async function scan(rows: readonly (readonly number[])[], labels: readonly number[]) {
  const target = await targetOf(bench, linear(rows[0]!.map(() => 1)), rows[0]!.length, 'genotypes');
  return bench.explain(
    call('method', 'linear_association'),
    target,
    await dataOf(bench, rows, { labels, as: 'genotypes' }),
  );
}

const PLINK = '/usr/bin/plink1.9';

describe.skipIf(!existsSync(PLINK))('beside plink1.9 --linear', () => {
  it('has its slopes, t statistics and p-values', async () => {
    const stream = new Stream(8, 'test');
    const people = 300;
    const frequencies = [0.1, 0.2, 0.3, 0.4, 0.5, 0.05];
    const allele = (p: number) => Number(stream.uniform() < p);
    const rows = Array.from({ length: people }, () => frequencies.map(p => allele(p) + allele(p)));
    // Effects from none to one whose p-value has a hundred zeros.
    const labels = rows.map(row => row[1]! * 0.2 + row[2]! * 0.6 + row[3]! * 4 + stream.normal());
    const found = await scan(rows, labels);

    const prefix = join(bench.folder, 'cohort');
    const letters = ['A A', 'A G', 'G G'];
    const ped = rows.map((row, i) => `f${i} p${i} 0 0 1 ${labels[i]} ${row.map(g => letters[g]).join(' ')}`);
    await writeFile(`${prefix}.ped`, ped.join('\n') + '\n');
    await writeFile(`${prefix}.map`, frequencies.map((_, v) => `1 v${v} 0 ${v + 1}`).join('\n') + '\n');
    execFileSync(PLINK, ['--file', prefix, '--linear', '--out', prefix, '--allow-no-sex'], { stdio: 'ignore' });
    const table = (await readFile(`${prefix}.assoc.linear`, 'utf8')).trim().split('\n').slice(1);
    expect(table).toHaveLength(frequencies.length);
    table.forEach((line, variant) => {
      const [, , , counted, , , beta, statistic, p] = line.trim().split(/\s+/);
      const sign = counted === 'G' ? 1 : -1;
      const slope = found.arrays['slopes']![variant]!;
      const t = slope / found.arrays['standard_errors']![variant]!;
      expect(slope / (sign * Number(beta))).toBeCloseTo(1, 3);
      expect(t / (sign * Number(statistic))).toBeCloseTo(1, 3);
      expect(found.arrays['p_values']![variant]! / Number(p)).toBeCloseTo(1, 2);
      expect(found.arrays['array']![variant]).toBeCloseTo(-Math.log10(Number(p)), 2);
    });
    expect(Math.max(...found.arrays['array']!)).toBeGreaterThan(50);
  });
});

it('scores a variant that does not vary 0, and refuses a trait that does not', async () => {
  const rows = [
    [0, 1],
    [1, 1],
    [2, 1],
    [1, 1],
  ];
  const { arrays, meta } = await scan(rows, [0.1, 1, 2, 1.2]);
  expect(arrays['array']![1]).toBe(0);
  expect(arrays['p_values']![1]).toBe(1);
  expect(meta.map).toBe('importance');
  await expect(scan(rows, [1, 1, 1, 1])).rejects.toThrow('does not vary');
});
