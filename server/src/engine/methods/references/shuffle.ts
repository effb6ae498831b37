/** The positions of an example in random order, each order equally likely: composition is kept, and nothing else. */
import type { ParametersOf } from '../../../catalog/specification.js';
import type { shuffle as specification } from '../../../catalog/references.js';
import { writeOneHot } from '../../data/one-hot.js';
import { Stream } from '../../random/philox.js';
import type { Reference } from './reference.js';

/** `copies` independent shuffles of each example; copy i is the same however many there are. */
export function shuffle({ copies, seed }: ParametersOf<typeof specification>): Reference {
  return {
    copies,
    reads: 'letters',
    fill({ letters, origin }, out) {
      const seen = new Set<string>();
      for (let copy = 0; copy < copies; copy++) {
        const shuffled = Uint8Array.from(letters);
        new Stream(seed, 'shuffle', origin, copy).shuffle(shuffled);
        writeOneHot(shuffled, out, copy * letters.length * 4);
        seen.add(Buffer.from(shuffled).toString('latin1'));
      }
      return seen.size;
    },
  };
}
