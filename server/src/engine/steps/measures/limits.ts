/** How the measurements of limits get what they measure: a look inside of each network of a target, or the data behind a map. */
import type * as specifications from '../../../catalog/metrics/limits.js';
import { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { uncountedLayers } from '../../methods/activity.js';
import { Correlations } from '../../methods/global/correlations.js';
import { pairedLossOf } from '../../methods/global/loss.js';
import { wholeData } from '../../methods/global/whole-data.js';
import type { Passed } from '../../methods/passes.js';
import { predictAll } from '../../methods/predictions.js';
import { METRICS } from '../../metrics/metrics.js';
import { unflattened } from '../../train/weights.js';
import { requireFit } from '../data.js';
import { loadModels, trainedKey, trainedNetwork } from '../models.js';
import { attributionBehind, metaOf } from '../results.js';
import type { StepContext } from '../step.js';
import { gradientNorms, rescaled, unitsOf, type GradientNorms } from './inner-network.js';
import type { Inside } from './inside.js';
import { examplesBehind, only, read, type Measures, type MetricTask } from './measure.js';
import { movedAttention } from './moved-attention.js';

/** Features whose correlations are taken apart. */
const MOST_FEATURES = 300;

export const LIMIT_MEASURES: Measures<typeof specifications> = {
  kernel_rescaling: async (task, { layer, factors, seed }, context, passed) => {
    const [inside] = await insides(task, context, passed);
    return METRICS.kernel_rescaling(await rescaled(inside!, layer, factors, seed));
  },
  gradient_flow: async (task, _, context, passed) => {
    const members: GradientNorms[] = [];
    for (const inside of await insides(task, context, passed)) members.push(await gradientNorms(inside));
    const total = (of: (member: GradientNorms) => number): number =>
      members.reduce((sum, member) => sum + of(member), 0);
    const uncounted = total(member => member.uncounted);
    const result = METRICS.gradient_flow({
      members: members.map(({ norms }) => norms),
      dead: total(({ dead }) => dead),
      units: total(({ units }) => units),
    });
    if (uncounted === 0) return result;
    return {
      ...result,
      notes: [{ level: 'information', code: 'gradient-flow/units', message: `${uncountedLayers(uncounted)}.` }],
    };
  },
  unit_redundancy: async (task, { layer }, context, passed) => {
    const members = [];
    for (const inside of await insides(task, context, passed)) members.push(await unitsOf(inside, layer));
    return METRICS.unit_redundancy({ members });
  },
  joint_effects: async (task, _, context) => {
    const key = only(task);
    const { arrays } = await metaOf(context.store, key);
    const { names, count } = await examplesBehind(context, key);
    if (!arrays.some(({ name }) => name === 'groups') || arrays.some(({ name }) => name === 'members'))
      throw new Failure('metric/no-singles', 'this map does not keep the effects of single features beside it', {
        place: context.title,
        remedy: 'Explain one network with pairwise_ablation.',
      });
    const [interactions, singles] = [await read(context, key, 'array'), await read(context, key, 'groups')];
    return METRICS.joint_effects({ interactions, singles, examples: count, names });
  },
  attention_freedom: async (task, { layer }, context, passed) => {
    const [inside] = await insides(task, context, passed);
    return METRICS.attention_freedom(await movedAttention(inside!, layer));
  },
  collinearity: async (task, _, context) => {
    const key = only(task);
    const examples = await examplesBehind(context, key);
    const { count, length } = examples;
    if (length > MOST_FEATURES || count <= length)
      throw new Failure('metric/collinearity', `${count} examples of ${length} features have no condition number`, {
        place: context.title,
        remedy: `Explain more examples than features, and at most ${MOST_FEATURES} features.`,
      });
    const correlations = new Correlations(await wholeData(examples), count, length);
    const varying = [...correlations.deviations.keys()].filter(feature => correlations.deviations[feature]! > 0);
    const scores = await memberScores(context, key, length);
    return METRICS.collinearity({
      correlations: varying.map(a => Float64Array.from(varying, b => correlations.between(a, b))),
      ...(scores && { scores: varying.map(feature => scores[feature]!) }),
    });
  },
  loss_gap: async (task, { loss }, context, passed) => {
    if (task.data === undefined) throw new Error('data are expected');
    const examples = await StoredExamples.open(context.store, task.data);
    const [first, second] = await Promise.all(
      task.subjects.map(async target => {
        if (typeof target !== 'object') throw new Error('targets are expected');
        const models = await loadModels(target, context);
        for (const model of models) requireFit(model, examples.space.alphabet, examples.length);
        const outputs = await predictAll(models, examples, context.executor, passed);
        return pairedLossOf(loss, examples, outputs).each(outputs);
      }),
    );
    return METRICS.loss_gap({ first: first!, second: second!, names: examples.names });
  },
  hub_bias: async (task, _, context) => {
    const key = only(task);
    const { method, target } = await attributionBehind(context.store, key);
    const { layer } = method.parameters;
    const degrees = await degreesOf(context, target, typeof layer === 'string' ? layer : '');
    const members = await membersOf(context, key);
    const values = Float64Array.from(await read(context, key, members === undefined ? 'array' : 'members'));
    const nodes = degrees.length;
    const networks = members ?? 1;
    if (values.length % (nodes * networks) !== 0) throw noDegrees(context);
    const deviations = columnDeviations(values, nodes * networks);
    const importance = degrees.map((_, node) => {
      const own = deviations.filter((_deviation, at) => at % nodes === node);
      return own.reduce((sum, value) => sum + value, 0) / networks;
    });
    return METRICS.hub_bias({ importance, degrees });
  },
};

/** Each network of the target, with the inputs of the data. */
async function insides(task: MetricTask, context: StepContext, passed: Passed): Promise<Inside[]> {
  const target = task.subjects[0];
  if (typeof target !== 'object' || task.data === undefined) throw new Error('a target and data are expected');
  const examples = await StoredExamples.open(context.store, task.data);
  const models = await loadModels(target, context);
  for (const model of models) requireFit(model, examples.space.alphabet, examples.length);
  const x = await wholeData(examples);
  return models.map(model => ({ model, executor: context.executor, x, passed }));
}

/** Networks behind an attribution; undefined where it is of one. */
async function membersOf({ store }: StepContext, key: string): Promise<number | undefined> {
  const { arrays } = await metaOf(store, key);
  return arrays.find(({ name }) => name === 'members')?.axes[1]?.size;
}

/** Standard deviation with n of each column of [row, column]. */
function columnDeviations(values: Float64Array, columns: number): Float64Array {
  const rows = values.length / columns;
  const [means, squares] = [new Float64Array(columns), new Float64Array(columns)];
  values.forEach((value, at) => (means[at % columns]! += value / rows));
  values.forEach((value, at) => (squares[at % columns]! += (value - means[at % columns]!) ** 2 / rows));
  return squares.map(Math.sqrt);
}

/** Mean score of each feature over the examples in each member, [feature][member]; undefined for one network. */
async function memberScores(
  context: StepContext,
  key: string,
  features: number,
): Promise<readonly Float64Array[] | undefined> {
  const members = await membersOf(context, key);
  if (members === undefined) return undefined;
  const values = await read(context, key, 'members');
  const rows = values.length / (members * features);
  const sums = Array.from({ length: features }, () => new Float64Array(members));
  values.forEach((value: number, at: number) => {
    sums[at % features]![Math.floor(at / features) % members]! += value / rows;
  });
  return sums;
}

const noDegrees = ({ title }: StepContext): Failure =>
  new Failure('metric/no-degrees', 'these are not the values of a masked_dense layer of a trained network', {
    place: title,
    remedy: 'Explain layer_gradient_x_activation(layer: "masked_dense_1") of a target of a trained network.',
  });

/** Features of each node of a masked layer, by the table that the network was trained with. */
async function degreesOf(
  context: StepContext,
  target: Parameters<typeof trainedKey>[0],
  layer: string,
): Promise<Float64Array> {
  const trained = trainedKey(target);
  if (trained === undefined) throw noDegrees(context);
  const { network } = await trainedNetwork(trained, context.store);
  const mask = network.parameters.find(({ name }) => name === `${layer}/mask`);
  if (mask === undefined) throw noDegrees(context);
  const row = Float32Array.from(await (await context.store.array(trained, 'weights')).read(0, 1));
  const connected = unflattened(network.parameters, row).get(mask.name)!;
  const nodes = mask.shape[1]!;
  const degrees = new Float64Array(nodes);
  connected.forEach((value, at) => (degrees[at % nodes]! += value));
  return degrees;
}
