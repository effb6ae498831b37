/**
 * Attribution throughput on the example's network (100 nt, two convolutions): passes per second of a forward pass, of an
 * input gradient, and of integrated gradients with 32 steps. `attribution_torch.py` measures the same in PyTorch.
 */
import { existsSync } from 'node:fs';
import { onnxruntimeExecutor } from '../server/src/engine/backends/onnxruntime.js';
import { batchSize } from '../server/src/engine/methods/batch.js';
import { Pass } from '../server/src/engine/methods/passes.js';
import { PathPass } from '../server/src/engine/methods/gradient/integrated-gradients.js';
import { ScalarModel } from '../server/src/engine/models/model.js';
import { Stream } from '../server/src/engine/random/philox.js';
import type { Target } from '../server/src/protocol.js';

const ROWS = 4096;
const REPEATS = 7;

const target = (path: string): Target => ({
  target: { call: 'logit', category: 'target', parameters: {} },
  model: {
    call: 'onnx',
    category: 'format',
    parameters: {
      path,
      input: { call: 'dna', category: 'alphabet', parameters: { length: 100 } },
      layout: 'auto',
      order: 'ACGT',
    },
  },
});

/** Passes per second: the median over repeats, after one that does not count. */
async function rate(passes: number, work: () => Promise<unknown>): Promise<number> {
  const seconds: number[] = [];
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    const started = performance.now();
    await work();
    if (repeat > 0) seconds.push((performance.now() - started) / 1000);
  }
  return passes / seconds.sort((a, b) => a - b)[Math.floor(REPEATS / 2)]!;
}

function randomSequences(rows: number, length: number): Float32Array {
  const stream = new Stream(1, 'bench');
  const x = new Float32Array(rows * length * 4);
  for (let position = 0; position < rows * length; position++) x[position * 4 + stream.integer(4)] = 1;
  return x;
}

const executor = await onnxruntimeExecutor(0);
const nothing = (): Promise<void> => Promise.resolve();
console.log('network               batch     forward/s    gradient/s   path points/s');
for (const path of ['examples/planted_motifs.onnx', '../shared/data/peaks/ctcf_vs_pu1.onnx']) {
  if (!existsSync(path)) continue;
  const model = await ScalarModel.load(target(path), { [path]: path });
  const x = randomSequences(ROWS, model.length);
  const references = new Float32Array(x.length).fill(0.25);
  const pairs = Array.from({ length: ROWS / 32 }, (_, pair) => pair);
  const forward = await Pass.forward(model, executor);
  const gradient = await Pass.gradient(model, executor);
  const walk = new PathPass(model, executor, 'gauss_legendre');
  const columns = [
    await rate(ROWS, () => forward.run(x, nothing)),
    await rate(ROWS, () => gradient.run(x, nothing)),
    await rate(ROWS, () => walk.run({ x, references, copies: 1 }, pairs, 32, nothing)),
  ];
  const name = path.split('/').at(-1)!.replace('.onnx', '');
  console.log(
    [name.padEnd(20), String(batchSize(model)).padStart(6), ...columns.map(v => v.toFixed(0).padStart(13))].join(' '),
  );
}
