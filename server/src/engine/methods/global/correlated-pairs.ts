/**
 * Features that are correlated with each other. Tiles of the matrix of correlations are products of matrices, which the executor makes
 * in float32; what comes near the limit there is decided in float64.
 */
import type { Executor } from '../../backends/executor.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Tensor } from '../../graph/graph.js';
import { elements } from '../passes.js';
import type { Correlations } from './correlations.js';

/** Features along the side of a tile: a tile and its two factors fit the caches and a message gets through between tiles. */
const SIDE = 1024;
/** Far more than float32 sums of any length here are off, relative to a correlation of 1. */
const MARGIN = 1e-3;

/** Two features, `other` before `one`, and their correlation. */
export interface CorrelatedPair {
  readonly one: number;
  readonly other: number;
  readonly correlation: number;
}

/**
 * All pairs with a correlation above `least`, in order of `one`, then of `other`.
 *
 * @param passed to be awaited after every tile
 */
export async function correlatedPairs(
  correlations: Correlations,
  least: number,
  executor: Executor,
  passed: () => Promise<void>,
): Promise<CorrelatedPair[]> {
  const { features, examples } = correlations;
  const side = Math.min(SIDE, features);
  const builder = new GraphBuilder('correlations');
  const [a, b] = ['a', 'b'].map(name => builder.input(name, 'float32', [side, examples])) as [string, string];
  const product = builder.add('Gemm', [a, b], { transB: 1, alpha: 1 / examples });
  const executable = await executor.load(builder.finish([product]));
  const found: CorrelatedPair[] = [];
  try {
    for (let ones = 0; ones < features; ones += side) {
      const feeds: Record<string, Tensor> = { [a]: tile(correlations, ones, side) };
      for (let others = 0; others <= ones; others += side) {
        feeds[b] = tile(correlations, others, side);
        const values = elements(await executable.run(feeds), product);
        for (let at = 0; at < values.length; at++) {
          if (values[at]! < least - MARGIN) continue;
          const [one, other] = [ones + Math.floor(at / side), others + (at % side)];
          if (other >= one || one >= features) continue;
          const correlation = correlations.between(one, other);
          if (correlation > least) found.push({ one, other, correlation });
        }
        await passed();
      }
    }
  } finally {
    await executable.release();
  }
  return found.sort((x, y) => x.one - y.one || x.other - y.other);
}

/** Columns of `side` features from the first on, [feature, example]; zeros behind the last. */
function tile(correlations: Correlations, first: number, side: number): Tensor {
  const { examples, features } = correlations;
  const data = new Float32Array(side * examples);
  for (let feature = first; feature < Math.min(first + side, features); feature++)
    data.set(correlations.column(feature), (feature - first) * examples);
  return { type: 'float32', shape: [side, examples], data };
}
