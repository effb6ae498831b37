/**
 * Inlay hints: the value of every result at the end of its declaration, or what it will be while there is none, and a mark in
 * every expectation, behind the statistic that it is about.
 */
import type { InlayHint } from 'vscode-languageserver';
import type { SourceRange } from '../language/experiment.js';
import type { Outcome, Snapshot } from '../protocol.js';
import { bestOf, quantity } from '../protocol.js';
import { duration } from '../run/wording.js';
import type { Session } from './session.js';
import type { KnownShapes } from './shapes.js';
import type { Shown } from './shown.js';
import type { Training } from './trainings.js';
import { counted, headlineOf, LENGTH_WORDS, valueWithInterval } from './values.js';

/** Editors cut longer ones. */
const LONGEST = 43;

const BARS = 8;
const HEIGHTS = '▁▂▃▄▅▆▇█';

const MARKS: Readonly<Record<Outcome, string | undefined>> = {
  met: '✓',
  'met, not shown': '✓',
  failed: '✗',
  'not shown': '✗',
  'not run': undefined,
};

/** @param known for results that are not there yet */
export function hintsOf(session: Session, { start, end }: SourceRange, known: KnownShapes): InlayHint[] {
  const { shown, stale, checked } = session;
  const snapshot = shown?.snapshot;
  const shapes = checked.experiment && known.of(checked.experiment);
  const hints: InlayHint[] = [];
  const add = (range: SourceRange, words: string | undefined, tooltip: string, old: boolean): void => {
    const { line } = range.end;
    if (words === undefined || line < start.line || line > end.line) return;
    const label = old ? `${cut(words, LONGEST - ' (stale)'.length)} (stale)` : cut(words, LONGEST);
    hints.push({
      position: { ...range.end },
      label,
      paddingLeft: true,
      tooltip: old ? `${tooltip} ${STALE}` : tooltip,
    });
  };
  for (const { name, range } of session.declarations) {
    const [words, tooltip] = shown ? describeResult(name, shown) : [undefined, ''];
    const shape = shapes?.get(name);
    if (words === undefined && shape) add(range, shape.words, shape.tooltip, false);
    else add(range, words, tooltip, stale.has(name));
  }
  if (!snapshot) return hints;
  for (const { text, subject } of checked.expectations) {
    const judged = snapshot.expectations.find(expectation => expectation.text === text);
    const metric = snapshot.metrics.find(({ name }) => name === judged?.metric);
    const unit = metric?.statistics.find(({ name }) => name === judged?.statistic)?.unit;
    const mark = judged && MARKS[judged.outcome];
    if (!judged || mark === undefined || judged.value === undefined || unit === undefined) continue;
    // In the line, not behind it: there the editor writes what a failed test says, over all that stands there.
    add(subject, `${mark} ${quantity(judged.value, unit)}`, judged.message, stale.has(judged.metric));
  }
  return hints;
}

const STALE = 'This is the result of an earlier text: run again.';

/** Words and tooltip. */
export function describeResult(
  name: string,
  { snapshot, trainings }: Pick<Shown, 'snapshot' | 'trainings'>,
): [string | undefined, string] {
  const { data, maps, tables, benchmarks, metrics, expectations } = snapshot;
  const set = data.find(one => one.name === name);
  if (set) {
    const length = `${quantity(set.length, 'count')} ${LENGTH_WORDS[set.alphabet]}`;
    return [`${quantity(set.examples, 'count')} × ${length}`, 'Examples × length.'];
  }
  const map = maps.find(one => one.name === name);
  if (map) return [`${map.kind}, ${duration(map.seconds)}`, 'Kind of map, and the time that it took.'];
  const table = tables.find(one => one.name === name);
  if (table) return describeTable(table, trainings.get(table.key));
  const benchmark = benchmarks.find(one => one.name === name);
  if (benchmark) return describeBenchmark(benchmark);
  const metric = metrics.find(one => one.name === name);
  // What the experiment expects of it says more about it than its headline.
  const expected = expectations.find(expectation => expectation.metric === name)?.statistic;
  const statistic = metric && (metric.statistics.find(one => one.name === expected) ?? headlineOf(metric));
  if (!statistic) return [undefined, ''];
  const shape = metric.distribution && sparkline(metric.distribution.counts);
  return [
    [valueWithInterval(statistic), ...(shape === undefined ? [] : [shape])].join(' '),
    `${statistic.name}: ${statistic.summary} n = ${quantity(statistic.n, 'count')}.`,
  ];
}

function describeTable(
  { form, seconds }: Snapshot['tables'][number],
  training: Training | undefined,
): [string, string] {
  if (!training) return [`${form}, ${duration(seconds)}`, 'Form of the result, and the time that it took.'];
  const { networks, of, loss } = training;
  return [
    `${counted(networks, 'network')}, ${of} ${quantity(loss, 'number')}`,
    `${networks === 1 ? 'The' : 'Mean over the networks of the'} lowest ${of} of any epoch. ${duration(seconds)}.`,
  ];
}

const LABELS = ['target', 'method', 'wrapper', 'correction', 'data'] as const;

/** The best of the first metric that has one; the best of all metrics in the tooltip. */
function describeBenchmark(benchmark: Snapshot['benchmarks'][number]): [string, string] {
  const { metrics, rows } = benchmark;
  // What is the same in every row tells none apart.
  const labels = LABELS.filter(label => label === 'method' || new Set(rows.map(row => row[label])).size > 1);
  const winners = metrics.flatMap(({ name, statistic, unit }, column) => {
    const row = rows[bestOf(benchmark, column) ?? -1];
    const cell = row?.cells[column];
    if (!row || !cell || !('value' in cell)) return [];
    const combination = labels.map(label => row[label]).filter(word => word !== 'none');
    return [`${name}.${statistic} ${quantity(cell.value, unit)}: ${combination.join(', ')}`];
  });
  const size = `${quantity(rows.length, 'count')} × ${quantity(metrics.length, 'count')}`;
  return [
    winners[0] ?? size,
    [`Combinations × metrics: ${size}.`, ...winners.map(winner => `Best ${winner}.`)].join(' '),
  ];
}

/** Counts of bins as a row of eight bars at most; undefined where there is nothing to see. */
export function sparkline(counts: readonly number[]): string | undefined {
  const bars = Math.min(BARS, counts.length);
  const sums = Array.from({ length: bars }, () => 0);
  counts.forEach((count, bin) => (sums[Math.floor((bin * bars) / counts.length)]! += count));
  const most = Math.max(...sums);
  if (bars < 2 || most <= 0) return undefined;
  return sums.map(sum => HEIGHTS[Math.round((sum / most) * (HEIGHTS.length - 1))]).join('');
}

function cut(words: string, longest: number): string {
  return words.length <= longest ? words : `${words.slice(0, longest - 1)}…`;
}
