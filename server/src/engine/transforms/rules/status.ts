/** What each rule can do with an operator, for descriptions of models. */
import type { RuleStatus } from '../../../protocol.js';
import { OPERATORS } from '../../ops/registry.js';
import { COMPOSITES } from '../composites/composites.js';
import { familyOf, type Family } from './families.js';

export interface RuleStatuses {
  readonly deep_lift: RuleStatus;
  readonly lrp: RuleStatus;
  readonly guided_backpropagation: RuleStatus;
}

const status = (deep_lift: RuleStatus, lrp: RuleStatus, guided_backpropagation: RuleStatus): RuleStatuses => ({
  deep_lift,
  lrp,
  guided_backpropagation,
});

const OF_FAMILY: Readonly<Record<Family, RuleStatuses>> = {
  linear: status('exact', 'exact', 'exact'),
  elementwise: status('rescale', 'approximate', 'approximate'),
  product: status('exact', 'approximate', 'exact'),
  quotient: status('exact', 'approximate', 'exact'),
  maximum: status('approximate', 'approximate', 'exact'),
  minimum: status('approximate', 'approximate', 'exact'),
  // DeepLIFT needs a condition that is the same for every input; LRP takes it as it falls.
  choice: status('refused', 'approximate', 'exact'),
  // LRP holds attention weights fixed; a softmax that is explained itself is refused.
  softmax: status('rescale', 'approximate', 'exact'),
  norm: status('rescale', 'refused', 'exact'),
};

/** From the best to the worst. */
const ORDER: readonly RuleStatus[] = ['none', 'exact', 'rescale', 'approximate', 'refused'];

/** The worst of the operators that a composite is written in. */
function ofParts(parts: readonly string[]): RuleStatuses {
  const all = parts.map(part => ruleStatuses(part));
  const worst = (rule: keyof RuleStatuses): RuleStatus =>
    all.map(statuses => statuses[rule]).reduce((a, b) => (ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b), 'none');
  return status(worst('deep_lift'), worst('lrp'), worst('guided_backpropagation'));
}

/** @param depends which inputs depend on what is explained; left out, the hardest case */
export function ruleStatuses(operator: string, depends?: readonly boolean[]): RuleStatuses {
  const still = depends?.includes(true) === false;
  const composite = COMPOSITES.get(operator);
  if (composite !== undefined) return still ? status('none', 'none', 'none') : ofParts(composite.parts);
  const gradient = OPERATORS.get(operator)?.gradient;
  if (gradient === 'none' || (still && gradient !== undefined)) return status('none', 'none', 'none');
  if (gradient === undefined || typeof gradient === 'object') return status('refused', 'refused', 'refused');
  if (operator === 'Relu') return status('rescale', 'approximate', 'exact');
  const family = familyOf(operator);
  if (depends !== undefined && family !== undefined) return ofOccurrence(family, depends);
  return family === undefined ? status('refused', 'refused', 'exact') : OF_FAMILY[family];
}

/** What a rule can do with a node, given which of its inputs are constant for it. */
function ofOccurrence(family: Family, depends: readonly boolean[]): RuleStatuses {
  const several = depends.filter(Boolean).length > 1;
  switch (family) {
    case 'product':
      return OF_FAMILY[several ? 'product' : 'linear'];
    case 'quotient':
      return OF_FAMILY[depends[1] ? 'quotient' : 'linear'];
    case 'choice':
      return OF_FAMILY[depends[0] ? 'choice' : 'linear'];
    case 'elementwise':
      // A slope or exponent that the network computes.
      return several || !depends[0] ? status('refused', 'refused', 'exact') : OF_FAMILY.elementwise;
    default:
      return OF_FAMILY[family];
  }
}
