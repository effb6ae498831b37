/**
 * The fewest changes of an example that bring the target to the other side of a threshold: greedy, as Martens & Provost
 * 2014, MIS Quarterly 38:73 remove words, then without the changes that are not needed, and exhaustively up to a size.
 */
import type { counterfactual as specification } from '../../../catalog/methods/global.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import type { Note } from '../../../protocol.js';
import { Failure } from '../../failure.js';
import { blockRowsFor, type Method, type MethodContext } from '../method.js';
import { fillReferences } from '../pairs.js';
import { Pass } from '../passes.js';
import { referenceOf } from '../references/references.js';
import { changesByValue, changesFromReferences, type Change } from './changes.js';
import { EditSearch, type Found, type Goal } from './edit-search.js';

/** Columns of the array `outcome`. */
export const OUTCOME_FIELDS = ['edits', 'flipped', 'proven', 'before', 'after'] as const;

/** Combinations of changes that are tried for one example. */
const MOST_COMBINATIONS = 2e6;
/** Examples whose changes are told in words. */
const TOLD = 5;

export const counterfactual: Method<typeof specification> = async (context, parameters) => {
  const { model, executor, examples, outputs, passed } = context;
  const { length, size } = model;
  const width = size / length;
  const changesOf = await changesFor(context, parameters.baseline);
  const most = length * changesOf.most;
  if (parameters.exact > 1 && combinations(most, parameters.exact) > MOST_COMBINATIONS)
    throw new Failure(
      'method/cost',
      `\`exact: ${parameters.exact}\` would try ${combinations(most, parameters.exact).toExponential(1)} combinations of ${most} changes for each example`,
      { remedy: `Lower \`exact\`; up to ${MOST_COMBINATIONS.toExponential(0)} combinations are tried.` },
    );
  const forward = await Pass.forward(model, executor);

  return {
    produces: 'edit',
    unit: 'change of the input',
    arrays: [
      {
        name: 'outcome',
        type: 'float64',
        unit: 'by field',
        axes: [{ name: 'field', size: OUTCOME_FIELDS.length, labels: [...OUTCOME_FIELDS] }],
      },
    ],
    blockRows: blockRowsFor(most),
    async explain({ from, to, x }) {
      const map = new Float32Array(x.length);
      const outcome = new Float64Array((to - from) * OUTCOME_FIELDS.length);
      const told: string[] = [];
      const edits: number[] = [];
      for (let row = 0; row < to - from; row++) {
        const example = x.subarray(row * size, (row + 1) * size);
        const before = outputs[from + row]!;
        const changes = await changesOf.of(example, from + row);
        const search = new EditSearch(forward, passed, example, changes, goalOf(parameters, before));
        const found = await search.run(before, parameters.edits, parameters.exact);
        for (const { feature, value } of found.changes)
          for (let i = 0; i < width; i++)
            map[row * size + feature * width + i] = value[i]! - example[feature * width + i]!;
        const { length: count } = found.changes;
        outcome.set([count, Number(found.flipped), Number(found.proven), before, found.f], row * OUTCOME_FIELDS.length);
        edits.push(found.flipped ? count : -1);
        if (row < TOLD) told.push(inWords(examples.names[from + row]!, before, found));
      }
      return { map, arrays: { outcome }, info: { told, edits } };
    },
    notes: infos => {
      const blocks = infos as unknown as { readonly told: string[]; readonly edits: number[] }[];
      return notesOf(
        blocks.flatMap(({ told }) => told).slice(0, TOLD),
        blocks.flatMap(({ edits }) => edits),
        parameters.edits,
      );
    },
    release: () => forward.release(),
  };
};

/** The changes that an example allows, and how many one feature has at most. */
interface ChangeMaker {
  readonly most: number;
  of(example: Float32Array, row: number): Promise<Change[]>;
}

async function changesFor(
  context: MethodContext,
  baseline: ParametersOf<typeof specification>['baseline'],
): Promise<ChangeMaker> {
  const { model, examples } = context;
  const { alphabet } = model.space;
  if (baseline === undefined && alphabet === 'expression')
    throw new Failure('method/baseline', 'expression can take any value, so it has to be said which', {
      remedy: 'Name a reference: counterfactual(baseline: samples(of: healthy, copies: 5, seed: 1)).',
    });
  if (baseline === undefined)
    return {
      most: alphabet === 'dna' ? 3 : 2,
      of: async example => changesByValue(example, alphabet, examples.features),
    };
  const reference = await referenceOf(baseline, context);
  return {
    most: reference.copies,
    async of(example, row) {
      const references = new Float32Array(reference.copies * model.size);
      await fillReferences(context, reference, row, row + 1, references);
      return changesFromReferences(example, references, model.length, examples.features);
    },
  };
}

function goalOf({ flip, threshold }: ParametersOf<typeof specification>, before: number): Goal {
  const up = flip === 'other' ? !(before > threshold) : flip === 'above';
  return { sign: up ? 1 : -1, reached: f => f > threshold === up };
}

/** n choose k. */
function combinations(n: number, k: number): number {
  let product = 1;
  for (let i = 0; i < k; i++) product *= (n - i) / (i + 1);
  return product;
}

function inWords(name: string, before: number, { changes, f, flipped }: Found): string {
  const what = changes.length === 0 ? 'nothing to change' : changes.map(({ text }) => text).join(', ');
  return `${name}: ${what}; the target goes from ${before.toPrecision(3)} to ${f.toPrecision(3)}${flipped ? '' : ', not across'}.`;
}

function notesOf(told: readonly string[], edits: readonly number[], most: number): Note[] {
  const counts = new Map<number, number>();
  for (const count of edits) counts.set(count, (counts.get(count) ?? 0) + 1);
  const missed = counts.get(-1) ?? 0;
  counts.delete(-1);
  const flips = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([count, times]) => `${times} with ${count} ${count === 1 ? 'change' : 'changes'}`);
  const summary = [
    ...(flips.length > 0 ? [`Across the threshold: ${flips.join(', ')}.`] : []),
    ...(missed > 0 ? [`${missed} of ${edits.length} examples do not get there within ${most} changes.`] : []),
  ].join(' ');
  return [summary, ...told].map(message => ({ level: 'information', code: 'method/edits', message }));
}
