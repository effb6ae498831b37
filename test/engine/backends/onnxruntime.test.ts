import { expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, numbersOf, type Graph } from '../../../server/src/engine/graph/graph.js';

/** y = factor · x */
function scaling(factor: number): Graph {
  const builder = new GraphBuilder('scaling');
  const x = builder.input('x', 'float32', [2]);
  return builder.finish([builder.add('Mul', [x, builder.scalar(factor)])]);
}

it('keeps sessions apart by content, shares equal ones, and lets a user go on when another has released', async () => {
  const executor = await onnxruntimeExecutor(1);
  const x = { x: floats([2], [1, 2]) };
  const first = await executor.load(scaling(3));
  const same = await executor.load(scaling(3));
  await first.release();
  // More graphs than are kept idle, so that released ones are let go.
  for (let factor = 10; factor < 20; factor++) {
    const graph = scaling(factor);
    const other = await executor.load(graph);
    const result = await other.run(x);
    expect([...numbersOf(result[graph.outputs[0]!.name]!)]).toEqual([factor, 2 * factor]);
    await other.release();
  }
  const result = await same.run(x);
  expect([...numbersOf(Object.values(result)[0]!)]).toEqual([3, 6]);
  await same.release();
});
