/** An executor runs graphs with static shapes. Only this folder knows any runtime. */
import type { Graph, Tensor } from '../graph/graph.js';

export interface Executable {
  /** Runs once; every input of the graph must be given with its shape. */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

export interface Executor {
  readonly name: string;
  /** Version of the runtime, for provenance. */
  readonly version: string;
  load(graph: Graph): Promise<Executable>;
}
