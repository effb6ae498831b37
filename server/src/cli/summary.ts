/** The end of a run in words: failures, the table of metrics, and the expectations that are not met. */
import { ignoreOf, ignoresIn } from '../language/lints/ignores.js';
import { findLint } from '../language/lints/lints.js';
import type { Plan } from '../plan/plan.js';
import type { Outcome, Statistic } from '../protocol.js';
import { quantity, Task } from '../protocol.js';
import type { ExportOutcome } from '../run/exports.js';
import type { JudgedExpectation, StepResults } from '../run/results.js';
import { benchmarkTable, type BenchmarkTable } from '../run/benchmarks.js';
import { notesOf } from '../run/result-lints.js';
import { statisticsOf } from '../run/results.js';
import type { ResultStore } from '../store/store.js';
import type { Context } from './context.js';
import { shortPath } from './context.js';
import type { Colour } from './terminal.js';
import { alignColumns, foldColumns, painter, printProblem } from './terminal.js';

const MARKS: Readonly<Record<Outcome, readonly [string, Colour]>> = {
  met: ['✓', 'green'],
  'met, not shown': ['~', 'yellow'],
  failed: ['✗', 'red'],
  'not shown': ['✗', 'red'],
  'not run': ['–', 'yellow'],
};

export async function printSummary(
  plan: Plan,
  outcome: {
    results: StepResults;
    expectations: readonly JudgedExpectation[];
    exports?: readonly ExportOutcome[];
  },
  store: ResultStore,
  context: Context,
): Promise<void> {
  printFailures(plan, outcome.results, context);
  await printBenchmarks(plan, outcome.results, store, context);
  printMetrics(plan, outcome, context);
  printExpectations(outcome.expectations, context);
  printExports(outcome.exports ?? [], context);
}

function printFailures(plan: Plan, results: StepResults, context: Context): void {
  for (const { key, place, title } of plan.steps) {
    const result = results.get(key);
    if (result?.status !== 'failed') continue;
    const { problem } = result;
    const inside = problem.place === undefined || problem.place === title ? '' : ` (${problem.place})`;
    const line = `${shortPath(place.file, context)}:${place.range.start.line + 1}`;
    printProblem({ ...problem, message: `${title}: ${problem.message}${inside}` }, context.terminal, line);
  }
}

/**
 * What was read, left out and changed of the data, and lints that the results show, but those that the text says to ignore.
 *
 * @param texts of the experiment and its imports, by absolute path
 */
export async function printDoubts(
  plan: Plan,
  results: StepResults,
  store: ResultStore,
  texts: ReadonlyMap<string, string>,
  context: Context,
): Promise<void> {
  const { terminal } = context;
  const paint = painter(terminal.out, terminal);
  // What is true of the examples is told at the first of their declarations, not at each.
  const said = new Set<string>();
  for (const { declaration, key } of plan.declarations) {
    const result = results.get(key ?? '');
    if (result?.status !== 'complete') continue;
    const { file, range } = declaration.place;
    const ignores = ignoresIn(texts.get(file) ?? '');
    for (const { code, level, message } of await notesOf(result.meta, store)) {
      const task = Task.safeParse(result.meta.task).data;
      const isOfData = task?.kind === 'data';
      const same = JSON.stringify([code, message, task?.kind === 'attribution' && task.data]);
      if (!(findLint(code) || isOfData) || ignoreOf(ignores, code, range) || said.has(same)) continue;
      if (isOfData || task?.kind === 'attribution') said.add(same);
      const place = `${shortPath(file, context)}:${range.start.line + 1}`;
      const word = level === 'warning' ? paint('yellow', 'warning') : paint('cyan', 'info');
      terminal.out.write(`${place}: ${word} ${declaration.name}: ${message} ${paint('dim', `[${code}]`)}\n`);
    }
  }
}

/** Combinations in rows, metrics in columns. */
async function printBenchmarks(
  plan: Plan,
  results: StepResults,
  store: ResultStore,
  { terminal }: Context,
): Promise<void> {
  const paint = painter(terminal.out, terminal);
  for (const { declaration, key } of plan.declarations) {
    const result = results.get(key ?? '');
    const step = plan.steps.find(candidate => candidate.key === key);
    if (step?.task.kind !== 'benchmark' || result?.status !== 'complete') continue;
    const { metrics, rows } = await benchmarkTable(step.task, step.key, store);
    const lines = rows.map(({ target, method, wrapper, correction, data, cells }) => [
      [target, method, wrapper, correction, data].filter(label => label !== 'none').join(' '),
      ...cells.map((cell, column) => shownCell(cell, metrics[column]!.unit)),
    ]);
    const header = [declaration.name, ...metrics.map(({ name, statistic }) => `${name}.${statistic}`)];
    const right = [false, ...metrics.map(() => true)];
    for (const [title = '', ...body] of foldColumns([header, ...lines], right, terminal.out.columns ?? Infinity))
      terminal.out.write(`${paint('bold', title)}\n${body.join('\n')}\n\n`);
  }
}

