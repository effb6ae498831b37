/**
 * Integrated gradients (Sundararajan, Taly & Yan 2017): multipliers m = ∫₀¹ ∂f(b + α(x − b))/∂x dα, contributions
 * (x − b) ⊙ m. One compiled graph walks the path, runs the model forward and backward and takes the weighted mean.
 */
import type { integrated_gradients } from '../../catalog/methods.js';
import type { Note } from '../../protocol.js';
import { median } from '../metrics/bootstrap.js';
import type { Executable, Executor } from '../backends/executor.js';
import { GraphBuilder } from '../graph/builder.js';
import type { ScalarModel } from '../models/model.js';
import { batchSize } from './batch.js';
import { blockRowsFor, type Method, type MethodContext } from './method.js';
import { addGradient, elements, Pass, type Passed } from './passes.js';
import { quadrature, type Quadrature, type Rule } from './quadrature.js';
import type { Reference } from './references/reference.js';
import { referenceNotes } from './references/reference.js';
import { referenceOf } from './references/references.js';

const FIRST_STEPS = 32;
const MOST_STEPS = 4096;

/** Columns of the array `pairs`. */
export const PAIR_FIELDS = ['sum', 'output', 'reference_output', 'steps'] as const;

/** What the ledger keeps of a block: how many of each example's references are different, and pairs that missed. */
interface BlockInfo {
  readonly distinct: number[];
  readonly missed: number;
}

export const integratedGradients: Method<typeof integrated_gradients> = async (context, parameters) => {
  const { model, executor, examples, outputs, passed } = context;
  const reference = referenceOf(parameters.baseline);
  const copies = reference.copies;
  const size = model.length * 4;
  const referenceOutputs = await outputsOfReferences(context, reference);
  const scale = medianDifference(outputs, referenceOutputs);
  const firstSteps = parameters.steps === 'auto' ? FIRST_STEPS : parameters.steps;
  const path = await PathPass.create(model, executor, parameters.rule, firstSteps);

  const explain = async (from: number, to: number, x: Float32Array) => {
    const rows = to - from;
    const references = new Float32Array(rows * copies * size);
    const distinct = await fillReferences(context, reference, from, to, references);
    const pairs = new Float64Array(rows * copies * PAIR_FIELDS.length);
    const multipliers = new Float32Array(rows * copies * size);
    let waiting = Array.from({ length: rows * copies }, (_, pair) => pair);
    let missed = 0;
    for (let steps = firstSteps; waiting.length > 0; steps *= 2) {
      const found = await path.run(x, references, copies, waiting, steps, passed);
      const last = parameters.steps !== 'auto' || steps >= MOST_STEPS;
      waiting = waiting.filter((pair, i) => {
        const m = found.subarray(i * size, (i + 1) * size);
        const row = Math.floor(pair / copies);
        const sum = sumOfContributions(m, x.subarray(row * size), references.subarray(pair * size));
        const output = outputs[from + row]!;
        const reference_output = referenceOutputs[from * copies + pair]!;
        const difference = output - reference_output;
        const gap = Math.abs(sum - difference) / Math.max(Math.abs(difference), scale);
        multipliers.set(m, pair * size);
        pairs.set([sum, output, reference_output, steps], pair * PAIR_FIELDS.length);
        const close = gap <= parameters.tolerance;
        if (last && !close) missed++;
        return !last && !close;
      });
    }
    const info: BlockInfo = { distinct, missed };
    return {
      map: meanContributions(x, references, multipliers, copies, size),
      arrays: { multipliers, references, pairs },
      info: { ...info },
    };
  };

  const pairAxes = [{ name: 'reference', size: copies }];
  const mapAxes = [
    ...pairAxes,
    { name: 'position', size: model.length },
    { name: 'base', size: 4, labels: ['A', 'C', 'G', 'T'] },
  ];
  return {
    produces: 'contribution',
    arrays: [
      { name: 'multipliers', type: 'float32', unit: 'target per input', axes: mapAxes },
      { name: 'references', type: 'float32', unit: 'share', axes: mapAxes },
      {
        name: 'pairs',
        type: 'float64',
        unit: 'target',
        axes: [...pairAxes, { name: 'field', size: PAIR_FIELDS.length, labels: [...PAIR_FIELDS] }],
      },
    ],
    blockRows: blockRowsFor(firstSteps * copies),
    explain: ({ from, to, x }) => explain(from, to, x),
    notes: infos => {
      const blocks = infos as unknown as BlockInfo[];
      const missed = blocks.reduce((sum, block) => sum + block.missed, 0);
      return [
        ...missedNotes(missed, examples.count * copies, parameters),
        ...referenceNotes(
          copies,
          blocks.flatMap(block => block.distinct),
        ),
      ];
    },
    release: () => path.release(),
  };
};

