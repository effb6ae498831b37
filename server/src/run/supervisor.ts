/**
 * The supervisor of the engines: starts a process when there is work and none is free, passes one request at a time to each,
 * cancels on its own clock, and starts a fresh process after a death. Descriptions run in a process of their own with a small heap, so
 * that a hostile file cannot take a running attribution with it and a hover need not wait for a batch.
 */
import { stat } from 'node:fs/promises';
import type { Call, Description, EngineMessage, EngineRequest, ExecutorOptions, Problem } from '../protocol.js';
import type { EngineProcessOptions } from './engine-process.js';
import { EngineError, EngineProcess } from './engine-process.js';
import { folderState } from './file-content.js';

export { EngineError } from './engine-process.js';

export interface SupervisorOptions {
  /** Path of the engine's script. */
  readonly script: string;
  /** The Node to run it (setting `explainome.engine.node`); the current one when absent. */
  readonly node?: string;
  /** The executor of the runs; one that does not work is told at once. */
  readonly backend?: ExecutorOptions['backend'];
  /** How long a description may take, in milliseconds. */
  readonly describeTimeout?: number;
  /** How long the self-test may take, in milliseconds. */
  readonly startTimeout?: number;
}

/** A file to write from complete results: the `export` message without its number. */
export type ExportJob = Omit<Extract<EngineRequest, { type: 'export' }>, 'type' | 'id'>;

/** Absolute paths of the files that an export wrote, and what their reader should know. */
export type Exported = Pick<Extract<EngineMessage, { type: 'exported' }>, 'paths' | 'notes'>;

/** A step for the engine: the `run` message without its number. */
export type Job = Omit<Extract<EngineRequest, { type: 'run' }>, 'type' | 'id'>;

export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  readonly passes?: number | undefined;
}

type Answer = Parameters<Parameters<EngineProcess['listen']>[1]>[0];
type NumberedLater = ({ type: 'run' } & Job) | ({ type: 'export' } & ExportJob);

/** Heaps in MiB: that of descriptions bounds what a file can make a reader allocate. */
const RUN_HEAP = 4096;
const DESCRIBE_HEAP = 512;

/** From a cancel to the kill, in milliseconds. */
const GRACE = 1000;

/** How long engines beside the first stay without work, in milliseconds. */
const REST = 2000;

/** Problems that say nothing about the file that was being described. */
const PASSING = new Set(['engine/no-start', 'engine/unusable', 'engine/protocol']);

export class Supervisor {
  /** The first stays; the others come and go with the work. */
  private readonly runners: [Seat, ...Seat[]];
  private readonly describer: Seat;
  private readonly runnerOptions: EngineProcessOptions;
  private readonly describeTimeout: number;
  private readonly descriptions = new Map<string, Promise<Description>>();
  private lastId = 0;

  constructor(options: SupervisorOptions) {
    const process = {
      script: options.script,
      startTimeout: options.startTimeout ?? 30_000,
      ...(options.node !== undefined && { node: options.node }),
    };
    this.runnerOptions = { ...process, backend: options.backend ?? 'onnxruntime', heap: RUN_HEAP };
    this.runners = [new Seat(this.runnerOptions)];
    // Reading a header runs no model.
    this.describer = new Seat({ ...process, backend: 'reference', heap: DESCRIBE_HEAP });
    this.describeTimeout = options.describeTimeout ?? 10_000;
  }

  /**
   * Computes one step into the store. Steps that are asked for at the same time run side by side, an engine each.
   *
   * @throws EngineError with the problem, when the step failed or the engine died; finished blocks stay in the store
   */
  run(job: Job, signal?: AbortSignal, onProgress?: (progress: Progress) => void): Promise<'finished' | 'cancelled'> {
    return this.work({ type: 'run', ...job }, `"${job.title}" was computed`, signal, answer => {
      if (answer.type === 'progress') onProgress?.(answer);
      return answer.type === 'finished' ? answer.type : undefined;
    });
  }

  /**
   * Writes complete results to a file.
   *
   * @throws EngineError with the problem; what was there before is still there then
   */
  export(job: ExportJob, signal?: AbortSignal): Promise<Exported | 'cancelled'> {
    return this.work({ type: 'export', ...job }, `${job.path} was written`, signal, answer =>
      answer.type === 'exported' ? answer : undefined,
    );
  }

  /**
   * What is inside a model or a data file, from its header. Remembered until the file changes.
   *
   * @param call a format or a source, its paths replaced by keys of `files`
   * @throws EngineError when the file cannot be read, or not in time or memory
   */
  async describe(call: Call, files: Readonly<Record<string, string>>): Promise<Description> {
    const states = await Promise.all(
      Object.entries(files).map(async ([key, path]) => {
        const state = await stat(path).catch(() => undefined);
        if (state?.isDirectory()) return [key, path, await folderState(path)];
        return [key, path, state?.size, state?.mtimeMs];
      }),
    );
    const question = JSON.stringify([call, states]);
    let description = this.descriptions.get(question);
    if (!description) {
      description = this.describeNow(call, files);
      this.descriptions.set(question, description);
      description.catch((error: unknown) => {
        if (!(error instanceof EngineError) || PASSING.has(error.problem.code)) this.descriptions.delete(question);
      });
    }
    return description;
  }

