/** Measures over the cells of a benchmark. */
import type * as specifications from '../../../catalog/metrics/comparisons.js';
import { Task } from '../../../protocol.js';
import { Failure } from '../../failure.js';
import { METRICS } from '../../metrics/metrics.js';
import { metaOf } from '../results.js';
import type { StepContext } from '../step.js';
import { only, type Measures } from './measure.js';

type Cell = Extract<Task, { kind: 'benchmark' }>['cells'][number];
/** The label of a cell along each list of the benchmark. */
const LABELS = { targets: 'target', methods: 'method', wrappers: 'wrapper', corrections: 'correction' } as const;
const AXES = [...Object.values(LABELS), 'data'] as const;

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
    const sizes = new Set(pairs.flatMap(pair => [pair.from.length, pair.to.length]));
    if (sizes.size > 1)
      throw new Failure('metric/units', `the cells have different numbers of units: ${[...sizes].join(', ')}`, {
        place: context.title,
      });
    const axisName = (await metaOf(context.store, keys[0]![0])).arrays[0]?.axes[0]?.name;
    return METRICS.contrast({ pairs, ...(axisName !== undefined && { axis: axisName }) });
  },
};

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
