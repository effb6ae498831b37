/** Parameters that several methods share. */
import type { ParameterSpecification } from '../specification.js';

export const baseline = {
  type: { is: 'call', category: 'reference' },
  summary: 'The reference with which each example is compared.',
} as const satisfies ParameterSpecification;
