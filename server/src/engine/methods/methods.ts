/** The attribution methods by their catalog names. */
import type * as specifications from '../../catalog/methods.js';
import type { Call } from '../../protocol.js';
import { deepLift } from './deep-lift.js';
import { inSilicoMutagenesis } from './in-silico-mutagenesis.js';
import { integratedGradients } from './integrated-gradients.js';
import type { Method, MethodContext, PreparedMethod } from './method.js';
import { inputXGradient, saliencyMethod } from './saliency.js';

/** One implementation per method of the catalog. */
export const METHODS: { readonly [Name in keyof typeof specifications]: Method<(typeof specifications)[Name]> } = {
  saliency: saliencyMethod,
  input_x_gradient: inputXGradient,
  integrated_gradients: integratedGradients,
  deep_lift: deepLift,
  in_silico_mutagenesis: inSilicoMutagenesis,
};

/** Prepares the method that a call stands for. */
export function prepareMethod(call: Call, context: MethodContext): Promise<PreparedMethod> {
  // The plan has checked the parameters against the entry of this name, which gives the implementation its type.
  const method = METHODS[call.call as keyof typeof METHODS] as
    ((context: MethodContext, parameters: unknown) => Promise<PreparedMethod>) | undefined;
  if (method === undefined) throw new Error(`no implementation of the method ${call.call}`);
  return method(context, call.parameters);
}
