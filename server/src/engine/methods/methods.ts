/** The attribution methods by their catalog names. */
import type * as specifications from '../../catalog/methods/index.js';
import type { PlainCall } from '../../catalog/specification.js';
import { GLOBAL_METHODS } from './global/global.js';
import { GRADIENT_METHODS } from './gradient/gradient.js';
import type { Family, MethodContext, PreparedMethod } from './method.js';
import { MODEL_BASED_METHODS } from './model-based/model-based.js';
import { PERTURBATION_METHODS } from './perturbation/perturbation.js';
import { RULE_METHODS } from './rules/rules.js';
import { SEQUENCE_METHODS } from './sequences/sequences.js';

/** One implementation per method of the catalog. */
export const METHODS: Family<typeof specifications> = {
  ...GRADIENT_METHODS,
  ...RULE_METHODS,
  ...PERTURBATION_METHODS,
  ...GLOBAL_METHODS,
  ...MODEL_BASED_METHODS,
  ...SEQUENCE_METHODS,
};

/** Whether a method asks the network's graph for derivatives, or for what rules make of them. */
export const differentiates = (method: string): boolean => method in GRADIENT_METHODS || method in RULE_METHODS;

/** Prepares the method that a call stands for. */
export function prepareMethod(
  call: Pick<PlainCall, 'call' | 'parameters'>,
  context: MethodContext,
): Promise<PreparedMethod> {
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const method = METHODS[call.call as keyof typeof METHODS] as
    ((context: MethodContext, parameters: unknown) => Promise<PreparedMethod>) | undefined;
  if (method === undefined) throw new Error(`no implementation of the method ${call.call}`);
  return method(context, call.parameters);
}
