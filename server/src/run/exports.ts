/**
 * The files that an experiment asks for, written when the results behind them are complete. A file is written inside the
 * workspace only (the folder of the store, links resolved), never over one that the experiment reads.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { PlannedExport } from '../plan/exports.js';
import type { Plan } from '../plan/plan.js';
import type { Note, Problem } from '../protocol.js';
import type { ResultStore } from '../store/store.js';
import { EngineError } from './engine-process.js';
import { absence, type StepResults } from './results.js';
import type { Supervisor } from './supervisor.js';

export type ExportOutcome = { readonly planned: PlannedExport } & (
  | { readonly status: 'written'; readonly paths: readonly string[]; readonly notes: readonly Note[] }
  | { readonly status: 'failed'; readonly problem: Problem }
  | { readonly status: 'not run'; readonly reason: string }
);

export interface ExportOptions {
  readonly store: ResultStore;
  readonly engine: Pick<Supervisor, 'export'>;
  readonly signal?: AbortSignal;
}

/** Writes every export of a plan whose results are complete. Problems are outcomes, not exceptions. */
export async function writeExports(plan: Plan, results: StepResults, options: ExportOptions): Promise<ExportOutcome[]> {
  const outcomes: ExportOutcome[] = [];
  for (const planned of plan.exports) outcomes.push({ planned, ...(await writeOne(planned, plan, results, options)) });
  return outcomes;
}

type Outcome = ExportOutcome extends infer One ? (One extends ExportOutcome ? Omit<One, 'planned'> : never) : never;

async function writeOne(
  planned: PlannedExport,
  plan: Plan,
  results: StepResults,
  { store, engine, signal }: ExportOptions,
): Promise<Outcome> {
  const lacking = planned.needs.find(key => results.get(key)?.status !== 'complete');
  if (lacking !== undefined) {
    const title = plan.steps.find(({ key }) => key === lacking)?.title ?? lacking;
    return { status: 'not run', reason: `"${title}" has no result: ${absence(results.get(lacking)) ?? ''}` };
  }
  try {
    const path = await safePath(planned, plan, store.folder);
    const { call, files } = planned;
    const experiment = await experimentOf(plan);
    const end = await engine.export(
      { call, path, store: store.folder, files: { ...inputsOf(plan), ...files }, ...(experiment && { experiment }) },
      signal,
    );
    if (end === 'cancelled') return { status: 'not run', reason: 'the run was cancelled' };
    return { status: 'written', paths: end.paths, notes: end.notes };
  } catch (error) {
    if (error instanceof EngineError) return { status: 'failed', problem: error.problem };
    throw error;
  }
}

/** Name and hash of the experiment; undefined where its file is not there, as of one that was never saved. */
async function experimentOf({ file }: Plan): Promise<{ name: string; sha256: string } | undefined> {
  const text = await readFile(file).catch(() => undefined);
  return text && { name: basename(file), sha256: createHash('sha256').update(text).digest('hex') };
}

/** Content hash → absolute path of every file that a plan reads. */
function inputsOf({ steps }: Plan): Record<string, string> {
  return Object.assign({}, ...steps.map(({ files }) => files)) as Record<string, string>;
}

/**
 * The path with its folder made and links resolved.
 *
 * @throws EngineError when it leads out of the workspace, or to a file that the experiment reads
 */
async function safePath({ path }: PlannedExport, plan: Plan, workspace: string): Promise<string> {
  const root = await realpath(workspace);
  const refuse = (message: string, remedy: string): never => {
    throw new EngineError({ code: 'export/path', message, place: path, remedy });
  };
  const outside = `The workspace is ${root}: name a file inside it.`;
  // Judged before a folder is made, and again when it is known where links lead.
  if (!isInside(path, workspace)) refuse('The file would lie outside the workspace.', outside);
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    refuse(
      `The folder cannot be made: ${error instanceof Error ? error.message : String(error)}`,
      'Name another file.',
    );
  }
  const resolved = join(await realpath(dirname(path)), basename(path));
  if (!isInside(resolved, root)) refuse('The file would lie outside the workspace.', outside);
  const read = [plan.file, ...Object.values(inputsOf(plan))];
  const same = await Promise.all(
    read.map(file =>
      realpath(file).then(
        real => real === resolved,
        () => false,
      ),
    ),
  );
  if (same.includes(true)) refuse('The experiment reads this file.', 'Name another file to write.');
  return resolved;
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return (
    way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way) && !way.startsWith(`.xome${sep}`)
  );
}
