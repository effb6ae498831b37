/** Trains one network: epochs of shuffled batches, validation after each, the best parameters kept. */
import type { Executor } from '../backends/executor.js';
import type { InputSpace } from '../data/input-space.js';
import { sizeOf } from '../graph/graph.js';
import type { PlannedNetwork } from '../models/network/network.js';
import { Stream } from '../random/philox.js';
import { batchSizes } from './batches.js';
import { Course, type CourseOptions } from './course.js';
import { Evaluation, monitored, type Monitor } from './evaluation.js';
import type { Optimized } from './optimizers.js';
import { StepGraph, type Mask, type Objective, type Weights } from './step-graph.js';

/** Examples in memory: [row, …shape of an example] and [row, units]. */
export interface Rows {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

export interface Training {
  readonly network: PlannedNetwork;
  readonly space: InputSpace;
  readonly training: Rows;
  readonly validation: Rows;
  readonly batch: number;
  readonly epochs: number;
  readonly objective: Objective;
  readonly course: Omit<CourseOptions, 'lower'>;
  readonly monitor: Monitor;
  readonly optimizer: (size: number) => Optimized;
  /** Whether each member has a resample of the examples for training. */
  readonly bootstrap: boolean;
  readonly seed: number;
}

/** What an epoch ended with. */
export interface Epoch {
  readonly loss: number;
  /** NaN without validation examples. */
  readonly validationLoss: number;
  readonly monitored: number;
  readonly rate: number;
}

export interface Trained {
  readonly weights: Weights;
  readonly epochs: readonly Epoch[];
  /** The epoch whose parameters these are, counted from 0. */
  readonly best: number;
}

/** The compiled graphs of a training, shared by its members. */
export class TrainingGraphs {
  private constructor(
    /** Sizes of the batches of an epoch. */
    readonly batches: readonly number[],
    private readonly steps: ReadonlyMap<number, StepGraph>,
    readonly evaluation: Evaluation,
  ) {}

  /** @throws Failure `train/ending`, `train/batch`, `gradient/refused` */
  static async compile(task: Training, executor: Executor): Promise<TrainingGraphs> {
    const { network, space, objective, training, batch } = task;
    const batches = batchSizes(training.y.length / sizeOf(network.output), batch);
    const steps = new Map<number, StepGraph>();
    for (const size of new Set(batches))
      steps.set(size, await StepGraph.compile(network, space, size, objective, executor));
    return new TrainingGraphs(batches, steps, await Evaluation.compile(network, space, objective.loss, executor));
  }

  step(batch: number): StepGraph {
    return this.steps.get(batch)!;
  }

