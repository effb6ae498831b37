/** The data sources by their catalog names. */
import type { ParametersOf } from '../../catalog/specification.js';
import type * as specifications from '../../catalog/sources.js';
import type { Call, DataDescription } from '../../protocol.js';
import { Failure } from '../failure.js';
import { SIMULATORS } from '../simulate/simulators.js';
import { checkMotifs, simulateMotifs } from '../simulate/motifs.js';
import type { Examples } from './examples.js';
import { anndata } from './anndata.js';
import { arrays, oneHotHdf5 } from './arrays.js';
import { cellRanger } from './cell-ranger.js';
import { fasta } from './fasta.js';
import { plink } from './plink-cohort.js';
import { geneWindows } from './gene-windows.js';
import { intervals } from './intervals.js';
import type { Files, Source } from './source.js';
import { table } from './table.js';
import { variants } from './variants.js';

/** One implementation per source of the catalog. */
export const SOURCES: {
  readonly [Name in keyof typeof specifications]: Source<ParametersOf<(typeof specifications)[Name]>>;
} = {
  fasta,
  intervals,
  gene_windows: geneWindows,
  table,
  arrays,
  numpy: arrays,
  one_hot_hdf5: oneHotHdf5,
  anndata,
  cell_ranger: cellRanger,
  variants,
  plink,
  simulate_motifs: {
    async read(parameters) {
      return simulateMotifs(parameters);
    },
    async describe(parameters) {
      checkMotifs(parameters);
      const { sequences, length } = parameters;
      return { is: 'data', examples: sequences, complete: true, alphabet: 'dna', length: [length, length], notes: [] };
    },
  },
  ...SIMULATORS,
};

function sourceOf(call: Call): Source<unknown> {
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const source = SOURCES[call.call as keyof typeof SOURCES] as Source<unknown> | undefined;
  if (!source) throw new Failure('data/unknown-source', `"${call.call}" is no data source`);
  return source;
}

/**
 * All examples of a source.
 *
 * @param call a source of the catalog with all its parameters; paths are content hashes
 * @throws Failure
 */
export async function readSource(call: Call, files: Files): Promise<Examples> {
  const examples = await sourceOf(call).read(call.parameters, files);
  // Where the text names the classes, in whatever source, these are their names.
  const { classes } = call.parameters;
  return Array.isArray(classes) ? { ...examples, classes: classes.map(String) } : examples;
}

/**
 * How many examples a source has and how long they are, in at most about 8 seconds.
 *
 * @throws Failure
 */
export async function describeSource(call: Call, files: Files): Promise<DataDescription> {
  return sourceOf(call).describe(call.parameters, files);
}
