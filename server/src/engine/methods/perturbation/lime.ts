/**
 * LIME: a linear model of which groups of features are present, fitted to predictions near the example.
 * Ribeiro, Singh & Guestrin 2016, KDD, arXiv 1602.04938, §3.
 */
import type { lime as specification } from '../../../catalog/methods/index.js';
import type { Note } from '../../../protocol.js';
import type { Origin } from '../../data/examples.js';
import { Failure } from '../../failure.js';
import { Stream } from '../../random/philox.js';
import { groupsOf } from '../groups.js';
import { blockRowsFor, type Method } from '../method.js';
import { referenceNotes } from '../references/reference.js';
import { referenceOf } from '../references/references.js';
import { choleskySolver } from './cholesky.js';
import { Masking } from './masking.js';
import { groupArray, placeGroups } from './placement.js';
import { absentFeatures, requireGroups } from './shapley.js';

/** So that the fit, cubic in the groups, takes seconds. */
const MOST_GROUPS = 1024;
/** Groups of the largest magnitude that repeats are compared by. */
const TOP = 5;
/** Below this share of explained variance a note says so. */
const POOR_FIT = 0.5;

export interface Surrogate {
  /** One coefficient per group. */
  readonly coefficients: Float64Array;
  readonly rSquared: number;
}

/** Which groups are present in a repeat's samples, [sample, group]: all in the first, each with probability ½ in the others. */
export function drawPresence(
  groups: number,
  samples: number,
  seed: number,
  origin: Origin,
  repeat: number,
): Uint8Array {
  const present = new Uint8Array(samples * groups).fill(1);
  const stream = new Stream(seed, 'lime', origin, repeat);
  for (let at = groups; at < present.length; at++) present[at] = stream.uint32() & 1;
  return present;
}

/**
 * Minimises Σ π (f − c − Σ w z)² / Σ π + ridge · ‖w‖², π = exp(−D² / width²) with the cosine distance
 * D = 1 − √(share of groups present) to the example.
 *
 * @param present [sample, group]
 * @param values the prediction at each sample
 * @returns undefined where the samples do not determine the coefficients
 */
export function fitSurrogate(
  present: Uint8Array,
  values: ArrayLike<number>,
  width: number,
  ridge: number,
): Surrogate | undefined {
  const samples = values.length;
  const groups = present.length / samples;
  const proximity = new Float64Array(samples);
  const centre = new Float64Array(groups);
  let [total, mean] = [0, 0];
  for (let sample = 0; sample < samples; sample++) {
    const row = present.subarray(sample * groups, (sample + 1) * groups);
    const share = row.reduce((sum, has) => sum + has, 0) / groups;
    const weight = Math.exp(-(((1 - Math.sqrt(share)) / width) ** 2));
    proximity[sample] = weight;
    total += weight;
    mean += weight * values[sample]!;
    row.forEach((has, group) => (centre[group]! += weight * has));
  }
  mean /= total;
  centre.forEach((sum, group) => (centre[group] = sum / total));

  const moments = new Float64Array(groups * groups);
  const right = new Float64Array(groups);
  const deviations = new Float64Array(groups);
  let variance = 0;
  for (let sample = 0; sample < samples; sample++) {
    const weight = proximity[sample]! / total;
    const deviation = values[sample]! - mean;
    variance += weight * deviation ** 2;
    for (let i = 0; i < groups; i++) {
      deviations[i] = present[sample * groups + i]! - centre[i]!;
      right[i]! += weight * deviations[i]! * deviation;
      for (let j = 0; j <= i; j++) moments[i * groups + j]! += weight * deviations[i]! * deviations[j]!;
    }
  }
  for (let i = 0; i < groups; i++) moments[i * groups + i]! += ridge;
  const coefficients = choleskySolver(moments, groups)?.(right);
  if (coefficients === undefined) return undefined;

  let unexplained = 0;
  for (let sample = 0; sample < samples; sample++) {
    let fitted = mean;
    for (let i = 0; i < groups; i++) fitted += coefficients[i]! * (present[sample * groups + i]! - centre[i]!);
    unexplained += (proximity[sample]! / total) * (values[sample]! - fitted) ** 2;
  }
  return { coefficients, rSquared: variance > 0 ? 1 - unexplained / variance : 1 };
}

