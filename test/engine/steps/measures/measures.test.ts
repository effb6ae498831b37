/** Measurements that ask the model or explain anew, for models whose answers are known in closed form. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { StoredExamples } from '../../../../server/src/engine/data/stored-examples.js';
import { otherBases } from '../../../../server/src/engine/metrics/replacement.js';
import { averageRanks, rankCorrelation } from '../../../../server/src/engine/metrics/ranks.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';
import { addHeight } from '../../../../server/src/engine/transforms/height.js';
import { scramble, weightLayers } from '../../../../server/src/engine/transforms/scramble.js';
import { numbersOf } from '../../../../server/src/engine/graph/graph.js';
import type { Call, Json } from '../../../../server/src/protocol.js';
import { dataOf, linear, rowFunction, targetOf } from '../../methods/global/rows.js';
import { network, scalarFunction, sequences, weightedSum } from '../../methods/networks.js';
import { call, encode, Workbench, type Result } from '../../methods/workbench.js';

const LENGTH = 24;

let bench: Workbench;
let data: string;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
  data = await bench.sequences(...sequences(12, LENGTH, 3));
});
afterAll(() => bench.remove());

const SEEDLESS = new Set(['agreement', 'sparseness', 'complexity']);

const measure = async (name: string, of: Result | readonly Result[], given: Readonly<Record<string, Json>> = {}) => {
  const subjects = [of].flat().map(({ key }) => key);
  const { meta } = await bench.run({
    kind: 'metric',
    metric: call('metric', name, { ...(!SEEDLESS.has(name) && { seed: 1 }), ...given }),
    subjects,
  });
  return { values: meta.statistics!, meta };
};
const value = async (name: string, of: Result, given: Readonly<Record<string, Json>> = {}, statistic?: string) => {
  const { values } = await measure(name, of, given);
  return values[statistic ?? Object.keys(values)[0]!]!.value;
};

/** Σ weights · x over a sequence. */
const additive = (weights: readonly number[]) =>
  scalarFunction(LENGTH, (builder, flat) => weightedSum(builder, flat, weights));
const drawn = (count: number, seed: number): number[] => {
  const stream = new Stream(seed, 'weights');
  return Array.from({ length: count }, () => stream.normal());
};
/** Rows of counts of alleles. */
const people = (count: number, variants: number): number[][] => {
  const stream = new Stream(5, 'people');
  return Array.from({ length: count }, () => Array.from({ length: variants }, () => stream.integer(3)));
};

describe('faithfulness', () => {
  it('is whole where the map is the model: gradients of a sum, mutations one by one', async () => {
    const gradient = await bench.explain(
      call('method', 'saliency'),
      await bench.target(additive(drawn(96, 1)), LENGTH),
      data,
    );
    const corrected = await bench.correct('simplex_correction', gradient);
    for (const map of [gradient, corrected]) {
      expect(await value('infidelity', map, { share: 0.3 }, 'unexplained')).toBeLessThan(1e-9);
      expect(await value('faithfulness_correlation', map, { share: 0.3 })).toBeCloseTo(1, 6);
    }
    const mutations = await bench.explain(
      call('method', 'in_silico_mutagenesis'),
      await bench.target(network({ length: LENGTH }), LENGTH),
      data,
    );
    expect(await value('infidelity', mutations, { share: 0.01 }, 'unexplained')).toBeLessThan(1e-9);
    expect(await value('infidelity', mutations, { share: 0.5 }, 'unexplained')).toBeGreaterThan(0.01);
  });

  it('is whole for contributions against their own baseline', async () => {
    const target = await targetOf(bench, linear([2, -1, 0.5, 3]), 4);
    const stream = new Stream(6, 'rows');
    const rows = Array.from({ length: 10 }, () => Array.from({ length: 4 }, () => stream.normal()));
    const table = await dataOf(bench, rows);
    const baseline = call('reference', 'mean');
    const map = await bench.explain(call('method', 'feature_ablation', { baseline }), target, table);
    expect(await value('infidelity', map, { baseline, share: 0.5 }, 'unexplained')).toBeLessThan(1e-9);
    // Curves of a sum: contributions leave one after the other, in falling order; in any order half of them are left.
    const parts = [0, 1, 2, 3].map(i => rows.map(row => row[i]! * [2, -1, 0.5, 3][i]!));
    const means = parts.map(part => part.reduce((a, b) => a + b) / rows.length);
    const areas = rows.map((_, example) => {
      const own = parts.map((part, i) => part[example]! - means[i]!).sort((a, b) => b - a);
      let [area, left] = [0, own.reduce((a, b) => a + b)];
      const rest = means.reduce((a, b) => a + b);
      for (const part of own) {
        area += (rest + left - part / 2) / 4;
        left -= part;
      }
      return area;
    });
    const { values } = await measure('deletion', map, { baseline, steps: 4 });
    expect(values['area']!.value).toBeCloseTo(areas.reduce((a, b) => a + b) / 10, 5);
    expect(values['over_random']!.value).toBeGreaterThan(0);
    await expect(measure('deletion', map)).rejects.toThrow('nothing says what else');
  });

  it('is above chance for mutations of a network, whose order finds what matters', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const map = await bench.explain(call('method', 'in_silico_mutagenesis'), target, data);
    for (const name of ['deletion', 'insertion']) {
      const { values } = await measure(name, map);
      expect(values['over_random']!.interval![0], name).toBeGreaterThan(0);
    }
  });
});