function missedNotes(
  missed: number,
  pairs: number,
  { steps, tolerance }: { steps: number | 'auto'; tolerance: number },
): Note[] {
  if (missed === 0) return [];
  const used = steps === 'auto' ? `${MOST_STEPS} steps, the most that auto tries` : `${steps} steps`;
  return [
    {
      level: 'warning',
      code: 'GA005',
      message: `${missed} of ${pairs} pairs (example, reference) have a completeness gap above ${tolerance * 100} % with ${used}.`,
    },
  ];
}

/** f at every reference of every example, [example × copies]. */
async function outputsOfReferences(context: MethodContext, reference: Reference): Promise<Float32Array> {
  const { model, executor, examples, passed } = context;
  const forward = await Pass.forward(model, executor);
  const size = model.length * 4 * reference.copies;
  const rowsAtOnce = Math.max(1, Math.floor(2 ** 22 / size));
  const all = new Float32Array(examples.count * reference.copies);
  for (let from = 0; from < examples.count; from += rowsAtOnce) {
    const to = Math.min(from + rowsAtOnce, examples.count);
    const references = new Float32Array((to - from) * size);
    await fillReferences(context, reference, from, to, references);
    all.set(await forward.run(references, passed), from * reference.copies);
  }
  await forward.release();
  return all;
}

/** Writes the references of rows `from` … `to − 1`; returns how many of each row's are different. */
async function fillReferences(
  { examples }: MethodContext,
  reference: Reference,
  from: number,
  to: number,
  out: Float32Array,
): Promise<number[]> {
  const letters = await examples.letters(from, to);
  const { length } = examples;
  const size = reference.copies * length * 4;
  return Array.from({ length: to - from }, (_, row) =>
    reference.fill(
      { letters: letters.subarray(row * length, (row + 1) * length), origin: examples.origins[from + row]! },
      out.subarray(row * size, (row + 1) * size),
    ),
  );
}

/** Median of |f(x) − f(b)| over all pairs: the scale below which a difference is no yardstick for its own error. */
function medianDifference(outputs: Float32Array, referenceOutputs: Float32Array): number {
  const copies = referenceOutputs.length / outputs.length;
  const differences = Float64Array.from(referenceOutputs, (f, pair) =>
    Math.abs(outputs[Math.floor(pair / copies)]! - f),
  );
  return median(differences)(new Uint32Array(differences.length).fill(1));
}

/** Σ m · (x − b) in float64. */
function sumOfContributions(m: Float32Array, x: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < m.length; i++) sum += m[i]! * (x[i]! - b[i]!);
  return sum;
}

/** (x − b) ⊙ m, averaged over the references of each example in float64: [row, position, base]. */
function meanContributions(
  x: Float32Array,
  references: Float32Array,
  multipliers: Float32Array,
  copies: number,
  size: number,
): Float32Array {
  return x.map((value, i) => {
    const first = Math.floor(i / size) * copies * size + (i % size);
    let sum = 0;
    for (let copy = 0; copy < copies; copy++) {
      const at = first + copy * size;
      sum += multipliers[at]! * (value - references[at]!);
    }
    return sum / copies;
  });
}

/** The compiled path: `pairs` pairs at a time, `nodes` points of the path for each. */
export class PathPass {
  /** By number of steps: thousands of Gauss–Legendre nodes take as long as a block. */
  private readonly quadratures = new Map<number, Quadrature>();

