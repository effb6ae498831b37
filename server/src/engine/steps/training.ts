/** A training step: one network, or an ensemble gathered from the finished trainings of its networks. */
import type { Note, Task } from '../../protocol.js';
import type { ArrayLayout } from '../../store/result.js';
import { StoredExamples } from '../data/stored-examples.js';
import { sizeOf } from '../graph/graph.js';
import { givenWeights, initialOf, prepareTraining, type TrainParameters } from '../train/declared.js';
import { TrainingGraphs, trainMember, type Epoch } from '../train/member.js';
import { drawWeights, flattened } from '../train/weights.js';
import { metaOf } from './results.js';
import { commonFacts, type StepContext } from './step.js';

type TrainingTask = Extract<Task, { kind: 'training' }>;

const FIELDS = ['loss', 'validation loss', 'monitored', 'rate'] as const;
const [MONITORED, RATE] = [FIELDS.indexOf('monitored'), FIELDS.indexOf('rate')];

/** @throws Failure, Cancelled */
export function runTraining(task: TrainingTask, context: StepContext): Promise<void> {
  return task.networks === undefined ? trainOne(task, context) : gather(task, task.networks, context);
}

async function trainOne(task: TrainingTask, context: StepContext): Promise<void> {
  const { store, key, executor, signal, checkpoint, progress } = context;
  const started = performance.now();
  // The plan has checked the parameters against the catalog.
  const parameters = task.training.parameters as unknown as TrainParameters;
  const member = (task.member ?? 1) - 1;
  const examples = await StoredExamples.open(store, task.data);
  const training = await prepareTraining(parameters, examples, context.files);
  const { network, seed, epochs } = training;
  const given = await givenWeights(training, context);
  const size = network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const arrays = layoutsOf(1, epochs, size);
  const writer = await store.begin(key, { arrays, rows: 1, blockRows: 1 }, signal);
  if (writer === 'complete') return;
  try {
    const graphs = await TrainingGraphs.compile(training, executor);
    const rows = training.training.y.length / sizeOf(network.output);
    let done = 0;
    const weights = drawWeights(network.parameters, initialOf(parameters), seed, member, given);
    const trained = await trainMember(training, graphs, weights, member, async count => {
      done += count;
      progress(done, epochs * rows);
      await checkpoint();
    }).finally(() => graphs.release());
    const curves = curvesOf(trained.epochs, epochs);
    await writer.write('array', 0, curves);
    await writer.write('weights', 0, flattened(network.parameters, trained.weights));
    await writer.writeRows({ columns: ['name'], rows: [[`member ${member + 1}`]] });
    await writer.finishBlock(0, {});
    await writer.complete({
      ...commonFacts(context, task),
      map: 'curve',
      units: training.annotated.units,
      notes: [...training.annotated.notes, ...notesOf(curves, 1, parameters)],
      seconds: (performance.now() - started) / 1000,
      passes: trained.epochs.length * rows,
    });
  } finally {
    await writer.release();
  }
}

/** @param networks keys of finished trainings of one network each, in the order of the members */
async function gather(task: TrainingTask, networks: readonly string[], context: StepContext): Promise<void> {
  const { store, key, signal, checkpoint, progress } = context;
  const parameters = task.training.parameters as unknown as TrainParameters;
  const { epochs } = parameters;
  const metas = await Promise.all(networks.map(network => metaOf(store, network)));
  const size = (await store.array(networks[0]!, 'weights')).shape[1]!;
  const arrays = layoutsOf(networks.length, epochs, size);
  const writer = await store.begin(key, { arrays, rows: networks.length, blockRows: 1 }, signal);
  if (writer === 'complete') return;
  try {
    const curves = new Float32Array(networks.length * epochs * FIELDS.length);
    for (const [member, network] of networks.entries()) {
      const own = Float32Array.from(await (await store.array(network)).read());
      curves.set(own, member * own.length);
      await writer.write('array', member, own);
      await writer.write('weights', member, Float32Array.from(await (await store.array(network, 'weights')).read()));
      await writer.finishBlock(member, {});
      progress(member + 1, networks.length);
      await checkpoint();
    }
    await writer.writeRows({ columns: ['name'], rows: networks.map((_, member) => [`member ${member + 1}`]) });
    const notes = metas[0]!.notes.filter(({ code }) => !code.startsWith('train/'));
    await writer.complete({
      ...commonFacts(context, task),
      map: 'curve',
      units: metas[0]!.units,
      notes: [...notes, ...notesOf(curves, networks.length, parameters)],
      seconds: metas.reduce((sum, { seconds }) => sum + seconds, 0),
      passes: metas.reduce((sum, { passes }) => sum + passes, 0),
    });
  } finally {
    await writer.release();
  }
}

/** Loss curves and weights of so many networks. */
const layoutsOf = (members: number, epochs: number, size: number): ArrayLayout[] => [
  {
    name: 'array',
    type: 'float32',
    unit: 'loss',
    axes: [
      { name: 'member', size: members },
      { name: 'epoch', size: epochs },
      { name: 'field', size: FIELDS.length, labels: [...FIELDS] },
    ],
  },
  {
    name: 'weights',
    type: 'float32',
    unit: 'weight',
    axes: [
      { name: 'member', size: members },
      { name: 'parameter', size },
    ],
  },
];

/** [epoch, field]; epochs that were not needed are no numbers. */
function curvesOf(epochs: readonly Epoch[], most: number): Float32Array {
  const values = new Float32Array(most * FIELDS.length).fill(NaN);
  epochs.forEach(({ loss, validationLoss, monitored, rate }, epoch) =>
    values.set([loss, validationLoss, monitored, rate], epoch * FIELDS.length),
  );
  return values;
}

/** @param curves [member, epoch, field] */
function notesOf(curves: Float32Array, members: number, { monitor, epochs }: TrainParameters): Note[] {
  const field = (member: number, which: number): number[] =>
    Array.from({ length: epochs }, (_, epoch) => curves[(member * epochs + epoch) * FIELDS.length + which]!);
  const all = Array.from({ length: members }, (_, member) => member);
  const best = all.flatMap(member => {
    const values = field(member, MONITORED).filter(Number.isFinite);
    return values.length === 0 ? [] : Math[monitor === 'loss' ? 'min' : 'max'](...values);
  });
  const longest = Math.max(...all.map(member => field(member, RATE).filter(rate => !Number.isNaN(rate)).length));
  const notes: Note[] = [];
  if (best.length < members)
    notes.push({
      level: 'warning',
      code: 'train/diverged',
      message: `${members - best.length} of ${members} members never had a finite ${monitor}: lower the learning rate.`,
    });
  if (best.length > 0)
    notes.push({
      level: 'information',
      code: 'train/result',
      message: `Best ${monitor} of ${members} member(s): ${shown(Math.min(...best))} to ${shown(Math.max(...best))}, after at most ${longest} of ${epochs} epochs.`,
    });
  return notes;
}

const shown = (value: number): string => value.toPrecision(4);
