/** A model's forward graph in the form in which gradients of it are cheapest. Its inner values are not those of the file. */
import { GraphBuilder } from '../graph/builder.js';
import type { Graph } from '../graph/graph.js';
import type { ScalarGraph, ScalarModel } from '../models/model.js';
import { emit } from '../transforms/specialise.js';
import { streamline, type Purpose } from '../transforms/streamline.js';

/** x [batch, …shape of an example] → f [batch] */
export function streamlinedGraph(model: ScalarModel, batch: number, purpose: Purpose): Graph {
  const { builder, f } = model.build(batch);
  return streamline(builder.finish([f]), purpose);
}

/**
 * Adds the model to a builder as `ScalarModel.attach` does.
 *
 * @param x [batch, …shape of an example]
 * @returns f, [batch]
 */
export function attachStreamlined(model: ScalarModel, builder: GraphBuilder, x: string, purpose: Purpose): string {
  return emit(builder, streamlinedGraph(model, builder.shape(x)[0]!, purpose), [x])[0]!;
}

/** The forward graph for a batch, streamlined. */
export function buildStreamlined(model: ScalarModel, batch: number, purpose: Purpose): ScalarGraph {
  const builder = new GraphBuilder(model.name);
  const x = builder.input('explained~x', 'float32', [batch, ...model.shape]);
  const f = attachStreamlined(model, builder, x, purpose);
  return { builder, nodes: builder.finish([f]).nodes, x, f };
}
