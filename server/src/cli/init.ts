/** `xome init MODEL`: reads the header of a model, looks for data beside it that fit, and writes the first experiment. */
import { readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import type { PlainCall, PlainValue } from '../catalog/index.js';
import { entriesOf } from '../catalog/index.js';
import type { DataDescription, Description, ModelDescription } from '../protocol.js';
import { EngineError } from '../run/supervisor.js';
import type { Supervisor } from '../run/supervisor.js';
import { locateFiles } from '../run/headers.js';
import type { ExitCode } from '../run/run.js';
import { EXIT } from '../run/run.js';
import type { Context } from './context.js';
import { CommandError, shortPath, withEngine } from './context.js';
import type { FirstInput, Reads } from './first-experiment.js';
import { firstExperiment, firstInput } from './first-experiment.js';
import { printProblem } from './terminal.js';

/** Files beside the model that are tried as data. */
const MOST_CANDIDATES = 20;
/** Examples below which a file is no data set to explain. */
const FEWEST_EXAMPLES = 10;

export interface InitOptions {
  /** The file to write. Never overwritten. */
  readonly output: string;
  /** What the model reads, where its header does not tell. */
  readonly reads?: Reads;
  /** The data to explain; those beside the model that fit where absent. */
  readonly data?: string;
}

export async function initCommand(model: string, options: InitOptions, context: Context): Promise<ExitCode> {
  const file = resolve(context.folder, options.output);
  const from = (path: string): string => relative(dirname(file), resolve(context.folder, path)).replaceAll('\\', '/');
  const experiment = await withEngine(context, async engine => {
    const call = modelCall(model);
    const opened = await describeModel(call, engine, context.folder).catch((error: unknown) => {
      if (!(error instanceof EngineError)) throw error;
      printProblem(error.problem, context.terminal);
    });
    if (!opened) return undefined;
    const input = firstInput(opened.description, options.reads);
    if (!input) throw unreadable(model, opened.description, options.reads);
    const data = await findData(model, input, options.data, engine, context);
    return firstExperiment(
      { call: `${call.call}(${JSON.stringify(from(model))}`, ...opened },
      input,
      data && { call: written(data.call, from), description: data.description },
    );
  });
  if (experiment === undefined) return EXIT.failed;
  try {
    await writeFile(file, experiment, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    throw new CommandError(EXIT.failed, `${shortPath(file, context)} exists already.`, 'Name another file with -o.');
  }
  context.terminal.err.write(`${shortPath(file, context)} written. Next: xome run ${shortPath(file, context)}\n`);
  return EXIT.well;
}

function unreadable(model: string, { inputs }: ModelDescription, reads: Reads | undefined): CommandError {
  const found = inputs.map(({ name, shape }) => `${name} (${shape.join(' × ')})`).join(', ');
  const what = reads === 'dna' ? 'one-hot DNA' : 'one-hot DNA or a row of numbers of known length';
  return new CommandError(
    EXIT.failed,
    `${basename(model)} does not read ${what}: its inputs are ${found}.`,
    'Of several inputs exactly one must have an axis of size 4.',
  );
}

/** The format whose files end like this one. */
export function modelCall(file: string): PlainCall {
  const formats = entriesOf('format');
  const pathTypes = formats.map(({ parameters }) => parameters['path']?.type);
  const index = pathTypes.findIndex(
    type => type?.is === 'path' && type.extensions.includes(extname(file).toLowerCase()),
  );
  const format = formats[index];
  if (!format) {
    const known = pathTypes.flatMap(type => (type?.is === 'path' ? type.extensions : []));
    throw new CommandError(
      EXIT.wrong,
      `${basename(file)} is not a model file that xome knows by its ending.`,
      `It knows ${known.join(', ')}.`,
    );
  }
  return { call: format.name, category: 'format', parameters: { ...defaultsOf(format.parameters), path: file } };
}

type Parameters = ReturnType<typeof entriesOf>[number]['parameters'];

function defaultsOf(parameters: Parameters): Record<string, PlainValue> {
  const given = Object.entries(parameters).flatMap(([name, { default: standard }]) =>
    standard === undefined ? [] : [[name, standard] as const],
  );
  return Object.fromEntries(given);
}

/** What names of custom classes say of the Keras layer that they are; the first that fits. */
const RESEMBLANCES: readonly (readonly [RegExp, string])[] = [
  [/conv/i, 'conv1d'],
  [/dense|linear/i, 'dense'],
  [/batch_?norm/i, 'batch_norm'],
  [/layer_?norm/i, 'layer_norm'],
  [/dropout/i, 'dropout'],
  [/flatten/i, 'flatten'],
];

/**
 * The header of a model. Layer classes of a Keras file's own are taken for the layers that they are called after: the
 * experiment says so, for its author to check.
 *
 * @throws EngineError when it cannot be read
 */
async function describeModel(
  call: PlainCall,
  engine: Supervisor,
  folder: string,
  guessed: Readonly<Record<string, string>> = {},
): Promise<{ description: ModelDescription; guessed: Readonly<Record<string, string>> } | undefined> {
  const parameters = { ...call.parameters, ...(Object.keys(guessed).length > 0 && { custom_layers: guessed }) };
  try {
    const description = await describe({ ...call, parameters }, engine, folder);
    return description.is === 'model' ? { description, guessed } : undefined;
  } catch (error) {
    const unknown =
      error instanceof EngineError ? /^the layer class (\w+) is not/.exec(error.problem.message)?.[1] : undefined;
    const layer = RESEMBLANCES.find(([pattern]) => unknown !== undefined && pattern.test(unknown))?.[1];
    if (unknown === undefined || layer === undefined || unknown in guessed) throw error;
    return describeModel(call, engine, folder, { ...guessed, [unknown]: layer });
  }
}

function describe(call: PlainCall, engine: Supervisor, folder: string): Promise<Description> {
  const { located, files } = locateFiles(call, folder);
  return engine.describe(located, files);
}

interface Found {
  readonly call: PlainCall;
  readonly description: DataDescription;
}

/** The named data, or the first file beside the model whose examples the model can read. */
async function findData(
  model: string,
  input: FirstInput,
  named: string | undefined,
  engine: Supervisor,
  { folder }: Context,
): Promise<Found | undefined> {
  const beside = dirname(model);
  const candidates =
    named === undefined
      ? (await readdir(resolve(folder, beside))).sort().map(file => resolve(folder, beside, file))
      : [named];
  const calls = candidates
    .filter(file => file !== resolve(folder, model))
    .flatMap(file => sourceCalls(file, input.reads));
  for (const call of calls.slice(0, MOST_CANDIDATES)) {
    // A file that cannot be read is not data for this model, whatever it is.
    const description = await describe(call, engine, folder).catch((error: unknown) => {
      if (error instanceof EngineError && named === undefined) return undefined;
      throw error instanceof EngineError
        ? new CommandError(EXIT.failed, error.problem.message, error.problem.remedy)
        : error;
    });
    if (description?.is === 'data' && fits(description, input)) return { call, description };
  }
  if (named === undefined) return undefined;
  const wanted = input.length === undefined ? input.reads : `${input.reads}(${input.length})`;
  throw new CommandError(EXIT.failed, `${basename(named)} does not hold examples of ${wanted}, which the model reads.`);
}

/** Every way to read a file that asks for nothing but its path. */
function sourceCalls(file: string, reads: Reads): PlainCall[] {
  return entriesOf('source').flatMap(({ name, parameters, yields }) => {
    const { path, ...others }: Parameters = parameters;
    const ends = path?.type.is === 'path' && path.type.extensions.some(end => file.toLowerCase().endsWith(end));
    const asks = Object.values(others).some(other => other.default === undefined && other.optional !== true);
    if (!ends || asks || (yields !== undefined && yields !== reads)) return [];
    const as = others['as']?.type;
    const kind = as?.is === 'keyword' && as.values.includes(reads) ? { as: reads } : {};
    return [
      { call: name, category: 'source' as const, parameters: { ...defaultsOf(parameters), ...kind, path: file } },
    ];
  });
}

function fits(
  { alphabet, length: [shortest, longest], examples }: DataDescription,
  { reads, length }: FirstInput,
): boolean {
  if (examples < FEWEST_EXAMPLES || shortest !== longest) return false;
  return (alphabet ?? reads) === reads && (length ?? longest) === longest;
}

/** A call as an author writes it: what has its default is left out, and the rest are words. */
function written({ call, category, parameters }: PlainCall, from: (path: string) => string): string {
  const entry = entriesOf(category).find(({ name }) => name === call);
  const given = Object.entries(parameters).flatMap(([name, value]) => {
    if (typeof value !== 'string' || entry?.parameters[name]?.default === value) return [];
    return [name === 'path' ? JSON.stringify(from(value)) : `${name}: ${value}`];
  });
  return `${call}(${given.join(', ')})`;
}
