/** Trained networks as ONNX files, one for each member of an ensemble. */
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { onnx as specification } from '../../catalog/exports.js';
import { Failure } from '../failure.js';
import type { Graph } from '../graph/graph.js';
import { readOnnx, writeOnnx } from '../graph/onnx.js';
import { trainedGraphs } from '../steps/models.js';
import type { Export } from './export.js';

export const onnx: Export<typeof specification> = async ({ of }, { store, path, create, checkpoint }) => {
  const { graphs } = await trainedGraphs(of, store);
  for (const [member, graph] of graphs.entries()) {
    await checkpoint();
    const name = graphs.length === 1 ? path : path.replace(/\.onnx$/i, `.${member + 1}$&`);
    const file = await create(name);
    await file.write(writeOnnx(graph));
    file.readBack(async written => requireWeights(await readFile(written), graph));
  }
  return [];
};

/** @throws Failure where a file holds other weights */
function requireWeights(found: Buffer, { initializers }: Graph): void {
  const read = readOnnx(found, 'the file').graph.initializers;
  for (const [name, tensor] of initializers)
    if (!isDeepStrictEqual(read.get(name), tensor))
      throw new Failure('export/different', `the weights ${name} are others`);
}
