import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { Moments } from '../../../../server/src/engine/methods/gradient/moments.js';
import { deviation, requireUnit } from '../../../../server/src/engine/methods/noise.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import type { Json } from '../../../../server/src/protocol.js';
import { expectSameMap, scaleOf } from '../close.js';
import { network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, encode, oracle, path, Workbench } from '../workbench.js';

const LENGTH = 12;

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

type Given = Readonly<Record<string, Json>>;
const saliency = call('method', 'saliency');
const wrapper = (name: string, given: Given = {}) =>
  call('method', name, { method: saliency, seed: 3, samples: 8, ...given });
const WRAPPERS = ['smooth_grad', 'smooth_grad_squared', 'var_grad'];

/** f(x) = Σ w x, whose gradient is w everywhere. */
const weights = Array.from({ length: 4 * LENGTH }, (_, i) => Math.sin(3 * i));
const linear = scalarFunction(LENGTH, (b, flat) => weightedSum(b, flat, weights, 2));

describe('of a linear function', () => {
  it.each<[string, Given, (w: number) => number]>([
    ['smooth_grad', {}, w => w],
    ['smooth_grad_squared', {}, w => w * w],
    ['smooth_grad_squared', { root: true }, Math.abs],
  ])('%s %o is known', async (name, given, expected) => {
    const target = await bench.target(linear, LENGTH);
    const { arrays } = await bench.explain(
      wrapper(name, given),
      target,
      await bench.sequences(...sequences(2, LENGTH)),
    );
    expectSameMap(arrays['array']!, [...weights, ...weights].map(expected), 1e-6);
  });

  it('the variance is zero, exactly', async () => {
    const target = await bench.target(linear, LENGTH);
    const { arrays } = await bench.explain(wrapper('var_grad'), target, await bench.sequences(...sequences(2, LENGTH)));
    expect(scaleOf(arrays['array']!)).toBe(0);
  });
});

describe('of a method with one number per position', () => {
  const ablation = call('method', 'feature_ablation', { baseline: call('reference', 'zeros') as unknown as Json });
  const of = async (name: string, method: Json, noise: number, samples = 8) => {
    const target = await bench.target(linear, LENGTH);
    const data = await bench.sequences(...sequences(2, LENGTH));
    return (await bench.explain(wrapper(name, { method, noise: { share: noise }, samples }), target, data)).arrays;
  };

  it.each(WRAPPERS)('%s leaves bases that are not there at zero', async name => {
    const { array, scores } = await of(name, ablation, 0.1);
    const x = encode(...sequences(2, LENGTH));
    expect(array!.filter((value, at) => x[at] === 0 && value !== 0)).toHaveLength(0);
    expect(Math.min(...scores!.map(Math.abs))).toBeGreaterThan(0);
  });

  it('numbers stay as large as they are where noise leaves next to nothing of a position, and sum to gradient × input', async () => {
    const { array, scores } = await of('smooth_grad', ablation, 0.5, 400);
    const products = await of('smooth_grad', call('method', 'input_x_gradient'), 0.5, 400);
    expectSameMap(scores!, products['scores']!, 1e-5);
    expect(scaleOf(array!)).toBeLessThan(1.5 * scaleOf(scores!));
  });
});

