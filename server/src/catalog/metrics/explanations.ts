/** Measurements of explanations that are no map, of how far two explanations are apart, and of models that are as good as each other. */
import type { MetricEntry } from '../specification.js';
import { pairedLoss } from '../parameters.js';

export const recorded = {
  category: 'metric',
  name: 'recorded',
  summary: 'A number that a method keeps for each row of its result: fit, precision, number of edits, standard error.',
  documentation:
    'Reads an array that lies beside a result (its documentation names them; `xome show` lists them): `"fit"` with the field `"top_agreement"` of `lime`, `"r_squared"` of `kernel_shap`, `"outcome"` with `"precision"`, `"coverage"` or `"accepted"` of `anchors`, with `"edits"`, `"flipped"` or `"proven"` of `counterfactual`, `"array"` with `"risk"` of `rule_list`. Rows without a number are left out.',
  citation:
    'Ribeiro, Singh & Guestrin 2016, KDD, arXiv 1602.04938 (fit of a local model); Ribeiro, Singh & Guestrin 2018, AAAI (precision, coverage)',
  revision: 1,
  subjects: {
    kind: 'attribution',
    min: 1,
    max: 1,
    maps: [
      ...(['gradient', 'contribution', 'hypothetical', 'effect', 'activation', 'interaction'] as const),
      ...(['importance', 'curve', 'rule', 'edit', 'pattern'] as const),
    ],
  },
  on: false,
  unit: 'rows',
  headline: 'mean',
  statistics: {
    mean: { summary: 'Mean over the rows.', unit: 'number', better: 'neither', interval: true },
    median: { summary: 'Median over the rows.', unit: 'number', better: 'neither', interval: true },
    min: { summary: 'Smallest value.', unit: 'number', better: 'neither', interval: false },
    max: { summary: 'Largest value.', unit: 'number', better: 'neither', interval: false },
  },
  parameters: {
    array: { type: { is: 'text' }, summary: 'Name of the array, such as `"fit"`.' },
    field: { type: { is: 'text' }, optional: true, summary: 'One of its columns, where it has several.' },
  },
} as const satisfies MetricEntry;

export const map_distance = {
  category: 'metric',
  name: 'map_distance',
  summary: 'How far a map is from another one that is taken for right.',
  documentation:
    '‖a − b‖ / ‖b‖ of the position scores of each example, b being the second map: 0 where they are the same, 1 for a map of zeros. For estimates of something that can be computed exactly, such as `kernel_shap` against `exact_shapley`. Examples where b is all zero are left out.',
  citation: 'Higham 2002, Accuracy and Stability of Numerical Algorithms, §1.2 (relative error in a norm)',
  revision: 1,
  subjects: { kind: 'attribution', min: 2, max: 2 },
  on: false,
  unit: 'examples',
  headline: 'median',
  statistics: {
    median: { summary: 'Median relative distance.', unit: 'share', better: 'lower', interval: true },
    mean: { summary: 'Mean relative distance.', unit: 'share', better: 'lower', interval: true },
    max: { summary: 'Largest relative distance.', unit: 'share', better: 'lower', interval: false },
  },
  parameters: {},
} as const satisfies MetricEntry;

export const curve_gap = {
  category: 'metric',
  name: 'curve_gap',
  summary: 'How far two curves of the same features are apart, such as `ale` and `partial_dependence`.',
  documentation:
    'For each feature max |a − b| over the points, both curves less their mean over the points, relative to the larger of their ranges; 0 where both are flat. Where features are independent, accumulated local effects and partial dependence are the same curve, whatever the model; where they are not, the gap is what partial dependence owes to examples that do not occur, and to effects that the others have through the feature. Both need the same number of points.',
  citation: 'Apley & Zhu 2020, J R Stat Soc B 82:1059, §2 and §5',
  revision: 1,
  subjects: { kind: 'attribution', min: 2, max: 2, maps: ['curve'] },
  on: false,
  unit: 'features',
  headline: 'mean',
  statistics: {
    mean: { summary: 'Mean relative gap over the features.', unit: 'share', better: 'neither', interval: true },
    max: { summary: 'Largest relative gap.', unit: 'share', better: 'neither', interval: false },
  },
  alphabets: ['genotypes', 'expression'],
  parameters: {},
} as const satisfies MetricEntry;

export const rashomon = {
  category: 'metric',
  name: 'rashomon',
  summary:
    'Whether the networks of an ensemble are as good as each other: by how much the worst loses more than the best.',
  documentation:
    'excess = (largest mean loss − smallest mean loss) / smallest mean loss over the members, on the same examples. Networks within such a margin of the best are a Rashomon set: as models of the data none is to be preferred, so what they explain differently is not shown by the data. `expect … excess < 5% at 95%` demands that the whole interval lies below the margin. Best and worst are chosen anew in each resample, which makes the interval wider and too high rather than too low. Members are trained on one data set, so the data that they have not seen must be asked.',
  citation: 'Breiman 2001, Statist Sci 16:199 (§8); Fisher, Rudin & Dominici 2019, JMLR 20:177',
  revision: 1,
  subjects: { kind: 'target', min: 1, max: 1 },
  on: true,
  unit: 'examples',
  headline: 'excess',
  statistics: {
    excess: {
      summary: 'By what share the mean loss of the worst member is above that of the best.',
      unit: 'share',
      better: 'lower',
      interval: true,
    },
    loss: { summary: 'Mean loss of the best member.', unit: 'number', better: 'lower', interval: true },
  },
  parameters: {
    loss: pairedLoss,
  },
} as const satisfies MetricEntry;
