/** Methods that show a layer instead of the input: its values, and its values times the gradient of the target by them. */
import type { layer_activation, layer_gradient_x_activation } from '../../../catalog/methods/index.js';
import type { ResultAxis } from '../../../store/result.js';
import type { ScalarGraph } from '../../models/model.js';
import { findLayer } from '../../transforms/layers.js';
import { batchSize } from '../batch.js';
import { blockRowsFor, type Method, type MethodContext, type PreparedMethod } from '../method.js';
import { addGradient, Pass } from '../passes.js';

/** The axes of a layer behind the batch axis. What they mean is known of masked layers alone. */
export function layerAxes(shape: readonly number[], layer: string, { trained }: MethodContext): ResultAxis[] {
  const labels = trained?.units[layer];
  return shape.map((size, axis) => ({
    name: shape.length === 1 ? 'unit' : `axis ${axis + 1}`,
    size,
    ...(labels?.length === size && shape.length === 1 && { labels: [...labels] }),
  }));
}

async function onLayer(
  context: MethodContext,
  name: string,
  finish: (graph: ScalarGraph, value: string) => string,
  unit?: string,
): Promise<PreparedMethod> {
  const { model, executor, passed } = context;
  const graph = model.build(batchSize(model));
  const { value, shape } = findLayer(graph.builder, [graph.f], name);
  const pass = await Pass.compile(model, executor, graph, finish(graph, value));
  return {
    produces: 'activation',
    axes: layerAxes(shape, name, context),
    ...(unit !== undefined && { unit }),
    arrays: [],
    blockRows: blockRowsFor(1),
    ignoresOutputs: true,
    explain: async ({ x }) => ({ map: await pass.run(x, passed) }),
    notes: () => [],
    release: () => pass.release(),
  };
}

export const layerActivation: Method<typeof layer_activation> = (context, { layer }) =>
  onLayer(context, layer, (_, value) => value, 'activation');

export const layerGradientXActivation: Method<typeof layer_gradient_x_activation> = (context, { layer }) =>
  onLayer(context, layer, (graph, value) => graph.builder.add('Mul', [value, addGradient(graph, value)]));
