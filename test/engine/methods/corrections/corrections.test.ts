/** What corrections do to stored maps: alone, one after another, of ensembles, and asked again by metrics. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { normalise } from '../../../../server/src/engine/methods/corrections/normalise.js';
import type { Call, Json, Target } from '../../../../server/src/protocol.js';
import { expectSameMap } from '../close.js';
import { network, sequences } from '../networks.js';
import { call, encode, path, Workbench, type Result } from '../workbench.js';

const LENGTH = 24;

let bench: Workbench;
let target: Target;
let data: string;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
  target = await bench.target(network({ length: LENGTH }), LENGTH);
  data = await bench.sequences(...sequences(5, LENGTH, 3));
});
afterAll(() => bench.remove());

const saliency = call('method', 'saliency');
const correct = (name: string, of: Result, given: Readonly<Record<string, Json>> = {}): Promise<Result> =>
  bench.run({ kind: 'correction', correction: call('correction', name, given), attribution: of.key });

describe('normalise', () => {
  const maps = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 12, maxLength: 12 });
  const norms = {
    max: (values: readonly number[]) => Math.max(...values.map(Math.abs)),
    l1: (values: readonly number[]) => values.reduce((sum, v) => sum + Math.abs(v), 0),
    l2: (values: readonly number[]) => Math.hypot(...values),
  };

  it.each(['max', 'l1', 'l2'] as const)('brings each example to size 1 by %s, and leaves zeros', by => {
    fc.assert(
      fc.property(maps, values => {
        const map = Float32Array.from(values);
        const scaled = normalise(map, 3, by);
        for (let row = 0; row < 3; row++) {
          const [before, after] = [map, scaled].map(all => [...all.subarray(4 * row, 4 * row + 4)]) as [
            number[],
            number[],
          ];
          const size = norms[by](before);
          expect(norms[by](after)).toBeCloseTo(size > 0 ? 1 : 0, 5);
          before.forEach((value, i) => expect(after[i]! * size).toBeCloseTo(value, 4));
        }
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});

describe('multiply_by_input', () => {
  it('of a gradient is input × gradient, with the same scores', async () => {
    const gradient = await bench.explain(saliency, target, data);
    const product = await correct('multiply_by_input', gradient);
    expect(product.meta.map).toBe('contribution');
    const known = await bench.explain(call('method', 'input_x_gradient'), target, data);
    expect(product.arrays['array']).toEqual(known.arrays['array']);
    expectSameMap(product.arrays['scores']!, gradient.arrays['scores']!, 1e-6);
  });

  it('of hypothetical contributions sums to the contribution at every position', async () => {
    const contributions = await bench.explain(path(call('reference', 'shuffle', { copies: 3, seed: 1 })), target, data);
    const actual = await correct('multiply_by_input', await correct('hypothetical', contributions));
    expectSameMap(actual.arrays['scores']!, contributions.arrays['scores']!, 1e-5);
  });
});

it('corrections follow one another, and metrics explain anew through all of them', async () => {
  const stages = [['simplex_correction'], ['multiply_by_input'], ['normalise', { by: 'l2' }]] as const;
  let map = await bench.explain(saliency, target, data);
  for (const [name, given] of stages) map = await correct(name, map, given);
  expect(map.meta.map).toBe('contribution');
  expect(map.meta.arrays.map(({ name, unit }) => [name, unit])).toEqual([
    ['array', 'share of the norm'],
    ['scores', 'share of the norm'],
    ['predictions', 'target'],
  ]);
  const { meta, arrays } = await bench.run({
    kind: 'metric',
    metric: call('metric', 'max_sensitivity', { changes: 1, samples: 3, seed: 1 }),
    subjects: [map.key],
  });
  expect(meta.statistics!['median']!.value).toBeGreaterThan(0);
  // Two maps of length 1 are at most 2 apart.
  expect(Math.max(...arrays['array']!)).toBeLessThanOrEqual(2);
});

describe('of an ensemble', () => {
  let ensemble: Target;
  beforeAll(async () => {
    const layer = (name: string, given: Readonly<Record<string, Json>>) =>
      call('layer', name, given) as unknown as Json;
    const layers = [
      layer('conv1d', { filters: 3, kernel: 5, activation: 'relu' }),
      layer('flatten', {}),
      layer('dense', { units: 1 }),
    ];
    const labelled = await bench.data(data, [call('stage', 'label', { class: 1 })]);
    const trained = await bench.run({
      kind: 'training',
      training: call('training', 'train', {
        network: { call: 'layers', category: 'network', parameters: { layers } },
        members: 2,
        epochs: 1,
        validation: 0,
        seed: 2,
      }),
      data: labelled.key,
    });
    const model = { call: 'trained', category: 'training' as const, parameters: { of: trained.key } };
    ensemble = { target: call('target', 'logit'), model };
  });

  const member = (result: Result, m: number): Float32Array => {
    const size = LENGTH * 4;
    const all = result.arrays['members']!;
    const rows = all.length / size / 2;
    return Float32Array.from(
      { length: rows * size },
      (_, i) => all[(Math.floor(i / size) * 2 + m) * size + (i % size)]!,
    );
  };

  it('they are those of each member, and of the mean', async () => {
    const raw = await bench.explain(saliency, ensemble, data);
    const scaled = await correct('normalise', raw, { by: 'l1' });
    for (const m of [0, 1]) expect(member(scaled, m)).toEqual(normalise(member(raw, m), 5, 'l1'));
    expect(scaled.arrays['array']).toEqual(normalise(raw.arrays['array'] as Float32Array, 5, 'l1'));
    expect(scaled.meta.arrays.find(({ name }) => name === 'members')).toMatchObject({
      unit: 'share of the sum',
      axes: [{ name: 'example' }, { name: 'member', size: 2 }, { name: 'position' }, { name: 'base' }],
    });
  });

  it('what each member says of its blocks is told, also from within a wrapper that says two things', async () => {
    // One letter over and over has one shuffle.
    const repeats = await bench.sequences('A'.repeat(LENGTH), ...sequences(2, LENGTH, 3));
    const shuffles = path(call('reference', 'shuffle', { copies: 3, seed: 1 }), { steps: 16 });
    const told = async (method: Call): Promise<string[]> =>
      (await bench.explain(method, ensemble, repeats)).meta.notes
        .filter(({ code }) => code === 'GA041')
        .map(({ message }) => message.slice(0, message.indexOf('examples')));
    const members = ['Member 1: ', 'Member 2: '];
    expect(await told(shuffles)).toEqual(members.map(member => `${member}1 of 3 `));
    const wrapped = call('method', 'reverse_complement', { method: shuffles as unknown as Json });
    expect(await told(wrapped)).toEqual(
      members.flatMap(member => [`${member}1 of 3 `, `${member}On the other strand: 1 of 3 `]),
    );
  });

  it('hypothetical contributions of each member are of its own multipliers', async () => {
    const shuffles = path(call('reference', 'shuffle', { copies: 3, seed: 1 }), { steps: 16 });
    const contributions = await bench.explain(shuffles, ensemble, data);
    const found = await correct('hypothetical', contributions);
    const x = encode(...sequences(5, LENGTH, 3));
    for (const m of [0, 1]) {
      const atBase = member(found, m).map((value, i) => value * x[i]!);
      const perPosition = (map: Float32Array): number[] =>
        Array.from({ length: map.length / 4 }, (_, i) =>
          [0, 1, 2, 3].reduce((sum, base) => sum + map[4 * i + base]!, 0),
        );
      expectSameMap(perPosition(atBase), perPosition(member(contributions, m)), 1e-4);
    }
  });
});
