/**
 * One engine process: started, spoken to in validated messages, and ended. What it says before it is ready, its death
 * and its last words on stderr become problems that a user can act on.
 */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import type { EngineMessage, ExecutorOptions, Problem } from '../protocol.js';
import { EngineMessage as EngineMessageSchema, EngineRequest } from '../protocol.js';

/** A problem of a run, raised by the engine or by what happened to it. */
export class EngineError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
    this.name = 'EngineError';
  }
}

export interface EngineProcessOptions {
  /** Path of the engine's script. */
  readonly script: string;
  /** The Node to run it; the current one when absent. */
  readonly node?: string;
  /** The executor that has to work for the process to be of use. */
  readonly backend: ExecutorOptions['backend'];
  /** Limit of the JavaScript heap in MiB. Arrays and the native runtime lie outside it. */
  readonly heap: number;
  /** How long the self-test may take, in milliseconds. */
  readonly startTimeout: number;
}

type Answer = Extract<EngineMessage, { id: number }>;

/** How a process ended, when it was not asked to. */
interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const LAST_WORDS = 4000;

export class EngineProcess {
  /** Versions of the engine and its runtime, once it is ready. */
  versions: Readonly<Record<string, string>> = {};

  private readonly child: ChildProcess;
  private readonly listeners = new Map<
    number,
    { answer: (answer: Answer) => void; end: (error: EngineError) => void }
  >();
  private readonly ended: Promise<void>;
  private lastWords = '';
  private gone = false;
  private begun: { ready: () => void; failed: (error: EngineError) => void } | undefined;

  /**
   * Starts an engine and waits for its self-test.
   *
   * @throws EngineError when it cannot be started or says that it is unusable
   */
  static async start(options: EngineProcessOptions): Promise<EngineProcess> {
    const engine = new EngineProcess(options);
    const late = setTimeout(() => {
      engine.fail({
        code: 'engine/no-start',
        message: `The engine was not ready after ${options.startTimeout / 1000} s.`,
        remedy: START_REMEDY,
      });
    }, options.startTimeout);
    try {
      await new Promise<void>((ready, failed) => {
        engine.begun = { ready, failed };
      });
    } finally {
      engine.begun = undefined;
      clearTimeout(late);
    }
    return engine;
  }

  private constructor(options: EngineProcessOptions) {
    this.child = fork(options.script, [options.backend], {
      execArgv: [`--max-old-space-size=${options.heap}`],
      serialization: 'advanced',
      // Its output must not end up in the caller's: stdout of the command line may be one JSON document.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Out of the terminal's process group: Ctrl-C is for the supervisor, which cancels in an orderly way.
      detached: process.platform !== 'win32',
      ...(options.node !== undefined && { execPath: options.node }),
    });
    this.child.stderr?.setEncoding('utf8').on('data', (words: string) => {
      this.lastWords = (this.lastWords + words).slice(-LAST_WORDS);
    });
    this.child.on('message', message => this.receive(message));
    this.ended = new Promise(resolve => {
      this.child.once('error', error => {
        this.fail({
          code: 'engine/no-start',
          message: `The engine cannot be started: ${error.message}.`,
          remedy: START_REMEDY,
        });
        resolve();
      });
      // `close` comes after stderr has been read to its end, `exit` may come before.
      this.child.once('close', (code, signal) => {
        this.fail(this.problemOf({ code, signal }));
        resolve();
      });
    });
  }

  /** False once it has ended or was told to. */
  get alive(): boolean {
    return !this.gone;
  }

  /** Sends a message that the schema has checked. */
  send(request: EngineRequest): void {
    // A closed channel is followed by `close`, which tells everybody who waits.
    if (this.child.connected) this.child.send(EngineRequest.parse(request), () => undefined);
  }

  /** Hears the answers to one request, and of the end if it comes first. */
  listen(id: number, answer: (answer: Answer) => void, end: (error: EngineError) => void): void {
    this.listeners.set(id, { answer, end });
  }

  unlisten(id: number): void {
    this.listeners.delete(id);
  }

  /** Ends the process at once; everybody who waits hears of `problem`. */
  fail(problem: Problem): void {
    this.child.kill('SIGKILL');
    if (this.gone) return;
    this.gone = true;
    this.tell(problem);
  }

  /** Asks the process to end, kills it when it does not within a second, and waits until it is gone. */
  async exit(): Promise<void> {
    this.send({ type: 'exit' });
    this.gone = true;
    this.tell({ code: 'engine/stopped', message: 'The engine was stopped.' });
    const late = setTimeout(() => this.child.kill('SIGKILL'), 1000);
    await this.ended;
    clearTimeout(late);
  }

  private tell(problem: Problem): void {
    const error = new EngineError(problem);
    this.begun?.failed(error);
    for (const { end } of this.listeners.values()) end(error);
    this.listeners.clear();
  }

  private receive(raw: unknown): void {
    const parsed = EngineMessageSchema.safeParse(raw);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      this.fail({
        code: 'engine/protocol',
        message: `The engine sent a message that the protocol does not have (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}).`,
        remedy: 'Engine and supervisor are of different versions: install Explainome again.',
      });
      return;
    }
    const message = parsed.data;
    if (message.type === 'ready') {
      this.versions = message.versions;
      this.begun?.ready();
    } else if (message.type === 'unusable') {
      this.fail({ remedy: START_REMEDY, ...message.problem, code: 'engine/unusable' });
    } else {
      this.listeners.get(message.id)?.answer(message);
    }
  }

  private problemOf({ code, signal }: Death): Problem {
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    const words = this.lastWords.trim().split('\n').at(-1);
    const said = words === undefined || words === '' ? '' : ` Its last words: ${words}`;
    if (this.begun) {
      return {
        code: 'engine/no-start',
        message: `The engine ended before it was ready (${how}).${said}`,
        remedy: START_REMEDY,
      };
    }
    const memory = signal === 'SIGKILL' || this.lastWords.includes('heap out of memory');
    return {
      code: memory ? 'engine/out-of-memory' : 'engine/crash',
      message: `The engine ended unexpectedly (${how}).${said}`,
      remedy: memory
        ? 'The machine has most likely run out of memory: close other programs, or use fewer threads or fewer examples. Finished blocks are kept: run again to go on.'
        : 'Finished blocks are kept: run again to go on. If it ends at the same place, run with the backend `reference` to find out whether the native runtime is at fault.',
    };
  }
}

const START_REMEDY =
  'Set `explainome.engine.node` to a Node.js of version 20.19 or later (on the command line: run xome with such a Node), or install Explainome again for this platform.';