/** Mean Jaccard index of the strongest groups over all pairs of repeats. */
export function topAgreement(repeats: readonly Float64Array[], top: number): number {
  const strongest = repeats.map(
    values => new Set([...values.keys()].sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!)).slice(0, top)),
  );
  let [sum, pairs] = [0, 0];
  strongest.forEach((one, i) => {
    for (const other of strongest.slice(0, i)) {
      const shared = [...one].filter(group => other.has(group)).length;
      sum += shared / (one.size + other.size - shared);
      pairs++;
    }
  });
  return sum / pairs;
}

const FIT_FIELDS = ['mean_r_squared', 'lowest_r_squared', 'top_agreement'] as const;

export const lime: Method<typeof specification> = async (context, parameters) => {
  const { baseline, samples, repeats, width, ridge, seed } = parameters;
  const groups = await groupsOf(parameters, context.examples, context.files);
  requireGroups(groups, MOST_GROUPS, 'lime', 'Put features into fewer groups (groups, window).');
  const masking = await Masking.create(context, await referenceOf(baseline, context));
  const count = groups.members.length;

  return {
    produces: 'contribution',
    arrays: [
      groupArray('groups', groups),
      groupArray('standard_deviations', groups),
      {
        name: 'fit',
        type: 'float32',
        unit: 'share',
        axes: [{ name: 'field', size: FIT_FIELDS.length, labels: [...FIT_FIELDS] }],
      },
    ],
    blockRows: blockRowsFor(samples * repeats * masking.copies),
    explain: async rows => {
      const block = await masking.open(rows);
      const drawn = block.origins.map(origin =>
        Array.from({ length: repeats }, (_, repeat) => drawPresence(count, samples, seed, origin, repeat)),
      );
      const values = await masking.means(block, repeats * samples, (row, set) => {
        const present = drawn[row]![Math.floor(set / samples)]!;
        return absentFeatures(groups, group => present[(set % samples) * count + group] === 1);
      });
      const means = new Float64Array(block.rows * count);
      const deviations = new Float32Array(block.rows * count);
      const fit = new Float32Array(block.rows * FIT_FIELDS.length);
      for (let row = 0; row < block.rows; row++) {
        const fits = drawn[row]!.map((present, repeat) => {
          const from = (row * repeats + repeat) * samples;
          const found = fitSurrogate(present, values.subarray(from, from + samples), width, ridge);
          if (found !== undefined) return found;
          throw new Failure('method/samples', `${samples} samples do not determine ${count} coefficients`, {
            remedy: 'Ask for more samples, for fewer groups, or for a ridge above 0.',
          });
        });
        for (let group = 0; group < count; group++) {
          const found = fits.map(({ coefficients }) => coefficients[group]!);
          const mean = found.reduce((sum, value) => sum + value, 0) / repeats;
          const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0);
          means[row * count + group] = mean;
          deviations[row * count + group] = Math.sqrt(squares / (repeats - 1));
        }
        const shares = fits.map(({ rSquared }) => rSquared);
        fit.set(
          [
            shares.reduce((sum, share) => sum + share, 0) / repeats,
            Math.min(...shares),
            topAgreement(
              fits.map(({ coefficients }) => coefficients),
              TOP,
            ),
          ],
          row * FIT_FIELDS.length,
        );
      }
      const poor = countPoorFits(fit);
      return {
        map: placeGroups(means, groups, 'divided', block.x),
        arrays: { groups: Float32Array.from(means), standard_deviations: deviations, fit },
        info: { distinct: block.distinct, poor },
      };
    },
    notes: infos => {
      const blocks = infos as { distinct: number[]; poor: number }[];
      return [
        ...groups.notes,
        ...referenceNotes(
          masking.reference,
          blocks.flatMap(block => block.distinct),
        ),
        ...poorFitNotes(
          blocks.reduce((sum, block) => sum + block.poor, 0),
          context.examples.count,
        ),
      ];
    },
    release: () => masking.release(),
  };
};

/** Examples whose linear models explain little, [example, field] → count. */
function countPoorFits(fit: Float32Array): number {
  let poor = 0;
  for (let at = 0; at < fit.length; at += FIT_FIELDS.length) if (fit[at]! < POOR_FIT) poor++;
  return poor;
}

function poorFitNotes(poor: number, examples: number): Note[] {
  if (poor === 0) return [];
  return [
    {
      level: 'warning',
      code: 'GA034',
      message:
        `For ${poor} of ${examples} examples the linear model explains less than ${POOR_FIT * 100} % of the variance of the ` +
        'predictions near the example: its coefficients say little of the network. Look at the array `fit`, and try a smaller width or shapley_sampling.',
    },
  ];
}