describe('of a network', () => {
  it.each(WRAPPERS)('%s is what a plain loop over the float64 interpreter gives', async name => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const chosen = sequences(3, LENGTH, 4);
    const data = await bench.sequences(...chosen);
    const { arrays, meta } = await bench.explain(wrapper(name), target, data);
    const { gradient } = oracle(await bench.load(target));
    const origins = (await bench.store.rows(data)).rows.map(([, , source, index]) => ({
      source: source!,
      index: Number(index),
    }));
    const expected = chosen.flatMap((sequence, row) => {
      const x = encode(sequence);
      const maps = Array.from({ length: 8 }, (_, sample) => {
        const stream = new Stream(3, 'smooth_grad', origins[row], sample);
        return gradient(x.map(v => v + 0.1 * stream.normal()));
      });
      return Array.from(x, (_, i) => {
        const mean = maps.reduce((sum, map) => sum + map[i]! / 8, 0);
        const square = maps.reduce((sum, map) => sum + map[i]! ** 2 / 8, 0);
        return name === 'smooth_grad' ? mean : name === 'var_grad' ? square - mean ** 2 : square;
      });
    });
    expectSameMap(arrays['array']!, expected, 1e-4);
    expect(meta.map).toBe(name === 'smooth_grad' ? 'gradient' : 'contribution');
  });

  it('the copies of an example do not depend on the others', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const chosen = sequences(5, LENGTH, 5);
    const all = await bench.sequences(...chosen);
    const some = await bench.data(all, [call('stage', 'take', { size: 2, from: 3 })]);
    const together = await bench.explain(wrapper('smooth_grad'), target, all);
    const apart = await bench.explain(wrapper('smooth_grad'), target, some.key);
    expectSameMap(apart.arrays['array']!, together.arrays['array']!.slice(3 * 4 * LENGTH), 1e-6);
  });

  it('no noise leaves the method inside as it is, also one that needs the prediction', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const data = await bench.sequences(...sequences(2, LENGTH, 6));
    for (const method of [call('method', 'in_silico_mutagenesis'), path(call('reference', 'uniform'), { steps: 8 })]) {
      const noise = { share: 0 };
      const wrapped = await bench.explain(wrapper('smooth_grad', { method, noise, samples: 2 }), target, data);
      const plain = await bench.explain(method, target, data);
      expectSameMap(wrapped.arrays['array']!, plain.arrays['array']!, 1e-6);
      expect(wrapped.meta.map).toBe(plain.meta.map);
    }
  });

  it('effects of substitutions are those in the noisy copy', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const [sequence] = sequences(1, LENGTH, 8) as [string];
    const data = await bench.sequences(sequence);
    const method = call('method', 'in_silico_mutagenesis');
    const { arrays } = await bench.explain(wrapper('smooth_grad', { method, samples: 1 }), target, data);
    const { f } = oracle(await bench.load(target));
    const [[, , source]] = (await bench.store.rows(data)).rows as [string[]];
    const stream = new Stream(3, 'smooth_grad', { source: source!, index: 0 }, 0);
    const copy = encode(sequence).map(v => v + 0.1 * stream.normal());
    const expected = Array.from(copy, (_, at) => {
      const mutant = copy.slice();
      mutant.fill(0, at - (at % 4), at - (at % 4) + 4);
      mutant[at] = 1;
      return f(mutant) - f(copy);
    });
    expectSameMap(arrays['array']!, expected, 1e-4);
  });

  it('a method inside sees the prediction of the noisy copy', async () => {
    // Path integrals of a linear function are complete at once; with f of the clean example they would never be.
    const target = await bench.target(linear, LENGTH);
    const method = path(call('reference', 'zeros'), { tolerance: 0.0001 });
    const { meta } = await bench.explain(
      wrapper('smooth_grad', { method, noise: { share: 1 }, samples: 3 }),
      target,
      await bench.sequences(...sequences(2, LENGTH, 7)),
    );
    expect(meta.notes.filter(({ code }) => code !== 'model/activity')).toEqual([]);
    expect(meta.passes).toBeLessThan(2 * (1 + 1 + 3 * (1 + 32)) + 1);
  });
});

describe('noise', () => {
  it('has the unit of the input, or is refused', () => {
    const alleles = { absolute: 1, unit: 'alleles' };
    expect(() => requireUnit(alleles, { alphabet: 'genotypes', shape: [3] })).not.toThrow();
    expect(() => requireUnit(alleles, { alphabet: 'dna', shape: [3, 4] })).toThrow('1 alleles is no amount of dna');
  });

  it('is a share of the range of the example, or absolute', () => {
    expect(deviation({ share: 0.1 }, Float32Array.of(-1, 3, 2))).toBeCloseTo(0.4, 12);
    expect(deviation({ share: 0.1 }, Float32Array.of(2, 2))).toBe(0);
    expect(deviation({ absolute: 1.5, unit: 'alleles' }, Float32Array.of(0, 2))).toBe(1.5);
  });
});

it('moments are those of the numbers', () => {
  const moments = new Moments(1);
  for (const value of [1, 2, 6]) moments.add([value]);
  expect(moments.mean()[0]).toBe(3);
  expect(moments.variance()[0]).toBeCloseTo(14 / 3, 6);
  expect(moments.meanSquare()[0]).toBeCloseTo(41 / 3, 6);
  expect(moments.standardError()[0]).toBeCloseTo(Math.sqrt(7 / 3), 6);
});
