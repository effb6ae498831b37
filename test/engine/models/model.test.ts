import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { Failure } from '../../../server/src/engine/failure.js';
import type { Axis, ValueHeader } from '../../../server/src/engine/graph/graph.js';
import { inputForm } from '../../../server/src/engine/models/model.js';
import { network, sequences } from '../methods/networks.js';
import { encode, oracle, Workbench } from '../methods/workbench.js';

const header = (shape: readonly Axis[]): ValueHeader => ({ name: 'x0', type: 'float32', shape });

function problemOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return error.problem;
    throw error;
  }
  return undefined;
}

describe('inputForm', () => {
  it.each<[readonly Axis[], number, string, readonly number[], number | undefined]>([
    [['batch', 4, 100], 100, 'channels_first', [4, 100], undefined],
    [['batch', 100, 4], 100, 'channels_last', [100, 4], undefined],
    [[8, 4, 100], 100, 'channels_first', [4, 100], 8],
    [['batch', 4, 1, 100], 100, 'channels_first', [4, 1, 100], undefined],
    [['batch', 1, 100, 4], 100, 'channels_last', [1, 100, 4], undefined],
    [['batch', 4, 'length'], 250, 'channels_first', [4, 250], undefined],
    [['batch', 'length', 4], 250, 'channels_last', [250, 4], undefined],
  ])('reads %j as dna(%i), %s', (shape, length, layout, extents, batch) => {
    expect(inputForm(header(shape), length, 'auto', 'some.onnx')).toEqual({
      space: { alphabet: 'dna', shape: [length, 4] },
      layout,
      extents,
      batch,
    });
  });

  it('takes the length from the file when none is given', () => {
    expect(inputForm(header(['batch', 4, 100]), undefined, 'auto', 'some.onnx').space.shape).toEqual([100, 4]);
    expect(problemOf(() => inputForm(header(['batch', 4, 'length']), undefined, 'auto', 'some.onnx'))).toMatchObject({
      code: 'model/input',
      message: 'the length of the input x0 is open',
      remedy: 'Give it in the model: input: dna(length).',
    });
  });

  it('asks for the layout where both axes have size 4', () => {
    const square = header(['batch', 4, 4]);
    expect(problemOf(() => inputForm(square, 4, 'auto', 'some.onnx'))).toMatchObject({
      code: 'model/input',
      message: 'the input x0 of shape [batch, 4, 4] could have its channels first or last',
      remedy: 'Add layout: channels_first or layout: channels_last to the model.',
    });
    expect(inputForm(square, 4, 'channels_last', 'some.onnx').layout).toBe('channels_last');
  });

  it.each<[readonly Axis[], 'auto' | 'channels_first', string]>([
    [['batch', 4, 100], 'auto', 'the input x0 has shape [batch, 4, 100], which does not fit dna(101)'],
    [
      ['batch', 101, 4],
      'channels_first',
      'the input x0 has shape [batch, 101, 4], which does not fit dna(101) with channels_first',
    ],
    [['batch', 5, 101], 'auto', 'the input x0 has shape [batch, 5, 101], which does not fit dna(101)'],
    [
      ['batch', 404],
      'auto',
      'the input x0 has shape [batch, 404]; [batch, 4, length] or [batch, length, 4] is expected',
    ],
  ])('refuses %j as %s', (shape, layout, message) => {
    expect(problemOf(() => inputForm(header(shape), 101, layout, 'some.onnx'))).toMatchObject({
      code: 'model/input',
      message,
      place: 'some.onnx',
    });
  });
});

describe('ScalarModel', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await Workbench.create(referenceExecutor);
  });
  afterAll(() => bench.remove());

  it('takes orders in lower case and refuses what is no order of the four bases', async () => {
    const [sequence] = sequences(1, 20) as [string];
    const upper = await bench.load(
      await bench.target(network({ length: 20, order: 'TGCA' }), 20, undefined, { order: 'TGCA' }),
    );
    const lower = await bench.load(
      await bench.target(network({ length: 20, order: 'TGCA' }), 20, undefined, { order: 'tgca' }),
    );
    expect(oracle(lower).f(encode(sequence))).toBe(oracle(upper).f(encode(sequence)));
    for (const order of ['ACGU', 'ACG', 'AACG', 'ACGTN']) {
      const failure: unknown = await bench
        .target(network({ length: 20 }), 20, undefined, { order })
        .then(target => bench.load(target))
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({
        problem: { code: 'model/order', message: `order: "${order}" is not an order of the four bases` },
      });
    }
  });

  it('is compiled for the batch that is wanted, unless the file demands another', async () => {
    const open = await bench.load(await bench.target(network({ length: 20 }), 20));
    const fixed = await bench.load(await bench.target(network({ length: 20, batch: 3 }), 20));
    expect([open.batch(64), fixed.batch(64)]).toEqual([64, 3]);
    expect(open.build(64).builder.shape(open.build(64).f)).toEqual([64]);
  });
});
