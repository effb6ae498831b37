/**
 * Random numbers that depend on what they are for and on nothing else: Philox 4×32-10 is a function from a counter and a
 * key to 128 random bits, so a draw is addressed by (seed, stream name, example, draw) and neither batches, shards nor
 * order can change it.
 * Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC'11, doi 10.1145/2063384.2063405.
 */
import type { Origin } from '../data/examples.js';

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** High 32 bits of the product of two unsigned 32-bit numbers, from 16-bit halves: no partial sum reaches 2^32. */
function highProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const lower = aHigh * bLow + ((aLow * bLow) >>> 16);
  const upper = aLow * bHigh + (lower & 0xffff);
  return aHigh * bHigh + (lower >>> 16) + (upper >>> 16);
}

/**
 * The Philox 4×32-10 block function.
 *
 * @param counter four words
 * @param key two words
 * @param out receives four random words; may be `counter` itself
 */
export function philox(counter: Uint32Array, key: Uint32Array, out: Uint32Array): void {
  let c0 = counter[0]!;
  let c1 = counter[1]!;
  let c2 = counter[2]!;
  let c3 = counter[3]!;
  let k0 = key[0]!;
  let k1 = key[1]!;
  for (let round = 0; round < 10; round++) {
    const high0 = highProduct(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = highProduct(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** FNV-1a over the UTF-16 units of a stream's name, as 32 bits. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * A sequence of random numbers for one purpose. The key holds seed and name; the counter holds block, draw, example
 * index and source, so streams of different examples or draws never overlap (each has 2^34 words).
 */
export class Stream {
  private readonly key = new Uint32Array(2);
  private readonly counter = new Uint32Array(4);
  private readonly words = new Uint32Array(4);
  private used = 4;
  private spareNormal: number | undefined;

  /**
   * @param seed unsigned 32-bit integer
   * @param name what the numbers are for, for example `dinucleotide_shuffle`
   * @param origin the example that they are for; left out when they concern a whole data set
   * @param draw which repetition (copy, sample, bootstrap draw) they are for, unsigned 32-bit
   */
  constructor(seed: number, name: string, origin?: Origin, draw = 0) {
    this.key[0] = seed;
    this.key[1] = hashName(name);
    this.counter[1] = draw;
    this.counter[2] = origin?.index ?? 0;
    this.counter[3] = origin ? parseInt(origin.source, 16) : 0;
  }

  /** 32 random bits, as an unsigned integer. */
  uint32(): number {
    if (this.used === 4) {
      philox(this.counter, this.key, this.words);
      this.counter[0]!++;
      this.used = 0;
    }
    return this.words[this.used++]!;
  }

  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /**
   * Uniform integer in [0, bound), without bias. Lemire 2019, ACM Trans. Model. Comput. Simul. 29:3.
   *
   * @param bound 1 … 2^32 − 1
   */
  integer(bound: number): number {
    let word = this.uint32();
    let low = Math.imul(word, bound) >>> 0;
    if (low < bound) {
      const threshold = (2 ** 32 - bound) % bound;
      while (low < threshold) {
        word = this.uint32();
        low = Math.imul(word, bound) >>> 0;
      }
    }
    return highProduct(word, bound);
  }

  /** Standard normal. Box & Muller 1958, Ann. Math. Statist. 29:610; the second number of a pair is kept. */
  normal(): number {
    if (this.spareNormal !== undefined) {
      const spare = this.spareNormal;
      this.spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Permutes the first `count` items in place, every order equally likely (Fisher–Yates). */
  shuffle(items: { [index: number]: number; readonly length: number }, count = items.length): void {
    for (let last = count - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const item = items[last]!;
      items[last] = items[other]!;
      items[other] = item;
    }
  }

  /**
   * `size` different integers of 0 … bound − 1 in ascending order, every subset equally likely.
   * Floyd's algorithm (Bentley & Floyd 1987, Commun. ACM 30:754): `size` draws whatever the bound.
   */
  choose(bound: number, size: number): number[] {
    const chosen = new Set<number>();
    for (let last = bound - size; last < bound; last++) {
      const item = this.integer(last + 1);
      chosen.add(chosen.has(item) ? last : item);
    }
    return [...chosen].sort((a, b) => a - b);
  }
}
