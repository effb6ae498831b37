/** One-hot sequences in arrays of numbers, [example, 4, position] or [example, position, 4]: letters of them, number by number. */
import type { Note } from '../../protocol.js';
import { Failure } from '../failure.js';
import { NO_BASE } from './examples.js';

/** One byte each in memory. A file of a few bytes can claim any shape. */
const MOST_BASES = 2 ** 31;

export interface OneHotLayout {
  readonly examples: number;
  readonly length: number;
  /** [example, 4, position] */
  readonly channelsFirst: boolean;
}

/** Letter codes, [example, position], and what is to be said of them. */
export interface Letters {
  readonly letters: Uint8Array;
  readonly notes: readonly Note[];
}

/** Which axis holds the bases: the one of size 4. @throws Failure `data/shape`, `data/empty` */
export function oneHotLayout(shape: readonly number[], place: string): OneHotLayout {
  const [examples = 0, second = 0, third = 0] = shape;
  const found = `[${shape.join(', ')}]`;
  if (shape.length !== 3 || (second === 4) === (third === 4))
    throw new Failure(
      'data/shape',
      shape.length === 3 && second === 4
        ? `the shape ${found} does not tell which axis holds the bases`
        : `the shape is ${found}, expected [example, 4, position] or [example, position, 4]`,
      { place, remedy: 'Name the array of one-hot sequences, or write it with more than 4 positions.' },
    );
  const channelsFirst = second === 4;
  const length = channelsFirst ? third : second;
  if (examples * length > MOST_BASES)
    throw new Failure('data/too-large', `the shape ${found} holds ${(examples * length).toLocaleString('en')} bases`, {
      place,
      remedy: `Split the file: at most ${MOST_BASES.toLocaleString('en')} are read at once.`,
    });
  if (examples === 0 || length === 0)
    throw new Failure('data/empty', `the shape ${found} holds no sequence`, {
      place,
      remedy: 'Name an array with at least one example.',
    });
  return { examples, length, channelsFirst };
}

/** Letter code of each channel. @throws Failure `data/order` */
export function channelCodes(order: string): number[] {
  const codes = [...order.toUpperCase()].map(base => 'ACGT'.indexOf(base));
  if (codes.length !== 4 || new Set(codes).size !== 4 || codes.includes(-1))
    throw new Failure('data/order', `the order of the bases is "${order}", expected A, C, G and T, each once`, {
      remedy: 'Write for example `order: "ACGT"`.',
    });
  return codes;
}

/** Takes the numbers of an array in any order; memory holds one byte for each position. */
export class OneHotDecoder {
  private readonly letters: Uint8Array;
  private readonly inner: number;

  constructor(
    private readonly layout: OneHotLayout,
    private readonly codes: readonly number[],
    private readonly place: string,
  ) {
    this.letters = new Uint8Array(layout.examples * layout.length).fill(NO_BASE);
    this.inner = layout.channelsFirst ? layout.length : 4;
  }

  /**
   * @param at index in C order
   * @throws Failure `data/not-one-hot`
   */
  set(at: number, value: number): void {
    if (value === 0) return;
    const { length, channelsFirst } = this.layout;
    const last = at % this.inner;
    const [example, between] = channelsFirst
      ? [Math.floor(at / (4 * length)), Math.floor(at / length) % 4]
      : [Math.floor(at / (4 * length)), Math.floor(at / 4) % length];
    const [position, channel] = channelsFirst ? [last, between] : [between, last];
    const index = example * length + position;
    if (value !== 1)
      throw new Failure('data/not-one-hot', `the value is ${value}, expected 0 or 1`, {
        place: `${this.place}, example ${example}, position ${position}, channel ${channel}`,
        remedy: 'Store plain one-hot sequences: not centred, scaled or mixed.',
      });
    if (this.letters[index] !== NO_BASE)
      throw new Failure('data/not-one-hot', 'several bases are 1 at one position, expected one', {
        place: `${this.place}, example ${example}, position ${position}`,
        remedy: 'Store plain one-hot sequences.',
      });
    this.letters[index] = this.codes[channel]!;
  }

  /** @throws Failure `data/empty-example` where all positions of an example are zero */
  finish(): Letters {
    const { letters, place } = this;
    const { examples, length } = this.layout;
    let unknown = 0;
    let affected = 0;
    for (let example = 0; example < examples; example++) {
      let missing = 0;
      for (let at = example * length; at < (example + 1) * length; at++) if (letters[at] === NO_BASE) missing++;
      // Also what a damaged chunk looks like: the HDF5 library gives zeros for it.
      if (missing === length)
        throw new Failure('data/empty-example', 'the example is all zero', {
          place: `${place}, example ${example}`,
          remedy: 'Leave empty examples out; if this one should not be empty, the file is damaged.',
        });
      unknown += missing;
      if (missing > 0) affected++;
    }
    if (unknown === 0) return { letters, notes: [] };
    const message = `${unknown} positions in ${affected} of ${examples} examples are all zero and were taken as unknown bases.`;
    return { letters, notes: [{ level: 'information', code: 'data/unknown-bases', message }] };
  }
}
