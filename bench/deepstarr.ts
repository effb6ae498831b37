/**
 * A network of DeepSTARR's form beside eager PyTorch on the same weights, in turns within one run: forward passes, input
 * gradients, integrated gradients, DeepLIFT, in-silico mutagenesis; time to compile, and memory by number of examples.
 * Medians of five on THREADS threads, by default two; PyTorch takes the better of batches of 64 and 256 rows. Without a Python
 * that has PyTorch (PYTHON names another than python3) its columns stay empty.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onnxruntimeExecutor } from '../server/src/engine/backends/onnxruntime.js';
import { writeOnnx } from '../server/src/engine/graph/onnx.js';
import { PathPass } from '../server/src/engine/methods/gradient/integrated-gradients.js';
import { Pass } from '../server/src/engine/methods/passes.js';
import { SubstitutionPass } from '../server/src/engine/methods/perturbation/substitutions.js';
import { TwinPass } from '../server/src/engine/methods/rules/deep-lift.js';
import { ScalarModel } from '../server/src/engine/models/model.js';
import { Stream } from '../server/src/engine/random/philox.js';
import { deepStarrLike, LENGTH } from './networks/deepstarr-like.js';

const REPEATS = 5;
const THREADS = Number(process.env['THREADS'] ?? 2);
const STEPS = 50;
const REFERENCES = 20;
const BATCHES = [64, 256];
const SIZE = LENGTH * 4;
const SELF = fileURLToPath(import.meta.url);
/** Rows that a task explains, few enough for a second or so in PyTorch. */
const ROWS = { forward: 1024, gradient: 512, path: 64, deep_lift: 16, mutagenesis: 4 };
type TaskName = keyof typeof ROWS;
const MOST_ROWS = Math.max(...Object.values(ROWS));

