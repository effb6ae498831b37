/** Operators of older operator sets (11 and later) in the form of the common one. Source: ONNX operator changelog. */
import { Failure } from '../../failure.js';
import {
  floats,
  integers,
  numberAttribute,
  numbersAttribute,
  readsOf,
  textAttribute,
  type Attributes,
  type Graph,
  type Node,
  type Tensor,
} from '../../graph/graph.js';

/** The state of a normalisation: nodes and constants written so far. */
class Normaliser {
  readonly nodes: Node[] = [];
  readonly initializers: Map<string, Tensor>;
  private counter = 0;

  /** @param scope stands in front of new names, so that those of a branch are its own */
  constructor(
    readonly graph: Graph,
    readonly opset: number,
    private readonly scope: string,
  ) {
    this.initializers = new Map(graph.initializers);
  }

  constant(tensor: Tensor): string {
    const name = `${this.scope}normalised~${++this.counter}`;
    this.initializers.set(name, tensor);
    return name;
  }

  /** A new node in place of `origin`, whose name it keeps in part. */
  emit(
    origin: Node,
    operator: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output?: string,
  ): string {
    const name = output === undefined ? `${origin.name}~${++this.counter}` : origin.name;
    this.nodes.push({ operator, name, inputs, outputs: [output ?? name], attributes });
    return output ?? name;
  }

  place(node: Node): string {
    return `node ${node.name} (${node.operator}) of ${this.graph.name}`;
  }
}

/** Brings every node to the form of operator set 18; composite operators to their newest. */
export function normalise(graph: Graph, opset: number, scope = ''): Graph {
  const state = new Normaliser(graph, opset, scope);
  for (const node of graph.nodes) {
    const rule = RULES[node.operator];
    if (rule !== undefined) rule(state, node);
    else if (node.operator.startsWith('Reduce')) attributeToInput(state, node, 'axes', 18);
    else state.nodes.push(node);
  }
  return { ...graph, nodes: state.nodes, initializers: state.initializers };
}

type Rule = (state: Normaliser, node: Node) => void;

/** Moves an attribute to the second input, where operator sets since `since` have it. */
function attributeToInput(state: Normaliser, node: Node, name: string, since: number): void {
  const values = numbersAttribute(node, name);
  const { [name]: _moved, ...attributes } = node.attributes;
  if (state.opset >= since || values === undefined) state.nodes.push(node);
  else state.nodes.push({ ...node, inputs: [node.inputs[0]!, state.constant(integers(values))], attributes });
}

/** Before operator set 13 softmax normalised over all axes from `axis` on at once. */
const softmax: Rule = (state, node) => {
  if (state.opset >= 13) {
    state.nodes.push(node);
    return;
  }
  const [x] = node.inputs as [string];
  const axis = numberAttribute(node, 'axis', 1);
  const flat = state.emit(node, 'Flatten', [x], { axis });
  const y = state.emit(node, node.operator, [flat], { axis: -1 });
  state.emit(node, 'Reshape', [y, state.emit(node, 'Shape', [x])], {}, node.outputs[0]);
};

const refuseOutputs =
  (operator: string): Rule =>
  (state, node) => {
    const used = new Set([...state.graph.nodes.flatMap(readsOf), ...state.graph.outputs.map(output => output.name)]);
    const extra = node.outputs.slice(1).find(output => used.has(output));
    // Dropout has the switch as its third input, BatchNormalization as an attribute.
    const flag = operator === 'Dropout' ? state.initializers.get(node.inputs[2] ?? '')?.data[0] : undefined;
    if (extra !== undefined || flag === 1 || numberAttribute(node, 'training_mode', 0) === 1)
      throw new Failure('model/training', `${operator} is in training mode`, {
        place: state.place(node),
        remedy: 'Call model.eval() before exporting.',
      });
    state.nodes.push({
      ...node,
      inputs: operator === 'Dropout' ? node.inputs.slice(0, 1) : node.inputs,
      outputs: node.outputs.slice(0, 1),
    });
  };

const RULES: Readonly<Record<string, Rule>> = {
  Constant: (state, node) => {
    const { value, value_float, value_int, value_floats, value_ints } = node.attributes;
    let tensor: Tensor | undefined;
    if (typeof value === 'object' && 'data' in value) tensor = value;
    else if (typeof value_float === 'number') tensor = floats([], [value_float]);
    else if (typeof value_int === 'number') tensor = integers([value_int], []);
    else if (Array.isArray(value_floats)) tensor = floats([value_floats.length], value_floats.map(Number));
    else if (Array.isArray(value_ints)) tensor = integers(value_ints.map(Number));
    if (tensor === undefined)
      throw new Failure('model/constant', `a Constant holds ${Object.keys(node.attributes).join(', ') || 'nothing'}`, {
        place: state.place(node),
      });
    state.initializers.set(node.outputs[0]!, tensor);
  },
  Cast: (state, node) => {
    state.nodes.push({ ...node, attributes: { to: textAttribute(node, 'to', '') } });
  },
  If: (state, node) => {
    const branches = Object.entries(node.attributes).map(([name, value]) => [
      name,
      typeof value === 'object' && 'nodes' in value ? normalise(value, state.opset, `${value.name}/`) : value,
    ]);
    state.nodes.push({ ...node, attributes: Object.fromEntries(branches) as Attributes });
  },
  Squeeze: (state, node) => attributeToInput(state, node, 'axes', 13),
  Unsqueeze: (state, node) => attributeToInput(state, node, 'axes', 13),
  ReduceSum: (state, node) => attributeToInput(state, node, 'axes', 13),
  Split: (state, node) => {
    if (node.inputs.length > 1 || state.opset >= 18) state.nodes.push(node);
    else if (numbersAttribute(node, 'split') !== undefined) attributeToInput(state, node, 'split', 13);
    else state.nodes.push({ ...node, attributes: { ...node.attributes, num_outputs: node.outputs.length } });
  },
  Softmax: softmax,
  LogSoftmax: softmax,
  Dropout: refuseOutputs('Dropout'),
  BatchNormalization: refuseOutputs('BatchNormalization'),
  /** Dilations came with operator set 19, and with them a composite form. */
  AveragePool: (state, node) => {
    const { dilations, ...attributes } = node.attributes;
    const plain = !Array.isArray(dilations) || dilations.every(dilation => dilation === 1);
    state.nodes.push(plain ? { ...node, attributes } : node);
  },
  /** Before operator set 21 scale and bias were given per group. */
  GroupNormalization: (state, node) => {
    if (state.opset >= 21) {
      state.nodes.push(node);
      return;
    }
    const [x = '', ...parameters] = node.inputs;
    const channels = state.emit(node, 'Shape', [x], { start: 1, end: 2 });
    const groups = numberAttribute(node, 'num_groups', 1);
    const one = state.constant(integers([1]));
    const perGroup = state.emit(node, 'Div', [channels, state.constant(integers([groups]))]);
    const repeated = parameters.map(parameter => {
      const column = state.emit(node, 'Unsqueeze', [parameter, one]);
      const wide = state.emit(node, 'Expand', [column, state.emit(node, 'Concat', [one, perGroup], { axis: 0 })]);
      return state.emit(node, 'Reshape', [wide, channels]);
    });
    state.nodes.push({ ...node, inputs: [x, ...repeated] });
  },
};
