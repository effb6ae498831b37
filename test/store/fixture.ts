/** A small result in blocks of two rows, the same in every process of a test. */
import type { ResultFacts, ResultLayout } from '../../server/src/store/writer.js';

export const KEY = 'ab'.repeat(32);
export const OTHER = 'cd'.repeat(32);

export function layout(blocks: number): ResultLayout {
  const rows = 2 * blocks;
  return {
    arrays: [
      {
        name: 'array',
        type: 'float32',
        axes: [
          { name: 'example', size: rows },
          { name: 'position', size: 3 },
        ],
        unit: 'logit',
      },
    ],
    rows,
    blockRows: 2,
  };
}

/** Block b holds 10 b, 10 b + 1, … */
export function values(block: number): Float32Array {
  return Float32Array.from({ length: 6 }, (_, index) => 10 * block + index);
}

export const facts: ResultFacts = {
  kind: 'attribution',
  title: 'saliency of score on peaks',
  task: { kind: 'correction', attribution: OTHER },
  map: 'gradient',
  notes: [],
  versions: { explainome: '0.1.0' },
  seconds: 1,
  passes: 8,
};
