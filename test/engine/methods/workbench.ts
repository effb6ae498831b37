/** Steps of the engine without a process around it: a temporary store, models and sequences made on the spot. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEntry, type Category } from '../../../server/src/catalog/index.js';
import type { Executor } from '../../../server/src/engine/backends/executor.js';
import { interpret } from '../../../server/src/engine/backends/reference.js';
import type { Graph } from '../../../server/src/engine/graph/graph.js';
import { writeOnnx } from '../../../server/src/engine/graph/onnx.js';
import { addGradient } from '../../../server/src/engine/methods/passes.js';
import { ScalarModel } from '../../../server/src/engine/models/model.js';
import { runAttribution } from '../../../server/src/engine/steps/attribution.js';
import { runBenchmark } from '../../../server/src/engine/steps/benchmark.js';
import { runCorrection } from '../../../server/src/engine/steps/correction.js';
import { runData } from '../../../server/src/engine/steps/data.js';
import { runMetric } from '../../../server/src/engine/steps/metric.js';
import { isMotifStage, runMotifStage } from '../../../server/src/engine/steps/motifs.js';
import { runTraining } from '../../../server/src/engine/steps/training.js';
import type { StepContext } from '../../../server/src/engine/steps/step.js';
import type { Call, Json, Target, Task } from '../../../server/src/protocol.js';
import type { ResultMeta } from '../../../server/src/store/result.js';
import { ResultStore } from '../../../server/src/store/store.js';

/** The network of the example: planted motifs in 100 nt, a logit out. */
export const PLANTED = join(import.meta.dirname, '../../../examples/planted_motifs.onnx');

/** A catalog call as the plan writes it: what is not given has its default. */
export function call(category: Category, name: string, given: Readonly<Record<string, Json>> = {}): Call {
  const entry = findEntry(category, name);
  if (entry === undefined) throw new Error(`the catalog has no ${category} ${name}`);
  const unknown = Object.keys(given).find(parameter => !(parameter in entry.parameters));
  if (unknown !== undefined) throw new Error(`${name} has no parameter ${unknown}`);
  const defaults = Object.entries(entry.parameters).flatMap(([parameter, { default: value }]) =>
    value === undefined ? [] : [[parameter, value as Json] as const],
  );
  return { call: name, category, parameters: { ...Object.fromEntries(defaults), ...given } };
}

export const dna = (length: number): Call => call('alphabet', 'dna', { length });

/** Integrated gradients from a reference. */
export const path = (baseline: Call, given: Readonly<Record<string, Json>> = {}): Call =>
  call('method', 'integrated_gradients', { baseline, ...given });

/** The graph with an open batch axis, as an exporter writes it. */
export function openBatch(graph: Graph): Graph {
  const open = (headers: Graph['inputs']) => headers.map(h => ({ ...h, shape: ['batch', ...h.shape.slice(1)] }));
  return { ...graph, inputs: open(graph.inputs), outputs: open(graph.outputs) };
}

/** One-hot rows of sequences of A, C, G and T: [sequence, position, base]. */
export const encode = (...sequences: readonly string[]): Float32Array =>
  Float32Array.from(sequences.flatMap(s => [...s].flatMap(letter => [...'ACGT'].map(base => Number(letter === base)))));

/** A stored result: its metadata and arrays. */
export interface Result {
  readonly key: string;
  readonly meta: ResultMeta;
  readonly arrays: Readonly<Record<string, Float32Array | Float64Array>>;
}

export interface RunOptions {
  readonly executor?: Executor;
  readonly signal?: AbortSignal;
  /** Called at every report. */
  readonly progress?: StepContext['progress'];
  /** Sets results of the same task apart; the same name goes on with what is there. */
  readonly run?: string;
}

export class Workbench {
  private counter = 0;
  private readonly files: Record<string, string> = {};

  private constructor(
    readonly folder: string,
    readonly store: ResultStore,
    private readonly executor: Executor,
  ) {}

