/** Methods that replace the derivative of some operators, by catalog name. */
import type * as specifications from '../../../catalog/methods/rules.js';
import type { Family } from '../method.js';
import { deepLift } from './deep-lift.js';

export const RULE_METHODS: Family<typeof specifications> = {
  deep_lift: deepLift,
};
