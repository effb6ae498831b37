/** A training as an experiment declares it: the network met with the data, labels as the loss wants them, what layers are given. */
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/training.js';
import type { Call } from '../../protocol.js';
import type { Executor } from '../backends/executor.js';
import type { Files } from '../data/source.js';
import type { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { sizeOf } from '../graph/graph.js';
import { Correlations } from '../methods/global/correlations.js';
import { correlatedPairs } from '../methods/global/correlated-pairs.js';
import { diffusionOf, matrixOf } from '../metrics/diffusion.js';
import type { Shape } from '../models/network/layer.js';
import { planNetwork } from '../models/network/network.js';
import { annotate, type Annotated } from './annotation.js';
import type { Monitor } from './evaluation.js';
import { labelRows, partition } from './labels.js';
import type { LossName } from './losses.js';
import { gathered, type Rows, type Training } from './member.js';
import { OPTIMIZERS, type Optimized } from './optimizers.js';
import type { Weights } from './step-graph.js';
import type { Initial } from './weights.js';

/** Numbers of a data set that training keeps in memory: 4 GiB of float32. */
const MOST_NUMBERS = 2 ** 30;

export type TrainParameters = ParametersOf<typeof specifications.train>;

/** How kernels are drawn at the beginning. */
export const initialOf = ({ scale, initial }: TrainParameters): Initial =>
  scale === undefined ? initial : { deviation: scale };

/** Shape of an example as networks take it: channels in front of positions. */
export function networkShape(shape: readonly number[]): Shape {
  const [first, second] = shape;
  return second === undefined ? [first!] : [second, first!];
}

/** A training, and what tables say of its network. */
export interface Prepared extends Training {
  readonly annotated: Annotated;
}

/** @throws Failure where network, data, loss and monitor do not fit together, `network/annotation` */
export async function prepareTraining(
  parameters: TrainParameters,
  examples: StoredExamples,
  files: Files,
): Promise<Prepared> {
  const { loss, seed, validation, monitor } = parameters;
  const { space, size, count, labels } = examples;
  if (size * count > MOST_NUMBERS)
    throw new Failure('train/size', `${count} examples of ${size} numbers are more than training keeps in memory`, {
      remedy: 'Train on a sample: data part = all | sample(100000, seed: 1).',
    });
  const annotated = await annotate(parameters.network, examples, files);
  const network = planNetwork(annotated.network, networkShape(space.shape));
  const units = sizeOf(network.output);
  const y = labelRows(labels, examples.names, loss, units);
  const parts = partition(labels, examples.origins, loss.endsWith('cross_entropy'), validation, seed);
  if (parts.training.length === 0)
    throw new Failure('train/empty', 'no example is left to train on', { remedy: 'Lower `validation`.' });
  requireMonitor(
    monitor,
    loss,
    parts.validation.map(row => labels[row]),
  );
  const rowsOf = async (chosen: readonly number[]): Promise<Rows> => ({
    x: await readRows(examples, chosen),
    y: gathered(y, chosen, units),
  });
  const optimizer = parameters.optimizer as unknown as Call;
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const make = OPTIMIZERS[optimizer.call as keyof typeof OPTIMIZERS] as (own: unknown) => (size: number) => Optimized;
  return {
    annotated,
    network,
    space,
    training: await rowsOf(parts.training),
    validation: await rowsOf(parts.validation),
    batch: parameters.batch,
    epochs: parameters.epochs,
    objective: { loss, l2: parameters.l2, angle: parameters.angle },
    course: {
      rate: Number(optimizer.parameters['rate']),
      schedule: parameters.schedule as unknown as Call | undefined,
      patience: parameters.patience,
    },
    monitor,
    optimizer: make(optimizer.parameters),
    bootstrap: parameters.bootstrap,
    seed,
  };
}

/** The losses whose networks a monitor is of: logits have no R², and predicted numbers no side of 0. */
const MONITORED: Readonly<Record<Monitor, readonly LossName[]>> = {
  loss: ['binary_cross_entropy', 'cross_entropy', 'mean_squared', 'mean_absolute'],
  auroc: ['binary_cross_entropy'],
  accuracy: ['binary_cross_entropy', 'cross_entropy'],
  r2: ['mean_squared', 'mean_absolute'],
};

/**
 * @param labels of the examples for validation
 * @throws Failure `train/monitor` for what no epoch could be judged by
 */
function requireMonitor(monitor: Monitor, loss: LossName, labels: readonly (number | undefined)[]): void {
  if (!MONITORED[monitor].includes(loss))
    throw new Failure('train/monitor', `the loss is ${loss}, which leaves no ${monitor} to monitor`, {
      remedy: `Monitor the loss; ${monitor} goes with ${MONITORED[monitor].join(' and ')}.`,
    });
  if (monitor === 'loss') return;
  if (labels.length === 0)
    throw new Failure('train/monitor', `${monitor} is monitored on examples for validation, and there are none`, {
      remedy: 'Raise `validation`, or monitor the loss, which is then that of the training.',
    });
  if (monitor !== 'accuracy' && labels.every(label => label === labels[0]))
    throw new Failure('train/monitor', `all examples for validation have the label ${labels[0]}: no ${monitor}`, {
      remedy: 'Raise `validation`, or monitor the loss.',
    });
}

/** Some examples in memory, [row, …shape]: no others are held. */
async function readRows(examples: StoredExamples, chosen: readonly number[]): Promise<Float32Array> {
  const { size } = examples;
  const held = new Float32Array(chosen.length * size);
  const placeOf = new Map(chosen.map((row, place) => [row, place]));
  for await (const { from, to, x } of examples.blocks())
    for (let row = from; row < to; row++) {
      const place = placeOf.get(row);
      if (place !== undefined) held.set(x.subarray((row - from) * size, (row - from + 1) * size), place * size);
    }
  return held;
}

/** Layers behind which values still correlate as the features of the data do, which activations would change. */
const KEEPING = new Set(['dropout', 'batch_norm', 'graph_smoothing']);

/**
 * The parameters that follow from the data or a table, by name.
 *
 * @throws Failure `network/features` where a layer does not stand on the features of the data
 */
export async function givenWeights(
  { network, space, training, annotated }: Prepared,
  { executor, checkpoint }: { readonly executor: Executor; readonly checkpoint: () => Promise<void> },
): Promise<Weights> {
  const size = sizeOf(space.shape);
  const weights = new Map<string, Float32Array>();
  for (const { name, initialiser } of network.parameters) {
    if (typeof initialiser === 'number' || 'fanIn' in initialiser) continue;
    const mask = annotated.masks.get(name);
    if (mask !== undefined) {
      weights.set(name, mask);
      continue;
    }
    const before = network.layers.findIndex(layer => name.startsWith(`${layer.name}/`));
    const nested = name.split('/').length > 2;
    if (nested || !network.layers.slice(0, before).every(({ entry }) => KEEPING.has(entry)))
      throw new Failure('network/features', 'the layer looks at the features of the data, and others mix them before', {
        place: `${name} of the network`,
        remedy: 'Put it in front of them, outside of residual.',
      });
    if (!('least' in initialiser)) throw new Error(`${name} has no mask`);
    const correlations = new Correlations(training.x, training.x.length / size, size);
    const pairs = await correlatedPairs(correlations, initialiser.least, executor, checkpoint);
    weights.set(name, matrixOf(diffusionOf(size, pairs)));
  }
  return weights;
}
