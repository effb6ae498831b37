/** Trained networks as ONNX files, one for each member of an ensemble. */
import type { onnx as specification } from '../../catalog/exports.js';
import { writeOnnx } from '../graph/onnx.js';
import { trainedGraphs } from '../steps/models.js';
import type { Export } from './export.js';

export const onnx: Export<typeof specification> = async ({ of }, { store, path, create, checkpoint }) => {
  const { graphs } = await trainedGraphs(of, store);
  for (const [member, graph] of graphs.entries()) {
    await checkpoint();
    const name = graphs.length === 1 ? path : path.replace(/\.onnx$/i, `.${member + 1}$&`);
    await (await create(name)).write(writeOnnx(graph));
  }
  return [];
};
