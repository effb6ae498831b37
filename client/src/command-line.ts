/** The command line of the same build, for what it does already: reports, first experiments, tasks. */
import { execFile } from 'node:child_process';
import type { ExtensionContext } from 'vscode';
import { serverOptions } from './settings.js';

/** A program with its operands and environment. */
export interface Program {
  readonly command: string;
  readonly operands: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** `xome` with these operands, as a program to start. */
export function commandLine(context: ExtensionContext, ...operands: readonly string[]): Program {
  return {
    command: serverOptions().engineNode || process.execPath,
    operands: [context.asAbsolutePath('dist/cli.js'), ...operands],
    // The editor's own binary is a Node only when told so.
    environment: { ELECTRON_RUN_AS_NODE: '1', NO_COLOR: '1' },
  };
}

/** @throws Error with what the command line said, when it ended with another code than 0 */
export function runProgram({ command, operands, environment }: Program): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(command, operands, { env: { ...process.env, ...environment } }, (error, _output, words) => {
      if (error) reject(new Error(words.trim() || error.message));
      else resolve();
    });
  });
}
