/** What must not matter: the model's layout, the batch, the threads, the order of examples, a component nobody can test. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../../server/src/engine/backends/executor.js';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import type { Call } from '../../../server/src/protocol.js';
import { expectSameMap, scaleOf } from './close.js';
import { network, sequences, type NetworkForm } from './networks.js';
import { call, path, PLANTED, Workbench, type Result } from './workbench.js';

const LENGTH = 30;
const METHODS: readonly Call[] = [
  call('method', 'saliency'),
  call('method', 'integrated_gradients', { baseline: call('reference', 'uniform'), steps: 20 }),
  call('method', 'in_silico_mutagenesis'),
  call('method', 'deep_lift', { baseline: call('reference', 'uniform'), rule: 'genomics_default' }),
  call('method', 'lrp', { rule: ['box', 'gamma'], dense: 'epsilon' }),
];

let one: Executor;
let bench: Workbench;
let data: string;
beforeAll(async () => {
  one = await onnxruntimeExecutor(1);
  bench = await Workbench.create(one);
  data = await bench.sequences(...sequences(7, LENGTH, 8));
});
afterAll(() => bench.remove());

async function explain(method: Call, form: Partial<NetworkForm>): Promise<Result> {
  const { layout = 'auto', order = 'ACGT' } = form;
  const target = await bench.target(network({ length: LENGTH, ...form }), LENGTH, undefined, { layout, order });
  return bench.explain(method, target, data);
}

describe.each(METHODS)('$call', method => {
  it.each<Partial<NetworkForm>>([
    { layout: 'channels_last' },
    { order: 'TGCA' },
    { layout: 'channels_last', order: 'GATC' },
    { flat: true },
    { layout: 'channels_last', flat: true },
  ])('gives the same map whatever the input looks like: %o', async form => {
    const plain = await explain(method, {});
    const other = await explain(method, form);
    for (const name of ['array', 'scores', 'predictions'])
      expectSameMap(other.arrays[name]!, plain.arrays[name]!, 1e-6);
  });

  it.each([1, 5])('does not depend on the batch: a file that demands %i', async batch => {
    const open = await explain(method, {});
    const fixed = await explain(method, { batch });
    for (const name of ['array', 'predictions']) expectSameMap(fixed.arrays[name]!, open.arrays[name]!, 1e-5);
  });

  it('does not depend on the other examples or the place among them', async () => {
    const target = await bench.target(PLANTED, 100);
    const chosen = sequences(9, 100, 9);
    const together = await bench.explain(method, target, await bench.sequences(...chosen));
    const turned = await bench.explain(method, target, await bench.sequences(...chosen.toReversed()));
    const alone = await bench.explain(method, target, await bench.sequences(chosen[4]!));
    const row = ({ arrays }: Result, at: number) => arrays['array']!.subarray(at * 400, (at + 1) * 400);
    for (let at = 0; at < 9; at++) expectSameMap(row(turned, 8 - at), row(together, at), 1e-5);
    expectSameMap(row(alone, 0), row(together, 4), 1e-5);
  });

  it('agrees between one and two threads, and between the backends', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const single = await bench.explain(method, target, data, { executor: one, run: 'one' });
    const two = await onnxruntimeExecutor(2);
    for (const [run, executor, tolerance] of [
      ['two', two, 1e-5],
      ['reference', referenceExecutor, 1e-4],
    ] as const) {
      const other = await bench.explain(method, target, data, { executor, run });
      expectSameMap(other.arrays['array']!, single.arrays['array']!, tolerance);
    }
  });
});

it('a rerun is byte-identical, pairs, references and all', async () => {
  const shuffled = call('reference', 'dinucleotide_shuffle', { copies: 3, seed: 5 });
  const chosen = sequences(5, 100, 10);
  const runs: Result[] = [];
  for (let run = 0; run < 2; run++) {
    const again = await Workbench.create(await onnxruntimeExecutor(2));
    try {
      const target = await again.target(PLANTED, 100);
      runs.push(await again.explain(path(shuffled), target, await again.sequences(...chosen)));
    } finally {
      await again.remove();
    }
  }
  const [first, second] = runs as [Result, Result];
  expect(Object.keys(first.arrays).sort()).toEqual([
    'array',
    'multipliers',
    'pairs',
    'predictions',
    'references',
    'scores',
  ]);
  const bytes = (array: Float32Array | Float64Array): Buffer =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  for (const [name, array] of Object.entries(first.arrays))
    expect(bytes(second.arrays[name]!).equals(bytes(array)), name).toBe(true);
});

/**
 * Adding δ to all four channels of a filter's column and taking it from the bias changes nothing that a sequence could
 * show (Majdandzic, Rajesh & Koo 2023): gradients see it, corrected ones do not.
 */
