import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { GraphBuilder } from '../../../../server/src/engine/graph/builder.js';
import { floats, type Attributes, type Graph } from '../../../../server/src/engine/graph/graph.js';
import type { Json } from '../../../../server/src/protocol.js';
import { expectSameMap } from '../close.js';
import { network, sequences } from '../networks.js';
import { call, encode, openBatch, Workbench, type Result } from '../workbench.js';

const LENGTH = 24;

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(2));
});
afterAll(() => bench.remove());

const explain = async (
  graph: Graph,
  chosen: readonly string[],
  given: Readonly<Record<string, Json>> = {},
): Promise<Result> =>
  bench.explain(
    call('method', 'filters_to_pwms', given),
    await bench.target(graph, LENGTH),
    await bench.sequences(...chosen),
  );

/** One filter for each word, which counts matching letters and fires above all but one of them; then the sum. */
function words(list: readonly string[], attributes: Attributes = {}): Graph {
  const width = list[0]!.length;
  const kernel = list.flatMap(word => [...'ACGT'].flatMap(base => [...word].map(letter => Number(letter === base))));
  const builder = new GraphBuilder('words');
  const x = builder.input('x', 'float32', [1, 4, LENGTH]);
  const convolved = builder.add(
    'Conv',
    [
      x,
      builder.constant(floats([list.length, 4, width], kernel)),
      builder.constant(
        floats(
          [list.length],
          list.map(() => 1 - width),
        ),
      ),
    ],
    attributes,
  );
  const active = builder.add('Relu', [convolved]);
  return openBatch(
    builder.finish([
      builder.add('ReduceSum', [builder.add('Flatten', [active]), builder.integers([1])], { keepdims: 1 }),
    ]),
  );
}

const pad = (start: number, word: string): string =>
  'A'.repeat(start) + word + 'A'.repeat(LENGTH - start - word.length);

describe('filters', () => {
  it('that fire at a word have its letters, as often as it stands there', async () => {
    const chosen = [pad(3, 'GTC'), pad(10, 'GTC'), pad(5, 'CCC')];
    const { arrays, meta } = await explain(words(['GTC', 'CCC', 'TTT']), chosen);
    const [gtc, ccc] = [encode('GTC'), encode('CCC')];
    expect([...arrays['array']!]).toEqual([...gtc, ...ccc, ...new Array<number>(12).fill(0.25)]);
    expect([...arrays['sites']!]).toEqual([2, 1, 0]);
    expect([...arrays['counts']!].slice(0, 12)).toEqual([...gtc].map(v => 2 * v));
    expect([...arrays['information']!]).toEqual([2, 2, 2, 2, 2, 2, 0, 0, 0]);
    expect(meta.map).toBe('pattern');
    expect(meta.arrays[0]!.axes.map(({ name, size }) => [name, size])).toEqual([
      ['filter', 3],
      ['position', 3],
      ['base', 4],
    ]);
    expect(meta.notes.map(note => note.message)).toEqual([
      '1 of 3 filters have no site: they are never active, or only at the ends of sequences.',
    ]);
  });

  it.each<[string, Attributes, string]>([
    ['strides', { strides: [2] }, pad(6, 'GTC')],
    ['dilations', { dilations: [2] }, pad(5, 'GATAC')],
    ['padding', { pads: [2, 2] }, pad(7, 'GTC')],
    ['padding by its name', { auto_pad: 'SAME_UPPER' }, pad(7, 'GTC')],
  ])('are read with their %s', async (_, attributes, sequence) => {
    const { arrays } = await explain(words(['GTC'], attributes), [sequence]);
    expect([...arrays['array']!]).toEqual([...encode('GTC')]);
    expect([...arrays['sites']!]).toEqual([1]);
  });

  it('of a drawn network give what a plain loop gives, whatever the layout and order of the input', async () => {
    const chosen = sequences(40, LENGTH, 6);
    const plain = network({ length: LENGTH });
    const convolution = plain.nodes.find(node => node.operator === 'Conv')!;
    const [kernel, bias] = convolution.inputs.slice(1).map(name => plain.initializers.get(name)!.data as Float32Array);
    const sites = Array.from({ length: 6 }, (_, filter) => {
      const all = chosen.flatMap(sequence =>
        Array.from({ length: LENGTH - 4 }, (_, at) => {
          const word = sequence.slice(at, at + 5);
          const value = [...word].reduce(
            (total, letter, column) => total + kernel![(filter * 4 + 'ACGT'.indexOf(letter)) * 5 + column]!,
            bias![filter]!,
          );
          return { word, value };
        }),
      );
      const most = Math.max(...all.map(({ value }) => value));
      return all.filter(({ value }) => value >= most / 2).map(({ word }) => word);
    });
    const expected = sites.flatMap(list =>
      Array.from({ length: 20 }, (_, i) => {
        const [column, base] = [Math.floor(i / 4), 'ACGT'[i % 4]!];
        return list.filter(word => word[column] === base).length / list.length;
      }),
    );
    for (const [graph, given] of [
      [plain, {}],
      [network({ length: LENGTH, layout: 'channels_last', order: 'GATC' }), { order: 'GATC' }],
      [network({ length: LENGTH, flat: true }), {}],
      // What no sequence can show (gauge of the kernels) does not show.
      [network({ length: LENGTH, gauge: (filter, column) => Math.sin(3 * filter + column) }), {}],
    ] as const) {
      const target = await bench.target(graph, LENGTH, undefined, given);
      const found = await bench.explain(call('method', 'filters_to_pwms'), target, await bench.sequences(...chosen));
      expectSameMap(found.arrays['array']!, expected, 1e-6);
      expect([...found.arrays['sites']!]).toEqual(sites.map(list => list.length));
    }
  });

  it('are refused where no convolution reads the sequence', async () => {
    const builder = new GraphBuilder('dense');
    const flat = builder.add('Flatten', [builder.input('x', 'float32', [1, LENGTH, 4])]);
    const dense = builder.add('MatMul', [
      flat,
      builder.constant(floats([4 * LENGTH, 1], new Float32Array(4 * LENGTH))),
    ]);
    await expect(explain(openBatch(builder.finish([dense])), sequences(1, LENGTH))).rejects.toMatchObject({
      problem: { code: 'filters/none' },
    });
  });
});
