#!/usr/bin/env node
/** The command line `xome`: arguments in, exit code out. The engine, the server and the report's script lie beside it. */
import { realpathSync } from 'node:fs';
import { basename, parse as parsePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Context } from './cli/context.js';
import { CommandError } from './cli/context.js';
import * as commands from './cli/commands.js';
import { READS } from './cli/first-experiment.js';
import { initCommand } from './cli/init.js';
import { printProblem } from './cli/terminal.js';
import { findLint } from './language/lints/lints.js';
import type { LintLevels } from './language/lints/lint.js';
import { BACKENDS } from './protocol.js';
import type { ExecutorOptions } from './protocol.js';
import { EXIT } from './run/run.js';
import { StoreError } from './store/error.js';

/** Set by the build. */
declare const EXPLAINOME_VERSION: string;

const HELP = `xome: experiments on explanations of genomics models

  xome check FILE…                       every diagnostic of the editor
  xome run FILE [--only NAME]            compute what is not in the store, judge the expectations
  xome model FILE                        what is inside a model file and what the engine can do with it
  xome show FILE NAME                    one result
  xome report FILE [-o report.html]      the results as one self-contained page
  xome init MODEL [-o FILE.xome]         a complete, commented first experiment for a model
  xome gc [FOLDER]                       remove results that no experiment points to
  xome lsp --stdio                       the language server

  --json              check, run, model, show: one JSON document on standard output, nothing else there
  --only NAME         run: only this declaration and what it needs; may be repeated
  --backend NAME      run, show, report: ${BACKENDS.join(', ')} (default ${BACKENDS[0]})
  --threads N         run: threads of the native runtime, and networks trained at a time; 0, the default: all cores
  --max-warnings N    check: exit with 2 when there are more warnings
  --reads KIND        init: what the model reads, where its header does not tell: dna, genotypes, expression
  --data FILE         init: the data to explain; without it those beside the model that it can read
  --lint CODE=LEVEL   check: severity of a lint: error, warning, info, hint, off; may be repeated

  --help, --version

exit codes: 0 all well, 1 an expectation failed, 2 the experiment is wrong, 3 the run failed or a file cannot be read,
130 cancelled
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  json: { type: 'boolean' },
  only: { type: 'string', multiple: true },
  backend: { type: 'string' },
  threads: { type: 'string' },
  'max-warnings': { type: 'string' },
  lint: { type: 'string', multiple: true },
  output: { type: 'string', short: 'o' },
  reads: { type: 'string' },
  data: { type: 'string' },
  stdio: { type: 'boolean' },
} as const;

/**
 * Runs one command.
 *
 * @param argv arguments without the interpreter and the script
 * @returns the exit code; undefined when the process is to live on (the language server)
 */
export async function main(argv: readonly string[], context: Context): Promise<number | undefined> {
  const { err, out } = context.terminal;
  try {
    const { values, positionals } = parse(argv);
    const [command, ...operands] = positionals;
    if (values.version) {
      out.write(`${context.version}\n`);
      return EXIT.well;
    }
    if (values.help || command === undefined) {
      (values.help ? out : err).write(HELP);
      return values.help ? EXIT.well : EXIT.wrong;
    }
    return await dispatch(command, operands, values, context);
  } catch (error) {
    if (error instanceof CommandError) {
      err.write(`xome: ${error.message}\n${error.remedy === undefined ? '' : `  ${error.remedy}\n`}`);
      return error.exitCode;
    }
    if (error instanceof StoreError) {
      const { code, message, place, remedy } = error;
      printProblem({ code, message, place, ...(remedy !== undefined && { remedy }) }, context.terminal);
      return EXIT.failed;
    }
    // Such as a report that may not be written where it is asked for: nothing that a stack would explain.
    if (error instanceof Error && 'syscall' in error && 'code' in error) {
      err.write(`xome: ${error.message.replace(/^[A-Z0-9]+: /, '')}\n`);
      return EXIT.failed;
    }
    throw error;
  }
}

type Arguments = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>;
type Values = Arguments['values'];

function parse(argv: readonly string[]): Arguments {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // Behind the first sentence Node explains how to write operands that look like options.
    throw usage(`${(error instanceof Error ? error.message : String(error)).split('. ')[0]}.`);
  }
}

async function dispatch(
  command: string,
  operands: readonly string[],
  values: Values,
  context: Context,
): Promise<number | undefined> {
  const json = values.json ?? false;
  switch (command) {
    case 'check': {
      if (operands.length === 0) throw usage('`xome check` needs at least one file.');
      const maxWarnings = values['max-warnings'];
      return commands.checkCommand(
        operands,
        {
          json,
          lints: lintLevels(values.lint ?? []),
          ...(maxWarnings !== undefined && { maxWarnings: wholeNumber('--max-warnings', maxWarnings) }),
        },
        context,
      );
    }
    case 'run': {
      const [file] = expectOperands(command, operands, 'FILE');
      const executor = { backend: backendOf(values), threads: wholeNumber('--threads', values.threads ?? '0') };
      return commands.runCommand(file, { json, executor, ...(values.only && { only: values.only }) }, context);
    }
    case 'model': {
      const [file] = expectOperands(command, operands, 'FILE');
      return commands.modelCommand(file, { json }, context);
    }
    case 'show': {
      const [file, name] = expectOperands(command, operands, 'FILE', 'NAME');
      return commands.showCommand(file, name, { json, backend: backendOf(values) }, context);
    }
    case 'report': {
      const [file] = expectOperands(command, operands, 'FILE');
      const output = values.output ?? `${basename(file, '.xome')}.html`;
      return commands.reportCommand(file, { output, backend: backendOf(values) }, context);
    }
    case 'init': {
      const [model] = expectOperands(command, operands, 'MODEL');
      const reads = READS.find(one => one === values.reads);
      if (values.reads !== undefined && !reads)
        throw usage(`--reads takes ${READS.join(', ')}, found "${values.reads}".`);
      const output = values.output ?? `${parsePath(model).name}.xome`;
      const { data } = values;
      return initCommand(model, { output, ...(reads && { reads }), ...(data !== undefined && { data }) }, context);
    }
    case 'gc':
      if (operands.length > 1) throw usage('`xome gc` takes at most one folder.');
      return commands.collectCommand(operands[0] ?? '.', context);
    case 'lsp':
      if (!values.stdio) throw usage('`xome lsp` speaks over standard input and output only: add `--stdio`.');
      await commands.serverCommand(context);
      return undefined;
    default:
      throw usage(`There is no command "${command}".`);
  }
}

/** Exactly these operands, as a tuple. */
function expectOperands<const N extends readonly string[]>(
  command: string,
  operands: readonly string[],
  ...names: N
): { [K in keyof N]: string } {
  if (operands.length !== names.length) {
    throw usage(`\`xome ${command}\` takes ${names.join(' and ')}, found ${operands.join(' ') || 'nothing'}.`);
  }
  return [...operands] as { [K in keyof N]: string }; // as long as the names, which was just checked
}

