/** All lints, by code. */
import * as controls from './controls.js';
import * as data from './data.js';
import * as maps from './maps.js';
import * as networks from './networks.js';
import * as references from './references.js';
import * as results from './results.js';
import * as targets from './targets.js';
import * as wording from './wording.js';
import type { Lint } from './lint.js';

export const LINTS: readonly Lint[] = [maps, references, targets, controls, networks, data, wording, results]
  .flatMap((family): Lint[] => Object.values(family))
  .sort((a, b) => a.code.localeCompare(b.code));

const byCode = new Map(LINTS.map(lint => [lint.code, lint]));

export function findLint(code: string): Lint | undefined {
  return byCode.get(code);
}