  async release(): Promise<void> {
    for (const step of this.steps.values()) await step.release();
    await this.evaluation.release();
  }
}

/**
 * @param weights drawn parameters; changed in place
 * @param passed to be awaited after every step, with the number of examples in it
 */
export async function trainMember(
  task: Training,
  graphs: TrainingGraphs,
  weights: Weights,
  member: number,
  passed: (examples: number) => Promise<void>,
): Promise<Trained> {
  const { network, space, training, validation, monitor, seed } = task;
  const size = sizeOf(space.shape);
  const units = sizeOf(network.output);
  const rows = training.y.length / units;
  const resample = new Stream(seed, `bootstrap ${member}`);
  const order = Uint32Array.from({ length: rows }, (_, row) => (task.bootstrap ? resample.integer(rows) : row));
  const optimizers = new Map(
    network.parameters
      .filter(({ trainable }) => trainable)
      .map(({ name, shape }) => [name, task.optimizer(sizeOf(shape))]),
  );
  const masks = new Map(
    graphs.batches.map(batch => [
      batch,
      new Map(graphs.step(batch).masks.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))])),
    ]),
  );
  const lower = monitor === 'loss';
  const course = new Course({ ...task.course, lower });
  const epochs: Epoch[] = [];
  let best = copied(weights);
  for (let epoch = 0; epoch < task.epochs && !course.over; epoch++) {
    const rate = course.rate(epoch);
    new Stream(seed, `order ${member}`, undefined, epoch).shuffle(order);
    const dropout = new Dropout(new Stream(seed, `dropout ${member}`, undefined, epoch));
    let loss = 0;
    let done = 0;
    for (const batch of graphs.batches) {
      const chosen = order.subarray(done, (done += batch));
      const step = graphs.step(batch);
      const kept = masks.get(batch)!;
      dropout.draw(step.masks, kept);
      const result = await step.run(
        gathered(training.x, chosen, size),
        gathered(training.y, chosen, units),
        kept,
        weights,
      );
      loss += result.loss * chosen.length;
      for (const [name, gradient] of result.gradients) optimizers.get(name)!.step(weights.get(name)!, gradient, rate);
      for (const { layer, momentum } of step.observations) {
        const { mean, variance } = result.observed.get(layer)!;
        follow(weights.get(`${layer}/moving_mean`)!, mean, momentum);
        follow(weights.get(`${layer}/moving_variance`)!, variance, momentum);
      }
      await passed(chosen.length);
    }
    const known =
      validation.y.length > 0 ? await graphs.evaluation.run(validation.x, validation.y, weights) : undefined;
    const entry: Epoch = {
      loss: loss / rows,
      validationLoss: known?.loss ?? NaN,
      monitored: known === undefined ? loss / rows : monitored(monitor, known.z, validation.y, units, known.loss),
      rate,
    };
    epochs.push(entry);
    if (course.finished(epoch, entry.monitored)) best = copied(weights);
  }
  return { weights: best, epochs, best: course.best };
}

const copied = (weights: Weights): Weights => new Map([...weights].map(([name, values]) => [name, values.slice()]));

/** The given rows of [row, size], in their order. */
export function gathered(values: Float32Array, rows: ArrayLike<number>, size: number): Float32Array {
  const out = new Float32Array(rows.length * size);
  Array.from(rows).forEach((row, i) => out.set(values.subarray(row * size, (row + 1) * size), i * size));
  return out;
}

/** Moves a moving statistic towards what the batch showed. */
function follow(moving: Float32Array, batch: Float32Array, momentum: number): void {
  for (let i = 0; i < moving.length; i++) moving[i] = momentum * moving[i]! + (1 - momentum) * batch[i]!;
}

/**
 * Masks of dropout. They need millions of draws an epoch, and belong to no example, so they come from Doty-Humphrey's small fast
 * counter, seeded by a stream.
 */
class Dropout {
  private readonly state: Int32Array;

  constructor(stream: Stream) {
    this.state = Int32Array.from([stream.uint32(), stream.uint32(), stream.uint32(), 1]);
  }

  /** Fills each mask anew. */
  draw(masks: readonly Mask[], into: ReadonlyMap<string, Float32Array>): void {
    for (const { name, rate } of masks) this.fill(into.get(name)!, rate);
  }

  /** Sixteen random bits decide about a unit: two units for one draw, and a rate that is met to 1 in 65,536. */
  private fill(values: Float32Array, rate: number): void {
    const limit = Math.round(rate * 65_536);
    // As bits, and without branches: the sign of a difference, spread over all bits, clears what is dropped.
    const [kept] = new Int32Array(Float32Array.of(1 / (1 - rate)).buffer) as unknown as [number];
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    let [a, b, c, counter] = this.state as unknown as [number, number, number, number];
    for (let i = 0; i < bits.length; i += 2) {
      const word = (a + b + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + word) | 0;
      bits[i] = kept & ~(((word & 0xffff) - limit) >> 31);
      // Behind the last of an odd number of units this writes nothing.
      bits[i + 1] = kept & ~(((word >>> 16) - limit) >> 31);
    }
    this.state.set([a, b, c, counter]);
  }
}
