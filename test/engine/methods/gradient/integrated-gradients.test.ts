import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { PAIR_FIELDS } from '../../../../server/src/engine/methods/pairs.js';
import { quadrature } from '../../../../server/src/engine/methods/gradient/quadrature.js';
import { simplexCorrection } from '../../../../server/src/engine/methods/corrections/simplex-correction.js';
import { expectSameMap } from '../close.js';
import { indicator, network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, encode, oracle, path, PLANTED, Workbench, type Result } from '../workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const zeros = call('reference', 'zeros');
const uniform = call('reference', 'uniform');
const shuffled = (copies: number) => call('reference', 'dinucleotide_shuffle', { copies, seed: 1 });

/** The rows of `pairs` as records. */
function pairsOf({ arrays }: Result): Record<(typeof PAIR_FIELDS)[number], number>[] {
  const pairs = arrays['pairs']!;
  return Array.from({ length: pairs.length / PAIR_FIELDS.length }, (_, pair) => {
    const [sum, output, reference_output, steps] = pairs.subarray(pair * PAIR_FIELDS.length) as unknown as number[];
    return { sum: sum!, output: output!, reference_output: reference_output!, steps: steps! };
  });
}

describe('closed forms', () => {
  /** The map of a function of "AC…" with zeros as reference; A at 0 and C at 1 are the variables. */
  async function explainPair(graph: Parameters<Workbench['target']>[0], given: Parameters<typeof path>[1]) {
    const { arrays } = await bench.explain(
      path(zeros, given),
      await bench.target(graph, 3),
      await bench.sequences('ACG'),
    );
    return [...arrays['scores']!];
  }
  const A = indicator(3, [0, 'A']);
  const C = indicator(3, [1, 'C']);
  const AC = indicator(3, [0, 'A'], [1, 'C']);

  it.each(['gauss_legendre', 'trapezoid', 'riemann'])('a linear function is exact with one step: %s', async rule => {
    const weights = Array.from({ length: 12 }, (_, i) => Math.cos(i));
    const graph = scalarFunction(3, (builder, flat) => weightedSum(builder, flat, weights, 5));
    const found = await explainPair(graph, { steps: 1, rule });
    expect(found).toEqual([0, 5, 10].map(at => expect.closeTo(weights[at]!, 5) as number));
  });

  it('the two factors of a product share it', async () => {
    const graph = scalarFunction(3, (b, flat) => b.add('Mul', [weightedSum(b, flat, A), weightedSum(b, flat, C)]));
    expect(await explainPair(graph, { steps: 1 })).toEqual([expect.closeTo(0.5, 6), expect.closeTo(0.5, 6), 0]);
  });

  it('min(1, x + y), whose gradient vanishes at the input, is shared by both', async () => {
    const graph = scalarFunction(3, (b, flat) =>
      b.add('Sub', [
        b.scalar(1),
        b.add('Relu', [
          weightedSum(
            b,
            flat,
            Array.from(AC, v => -v),
            1,
          ),
        ]),
      ]),
    );
    const target = await bench.target(graph, 3);
    const saliency = await bench.explain(call('method', 'saliency'), target, await bench.sequences('ACG'));
    expect([...saliency.arrays['scores']!].map(Math.abs)).toEqual([0, 0, 0]);
    expect(await explainPair(graph, { steps: 4000, rule: 'riemann' })).toEqual([
      expect.closeTo(0.5, 3),
      expect.closeTo(0.5, 3),
      0,
    ]);
  });

  it('x²y is shared 2 : 1, and two Gauss–Legendre nodes are enough', async () => {
    const graph = scalarFunction(3, (b, flat) => {
      const x = weightedSum(b, flat, A);
      return b.add('Mul', [b.add('Mul', [x, x]), weightedSum(b, flat, C)]);
    });
    expect(await explainPair(graph, { steps: 2 })).toEqual([expect.closeTo(2 / 3, 6), expect.closeTo(1 / 3, 6), 0]);
  });
});

describe('auto', () => {
  it('reaches the tolerance for every pair, and stores the pair as it is', async () => {
    const target = await bench.target(PLANTED, 100);
    const chosen = sequences(6, 100, 4);
    const result = await bench.explain(
      path(shuffled(2), { tolerance: 0.002 }),
      target,
      await bench.sequences(...chosen),
    );
    const { f } = oracle(await bench.load(target));
    const pairs = pairsOf(result);
    const differences = pairs.map(pair => Math.abs(pair.output - pair.reference_output)).sort((a, b) => a - b);
    const scale = (differences[5]! + differences[6]!) / 2;
    pairs.forEach(({ sum, output, reference_output, steps }, pair) => {
      const row = Math.floor(pair / 2);
      const { references, multipliers } = result.arrays as Record<string, Float32Array>;
      const b = references!.subarray(pair * 400, (pair + 1) * 400);
      const m = multipliers!.subarray(pair * 400, (pair + 1) * 400);
      const x = encode(chosen[row]!);
      expect(output).toBe(result.arrays['predictions']![row]);
      expect(reference_output).toBeCloseTo(f(b), 4);
      expect(sum).toBeCloseTo(
        m.reduce((total, value, i) => total + value * (x[i]! - b[i]!), 0),
        9,
      );
      const difference = output - reference_output;
      expect(Math.abs(sum - difference) / Math.max(Math.abs(difference), scale)).toBeLessThanOrEqual(0.002);
      expect(Number.isInteger(Math.log2(steps / 32))).toBe(true);
    });
    expect(Math.max(...pairs.map(pair => pair.steps))).toBeGreaterThan(32);
    expect(result.meta.notes.filter(({ code }) => code !== 'model/activity')).toEqual([]);
  });

  it('stops at 4,096 steps and says how many pairs missed', async () => {
    // A step at the middle of the path: no quadrature of its gradient, zero almost everywhere, ever sees it.
    const graph = scalarFunction(3, (b, flat) => {
      const sum = weightedSum(b, flat, indicator(3, [0, 'A']), 0.3);
      return b.add('Add', [b.add('Floor', [sum]), b.add('Relu', [b.add('Sub', [sum, b.scalar(1)])])]);
    });
    const steep = await bench.target(graph, 3);
    const data = await bench.sequences('ACG', 'GGG');
    const result = await bench.explain(path(zeros), steep, data);
    expect(pairsOf(result).map(pair => pair.steps)).toEqual([4096, 32]);
    expect(result.meta.notes.slice(0, 1)).toEqual([
      {
        level: 'warning',
        code: 'GA005',
        message: expect.stringMatching(
          /^1 of 2 pairs .* above 1 % with 4096 steps, the most that auto tries\. The worst is s0 with reference 0: \S+ %; half of the change along its path lies between α = 0\.699 and 0\.701; more steps do not help: the gap was \S+ % with half as many\.$/,
        ) as string,
      },
    ]);
  });
});

