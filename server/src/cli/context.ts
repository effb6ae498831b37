/** What every command of the command line needs, and the steps that several of them share. */
import { basename, relative } from 'node:path';
import type { CheckedFile, FileDiagnostic } from '../language/check-file.js';
import { checkFile } from '../language/check-file.js';
import type { Experiment } from '../language/experiment.js';
import type { LintLevels } from '../language/lints/lint.js';
import type { Plan } from '../plan/plan.js';
import { makePlan } from '../plan/plan.js';
import { PlanError } from '../plan/problem.js';
import type { ExecutorOptions } from '../protocol.js';
import { hashContent } from '../run/file-content.js';
import { Supervisor } from '../run/supervisor.js';
import { engineHeaders } from '../run/headers.js';
import type { ExitCode } from '../run/run.js';
import { EXIT } from '../run/run.js';
import { ResultStore } from '../store/store.js';
import { painter, printProblem, type Colour, type Terminal } from './terminal.js';

export interface Context {
  readonly terminal: Terminal;
  /** Scripts that lie beside the command line's own. */
  readonly scripts: { readonly engine: string; readonly server: string; readonly report: string };
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Folder that printed paths are relative to. */
  readonly folder: string;
  readonly version: string;
}

/** Ends a command with a message and an exit code. */
export class CommandError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly remedy?: string,
  ) {
    super(message);
    this.name = 'CommandError';
  }
}

/** Runs `work` with an engine that is gone afterwards; its executor has to be named where it is not the default. */
export async function withEngine<T>(
  { scripts, backend }: Context & { readonly backend?: ExecutorOptions['backend'] },
  work: (engine: Supervisor) => Promise<T>,
): Promise<T> {
  const engine = new Supervisor({ script: scripts.engine, ...(backend && { backend }) });
  try {
    return await work(engine);
  } finally {
    await engine.dispose();
  }
}

/** Every diagnostic of the editor. Says once when headers cannot be read because the engine does not work. */
export function check(
  file: string,
  engine: Supervisor,
  context: Context,
  lints: LintLevels = {},
): Promise<CheckedFile> {
  let said = false;
  const headers = engineHeaders(engine, problem => {
    if (said) return;
    said = true;
    context.terminal.err.write(`Shapes of models and data are not checked: ${problem.message}\n`);
  });
  return checkFile(file, { headers, lints });
}

/** A checked experiment and its plan and store. Prints findings; ends the command when there is nothing to run. */
export async function prepare(
  file: string,
  engine: Supervisor,
  context: Context,
  options: { backend: ExecutorOptions['backend']; only?: readonly string[]; quiet?: boolean },
): Promise<{ experiment: Experiment; plan: Plan; store: ResultStore; texts: ReadonlyMap<string, string> }> {
  const { experiment, diagnostics, texts } = await check(file, engine, context);
  const shown = options.quiet ? diagnostics.filter(({ severity }) => severity === 'error') : diagnostics;
  printDiagnostics(shown, context);
  if (!experiment) {
    const unreadable = diagnostics.some(({ code }) => code === 'file/unreadable');
    throw new CommandError(unreadable ? EXIT.failed : EXIT.wrong, `${basename(file)} cannot be run as it is.`);
  }
  const store = await ResultStore.open(await ResultStore.locate(experiment.file));
  try {
    const plan = await makePlan(experiment, {
      hashFile: path => hashContent(path, store),
      backend: options.backend,
      ...(options.only && { only: options.only }),
    });
    return { experiment, plan, store, texts };
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    printProblem(error.problem, context.terminal);
    throw new CommandError(
      error.problem.code === 'plan/file' ? EXIT.failed : EXIT.wrong,
      `${basename(file)} cannot be run as it is.`,
    );
  }
}

const COLOURS: Readonly<Record<FileDiagnostic['severity'], Colour>> = {
  error: 'red',
  warning: 'yellow',
  info: 'cyan',
  hint: 'dim',
};

/** One finding per line, `file:line:column: severity message [code]`, its remedy below. */
export function printDiagnostics(diagnostics: readonly FileDiagnostic[], context: Context): void {
  const { terminal } = context;
  const paint = painter(terminal.err, terminal);
  for (const { file, range, severity, message, code, remedy } of diagnostics) {
    const place = `${shortPath(file, context)}:${range.start.line + 1}:${range.start.character + 1}`;
    terminal.err.write(`${place}: ${paint(COLOURS[severity], severity)} ${message} ${paint('dim', `[${code}]`)}\n`);
    if (remedy !== undefined) terminal.err.write(`  ${remedy}\n`);
  }
}

/** A path relative to the working folder where that is shorter. */
export function shortPath(path: string, { folder }: Pick<Context, 'folder'>): string {
  const short = relative(folder, path);
  return short !== '' && short.length < path.length ? short : path;
}

export function printJson(document: unknown, { terminal }: Context): void {
  terminal.out.write(`${JSON.stringify(document, undefined, 2)}\n`);
}
