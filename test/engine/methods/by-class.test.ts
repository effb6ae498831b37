import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import type { Call } from '../../../server/src/protocol.js';
import { expectSameMap } from './close.js';
import { network, sequences } from './networks.js';
import { call, path, Workbench, type Result } from './workbench.js';

const LENGTH = 30;
const UNITS = 3;
const GRAPH = network({ length: LENGTH, units: UNITS, ending: 'Softmax' });
const METHODS: readonly Call[] = [
  call('method', 'saliency'),
  // The mean is that of all examples, not of those of a class.
  path(call('reference', 'mean'), { steps: 4 }),
  path(call('reference', 'dinucleotide_shuffle', { copies: 2, seed: 1 }), { steps: 4 }),
  call('method', 'in_silico_mutagenesis'),
];

let bench: Workbench;
let mixed: string;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
  mixed = await bench.sequences(...sequences(12, LENGTH, 2));
});
afterAll(() => bench.remove());

const explain = async (method: Call, target: Call, data: string): Promise<Result> =>
  bench.explain(method, await bench.target(GRAPH, LENGTH, target), data);

const ofClasses = (method: Call, data: string): Promise<Result[]> =>
  Promise.all([0, 1, 2].map(index => explain(method, call('target', 'class', { class: index }), data)));

/** Every array of a result is, row by row, that of the class's own. */
function expectRowsOf(found: Result, classes: readonly Result[], chosen: readonly number[]): void {
  for (const [name, array] of Object.entries(found.arrays)) {
    const width = array.length / chosen.length;
    const row = (values: ArrayLike<number>, at: number) => Array.from(values).slice(at * width, (at + 1) * width);
    expectSameMap(
      array,
      chosen.flatMap((index, at) => row(classes[index]!.arrays[name]!, at)),
      1e-5,
    );
  }
}

describe.each(METHODS)('$call', method => {
  it('of the predicted class is what it is of the class with the greatest logit at each example', async () => {
    const classes = await ofClasses(method, mixed);
    const logits = classes.map(({ arrays }) => arrays['predictions']!);
    const chosen = Array.from({ length: 12 }, (_, row) => {
      const own = logits.map(values => values[row]!);
      return own.indexOf(Math.max(...own));
    });
    expect(new Set(chosen).size, 'classes that occur').toBeGreaterThan(1);
    expectRowsOf(await explain(method, call('target', 'predicted_class'), mixed), classes, chosen);
  });
});

describe('true_class', () => {
  const labelled = async (label: number, seed: number): Promise<string> =>
    (await bench.data(await bench.sequences(...sequences(3, LENGTH, seed)), [call('stage', 'label', { class: label })]))
      .key;

  it('is the class of the label, alone and in a difference', async () => {
    const data = await bench.data(await labelled(2, 5), [call('stage', 'concat', { data: [await labelled(0, 6)] })]);
    const method = call('method', 'saliency');
    const classes = await ofClasses(method, data.key);
    const chosen = [2, 2, 2, 0, 0, 0];
    expectRowsOf(await explain(method, call('target', 'true_class'), data.key), classes, chosen);
    const [a, b] = [call('target', 'true_class'), call('target', 'class', { class: 1 })];
    const difference = await explain(method, call('target', 'difference', { a, b }), data.key);
    const [zero, one, two] = classes.map(({ arrays }) => arrays['array']!) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const half = one.length / 2;
    expectSameMap(
      difference.arrays['array']!,
      one.map((v, i) => (i < half ? two : zero)[i]! - v),
      1e-5,
    );
  });

  it('of a single unit is the logit for label 1 and minus the logit for label 0', async () => {
    const graph = network({ length: LENGTH, ending: 'Sigmoid' });
    const explained = async (target: Call, data: string): Promise<Float32Array | Float64Array> =>
      (await bench.explain(call('method', 'saliency'), await bench.target(graph, LENGTH, target), data)).arrays[
        'array'
      ]!;
    for (const label of [0, 1]) {
      const data = await labelled(label, 7);
      const logit = await explained(call('target', 'logit'), data);
      const expected = logit.map(v => (label === 1 ? v : -v));
      expectSameMap(await explained(call('target', 'true_class'), data), expected, 1e-6);
    }
  });

  it('is the probability behind the softmax or sigmoid where that is asked for', async () => {
    const target = call('target', 'true_class', { probability: true });
    const data = await labelled(2, 5);
    const found = await explain(call('method', 'saliency'), target, data);
    const output = await explain(call('method', 'saliency'), call('target', 'output', { index: 2 }), data);
    expectSameMap(found.arrays['array']!, Array.from(output.arrays['array']!), 1e-6);
    const single = await bench.target(network({ length: LENGTH, ending: 'Sigmoid' }), LENGTH, target);
    const positive = await bench.explain(call('method', 'saliency'), single, await labelled(1, 5));
    const negative = await bench.explain(call('method', 'saliency'), single, await labelled(0, 5));
    expectSameMap(
      negative.arrays['predictions']!,
      Array.from(positive.arrays['predictions']!, p => 1 - p),
      1e-6,
    );
    const bare = await bench.target(network({ length: LENGTH, units: UNITS }), LENGTH, target);
    await expect(bench.explain(call('method', 'saliency'), bare, data)).rejects.toMatchObject({
      problem: { code: 'target/probability' },
    });
  });

  it('can be summarised: the values that are explained, and how often the class is predicted', async () => {
    const data = await bench.data(await labelled(2, 5), [call('stage', 'concat', { data: [await labelled(0, 6)] })]);
    const target = await bench.target(GRAPH, LENGTH, call('target', 'true_class'));
    const metric = call('metric', 'prediction_summary');
    const summary = await bench.run({ kind: 'metric', metric, subjects: [target], data: data.key });
    const classes = await ofClasses(call('method', 'saliency'), data.key);
    const logits = classes.map(({ arrays }) => arrays['predictions']!);
    const chosen = [2, 2, 2, 0, 0, 0];
    const own = chosen.map((label, row) => logits[label]![row]!);
    expect(summary.meta.statistics!['mean']!.value).toBeCloseTo(own.reduce((sum, value) => sum + value) / 6, 5);
    const right = own.filter((value, row) => logits.every(other => other[row]! <= value)).length;
    expect(summary.meta.statistics!['accuracy']!.value).toBeCloseTo(right / 6, 12);
  });

  it('refuses examples without a label, or with one that is no class', async () => {
    const target = call('target', 'true_class');
    await expect(explain(call('method', 'saliency'), target, mixed)).rejects.toMatchObject({
      problem: { code: 'target/label', message: expect.stringMatching(/^the example s0 has no label/) as string },
    });
    await expect(explain(call('method', 'saliency'), target, await labelled(UNITS, 8))).rejects.toMatchObject({
      problem: { message: 'the example s0 has the label 3; true_class needs a class of 0 … 2' },
    });
  });
});
