/** How discoveries are read of a method that tests features, and of what is known of them. */
import type * as specifications from '../../../catalog/metrics/discoveries.js';
import { truthColumn, type FeatureTruth } from '../../data/examples.js';
import { Failure } from '../../failure.js';
import { benjaminiHochberg, type DiscoveriesInput } from '../../metrics/discoveries.js';
import { METRICS } from '../../metrics/metrics.js';
import { metaOf } from '../results.js';
import type { StepContext } from '../step.js';
import { namedScores } from './cohorts.js';
import { examplesBehind, keyOf, only, read, type Measures } from './measure.js';

/** Columns of a truth in which anything but 0 is an effect on the label. */
const EFFECTS = ['polygenic', 'additive', 'dominant', 'recessive', 'epistatic'];

export const DISCOVERY_MEASURES: Measures<typeof specifications> = {
  discoveries: async (task, { rate }, context) => METRICS.discoveries(await discoveriesOf(only(task), rate, context)),
  known_recall: async (task, { features, top }, context) => {
    const { scores, names } = await namedScores(context, only(task));
    return METRICS.known_recall({ scores, names, known: features, top });
  },
  error_rates: async (task, { vary, values, repeats, rate }, context, passed) => {
    const cohorts: DiscoveriesInput[] = [];
    for (const subject of task.subjects) {
      cohorts.push(await discoveriesOf(keyOf(subject), rate, context));
      await passed(0);
    }
    return METRICS.error_rates({ cohorts, vary, values, repeats });
  },
};

/** What a method has found, and what is true of the features that it has tested. */
async function discoveriesOf(key: string, rate: number, context: StepContext): Promise<DiscoveriesInput> {
  const { arrays: layouts, rows } = await metaOf(context.store, key);
  const arrays = layouts.map(({ name }) => name);
  const { featureTruth, length } = await examplesBehind(context, key);
  if (!arrays.includes('selected') && !arrays.includes('p_values'))
    throw new Failure('metric/no-test', 'this method tests nothing: it has neither p-values nor a selection', {
      place: context.title,
      remedy: 'Use conditional_predictive_impact or knockoff_importance.',
    });
  const found = arrays.includes('selected')
    ? await read(context, key, 'selected')
    : benjaminiHochberg(await read(context, key, 'p_values'), rate);
  if (found.length !== rows)
    throw new Failure('metric/members', `${found.length / rows} networks have ${found.length / rows} answers`, {
      place: context.title,
      remedy: 'Test one network: train(members: 1, …).',
    });
  const truth = featureTruth && effects(featureTruth);
  return { found, ...(truth && rows === length && { truth }) };
}

/** 1 for features with an effect; undefined where no column tells. */
function effects(truth: FeatureTruth): Float64Array | undefined {
  const columns = EFFECTS.flatMap(name => truthColumn(truth, name) ?? []);
  return columns[0]?.map((_, feature) => Number(columns.some(column => column[feature] !== 0)));
}
