/**
 * Integrals along straight paths: for many pairs of ends (x, b) the weighted mean of an integrand over points
 * b + α(x − b). One compiled graph makes the points, evaluates the integrand at them and takes the mean.
 */
import type { Executable, Executor } from '../../backends/executor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { sizeOf } from '../../graph/graph.js';
import type { ScalarModel } from '../../models/model.js';
import { batchSize } from '../batch.js';
import type { PairBlock } from '../pairs.js';
import { elements, type Passed } from '../passes.js';
import { quadrature, type Quadrature, type Rule } from './quadrature.js';

/** The points of a path inside a graph. */
export interface Points {
  readonly builder: GraphBuilder;
  /** [pair × node, …shape of the ends] */
  readonly points: string;
  /** α at every point, [pair × node, 1 …]. */
  readonly alphas: string;
  /** The inputs of a pair at each of its points, [pair × node, …]; the first two are the ends x and b. */
  readonly inputs: readonly string[];
}

/** What a path integral is made of. */
export interface PathForm {
  /** Name of the graph. */
  readonly name: string;
  /** Extents of what is given for a pair; the first two are those of the ends. */
  readonly shapes: readonly (readonly number[])[];
  /** Points at once. */
  readonly batch: number;
  /** Whether the graph takes exactly `batch` points. */
  readonly fixed: boolean;
  readonly rule: Rule;
  /** Adds what is integrated, [pair × node, …]. */
  readonly integrand: (path: Points) => string;
}

/** How many points of paths through a model go into one graph. */
export function pathThrough(model: ScalarModel): Pick<PathForm, 'name' | 'batch' | 'fixed'> {
  const fixed = model.batch(0);
  return { name: model.name, batch: fixed > 0 ? fixed : batchSize(model), fixed: fixed > 0 };
}

/**
 * Writes example and reference of a pair, in this order.
 *
 * @param pair row × copies + copy
 */
export function fillEnds(
  { x, references, copies }: PairBlock,
  size: number,
  pair: number,
  [toX, toB]: readonly Float32Array[],
): void {
  const row = Math.floor(pair / copies);
  toX!.set(x.subarray(row * size, (row + 1) * size));
  toB!.set(references.subarray(pair * size, (pair + 1) * size));
}

/** `pairs` pairs at a time, `nodes` points of the path for each. */
interface PathGraph {
  readonly executable: Executable;
  readonly inputs: readonly string[];
  readonly alpha: string;
  readonly weight: string;
  readonly mean: string;
  readonly pairs: number;
  readonly nodes: number;
}

/** A compiled integral, in as many forms as there are step counts: the few pairs that need many steps fill their batches. */
export class PathIntegral {
  private readonly quadratures = new Map<number, Quadrature>();
  private readonly graphs = new Map<number, PathGraph>();

  constructor(
    private readonly executor: Executor,
    private readonly form: PathForm,
  ) {}

  /**
   * @param fill writes what is given for a pair, one array for each of the form's shapes
   * @returns the integral for each pair, [pair, …]
   */
  async run(
    count: number,
    fill: (pair: number, into: readonly Float32Array[]) => void,
    steps: number,
    passed: Passed,
  ): Promise<Float32Array> {
    const { nodes: alphas, weights } = this.quadrature(steps);
    const { executable, inputs, alpha, weight, mean, pairs, nodes } = await this.graph(alphas.length);
    const shapes = this.form.shapes.map(shape => [pairs, 1, ...shape]);
    let result = new Float32Array(0);
    for (let from = 0; from < count; from += pairs) {
      const rows = Math.min(pairs, count - from);
      const given = this.form.shapes.map(shape => new Float32Array(pairs * sizeOf(shape)));
      for (let row = 0; row < rows; row++)
        fill(
          from + row,
          given.map(values => values.subarray((row * values.length) / pairs, ((row + 1) * values.length) / pairs)),
        );
      const feeds = Object.fromEntries(
        inputs.map((name, i) => [name, { type: 'float32' as const, shape: shapes[i]!, data: given[i]! }]),
      );
      let sum = new Float64Array(0);
      for (let at = 0; at < alphas.length; at += nodes) {
        const outputs = await executable.run({
          ...feeds,
          [alpha]: chunk(alphas, at, nodes),
          [weight]: chunk(weights, at, nodes),
        });
        const part = elements(outputs, mean);
        if (at === 0) sum = new Float64Array((part.length / pairs) * rows);
        for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
        await passed(rows * Math.min(nodes, alphas.length - at));
      }
      if (from === 0) result = new Float32Array((sum.length / rows) * count);
      result.set(sum, (sum.length / rows) * from);
    }
    return result;
  }

