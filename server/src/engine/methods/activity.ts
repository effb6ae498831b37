/**
 * What a network does at a sample of examples that a reader of its gradients should know: units that are never active,
 * activations at their ends, extremes that tie, and inputs whose gradient is exactly zero.
 */
import type { Note } from '../../protocol.js';
import { quantity } from '../../protocol.js';
import type { GraphBuilder } from '../graph/builder.js';
import { sizeOf, type Node } from '../graph/graph.js';
import { derivativeOf } from '../transforms/rules/weighted-layer.js';
import { unitAxes } from '../transforms/unit-axis.js';
import type { ScalarGraph } from '../models/model.js';
import type { MethodContext } from './method.js';
import { addGradient, elements } from './passes.js';
import { decisionsOf, type Decisions } from './ties.js';

const SAMPLE = 4;

/** A slope below this share of the steepest is taken for saturated. */
const FLAT = 0.01;
/** The steepest slope of activations with two ends. */
const STEEPEST: Readonly<Record<string, number>> = { Sigmoid: 0.25, Tanh: 1 };

/** Counts over the sample, each with what it is a part of. */
export interface Activity {
  readonly examples: number;
  readonly deadUnits: number;
  readonly units: number;
  /** ReLU layers of which the graph does not tell what their units are. */
  readonly uncounted: number;
  readonly saturated: number;
  readonly squashed: number;
  /** Maxima and minima that several elements share, and those of them that are not 0: ReLU hands nothing on from a 0. */
  readonly ties: number;
  readonly tiesBesidesZero: number;
  readonly extremes: number;
  /** Places of extremes where another element is as good as one that was picked. */
  readonly tiedPlaces: number;
  readonly places: number;
  readonly zeroGradients: number;
  readonly inputs: number;
}

/** Measured in one graph for one example, with the gradient of the target. */
export async function measureActivity({
  model,
  executor,
  examples,
}: Pick<MethodContext, 'model' | 'executor' | 'examples'>): Promise<Activity> {
  const graph = model.build(model.batch(1));
  const { builder, nodes, x, f } = graph;
  const { peaks, uncounted } = addPeaks(graph, nodes);
  const squashings = nodes.filter(({ operator }) => operator in STEEPEST);
  const saturated = squashings.map(node =>
    count(builder, builder.add('Less', [slope(builder, node), builder.scalar(FLAT * STEEPEST[node.operator]!)])),
  );
  const decisions = nodes.flatMap(node => decisionsOf(builder, node) ?? []);
  const ties = decisions.flatMap(({ tied, besidesZero }) => [tied, besidesZero]);
  const gradient = addGradient(graph, x);
  const zeros = count(builder, builder.add('Equal', [gradient, builder.scalar(0)]));
  const executable = await executor.load(builder.finish([...new Set([f, zeros, ...peaks, ...saturated, ...ties])]));
  const rows = Math.min(SAMPLE, examples.count);
  const shape = builder.shape(x);
  const repeats = shape[0]!;
  const total = { saturated: 0, ties: 0, tiesBesidesZero: 0, tiedPlaces: 0, zeroGradients: 0 };
  const active = peaks.map(peak => new Uint8Array(sizeOf(builder.shape(peak)) / repeats));
  try {
    for (let row = 0; row < rows; row++) {
      const one = await examples.inputs(row, row + 1);
      const data = new Float32Array(sizeOf(shape));
      for (let at = 0; at < data.length; at += one.length) data.set(one, at);
      const outputs = await executable.run({ [x]: { type: 'float32', shape, data } });
      const number = (name: string): number => elements(outputs, name)[0]! / repeats;
      peaks.forEach((peak, i) =>
        active[i]!.forEach((_, unit) => (active[i]![unit] ||= Number(elements(outputs, peak)[unit]! > 0))),
      );
      saturated.forEach(name => (total.saturated += number(name)));
      for (const { way, tied, besidesZero } of decisions) {
        total[way === 'shared' ? 'ties' : 'tiedPlaces'] += number(tied);
        if (way === 'shared') total.tiesBesidesZero += number(besidesZero);
      }
      total.zeroGradients += number(zeros);
    }
  } finally {
    await executable.release();
  }
  const sizes = (of: readonly Node[]): number =>
    of.reduce((sum, node) => sum + (rows * sizeOf(builder.shape(node.outputs[0]!))) / repeats, 0);
  const countOf = (wanted: Decisions['way']): number =>
    decisions.reduce((sum, { way, count }) => sum + (way === wanted ? (rows * count) / repeats : 0), 0);
  return {
    examples: rows,
    deadUnits: active.reduce((sum, units) => sum + units.filter(unit => unit === 0).length, 0),
    units: active.reduce((sum, units) => sum + units.length, 0),
    uncounted,
    squashed: sizes(squashings),
    extremes: countOf('shared'),
    places: countOf('picked'),
    inputs: rows * model.size,
    ...total,
  };
}

