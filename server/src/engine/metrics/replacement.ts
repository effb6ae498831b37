/**
 * What a model says when features of an example are replaced, beside what its map says. Every replaced example is one that could
 * occur: a base becomes another base, a count of alleles another count, or features take the values of a reference.
 */
import type { MapKind } from '../../catalog/specification.js';
import type { InputSpace } from '../data/input-space.js';
import { sizeOf } from '../graph/graph.js';
import type { Stream } from '../random/philox.js';
import { descending } from './classes.js';
import type { Values } from './metric.js';
import { RowQueue, type Ask } from './row-queue.js';

/** Examples with their maps. */
export interface Explained {
  readonly space: InputSpace;
  readonly kind: MapKind;
  /** [example, …shape] */
  readonly x: Float32Array;
  /** [example, …shape] */
  readonly map: Values;
  /** [example, feature] */
  readonly scores: Values;
  /** The target at the examples, [example]. */
  readonly outputs: Values;
}

/** A copy of an example in which every feature is replaced. */
export type Alternative = (example: number, draw: number) => Promise<Float32Array>;

/** Random numbers for one draw of one example. */
export type StreamOf = (example: number, draw: number) => Stream;

/** An example with each base exchanged for another one; an ambiguity code for a base that it excludes, N for any. */
export function otherBases(x: Float32Array, stream: Stream): Float32Array {
  const other = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += 4) {
    const possible = [0, 1, 2, 3].filter(base => x[at + base] === 0);
    const base = possible.length === 0 ? stream.integer(4) : possible[stream.integer(possible.length)]!;
    other[at + base] = 1;
  }
  return other;
}

/** An example with each count of alleles (0, 1, 2) exchanged for one of the two others. */
export function otherCounts(x: Float32Array, stream: Stream): Float32Array {
  return x.map(count => (Math.round(count) + 1 + stream.integer(2)) % 3);
}

/** What replacing features took from the target, as the model says and as the map says, [example, sample] each. */
export interface Changes {
  readonly predicted: Float64Array;
  readonly observed: Float64Array;
  readonly samples: number;
}

/**
 * Replaces random sets of features. The map predicts f(x) − f(x̃) as Σ (x − x̃) · map; contributions as the sum of the scores of
 * what was replaced.
 *
 * @param count features of a set
 */
export async function randomChanges(
  explained: Explained,
  { count, samples }: { readonly count: number; readonly samples: number },
  alternative: Alternative,
  streamOf: StreamOf,
  ask: Ask,
): Promise<Changes> {
  const { space, kind, x, map, scores, outputs } = explained;
  const features = space.shape[0]!;
  const size = sizeOf(space.shape);
  const width = size / features;
  const predicted = new Float64Array(outputs.length * samples);
  const observed = new Float64Array(predicted.length);
  const queue = new RowQueue(size, ask);
  for (let example = 0; example < outputs.length; example++) {
    const own = x.subarray(example * size, (example + 1) * size);
    for (let sample = 0; sample < samples; sample++) {
      const other = await alternative(example, sample);
      const row = own.slice();
      const at = example * samples + sample;
      for (const feature of streamOf(example, sample).choose(features, count)) {
        const [start, end] = [feature * width, (feature + 1) * width];
        row.set(other.subarray(start, end), start);
        if (kind === 'contribution') predicted[at]! += scores[example * features + feature]!;
        else for (let i = start; i < end; i++) predicted[at]! += (own[i]! - row[i]!) * map[example * size + i]!;
      }
      await queue.add(row, example, found => (observed[at] = outputs[example]! - found[0]!));
    }
  }
  await queue.flush();
  return { predicted, observed, samples };
}

/** The target while features are replaced in an order: [example, step], the mean over repeats. */
export interface ReplacementCurves {
  /** In the order of the scores. */
  readonly byScore: Float64Array;
  /** In random orders, with the same replacements. */
  readonly random: Float64Array;
  /** Features replaced, or put back, at each step: from none to all. */
  readonly sizes: readonly number[];
}

/**
 * @param mode `deletion`: the features with the largest scores are replaced first; `insertion`: they are put back first into an
 *   example in which all are replaced
 */
export async function replacementCurves(
  { space, x, scores, outputs }: Explained,
  mode: 'deletion' | 'insertion',
  { steps, repeats }: { readonly steps: number; readonly repeats: number },
  alternative: Alternative,
  streamOf: StreamOf,
  ask: Ask,
): Promise<ReplacementCurves> {
  const features = space.shape[0]!;
  const size = sizeOf(space.shape);
  const width = size / features;
  const sizes = [...new Set(Array.from({ length: steps + 1 }, (_, step) => Math.round((step * features) / steps)))];
  const byScore = new Float64Array(outputs.length * sizes.length);
  const random = new Float64Array(byScore.length);
  const queue = new RowQueue(size, ask);
  for (let example = 0; example < outputs.length; example++) {
    const own = x.subarray(example * size, (example + 1) * size);
    const best = descending(Float64Array.from(scores.subarray(example * features, (example + 1) * features)));
    for (let repeat = 0; repeat < repeats; repeat++) {
      const other = await alternative(example, repeat);
      const anyhow = best.slice().sort();
      streamOf(example, repeat).shuffle(anyhow);
      const [from, to] = mode === 'deletion' ? [own, other] : [other, own];
      for (const [order, curve] of [
        [best, byScore],
        [anyhow, random],
      ] as const) {
        const row = from.slice();
        let done = 0;
        for (const [step, count] of sizes.entries()) {
          for (; done < count; done++) {
            const start = order[done]! * width;
            row.set(to.subarray(start, start + width), start);
          }
          await queue.add(row, example, found => (curve[example * sizes.length + step]! += found[0]! / repeats));
        }
      }
    }
  }
  await queue.flush();
  return { byScore, random, sizes };
}
