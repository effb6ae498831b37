/** In-silico mutagenesis: f with one base exchanged, minus f, for every position and base. */
import type { in_silico_mutagenesis } from '../../../catalog/methods/index.js';
import { blockRowsFor, type Method } from '../method.js';
import { SubstitutionPass } from './substitutions.js';

export const inSilicoMutagenesis: Method<typeof in_silico_mutagenesis> = async context => {
  const { model, executor, outputs, passed } = context;
  const pass = await SubstitutionPass.create(model, executor);
  return {
    produces: 'effect',
    arrays: [],
    blockRows: blockRowsFor(3 * model.length),
    explain: ({ from, to, x }) => pass.run(x, outputs.subarray(from, to), passed),
    notes: infos => pass.notes(infos),
    release: () => pass.release(),
  };
};
