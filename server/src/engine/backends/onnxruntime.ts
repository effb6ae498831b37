/** The default executor: the graph as an ONNX model in memory, run by the native CPU runtime. */
import { createHash } from 'node:crypto';
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
  const sessions = new Sessions(ort, threads);
  return {
    name: 'onnxruntime',
    version: ort.env.versions.common,
    load: graph => load(ort, sessions, graph),
  };
}

/** Sessions that nobody uses and that are kept, in case the same graph is asked for again. */
const IDLE = 4;

interface Kept {
  readonly session: Promise<Ort.InferenceSession>;
  users: number;
}

/** Compiled graphs by content: the same method on other data compiles nothing. */
class Sessions {
  /** By hash of the graph, least recently used first. */
  private readonly known = new Map<string, Kept>();

  constructor(
    private readonly ort: typeof Ort,
    private readonly threads: number,
  ) {}

  async acquire(model: Uint8Array): Promise<{ session: Ort.InferenceSession; release: () => Promise<void> }> {
    const key = createHash('sha256').update(model).digest('hex');
    const kept = this.known.get(key) ?? { session: this.create(model), users: 0 };
    this.known.delete(key);
    this.known.set(key, kept);
    kept.users++;
    try {
      return { session: await kept.session, release: () => this.release(kept) };
    } catch (error) {
      this.known.delete(key);
      throw error;
    }
  }

  private async release(kept: Kept): Promise<void> {
    kept.users--;
    const idle = [...this.known].filter(([, { users }]) => users === 0);
    for (const [key, { session }] of idle.slice(0, -IDLE)) {
      this.known.delete(key);
      await (await session).release();
    }
  }

  private create(model: Uint8Array): Promise<Ort.InferenceSession> {
    return this.ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
      intraOpNumThreads: this.threads,
      interOpNumThreads: 1,
      // Only errors: the runtime's warnings speak of its own optimiser.
      logSeverityLevel: 3,
    });
  }
}

async function load(ort: typeof Ort, sessions: Sessions, graph: Graph): Promise<Executable> {
  const { session, release } = await sessions.acquire(writeOnnx(graph));
  return {
    run: async inputs => {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { type, shape, data }]) => [name, new ort.Tensor(type, data, [...shape])]),
      );
      const results = await session.run(feeds);
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toTensor(name, tensor)]));
    },
    release,
  };
}

function toTensor(name: string, { type, dims, data }: Ort.Tensor): Tensor {
  if (!isElementType(type) || Array.isArray(data)) throw new Error(`output ${name} has elements of type ${type}`);
  return { type, shape: dims, data: data as Tensor['data'] };
}
