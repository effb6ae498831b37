/** How the measurements of cohorts get what they measure: scores of variants, and what is known of the variants. */
import type * as specifications from '../../../catalog/metrics/cohorts.js';
import { Task } from '../../../protocol.js';
import { Failure } from '../../failure.js';
import { METRICS } from '../../metrics/metrics.js';
import type { Measured } from '../../metrics/composite.js';
import { metaOf } from '../results.js';
import type { StepContext } from '../step.js';
import { examplesBehind, keyOf, only, read, type Measures } from './measure.js';

/** Rows of an attribution that are read at a time. */
const ROWS_AT_ONCE = 1024;

export const COHORT_MEASURES: Measures<typeof specifications> = {
  attribution_recall: async (task, { top, scan }, context) => {
    const known = await scoresAndTruth(context, only(task));
    if (scan === undefined) return METRICS.attribution_recall({ ...known, top });
    const { arrays } = await metaOf(context.store, scan);
    const { rows: tested } = await context.store.rows(scan);
    const isSame = tested.length === known.names.length && tested.every(([name], i) => name === known.names[i]);
    if (!isSame || !arrays.some(({ name }) => name === 'p_values'))
      throw new Failure('metric/scan', 'what `scan` names has no p-value for each of the variants, in their order', {
        place: context.title,
        remedy: 'Name an attribution by linear_association of data with the same variants.',
      });
    return METRICS.attribution_recall({ ...known, top, pValues: await read(context, scan, 'p_values') });
  },
  decoy_precision: async (task, { top }, context) =>
    METRICS.decoy_precision({ ...(await scoresAndTruth(context, only(task))), top }),
  stability: async (task, _, context) => METRICS.stability({ members: await memberScores(context, only(task)) }),
  composite: async (task, { decoys, ensembles, top, tau }, context) => {
    const keys = task.subjects.map(keyOf);
    requireAsMany('decoys', decoys, keys.length);
    requireAsMany('ensembles', ensembles, keys.length);
    const methods: Measured[] = [];
    for (const [i, key] of keys.entries()) {
      const recall = METRICS.attribution_recall({ ...(await scoresAndTruth(context, key)), top });
      const precision = METRICS.decoy_precision({ ...(await scoresAndTruth(context, decoys?.[i] ?? key)), top });
      const stability = METRICS.stability({ members: await memberScores(context, ensembles?.[i] ?? key) });
      methods.push({
        name: (await metaOf(context.store, key)).title,
        recall: recall.statistics['all']!.value,
        precision: precision.statistics['precision']!.value,
        deviation: stability.statistics['median']!.value,
      });
    }
    return METRICS.composite({ methods, ...(tau !== undefined && { tau }) });
  },
  composite_ranking: async (task, { top, tau }, context) => {
    const { methods, incomplete } = await measuredRows(context, task.subjects.map(keyOf), top);
    if (methods.length === 0)
      throw new Failure('metric/no-rows', `no row has recall and precision of the top ${100 * top} % and stability`, {
        place: context.title,
        remedy: `It lacks: ${incomplete.join('; ')}. Benchmark what is missing, with the same methods and wrappers.`,
      });
    const result = METRICS.composite_ranking({ methods, ...(tau !== undefined && { tau }) });
    if (incomplete.length === 0) return result;
    const message = `Rows that take no part, and what they lack: ${incomplete.join('; ')}.`;
    return { ...result, notes: [...result.notes, { level: 'information', code: 'metric/incomplete', message }] };
  },
};

/** What a composite is made of: the metrics and their statistics. */
const PARTS = {
  recall: ['attribution_recall', 'all'],
  precision: ['decoy_precision', 'precision'],
  deviation: ['stability', 'median'],
} as const;
type Part = keyof typeof PARTS;
const PART_NAMES = Object.keys(PARTS) as Part[];

/**
 * The rows of benchmarks, joined by method, wrapper and correction: each part of a row is of one target on one data set.
 *
 * @param top which recall and precision
 * @returns those with all three parts, and the others in words
 * @throws Failure `metric/rows` for a part that several targets or data sets give
 */
