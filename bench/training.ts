/**
 * Seconds for an epoch of training: paper 2's shallow network (Majdandzic, Rajesh & Koo 2023) on 14,000 sequences of 200 nt,
 * batches of 100, Adam, dropout and batch normalisation, on one thread, as `train` has it, and on two; beside eager PyTorch on two
 * threads, where a Python has it. In turns, by the clock and in processor time, which other work on the machine disturbs less.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { onnxruntimeExecutor } from '../server/src/engine/backends/onnxruntime.js';
import { planNetwork } from '../server/src/engine/models/network/network.js';
import { Stream } from '../server/src/engine/random/philox.js';
import { TrainingGraphs, trainMember, type Training } from '../server/src/engine/train/member.js';
import { OPTIMIZERS } from '../server/src/engine/train/optimizers.js';
import { drawWeights } from '../server/src/engine/train/weights.js';

const ROWS = 14_000;
const LENGTH = 200;
const REPEATS = 5;

const layer = (call: string, parameters: Readonly<Record<string, unknown>> = {}) => ({ call, parameters });
const convolution = (filters: number, kernel: number) =>
  layer('conv1d', {
    filters,
    kernel,
    stride: 1,
    padding: 'same',
    dilation: 1,
    groups: 1,
    activation: 'linear',
    bias: true,
  });
const norm = layer('batch_norm', { epsilon: 0.001, momentum: 0.99, scale: true, center: true });
const dropout = (rate: number) => layer('dropout', { rate });
const pool = (size: number) => layer('max_pool', { size, stride: size, padding: 'valid' });
const dense = (units: number, activation = 'linear') => layer('dense', { units, activation, bias: true });
const shallow = [
  ...[convolution(24, 19), norm, layer('relu'), dropout(0.1), pool(50)],
  ...[convolution(48, 3), norm, layer('relu'), dropout(0.2), pool(2)],
  ...[layer('flatten'), dense(96), norm, layer('relu'), dropout(0.5), dense(1, 'sigmoid')],
];

const stream = new Stream(1, 'bench');
const x = new Float32Array(ROWS * LENGTH * 4);
for (let position = 0; position < ROWS * LENGTH; position++) x[position * 4 + stream.integer(4)] = 1;
const y = Float32Array.from({ length: ROWS }, (_, row) => row % 2);
const none = { x: new Float32Array(0), y: new Float32Array(0) };
const call = { call: 'layers', category: 'network', parameters: { layers: shallow } } as never;
const task: Training = {
  network: planNetwork(call, [4, LENGTH]),
  space: { alphabet: 'dna', shape: [LENGTH, 4] },
  training: { x, y },
  validation: none,
  batch: 100,
  epochs: 1,
  objective: { loss: 'binary_cross_entropy', l2: 1e-6, angle: 0 },
  course: { rate: 0.001, schedule: undefined, patience: undefined },
  monitor: 'loss',
  optimizer: OPTIMIZERS.adam({ rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weight_decay: 0 }),
  bootstrap: false,
  seed: 1,
};

const compiled = new Map<number, TrainingGraphs>();
for (const threads of [1, 2])
  compiled.set(threads, await TrainingGraphs.compile(task, await onnxruntimeExecutor(threads)));

interface Epoch {
  readonly seconds: number;
  readonly processor: number;
}

async function epoch(threads: number): Promise<Epoch> {
  const weights = drawWeights(task.network.parameters, 'he_normal', 1, 0);
  const [used, started] = [process.cpuUsage(), performance.now()];
  await trainMember(task, compiled.get(threads)!, weights, 0, () => Promise.resolve());
  const { user, system } = process.cpuUsage(used);
  return { seconds: (performance.now() - started) / 1000, processor: (user + system) / 1e6 };
}

const torch = spawnSync('python3', ['-c', 'import torch']).status === 0;
function torchEpoch(): Epoch {
  const words = execFileSync('python3', ['bench/training_torch.py', '2'], { encoding: 'utf8' }).split(' ');
  const [seconds = NaN, processor = NaN] = words.map(Number);
  return { seconds, processor };
}

const trainers = new Map<string, () => Epoch | Promise<Epoch>>([
  ['one thread', () => epoch(1)],
  ['two threads', () => epoch(2)],
  ...(torch ? [['PyTorch, two threads', torchEpoch] as const] : []),
]);
const times = new Map([...trainers.keys()].map(name => [name, [] as Epoch[]]));
await epoch(1);
await epoch(2);
for (let repeat = 0; repeat < REPEATS; repeat++)
  for (const [name, train] of trainers) times.get(name)!.push(await train());

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
console.log(`seconds per epoch, medians of ${REPEATS}: by the clock, processor time`);
for (const [name, epochs] of times) {
  const by = (of: keyof Epoch): string => median(epochs.map(one => one[of])).toFixed(2);
  console.log(`${name.padEnd(22)} ${by('seconds')}  ${by('processor')}`);
}
if (!torch) console.log('PyTorch: skipped, no python3 with torch');
