/** Methods that know what a sequence is, by catalog name. */
import type * as specifications from '../../../catalog/methods/sequences.js';
import type { Family } from '../method.js';
import { reverseComplement } from './reverse-complement.js';
import { variantAttribution } from './variant-attribution.js';
import { variantEffect } from './variant-effect.js';

export const SEQUENCE_METHODS: Family<typeof specifications> = {
  variant_effect: variantEffect,
  variant_attribution: variantAttribution,
  reverse_complement: reverseComplement,
};
