import { afterAll, beforeAll, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { referenceExecutor } from '../../../../server/src/engine/backends/reference.js';
import type { Call, Json } from '../../../../server/src/protocol.js';
import { expectSameMap, sum } from '../close.js';
import { network, sequences } from '../networks.js';
import { call, PLANTED, Workbench } from '../workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const lrp = (given: Readonly<Record<string, Json>> = {}): Call => call('method', 'lrp', given);
/** The usual composites. */
const COMPOSITES: readonly Call[] = [
  lrp(),
  lrp({ rule: 'z_plus', dense: 'epsilon' }),
  lrp({ rule: ['flat', 'z_plus'], dense: 'epsilon' }),
  lrp({ rule: ['box', 'gamma'], dense: 'epsilon', epsilon: 0.01 }),
  lrp({ rule: ['w_square', 'alpha_beta'] }),
];

it.each(COMPOSITES.map(method => [JSON.stringify(method.parameters), method] as const))(
  '%s: the native runtime and the reference interpreter agree, and nodes balance',
  async (_, method) => {
    const target = await bench.target(network({ length: 12 }), 12);
    const data = await bench.sequences(...sequences(4, 12, 3));
    const native = await bench.explain(method, target, data);
    const plain = await bench.explain(method, target, data, { executor: referenceExecutor, run: 'plain' });
    expectSameMap(native.arrays['array']!, plain.arrays['array']!, 1e-4);
    expect(native.meta.notes.slice(0, 2)).toMatchObject([
      { level: 'information', code: 'rules/conservation' },
      { level: 'information', code: 'rules/absorbed', message: expect.stringMatching(/bias|stabiliser/) as string },
    ]);
  },
);

it('relevances and what the note lists are the target', async () => {
  const target = await bench.target(PLANTED, 100);
  const { arrays, meta } = await bench.explain(lrp(), target, await bench.sequences(...sequences(1, 100, 3)));
  const note = meta.notes.find(({ code }) => code === 'rules/absorbed')!;
  const shares = [...note.message.matchAll(/(?:bias|stabiliser) (-?[\d.]+) %/g)].map(
    ([, share]) => Number(share) / 100,
  );
  expect(shares).toHaveLength(2);
  const share = sum(arrays['array']!) / arrays['predictions']![0]!;
  expect(share + sum(shares)).toBeCloseTo(1, 2);
});

it('the rule for inputs between 0 and 1 stands in the first layer only', async () => {
  const target = await bench.target(PLANTED, 100);
  const data = await bench.sequences(...sequences(1, 100, 3));
  for (const given of [{ rule: 'box' }, { rule: ['gamma', 'box'] }, { dense: 'box' }])
    await expect(bench.explain(lrp(given), target, data)).rejects.toMatchObject({ problem: { code: 'method/box' } });
});
