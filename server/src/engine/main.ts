/**
 * The engine process: answers `EngineRequest`s from its parent with `EngineMessage`s. One step runs at a time; results go
 * to the store, never through messages.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BACKENDS, EngineRequest, type EngineMessage, type ExecutorOptions, type Problem } from '../protocol.js';
import { StoreError } from '../store/error.js';
import { ResultStore } from '../store/store.js';
import type { Executor } from './backends/executor.js';
import { onnxruntimeExecutor } from './backends/onnxruntime.js';
import { referenceExecutor } from './backends/reference.js';
import { scoped } from './backends/scoped.js';
import { tfjsExecutor } from './backends/tfjs.js';
import { SOURCES, describeSource } from './data/sources.js';
import { runExport } from './export/exports.js';
import { Failure } from './failure.js';
import { describeModel } from './models/describe.js';
import { selfTest } from './self-test.js';
import { runAttribution } from './steps/attribution.js';
import { runBenchmark } from './steps/benchmark.js';
import { runCorrection } from './steps/correction.js';
import { runData } from './steps/data.js';
import { runMetric } from './steps/metric.js';
import { isMotifStage, runMotifStage } from './steps/motifs.js';
import { runTraining } from './steps/training.js';
import { Cancelled, type StepContext } from './steps/step.js';

declare const EXPLAINOME_VERSION: string;

const EXECUTORS: Readonly<Record<(typeof BACKENDS)[number], (options: ExecutorOptions) => Promise<Executor>>> = {
  onnxruntime: ({ threads }) => onnxruntimeExecutor(threads),
  tfjs: () => tfjsExecutor(),
  reference: () => Promise.resolve(referenceExecutor),
};

/** Progress is sent at most this often, in milliseconds. */
const PROGRESS_INTERVAL = 100;

/** Executors by backend and threads: what one step has compiled serves the next. */
const executors = new Map<string, Promise<Executor>>();

function executorFor({ executor, task }: Extract<EngineRequest, { type: 'run' }>): Promise<Executor> {
  // What a network becomes may depend on the threads of its training, so these follow from the experiment alone.
  const threads = task.kind === 'training' ? Number(task.training.parameters['threads']) : executor.threads;
  const name = `${executor.backend} ${threads}`;
  const known = executors.get(name) ?? EXECUTORS[executor.backend]({ ...executor, threads });
  executors.set(name, known);
  return known;
}

const running = new Map<number, AbortController>();
let last: Promise<void> = Promise.resolve();

function send(message: EngineMessage): void {
  process.send?.(message);
}

function problemOf(error: unknown): Problem {
  if (error instanceof Failure) return error.problem;
  if (error instanceof StoreError)
    return {
      code: error.code,
      message: error.message,
      place: error.place,
      ...(error.remedy && { remedy: error.remedy }),
    };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: 'engine/defect',
    message: `the engine failed unexpectedly: ${message}`,
    remedy: 'This is a defect of Explainome: please report it with the experiment.',
  };
}

async function run(request: Extract<EngineRequest, { type: 'run' }>): Promise<void> {
  const { id, task } = request;
  const controller = running.get(id)!;
  const { signal } = controller;
  let executor: ReturnType<typeof scoped> | undefined;
  try {
    executor = scoped(await executorFor(request));
    let reported = 0;
    const context: StepContext = {
      key: request.key,
      title: request.title,
      store: await ResultStore.open(request.store),
      files: request.files,
      executor,
      signal,
      versions: {
        explainome: EXPLAINOME_VERSION,
        node: process.version,
        ...(executor.name === 'reference' ? {} : { [executor.name]: executor.version }),
        platform: `${process.platform}-${process.arch}`,
      },
      progress: (done, total, passes) => {
        const now = performance.now();
        if (now - reported < PROGRESS_INTERVAL && done < total) return;
        reported = now;
        send({ type: 'progress', id, done, total, unit: 'examples', ...(passes !== undefined && { passes }) });
      },
      checkpoint: checkpointOf(signal),
    };
    await context.checkpoint();
    switch (task.kind) {
      case 'data':
        await runData(task, context);
        break;
      case 'attribution':
        await runAttribution(task, context);
        break;
      case 'correction':
        await (isMotifStage(task) ? runMotifStage : runCorrection)(task, context);
        break;
      case 'metric':
        await runMetric(task, context);
        break;
      case 'benchmark':
        await runBenchmark(task, context);
        break;
      case 'training':
        await runTraining(task, context);
        break;
    }
    send({ type: 'finished', id });
  } catch (error) {
    if (error instanceof Cancelled || signal.aborted) send({ type: 'cancelled', id });
    else send({ type: 'failed', id, problem: problemOf(error) });
  } finally {
    await executor?.release();
    running.delete(id);
  }
}

async function exportResults(request: Extract<EngineRequest, { type: 'export' }>): Promise<void> {
  const { id, call, path, files, experiment } = request;
  const { signal } = running.get(id)!;
  try {
    const store = await ResultStore.open(request.store);
    const checkpoint = checkpointOf(signal);
    await checkpoint();
    const written = await runExport({ call, path, files, store, version: EXPLAINOME_VERSION, experiment, checkpoint });
    send({ type: 'exported', id, ...written });
  } catch (error) {
    if (error instanceof Cancelled || signal.aborted) send({ type: 'cancelled', id });
    else send({ type: 'failed', id, problem: problemOf(error) });
  } finally {
    running.delete(id);
  }
}

/** Lets messages in, and stops when one of them was a cancel. */
function checkpointOf(signal: AbortSignal): () => Promise<void> {
  return async () => {
    await nextTurn();
    if (signal.aborted) throw new Cancelled();
  };
}

async function describe({ id, call, files }: Extract<EngineRequest, { type: 'describe' }>): Promise<void> {
  try {
    const description = call.call in SOURCES ? await describeSource(call, files) : await describeModel(call, files);
    send({ type: 'described', id, description });
  } catch (error) {
    send({ type: 'failed', id, problem: problemOf(error) });
  }
}

function answer(message: unknown): void {
  const parsed = EngineRequest.safeParse(message);
  if (!parsed.success) {
    console.error(`a message that is no engine request was ignored: ${parsed.error.message}`);
    return;
  }
  const request = parsed.data;
  switch (request.type) {
    case 'run':
      running.set(request.id, new AbortController());
      last = last.then(() => run(request));
      break;
    case 'export':
      running.set(request.id, new AbortController());
      last = last.then(() => exportResults(request));
      break;
    case 'cancel':
      running.get(request.id)?.abort();
      break;
    case 'describe':
      void describe(request);
      break;
    case 'exit':
      process.disconnect();
      break;
  }
}

/** An orphaned engine ends: without its parent nobody reads its results. */
process.on('disconnect', () => process.exit(0));

try {
  // Its parent says which executor it will need; no other has to work here.
  const backend = BACKENDS.find(name => name === process.argv[2]) ?? BACKENDS[0];
  const versions = await selfTest(await EXECUTORS[backend]({ backend, threads: 1 }));
  process.on('message', answer);
  send({ type: 'ready', versions: { explainome: EXPLAINOME_VERSION, node: process.version, ...versions } });
} catch (error) {
  send({ type: 'unusable', problem: problemOf(error) });
  if (process.connected) process.disconnect();
}
