/** The sources that make their examples themselves, by their catalog names. */
import type * as specifications from '../../catalog/simulators.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Source } from '../data/source.js';
import { simulateExpressionSource } from './expression.js';
import { simulateGenotypesSource } from './genotypes.js';
import { simulateMotifCombinations } from './motif-combinations.js';
import { simulateMotifGrammar } from './motif-grammar.js';

/** One implementation per simulator of the catalog. */
export const SIMULATORS: {
  readonly [Name in keyof typeof specifications]: Source<ParametersOf<(typeof specifications)[Name]>>;
} = {
  simulate_expression: simulateExpressionSource,
  simulate_genotypes: simulateGenotypesSource,
  simulate_motif_combinations: simulateMotifCombinations,
  simulate_motif_grammar: simulateMotifGrammar,
};
