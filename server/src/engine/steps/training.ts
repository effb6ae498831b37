/** A training step: trains the members of an ensemble one after another; a finished member is a finished block. */
import type { Note, Task } from '../../protocol.js';
import type { Json } from '../../store/writer.js';
import { StoredExamples } from '../data/stored-examples.js';
import { sizeOf } from '../graph/graph.js';
import { givenWeights, initialOf, prepareTraining, type TrainParameters } from '../train/declared.js';
import { TrainingGraphs, trainMember, type Epoch } from '../train/member.js';
import { drawWeights, flattened } from '../train/weights.js';
import { commonFacts, type StepContext } from './step.js';

const FIELDS = ['loss', 'validation loss', 'monitored', 'rate'] as const;

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
  const parameters = task.training.parameters as unknown as TrainParameters;
  const { members, epochs } = parameters;
  const examples = await StoredExamples.open(store, task.data);
  const training = await prepareTraining(parameters, examples);
  const { network, seed } = training;
  const given = await givenWeights(training, examples, context);
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

/** [epoch, field]; epochs that were not needed are no numbers. */
function curves(epochs: readonly Epoch[], most: number): Float32Array {
  const values = new Float32Array(most * FIELDS.length).fill(NaN);
  epochs.forEach(({ loss, validationLoss, monitored, rate }, epoch) =>
    values.set([loss, validationLoss, monitored, rate], epoch * FIELDS.length),
  );
  return values;
}

function notesOf(members: readonly MemberEntry[], { monitor, epochs }: TrainParameters): Note[] {
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