async function measuredRows({ store, title }: StepContext, benchmarks: readonly string[], top: number) {
  const rows = new Map<string, Partial<Record<Part, number>>>();
  for (const benchmark of benchmarks) {
    const task = Task.parse((await metaOf(store, benchmark)).task);
    if (task.kind !== 'benchmark') throw new Error('a benchmark is expected as subject');
    for (const { method, wrapper, correction, statistic, result } of task.cells) {
      const name = [method, wrapper, correction].filter(label => label !== 'none').join(' ');
      const row = rows.get(name) ?? {};
      rows.set(name, row);
      if ('reason' in result) continue;
      const meta = await metaOf(store, result.key);
      const measured = Task.parse(meta.task);
      if (measured.kind !== 'metric') continue;
      const { call, parameters } = measured.metric;
      const part = PART_NAMES.find(one => PARTS[one][0] === call && PARTS[one][1] === statistic);
      const value = meta.statistics?.[statistic]?.value;
      if (part === undefined || value === undefined) continue;
      if (part !== 'deviation' && parameters['top'] !== top) continue;
      if (row[part] !== undefined && row[part] !== value)
        throw new Failure(
          'metric/rows',
          `${name} has several values of ${call}.${statistic}: ${row[part]} and ${value}`,
          {
            place: title,
            remedy: 'Benchmark each target and each data set apart, and rank their benchmarks one by one.',
          },
        );
      row[part] = value;
    }
  }
  const methods: Measured[] = [];
  const incomplete: string[] = [];
  for (const [name, { recall, precision, deviation }] of rows) {
    if (recall !== undefined && precision !== undefined && deviation !== undefined)
      methods.push({ name, recall, precision, deviation });
    else {
      const missing = PART_NAMES.filter(part => rows.get(name)?.[part] === undefined);
      incomplete.push(`${name} (${missing.map(part => PARTS[part][0]).join(', ')})`);
    }
  }
  return { methods, incomplete };
}

function requireAsMany(parameter: string, given: readonly string[] | undefined, count: number): void {
  if (given !== undefined && given.length !== count)
    throw new Failure(
      'metric/count',
      `\`${parameter}\` names ${given.length} attributions, and ${count} are compared`,
      {
        remedy: 'Name one for each, in the same order.',
      },
    );
}

/** The score of each feature over the data set, and what is known of it. @throws Failure `metric/groups` */
export async function scoresAndTruth(context: StepContext, key: string) {
  const [scores] = await meanMagnitudes(context, key, 'array');
  const { featureTruth, length, features } = await examplesBehind(context, key);
  if (scores!.length !== length)
    throw new Failure('metric/groups', `there are ${scores!.length} scores of ${length} features`, {
      place: context.title,
      remedy: 'Score single features: leave groups and windows out of the method.',
    });
  return { scores: scores!, truth: featureTruth, names: features };
}

/** The scores of features over the data set, or of what else a method ranks: groups, units of a layer. */
export async function namedScores(context: StepContext, key: string) {
  if ((await metaOf(context.store, key)).map !== 'importance') return scoresAndTruth(context, key);
  const [scores] = await meanMagnitudes(context, key, 'array');
  const { rows } = await context.store.rows(key);
  return { scores: scores!, names: rows.map(([name = '']) => name) };
}

/** @throws Failure `metric/one-member` for the attribution of a single network */
async function memberScores(context: StepContext, key: string): Promise<Float64Array[]> {
  const { arrays } = await metaOf(context.store, key);
  if (arrays.some(({ name }) => name === 'members')) return meanMagnitudes(context, key, 'members');
  return meanMagnitudes(context, key, 'array');
}

/**
 * Mean of |attribution| over the examples, feature by feature; the values themselves of a method that gives every feature one
 * number for the whole data set. One array [feature] for each member.
 */
async function meanMagnitudes({ store, checkpoint }: StepContext, key: string, name: string): Promise<Float64Array[]> {
  const { map, rows } = await metaOf(store, key);
  const array = await store.array(key, name);
  const members = name === 'members' ? array.shape[1]! : 1;
  if (map === 'importance') {
    const values = await array.read();
    return Array.from({ length: members }, (_, member) =>
      Float64Array.from({ length: rows }, (_, feature) => values[feature * members + member]!),
    );
  }
  const features = array.shape.at(-1)!;
  const sums = Array.from({ length: members }, () => new Float64Array(features));
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    const values = await array.read(from, Math.min(from + ROWS_AT_ONCE, rows));
    for (let at = 0; at < values.length; at++)
      sums[Math.floor(at / features) % members]![at % features]! += Math.abs(values[at]!) / rows;
    await checkpoint();
  }
  return sums;
}
