/** References that are the same for every example: all zero, and the centre of the simplex of one-hot DNA. */
import type { Reference } from './reference.js';

function constant(share: number): Reference {
  return {
    copies: 1,
    fill(_, out) {
      out.fill(share);
      return 1;
    },
  };
}

/** The all-zero input. */
export const zeros = constant(0);

/** ¼ A, ¼ C, ¼ G, ¼ T at every position. */
export const uniform = constant(0.25);
