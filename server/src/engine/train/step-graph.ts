/**
 * One training step as a compiled graph: examples, labels, dropout masks and parameters in; loss, gradients and what
 * normalisations have observed out. Parameters are inputs, so that the graph is compiled once for each batch size.
 */
import type { Executable, Executor } from '../backends/executor.js';
import type { InputSpace } from '../data/input-space.js';
import { GraphBuilder } from '../graph/builder.js';
import { floats, sizeOf, type Tensor } from '../graph/graph.js';
import { addGradient, elements } from '../methods/passes.js';
import type { Emission } from '../models/network/layer.js';
import { networkInput, type PlannedNetwork } from '../models/network/network.js';
import { differentiate } from '../transforms/autodiff.js';
import { LOSSES, lossInput, type LossName } from './losses.js';

/** What the loss is made of. */
export interface Objective {
  readonly loss: LossName;
  /** Factor of Σ w² over all kernels. */
  readonly l2: number;
  /** Factor of the mean norm of the angles (degrees) between input gradients and the simplex. */
  readonly angle: number;
}

/** A mask that a step wants: 0 where a unit is dropped, 1 / (1 − rate) elsewhere. */
export interface Mask {
  readonly name: string;
  readonly shape: readonly number[];
  readonly rate: number;
}

/** A layer that follows the data: its moving statistics move by 1 − momentum towards those of the batch. */
export interface Observation {
  readonly layer: string;
  readonly momentum: number;
}

export interface StepResult {
  /** Mean over the batch, penalties left out. */
  readonly loss: number;
  /** With the penalties: what the gradients are of. */
  readonly total: number;
  /** By parameter name. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** Mean and variance [channels] by layer. */
  readonly observed: ReadonlyMap<string, { readonly mean: Float32Array; readonly variance: Float32Array }>;
}

/** Parameter values by name. */
export type Weights = ReadonlyMap<string, Float32Array>;

export class StepGraph {
  private constructor(
    private readonly executable: Executable,
    private readonly network: PlannedNetwork,
    private readonly names: { readonly x: string; readonly y: string; readonly loss: string; readonly total: string },
    private readonly gradients: ReadonlyMap<string, string>,
    private readonly statistics: ReadonlyMap<string, { readonly mean: string; readonly variance: string }>,
    private readonly shapes: { readonly x: readonly number[]; readonly y: readonly number[] },
    readonly masks: readonly Mask[],
    readonly observations: readonly Observation[],
  ) {}

  /** @throws Failure `train/ending`, `gradient/refused` */
  static async compile(
    network: PlannedNetwork,
    space: InputSpace,
    batch: number,
    objective: Objective,
    executor: Executor,
  ): Promise<StepGraph> {
    const builder = new GraphBuilder('training');
    const shapes = { x: [batch, ...space.shape], y: [batch, sizeOf(network.output)] };
    const x = builder.input('batch~x', 'float32', shapes.x);
    const y = builder.input('batch~y', 'float32', shapes.y);
    for (const { name, shape } of network.parameters) builder.input(name, 'float32', shape);
    const masks: Mask[] = [];
    const observations: Observation[] = [];
    const statistics = new Map<string, { mean: string; variance: string }>();
    const emission: Emission = {
      builder,
      parameter: name => name,
      training: {
        kept: (layer, shape, rate) => {
          const name = builder.input(`${layer}~kept`, 'float32', shape);
          masks.push({ name, shape, rate });
          return name;
        },
        observed: (layer, momentum, mean, variance) => {
          observations.push({ layer, momentum });
          statistics.set(layer, { mean, variance });
        },
      },
    };
    const output = network.emit(emission, networkInput(builder, x));
    const z = builder.add('Reshape', [lossInput(builder, output, objective.loss), builder.integers(shapes.y)]);
    const loss = mean(builder, LOSSES[objective.loss].each(builder, z, y));
    const total = addPenalties(builder, network, objective, { x, z, loss });

    const trainable = network.parameters.filter(parameter => parameter.trainable).map(({ name }) => name);
    const seed = builder.constant(floats([], [1]));
    const { nodes } = builder.finish([total]);
    const gradients = new Map<string, string>();
    differentiate(builder, nodes, new Map([[total, seed]]), trainable).forEach((gradient, i) => {
      if (gradient !== undefined) gradients.set(trainable[i]!, gradient);
    });
    const outputs = [
      loss,
      total,
      ...gradients.values(),
      ...[...statistics.values()].flatMap(of => [of.mean, of.variance]),
    ];
    const executable = await executor.load(builder.finish([...new Set(outputs)]));
    return new StepGraph(
      executable,
      network,
      { x, y, loss, total },
      gradients,
      statistics,
      shapes,
      masks,
      observations,
    );
  }

