/**
 * How gradients change their size from layer to layer on the way back, and which units let none through. Wang et al. 2025, arXiv
 * 2505.09873; in ReLU networks of n units as drawn: Hanin & Nica 2020, Commun Math Phys 376:287.
 */
import { estimate, mean, median, share } from './bootstrap.js';
import type { MetricResult } from './metric.js';

export interface GradientFlowInput {
  /** ‖∂f/∂h‖₂ of the layers of each network in their order, the input first: [member][layer][example]. */
  readonly members: readonly (readonly Float64Array[])[];
  /** ReLU units that are 0 at all examples, of all. */
  readonly dead: number;
  readonly units: number;
}

export function gradientFlow({ members, dead, units }: GradientFlowInput): MetricResult {
  const n = members[0]![0]!.length;
  const perExample = (of: (norms: readonly number[]) => number): Float64Array =>
    Float64Array.from({ length: n }, (_, example) => {
      const values = members.map(layers => of(layers.map(layer => layer[example]!)));
      return values.reduce((sum, value) => sum + value, 0) / members.length;
    });
  const norm = perExample(([input]) => input!);
  const decay = perExample(([, ...layers]) => slopeBack(layers));
  const known = decay.filter(Number.isFinite);
  return {
    units: n,
    columns: [
      { name: 'norm', values: norm },
      { name: 'decay', values: decay },
    ],
    ...estimate({
      norm: { n, of: median(norm) },
      decay: { n: known.length, of: mean(known) },
      zero: share(perExample(([input]) => Number(input === 0))),
      dead: { n: units, of: () => (units > 0 ? dead / units : NaN), interval: 'none' },
    }),
    ...curveOf(members[0]!.map((_, layer) => perExample(norms => Math.log(norms[layer]!)))),
    notes: [],
  };
}

/** Mean logarithms by layer; none where a gradient is exactly 0. */
function curveOf(layers: readonly Float64Array[]): Pick<MetricResult, 'curve'> {
  const values = layers.map(layer => layer.reduce((sum, value) => sum + value, 0) / layer.length);
  if (!values.every(Number.isFinite)) return {};
  return {
    curve: {
      title: 'Size of the gradient, layer by layer',
      x: { title: 'Layer, from the input', unit: 'layers', values: values.map((_, layer) => layer) },
      unit: 'ln ‖∂f/∂h‖',
      series: [{ name: 'mean', values }],
    },
  };
}

/** Least-squares slope of ln ‖∂f/∂h‖ by layers gone back; NaN for a single layer. */
function slopeBack(norms: readonly number[]): number {
  const middle = (norms.length - 1) / 2;
  const squares = norms.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return -norms.reduce((sum, norm, i) => sum + (i - middle) * Math.log(norm), 0) / squares;
}
