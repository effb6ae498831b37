/**
 * An engine for tests: speaks the protocol and writes small results of the right shapes into the store, but computes
 * nothing. `does-crash`, `does-hang` … in a step's title make it misbehave; `FAKE_ENGINE_START` spoils its start.
 */
import type { EngineMessage, EngineRequest, ModelDescription } from '../../server/src/protocol.js';
import { ResultStore } from '../../server/src/store/store.js';
import type { ResultFacts, ResultLayout } from '../../server/src/store/writer.js';

type Run = Extract<EngineRequest, { type: 'run' }>;

const EXAMPLES = 4;
const LENGTH = 3;
const EPOCHS = 2;
const cancelled = new Set<number>();

function say(message: EngineMessage): void {
  process.send?.(message);
}

function axes(...sizes: number[]): { name: string; size: number }[] {
  return sizes.map((size, index) => ({ name: ['example', 'position', 'base'][index] ?? 'axis', size }));
}

async function run(request: Run): Promise<void> {
  const { id } = request;
  const behaviour = /does[-_](\w+)/.exec(request.title)?.[1];
  if (behaviour === 'crash') process.kill(process.pid, 'SIGSEGV');
  if (behaviour === 'lose' && request.title.endsWith('network 2')) process.kill(process.pid, 'SIGSEGV');
  if (behaviour === 'exit') {
    console.error('the last words');
    process.exit(7);
  }
  if (behaviour === 'hang') for (;;);
  if (behaviour === 'rubbish') process.send?.({ type: 'finished', id: 'not a number' });
  if (behaviour === 'refuse') {
    say({ type: 'failed', id, problem: { code: 'model/unknown-operator', message: 'No rule for Einsum.' } });
    return;
  }
  if (behaviour === 'wait') {
    while (!cancelled.has(id)) await new Promise(resolve => setTimeout(resolve, 5));
    say({ type: 'cancelled', id });
    return;
  }
  say({ type: 'progress', id, done: 1, total: EXAMPLES, unit: 'examples' });
  await compute(request);
  say({ type: 'finished', id });
}

async function compute({ store: folder, key, task, title }: Run): Promise<void> {
  const store = await ResultStore.open(folder);
  const map = { name: 'array', type: 'float32', axes: axes(EXAMPLES, LENGTH, 4), unit: 'logit' } as const;
  const scores = { name: 'scores', type: 'float32', axes: axes(EXAMPLES, LENGTH), unit: 'logit' } as const;
  const predictions = { name: 'predictions', type: 'float32', axes: axes(EXAMPLES), unit: 'logit' } as const;
  const units = { name: 'array', type: 'float32', axes: axes(EXAMPLES), unit: 'share' } as const;
  const draws = { name: 'draws', type: 'float64', axes: axes(1, 2000), unit: 'share' } as const;
  const cells = task.kind === 'benchmark' ? task.cells.length : 0;
  const table = { name: 'array', type: 'float32', axes: axes(cells, 4), unit: 'number' } as const;
  const networks = task.kind === 'training' ? (task.networks?.length ?? 1) : 0;
  const fields = { name: 'field', size: 1, labels: ['loss'] };
  const curveAxes = [{ name: 'member', size: networks }, { name: 'epoch', size: EPOCHS }, fields];
  const curves = { name: 'array', type: 'float32', axes: curveAxes, unit: 'loss' } as const;
  const arrays: ResultLayout['arrays'] = {
    data: [map],
    attribution: [map, scores, predictions],
    correction: [map, scores],
    training: [curves],
    benchmark: [table],
    metric: [units, draws],
  }[task.kind];
  const rows = cells || networks || EXAMPLES;
  const writer = await store.begin(key, { arrays, rows, blockRows: rows });
  if (writer === 'complete') return;
  const common = { title, task, notes: [], versions: { engine: 'fake' }, seconds: 2, passes: 4 };
  let facts: ResultFacts;
  if (task.kind === 'data') {
    // Position p of example e holds base (e + p) mod 4; the last position of the last example is an N.
    const oneHot = new Float32Array(EXAMPLES * LENGTH * 4);
    for (let at = 0; at < EXAMPLES * LENGTH - 1; at++)
      oneHot[4 * at + ((Math.floor(at / LENGTH) + (at % LENGTH)) % 4)] = 1;
    oneHot.fill(0.25, oneHot.length - 4);
    await writer.write('array', 0, oneHot);
    await writer.writeRows({
      columns: ['name', 'label', 'source', 'index'],
      rows: Array.from({ length: EXAMPLES }, (_, index) => [`seq${index}`, '1', '0123abcd', String(index)]),
    });
    facts = { ...common, kind: 'data' };
  } else if (task.kind === 'metric') {
    await writer.write('array', 0, Float32Array.of(0.1, 0.2, 0.3, 0.4));
    await writer.write(
      'draws',
      0,
      Float64Array.from({ length: 2000 }, (_, draw) => draw / 1999),
    );
    facts = {
      ...common,
      kind: 'metric',
      statistics: {
        median: { value: 0.5, n: EXAMPLES, interval: [0.025, 0.975] },
        max: { value: 0.9, n: EXAMPLES },
      },
      drawn: ['median'],
    };
  } else if (task.kind === 'training') {
    const losses = Float32Array.from({ length: networks * EPOCHS }, (_, at) => 0.5 / ((at % EPOCHS) + 1));
    await writer.write('array', 0, losses);
    await writer.writeRows({
      columns: ['name'],
      rows: Array.from({ length: networks }, (_, at) => [`member ${at + 1}`]),
    });
    facts = { ...common, kind: 'training', map: 'curve' };
  } else if (task.kind === 'benchmark') {
    // Later cells have higher values.
    await writer.write(
      'array',
      0,
      Float32Array.from(Array.from({ length: cells }, (_, cell) => [cell / 100, NaN, NaN, 4]).flat()),
    );
    facts = { ...common, kind: 'benchmark' };
  } else {
    await writer.write(
      'scores',
      0,
      Float32Array.from({ length: EXAMPLES * LENGTH }, (_, index) => index),
    );
    if (task.kind === 'attribution') await writer.write('predictions', 0, Float32Array.of(1, 2, 3, 4));
    facts = { ...common, kind: task.kind, map: 'gradient' };
  }
  await writer.complete(facts);
}

