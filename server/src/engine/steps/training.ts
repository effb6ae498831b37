/** A training step: trains the members of an ensemble one after another; a finished member is a finished block. */
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/training.js';
import type { Call, Note, Task } from '../../protocol.js';
import type { Json } from '../../store/writer.js';
import { pathOf } from '../data/source.js';
import { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { sizeOf } from '../graph/graph.js';
import { Correlations } from '../methods/global/correlations.js';
import { diffusionOf, matrixOf } from '../metrics/diffusion.js';
import { planNetwork } from '../models/network/network.js';
import { annotationMask } from '../train/annotation.js';
import { labelRows, partition } from '../train/labels.js';
import { gathered, TrainingGraphs, trainMember, type Epoch, type Rows, type Training } from '../train/member.js';
import { OPTIMIZERS, type Optimized } from '../train/optimizers.js';
import type { Weights } from '../train/step-graph.js';
import { drawWeights, flattened } from '../train/weights.js';
import { networkShape } from './models.js';
import { commonFacts, type StepContext } from './step.js';

/** Numbers of a data set that training keeps in memory: 4 GiB of float32. */
const MOST_NUMBERS = 2 ** 30;

const FIELDS = ['loss', 'validation loss', 'monitored', 'rate'] as const;

type Parameters = ParametersOf<typeof specifications.train>;

/** What the ledger keeps of a member. */
interface MemberEntry {
  readonly seconds: number;
  readonly epochs: number;
  readonly best: number;
  /** The monitored value of the best epoch. */
  readonly value: number | 'none';
}

/** @throws Failure, Cancelled */
export async function runTraining(task: Extract<Task, { kind: 'training' }>, context: StepContext): Promise<void> {
  const { store, key, executor, signal, checkpoint, progress } = context;
  // The plan has checked the parameters against the catalog.
  const parameters = task.training.parameters as unknown as Parameters;
  const { members, epochs } = parameters;
  const examples = await StoredExamples.open(store, task.data);
  const training = await prepare(parameters, examples);
  const { network, seed } = training;
  const given = await givenOf(training, examples, context);
  const layouts = [
    {
      name: 'array',
      type: 'float32' as const,
      unit: 'loss',
      axes: [
        { name: 'member', size: members },
        { name: 'epoch', size: epochs },
        { name: 'field', size: FIELDS.length, labels: [...FIELDS] },
      ],
    },
    {
      name: 'weights',
      type: 'float32' as const,
      unit: 'weight',
      axes: [
        { name: 'member', size: members },
        { name: 'parameter', size: network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0) },
      ],
    },
  ];
  const writer = await store.begin(key, { arrays: layouts, rows: members, blockRows: 1 }, signal);
  if (writer === 'complete') return;
  const entries = new Map([...writer.finished].map(([block, info]) => [block, info as unknown as MemberEntry]));
  const graphs = await TrainingGraphs.compile(training, executor);
  try {
    const perMember = epochs * (training.training.y.length / sizeOf(network.output));
    for (let member = 0; member < members; member++) {
      if (entries.has(member)) continue;
      const started = performance.now();
      let done = 0;
      const weights = drawWeights(network.parameters, initialOf(parameters), seed, member, given.weights);
      const trained = await trainMember(training, graphs, weights, member, async count => {
        done += count;
        progress(member * perMember + done, members * perMember);
        await checkpoint();
      });
      await writer.write('array', member, curves(trained.epochs, epochs));
      await writer.write('weights', member, flattened(network.parameters, trained.weights));
      const value = trained.epochs[trained.best]?.monitored;
      const entry: MemberEntry = {
        seconds: (performance.now() - started) / 1000,
        epochs: trained.epochs.length,
        best: trained.best,
        value: value ?? 'none',
      };
      await writer.finishBlock(member, entry as unknown as Json);
      entries.set(member, entry);
    }
    await writer.writeRows({
      columns: ['name'],
      rows: Array.from({ length: members }, (_, member) => [`member ${member + 1}`]),
    });
    const all = [...entries].sort(([a], [b]) => a - b).map(([, entry]) => entry);
    await writer.complete({
      ...commonFacts(context, task),
      map: 'curve',
      notes: [...given.notes, ...notesOf(all, parameters)],
      seconds: all.reduce((sum, entry) => sum + entry.seconds, 0),
      passes: all.reduce((sum, entry) => sum + entry.epochs * (perMember / epochs), 0),
    });
  } finally {
    await graphs.release();
    await writer.release();
  }
}

