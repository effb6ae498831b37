/** What is inside a model file and what the engine can do with it. */
import type { Call, ModelDescription, Note, OperatorStatus } from '../../protocol.js';
import type { Files } from '../data/source.js';
import { Failure } from '../failure.js';
import { branchesOf, type Graph, type Node } from '../graph/graph.js';
import { OPERATORS } from '../ops/registry.js';
import { COMPOSITES } from '../transforms/composites/composites.js';
import { ruleStatuses, type RuleStatuses } from '../transforms/rules/status.js';
import { REARRANGING, SQUASHING } from '../transforms/target.js';
import { inputForm, readModel } from './model.js';
import { receptiveField } from './receptive-field.js';

const ACTIVATIONS = new Set(['Sigmoid', 'Softmax', 'LogSoftmax', 'Relu', 'Tanh', 'Softplus', 'Exp']);

/** @throws Failure when the file cannot be read; unknown operators are listed, not thrown */
export async function describeModel(call: Call, files: Files): Promise<ModelDescription> {
  const { graph, format, producer, notes: imported = [] } = await readModel(call, files);
  const notes: Note[] = [...imported];
  const dna = dnaForm(graph, notes);
  const squashing = graph.outputs.length === 1 ? squashingOf(graph, graph.outputs[0]!.name) : undefined;
  const reach = receptiveField(graph);
  return {
    is: 'model',
    format,
    ...(producer ? { producer } : {}),
    inputs: graph.inputs.map(({ name, type, shape }) => ({ name, type, shape: [...shape] })),
    outputs: graph.outputs.map(({ name, type, shape }) => ({ name, type, shape: [...shape] })),
    operators: operatorsOf(graph),
    parameters: [...graph.initializers.values()].reduce(
      (sum, { type, data }) => sum + (type.startsWith('float') ? data.length : 0),
      0,
    ),
    activations: graph.nodes
      .filter(node => ACTIVATIONS.has(node.operator))
      .map(({ operator, name }) => ({ operator, node: name }))
      .reverse(),
    ...(squashing ? { squashing: { operator: squashing.operator, node: squashing.name } } : {}),
    ...(reach === undefined ? {} : { receptiveField: reach }),
    ...(dna ? { dna } : {}),
    notes,
  };
}

/** Every operator with its status; occurrences of one that differ stand apart, with the names of their nodes. */
function operatorsOf(graph: Graph): OperatorStatus[] {
  const moved = dependentValues(graph);
  const kinds = new Map<string, { rules: RuleStatuses; nodes: string[] }[]>();
  for (const { operator, name, inputs } of graph.nodes.flatMap(inBranches)) {
    const rules = ruleStatuses(
      operator,
      inputs.map(input => moved.has(input)),
    );
    const known = kinds.get(operator) ?? [];
    const same = known.find(group => JSON.stringify(group.rules) === JSON.stringify(rules));
    if (same) same.nodes.push(name);
    else known.push({ rules, nodes: [name] });
    kinds.set(operator, known);
  }
  return [...kinds].flatMap(([operator, groups]) =>
    groups.map(({ rules, nodes }) => ({
      operator,
      count: nodes.length,
      ...(groups.length > 1 && { nodes }),
      ...statusOf(operator),
      rules,
    })),
  );
}

/** Names of the values that depend on an input, other than by their shape. */
function dependentValues(graph: Graph): ReadonlySet<string> {
  const moved = new Set(graph.inputs.map(({ name }) => name));
  const visit = (node: Node): boolean => {
    const inside = branchesOf(node).map(branch => branch.nodes.map(visit).includes(true));
    const depends =
      inside.includes(true) ||
      (OPERATORS.get(node.operator)?.gradient !== 'none' && node.inputs.some(input => moved.has(input)));
    if (depends) for (const output of node.outputs) moved.add(output);
    return depends;
  };
  graph.nodes.forEach(visit);
  return moved;
}

/** The node, or what its branches hold: which one is taken follows from the shape of the input. */
function inBranches(node: Node): Node[] {
  const branches = branchesOf(node);
  return branches.length === 0 ? [node] : branches.flatMap(({ nodes }) => nodes.flatMap(inBranches));
}

/** The activation at the end of a network, behind which at most the shape changes. */
function squashingOf(graph: Graph, output: string): Node | undefined {
  const node = graph.nodes.find(({ outputs }) => outputs.includes(output));
  if (node === undefined) return undefined;
  if (REARRANGING.has(node.operator)) return squashingOf(graph, node.inputs[0]!);
  return SQUASHING.has(node.operator) ? node : undefined;
}

function statusOf(operator: string): Pick<OperatorStatus, 'known' | 'gradient' | 'reason'> {
  if (COMPOSITES.has(operator)) return { known: true, gradient: 'exact' };
  const known = OPERATORS.get(operator);
  if (known === undefined) return { known: false, gradient: 'refused', reason: 'unknown operator' };
  if (typeof known.gradient === 'object') return { known: true, gradient: 'refused', reason: known.gradient.refused };
  return { known: true, gradient: 'exact' };
}

/** How the input reads as one-hot DNA; a note says why it does not. */
function dnaForm(graph: Graph, notes: Note[]): ModelDescription['dna'] {
  const [input, ...others] = graph.inputs;
  if (input === undefined || others.length > 0) return undefined;
  const axes = input.shape.slice(1).filter(axis => axis !== 1);
  const [first, second] = axes;
  if (axes.length === 2 && first !== undefined && second !== undefined) {
    if (first === 4) return { length: second, layout: 'channels_first', ambiguous: second === 4 };
    if (second === 4) return { length: first, layout: 'channels_last', ambiguous: false };
  }
  try {
    inputForm(input, undefined, 'auto', graph.name);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    notes.push({ level: 'information', code: error.problem.code, message: error.problem.message });
  }
  return undefined;
}
