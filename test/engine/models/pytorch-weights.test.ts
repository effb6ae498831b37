/**
 * Weights of PyTorch in every container and type (`pytorch-weights/write.py`): ten random networks predict and differentiate as PyTorch
 * does, and what is code, damaged or of another network is refused by name.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { afterAll, describe, expect, it } from 'vitest';
import { interpret, toValue } from '../../../server/src/engine/backends/reference.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { GraphBuilder } from '../../../server/src/engine/graph/builder.js';
import { floats, sizeOf } from '../../../server/src/engine/graph/graph.js';
import { importPyTorch, type PyTorchOptions } from '../../../server/src/engine/models/pytorch.js';
import type { DeclaredNetwork } from '../../../server/src/engine/models/pytorch/declared.js';
import { differentiate } from '../../../server/src/engine/transforms/autodiff.js';
import { emit } from '../../../server/src/engine/transforms/specialise.js';
import { call } from '../methods/workbench.js';
import { CASES, survive } from '../data/survive.js';
import { expectClose } from '../ops/judge.js';

const FOLDER = join(import.meta.dirname, 'pytorch-weights');
const NETWORKS = readdirSync(FOLDER).filter(name => /^network\d+\.(?!json)/.test(name));

const scratch = mkdtempSync(join(tmpdir(), 'pytorch-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let count = 0;
function written(bytes: Uint8Array): string {
  const path = join(scratch, `${++count}.pt`);
  writeFileSync(path, bytes);
  return path;
}

type Layer = { readonly call: string; readonly layers?: readonly Layer[] } & Readonly<Record<string, unknown>>;

interface Expected {
  readonly kind: 'dna' | 'rows' | 'positions';
  readonly layers: readonly Layer[];
  readonly shape: readonly number[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly gradient: readonly number[];
}

/** Layers as a declared network: positions in front of channels where the network reads them so. */
function declared(layers: readonly Layer[], shape: readonly number[], kind: Expected['kind'] = 'dna'): DeclaredNetwork {
  const calls = (list: readonly Layer[]): ReturnType<typeof call>[] =>
    list.map(({ call: name, layers: inner, ...given }) =>
      call('layer', name, { ...(given as Parameters<typeof call>[2]), ...(inner && { layers: calls(inner) }) }),
    );
  const channelsLast = kind === 'positions';
  const input = (channelsLast ? [...shape].reverse() : shape) as unknown as DeclaredNetwork['input'];
  return { layers: call('network', 'layers', { layers: calls(layers) }), input, channelsLast };
}

const expectedOf = (file: string): Expected =>
  JSON.parse(readFileSync(join(FOLDER, `${file.split('.')[0]}.json`), 'utf8')) as Expected;