describe('several references', () => {
  it('give the mean of what a plain loop over the float64 interpreter gives for each', async () => {
    const [steps, copies, length] = [16, 3, 30];
    const target = await bench.target(network({ length }), length);
    const chosen = sequences(2, length, 5);
    const { arrays } = await bench.explain(path(shuffled(copies), { steps }), target, await bench.sequences(...chosen));
    const { gradient } = oracle(await bench.load(target));
    const { nodes, weights } = quadrature('gauss_legendre', steps);
    const size = length * 4;
    const expected = chosen.flatMap((sequence, row) => {
      const x = encode(sequence);
      const mean = new Float64Array(size);
      for (let copy = 0; copy < copies; copy++) {
        const b = arrays['references']!.subarray((row * copies + copy) * size);
        nodes.forEach((alpha, step) => {
          gradient(Float64Array.from(x, (v, i) => b[i]! + alpha * (v - b[i]!))).forEach((g, i) => {
            mean[i]! += (weights[step]! * g * (x[i]! - b[i]!)) / copies;
          });
        });
      }
      return [...mean];
    });
    expectSameMap(arrays['array']!, expected, 1e-4);
  });

  it('are shuffles of the example, stored, and rebuild the map with the multipliers', async () => {
    const target = await bench.target(PLANTED, 100);
    const chosen = sequences(3, 100, 6);
    const { arrays } = await bench.explain(path(shuffled(4), { steps: 8 }), target, await bench.sequences(...chosen));
    const { references, multipliers } = arrays as Record<string, Float32Array>;
    const x = encode(...chosen);
    const rebuilt = Array.from(x, (v, i) => {
      const first = Math.floor(i / 400) * 1600 + (i % 400);
      return [0, 1, 2, 3].reduce(
        (s, c) => s + (multipliers![first + 400 * c]! * (v - references![first + 400 * c]!)) / 4,
        0,
      );
    });
    expectSameMap(arrays['array']!, rebuilt, 1e-6);
    const letters = (map: Float32Array, row: number): string =>
      Array.from({ length: 100 }, (_, at) => 'ACGT'[map.indexOf(1, row * 400 + 4 * at) - row * 400 - 4 * at]!).join('');
    const pairs = (sequence: string): string[] =>
      Array.from({ length: 99 }, (_, at) => sequence.slice(at, at + 2)).sort();
    for (let pair = 0; pair < 12; pair++)
      expect(pairs(letters(references!, pair))).toEqual(pairs(chosen[Math.floor(pair / 4)]!));
  });

  it('are reported when an example has few different ones', async () => {
    const target = await bench.target(network({ length: 30 }), 30);
    const data = await bench.sequences('A'.repeat(30), ...sequences(1, 30));
    const { meta } = await bench.explain(path(shuffled(3)), target, data);
    expect(meta.notes.slice(0, 1)).toMatchObject([
      { code: 'GA041', message: expect.stringMatching(/^1 of 2 examples/) as string },
    ]);
  });
});

describe('hypothetical contributions', () => {
  it('at the observed base are the contribution of the position', async () => {
    const target = await bench.target(network({ length: 30 }), 30);
    const data = await bench.sequences(...sequences(4, 30, 7));
    const contributions = await bench.explain(path(shuffled(3)), target, data);
    const found = await bench.correct('hypothetical', contributions);
    expect(found.meta.map).toBe('hypothetical');
    expectSameMap(found.arrays['scores']!, contributions.arrays['scores']!, 1e-5);
    const x = encode(...sequences(4, 30, 7));
    const atBase = Array.from({ length: 120 }, (_, i) =>
      [0, 1, 2, 3].reduce((sum, base) => sum + x[4 * i + base]! * found.arrays['array']![4 * i + base]!, 0),
    );
    expectSameMap(found.arrays['scores']!, atBase, 1e-6);
  });

  it('with the uniform reference are the corrected gradient, averaged along the path', async () => {
    const target = await bench.target(network({ length: 30 }), 30);
    const contributions = await bench.explain(path(uniform), target, await bench.sequences(...sequences(4, 30, 7)));
    const found = await bench.correct('hypothetical', contributions);
    expectSameMap(found.arrays['array']!, simplexCorrection(contributions.arrays['multipliers'] as Float32Array), 1e-6);
  });
});
