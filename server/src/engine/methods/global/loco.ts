/**
 * Leave one covariate out: the network is trained once more without a feature, or a group, and the losses of both networks are
 * compared example by example. Lei, G'Sell, Rinaldo, Tibshirani & Wasserman 2018, J Am Stat Assoc 113:1094, §6.
 */
import type { leave_one_covariate_out } from '../../../catalog/methods/global.js';
import { quantile } from '../../../store/percentile.js';
import type { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { adjusted } from '../../metrics/discoveries.js';
import { givenWeights, initialOf, prepareTraining } from '../../train/declared.js';
import { TrainingGraphs, trainMember, type Rows } from '../../train/member.js';
import { drawWeights, networkGraph } from '../../train/weights.js';
import { groupsOf } from '../groups.js';
import type { Method } from '../method.js';
import { Pass } from '../passes.js';
import { pairedLossOf } from './loss.js';
import { signedRankTest, signTest } from './paired-tests.js';
import { askChanged, rowsOfGroups, wholeData } from './whole-data.js';

const TESTS = { sign: signTest, signed_rank: signedRankTest } as const;

export const leaveOneCovariateOut: Method<typeof leave_one_covariate_out> = async (context, parameters) => {
  const { model, executor, examples, outputs, files, passed, open, trained } = context;
  const { count, size } = examples;
  if (trained === undefined)
    throw new Failure('method/not-trained', 'a network of a file cannot be trained again without a feature', {
      place: model.name,
      remedy: 'Declare the network and train it in the experiment: ensemble net = train(…) on training.',
    });
  const groups = await groupsOf(parameters, examples, files);
  const loss = pairedLossOf(parameters.loss, examples, outputs);
  const before = loss.each(outputs);
  const x = await wholeData(examples);
  const learnt = await open(trained.data);
  const training = await prepareTraining(trained.parameters, learnt, files);
  const seen = examplesIn(learnt, examples);
  const graphs = await TrainingGraphs.compile(training, executor);

  /** The target of the network that never saw the features: held at 0, no kernel of theirs ever moves or counts. */
  const refitted = async (features: readonly number[]): Promise<Float32Array> => {
    const without = ({ x: rows, y }: Rows): Rows => ({ x: blanked(rows, features, size), y });
    const task = { ...training, training: without(training.training), validation: without(training.validation) };
    const { network, space, seed } = task;
    const given = await givenWeights(task, { executor, checkpoint: () => passed(0) });
    const drawn = drawWeights(network.parameters, initialOf(trained.parameters), seed, trained.member, given);
    const { weights } = await trainMember(task, graphs, drawn, trained.member, passed);
    const smaller = model.rewritten(() => networkGraph(network, space, weights, model.name));
    const forward = await Pass.forward(smaller, executor);
    try {
      const blank = (row: Float32Array): void => features.forEach(feature => (row[feature] = 0));
      return await askChanged(forward, x, count, blank, passed);
    } finally {
      await forward.release();
    }
  };

  return {
    produces: 'importance',
    axes: [],
    unit: loss.unit,
    rows: rowsOfGroups(groups, model.space),
    arrays: [
      { name: 'medians', type: 'float64', unit: loss.unit, axes: [] },
      { name: 'p_values', type: 'float64', unit: 'probability', axes: [] },
      { name: 'adjusted', type: 'float64', unit: 'probability', axes: [] },
      { name: 'differences', type: 'float64', unit: loss.unit, axes: [{ name: 'example', size: count }] },
    ],
    blockRows: 1,
    async explain() {
      const rises: Float64Array[] = [];
      for (const features of groups.members) {
        const after = loss.each(await refitted(features));
        rises.push(after.map((value, example) => value - before[example]!));
      }
      const pValues = Float64Array.from(rises, TESTS[parameters.test]);
      const differences = new Float64Array(rises.length * count);
      rises.forEach((values, group) => differences.set(values, group * count));
      return {
        map: Float32Array.from(rises, values => values.reduce((sum, value) => sum + value, 0) / count),
        arrays: {
          medians: Float64Array.from(rises, values => quantile(values.toSorted(), 0.5)),
          p_values: pValues,
          adjusted: adjusted(pValues),
          differences,
        },
      };
    },
    notes: () => [
      ...groups.notes,
      ...(seen === 0
        ? []
        : [
            {
              level: 'warning' as const,
              code: 'method/seen',
              message: `${seen} of ${count} examples are among those that the network was trained on: the p-values do not hold. Explain the test part of a split.`,
            },
          ]),
    ],
    release: () => graphs.release(),
  };
};

function blanked(rows: Float32Array, features: readonly number[], size: number): Float32Array {
  const changed = rows.slice();
  for (let start = 0; start < changed.length; start += size)
    for (const feature of features) changed[start + feature] = 0;
  return changed;
}

/** How many of the examples stand in another data set too. */
function examplesIn(others: StoredExamples, { origins }: StoredExamples): number {
  const known = new Set(others.origins.map(({ source, index }) => `${source} ${index}`));
  return origins.filter(({ source, index }) => known.has(`${source} ${index}`)).length;
}
