/** Proves at start that an executor loads and computes: two nodes, one known answer. */
import type { Executor } from './backends/executor.js';
import { Failure } from './failure.js';
import { GraphBuilder } from './graph/builder.js';
import { floats } from './graph/graph.js';

/**
 * relu(−1 + 3) and relu(−1 − 3).
 *
 * @returns the runtime's version
 * @throws Failure `engine/runtime`
 */
export async function selfTest(executor: Executor): Promise<Readonly<Record<string, string>>> {
  const builder = new GraphBuilder('self-test');
  const x = builder.input('x', 'float32', [2]);
  const y = builder.add('Relu', [builder.add('Sub', [x, builder.scalar(1)])]);
  const executable = await executor.load(builder.finish([y]));
  const found = (await executable.run({ x: floats([2], [3, -3]) }))[y]?.data;
  await executable.release();
  const { name, version } = executor;
  if (found?.[0] !== 2 || found[1] !== 0)
    throw new Failure('engine/runtime', `the runtime computes relu([2, -4]) as [${String(found)}]`, {
      place: `${name} ${version} on ${process.platform}-${process.arch}`,
      remedy: 'Name another Node.js in the setting explainome.engine.node, or run with --backend reference.',
    });
  return { [name]: version };
}
