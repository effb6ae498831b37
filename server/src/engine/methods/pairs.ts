/**
 * Methods that compare an example with references: for every pair (example, reference) multipliers m with
 * Σ m · (x − b) = f(x) − f(b), contributions (x − b) ⊙ m averaged over the references of an example. What differs
 * between methods is how they find m.
 */
import type { PlainCall } from '../../catalog/specification.js';
import type { Note } from '../../protocol.js';
import { median } from '../metrics/bootstrap.js';
import { axesOf } from '../data/input-space.js';
import { blockRowsFor, type MethodContext, type PreparedMethod } from './method.js';
import { Pass, type Passed } from './passes.js';
import { referenceNotes, type Reference } from './references/reference.js';
import { referenceOf } from './references/references.js';

/** Columns of the array `pairs`. */
export const PAIR_FIELDS = ['sum', 'output', 'reference_output', 'steps'] as const;

type ArrayLayout = PreparedMethod['arrays'][number];

/** @param reference the axis of the references; of methods that take all of them at once, one with a label */
export function pairsArray(reference: ArrayLayout['axes'][number]): ArrayLayout {
  const field = { name: 'field', size: PAIR_FIELDS.length, labels: [...PAIR_FIELDS] };
  return { name: 'pairs', type: 'float64', unit: 'target', axes: [reference, field] };
}

/** The examples of a block and their references. */
export interface PairBlock {
  /** [row, …shape] */
  readonly x: Float32Array;
  /** [row × copies, …shape] */
  readonly references: Float32Array;
  readonly copies: number;
}

