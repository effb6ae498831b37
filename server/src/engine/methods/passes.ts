/** Compiled passes through a model: forward, and forward with the gradient by the input. The last batch is padded. */
import type { Executable, Executor } from '../backends/executor.js';
import type { GraphBuilder } from '../graph/builder.js';
import { floats, sizeOf, type Tensor } from '../graph/graph.js';
import type { ScalarGraph, ScalarModel } from '../models/model.js';
import { differentiate, type Rules } from '../transforms/autodiff.js';
import { fastDerivatives } from '../transforms/fast-derivatives.js';
import { batchSize } from './batch.js';
import { buildStreamlined } from './streamlined.js';

/** Called after each batch with the number of examples in it. */
export type Passed = (passes: number) => Promise<void>;

/** Adds to a scalar graph the gradient of f by `by`, or what `rules` make of it. */
export function addGradient({ builder, nodes, f }: Omit<ScalarGraph, 'x'>, by: string, rules?: Rules): string {
  const [batch] = builder.shape(f) as [number];
  const seed = builder.constant(floats([batch], new Float32Array(batch).fill(1)));
  const [gradient] = differentiate(builder, nodes, new Map([[f, seed]]), [by], rules);
  return gradient ?? addZeros(builder, by);
}

/** Where a target does not depend on a value at all, its gradient is zero, exactly. */
export function addZeros(builder: GraphBuilder, by: string): string {
  return builder.add('Expand', [builder.scalar(0), builder.integers(builder.shape(by))]);
}

/** The elements of an output as float32. */
export function elements(outputs: Readonly<Record<string, Tensor>>, name: string): Float32Array {
  const data = outputs[name]?.data;
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return Float32Array.from(data);
  throw new Error(`the graph has no floating-point output ${name}`);
}

/** A compiled graph that maps rows of examples to rows of one output: f, or ∂f/∂x. */
export class Pass {
  private constructor(
    private readonly executable: Executable,
    private readonly input: string,
    private readonly output: string,
    private readonly batch: number,
    private readonly shape: readonly number[],
  ) {}

  /** f at every row: [row]. */
  static forward(model: ScalarModel, executor: Executor): Promise<Pass> {
    const graph = model.build(batchSize(model));
    return Pass.compile(model, executor, graph, graph.f);
  }

  /** ∂f/∂x at every row: [row, …shape]. */
  static gradient(model: ScalarModel, executor: Executor): Promise<Pass> {
    const graph = buildStreamlined(model, batchSize(model), 'gradients');
    return Pass.compile(model, executor, graph, addGradient(graph, graph.x, fastDerivatives));
  }

  /** A pass of any graph over one input. */
  static async compile(
    { shape }: Pick<ScalarModel, 'shape'>,
    executor: Executor,
    { builder, x }: Pick<ScalarGraph, 'builder' | 'x'>,
    output: string,
  ): Promise<Pass> {
    const executable = await executor.load(builder.finish([output]));
    return new Pass(executable, x, output, builder.shape(x)[0]!, shape);
  }

  /**
   * @param x any number of rows, [row, …shape]
   * @returns the output's rows
   */
  async run(x: Float32Array, passed: Passed): Promise<Float32Array> {
    const { batch, shape } = this;
    const rowSize = sizeOf(shape);
    const count = x.length / rowSize;
    let result = new Float32Array(0);
    for (let from = 0; from < count; from += batch) {
      const rows = Math.min(batch, count - from);
      let data = x.subarray(from * rowSize, (from + rows) * rowSize);
      if (rows < batch) {
        const padded = new Float32Array(batch * rowSize);
        padded.set(data);
        data = padded;
      }
      const outputs = await this.executable.run({
        [this.input]: { type: 'float32', shape: [batch, ...shape], data },
      });
      const part = elements(outputs, this.output);
      const size = part.length / batch;
      if (from === 0) result = new Float32Array(count * size);
      result.set(part.subarray(0, rows * size), from * size);
      await passed(rows);
    }
    return result;
  }

  release(): Promise<void> {
    return this.executable.release();
  }
}
