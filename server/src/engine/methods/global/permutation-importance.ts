/**
 * Permutation importance: the loss after a feature, or a group, was exchanged among the examples, minus the loss before.
 * Breiman 2001, Machine Learning 45:5. Conditional: only the residuals from a regression on correlated features are
 * exchanged (Strobl et al. 2008, BMC Bioinformatics 9:307; residuals: Freedman & Lane 1983, J Bus Econ Stat 1:292).
 * P-values count the true order among the permutations (Phipson & Smyth 2010, Stat Appl Genet Mol Biol 9:39).
 */
import type { conditional_permutation_importance, permutation_importance } from '../../../catalog/methods/global.js';
import type { ParametersOf } from '../../../catalog/specification.js';
import type { Note } from '../../../protocol.js';
import { Stream } from '../../random/philox.js';
import { groupsOf } from '../groups.js';
import type { Method, MethodContext, PreparedMethod } from '../method.js';
import { Pass } from '../passes.js';
import { Correlations, correlationNotes, type Moved } from './correlations.js';
import { lossOf, type Loss } from './loss.js';
import { predictor } from './predictor.js';
import { askChanged, rowsOfGroups, wholeData } from './whole-data.js';

type Parameters = ParametersOf<typeof permutation_importance>;

/** What a group is replaced by: example's values, given the example that it gets its part from. */
interface Exchange {
  /** Writes the features of the group into a row. */
  readonly write: (row: Float32Array, example: number, from: number) => void;
}

export const permutationImportance: Method<typeof permutation_importance> = (context, parameters) =>
  prepare(context, parameters, async (x, moved) => {
    const { length, size } = context.model;
    const width = size / length;
    const notes = width > 1 ? [] : await warn(context, new Correlations(x, context.examples.count, length), moved);
    return {
      notes,
      exchange: ({ features }) => ({
        write(row, _, from) {
          for (const feature of features) {
            const start = from * size + feature * width;
            row.set(x.subarray(start, start + width), feature * width);
          }
        },
      }),
    };
  });

export const conditionalPermutationImportance: Method<typeof conditional_permutation_importance> = (
  context,
  parameters,
) =>
  prepare(context, parameters, async x => {
    const { length, space } = context.model;
    const correlations = new Correlations(x, context.examples.count, length);
    const counts = space.alphabet === 'genotypes' && x.every(value => value === 0 || value === 1 || value === 2);
    return {
      notes: [],
      exchange: ({ features }) => {
        const predictions = predictor(correlations, features, parameters.given);
        return {
          write(row, example, from) {
            features.forEach((feature, member) => {
              const predicted = predictions[member]!;
              const value = x[from * length + feature]! - predicted[from]! + predicted[example]!;
              row[feature] = counts ? Math.min(2, Math.max(0, Math.round(value))) : value;
            });
          },
        };
      },
    };
  });

function warn({ examples, passed }: MethodContext, correlations: Correlations, moved: readonly Moved[]) {
  return correlationNotes(
    correlations,
    moved,
    feature => examples.features[feature] ?? String(feature),
    'Permuting them alone',
    'use conditional_permutation_importance, or groups that hold what goes together',
    passed,
  );
}

async function prepare(
  context: MethodContext,
  parameters: Parameters,
  exchanges: (
    x: Float32Array,
    moved: readonly Moved[],
  ) => Promise<{ readonly notes: readonly Note[]; readonly exchange: (moved: Moved) => Exchange }>,
): Promise<PreparedMethod> {
  const { model, executor, examples, outputs, files, passed } = context;
  const { repeats, seed } = parameters;
  const groups = await groupsOf(parameters, examples, files);
  const moved = groups.names.map((name, group): Moved => ({ name, features: groups.members[group]! }));
  const loss = lossOf(parameters.loss, examples.labels, examples.names, outputs);
  const before = loss.of(outputs);
  const tested = loss.name !== 'output_change';
  const x = await wholeData(examples);
  const { notes, exchange } = await exchanges(x, moved);
  const forward = await Pass.forward(model, executor);

  /** The target at every example with the group exchanged. */
  const exchanged = ({ write }: Exchange, order: Uint32Array): Promise<Float32Array> =>
    askChanged(forward, x, examples.count, (row, example) => write(row, example, order[example]!), passed);

  return {
    produces: 'importance',
    axes: [],
    unit: loss.unit,
    rows: rowsOfGroups(groups, model.space),
    arrays: [
      { name: 'repeats', type: 'float64', unit: loss.unit, axes: [{ name: 'repeat', size: repeats }] },
      ...(tested ? [{ name: 'p_values', type: 'float64' as const, unit: 'probability', axes: [] }] : []),
    ],
    blockRows: 1,
    async explain() {
      const map = new Float32Array(moved.length);
      const drawn = new Float64Array(moved.length * repeats);
      const pValues = new Float64Array(moved.length);
      for (const [group, one] of moved.entries()) {
        const change = exchange(one);
        let sum = 0;
        let notWorse = 0;
        for (let repeat = 0; repeat < repeats; repeat++) {
          const order = Uint32Array.from({ length: examples.count }, (_, example) => example);
          new Stream(seed, `permutation importance ${one.name}`, undefined, repeat).shuffle(order);
          const after = loss.of(await exchanged(change, order));
          drawn[group * repeats + repeat] = after - before;
          sum += after - before;
          if (after <= before) notWorse++;
        }
        map[group] = sum / repeats;
        pValues[group] = (1 + notWorse) / (repeats + 1);
      }
      return { map, arrays: { repeats: drawn, ...(tested && { p_values: pValues }) } };
    },
    notes: () => [...groups.notes, ...notes, ...(parameters.loss === 'auto' ? [chosen(loss.name, before)] : [])],
    release: () => forward.release(),
  };
}

const LOSS_WORDS: Readonly<Record<Loss['name'], string>> = {
  squared_error: 'the squared error',
  log_loss: 'the log loss',
  auroc: '1 − AUROC',
  output_change: 'the mean change of the target, for want of labels',
};

function chosen(name: Loss['name'], before: number): Note {
  const how = name === 'output_change' ? '' : `: ${before.toPrecision(3)} before any permutation`;
  return { level: 'information', code: 'method/loss', message: `The loss is ${LOSS_WORDS[name]}${how}.` };
}