/** Finds multipliers. Attempts count from 0. */
export interface PairRule {
  /** What an attempt costs for one pair, in model passes: quadrature nodes for path methods. */
  steps(attempt: number): number;
  /** Whether pairs above the tolerance are worth another attempt. */
  again(attempt: number): boolean;
  /** What so many steps are, in words, for the note on pairs that missed. */
  effort(steps: number): string;
  /**
   * @param wanted indices of pairs, row × copies + copy
   * @returns [wanted, …shape]
   */
  multipliers(block: PairBlock, wanted: readonly number[], attempt: number, passed: Passed): Promise<Float32Array>;
  /** Path methods: f at so many points at equal distances along the path of a pair, both ends included. */
  along?(block: PairBlock, pair: number, points: number, passed: Passed): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Points at which the path of the worst pair is looked at. */
const POINTS = 513;

/** The pair of a block with the largest gap above the tolerance. */
type WorstPair = {
  readonly example: string;
  readonly reference: number;
  readonly gap: number;
  /** Its gap with half as many steps, where that was tried. */
  readonly before?: number;
  /** The shortest part of the path on which half of the change of f takes place. */
  readonly interval?: number[];
};

/** What the ledger keeps of a block: how many of each example's references are different, and pairs that missed. */
interface BlockInfo {
  readonly distinct: number[];
  readonly missed: number;
  readonly steps: number;
  readonly worst?: WorstPair;
}

/**
 * @param tolerance largest completeness gap of a pair that is not tried again
 */
export async function preparePairs(
  context: MethodContext,
  baseline: PlainCall,
  tolerance: number,
  rule: PairRule,
): Promise<PreparedMethod> {
  const { model, examples, outputs, passed } = context;
  const reference = await referenceOf(baseline, context);
  const copies = reference.copies;
  const { size } = model;
  const referenceOutputs = await outputsOfReferences(context, reference);
  const scale = medianDifference(outputs, referenceOutputs);

  const explain = async (from: number, to: number, x: Float32Array) => {
    const rows = to - from;
    const references = new Float32Array(rows * copies * size);
    const distinct = await fillReferences(context, reference, from, to, references);
    const pairs = new Float64Array(rows * copies * PAIR_FIELDS.length);
    const multipliers = new Float32Array(rows * copies * size);
    const gaps = new Float64Array(rows * copies).fill(NaN);
    const before = new Float64Array(rows * copies);
    let waiting = Array.from({ length: rows * copies }, (_, pair) => pair);
    let attempt = 0;
    for (let again = true; again; attempt++) {
      const found = await rule.multipliers({ x, references, copies }, waiting, attempt, passed);
      waiting = waiting.filter((pair, i) => {
        const m = found.subarray(i * size, (i + 1) * size);
        const row = Math.floor(pair / copies);
        const sum = sumOfContributions(m, x.subarray(row * size), references.subarray(pair * size));
        const output = outputs[from + row]!;
        const referenceOutput = referenceOutputs[from * copies + pair]!;
        const difference = output - referenceOutput;
        multipliers.set(m, pair * size);
        pairs.set([sum, output, referenceOutput, rule.steps(attempt)], pair * PAIR_FIELDS.length);
        before[pair] = gaps[pair]!;
        gaps[pair] = Math.abs(sum - difference) / Math.max(Math.abs(difference), scale);
        return !(Math.abs(sum - difference) <= tolerance * Math.max(Math.abs(difference), scale));
      });
      again = waiting.length > 0 && rule.again(attempt);
    }
    let worst: WorstPair | undefined;
    if (waiting.length > 0) {
      const pair = waiting.reduce((worst, one) => (gaps[one]! > gaps[worst]! ? one : worst));
      const values = await rule.along?.({ x, references, copies }, pair, POINTS, passed);
      worst = {
        example: examples.names[from + Math.floor(pair / copies)]!,
        reference: pair % copies,
        gap: gaps[pair]!,
        ...(Number.isNaN(before[pair]) ? {} : { before: before[pair]! }),
        ...(values && { interval: steepestInterval(values) }),
      };
    }
    const info: BlockInfo = {
      distinct,
      missed: waiting.length,
      steps: rule.steps(attempt - 1),
      ...(worst && { worst }),
    };
    return {
      map: meanContributions(x, references, multipliers, copies, size),
      arrays: { multipliers, references, pairs },
      info: { ...info },
    };
  };

  const referenceAxis = { name: 'reference', size: copies };
  const mapAxes = [referenceAxis, ...axesOf(model.space)];
  return {
    produces: 'contribution',
    arrays: [
      { name: 'multipliers', type: 'float32', unit: 'target per input', axes: mapAxes },
      { name: 'references', type: 'float32', unit: 'share', axes: mapAxes },
      pairsArray(referenceAxis),
    ],
    blockRows: blockRowsFor(rule.steps(0) * copies),
    explain: ({ from, to, x }) => explain(from, to, x),
    notes: infos => {
      const blocks = infos as unknown as BlockInfo[];
      return [
        ...missedNotes(blocks, examples.count * copies, tolerance, rule),
        ...referenceNotes(
          reference,
          blocks.flatMap(block => block.distinct),
        ),
      ];
    },
    release: () => rule.release(),
  };
}

function missedNotes(blocks: readonly BlockInfo[], pairs: number, tolerance: number, rule: PairRule): Note[] {
  const missed = blocks.reduce((sum, block) => sum + block.missed, 0);
  if (missed === 0) return [];
  const steps = blocks.reduce((most, block) => Math.max(most, block.steps), 0);
  return [
    {
      level: 'warning',
      code: 'GA005',
      message: `${missed} of ${pairs} pairs (example, reference) have a completeness gap above ${tolerance * 100} % ${rule.effort(steps)}.${worstPair(blocks, steps, tolerance)}`,
    },
  ];
}

/** The worst pair, where on its path f changes, and whether more steps would help. */
function worstPair(blocks: readonly BlockInfo[], steps: number, tolerance: number): string {
  const [worst] = blocks.flatMap(block => block.worst ?? []).sort((a, b) => b.gap - a.gap);
  if (worst === undefined) return '';
  const { example, reference, gap, before, interval } = worst;
  const parts = [` The worst is ${example} with reference ${reference}: ${(100 * gap).toPrecision(3)} %`];
  if (interval) {
    const [from, to] = interval.map(alpha => alpha.toFixed(3));
    parts.push(`half of the change along its path lies between α = ${from} and ${to}`);
    // Where f has kinks, the error of any quadrature falls as the inverse of the steps.
    const needed = 2 ** Math.ceil(Math.log2((steps * gap) / tolerance));
    parts.push(
      before !== undefined && gap > before / 1.2
        ? `more steps do not help: the gap was ${(100 * before).toPrecision(3)} % with half as many`
        : `about ${needed} steps would do if the error goes on falling`,
    );
  }
  return `${parts.join('; ')}.`;
}

/** The shortest interval of [0, 1] on which half of the changes between values at equal distances take place. */
export function steepestInterval(values: ArrayLike<number>): [number, number] {
  const last = values.length - 1;
  const sums = new Float64Array(values.length);
  for (let i = 0; i < last; i++) sums[i + 1] = sums[i]! + Math.abs(values[i + 1]! - values[i]!);
  let best: [number, number] = [0, last];
  for (let from = 0, to = 0; from < last; from++) {
    while (to < last && sums[to]! - sums[from]! < sums[last]! / 2) to++;
    if (sums[to]! - sums[from]! < sums[last]! / 2) break;
    if (to - from < best[1] - best[0]) best = [from, to];
  }
  return [best[0] / last, best[1] / last];
}

/** f at every reference of every example, [example × copies]. */
export async function outputsOfReferences(context: MethodContext, reference: Reference): Promise<Float32Array> {
  const { model, executor, examples, passed } = context;
  const forward = await Pass.forward(model, executor);
  const size = model.size * reference.copies;
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
export async function fillReferences(
  { examples, model }: Pick<MethodContext, 'examples' | 'model'>,
  reference: Reference,
  from: number,
  to: number,
  out: Float32Array,
): Promise<number[]> {
  const letters = reference.reads === 'letters' ? await examples.letters(from, to) : new Uint8Array(0);
  const { length } = examples;
  const size = reference.copies * model.size;
  return Array.from({ length: to - from }, (_, row) =>
    reference.fill(
      {
        letters: letters.subarray(row * length, (row + 1) * length),
        origin: examples.origins[from + row]!,
        row: from + row,
      },
      out.subarray(row * size, (row + 1) * size),
    ),
  );
}

/** Median of |f(x) − f(b)| over all pairs: the scale below which a difference is no yardstick for its own error. */
export function medianDifference(outputs: Float32Array, referenceOutputs: Float32Array): number {
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

/** (x − b) ⊙ m, averaged over the references of each example in float64: [row, …shape]. */
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
