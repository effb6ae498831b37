import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { writeOnnx } from '../../../server/src/engine/graph/onnx.js';
import type { Graph } from '../../../server/src/engine/graph/graph.js';
import { describeModel } from '../../../server/src/engine/models/describe.js';
import { ModelDescription } from '../../../server/src/protocol.js';
import { network } from '../methods/networks.js';
import { call, PLANTED, Workbench } from '../methods/workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(referenceExecutor);
});
afterAll(() => bench.remove());

/** As a hover asks: without an input, because nobody has said yet what it is. */
async function describeGraph(graph: Graph): Promise<ModelDescription> {
  const path = join(bench.folder, 'described.onnx');
  await writeFile(path, writeOnnx(graph));
  return describeFile(path);
}
const describeFile = (path: string) => describeModel(call('format', 'onnx', { path: 'hash' }), { hash: path });

describe('describeModel', () => {
  it('says what is in the file of the example, in the form of the protocol', async () => {
    const description = await describeFile(PLANTED);
    expect(ModelDescription.parse(description)).toEqual(description);
    expect(description).toMatchObject({
      format: 'ONNX, operator set 17',
      producer: expect.stringContaining('pytorch') as string,
      inputs: [{ name: 'dna', type: 'float32', shape: ['batch', 4, 100] }],
      outputs: [{ name: 'logit', shape: ['batch', 1] }],
      parameters: 4 * 32 * 11 + 32 + 32 * 32 * 5 + 32 + 160 * 32 + 32 + 32 + 1,
      dna: { length: 100, layout: 'channels_first', ambiguous: false },
      notes: [],
    });
    expect(description.operators).toContainEqual({ operator: 'Conv', count: 2, known: true, gradient: 'exact' });
    expect(description.activations.map(({ operator }) => operator)).toEqual(['Relu', 'Relu', 'Relu']);
  });

  it('lists activations last first', async () => {
    const { activations } = await describeGraph(network({ length: 20, ending: 'Sigmoid' }));
    expect(activations.map(({ operator }) => operator)).toEqual(['Sigmoid', 'Relu', 'Relu']);
  });

  it('finds the layout, and says when it could be either', async () => {
    const last = await describeGraph(network({ length: 20, layout: 'channels_last' }));
    expect(last.dna).toEqual({ length: 20, layout: 'channels_last', ambiguous: false });
    const square: Graph = { ...network({ length: 20 }), inputs: [{ name: 'x', type: 'float32', shape: ['n', 4, 4] }] };
    expect((await describeGraph(square)).dna).toMatchObject({ length: 4, ambiguous: true });
  });

  it('says why an input is no DNA', async () => {
    const table: Graph = { ...network({ length: 20 }), inputs: [{ name: 'x', type: 'float32', shape: ['n', 765] }] };
    const { dna, notes } = await describeGraph(table);
    expect(dna).toBeUndefined();
    expect(notes).toMatchObject([{ level: 'information', code: 'model/input' }]);
  });

  it('lists operators without a gradient or unknown to the engine instead of failing', async () => {
    const graph = network({ length: 20 });
    const strange: Graph = {
      ...graph,
      nodes: graph.nodes.map(node => (node.operator === 'Relu' ? { ...node, operator: 'FancyRelu' } : node)),
    };
    expect((await describeGraph(strange)).operators).toContainEqual({
      operator: 'FancyRelu',
      count: 2,
      known: false,
      gradient: 'refused',
      reason: 'unknown operator',
    });
  });
});
