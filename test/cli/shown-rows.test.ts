import { afterAll, beforeAll, expect, it } from 'vitest';
import { shownRows } from '../../server/src/cli/shown-rows.js';
import { onnxruntimeExecutor } from '../../server/src/engine/backends/onnxruntime.js';
import { dataOf, linear, targetOf } from '../engine/methods/global/rows.js';
import { call, Workbench, type Result } from '../engine/methods/workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(1));
});
afterAll(() => bench.remove());

const shown = ({ meta }: Result): Promise<string[]> => shownRows(meta, bench.store);

it('prints rules in their order, the strongest features first, and no maps', async () => {
  const rows = Array.from({ length: 200 }, (_, i) =>
    Array.from({ length: 25 }, (_, j) => Math.sin(17 * i + 3 * j * j)),
  );
  const labels = rows.map(row => Number(row[4]! > 0));
  const data = await dataOf(bench, rows, { labels });
  const target = await targetOf(bench, linear(Array.from({ length: 25 }, (_, j) => (j === 7 ? -9 : 1))), 25);
  const rules = await shown(await bench.explain(call('method', 'rule_list', { bins: 2, seed: 1 }), target, data));
  expect(rules[0]).toMatch(/^rule +risk +low +high +examples +share +searched$/);
  expect(rules[1]).toMatch(/^g4 > \S+ +[01]/);
  expect(rules.at(-1)).toMatch(/^otherwise /);

  const saliency = call('method', 'saliency');
  const importance = call('method', 'mean_attribution', { method: saliency, sign: 'kept' });
  const features = await shown(await bench.explain(importance, target, data));
  expect(features[0]).toMatch(/^g7 /);
  expect(features).toHaveLength(21);
  expect(features.at(-1)).toBe('… and 5 more');
  expect(await shown(await bench.explain(saliency, target, data))).toEqual([]);
});
