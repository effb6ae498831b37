/**
 * Contribution scores as ChromBPNet writes them: one-hot sequences, hypothetical contributions, and those of the observed bases,
 * each [example, base, position]. Layout: https://github.com/kundajelab/chrombpnet (`interpret.py`).
 */
import type { hdf5 as specification } from '../../catalog/exports.js';
import type { Export } from './export.js';
import { writeHdf5 } from './hdf5-writer.js';
import { KeptSequences } from './kept-sequences.js';
import type { TreeArray } from './tree.js';

export const hdf5: Export<typeof specification> = async ({ of }, context) => {
  const kept = await KeptSequences.open(of, context);
  const { shape } = kept;
  const scores = (path: string, change: Parameters<KeptSequences['turned']>[0]): TreeArray => ({
    path,
    type: 'float32',
    shape,
    parts: async function* () {
      for await (const row of kept.turned(change)) yield new Uint8Array(row.buffer);
    },
  });
  const arrays: TreeArray[] = [
    scores('projected_shap/seq', (map, sequence) => map.map((value, at) => value * sequence[at]!)),
    {
      path: 'raw/seq',
      type: 'int8',
      shape,
      parts: async function* () {
        for await (const row of kept.turned((_, sequence) => sequence)) yield Uint8Array.from(row);
      },
    },
    scores('shap/seq', map => map),
  ];
  await writeHdf5(await context.create(context.path), { groups: {}, arrays });
  return kept.writeRegions(context.path.replace(/\.(h5|hdf5)$/i, '.bed'), context);
};
