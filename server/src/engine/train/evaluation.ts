/** What a network in training does on examples that it is not trained on. */
import type { Executable, Executor } from '../backends/executor.js';
import type { InputSpace } from '../data/input-space.js';
import { GraphBuilder } from '../graph/builder.js';
import { sizeOf, type Tensor } from '../graph/graph.js';
import { elements } from '../methods/passes.js';
import { rocArea } from '../metrics/curves.js';
import { networkInput, type PlannedNetwork } from '../models/network/network.js';
import { LOSSES, lossInput, type LossName } from './losses.js';
import type { Weights } from './step-graph.js';

export type Monitor = 'loss' | 'auroc' | 'accuracy' | 'r2';

/** Rows that the forward graph takes at a time. */
const BATCH = 256;

/** The forward pass with parameters as inputs: values in front of a final squashing, and the loss of each example. */
export class Evaluation {
  private constructor(
    private readonly executable: Executable,
    private readonly network: PlannedNetwork,
    private readonly space: InputSpace,
    private readonly names: { readonly x: string; readonly y: string; readonly z: string; readonly loss: string },
  ) {}

  static async compile(
    network: PlannedNetwork,
    space: InputSpace,
    loss: LossName,
    executor: Executor,
  ): Promise<Evaluation> {
    const builder = new GraphBuilder('evaluation');
    const x = builder.input('batch~x', 'float32', [BATCH, ...space.shape]);
    const units = sizeOf(network.output);
    const y = builder.input('batch~y', 'float32', [BATCH, units]);
    for (const { name, shape } of network.parameters) builder.input(name, 'float32', shape);
    const output = network.emit({ builder, parameter: name => name }, networkInput(builder, x));
    const z = builder.add('Reshape', [lossInput(builder, output, loss), builder.integers([BATCH, units])]);
    const each = LOSSES[loss].each(builder, z, y);
    const executable = await executor.load(builder.finish([z, each]));
    return new Evaluation(executable, network, space, { x, y, z, loss: each });
  }

  /**
   * @param x [row, …shape of an example], any number of rows
   * @param y [row, units]
   * @returns z [row, units], and the mean loss
   */
  async run(x: Float32Array, y: Float32Array, weights: Weights): Promise<{ z: Float32Array; loss: number }> {
    const size = sizeOf(this.space.shape);
    const units = sizeOf(this.network.output);
    const rows = x.length / size;
    const z = new Float32Array(rows * units);
    let sum = 0;
    for (let from = 0; from < rows; from += BATCH) {
      const count = Math.min(BATCH, rows - from);
      const feeds: Record<string, Tensor> = {
        [this.names.x]: padded(x, from * size, count * size, [BATCH, ...this.space.shape]),
        [this.names.y]: padded(y, from * units, count * units, [BATCH, units]),
      };
      for (const { name, shape } of this.network.parameters)
        feeds[name] = { type: 'float32', shape, data: weights.get(name)! };
      const outputs = await this.executable.run(feeds);
      z.set(elements(outputs, this.names.z).subarray(0, count * units), from * units);
      for (const loss of elements(outputs, this.names.loss).subarray(0, count)) sum += loss;
    }
    return { z, loss: sum / rows };
  }

  release(): Promise<void> {
    return this.executable.release();
  }
}

function padded(values: Float32Array, from: number, count: number, shape: readonly number[]): Tensor {
  const data = new Float32Array(sizeOf(shape));
  data.set(values.subarray(from, from + count));
  return { type: 'float32', shape, data };
}

/**
 * @param z [row, units]: logits of classes, or predicted numbers
 * @param y [row, units]
 * @returns NaN where it is not defined: AUROC with one class only, R² of equal labels
 */
export function monitored(monitor: Monitor, z: Float32Array, y: Float32Array, units: number, loss: number): number {
  const rows = z.length / units;
  switch (monitor) {
    case 'loss':
      return loss;
    case 'auroc':
      return rocArea(Float64Array.from(z), Uint8Array.from(y))(new Uint32Array(rows).fill(1));
    case 'accuracy': {
      let right = 0;
      for (let row = 0; row < rows; row++) {
        const of = (values: Float32Array): number => {
          const part = values.subarray(row * units, (row + 1) * units);
          return units === 1 ? Number(part[0]! > (values === z ? 0 : 0.5)) : part.indexOf(Math.max(...part));
        };
        if (of(z) === of(y)) right++;
      }
      return right / rows;
    }
    case 'r2': {
      const mean = y.reduce((sum, value) => sum + value, 0) / rows;
      let residual = 0;
      let total = 0;
      for (let row = 0; row < rows; row++) {
        residual += (y[row]! - z[row]!) ** 2;
        total += (y[row]! - mean) ** 2;
      }
      return total > 0 ? 1 - residual / total : NaN;
    }
  }
}