  static async create(executor: Executor): Promise<Workbench> {
    const folder = await mkdtemp(join(tmpdir(), 'explainome-methods-'));
    return new Workbench(folder, await ResultStore.open(folder), executor);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  /** Content hash → path of every file that was named. */
  get paths(): Readonly<Record<string, string>> {
    return this.files;
  }

  /** The hash of the content by which calls name a file. */
  async file(path: string): Promise<string> {
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    this.files[hash] = path;
    return hash;
  }

  /** An ONNX model: a file, or a graph that is written to one. */
  async model(source: string | Graph, length: number, given: Readonly<Record<string, Json>> = {}): Promise<Call> {
    let place = source;
    if (typeof place !== 'string') {
      place = join(this.folder, `model${++this.counter}.onnx`);
      await writeFile(place, writeOnnx(source as Graph));
    }
    return call('format', 'onnx', { path: await this.file(place), input: dna(length), ...given });
  }

  /** The logit of a model, or another target of it. */
  async target(
    source: string | Graph,
    length: number,
    target: Call = call('target', 'logit'),
    given: Readonly<Record<string, Json>> = {},
  ): Promise<Target> {
    return { target, model: await this.model(source, length, given) };
  }

  load(target: Target): Promise<ScalarModel> {
    return ScalarModel.load(target, this.files);
  }

  /** The key of a data set of these sequences. */
  async sequences(...sequences: readonly string[]): Promise<string> {
    const fasta = join(this.folder, `sequences${++this.counter}.fa`);
    await writeFile(fasta, sequences.map((sequence, i) => `>s${i}\n${sequence}\n`).join(''));
    return (await this.data(call('source', 'fasta', { path: await this.file(fasta) }))).key;
  }

  data(source: Call | string, stages: readonly Call[] = [], options?: RunOptions): Promise<Result> {
    return this.run({ kind: 'data', source, stages: [...stages] }, options);
  }

  explain(method: Call, target: Target, data: string, options?: RunOptions): Promise<Result> {
    return this.run({ kind: 'attribution', method, target, data }, options);
  }

  correct(name: string, attribution: Result, options?: RunOptions): Promise<Result> {
    return this.run(
      { kind: 'correction', correction: call('correction', name), attribution: attribution.key },
      options,
    );
  }

  /** The networks of an ensemble are trained first, as the plan has it. */
  async run(task: Task, options: RunOptions = {}): Promise<Result> {
    if (task.kind !== 'training' || task.networks !== undefined) return this.step(task, options);
    const members = Number(task.training.parameters['members']);
    if (members === 1) return this.step(task, options);
    const training = { ...task.training, parameters: { ...task.training.parameters, members: 1 } };
    const networks: string[] = [];
    for (let member = 1; member <= members; member++)
      networks.push((await this.step({ ...task, training, member }, options)).key);
    return this.step({ ...task, networks }, options);
  }

  private async step(
    task: Task,
    { executor = this.executor, signal, progress, run = '' }: RunOptions,
  ): Promise<Result> {
    const key = createHash('sha256')
      .update(`${JSON.stringify(task)} ${run}`)
      .digest('hex');
    const stopped = signal ?? new AbortController().signal;
    const context: StepContext = {
      key,
      title: `${task.kind} under test`,
      store: this.store,
      files: this.files,
      executor,
      signal: stopped,
      versions: {},
      progress: progress ?? (() => undefined),
      checkpoint: () => {
        stopped.throwIfAborted();
        return Promise.resolve();
      },
    };
    await runTask(task, context);
    const meta = await this.store.meta(key);
    if (meta === undefined) throw new Error(`the ${task.kind} step left no result`);
    const arrays: Record<string, Float32Array | Float64Array> = {};
    for (const { name } of meta.arrays) arrays[name] = await (await this.store.array(key, name)).read();
    return { key, meta, arrays };
  }
}

function runTask(task: Task, context: StepContext): Promise<void> {
  switch (task.kind) {
    case 'data':
      return runData(task, context);
    case 'attribution':
      return runAttribution(task, context);
    case 'correction':
      return (isMotifStage(task) ? runMotifStage : runCorrection)(task, context);
    case 'metric':
      return runMetric(task, context);
    case 'benchmark':
      return runBenchmark(task, context);
    case 'training':
      return runTraining(task, context);
  }
}

/** f and ∂f/∂x of one input [position, base] at a time, by the float64 interpreter. */
export function oracle(model: ScalarModel): {
  f: (x: Float32Array | Float64Array) => number;
  gradient: (x: Float32Array | Float64Array) => Float64Array;
} {
  const graph = model.build(1);
  const { builder, x: input, f } = graph;
  const forward = builder.finish([f]);
  const slope = addGradient(graph, input);
  const backward = builder.finish([slope]);
  const evaluate = (of: Graph, output: string, x: Float32Array | Float64Array): Float64Array =>
    interpret(of, { [input]: { type: 'float32', shape: [1, model.length, 4], data: Float64Array.from(x) } }).get(
      output,
    )!.data;
  return { f: x => evaluate(forward, f, x)[0]!, gradient: x => evaluate(backward, slope, x) };
}
