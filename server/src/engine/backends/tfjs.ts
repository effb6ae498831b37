/**
 * The portable executor: TensorFlow.js on plain JavaScript, for places where the native runtime cannot be loaded. It knows
 * the operators of convolutional and dense networks and of their gradients; any other is refused by name before it runs.
 */
import type * as TensorFlow from '@tensorflow/tfjs-core';
import { Failure } from '../failure.js';
import { numbersOf, type ElementType, type Graph, type Tensor } from '../graph/graph.js';
import type { Header } from '../ops/operator.js';
import { operatorOf } from '../ops/registry.js';
import type { Executor } from './executor.js';
import { Unsupported, type Held, type Kernel } from './tfjs/kernel.js';
import { KERNELS } from './tfjs/kernels.js';

/** @throws Failure `engine/runtime` when TensorFlow.js cannot be loaded */
export async function tfjsExecutor(): Promise<Executor> {
  let tf: typeof TensorFlow;
  try {
    tf = await import('@tensorflow/tfjs-core');
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
  } catch (error) {
    throw new Failure('engine/runtime', `TensorFlow.js cannot be loaded: ${String(error)}`, {
      remedy: 'Run with --backend onnxruntime, or with --backend reference.',
    });
  }
  return { name: 'tfjs', version: tf.version_core, load: graph => Promise.resolve(load(tf, graph)) };
}

/** One node, ready to run. */
interface Step {
  readonly kernel: Kernel;
  readonly held: Held;
}

function load(tf: typeof TensorFlow, graph: Graph) {
  const headers = new Map<string, Header>();
  for (const { name, type, shape } of graph.inputs) headers.set(name, { type, shape: shape as number[] });
  for (const [name, tensor] of graph.initializers)
    headers.set(name, { type: tensor.type, shape: tensor.shape, constant: tensor });
  const steps = graph.nodes.map((node): Step => {
    const inputs = node.inputs.map(name => (name === '' ? undefined : headers.get(name)!));
    const outputs = operatorOf(node, graph.name).infer(node, inputs);
    node.outputs.forEach((name, i) => headers.set(name, outputs[i]!));
    const kernel = KERNELS[node.operator];
    const place = `node ${node.name} (${node.operator}) of ${graph.name}`;
    if (kernel === undefined) throw refused(node.operator, 'it is not among its operators', place);
    if ([...inputs, ...outputs].some(header => header?.type === 'float64'))
      throw refused(node.operator, 'it has no float64', place);
    return { kernel, held: { node, inputs, outputs } };
  });
  const constants = new Map([...graph.initializers].map(([name, tensor]) => [name, toTf(tf, tensor)]));

  return {
    run: async (inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> => {
      const results = tf.tidy(() => {
        const values = new Map(constants);
        for (const { name } of graph.inputs) {
          const value = inputs[name];
          if (value === undefined) throw new Error(`input ${name} of ${graph.name} is not given`);
          values.set(name, toTf(tf, value));
        }
        for (const { kernel, held } of steps) {
          const { node } = held;
          const given = node.inputs.map(name => values.get(name));
          const made = compute(tf, kernel, held, given as TensorFlow.Tensor[], graph.name);
          node.outputs.forEach((name, i) => values.set(name, made[i]!));
        }
        return graph.outputs.map(({ name }) => values.get(name)!.clone());
      });
      const read = await Promise.all(
        graph.outputs.map(async ({ name }, i) => [name, fromTf(await results[i]!.data(), headers.get(name)!)] as const),
      );
      tf.dispose(results);
      return Object.fromEntries(read);
    },
    release: () => {
      tf.dispose([...constants.values()]);
      constants.clear();
      return Promise.resolve();
    },
  };
}

function compute(
  tf: typeof TensorFlow,
  kernel: Kernel,
  held: Held,
  inputs: readonly TensorFlow.Tensor[],
  graph: string,
): readonly TensorFlow.Tensor[] {
  try {
    const made = kernel(tf, inputs, held);
    return Array.isArray(made) ? made : [made];
  } catch (error) {
    const { name, operator } = held.node;
    if (error instanceof Unsupported) throw refused(operator, error.message, `node ${name} (${operator}) of ${graph}`);
    throw error;
  }
}

function refused(operator: string, reason: string, place: string): Failure {
  return new Failure('engine/unsupported', `TensorFlow.js cannot compute ${operator}: ${reason}`, {
    place,
    remedy: 'Run with --backend onnxruntime, or with --backend reference.',
  });
}

/** Integers of 64 bits become 32-bit ones: they are indices and extents here. */
function toTf(tf: typeof TensorFlow, tensor: Tensor): TensorFlow.Tensor {
  const shape = [...tensor.shape];
  switch (tensor.type) {
    case 'float32':
    case 'float64':
      return tf.tensor(Float32Array.from(numbersOf(tensor)), shape, 'float32');
    case 'bool':
      return tf.tensor(Uint8Array.from(numbersOf(tensor)), shape, 'bool');
    default:
      return tf.tensor(Int32Array.from(numbersOf(tensor)), shape, 'int32');
  }
}

const ARRAYS: Readonly<Record<ElementType, (values: ArrayLike<number>) => Tensor['data']>> = {
  float32: values => Float32Array.from(values),
  float64: values => Float64Array.from(values),
  int32: values => Int32Array.from(values),
  int64: values => BigInt64Array.from(Array.from(values, BigInt)),
  bool: values => Uint8Array.from(values),
  uint8: values => Uint8Array.from(values),
};

function fromTf(values: ArrayLike<number>, { type, shape }: Header): Tensor {
  return { type, shape, data: ARRAYS[type](values) };
}