it('a component off the simplex leaves predictions and corrected gradients, not raw gradients', async () => {
  const gauge = (filter: number, column: number): number => Math.sin(3 * filter + column);
  const saliency = call('method', 'saliency');
  const [plain, moved] = [await explain(saliency, {}), await explain(saliency, { gauge })];
  expectSameMap(moved.arrays['predictions']!, plain.arrays['predictions']!, 1e-5);
  const raw = plain.arrays['array']!;
  expect(scaleOf(moved.arrays['array']!.map((g, i) => g - raw[i]!)) / scaleOf(raw)).toBeGreaterThan(0.1);
  const [before, after] = [
    await bench.correct('simplex_correction', plain),
    await bench.correct('simplex_correction', moved),
  ];
  expectSameMap(after.arrays['array']!, before.arrays['array']!, 1e-5);
  expectSameMap(after.arrays['scores']!, before.arrays['scores']!, 1e-5);
});

/** Rescaled kernels, with the next layer making up for it, are the same function everywhere: every method must agree. */
it.each<Call>([
  call('method', 'saliency'),
  call('method', 'smooth_grad', { method: call('method', 'saliency'), samples: 5, seed: 1 }),
  call('method', 'expected_gradients', {
    baseline: call('reference', 'dinucleotide_shuffle', { copies: 2, seed: 1 }),
    samples: 10,
    seed: 1,
  }),
  path(call('reference', 'uniform'), { steps: 20 }),
])('rescaled filters leave $call as it is', async method => {
  const scale = (filter: number): number => 2 ** (3 * Math.sin(filter));
  const [plain, scaled] = [await explain(method, {}), await explain(method, { scale })];
  for (const name of ['array', 'scores', 'predictions']) expectSameMap(scaled.arrays[name]!, plain.arrays[name]!, 1e-5);
});

/** On the simplex the gauge cannot be seen; noise leaves it, so smoothed gradients keep a trace even when corrected. */
it('a component off the simplex shows where a method leaves the simplex, and only there', async () => {
  const gauge = (filter: number, column: number): number => Math.sin(3 * filter + column);
  const shuffled = call('reference', 'dinucleotide_shuffle', { copies: 2, seed: 1 });
  for (const method of [
    call('method', 'expected_gradients', { baseline: shuffled, samples: 10, seed: 1 }),
    path(shuffled, { steps: 20 }),
  ])
    expectSameMap(
      (await explain(method, { gauge })).arrays['scores']!,
      (await explain(method, {})).arrays['scores']!,
      1e-5,
    );
  const smooth = call('method', 'smooth_grad', { method: call('method', 'saliency'), samples: 20, seed: 1 });
  const corrected = async (form: Partial<NetworkForm>): Promise<Float32Array | Float64Array> =>
    (await bench.correct('simplex_correction', await explain(smooth, form))).arrays['array']!;
  const [plain, moved] = [await corrected({}), await corrected({ gauge })];
  expect(scaleOf(plain.map((v, i) => moved[i]! - v)) / scaleOf(plain)).toBeGreaterThan(0.01);
});