describe('robustness', () => {
  it('is perfect where the gradient is constant, also after a correction', async () => {
    const weights = drawn(96, 1).map(weight => weight + 1);
    const map = await bench.explain(call('method', 'saliency'), await bench.target(additive(weights), LENGTH), data);
    expect(await value('max_sensitivity', map)).toBe(0);
    expect(await value('max_sensitivity', await bench.correct('simplex_correction', map), { changes: 3 })).toBe(0);
  });

  it('is 1 by Lipschitz for the gradient x of ½ Σ x², whatever the noise', async () => {
    const half = rowFunction(6, (builder, x) =>
      builder.add('ReduceSum', [
        builder.add('Mul', [builder.add('Mul', [x, x]), builder.scalar(0.5)]),
        builder.integers([1]),
      ]),
    );
    const rows = people(11, 6).map(row => [...row.slice(1), 1]);
    const map = await bench.explain(
      call('method', 'saliency'),
      await targetOf(bench, half, 6, 'genotypes'),
      await dataOf(bench, rows, { as: 'genotypes' }),
    );
    const noise = { absolute: 0.25, unit: 'alleles' };
    const { values } = await measure('local_lipschitz', map, { noise });
    for (const { value: ratio } of Object.values(values)) expect(ratio).toBeCloseTo(1, 5);
    const relative = await measure('max_sensitivity', map, { noise });
    expect(relative.values['median']!.value).toBeGreaterThan(0.05);
    // Without noise the same maps come again.
    expect(await value('max_sensitivity', map, { noise: { share: 0 } })).toBe(0);
    await expect(measure('max_sensitivity', map, { noise: { absolute: 1, unit: 'counts' } })).rejects.toThrow(
      'no amount of genotypes',
    );
  });

  it('explains neighbours as if they were examples, predictions included', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const method = call('method', 'in_silico_mutagenesis');
    const map = await bench.explain(method, target, data);
    const { origins } = await StoredExamples.open(bench.store, data);
    const moved = sequences(12, LENGTH, 3).map((sequence, example) => {
      const stream = new Stream(1, 'neighbours', origins[example], 0);
      const [position] = stream.choose(LENGTH, 1) as [number];
      const base = otherBases(encode(sequence[position]!), stream).indexOf(1);
      return { position, sequence: `${sequence.slice(0, position)}${'ACGT'[base]}${sequence.slice(position + 1)}` };
    });
    const others = await bench.sequences(...moved.map(({ sequence }) => sequence));
    const after = (await bench.explain(method, target, others)).arrays['array']!;
    const expected = moved.map(({ position }, example): unknown => {
      let squares = 0;
      for (let i = 0; i < 4 * LENGTH; i++)
        if (Math.floor(i / 4) !== position)
          squares += (after[example * 4 * LENGTH + i]! - map.arrays['array']![example * 4 * LENGTH + i]!) ** 2;
      return expect.closeTo(Math.sqrt(squares / 2), 4);
    });
    const { arrays } = await bench.run({
      kind: 'metric',
      metric: call('metric', 'local_lipschitz', { seed: 1, samples: 1 }),
      subjects: [map.key],
    });
    expect([...arrays['array']!].filter((_, at) => at % 2 === 0)).toEqual(expected);
  });
});

