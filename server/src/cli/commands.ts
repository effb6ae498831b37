/** The commands of `xome`. Each returns its exit code; see `exit codes` in the help. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PlainCall } from '../catalog/index.js';
import { entriesOf, isMap } from '../catalog/index.js';
import type { FileDiagnostic } from '../language/check-file.js';
import type { LintLevels } from '../language/lints/lint.js';
import type { ExecutorOptions, ModelDescription } from '../protocol.js';
import { quantity } from '../protocol.js';
import { EngineError } from '../run/supervisor.js';
import { locateFiles } from '../run/headers.js';
import { reportHtml } from '../run/report.js';
import { notesOf } from '../run/result-lints.js';
import { judgeAll, storedResults } from '../run/results.js';
import type { ExitCode } from '../run/run.js';
import { EXIT, runPlan } from '../run/run.js';
import { buildSnapshot } from '../run/snapshot.js';
import { duration } from '../run/wording.js';
import { ResultStore } from '../store/store.js';
import { readViewArrays } from '../store/view-arrays.js';
import type { Context } from './context.js';
import { check, CommandError, prepare, printDiagnostics, printJson, shortPath, withEngine } from './context.js';
import { resultDocument, runDocument } from './documents.js';
import { modelCall } from './init.js';
import { ProgressDisplay } from './progress.js';
import { shownRows } from './shown-rows.js';
import { printDoubts, printSummary } from './summary.js';
import { alignColumns, painter, printProblem } from './terminal.js';

/** `xome check FILE…`: every diagnostic of the editor. */
export async function checkCommand(
  files: readonly string[],
  options: { json: boolean; maxWarnings?: number; lints?: LintLevels },
  context: Context,
): Promise<ExitCode> {
  const found: FileDiagnostic[] = [];
  await withEngine(context, async engine => {
    for (const file of files) {
      const { diagnostics } = await check(resolve(context.folder, file), engine, context, options.lints);
      found.push(...diagnostics);
    }
  });
  // A document that two files import is reported once.
  const diagnostics = [...new Map(found.map(diagnostic => [JSON.stringify(diagnostic), diagnostic])).values()];
  const count = (severity: FileDiagnostic['severity']): number =>
    diagnostics.filter(diagnostic => diagnostic.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (options.json) {
    printJson({ diagnostics: diagnostics.map(diagnosticDocument), errors, warnings }, context);
  } else {
    printDiagnostics(diagnostics, context);
    context.terminal.err.write(
      `${plural(files.length, 'file')}, ${plural(errors, 'error')}, ${plural(warnings, 'warning')}\n`,
    );
  }
  if (diagnostics.some(({ code }) => code === 'file/unreadable')) return EXIT.failed;
  return errors > 0 || (options.maxWarnings !== undefined && warnings > options.maxWarnings) ? EXIT.wrong : EXIT.well;
}

/** Lines and columns from 1, ends exclusive. */
function diagnosticDocument({ range, ...diagnostic }: FileDiagnostic): Record<string, unknown> {
  return {
    ...diagnostic,
    line: range.start.line + 1,
    column: range.start.character + 1,
    endLine: range.end.line + 1,
    endColumn: range.end.character + 1,
  };
}

/** `xome run FILE`: computes what is not in the store and judges the expectations. */
export async function runCommand(
  file: string,
  options: { json: boolean; only?: readonly string[]; executor: ExecutorOptions },
  context: Context,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  return withEngine({ ...context, backend: options.executor.backend }, async engine => {
    const { plan, store, texts } = await prepare(resolve(context.folder, file), engine, context, {
      backend: options.executor.backend,
      ...(options.only && { only: options.only }),
    });
    const progress = new ProgressDisplay(terminal.err, painter(terminal.err, terminal));
    const outcome = await runPlan(plan, {
      store,
      engine,
      executor: options.executor,
      signal,
      onEvent: event => progress.show(event),
    });
    if (options.json) printJson(await runDocument(plan, store, outcome), context);
    else {
      await printSummary(plan, outcome, store, context);
      await printDoubts(plan, outcome.results, store, texts, context);
    }
    return outcome.exitCode;
  });
}

/** `xome model FILE`: what is inside a model file and what the engine can do with it. */
export async function modelCommand(file: string, options: { json: boolean }, context: Context): Promise<ExitCode> {
  const description = await describeModel(modelCall(file), context);
  if (!description) return EXIT.failed;
  const refused = description.operators.filter(({ gradient }) => gradient === 'refused');
  if (options.json) printJson({ file: resolve(context.folder, file), ...description }, context);
  else printModel(file, description, context);
  return refused.length === 0 ? EXIT.well : EXIT.failed;
}

/** The header of a model; undefined when it cannot be read, which has been printed then. */
async function describeModel(call: PlainCall, context: Context): Promise<ModelDescription | undefined> {
  const { located, files } = locateFiles(call, context.folder);
  try {
    const description = await withEngine(context, engine => engine.describe(located, files));
    return description.is === 'model' ? description : undefined;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    printProblem(error.problem, context.terminal);
    return undefined;
  }
}

/** Methods with rules of their own, as columns of the table of operators. */
const RULES = ['deep_lift', 'lrp', 'guided_backpropagation'] as const;

/** Nodes of an operator that are told apart, as many as fit in a line. */
const MOST_NODES = 3;
const fewOf = (nodes: readonly string[]): string =>
  [...nodes.slice(0, MOST_NODES), ...(nodes.length > MOST_NODES ? [`${nodes.length - MOST_NODES} more`] : [])].join(
    ', ',
  );

function printModel(file: string, model: ModelDescription, { terminal }: Context): void {
  const { out } = terminal;
  const paint = painter(out, terminal);
  const producer = model.producer === undefined ? '' : `, written by ${model.producer}`;
  out.write(
    `${paint('bold', basename(file))}  ${model.format}${producer}, ${quantity(model.parameters, 'count')} parameters\n\n`,
  );
  const tensors = [
    ...model.inputs.map(tensor => ['input', tensor.name, tensor.type, tensor.shape.join(' × ')]),
    ...model.outputs.map(tensor => ['output', tensor.name, tensor.type, tensor.shape.join(' × ')]),
  ];
  for (const line of alignColumns(tensors, [false, false, false, false])) out.write(`${line}\n`);
  if (model.dna) {
    const sure = model.dna.ambiguous ? '; both axes have size 4, so say which with `layout`' : '';
    out.write(`\nreads one-hot DNA: dna(${model.dna.length}), ${model.dna.layout}${sure}\n`);
  }
  out.write('\n');
  const operators = model.operators.map(({ operator, count, nodes, gradient, rules, reason }) => [
    operator,
    quantity(count, 'count'),
    gradient,
    ...RULES.map(rule => rules?.[rule] ?? ''),
    [...(gradient === 'exact' ? [] : [reason ?? 'no rule']), ...(nodes ? [fewOf(nodes)] : [])].join('; '),
  ]);
  const [title = '', ...lines] = alignColumns(
    [['operator', 'count', 'gradient', ...RULES, ''], ...operators],
    [false, true, false, ...RULES.map(() => false), false],
  );
  out.write(`${paint('bold', title)}\n${lines.map(line => `${line}\n`).join('')}`);
  if (model.activations.length > 0) {
    out.write(
      `\nactivations, last first: ${model.activations.map(({ operator, node }) => `${operator} (${node})`).join(', ')}\n`,
    );
  }
  if (model.squashing)
    out.write(
      `\nends in ${model.squashing.operator} (${model.squashing.node}): logit explains the value in front of it\n`,
    );
  if (model.receptiveField !== undefined)
    out.write(
      `\none position of the last convolution sees ${quantity(model.receptiveField, 'count')} positions of the input\n`,
    );
  for (const { level, message } of model.notes) out.write(`${paint('yellow', level)}: ${message}\n`);
  if (model.operators.some(({ known }) => !known)) {
    out.write('\nAn operator is unknown: nothing can be computed with this model.\n');
  } else if (model.operators.some(({ gradient }) => gradient === 'refused')) {
    const perturbing = entriesOf('method').filter(({ produces }) => produces === 'effect');
    out.write(
      `\nGradients are refused. Methods that only run the model forward remain: ${perturbing.map(({ name }) => name).join(', ')}.\n`,
    );
  }
}

/** Patterns that are listed; the others are in `rows.tsv`. */
const SHOWN_PATTERNS = 40;

/** `xome show FILE NAME`: one result. */
export async function showCommand(
  file: string,
  name: string,
  options: { json: boolean; backend: ExecutorOptions['backend'] },
  context: Context,
): Promise<ExitCode> {
  const { plan, store } = await withEngine(context, engine =>
    prepare(resolve(context.folder, file), engine, context, { backend: options.backend, only: [name], quiet: true }),
  );
  const steps = new Map(plan.steps.map(step => [step.key, step]));
  const planned = plan.declarations.find(({ declaration, key }) => declaration.name === name && key !== undefined);
  const step = steps.get(planned?.key ?? '');
  if (!planned || !step) throw new CommandError(EXIT.wrong, `${basename(file)} declares no result called "${name}".`);
  const meta = await store.meta(step.key);
  if (!meta) {
    const earlier = await store.named(plan.file, name);
    const stale = earlier !== undefined && earlier !== step.key && (await store.meta(earlier)) !== undefined;
    throw new CommandError(
      EXIT.failed,
      `"${name}" has no result${stale ? ' for the experiment as it is now, only for an earlier text' : ' yet'}.`,
      `Run \`xome run ${file} --only ${name}\`.`,
    );
  }
  const result = await resultDocument(step, meta, steps, store);
  if (options.json) {
    const { kind } = planned.declaration;
    printJson({ name, kind, status: 'stored', key: step.key, title: step.title, ...result, meta }, context);
    return EXIT.well;
  }
  const { out } = context.terminal;
  const paint = painter(context.terminal.out, context.terminal);
  const versions = Object.entries(meta.versions).map(([part, version]) => `${part} ${version}`);
  out.write(`${paint('bold', name)}  ${step.title}\n`);
  out.write(`key ${step.key}\n`);
  out.write(`computed ${meta.created} in ${duration(meta.seconds)}, ${quantity(meta.passes, 'count')} model passes\n`);
  if (versions.length > 0) out.write(`with ${versions.join(', ')}\n`);
  if (result.map) out.write(`${isMap(result.map) ? `map: ${result.map}` : `form: ${result.map}`}\n`);
  if (step.kind === 'metric' || step.kind === 'benchmark') {
    await printSummary(
      plan,
      { results: new Map([[step.key, { status: 'complete', meta, fresh: false }]]), expectations: [] },
      store,
      context,
    );
  } else {
    out.write(`in ${shortPath(dirname(store.path(step.key)), context)}\n`);
    const arrays = meta.arrays.map(array => [
      `  ${array.name}.npy`,
      array.type,
      array.axes.map(axis => `${axis.name} ${axis.size}`).join(' × '),
      array.unit,
    ]);
    for (const line of alignColumns(arrays, [false, false, false, false])) out.write(`${line}\n`);
    if (meta.map === 'pattern') {
      const { columns, rows } = await store.rows(step.key, SHOWN_PATTERNS);
      const right = columns.map(column => column === 'seqlets' || column.endsWith('_value'));
      for (const line of alignColumns([columns, ...rows], right)) out.write(`${line}\n`);
    }
    for (const line of await shownRows(meta, store)) out.write(`  ${line}\n`);
  }
  for (const { level, message } of await notesOf(meta, store)) out.write(`${paint('yellow', level)}: ${message}\n`);
  return EXIT.well;
}

/** `xome report FILE -o report.html`: the stored results as one self-contained page. */
export async function reportCommand(
  file: string,
  options: { output: string; backend: ExecutorOptions['backend'] },
  context: Context,
): Promise<ExitCode> {
  const { plan, store, texts } = await withEngine(context, engine =>
    prepare(resolve(context.folder, file), engine, context, { backend: options.backend, quiet: true }),
  );
  const results = await storedResults(plan, store);
  const expectations = await judgeAll(plan, results, store);
  const snapshot = await buildSnapshot({ plan, store, results, expectations, texts });
  if (snapshot.data.length + snapshot.metrics.length === 0 && snapshot.missing.length > 0) {
    throw new CommandError(EXIT.failed, 'There are no results to report.', `Run \`xome run ${file}\` first.`);
  }
  for (const { name, reason } of snapshot.missing) {
    context.terminal.err.write(`"${name}" is missing from the report: ${reason}.\n`);
  }
  const output = resolve(context.folder, options.output);
  const arrays = await readViewArrays(store, snapshot);
  const html = reportHtml(snapshot, arrays, await readFile(context.scripts.report, 'utf8'));
  try {
    await mkdir(dirname(output), { recursive: true });
    await writeFile(output, html);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(EXIT.failed, `The report cannot be written: ${reason}`, 'Name another file with -o.');
  }
  context.terminal.err.write(`Report written to ${shortPath(output, context)}.\n`);
  return EXIT.well;
}

/** `xome gc [FOLDER]`: removes results that no experiment points to. */
export async function collectCommand(folder: string, context: Context): Promise<ExitCode> {
  const inside = resolve(context.folder, folder);
  if (!(await stat(inside).catch(() => undefined))?.isDirectory())
    throw new CommandError(EXIT.failed, `There is no folder ${shortPath(inside, context)}.`);
  const store = await ResultStore.find(await ResultStore.locate(join(inside, 'any.xome')));
  if (!store) {
    context.terminal.err.write(`There are no results in ${shortPath(inside, context)}.\n`);
    return EXIT.well;
  }
  const { removed, bytes } = await store.collect();
  context.terminal.err.write(
    `${plural(removed, 'result')} removed from ${shortPath(store.folder, context)}, ${(bytes / 1e6).toFixed(1)} MB.\n`,
  );
  return EXIT.well;
}

/** `xome lsp --stdio`: the language server, in this process; it reads `--stdio` from the command line itself. */
export async function serverCommand(context: Context): Promise<void> {
  await import(pathToFileURL(context.scripts.server).href);
}

function plural(number: number, thing: string): string {
  return `${quantity(number, 'count')} ${thing}${number === 1 ? '' : 's'}`;
}
