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

/** @param weighted of a product or quotient: one of its factors is constant */
export function ruleStatuses(operator: string, weighted = false): RuleStatuses {
  const composite = COMPOSITES.get(operator);
  if (composite !== undefined) return ofParts(composite.parts);
  const gradient = OPERATORS.get(operator)?.gradient;
  if (gradient === 'none') return status('none', 'none', 'none');
  if (gradient === undefined || typeof gradient === 'object') return status('refused', 'refused', 'refused');
  if (operator === 'Relu') return status('rescale', 'approximate', 'exact');
  const family = familyOf(operator);
  if (weighted && (family === 'product' || family === 'quotient')) return OF_FAMILY.linear;
  return family === undefined ? status('refused', 'refused', 'exact') : OF_FAMILY[family];
}