describe('a target that differs between examples', () => {
  it('is measured, example by example, as that of its class alone', async () => {
    const graph = network({ length: LENGTH, units: 3, ending: 'Softmax' });
    // Mutagenesis looks at the target of what it mutates: at that of the neighbour, for its own class.
    const method = call('method', 'in_silico_mutagenesis');
    const of = async (target: Call) => bench.explain(method, await bench.target(graph, LENGTH, target), data);
    const classes = await Promise.all([0, 1, 2].map(index => of(call('target', 'class', { class: index }))));
    const logits = classes.map(({ arrays }) => arrays['predictions']!);
    const chosen = Array.from({ length: 12 }, (_, row) =>
      [0, 1, 2].reduce((best, index) => (logits[index]![row]! > logits[best]![row]! ? index : best)),
    );
    expect(new Set(chosen).size).toBeGreaterThan(1);
    const mixed = await of(call('target', 'predicted_class'));
    for (const name of ['infidelity', 'deletion', 'max_sensitivity', 'model_randomisation']) {
      const unitsOf = async ({ key }: Result) => {
        const metric = call('metric', name, { seed: 1 });
        const { arrays } = await bench.run({ kind: 'metric', metric, subjects: [key] });
        return arrays['array']!;
      };
      const each = await Promise.all(classes.map(unitsOf));
      const found = await unitsOf(mixed);
      const width = found.length / 12;
      const expected = Array.from(found, (_, at): unknown =>
        expect.closeTo(each[chosen[Math.floor(at / width)]!]![at]!, 4),
      );
      expect([...found], name).toEqual(expected);
    }
  });
});

describe('model_randomisation', () => {
  it('permutes the weights of the last layers and of no other', () => {
    const graph = network({ length: LENGTH });
    expect(weightLayers(graph).map(({ operator }) => operator)).toEqual(['Conv', 'Gemm', 'Gemm']);
    const last = scramble(graph, 1, 7);
    const changed = [...graph.initializers].filter(([name, { data: before }]) =>
      before.some((v, i) => v !== last.initializers.get(name)!.data[i]),
    );
    expect(changed).toHaveLength(1);
    for (const [name, tensor] of scramble(graph, 3, 7).initializers)
      expect(numbersOf(tensor).toSorted()).toEqual(numbersOf(graph.initializers.get(name)!).toSorted());
  });

  it('correlates with the maps of the models whose last layers were permuted, one after the other', async () => {
    const graph = addHeight(network({ length: LENGTH }));
    const explain = async (layers: number) =>
      bench.explain(call('method', 'saliency'), await bench.target(scramble(graph, layers, 1), LENGTH), data);
    const map = await explain(0);
    const { meta, values } = await measure('model_randomisation', map);
    expect(values['layers']!.value).toBe(3);
    const expected = [];
    for (const layers of [0, 1, 2, 3]) {
      const other = await explain(layers);
      const ranks = ({ arrays }: Result, example: number) =>
        averageRanks(Float64Array.from(arrays['scores']!.subarray(example * LENGTH, (example + 1) * LENGTH), Math.abs));
      const each = Array.from({ length: 12 }, (_, i) => rankCorrelation(ranks(map, i), ranks(other, i)));
      expected.push(expect.closeTo(each.reduce((a, b) => a + b) / 12, 5));
    }
    expect(meta.curve!.series[0]!.values).toEqual(expected);
    expect(values['correlation']!.value).toBeLessThan(0.6);
  });
});

describe('agreement', () => {
  it('compares attributions, and asks for several', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const a = await bench.explain(call('method', 'saliency'), target, data);
    const b = await bench.explain(call('method', 'in_silico_mutagenesis'), target, data);
    const { values } = await measure('agreement', [a, b], { top: 0.25 });
    expect(values['feature']!.value).toBeGreaterThan(0.25);
    await expect(measure('agreement', a, { top: 0.25 })).rejects.toThrow('nothing to agree with');
  });
});