function backendOf(values: Values): ExecutorOptions['backend'] {
  const asked = values.backend ?? BACKENDS[0];
  const backend = BACKENDS.find(one => one === asked);
  if (!backend) throw usage(`There is no backend "${asked}"; there are ${BACKENDS.join(', ')}.`);
  return backend;
}

function lintLevels(written: readonly string[]): LintLevels {
  const levels = written.map(text => {
    const [, code = '', level] = /^(GA\d{3})=(error|warning|info|hint|off)$/.exec(text) ?? [];
    if (level === undefined || !findLint(code)) throw usage(`--lint takes a lint and a severity, found "${text}".`);
    return [code, level as LintLevels[string]] as const; // as the pattern has it
  });
  return Object.fromEntries(levels);
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw usage(`${option} takes a whole number, found "${text}".`);
  return Number(text);
}

function usage(message: string): CommandError {
  return new CommandError(EXIT.wrong, message, '`xome --help` lists commands and options.');
}

/**
 * Ctrl-C, and the SIGTERM by which clusters announce the end of a job, cancel in an orderly way; a second one ends the
 * process at once.
 */
function cancelOnInterrupt(): AbortSignal {
  const abort = new AbortController();
  const cancel = (): void => {
    if (abort.signal.aborted) process.exit(EXIT.cancelled);
    process.stderr.write('\nCancelling; finished blocks are kept. Press Ctrl-C again to end at once.\n');
    abort.abort();
  };
  process.on('SIGINT', cancel).on('SIGTERM', cancel);
  return abort.signal;
}

async function start(): Promise<void> {
  const argv = process.argv.slice(2);
  const beside = (script: string): string => fileURLToPath(new URL(script, import.meta.url));
  // `xome show … | head` closes the pipe early, which is no error, and no reason to end a run.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  const code = await main(argv, {
    terminal: { out: process.stdout, err: process.stderr, environment: process.env },
    scripts: { engine: beside('./engine.js'), server: beside('./server.js'), report: beside('./webview/report.js') },
    // The server's own connection decides when it ends.
    signal: argv[0] === 'lsp' ? new AbortController().signal : cancelOnInterrupt(),
    folder: process.cwd(),
    version: EXPLAINOME_VERSION,
  });
  if (code !== undefined) process.exitCode = code;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await start();
