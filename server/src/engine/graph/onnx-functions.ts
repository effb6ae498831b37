/**
 * Functions that an ONNX file defines for itself, written out at their calls: their inner values get names of the call, and
 * attributes that refer to the caller's take its values. Source: ONNX IR specification, "Functions".
 */
import { Failure } from '../failure.js';
import type { AttributeMessage, FunctionMessage, GraphMessage, NodeMessage } from './onnx-messages.js';

type Rename = (name: string) => string;

/** The graph with every value renamed, also in graphs inside it. */
export function renamed(graph: GraphMessage, rename: Rename): GraphMessage {
  return {
    ...graph,
    node: (graph.node ?? []).map(node => renamedNode(node, rename)),
    initializer: (graph.initializer ?? []).map(tensor => ({ ...tensor, name: rename(tensor.name ?? '') })),
    output: (graph.output ?? []).map(value => ({ ...value, name: rename(value.name) })),
  };
}

const renamedNode = (node: NodeMessage, rename: Rename): NodeMessage => ({
  ...node,
  input: (node.input ?? []).map(rename),
  output: (node.output ?? []).map(rename),
  attribute: (node.attribute ?? []).map(each => (each.g ? { ...each, g: renamed(each.g, rename) } : each)),
});

const idOf = ({ domain = '', overload = '' }: NodeMessage, name: string): string => `${domain}:${name}:${overload}`;

/** Deeper than any exporter nests; a function that calls itself is no valid model. */
const DEEPEST = 64;

/**
 * @param opset version of the default operator set, which functions must share
 * @param file its name, for errors
 * @returns nodes without calls of the functions
 * @throws Failure `model/functions`
 */
export function inlineFunctions(
  nodes: readonly NodeMessage[],
  functions: readonly FunctionMessage[],
  opset: number,
  file: string,
): NodeMessage[] {
  const table = new Map(functions.map(each => [idOf(each, each.name ?? ''), each]));
  let calls = 0;

  const visit = (node: NodeMessage, depth: number): NodeMessage[] => {
    const called = table.get(idOf(node, node.opType ?? ''));
    if (called === undefined) {
      const attribute = (node.attribute ?? []).map(each =>
        each.g ? { ...each, g: { ...each.g, node: (each.g.node ?? []).flatMap(inner => visit(inner, depth)) } } : each,
      );
      return [{ ...node, attribute }];
    }
    const version = called.opsetImport?.find(set => !set.domain || set.domain === 'ai.onnx')?.version ?? opset;
    if (depth > DEEPEST || version !== opset)
      throw new Failure(
        'model/functions',
        depth > DEEPEST
          ? `the function ${called.name} calls itself`
          : `the function ${called.name} is written in operator set ${version}, the model in ${opset}`,
        { place: file, remedy: 'Inline the functions before saving: onnx.inliner.inline_local_functions(model).' },
      );
    const scope = `${node.name || called.name}~${++calls}`;
    return call(node, called, scope).flatMap(inner => visit(inner, depth + 1));
  };
  return nodes.flatMap(node => visit(node, 0));
}

/** The nodes of a function with the values and attributes of one call. */
function call(node: NodeMessage, called: FunctionMessage, scope: string): NodeMessage[] {
  const outer = new Map([
    ...(called.input ?? []).map((name, i) => [name, node.input?.[i] ?? ''] as const),
    ...(called.output ?? []).flatMap((name, i) => (node.output?.[i] ? [[name, node.output[i]] as const] : [])),
  ]);
  const rename = (name: string): string => (name === '' ? '' : (outer.get(name) ?? `${scope}/${name}`));
  const given = new Map([...(called.attributeProto ?? []), ...(node.attribute ?? [])].map(each => [each.name, each]));
  return (called.node ?? []).map((inner, i) => {
    const named = { ...inner, name: `${scope}/${inner.name || `${inner.opType}_${i}`}` };
    return renamedNode(withAttributes(named, given), rename);
  });
}

/** The node with references to attributes of the call replaced by their values; what the call leaves out is left out. */
function withAttributes(node: NodeMessage, given: ReadonlyMap<string, AttributeMessage>): NodeMessage {
  const attribute = (node.attribute ?? []).flatMap((each): AttributeMessage[] => {
    if (each.refAttrName) {
      const value = given.get(each.refAttrName);
      return value ? [{ ...value, name: each.name }] : [];
    }
    if (!each.g) return [each];
    return [{ ...each, g: { ...each.g, node: (each.g.node ?? []).map(inner => withAttributes(inner, given)) } }];
  });
  return { ...node, attribute };
}
