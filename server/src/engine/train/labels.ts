/** Labels as a loss wants them, and the split of examples into those for training and those for validation. */
import { Failure } from '../failure.js';
import { Stream } from '../random/philox.js';
import type { Origin } from '../data/examples.js';
import { LOSSES, type LossName } from './losses.js';

/**
 * @param units outputs of the network
 * @returns [example, units]
 * @throws Failure `train/label` naming the first example whose label does not fit the loss
 */
export function labelRows(
  labels: readonly (number | undefined)[],
  names: readonly string[],
  loss: LossName,
  units: number,
): Float32Array {
  const { classes } = LOSSES[loss];
  if (!classes && units !== 1)
    throw new Failure('train/units', `the network has ${units} outputs, and ${loss} compares one number`, {
      remedy: 'End the network with dense(1), or take loss: cross_entropy.',
    });
  const rows = new Float32Array(labels.length * units);
  labels.forEach((label, row) => {
    const fits =
      label !== undefined &&
      (loss === 'binary_cross_entropy'
        ? label === 0 || label === 1
        : classes
          ? Number.isInteger(label) && label >= 0 && label < units
          : Number.isFinite(label));
    if (!fits)
      throw new Failure('train/label', `its label is ${label ?? 'missing'}; expected ${expectedLabels(loss, units)}`, {
        place: `example "${names[row]}"`,
        remedy: 'Give labels with the source, or choose another loss or number of outputs.',
      });
    if (classes) rows[row * units + label] = 1;
    else rows[row] = label;
  });
  return rows;
}

function expectedLabels(loss: LossName, units: number): string {
  if (loss === 'binary_cross_entropy') return '0 or 1';
  return loss === 'cross_entropy' ? `a class from 0 to ${units - 1}` : 'a number';
}

export interface Partition {
  readonly training: readonly number[];
  readonly validation: readonly number[];
}

/**
 * Draws the examples for validation: of every class (where labels are classes) the same share, rounded. Each example draws
 * its own rank, so that the choice does not depend on the order of the others.
 */
export function partition(
  labels: readonly (number | undefined)[],
  origins: readonly Origin[],
  stratified: boolean,
  share: number,
  seed: number,
): Partition {
  const ranks = origins.map(origin => new Stream(seed, 'validation', origin).uniform());
  const strata = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const stratum = stratified ? (label ?? -1) : 0;
    const known = strata.get(stratum);
    if (known) known.push(row);
    else strata.set(stratum, [row]);
  });
  const held = new Set<number>();
  for (const rows of strata.values())
    for (const row of rows.toSorted((a, b) => ranks[a]! - ranks[b]! || a - b).slice(0, Math.round(share * rows.length)))
      held.add(row);
  const all = labels.map((_, row) => row);
  return { training: all.filter(row => !held.has(row)), validation: all.filter(row => held.has(row)) };
}
