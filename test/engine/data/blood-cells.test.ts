/** An experiment on real cells: a network trained on blood cells names the genes by which immunologists know them. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import type { Call, Json } from '../../../server/src/protocol.js';
import { call, Workbench } from '../methods/workbench.js';

const BLOOD = '../shared/data/expression/pbmc68k_reduced.zarr.zip';
const layer = (name: string, given: Readonly<Record<string, Json>> = {}): Call => call('layer', name, given);

describe.skipIf(!existsSync(BLOOD))('blood cells', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await Workbench.create(await onnxruntimeExecutor(1));
  });
  afterAll(() => bench.remove());

  it('are told apart by their markers', async () => {
    const source = call('source', 'anndata', { path: await bench.file(BLOOD), label: 'bulk_labels' });
    const part = (name: string): Call => call('stage', 'split', { part: name, seed: 1 });
    const [data, held] = [await bench.data(source, [part('train')]), await bench.data(source, [part('test')])];
    const trained = await bench.run({
      kind: 'training',
      training: call('training', 'train', {
        network: call('network', 'layers', {
          layers: [layer('dense', { units: 24, activation: 'relu' }), layer('dense', { units: 10 }), layer('softmax')],
        }) as unknown as Json,
        loss: 'cross_entropy',
        epochs: 20,
        batch: 32,
        seed: 4,
      }),
      data: data.key,
    });
    const model = { ...call('training', 'train', {}), call: 'trained', parameters: { of: trained.key } };
    const markers = async (label: number): Promise<string[]> => {
      const target = { target: call('target', 'class', { class: label }), model };
      const own = await bench.data(held.key, [call('stage', 'only_class', { class: label })]);
      const method = call('method', 'mean_attribution', { method: call('method', 'input_x_gradient'), sign: 'kept' });
      const { key, arrays } = await bench.explain(method, target, own.key);
      const names = (await bench.store.rows(key)).rows.map(([name]) => name!);
      const size = arrays['array']!.length / names.length;
      const score = (gene: number): number => arrays['array']![gene * size]!;
      return [...names.keys()]
        .sort((a, b) => score(b) - score(a))
        .slice(0, 20)
        .map(gene => names[gene]!);
    };
    // In the order of the file: 5 CD14+ Monocyte, 6 CD19+ B, 8 CD56+ NK.
    expect(await markers(5)).toEqual(expect.arrayContaining(['FCN1', 'LST1', 'S100A9']));
    expect(await markers(6)).toEqual(expect.arrayContaining(['CD79A', 'CD79B', 'MS4A1']));
    expect(await markers(8)).toEqual(expect.arrayContaining(['GNLY', 'GZMB', 'NKG7', 'PRF1']));
  });
});