/** A model of 3 bp, or of 30 when its file is called long; with an operator without gradient when it is called refused. */
function model({ files }: Extract<EngineRequest, { type: 'describe' }>): ModelDescription {
  const [path = ''] = Object.values(files);
  const refused = path.includes('refused');
  const unknown = path.includes('unknown');
  const length = path.includes('long') ? 30 : 3;
  return {
    is: 'model',
    format: 'fake',
    inputs: [{ name: 'input', type: 'float32', shape: ['batch', 4, length] }],
    outputs: [{ name: 'output', type: 'float32', shape: ['batch', 1] }],
    operators: [
      { operator: 'Conv', count: 2, known: true, gradient: 'exact' },
      ...(refused
        ? [{ operator: 'Einsum', count: 1, known: true, gradient: 'refused' as const, reason: 'it has no derivative' }]
        : []),
      ...(unknown
        ? [{ operator: 'Fancy', count: 1, known: false, gradient: 'refused' as const, reason: 'unknown operator' }]
        : []),
    ],
    parameters: 1234,
    activations: [{ operator: 'Sigmoid', node: 'last' }],
    dna: { length, layout: 'channels_first', ambiguous: false },
    notes: [],
  };
}

process.on('message', (request: EngineRequest) => {
  if (request.type === 'exit') process.exit(0);
  if (request.type === 'cancel') cancelled.add(request.id);
  if (request.type === 'run') void run(request);
  if (request.type === 'export') say({ type: 'exported', id: request.id, paths: [request.path], notes: [] });
  if (request.type === 'describe') {
    if (request.call.call === 'hang') for (;;);
    if (request.call.call === 'greedy') {
      const hoard: number[][] = [];
      for (;;) hoard.push(new Array<number>(1_000_000).fill(hoard.length));
    }
    if (request.call.category === 'format') {
      say({ type: 'described', id: request.id, description: model(request) });
      return;
    }
    const notes = [{ level: 'information' as const, code: 'fake/process', message: String(process.pid) }];
    say({
      type: 'described',
      id: request.id,
      description: { is: 'data', examples: 4, complete: true, alphabet: 'dna', length: [3, 3], notes },
    });
  }
});

switch (process.env.FAKE_ENGINE_START) {
  case 'unusable':
    say({ type: 'unusable', problem: { code: 'engine/unusable', message: 'The runtime does not load.' } });
    break;
  case 'die':
    process.exit(3);
    break;
  case 'silent':
    break;
  default:
    say({ type: 'ready', versions: { engine: 'fake' } });
}