  private constructor(
    private readonly executable: Executable,
    private readonly names: {
      readonly x: string;
      readonly b: string;
      readonly alpha: string;
      readonly weight: string;
      readonly m: string;
    },
    private readonly pairs: number,
    private readonly nodes: number,
    private readonly length: number,
    private readonly rule: Rule,
  ) {}

  static async create(model: ScalarModel, executor: Executor, rule: Rule, steps: number): Promise<PathPass> {
    const batch = batchSize(model);
    const fixed = model.batch(0);
    // A file with a fixed batch size takes exactly that many points of one path.
    const nodes = fixed > 0 ? fixed : Math.min(FIRST_STEPS, steps, batch);
    const pairs = fixed > 0 ? 1 : Math.max(1, Math.floor(batch / nodes));
    const { length } = model;
    const builder = new GraphBuilder('path');
    const x = builder.input('path~x', 'float32', [pairs, 1, length, 4]);
    const b = builder.input('path~b', 'float32', [pairs, 1, length, 4]);
    const alpha = builder.input('path~alpha', 'float32', [1, nodes, 1, 1]);
    const weight = builder.input('path~weight', 'float32', [1, nodes, 1, 1]);
    const along = builder.add('Mul', [alpha, builder.add('Sub', [x, b])]);
    const points = builder.add('Reshape', [
      builder.add('Add', [b, along]),
      builder.integers([pairs * nodes, length, 4]),
    ]);
    const f = model.attach(builder, points);
    const gradient = addGradient({ builder, nodes: builder.finish([f]).nodes, x: points, f }, points);
    const weighted = builder.add('Mul', [
      builder.add('Reshape', [gradient, builder.integers([pairs, nodes, length, 4])]),
      weight,
    ]);
    const m = builder.add('ReduceSum', [weighted, builder.integers([1])], { keepdims: 0 });
    const executable = await executor.load(builder.finish([m]));
    return new PathPass(executable, { x, b, alpha, weight, m }, pairs, nodes, length, rule);
  }

  /**
   * @param x examples, [row, position, base]
   * @param references [row × copies, position, base]
   * @param wanted indices of pairs, row × copies + copy
   * @returns multipliers, [wanted, position, base]
   */
  async run(
    x: Float32Array,
    references: Float32Array,
    copies: number,
    wanted: readonly number[],
    steps: number,
    passed: Passed,
  ): Promise<Float32Array> {
    const { nodes: alphas, weights } = this.quadrature(steps);
    const size = this.length * 4;
    const result = new Float32Array(wanted.length * size);
    const pairShape = [this.pairs, 1, this.length, 4];
    for (let from = 0; from < wanted.length; from += this.pairs) {
      const group = wanted.slice(from, from + this.pairs);
      const xs = new Float32Array(this.pairs * size);
      const bs = new Float32Array(this.pairs * size);
      group.forEach((pair, i) => {
        const row = Math.floor(pair / copies);
        xs.set(x.subarray(row * size, (row + 1) * size), i * size);
        bs.set(references.subarray(pair * size, (pair + 1) * size), i * size);
      });
      const sum = new Float64Array(group.length * size);
      for (let at = 0; at < alphas.length; at += this.nodes) {
        const outputs = await this.executable.run({
          [this.names.x]: { type: 'float32', shape: pairShape, data: xs },
          [this.names.b]: { type: 'float32', shape: pairShape, data: bs },
          [this.names.alpha]: this.chunk(alphas, at),
          [this.names.weight]: this.chunk(weights, at),
        });
        const part = elements(outputs, this.names.m);
        for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
        await passed(group.length * Math.min(this.nodes, alphas.length - at));
      }
      result.set(sum, from * size);
    }
    return result;
  }

  private quadrature(steps: number): Quadrature {
    const known = this.quadratures.get(steps) ?? quadrature(this.rule, steps);
    this.quadratures.set(steps, known);
    return known;
  }

  /** Nodes `at` … of a rule; those beyond its end have weight zero. */
  private chunk(values: Float64Array, at: number) {
    const data = new Float32Array(this.nodes);
    data.set(values.subarray(at, at + this.nodes));
    return { type: 'float32' as const, shape: [1, this.nodes, 1, 1], data };
  }

  release(): Promise<void> {
    return this.executable.release();
  }
}