  private quadrature(steps: number): Quadrature {
    const known = this.quadratures.get(steps) ?? quadrature(this.form.rule, steps);
    this.quadratures.set(steps, known);
    return known;
  }

  /**
   * The form for so many nodes, in as many runs of equal length as they need. A file with a fixed batch size takes exactly
   * that many points of one path.
   */
  private async graph(steps: number): Promise<PathGraph> {
    const { batch, fixed } = this.form;
    const nodes = fixed ? batch : Math.ceil(steps / Math.ceil(steps / batch));
    const known = this.graphs.get(nodes);
    if (known !== undefined) return known;
    const compiled = await this.compile(nodes, fixed ? 1 : Math.max(1, Math.floor(batch / nodes)));
    this.graphs.set(nodes, compiled);
    return compiled;
  }

  private async compile(nodes: number, pairs: number): Promise<PathGraph> {
    const { name, shapes, integrand } = this.form;
    const builder = new GraphBuilder(name);
    const inputs = shapes.map((shape, i) => builder.input(`path~${i}`, 'float32', [pairs, 1, ...shape]));
    const alpha = builder.input('path~alpha', 'float32', [nodes]);
    const weight = builder.input('path~weight', 'float32', [nodes]);
    const reshaped = (value: string, shape: readonly number[]): string =>
      builder.add('Reshape', [value, builder.integers(shape)]);
    /** A value for each node beside values of this rank. */
    const beside = (value: string, rank: number): string =>
      reshaped(value, [1, nodes, ...new Array<number>(rank).fill(1)]);
    const points = pairs * nodes;
    /** A value of each pair or of each node, at every point. */
    const repeated = (value: string, shape: readonly number[]): string =>
      reshaped(builder.add('Expand', [value, builder.integers([pairs, nodes, ...shape])]), [points, ...shape]);

    const [x, b] = inputs as [string, string];
    const [shape] = shapes as [readonly number[]];
    const along = builder.add('Mul', [beside(alpha, shape.length), builder.add('Sub', [x, b])]);
    const value = integrand({
      builder,
      points: reshaped(builder.add('Add', [b, along]), [points, ...shape]),
      alphas: repeated(
        beside(alpha, shape.length),
        shape.map(() => 1),
      ),
      inputs: inputs.map((input, i) => repeated(input, shapes[i]!)),
    });
    const extents = builder.shape(value).slice(1);
    const weighted = builder.add('Mul', [reshaped(value, [pairs, nodes, ...extents]), beside(weight, extents.length)]);
    const mean = builder.add('ReduceSum', [weighted, builder.integers([1])], { keepdims: 0 });
    const graph = builder.finish([mean]);
    const executable = await this.executor.load(graph);
    return { executable, inputs, alpha, weight, mean, pairs, nodes };
  }

  async release(): Promise<void> {
    for (const { executable } of this.graphs.values()) await executable.release();
  }
}

/** Values `at` … of a rule; those beyond its end are zero, also as weights. */
function chunk(values: Float64Array, at: number, nodes: number) {
  const data = new Float32Array(nodes);
  data.set(values.subarray(at, at + nodes));
  return { type: 'float32' as const, shape: [nodes], data };
}
