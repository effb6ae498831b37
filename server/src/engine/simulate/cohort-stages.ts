/** The stages of cohorts, by their catalog names. */
import type * as specifications from '../../catalog/cohort-stages.js';
import type { ParametersOf } from '../../catalog/specification.js';
import type { Examples, Rows } from '../data/examples.js';
import { adjustTrait } from './adjusted-trait.js';
import { withDecoys } from './decoys.js';
import { requireGenotypes } from './genotype-truth.js';
import { polygenicTrait } from './polygenic-trait.js';
import { spikeIn } from './spike-ins.js';

type Names = keyof typeof specifications;
type Simulation<Name extends Names> = (rows: Rows, parameters: ParametersOf<(typeof specifications)[Name]>) => Rows;

/** A stage that refuses everything but genotypes, by its name. */
function ofGenotypes<Name extends Names>(name: Name, simulation: Simulation<Name>) {
  return (parameters: Parameters<Simulation<Name>>[1], examples: Examples): Rows => {
    requireGenotypes(examples, name);
    return simulation(examples, parameters);
  };
}

/** One implementation per stage of cohorts. */
export const COHORT_STAGES = {
  polygenic_trait: ofGenotypes('polygenic_trait', polygenicTrait),
  adjust_trait: ofGenotypes('adjust_trait', adjustTrait),
  spike_in: ofGenotypes('spike_in', spikeIn),
  with_decoys: ofGenotypes('with_decoys', withDecoys),
};
