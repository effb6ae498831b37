/** Training on the graph: gradients by finite differences, steps by their formulas, runs by their results. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import type { Executor } from '../../../server/src/engine/backends/executor.js';
import { writeOnnx } from '../../../server/src/engine/graph/onnx.js';
import { importOnnx } from '../../../server/src/engine/models/onnx.js';
import { planNetwork } from '../../../server/src/engine/models/network/network.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import { loadModels } from '../../../server/src/engine/steps/models.js';
import { batchSizes } from '../../../server/src/engine/train/batches.js';
import { Course } from '../../../server/src/engine/train/course.js';
import { labelRows, partition } from '../../../server/src/engine/train/labels.js';
import type { LossName } from '../../../server/src/engine/train/losses.js';
import { OPTIMIZERS } from '../../../server/src/engine/train/optimizers.js';
import { StepGraph, type Weights } from '../../../server/src/engine/train/step-graph.js';
import { drawWeights, networkGraph, unflattened } from '../../../server/src/engine/train/weights.js';
import type { Call, Json } from '../../../server/src/protocol.js';
import { call, Workbench } from '../methods/workbench.js';

const layer = (name: string, given: Readonly<Record<string, Json>> = {}): Call => call('layer', name, given);
const network = (...layers: Call[]): Call => call('network', 'layers', { layers });

const LENGTH = 12;
const space = { alphabet: 'dna', shape: [LENGTH, 4] } as const;
const convolutional = (units: number, ending: Call[] = []): Call =>
  network(
    layer('conv1d', { filters: 5, kernel: 3, padding: 'same' }),
    layer('batch_norm', { momentum: 0.9 }),
    layer('exponential'),
    layer('dropout', { rate: 0.25 }),
    layer('max_pool', { size: 3 }),
    layer('conv1d', { filters: 18, kernel: 2 }),
    layer('tanh'),
    layer('conv1d', { filters: 3, kernel: 2 }),
    layer('flatten'),
    layer('dense', { units }),
    ...ending,
  );

const random = new Stream(5, 'training test');
const draw = (size: number): Float32Array => Float32Array.from({ length: size }, () => random.normal());

describe('a step', () => {
  const cases: [LossName, number, number, number][] = [
    ['binary_cross_entropy', 1, 0, 0],
    ['cross_entropy', 3, 0, 0],
    ['mean_squared', 1, 0.1, 0],
    ['mean_absolute', 1, 0, 0],
    ['binary_cross_entropy', 1, 0, 0.05],
  ];
  it.each(cases)(
    '%s of %i units, l2 %d, angle %d: gradients are those of finite differences',
    async (loss, units, l2, angle) => {
      const rows = 4;
      const planned = planNetwork(convolutional(units), [4, LENGTH]);
      const x = draw(rows * LENGTH * 4);
      const y = Float32Array.from({ length: rows * units }, (_, i) =>
        units > 1 ? Number(i % units === Math.floor(i / units) % units) : i % 2,
      );
      const weights = new Map(
        [...drawWeights(planned.parameters, 'he_normal', 3, 0)].map(([name, values]) => [
          name,
          values.map(v => 0.5 * v),
        ]),
      );
      const step = await StepGraph.compile(planned, space, rows, { loss, l2, angle }, referenceExecutor);
      const masks = new Map(
        step.masks.map(({ name, shape, rate }) => [
          name,
          Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 4 === 0 ? 0 : 1 / (1 - rate))),
        ]),
      );
      const total = async (at: Weights): Promise<number> => (await step.run(x, y, masks, at)).total;
      const { gradients } = await step.run(x, y, masks, weights);
      expect([...gradients.keys()].length).toBe(planned.parameters.filter(({ trainable }) => trainable).length);
      for (const [name, gradient] of gradients) {
        for (const at of [0, gradient.length - 1]) {
          const moved = (by: number): Weights => {
            const values = Float32Array.from(weights.get(name)!);
            values[at]! += by;
            return new Map([...weights, [name, values]]);
          };
          const [h, low, high] = [2e-3, moved(-2e-3), moved(2e-3)];
          const width = high.get(name)![at]! - low.get(name)![at]!;
          expect(width).toBeCloseTo(2 * h, 5);
          const slope = ((await total(high)) - (await total(low))) / width;
          expect(Math.abs(gradient[at]! - slope), `${name}[${at}]: ${gradient[at]} and ${slope}`).toBeLessThan(
            2e-3 * Math.max(1, Math.abs(slope)),
          );
        }
      }
    },
  );

  it('normalises by the batch and tells what it has seen', async () => {
    const planned = planNetwork(network(layer('batch_norm'), layer('dense', { units: 1 })), [3]);
    const step = await StepGraph.compile(
      planned,
      { alphabet: 'expression', shape: [3] },
      4,
      { loss: 'mean_squared', l2: 0, angle: 0 },
      referenceExecutor,
    );
    const x = Float32Array.from([1, 2, 3, 3, 2, 1, 5, 2, 0, 7, 2, 4]);
    const { observed } = await step.run(
      x,
      new Float32Array(4),
      new Map(),
      drawWeights(planned.parameters, 'he_normal', 1, 0),
    );
    const { mean, variance } = observed.get('batch_norm_1')!;
    expect([...mean]).toEqual([4, 2, 2]);
    expect([...variance]).toEqual([5, 0, 2.5]);
  });
});

describe('kernels at the beginning', () => {
  it('have the variance of their rule', () => {
    const { parameters } = planNetwork(network(layer('dense', { units: 100 })), [400]);
    for (const [initial, expected] of [
      ['he_normal', 2 / 400],
      ['glorot_uniform', 2 / 500],
      ['fan_in_uniform', 1 / 1200],
    ] as const) {
      const kernel = drawWeights(parameters, initial, 1, 0).get('dense_1/kernel')!;
      const variance = kernel.reduce((sum, value) => sum + value ** 2, 0) / kernel.length;
      expect(variance / expected, initial).toBeCloseTo(1, 1);
    }
  });
});

describe('optimizers', () => {
  it('take the steps of their papers', () => {
    const values = Float32Array.from([1]);
    const sgd = OPTIMIZERS.sgd({ rate: 0.1, momentum: 0.5, weight_decay: 0.1 })(1);
    sgd.step(values, Float32Array.from([1]), 0.1); // v = 1.1, w = 0.89
    sgd.step(values, Float32Array.from([1]), 0.1); // v = 0.55 + 1.089
    expect(values[0]).toBeCloseTo(0.89 - 0.1639, 6);
    const moments = { rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 0, weight_decay: 0.5 };
    // The first step of Adam is the rate, whatever the gradient; decoupled decay shrinks the value besides.
    for (const [name, expected] of [
      ['adam', 1 - 0.1],
      ['adamw', 0.95 - 0.1],
    ] as const) {
      const one = Float32Array.from([1]);
      OPTIMIZERS[name](moments)(1).step(one, Float32Array.from([123]), 0.1);
      expect(one[0]).toBeCloseTo(expected, 6);
    }
  });
});

describe('batches', () => {
  it.each([
    [600, 32, [...Array<number>(11).fill(32), ...Array<number>(8).fill(31)]],
    [7680, 128, Array<number>(60).fill(128)],
    [101, 100, [51, 50]],
    [7, 100, [7]],
  ])('%i examples in batches of %i at most are cut evenly', (rows, largest, sizes) => {
    expect(batchSizes(rows, largest)).toEqual(sizes);
  });
});

describe('the course of training', () => {
  const plateau = call('schedule', 'plateau', { factor: 0.5, patience: 2, least: 0.2 });

  it('stops after so many epochs without improvement and remembers the best', () => {
    const course = new Course({ rate: 1, schedule: plateau, patience: 4, lower: true });
    const rates: number[] = [];
    const values = [3, 2, NaN, 2, 2.5, 2.1, 1];
    let epoch = 0;
    for (; !course.over; epoch++) {
      rates.push(course.rate(epoch));
      course.finished(epoch, values[epoch]!);
    }
    expect({ epoch, best: course.best, rates }).toEqual({ epoch: 6, best: 1, rates: [1, 1, 1, 1, 0.5, 0.5] });
  });

  it('lowers the rate at given epochs', () => {
    const schedule = call('schedule', 'steps', { at: [1, 3], factor: 0.1 });
    const course = new Course({ rate: 1, schedule, patience: undefined, lower: false });
    expect([0, 1, 2, 3].map(epoch => Number(course.rate(epoch).toPrecision(6)))).toEqual([1, 0.1, 0.1, 0.01]);
  });
});

describe('labels', () => {
  it('are refused where they do not fit the loss, naming the example', () => {
    expect([...labelRows([0, 2], ['a', 'b'], 'cross_entropy', 3)]).toEqual([1, 0, 0, 0, 0, 1]);
    for (const [labels, loss] of [
      [[0, 2], 'binary_cross_entropy'],
      [[0, 3], 'cross_entropy'],
      [[0, undefined], 'mean_squared'],
    ] as const)
      expect(() => labelRows(labels, ['a', 'b'], loss, loss === 'cross_entropy' ? 3 : 1)).toThrow(
        expect.objectContaining({ problem: expect.objectContaining({ code: 'train/label', place: 'example "b"' }) }),
      );
  });

  it('are split with the same share of every class, whatever the order of the examples', () => {
    const labels = Array.from({ length: 100 }, (_, i) => Number(i < 20));
    const origins = labels.map((_, index) => ({ source: '0000000a', index }));
    const { training, validation } = partition(labels, origins, true, 0.25, 1);
    expect(validation.filter(row => labels[row] === 1)).toHaveLength(5);
    expect(validation).toHaveLength(25);
    expect([...training, ...validation].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
    const reversed = partition(labels.toReversed(), origins.toReversed(), true, 0.25, 1);
    expect(reversed.validation.map(row => 99 - row).sort((a, b) => a - b)).toEqual(validation);
  });
});

describe('a training step of an experiment', () => {
  let bench: Workbench;
  let executor: Executor;
  let folder: string;
  beforeAll(async () => {
    executor = await onnxruntimeExecutor(1);
    bench = await Workbench.create(executor);
    folder = await mkdtemp(join(tmpdir(), 'explainome-train-'));
  });
  afterAll(async () => {
    await bench.remove();
    await rm(folder, { recursive: true });
  });

  const simulation = (seed: number): Call =>
    call('source', 'simulate_motifs', { motifs: ['TGACTCA'], sequences: 600, length: 30, seed });
  const train = (given: Readonly<Record<string, Json>>): Call =>
    call('training', 'train', {
      network: network(
        layer('conv1d', { filters: 8, kernel: 7, padding: 'same', activation: 'relu' }),
        layer('global_max_pool'),
        layer('dense', { units: 1, activation: 'sigmoid' }),
      ) as unknown as Json,
      epochs: 8,
      batch: 32,
      seed: 4,
      ...given,
    });

  it('learns a planted motif; explanations of the ensemble are the mean over its members', async () => {
    const data = await bench.data(simulation(1));
    const trained = await bench.run({
      kind: 'training',
      training: train({
        members: 2,
        monitor: 'auroc',
        optimizer: call('optimizer', 'adam', { rate: 0.01 }),
      }),
      data: data.key,
    });
    expect(trained.meta.notes).toMatchObject([{ code: 'train/result' }]);
    const target = {
      target: call('target', 'logit'),
      model: { ...call('training', 'train', {}), call: 'trained', parameters: { of: trained.key } },
    };
    const held = await bench.data(simulation(2), [call('stage', 'take', { size: 40 })]);
    const quality = await bench.run({
      kind: 'metric',
      metric: call('metric', 'prediction_summary'),
      subjects: [target],
      data: held.key,
    });
    expect(quality.meta.statistics!['auroc']!.value).toBeGreaterThan(0.95);

    const saliency = await bench.explain(call('method', 'saliency'), target, held.key);
    const [mean, members] = [saliency.arrays['array']!, saliency.arrays['members']!];
    const size = 30 * 4;
    expect(members.subarray(0, size)).not.toEqual(members.subarray(size, 2 * size));
    // One network of the ensemble, explained alone.
    const second = { ...target, model: { ...target.model, parameters: { of: trained.key, member: 2 } } };
    const alone = (await bench.explain(call('method', 'saliency'), second, held.key)).arrays['array']!;
    for (const row of [0, 39])
      expect(alone.subarray(row * size, (row + 1) * size)).toEqual(
        members.subarray((row * 2 + 1) * size, (row * 2 + 2) * size),
      );
    for (const at of [0, 777, mean.length - 1]) {
      const [row, element] = [Math.floor(at / size), at % size];
      const each = [0, 1].map(member => members[(row * 2 + member) * size + element]!);
      expect(mean[at]).toBeCloseTo((each[0]! + each[1]!) / 2, 6);
    }
  });

  it('is explained by the mean of its networks where the target differs between examples too', async () => {
    const data = await bench.data(simulation(1), [call('stage', 'take', { size: 60 })]);
    const training = train({ members: 2, epochs: 2 });
    const trained = await bench.run({ kind: 'training', training, data: data.key });
    const of = (member?: number) => ({
      target: call('target', 'true_class'),
      model: {
        call: 'trained',
        category: 'training' as const,
        parameters: { of: trained.key, ...(member !== undefined && { member }) },
      },
    });
    const explain = async (member?: number) =>
      (await bench.explain(call('method', 'saliency'), of(member), data.key)).arrays['array']!;
    const [first, second] = [await explain(1), await explain(2)];
    const middle = Array.from(first, (value, at): unknown => expect.closeTo((value + second[at]!) / 2, 6));
    expect(Array.from(await explain())).toEqual(middle);
  });

  it('gives the same bytes again, and other members for other seeds', async () => {
    const data = await bench.data(simulation(1));
    const run = (seed: number, name: string) =>
      bench.run({ kind: 'training', training: train({ epochs: 2, seed }), data: data.key }, { run: name });
    const [first, again, other] = [await run(1, 'a'), await run(1, 'b'), await run(2, 'c')];
    expect(again.arrays['weights']).toEqual(first.arrays['weights']);
    expect(other.arrays['weights']).not.toEqual(first.arrays['weights']);
  });

  it('leaves no rest that batch normalisation would follow, and refuses batches of one', async () => {
    const data = await bench.data(simulation(1), [call('stage', 'take', { size: 33 })]);
    const learn = (batch: number) =>
      bench.run({
        kind: 'training',
        training: train({
          network: network(
            layer('flatten'),
            layer('dense', { units: 3 }),
            layer('batch_norm', { momentum: 0 }),
            layer('dense', { units: 1 }),
          ),
          batch,
          validation: 0,
          epochs: 1,
        }),
        data: data.key,
      });
    // Without memory the moving variance is that of the last batch: of 33 = 17 + 16 examples, not of 32 + 1.
    const { arrays } = await learn(32);
    expect(Math.min(...arrays['weights']!.subarray(-7, -4))).toBeGreaterThan(0.1);
    await expect(learn(1)).rejects.toMatchObject({
      problem: { code: 'train/batch', place: 'layer batch_norm_1 of the network' },
    });
  });

  it('refuses a monitor that would choose the epoch by something else', async () => {
    const data = await bench.data(simulation(1), [call('stage', 'take', { size: 20 })]);
    const learn = (given: Readonly<Record<string, Json>>) =>
      bench.run({ kind: 'training', training: train({ epochs: 1, ...given }), data: data.key });
    const dense = network(layer('flatten'), layer('dense', { units: 1 })) as unknown as Json;
    const squared = { network: dense, loss: 'mean_squared' };
    for (const [given, message] of [
      // Without validation the value of an epoch is the training loss, the highest of which would be the best accuracy.
      [{ validation: 0, monitor: 'accuracy' }, 'there are none'],
      [{ validation: 0.04, monitor: 'auroc' }, 'there are none'],
      [{ validation: 0.5, monitor: 'r2' }, 'the loss is binary_cross_entropy'],
      [{ ...squared, validation: 0.5, monitor: 'accuracy' }, 'the loss is mean_squared'],
      [{ ...squared, validation: 0.05, monitor: 'r2' }, 'have the label'],
    ] as const)
      await expect(learn(given)).rejects.toMatchObject({
        problem: { code: 'train/monitor', message: expect.stringContaining(message) as string },
      });
    expect((await learn({ validation: 0 })).meta.rows).toBe(1);
  });

  it('smooths by the correlations of its training data, first in the network only', async () => {
    const genes = 60;
    const simulated = call('source', 'simulate_expression', { configuration: 'demo', samples: 80, seed: 3 });
    const data = await bench.data(simulated, [call('stage', 'standardise')]);
    const smoothing = layer('graph_smoothing', { least: 0.3 });
    const [dense, softmax] = [layer('dense', { units: 2 }), layer('softmax')];
    const learn = (...layers: Call[]): Call =>
      train({ network: network(...layers), loss: 'cross_entropy', validation: 0, epochs: 2 });
    const trained = await bench.run({ kind: 'training', training: learn(smoothing, dense, softmax), data: data.key });
    const weights = trained.arrays['weights']!;
    // Columns are standardised, so a correlation is a mean of products.
    const x = data.arrays['array']!;
    const joined = Array.from({ length: genes ** 2 }, (_, pair) => {
      const [a, b] = [Math.floor(pair / genes), pair % genes];
      let sum = 0;
      for (let row = 0; row < 80; row++) sum += (x[row * genes + a]! * x[row * genes + b]!) / 80;
      return a === b ? 1 : sum > 0.3 ? sum : 0;
    });
    const degrees = Array.from({ length: genes }, (_, a) =>
      joined.slice(a * genes, (a + 1) * genes).reduce((sum, weight) => sum + weight, 0),
    );
    const matrix = joined.map(
      (weight, pair) => weight / Math.sqrt(degrees[Math.floor(pair / genes)]! * degrees[pair % genes]!),
    );
    expect(joined.filter(weight => weight > 0).length).toBeGreaterThan(genes + 20);
    matrix.forEach((weight, pair) => expect(weights[pair]).toBeCloseTo(weight, 5));
    const model = { call: 'trained', category: 'training' as const, parameters: { of: trained.key } };
    const target = { target: call('target', 'class', { class: 1 }), model };
    const slope = (await bench.explain(call('method', 'saliency'), target, data.key)).arrays['array']!;
    for (const gene of [0, 31, 59]) {
      let expected = 0;
      for (let other = 0; other < genes; other++)
        expected += matrix[gene * genes + other]! * weights[genes ** 2 + other * 2 + 1]!;
      expect(slope[gene]).toBeCloseTo(expected, 5);
    }
    const misplaced = learn(dense, smoothing, softmax);
    await expect(bench.run({ kind: 'training', training: misplaced, data: data.key })).rejects.toMatchObject({
      problem: { code: 'network/features' },
    });
  });

  it('keeps units of a masked layer to the features of their groups', async () => {
    const simulated = call('source', 'simulate_expression', { configuration: 'demo', samples: 80, seed: 3 });
    const data = await bench.data(simulated, [call('stage', 'standardise')]);
    const table = join(folder, 'pathways.tsv');
    await writeFile(table, '# gene, pathway\ngene 3\tP\ngene 7\tQ\ngene 3\tQ\ngene 59\tQ\nnowhere\tP\n');
    const masked = (units: number): Call => layer('masked_dense', { annotation: hash, units, activation: 'relu' });
    const hash = await bench.file(table);
    const learn = (...layers: Call[]) =>
      bench.run({
        kind: 'training',
        training: train({ network: network(...layers), loss: 'cross_entropy', epochs: 2 }),
        data: data.key,
      });
    const ending = [layer('dense', { units: 2 }), layer('softmax')];
    const trained = await learn(layer('dropout', { rate: 0.1 }), masked(2), ...ending);
    expect(trained.meta.notes[0]).toMatchObject({ code: 'network/annotation', level: 'warning' });
    expect(trained.meta.notes[0]!.message).toContain('57 of 60 features');
    const model = { call: 'trained', category: 'training' as const, parameters: { of: trained.key } };
    const reaching = async (unit: number): Promise<number[]> => {
      const target = { target: call('target', 'unit', { layer: 'masked_dense_1', index: unit }), model };
      const slopes = (await bench.explain(call('method', 'saliency'), target, data.key)).arrays['array']!;
      return Array.from({ length: 60 }, (_, gene) => gene).filter(gene =>
        slopes.some((value, at) => at % 60 === gene && value !== 0),
      );
    };
    expect(await reaching(0)).toEqual([3]);
    expect(await reaching(1)).toEqual([3, 7, 59]);
    await expect(learn(masked(3), ...ending)).rejects.toMatchObject({
      problem: { remedy: 'Write units: 2, or leave it out.' },
    });
    await expect(learn(layer('dense', { units: 60 }), masked(2), ...ending)).rejects.toMatchObject({
      problem: { code: 'network/features' },
    });
  });

  it('is written as ONNX and reopened exactly', async () => {
    const data = await bench.data(simulation(1));
    const training = train({ epochs: 1 });
    const trained = await bench.run({ kind: 'training', training, data: data.key });
    const planned = planNetwork(training.parameters['network'] as unknown as Call, [4, 30]);
    const weights = unflattened(planned.parameters, Float32Array.from(trained.arrays['weights']!));
    const graph = networkGraph(planned, { alphabet: 'dna', shape: [30, 4] }, weights, 'net');
    const path = join(folder, 'net.onnx');
    await writeFile(path, writeOnnx(graph));
    const { graph: reopened } = await importOnnx(path);
    expect([...reopened.initializers.values()].map(({ data }) => data)).toEqual(
      [...graph.initializers.values()].map(({ data }) => data),
    );
    const target = {
      target: call('target', 'output'),
      model: { call: 'trained', category: 'training' as const, parameters: { of: trained.key } },
    };
    const [member] = await loadModels(target, { store: bench.store, files: {} });
    const file = await bench.load(await bench.target(path, 30, call('target', 'output')));
    const x = draw(30 * 4);
    const outputs = await Promise.all(
      [member!, file].map(async model => {
        const { builder, x: input, f } = model.build(1);
        const executable = await executor.load(builder.finish([f]));
        return (await executable.run({ [input]: { type: 'float32', shape: [1, 30, 4], data: x } }))[f]!.data;
      }),
    );
    expect(outputs[0]).toEqual(outputs[1]);
  });
});
