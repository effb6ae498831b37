/** The networks behind a target: the one of a file, or the members that an experiment has trained. */
import { Task, type Target } from '../../protocol.js';
import type { ResultStore } from '../../store/store.js';
import type { InputSpace } from '../data/input-space.js';
import { StoredExamples } from '../data/stored-examples.js';
import type { Files } from '../data/source.js';
import type { Graph } from '../graph/graph.js';
import type { TrainedAs } from '../methods/method.js';
import { planNetwork, type PlannedNetwork } from '../models/network/network.js';
import { ScalarModel } from '../models/model.js';
import { networkShape, type TrainParameters } from '../train/declared.js';
import { withUnits } from '../train/annotation.js';
import { networkGraph, unflattened } from '../train/weights.js';
import { metaOf } from './results.js';

/** Where models come from. */
export interface ModelSources {
  readonly store: ResultStore;
  readonly files: Files;
}

/** @returns at least one; several are members of an ensemble, all of one architecture, unless the target names one of them */
export async function loadModels(target: Target, { store, files }: ModelSources): Promise<ScalarModel[]> {
  const trained = trainedKey(target);
  if (trained === undefined) return [await ScalarModel.load(target, files)];
  const { graphs, space } = await trainedGraphs(trained, store);
  const { member } = target.model.parameters;
  const chosen = member === undefined ? graphs : graphs.slice(Number(member) - 1, Number(member));
  return chosen.map(graph => ScalarModel.trained(graph, space, target.target));
}

/** The members of a finished training as graphs over stored examples. */
export async function trainedGraphs(
  key: string,
  store: ResultStore,
): Promise<{ readonly graphs: readonly Graph[]; readonly space: InputSpace }> {
  const { network, space } = await trainedNetwork(key, store);
  const weights = await store.array(key, 'weights');
  const members = weights.shape[0]!;
  const rows = await weights.read();
  const size = rows.length / members;
  const graphs = Array.from({ length: members }, (_, member) => {
    const row = Float32Array.from(rows.subarray(member * size, (member + 1) * size));
    return networkGraph(network, space, unflattened(network.parameters, row), `member ${member + 1}`);
  });
  return { graphs, space };
}

/** The network of a finished training, its masked layers with as many units as they got, and what it reads. */
export async function trainedNetwork(
  key: string,
  store: ResultStore,
): Promise<{ readonly network: PlannedNetwork; readonly space: InputSpace }> {
  const { parameters, data, units } = await trainingBehind(key, store);
  const { space } = await StoredExamples.open(store, data);
  return { network: planNetwork(withUnits(parameters.network, units), networkShape(space.shape)), space };
}

/** What was trained how, as the experiment declares it, on which data. */
export async function trainingBehind(key: string, store: ResultStore): Promise<Omit<TrainedAs, 'member'>> {
  const meta = await metaOf(store, key);
  const task = Task.parse(meta.task);
  if (task.kind !== 'training') throw new Error(`the result ${key} is no training`);
  // The plan has checked the parameters against the catalog.
  const parameters = task.training.parameters as unknown as TrainParameters;
  return { parameters, data: task.data, units: meta.units ?? {} };
}

/** The key of the training behind a target, where its model has been trained in the experiment. */
export function trainedKey({ model }: Target): string | undefined {
  const { of } = model.parameters;
  return model.category === 'training' && typeof of === 'string' ? of : undefined;
}
