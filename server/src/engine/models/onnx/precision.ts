/** Models in double precision as models in single precision, in which graphs run and are differentiated. */
import { floats, numbersOf, type Attributes, type AttributeValue, type Graph, type Tensor } from '../../graph/graph.js';

/** @returns the graph without float64; the same object where there is none */
export function inSinglePrecision(graph: Graph): Graph {
  let conversions = 0;
  const single = <T extends { readonly type: Tensor['type'] }>(value: T): T => {
    if (value.type !== 'float64') return value;
    conversions++;
    return { ...value, type: 'float32' };
  };
  const tensor = (value: Tensor): Tensor => {
    if (value.type !== 'float64') return value;
    conversions++;
    return floats(value.shape, numbersOf(value));
  };
  const attribute = (value: AttributeValue): AttributeValue => {
    if (value === 'float64') return single({ type: value }).type;
    if (typeof value !== 'object') return value;
    if ('data' in value) return tensor(value);
    return 'nodes' in value ? convert(value) : value;
  };
  const convert = (part: Graph): Graph => ({
    name: part.name,
    inputs: part.inputs.map(single),
    outputs: part.outputs.map(single),
    nodes: part.nodes.map(node => ({
      ...node,
      attributes: Object.fromEntries(
        Object.entries(node.attributes).map(([name, value]) => [name, attribute(value)]),
      ) satisfies Attributes,
    })),
    initializers: new Map([...part.initializers].map(([name, value]) => [name, tensor(value)])),
  });
  const converted = convert(graph);
  return conversions > 0 ? converted : graph;
}