  /** Versions of the running engine; empty before the first step. */
  get versions(): Readonly<Record<string, string>> {
    return this.runners[0].versions;
  }

  /** Ends the processes. The next use starts new ones. */
  async dispose(): Promise<void> {
    await Promise.all([...this.runners, this.describer].map(seat => seat.leave()));
  }

  private freeRunner(): Seat {
    const free = this.runners.find(seat => seat.free) ?? new Seat(this.runnerOptions, REST);
    if (!this.runners.includes(free)) this.runners.push(free);
    return free;
  }

  /** One request to an engine, which can be cancelled. `resultOf` gives the result that an answer brings. */
  private work<T>(
    request: NumberedLater,
    activity: string,
    signal: AbortSignal | undefined,
    resultOf: (answer: Answer) => T | undefined,
  ): Promise<T | 'cancelled'> {
    return this.freeRunner().use(async process => {
      if (signal?.aborted) return 'cancelled';
      const id = ++this.lastId;
      let kill: NodeJS.Timeout | undefined;
      const cancel = (): void => {
        process.send({ type: 'cancel', id });
        kill = setTimeout(() => process.fail({ code: 'engine/cancelled', message: 'Cancelled.' }), GRACE);
      };
      signal?.addEventListener('abort', cancel);
      try {
        return await new Promise<T | 'cancelled'>((resolve, reject) => {
          process.listen(
            id,
            answer => {
              const result = resultOf(answer);
              if (result !== undefined) resolve(result);
              else if (answer.type === 'cancelled') resolve(answer.type);
              else if (answer.type === 'failed') reject(new EngineError(answer.problem));
            },
            error => {
              if (signal?.aborted) resolve('cancelled');
              else reject(new EngineError(during(error.problem, activity)));
            },
          );
          process.send({ id, ...request });
        });
      } finally {
        clearTimeout(kill);
        signal?.removeEventListener('abort', cancel);
        process.unlisten(id);
      }
    });
  }

  private describeNow(call: Call, files: Readonly<Record<string, string>>): Promise<Description> {
    const what = Object.values(files).join(', ') || call.call;
    return this.describer.use(async process => {
      const id = ++this.lastId;
      const late = setTimeout(
        () =>
          process.fail({
            code: 'describe/timeout',
            message: `There was no answer within ${this.describeTimeout / 1000} s.`,
            place: what,
            remedy: 'Check that the file is what its format says, and that its disk answers.',
          }),
        this.describeTimeout,
      );
      try {
        return await new Promise<Description>((resolve, reject) => {
          process.listen(
            id,
            answer => {
              if (answer.type === 'described') resolve(answer.description);
              else if (answer.type === 'failed') reject(new EngineError(answer.problem));
            },
            error => reject(new EngineError(during(error.problem, `the header of ${what} was read`))),
          );
          process.send({ type: 'describe', id, call, files: { ...files } });
        });
      } finally {
        clearTimeout(late);
        process.unlisten(id);
      }
    });
  }
}

/** The place of one process: started on first use and after a death, used by one request at a time. */
class Seat {
  private occupant: EngineProcess | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private resting: NodeJS.Timeout | undefined;

  /** @param rest milliseconds without work after which the process ends; it stays where none are given */
  constructor(
    private readonly options: EngineProcessOptions,
    private readonly rest?: number,
  ) {}

  /** Whether nothing is done or waits here. */
  get free(): boolean {
    return this.waiting === 0;
  }

  get versions(): Readonly<Record<string, string>> {
    return this.occupant?.versions ?? {};
  }

  use<T>(work: (process: EngineProcess) => Promise<T>): Promise<T> {
    clearTimeout(this.resting);
    this.waiting++;
    const turn = this.queue.then(async () => {
      try {
        if (!this.occupant?.alive) this.occupant = await EngineProcess.start(this.options);
        return await work(this.occupant);
      } finally {
        this.waiting--;
        if (this.free && this.rest !== undefined) this.resting = setTimeout(() => void this.leave(), this.rest).unref();
      }
    });
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  async leave(): Promise<void> {
    clearTimeout(this.resting);
    const occupant = this.occupant;
    this.occupant = undefined;
    if (occupant?.alive) await occupant.exit();
  }
}

/** A death, with what was going on at the time. */
function during(problem: Problem, activity: string): Problem {
  return {
    ...problem,
    message: `${problem.message} This happened while ${activity}.`,
    place: problem.place ?? activity,
  };
}
