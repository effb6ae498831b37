/** What is inside a model file and what the engine can do with it. */
import type { Call, ModelDescription, Note, OperatorStatus } from '../../protocol.js';
import type { Files } from '../data/source.js';
import { Failure } from '../failure.js';
import { branchesOf, type Graph, type Node } from '../graph/graph.js';
import { OPERATORS } from '../ops/registry.js';
import { COMPOSITES } from '../transforms/composites/composites.js';
import { ruleStatuses } from '../transforms/rules/status.js';
import { REARRANGING, SQUASHING } from '../transforms/target.js';
import { inputForm, readModel } from './model.js';
import { receptiveField } from './receptive-field.js';

const ACTIVATIONS = new Set(['Sigmoid', 'Softmax', 'LogSoftmax', 'Relu', 'Tanh', 'Softplus', 'Exp']);

/** @throws Failure when the file cannot be read; unknown operators are listed, not thrown */
export async function describeModel(call: Call, files: Files): Promise<ModelDescription> {
  const { graph, format, producer, notes: imported = [] } = await readModel(call, files);
  const counts = new Map<string, number>();
  for (const node of graph.nodes.flatMap(inBranches)) counts.set(node.operator, (counts.get(node.operator) ?? 0) + 1);
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
    operators: [...counts].map(([operator, count]) => ({
      operator,
      count,
      ...statusOf(operator),
      rules: ruleStatuses(
        operator,
        graph.nodes.every(
          node => node.operator !== operator || node.inputs.some(input => graph.initializers.has(input)),
        ),
      ),
    })),
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