/** @throws Failure where network, data and loss do not fit together */
async function prepare(parameters: Parameters, examples: StoredExamples): Promise<Training> {
  const { loss, seed, validation, monitor } = parameters;
  const { space, size, count, labels } = examples;
  if (size * count > MOST_NUMBERS)
    throw new Failure('train/size', `${count} examples of ${size} numbers are more than training keeps in memory`, {
      remedy: 'Train on a sample: data part = all | sample(100000, seed: 1).',
    });
  const network = planNetwork(parameters.network, networkShape(space.shape));
  const units = sizeOf(network.output);
  const y = labelRows(labels, examples.names, loss, units);
  if (monitor === 'auroc' && loss !== 'binary_cross_entropy')
    throw new Failure('train/monitor', `AUROC is of two classes, and the loss is ${loss}`, {
      remedy: 'Monitor the loss, the accuracy or r2.',
    });
  const parts = partition(labels, examples.origins, loss.endsWith('cross_entropy'), validation, seed);
  if (parts.training.length === 0)
    throw new Failure('train/empty', 'no example is left to train on', { remedy: 'Lower `validation`.' });
  const x = await examples.inputs(0, count);
  const rowsOf = (chosen: readonly number[]): Rows => ({ x: gathered(x, chosen, size), y: gathered(y, chosen, units) });
  const optimizer = parameters.optimizer as unknown as Call;
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const make = OPTIMIZERS[optimizer.call as keyof typeof OPTIMIZERS] as (own: unknown) => (size: number) => Optimized;
  return {
    network,
    space,
    training: rowsOf(parts.training),
    validation: rowsOf(parts.validation),
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
    seed,
  };
}

/** Layers behind which every value still belongs to one feature of the data. */
const KEEPING = new Set(['dropout', 'batch_norm', 'graph_smoothing']);

/**
 * The parameters that follow from the data or a table, by name.
 *
 * @throws Failure `network/features` where a layer does not stand on the features of the data, `network/annotation`
 */
async function givenOf(
  { network, space, training }: Training,
  examples: StoredExamples,
  { files, checkpoint }: StepContext,
): Promise<{ readonly weights: Weights; readonly notes: readonly Note[] }> {
  const size = sizeOf(space.shape);
  const weights = new Map<string, Float32Array>();
  const notes: Note[] = [];
  for (const { name, shape, initialiser } of network.parameters) {
    if (typeof initialiser === 'number' || 'fanIn' in initialiser) continue;
    const before = network.layers.findIndex(layer => name.startsWith(`${layer.name}/`));
    const nested = name.split('/').length > 2;
    if (nested || !network.layers.slice(0, before).every(({ entry }) => KEEPING.has(entry)))
      throw new Failure('network/features', 'the layer looks at the features of the data, and others mix them before', {
        place: `${name} of the network`,
        remedy: 'Put it in front of them, outside of residual.',
      });
    if ('least' in initialiser) {
      const correlations = new Correlations(training.x, training.x.length / size, size);
      weights.set(name, matrixOf(await diffusionOf(correlations, checkpoint, initialiser.least)));
    } else {
      const found = await annotationMask(pathOf(initialiser.annotation, files), examples, shape[1]!);
      weights.set(name, found.mask);
      notes.push(...found.notes);
    }
  }
  return { weights, notes };
}

const initialOf = ({ scale, initial }: Parameters) => (scale === undefined ? initial : { deviation: scale });

/** [epoch, field]; epochs that were not needed are no numbers. */
function curves(epochs: readonly Epoch[], most: number): Float32Array {
  const values = new Float32Array(most * FIELDS.length).fill(NaN);
  epochs.forEach(({ loss, validationLoss, monitored, rate }, epoch) =>
    values.set([loss, validationLoss, monitored, rate], epoch * FIELDS.length),
  );
  return values;
}

function notesOf(members: readonly MemberEntry[], { monitor, epochs }: Parameters): Note[] {
  const values = members.map(({ value }) => (value === 'none' ? NaN : value));
  const known = values.filter(Number.isFinite);
  const notes: Note[] = [];
  const diverged = members.length - known.length;
  if (diverged > 0)
    notes.push({
      level: 'warning',
      code: 'train/diverged',
      message: `${diverged} of ${members.length} members never had a finite ${monitor}: lower the learning rate.`,
    });
  if (known.length > 0)
    notes.push({
      level: 'information',
      code: 'train/result',
      message: `Best ${monitor} of ${members.length} member(s): ${shown(Math.min(...known))} to ${shown(Math.max(...known))}, after at most ${Math.max(...members.map(entry => entry.epochs))} of ${epochs} epochs.`,
    });
  return notes;
}

const shown = (value: number): string => value.toPrecision(4);