/** What of it is worth saying. */
export function activityNotes(activity: Activity): Note[] {
  const { examples, deadUnits, units, uncounted, saturated, squashed, zeroGradients, inputs } = activity;
  const { ties, tiesBesidesZero, extremes, tiedPlaces, places } = activity;
  const percent = (part: number, whole: number): string => quantity(part / whole, 'share');
  const parts = [
    ...(deadUnits > 0 ? [`${deadUnits} of ${units} ReLU units are active nowhere`] : []),
    ...(uncounted > 0 ? [uncountedLayers(uncounted)] : []),
    ...(saturated > 0 ? [`${percent(saturated, squashed)} of sigmoids and hyperbolic tangents are saturated`] : []),
    ...(ties > 0
      ? [
          `${percent(ties, extremes)} of maxima and minima are shared by several elements, ${percent(tiesBesidesZero, extremes)} at another value than 0`,
        ]
      : []),
    ...(tiedPlaces > 0
      ? [
          `in ${percent(tiedPlaces, places)} of arg-max and top-k choices another element is as good as one that was picked`,
        ]
      : []),
    ...(zeroGradients > 0 ? [`${percent(zeroGradients, inputs)} of inputs have a gradient of exactly 0`] : []),
  ];
  if (parts.length === 0) return [];
  return [
    {
      level: 'information',
      code: 'model/activity',
      message: `At ${examples === 1 ? 'one example' : `${examples} examples`}: ${parts.join('; ')}.`,
    },
  ];
}

/**
 * Adds each unit's highest value over positions, for the ReLU layers among some nodes.
 *
 * @returns the names of values [batch, units], and how many layers have no units that the graph tells apart
 */
export function addPeaks(
  { builder, f }: Pick<ScalarGraph, 'builder' | 'f'>,
  nodes: readonly Node[],
): { readonly peaks: readonly string[]; readonly uncounted: number } {
  const axisOf = unitAxes(builder);
  const [batch] = builder.shape(f);
  const values = nodes.filter(({ operator }) => operator === 'Relu').map(({ outputs }) => outputs[0]!);
  const peaks = values.flatMap(value => {
    const shape = builder.shape(value);
    const units = axisOf(value);
    if (units === undefined || shape[0] !== batch) return [];
    const positions = [...shape.keys()].filter(axis => axis !== 0 && axis !== units);
    return positions.length === 0
      ? [value]
      : [builder.add('ReduceMax', [value, builder.integers(positions)], { keepdims: 0 })];
  });
  return { peaks, uncounted: values.length - peaks.length };
}

/** For notes: what the counts of units leave out. */
export const uncountedLayers = (count: number): string =>
  `${count} ReLU layer${count === 1 ? ' is' : 's are'} not among the units counted, because the graph does not tell which axis counts them`;

function count(builder: GraphBuilder, truths: string): string {
  return builder.add('ReduceSum', [builder.add('Cast', [truths], { to: 'float32' })], { keepdims: 0 });
}

/** What a node hands back for a cotangent of ones, to its first input. */
function slope(builder: GraphBuilder, node: Node): string {
  const [output] = node.outputs as [string];
  const cotangent = builder.add('Expand', [builder.scalar(1), builder.integers(builder.shape(output))]);
  const { inputs, outputs } = node;
  const wanted = inputs.map((_, i) => i === 0);
  return derivativeOf(node)({ builder, node, inputs, outputs, cotangents: [cotangent], cotangent, wanted })[0]!;
}