  /**
   * @param x [batch, …shape of an example]
   * @param y [batch, units]
   * @param masks by name, as `masks` wants them
   */
  async run(
    x: Float32Array,
    y: Float32Array,
    masks: ReadonlyMap<string, Float32Array>,
    weights: Weights,
  ): Promise<StepResult> {
    const feeds: Record<string, Tensor> = {
      [this.names.x]: { type: 'float32', shape: this.shapes.x, data: x },
      [this.names.y]: { type: 'float32', shape: this.shapes.y, data: y },
    };
    for (const { name, shape } of this.masks) feeds[name] = { type: 'float32', shape, data: masks.get(name)! };
    for (const { name, shape } of this.network.parameters)
      feeds[name] = { type: 'float32', shape, data: weights.get(name)! };
    const outputs = await this.executable.run(feeds);
    return {
      loss: elements(outputs, this.names.loss)[0]!,
      total: elements(outputs, this.names.total)[0]!,
      gradients: new Map([...this.gradients].map(([name, value]) => [name, elements(outputs, value)])),
      observed: new Map(
        [...this.statistics].map(([layer, { mean, variance }]) => [
          layer,
          { mean: elements(outputs, mean), variance: elements(outputs, variance) },
        ]),
      ),
    };
  }

  release(): Promise<void> {
    return this.executable.release();
  }
}

const mean = (builder: GraphBuilder, values: string): string =>
  builder.add('ReduceMean', [values, builder.integers([0])], { keepdims: 0 });

/** The loss with what else is to be small. */
function addPenalties(
  builder: GraphBuilder,
  network: PlannedNetwork,
  { l2, angle }: Objective,
  { x, z, loss }: { readonly x: string; readonly z: string; readonly loss: string },
): string {
  let total = loss;
  const add = (factor: number, penalty: string): void => {
    total = builder.add('Add', [total, builder.add('Mul', [builder.scalar(factor), penalty])]);
  };
  if (l2 > 0)
    for (const { name } of network.parameters.filter(parameter => parameter.name.endsWith('/kernel'))) {
      const square = builder.add('Mul', [name, name]);
      add(l2, builder.add('ReduceSum', [square], { keepdims: 0 }));
    }
  if (angle > 0) add(angle, meanAngleNorm(builder, x, z));
  return total;
}

/** Below this a gradient has no direction. */
const NO_GRADIENT = 1e-12;

/**
 * Mean over the batch of ‖θ‖₂, where θ_l = asin(½ Σ_a G_la / ‖G_l‖) in degrees and G is the gradient of the first unit's
 * sigmoid (Majdandzic, Rajesh & Koo 2023, Genome Biology 24:109, attribution angle regularisation).
 */
function meanAngleNorm(builder: GraphBuilder, x: string, z: string): string {
  const [batch] = builder.shape(z) as [number];
  const first = builder.add('Gather', [z, builder.integers([0])], { axis: 1 });
  const f = builder.add('Reshape', [builder.add('Sigmoid', [first]), builder.integers([batch])]);
  const gradient = addGradient({ builder, nodes: builder.finish([f]).nodes, f }, x);
  const overBases = (value: string): string =>
    builder.add('ReduceSum', [value, builder.integers([2])], { keepdims: 0 });
  const small = builder.scalar(NO_GRADIENT);
  const squares = builder.add('Add', [overBases(builder.add('Mul', [gradient, gradient])), small]);
  const norm = builder.add('Sqrt', [squares]);
  const half = builder.add('Mul', [overBases(gradient), builder.scalar(0.5)]);
  // asin has no finite slope at ±1, where the gradient stands upright on the simplex.
  const sine = builder.add('Clip', [builder.add('Div', [half, norm]), builder.scalar(-0.9999), builder.scalar(0.9999)]);
  const degrees = builder.add('Mul', [builder.add('Asin', [sine]), builder.scalar(180 / Math.PI)]);
  const square = builder.add('ReduceSum', [builder.add('Mul', [degrees, degrees]), builder.integers([1])], {
    keepdims: 0,
  });
  return mean(builder, builder.add('Sqrt', [builder.add('Add', [square, small])]));
}
