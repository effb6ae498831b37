/** Measures over the cells of a benchmark. */
import type * as specifications from '../../../catalog/metrics/comparisons.js';
import { Task } from '../../../protocol.js';
import { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import type { ContrastInput } from '../../metrics/contrast.js';
import type { Values } from '../../metrics/metric.js';
import { METRICS } from '../../metrics/metrics.js';
import { dataOf, metaOf } from '../results.js';
import type { StepContext } from '../step.js';
import { only, type Measures } from './measure.js';

type Cell = Extract<Task, { kind: 'benchmark' }>['cells'][number];
/** The label of a cell along each list of the benchmark. */
const LABELS = {
  targets: 'target',
  methods: 'method',
  wrappers: 'wrapper',
  corrections: 'correction',
  data_sets: 'data',
} as const;
const AXES = Object.values(LABELS);

export const COMPARISON_MEASURES: Measures<typeof specifications> = {
  contrast: async (task, { metric, statistic, axis: list, from, to }, context) => {
    const axis = LABELS[list];
    const benchmark = Task.parse((await metaOf(context.store, only(task))).task);
    if (benchmark.kind !== 'benchmark') throw new Error('a benchmark is expected as subject');
    const measured = benchmark.cells.filter(cell => cell.metric === metric);
    // The headline stands in front.
    const asked = statistic ?? measured[0]?.statistic;
    const cells = measured.filter(cell => cell.statistic === asked);
    const at = (value: string): Cell[] => cells.filter(cell => cell[axis] === value);
    const others = (cell: Cell): string => JSON.stringify(AXES.filter(one => one !== axis).map(one => cell[one]));
    const keys: [string, string][] = at(from).flatMap(cell => {
      const partner = at(to).find(other => others(other) === others(cell));
      if (partner === undefined || 'reason' in cell.result || 'reason' in partner.result) return [];
      return [[cell.result.key, partner.result.key] as [string, string]];
    });
    const [first] = cells;
    if (keys.length === 0 || first === undefined) {
      const known = (one: 'metric' | typeof axis): string =>
        [...new Set(benchmark.cells.map(cell => cell[one]))].join(', ');
      throw new Failure(
        'metric/no-pairs',
        `no two cells of ${metric}${statistic === undefined ? '' : `.${statistic}`} differ in ${axis} from ${from} to ${to}`,
        {
          place: context.title,
          remedy: `The benchmark has the metrics ${known('metric')}, and along ${axis}: ${known(axis)}. Statistics of ${metric}: ${[...new Set(measured.map(cell => cell.statistic))].join(', ') || 'none'}.`,
        },
      );
    }
    const pairs = [];
    for (const [low, high] of keys)
      pairs.push({
        from: await unitsOf(low, first.statistic, metric, context),
        to: await unitsOf(high, first.statistic, metric, context),
      });
    const axisName = (await metaOf(context.store, keys[0]![0])).arrays[0]?.axes[0]?.name;
    const named = axisName !== undefined && { axis: axisName };
    if (list === 'data_sets')
      return METRICS.contrast({ ...(await matched(keys[0]!, pairs, axisName, context)), ...named });
    const sizes = new Set(pairs.flatMap(pair => [pair.from.length, pair.to.length]));
    if (sizes.size > 1)
      throw new Failure('metric/units', `the cells have different numbers of units: ${[...sizes].join(', ')}`, {
        place: context.title,
      });
    // Where a target is measured on its own examples, such as those that it classifies correctly, nothing says which they are.
    if (list === 'targets' && axisName === 'example')
      await identities(keys[0]![0], pairs[0]!.from.length, axisName, context);
    return METRICS.contrast({ pairs, ...named });
  },
};

type Pairs = ContrastInput['pairs'];

/**
 * Measurements on two data sets as measurements of all units that either has: NaN where a side lacks one.
 *
 * @param keys of one pair of cells, which stands for the others: all are of the same two data sets
 * @throws Failure `metric/units` where nothing tells which units are the same
 */
async function matched(
  keys: readonly [string, string],
  pairs: Pairs,
  axis: string | undefined,
  context: StepContext,
): Promise<Pick<ContrastInput, 'pairs' | 'common'>> {
  const [first] = pairs;
  const [from, to] = [
    await identities(keys[0], first!.from.length, axis, context),
    await identities(keys[1], first!.to.length, axis, context),
  ];
  const places = new Map([...from, ...to].map(identity => [identity, 0]));
  [...places.keys()].forEach((identity, place) => places.set(identity, place));
  const spread = (values: Values, own: readonly string[]): Float64Array => {
    const all = new Float64Array(places.size).fill(NaN);
    own.forEach((identity, unit) => (all[places.get(identity)!] = values[unit]!));
    return all;
  };
  return {
    pairs: pairs.map(pair => ({ from: spread(pair.from, from), to: spread(pair.to, to) })),
    common: from.length + to.length - places.size,
  };
}

/** What tells the units of a measurement apart from those of another data set: origin of an example, name of a feature, number of a network. */
async function identities(
  key: string,
  units: number,
  axis: string | undefined,
  { store, title }: StepContext,
): Promise<string[]> {
  if (axis === 'network') return Array.from({ length: units }, (_, network) => String(network));
  const task = Task.parse((await metaOf(store, key)).task);
  if (task.kind !== 'metric') throw new Error('a cell of a benchmark is a metric');
  const examples = await StoredExamples.open(store, task.data ?? (await dataOf(store, only(task))));
  const names =
    axis === 'example'
      ? examples.origins.map(({ source, index }) => `${source} ${index}`)
      : axis === 'variant' || axis === 'feature'
        ? examples.features
        : [];
  if (names.length !== units)
    throw new Failure(
      'metric/units',
      `${task.metric.call} has ${units} units (${axis}), which nothing relates to those of another cell`,
      {
        place: title,
        remedy: 'Compare along another list, or a metric that has a value for each example or feature of the data.',
      },
    );
  // The same example may be there several times.
  const seen = new Map<string, number>();
  return names.map(name => {
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return `${name} ${count}`;
  });
}

/** The column of a metric's result that a statistic is the mean of. */
async function unitsOf(
  key: string,
  statistic: string,
  metric: string,
  { store, title }: StepContext,
): Promise<Float64Array> {
  const meta = await metaOf(store, key);
  const [units, fields] = meta.arrays[0]?.axes ?? [];
  const column = fields?.labels?.indexOf(statistic) ?? -1;
  if (units === undefined || fields === undefined || column < 0)
    throw new Failure('metric/units', `${metric} has no value of ${statistic} for each unit, so there are no pairs`, {
      place: title,
      remedy: `It has ${fields?.labels?.join(', ') ?? 'none'}.`,
    });
  const values = await (await store.array(key)).read();
  return Float64Array.from({ length: units.size }, (_, unit) => values[unit * fields.size + column]!);
}
