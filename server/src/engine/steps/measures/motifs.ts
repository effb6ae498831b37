/** How measurements of motifs are read of stored seqlets and patterns. */
import type * as specifications from '../../../catalog/metrics/motifs.js';
import { StoredExamples } from '../../data/stored-examples.js';
import { Failure } from '../../failure.js';
import { METRICS } from '../../metrics/metrics.js';
import { storedStretches } from '../../motifs/stretches.js';
import { metaOf } from '../results.js';
import type { StepContext } from '../step.js';
import { only, read, type Measures } from './measure.js';

export const MOTIF_MEASURES: Measures<typeof specifications> = {
  motif_match: async (task, { motif, below }, context) => {
    const key = only(task);
    const { arrays } = await metaOf(context.store, key);
    const library = arrays.find(({ name }) => name === 'q_values')?.axes[1]?.labels;
    if (library === undefined)
      throw new Failure('metric/no-matches', 'the patterns have not been compared with known motifs', {
        place: context.title,
        remedy: 'Put `| match_motifs("jaspar.pfm")` behind them.',
      });
    const has = (name: string) => arrays.some(array => array.name === name);
    const [pValues, qValues] = [await read(context, key, 'p_values'), await read(context, key, 'q_values')];
    return METRICS.motif_match({
      pValues,
      qValues,
      sites: has('sites')
        ? await read(context, key, 'sites')
        : new Float64Array(pValues.length / library.length).fill(1),
      motifs: motif === undefined ? [...library.keys()] : named(motif, library, context),
      below,
    });
  },
  seqlet_recovery: async (task, { truth: known }, context) => {
    const key = only(task);
    const examples = await StoredExamples.open(context.store, known.of);
    const truth = await examples.truth();
    if (truth === undefined)
      throw new Failure('metric/no-truth', 'nothing is known of planted motifs in these data', {
        place: context.title,
      });
    return METRICS.seqlet_recovery({
      seqlets: await storedStretches(context.store, key),
      truth,
      length: examples.length,
    });
  },
};

/** Places of the motifs of that identifier or name. @throws Failure `metric/no-motif` */
function named(wanted: string, library: readonly string[], { title }: StepContext): number[] {
  const lower = wanted.toLowerCase();
  const found = Array.from(library.keys()).filter(at => {
    const label = library[at]!.toLowerCase();
    return [label, label.slice(0, label.indexOf(' ')), label.slice(label.indexOf(' ') + 1)].includes(lower);
  });
  if (found.length > 0) return found;
  throw new Failure('metric/no-motif', `none of the ${library.length} motifs of the library is called "${wanted}"`, {
    place: title,
    remedy: 'Correct the name; letter case does not matter.',
  });
}