/** A value, with its deviation where it is the mean over networks. */
function shownCell(cell: BenchmarkTable['rows'][number]['cells'][number], unit: Statistic['unit']): string {
  if (!('value' in cell)) return '–';
  const value = quantity(cell.value, unit);
  return cell.spread === undefined ? value : `${value} ± ${quantity(cell.spread.deviation, unit)}`;
}

/** Metric, statistic, value, interval, n, and what was expected of it. */
function printMetrics(
  plan: Plan,
  { results, expectations }: { results: StepResults; expectations: readonly JudgedExpectation[] },
  { terminal }: Context,
): void {
  const paint = painter(terminal.out, terminal);
  const steps = new Map(plan.steps.map(step => [step.key, step]));
  const rows = plan.declarations.flatMap(({ declaration, key }) => {
    const step = steps.get(key ?? '');
    const result = results.get(key ?? '');
    if (step?.kind !== 'metric' || result?.status !== 'complete') return [];
    return statisticsOf(step, result.meta).map((statistic, index) => ({
      cells: [index === 0 ? declaration.name : '', ...cellsOf(statistic)],
      judged: expectations.filter(
        ({ expectation }) => expectation.key === key && expectation.statistic === statistic.name,
      ),
    }));
  });
  if (rows.length === 0) return;
  const header = ['metric', 'statistic', 'value', '95 % interval', 'n'];
  const right = [false, false, true, false, true];
  const [title = '', ...lines] = alignColumns([header, ...rows.map(({ cells }) => cells)], right);
  terminal.out.write(`${paint('bold', title)}\n`);
  lines.forEach((line, index) => {
    const outcomes = (rows[index]?.judged ?? []).map(({ outcome }) => {
      const [mark, colour] = MARKS[outcome];
      return paint(colour, `${mark} ${outcome}`);
    });
    terminal.out.write(`${[line, ...outcomes].join('  ')}\n`);
  });
}

function cellsOf({ name, value, unit, n, interval }: Statistic): string[] {
  const spread = interval === undefined ? '' : `${quantity(interval[0], unit)} to ${quantity(interval[1], unit)}`;
  return [name, quantity(value, unit), spread, quantity(n, 'count')];
}

/** Expectations on what was left out are nobody's question, so they are not mentioned. */
function printExpectations(judged: readonly JudgedExpectation[], context: Context): void {
  const { terminal } = context;
  const paint = painter(terminal.out, terminal);
  const expectations = judged.filter(({ expectation }) => expectation.key !== undefined);
  if (expectations.length === 0) return;
  const met = expectations.filter(({ outcome }) => outcome === 'met' || outcome === 'met, not shown').length;
  terminal.out.write(`\n${met} of ${expectations.length} expectations met\n`);
  for (const { expectation, outcome, message } of expectations) {
    if (outcome === 'met') continue;
    const [mark, colour] = MARKS[outcome];
    const { file, range } = expectation.place;
    const place = `${shortPath(file, context)}:${range.start.line + 1}:${range.start.character + 1}`;
    terminal.out.write(`${place}: ${paint(colour, `${mark} ${expectation.text}`)}\n  ${message}\n`);
  }
}

/** What was written, and why something was not. */
function printExports(exports: readonly ExportOutcome[], context: Context): void {
  const { terminal } = context;
  const paint = painter(terminal.out, terminal);
  if (exports.length > 0) terminal.out.write('\n');
  for (const { planned, ...outcome } of exports) {
    const name = shortPath(planned.path, context);
    const line = `${shortPath(planned.place.file, context)}:${planned.place.range.start.line + 1}`;
    if (outcome.status === 'failed')
      printProblem({ ...outcome.problem, message: `${name}: ${outcome.problem.message}` }, terminal, line);
    else if (outcome.status === 'not run') terminal.err.write(`${line}: ${name} was not written: ${outcome.reason}.\n`);
    else {
      terminal.out.write(`written: ${outcome.paths.map(path => shortPath(path, context)).join(', ')}\n`);
      for (const { level, message } of outcome.notes) terminal.out.write(`  ${paint('yellow', level)}: ${message}\n`);
    }
  }
}
