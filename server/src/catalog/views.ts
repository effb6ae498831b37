/** Pictures for the report and the panel. */
import type { ParameterSpecification, ViewEntry } from './specification.js';

const maps = {
  type: { is: 'declared', kind: 'attribution' },
  variadic: true,
  summary: 'The attributions to draw, on one axis.',
} as const satisfies ParameterSpecification;

export const logo = {
  category: 'view',
  name: 'logo',
  summary: 'Sequence logos of one example, methods aligned.',
  documentation: 'Letters of the observed bases, their height the position score; negative scores hang below the line.',
  revision: 1,
  parameters: { maps },
} as const satisfies ViewEntry;

export const heatmap = {
  category: 'view',
  name: 'heatmap',
  summary: 'Position scores of all examples as a heatmap.',
  documentation: 'One row per example, colour-blind-safe diverging colours with zero at the background.',
  revision: 1,
  parameters: { maps },
} as const satisfies ViewEntry;