async function failure(path: string, options: PyTorchOptions = {}): Promise<Failure['problem']> {
  const error: unknown = await importPyTorch(path, options).catch((reason: unknown) => reason);
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`);
  return error.problem;
}

const dense = (units: number): Layer => ({ call: 'dense', units });

describe('networks of PyTorch', () => {
  it.each(NETWORKS)('%s: prediction and gradient', async file => {
    const { kind, layers, shape, x: values, y: prediction, gradient: slope } = expectedOf(file);
    const network = declared(layers, shape.slice(1), kind);
    const { graph, notes } = await importPyTorch(join(FOLDER, file), { network });
    expect(graph.inputs[0]!.shape).toEqual(['batch', ...shape.slice(1)]);
    expect(notes?.length).toBe(/half|bfloat|double/.test(file) ? 1 : 0);
    const builder = new GraphBuilder(file);
    const x = builder.input('x~', 'float32', shape);
    const [y] = emit(builder, graph, [x]) as [string];
    const ones = builder.constant(floats(builder.shape(y), new Float32Array(sizeOf(builder.shape(y))).fill(1)));
    const [gradient] = differentiate(builder, builder.finish([y]).nodes, new Map([[y, ones]]), [x]) as [string];
    const found = interpret(builder.finish([y, gradient]), { 'x~': toValue(floats(shape, values)) });
    expectClose(found.get(y)!.data, prediction, 1e-5, 'prediction');
    expectClose(found.get(gradient)!.data, slope, 1e-5, 'gradient');
  });

  it('views of one storage', async () => {
    for (const file of ['views.zip.pt', 'views.legacy.pt']) {
      const network = declared([dense(3), dense(2)], [2]);
      const { graph } = await importPyTorch(join(FOLDER, file), { network });
      const value = (name: string): number[] => [...(graph.initializers.get(name)!.data as Float32Array)];
      // Kernels are stored [out, in] and declared [in, out].
      expect(value('dense_1/kernel')).toEqual([0, 1, 2, 3, 4, 5]);
      expect(value('dense_1/bias')).toEqual([9, 11, 13]);
      expect(value('dense_2/kernel')).toEqual([15, 18, 16, 19, 17, 20]);
      expect(value('dense_2/bias')).toEqual([6, 5]);
    }
  });

  it('every type of numbers', async () => {
    const types = [
      'int8',
      'uint8',
      'int16',
      'int32',
      'int64',
      'uint16',
      'uint32',
      'float8_e4m3fn',
      'float8_e5m2',
      'bool',
    ];
    for (const type of types) {
      const network = { ...declared([dense(2)], [2]), modules: [type] };
      const { graph } = await importPyTorch(join(FOLDER, 'types.pt'), { network });
      const kernel = [...(graph.initializers.get('dense_1/kernel')!.data as Float32Array)];
      expect(kernel, type).toEqual(type === 'bool' ? [1, 1, 1, 0] : [type.startsWith('u') ? 3 : -3, 1, 2, 0]);
    }
  });
});

describe('refused', () => {
  it('code, by its name, before anything else of the file is read', async () => {
    const network = declared([dense(2)], [3]);
    const whole = await failure(join(FOLDER, 'whole.pt'), { network });
    expect(whole).toMatchObject({
      code: 'model/pickled-code',
      place: expect.stringContaining('whole.pt, byte') as string,
    });
    expect(whole.message).toContain('torch.nn.modules.container.Sequential');
    expect(whole.remedy).toContain('torch.save(model.state_dict()');
    const system = Buffer.from('\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.', 'latin1');
    const stacked = Buffer.from('\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.', 'latin1');
    const built = Buffer.from('\x80\x02c__builtin__\neval\n.', 'latin1');
    for (const bytes of [system, stacked, built])
      for (const file of [bytes, zipSync({ 'a/data.pkl': new Uint8Array(bytes) })])
        expect((await failure(written(file), { network })).code).toBe('model/pickled-code');
    const script = zipSync({ 'a/data.pkl': strToU8('.'), 'a/code/__torch__.py': strToU8('class A') });
    expect((await failure(written(script), { network })).code).toBe('model/torchscript');
  });

  it('other files', async () => {
    const archive = zipSync({ 'config.json': strToU8('{}') });
    for (const bytes of [archive, strToU8('\x89HDF'), strToU8(''), Buffer.from('\x80\x02K\x01.', 'latin1')])
      expect((await failure(written(bytes))).code).toBe('model/not-pytorch');
    const undeclared = await failure(join(FOLDER, 'network1.legacy.pt'));
    expect(undeclared.code).toBe('model/weights-only');
    expect(undeclared.message).toContain('layers([conv1d(');
  });

  it('a checkpoint without a state dict of that name', async () => {
    const path = join(FOLDER, 'network7.checkpoint.pt');
    const { message, remedy } = await failure(path, { key: 'model' });
    expect(message).toBe('the file has no state dict under "model"');
    expect(remedy).toBe('It has "state_dict".');
  });

  it('another network, with every tensor that differs', async () => {
    const path = join(FOLDER, 'views.zip.pt');
    const { message } = await failure(path, { network: declared([dense(4), dense(2), dense(1)], [2]) });
    expect(message).toBe(
      'network and file disagree: dense_1 declares weight [4, 2], bias [4], and a has weight [3, 2], bias [3]; ' +
        'dense_2 declares weight [2, 4], bias [2], and b has weight [2, 3], bias [2]; ' +
        'nothing in the file is left for dense_3 with weight [1, 2], bias [1]',
    );
    expect((await failure(path, { network: declared([dense(3)], [2]) })).message).toContain(
      'no layer is declared for b with weight [2, 3], bias [2]',
    );
    const unknown = { ...declared([dense(3)], [2]), modules: ['c'] };
    expect((await failure(path, { network: unknown })).remedy).toBe('It has "a", "b".');
    expect((await failure(path, { network: declared([{ call: 'graph_smoothing' }], [2]) })).message).toContain(
      'weights of PyTorch are not known for graph_smoothing',
    );
  });

  it('an order that a file sorted by name does not have, until it is said', async () => {
    const safe = (...names: string[]): string => {
      const entries = names.flatMap((name, i) => [
        [`${name}.weight`, { dtype: 'F32', shape: [1, 1], data_offsets: [8 * i, 8 * i + 4] }],
        [`${name}.bias`, { dtype: 'F32', shape: [1], data_offsets: [8 * i + 4, 8 * i + 8] }],
      ]);
      const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      const values = Float32Array.from({ length: 2 * names.length }, (_, i) => i);
      return written(Buffer.concat([length, header, Buffer.from(values.buffer)]));
    };
    const network = declared([dense(1), dense(1)], [1]);
    const first = async (path: string, modules?: string[]): Promise<unknown> => {
      const { graph } = await importPyTorch(path, { network: { ...network, ...(modules && { modules }) } });
      return graph.initializers.get('dense_1/kernel')!.data[0];
    };
    expect(await first(safe('fc.10', 'fc.2'))).toBe(2);
    const { code, message } = await failure(safe('head', 'body'), { network });
    expect(code).toBe('model/modules');
    expect(message).toContain('"body", "head" are applied');
    expect(await first(safe('head', 'body'), ['body', 'head'])).toBe(2);
  });
});

describe(`damaged weights (${CASES} of each)`, () => {
  const survives = (file: string, name: string, bytes: Buffer, pack?: (path: string, bytes: Buffer) => Buffer) => {
    const { layers, shape } = expectedOf(file);
    const network = declared(layers, shape.slice(1));
    return survive({
      name: `PyTorch, ${name}`,
      files: { [file]: bytes },
      ...(pack && { pack }),
      read: at => [() => importPyTorch(join(at, file), { network })],
    });
  };

  it.each([
    'network0.zip.pt',
    'network1.legacy.pt',
    'network2.safetensors',
    'network7.checkpoint.pt',
    'network8.protocol5.pt',
  ])('%s', file => survives(file, file, readFileSync(join(FOLDER, file))));

  it('a pickle before it is packed', () => {
    const members = unzipSync(readFileSync(join(FOLDER, 'network0.zip.pt')));
    const pickle = Object.keys(members).find(name => name.endsWith('data.pkl'))!;
    const pack = (_: string, bytes: Buffer): Buffer =>
      Buffer.from(zipSync({ ...members, [pickle]: bytes }, { level: 0 }));
    return survives('network0.zip.pt', 'a pickle', Buffer.from(members[pickle]!), pack);
  });
});
