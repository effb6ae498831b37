/** What an example is: the alphabet and the extents of its numbers. */
import type { ResultAxis } from '../../store/result.js';

/** What an example is to the engine, behind its row axis: one-hot DNA [position, base], or one number for each feature. */
export interface InputSpace {
  readonly alphabet: 'dna' | 'genotypes' | 'expression';
  readonly shape: readonly number[];
}

/** The axes of a map over an input. */
export function axesOf({ alphabet, shape }: InputSpace): ResultAxis[] {
  const [size = 0] = shape;
  switch (alphabet) {
    case 'dna':
      return [
        { name: 'position', size },
        { name: 'base', size: 4, labels: ['A', 'C', 'G', 'T'] },
      ];
    case 'genotypes':
      return [{ name: 'variant', size }];
    case 'expression':
      return [{ name: 'gene', size }];
  }
}
