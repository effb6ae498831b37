/** Parameters that entries of several families share. */
import type { ParameterSpecification } from './specification.js';

export const seed = {
  type: { is: 'integer', min: 0, max: 4_294_967_295 },
  summary: 'Seed of the random draws.',
} as const satisfies ParameterSpecification;

/** A loss that every example has. */
export const pairedLoss = {
  type: { is: 'keyword', values: ['auto', 'squared_error', 'log_loss'] },
  default: 'auto',
  summary:
    'The squared error of the target, or the log loss of the target as a logit. `auto`: `log_loss` where all labels are 0 or 1.',
} as const satisfies ParameterSpecification;

/** The truth behind the data of a map. */
export const plantedMotifs = {
  type: { is: 'declared', kind: 'truth' },
  summary: 'The planted motifs of the data that the map explains.',
} as const satisfies ParameterSpecification;

export const unplaced = {
  type: { is: 'keyword', values: ['error', 'drop'] },
  default: 'error',
  summary:
    'What becomes of those on a chromosome that the genome does not have, such as a patch or a decoy: an error, or they are left out.',
} as const satisfies ParameterSpecification;