function randomSequences(rows: number): Float32Array {
  const stream = new Stream(1, 'bench');
  const x = new Float32Array(rows * SIZE);
  for (let position = 0; position < rows * LENGTH; position++) x[position * 4 + stream.integer(4)] = 1;
  return x;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const nothing = (): Promise<void> => Promise.resolve();

/** The process that runs the PyTorch side; undefined where there is no Python with PyTorch. */
async function startPyTorch(folder: string) {
  const python = process.env['PYTHON'] ?? 'python3';
  if (spawnSync(python, ['-c', 'import torch']).status !== 0) return undefined;
  const child = spawn(python, ['bench/deepstarr_torch.py', folder, String(THREADS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const next = await lines.next();
    if (next.done) throw new Error('the PyTorch side ended early');
    return next.value;
  };
  const version = await line();
  return {
    version,
    seconds: async (task: TaskName, batch: number): Promise<number> => {
      child.stdin.write(`${task} ${ROWS[task]} ${batch}\n`);
      return Number(await line());
    },
    end: () => child.stdin.end(),
  };
}

/** Largest memory, in megabytes, of a process of its own that takes the gradients of so many rows. */
function memoryOf(folder: string, rows: number): number {
  const { stdout, status, stderr } = spawnSync(process.execPath, [SELF, folder, String(rows)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

async function loadModel(folder: string): Promise<ScalarModel> {
  const path = join(folder, 'network.onnx');
  const input = { call: 'dna', category: 'alphabet' as const, parameters: { length: LENGTH } };
  return ScalarModel.load(
    {
      target: { call: 'output', category: 'target', parameters: { index: 0 } },
      model: { call: 'onnx', category: 'format', parameters: { path, input, layout: 'auto', order: 'ACGT' } },
    },
    { [path]: path },
  );
}

async function measureMemory(folder: string, rows: number): Promise<void> {
  const gradient = await Pass.gradient(await loadModel(folder), await onnxruntimeExecutor(THREADS));
  const block = randomSequences(256);
  for (let done = 0; done < rows; done += 256) await gradient.run(block, nothing);
  console.log(process.resourceUsage().maxRSS / 1024);
}

async function compare(folder: string): Promise<void> {
  const { graph, weights } = deepStarrLike();
  const x = randomSequences(MOST_ROWS);
  await writeFile(join(folder, 'network.onnx'), writeOnnx(graph));
  await writeFile(join(folder, 'weights.bin'), weights);
  await writeFile(join(folder, 'x.bin'), x);
  const model = await loadModel(folder);
  const executor = await onnxruntimeExecutor(THREADS);
  const forward = await Pass.forward(model, executor);
  const gradientCompile = await seconds(async () => (await Pass.gradient(model, executor)).release());
  const gradient = await Pass.gradient(model, executor);
  const path = new PathPass(model, executor, 'riemann');
  const twin = await TwinPass.create(model, executor);
  const substitutions = await SubstitutionPass.create(model, executor);

  const outputs = await forward.run(x.subarray(0, ROWS.mutagenesis * SIZE), nothing);
  const rows = (task: TaskName): Float32Array => x.subarray(0, ROWS[task] * SIZE);
  const pairs = (count: number): number[] => Array.from({ length: count }, (_, pair) => pair);
  const pathBlock = { x: rows('path'), references: new Float32Array(ROWS.path * SIZE), copies: 1 };
  const references = randomSequences(ROWS.deep_lift * REFERENCES);
  const liftBlock = { x: rows('deep_lift'), references, copies: REFERENCES };
  const work: Readonly<Record<TaskName, () => Promise<unknown>>> = {
    forward: () => forward.run(rows('forward'), nothing),
    gradient: () => gradient.run(rows('gradient'), nothing),
    path: () => path.run(pathBlock, pairs(ROWS.path), STEPS, nothing),
    deep_lift: () => twin.run(liftBlock, pairs(ROWS.deep_lift * REFERENCES), nothing),
    mutagenesis: () => substitutions.run(rows('mutagenesis'), outputs, nothing),
  };
  const titles: Readonly<Record<TaskName, string>> = {
    forward: 'forward pass',
    gradient: 'forward pass and input gradient',
    path: `integrated gradients, ${STEPS} steps`,
    deep_lift: `DeepLIFT, ${REFERENCES} references`,
    mutagenesis: `in-silico mutagenesis, ${3 * LENGTH} mutants`,
  };
  const torch = await startPyTorch(folder);
  if (torch === undefined) console.log('no Python with PyTorch: its columns are skipped');
  console.log(
    `${'milliseconds per sequence'.padEnd(42)} ${'ours'.padStart(9)} ${(torch?.version ?? '').padStart(20)}  ratio`,
  );
  for (const task of Object.keys(ROWS) as TaskName[]) {
    const ours: number[] = [];
    // The points of 64 paths fill no larger batch: PyTorch's loop takes one point of all paths at a time.
    const batches = task === 'path' ? [ROWS.path] : BATCHES;
    const theirs = batches.map((): number[] => []);
    for (let repeat = 0; repeat <= REPEATS; repeat++) {
      const mine = await seconds(work[task]);
      const others: number[] = [];
      if (torch) for (const batch of batches) others.push(await torch.seconds(task, batch));
      if (repeat === 0) continue;
      ours.push(mine);
      others.forEach((value, i) => theirs[i]!.push(value));
    }
    const perRow = (value: number): string => ((1000 * value) / ROWS[task]).toFixed(3);
    const best = torch && Math.min(...theirs.map(median));
    const columns = [perRow(median(ours)).padStart(9), best ? perRow(best).padStart(20) : ''.padStart(20)];
    console.log(titles[task].padEnd(42), ...columns, best ? (best / median(ours)).toFixed(1).padStart(6) : '');
  }
  torch?.end();
  console.log('time to compile the gradient, seconds'.padEnd(42), gradientCompile.toFixed(2).padStart(9));
  for (const examples of [1024, 4096]) {
    const title = `largest memory, ${examples} gradients, MB`;
    console.log(title.padEnd(42), memoryOf(folder, examples).toFixed(0).padStart(9));
  }
}

if (process.argv[1] === SELF) await measureMemory(process.argv[2]!, Number(process.argv[3]));
else {
  const folder = await mkdtemp(join(tmpdir(), 'explainome-bench-'));
  try {
    await compare(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
