/** The default executor: the graph as an ONNX model in memory, run by the native CPU runtime. */
import type * as Ort from 'onnxruntime-node';
import { Failure } from '../failure.js';
import type { ElementType, Graph, Tensor } from '../graph/graph.js';
import { writeOnnx } from '../graph/onnx.js';
import type { Executable, Executor } from './executor.js';

const ELEMENT_TYPES = new Set<string>(['float32', 'float64', 'int32', 'int64', 'bool', 'uint8']);
const isElementType = (type: string): type is ElementType => ELEMENT_TYPES.has(type);

/**
 * @param threads threads within an operator; 0 lets the runtime take all cores
 * @throws Failure `engine/runtime` when the native library cannot be loaded
 */
export async function onnxruntimeExecutor(threads: number): Promise<Executor> {
  let ort: typeof Ort;
  try {
    ort = await import('onnxruntime-node');
  } catch (error) {
    throw new Failure('engine/runtime', `the native runtime cannot be loaded: ${String(error)}`, {
      place: `onnxruntime-node on Node ${process.version}, ${process.platform}-${process.arch}`,
      remedy: 'Name a Node.js 20 or later in the setting explainome.engine.node, or run with --backend reference.',
    });
  }
  return {
    name: 'onnxruntime',
    version: ort.env.versions.common,
    load: graph => load(ort, graph, threads),
  };
}

async function load(ort: typeof Ort, graph: Graph, threads: number): Promise<Executable> {
  const session = await ort.InferenceSession.create(writeOnnx(graph), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Only errors: the runtime's warnings speak of its own optimiser.
    logSeverityLevel: 3,
  });
  return {
    run: async inputs => {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { type, shape, data }]) => [name, new ort.Tensor(type, data, [...shape])]),
      );
      const results = await session.run(feeds);
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toTensor(name, tensor)]));
    },
    release: () => session.release(),
  };
}

function toTensor(name: string, { type, dims, data }: Ort.Tensor): Tensor {
  if (!isElementType(type) || Array.isArray(data)) throw new Error(`output ${name} has elements of type ${type}`);
  return { type, shape: dims, data: data as Tensor['data'] };
}
