/** Methods that change the input and look at the prediction, by catalog name. */
import type * as specifications from '../../../catalog/methods/perturbation.js';
import type { Family } from '../method.js';
import { inSilicoMutagenesis } from './in-silico-mutagenesis.js';

export const PERTURBATION_METHODS: Family<typeof specifications> = {
  in_silico_mutagenesis: inSilicoMutagenesis,
};
