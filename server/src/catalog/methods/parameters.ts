/** Parameters that several methods share. */
import type { ParameterSpecification } from '../specification.js';

/** Places in the typology that many methods share: explanations of a trained network, by what they need and what they speak of. */
export const LOCAL_SPECIFIC = { stage: 'post hoc', model: 'specific', scope: 'local' } as const;
export const LOCAL_AGNOSTIC = { stage: 'post hoc', model: 'agnostic', scope: 'local' } as const;

export const baseline = {
  type: { is: 'call', category: 'reference' },
  summary: 'The reference with which each example is compared.',
} as const satisfies ParameterSpecification;

export const groups = {
  type: {
    is: 'either',
    of: [
      { is: 'record', of: { is: 'list', of: { is: 'either', of: [{ is: 'integer', min: 0 }, { is: 'text' }] } } },
      { is: 'path', extensions: ['.tsv', '.txt', '.gmt', '.gmt.gz'] },
    ],
  },
  optional: true,
  summary:
    'Features that are changed together: `{ promoter: [3, 4, "10-19"], TATA: ["25-31"] }` by number from 0, by range or by name, or a file with a feature, a tab and its group (pathway, LD block) per line, or gene sets (`.gmt`). No feature may be in two.',
} as const satisfies ParameterSpecification;

export const window = {
  type: { is: 'integer', min: 1, unit: 'bp' },
  default: 1,
  summary: 'Features in no group are cut into windows of so many neighbours.',
} as const satisfies ParameterSpecification;

export const layer = {
  type: { is: 'text' },
  summary: 'Name of the layer or node, as in the file.',
} as const satisfies ParameterSpecification;

export const steps = {
  type: { is: 'integer', min: 1, max: 65_536 },
  default: 64,
  summary: 'Gauss–Legendre nodes along the path.',
} as const satisfies ParameterSpecification;
