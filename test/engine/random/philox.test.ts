import { describe, expect, it } from 'vitest';
import { philox, Stream } from '../../../server/src/engine/random/philox.js';

function block(counter: number[], key: number[]): string {
  const out = new Uint32Array(4);
  philox(Uint32Array.from(counter), Uint32Array.from(key), out);
  return [...out].map(word => word.toString(16).padStart(8, '0')).join(' ');
}

function draws(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next);
}

describe('philox', () => {
  // Known answers of the Random123 distribution (kat_vectors, philox4x32 10).
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[-1, -1, -1, -1], [-1, -1], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('gives the known answer for counter %j and key %j', (counter, key, words) => {
    expect(block(counter, key)).toBe(words);
  });
});

describe('Stream', () => {
  const origin = { source: '0badcafe', index: 7 };

  it('is a function of seed, name, example and draw', () => {
    const first = (stream: Stream) => draws(9, () => stream.uint32()).join();
    const same = first(new Stream(1, 'noise', origin, 3));
    expect(first(new Stream(1, 'noise', { ...origin }, 3))).toBe(same);
    const others = [
      new Stream(2, 'noise', origin, 3),
      new Stream(1, 'shuffle', origin, 3),
      new Stream(1, 'noise', { ...origin, index: 8 }, 3),
      new Stream(1, 'noise', { ...origin, source: '0badcaff' }, 3),
      new Stream(1, 'noise', origin, 4),
    ].map(first);
    expect(new Set([same, ...others]).size).toBe(6);
  });

  it('draws integers without bias, also where 2^32 is no multiple of the bound', () => {
    const stream = new Stream(5, 'test');
    const bound = 3 * 2 ** 30; // of four words, plain multiply-shift takes two to a multiple of 3
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) {
      const value = stream.integer(bound);
      expect(value).toBeLessThan(bound);
      counts[value % 3]!++;
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(13.8); // 2 degrees of freedom, p = 0.001
    expect(draws(5, () => stream.integer(1))).toEqual([0, 0, 0, 0, 0]);
  });

  it('draws uniform and normal numbers with the right moments', () => {
    const stream = new Stream(6, 'test');
    const n = 40_000;
    const uniform = draws(n, () => stream.uniform());
    const normal = draws(n, () => stream.normal());
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / n;
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(mean(uniform)).toBeCloseTo(0.5, 2);
    expect(mean(uniform.map(value => (value - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
    expect(Math.abs(mean(normal))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(mean(normal.map(value => value ** 2)) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(mean(normal.map(value => value ** 4)) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
  });

  it('shuffles and chooses with equal chances', () => {
    const stream = new Stream(7, 'test');
    const orders = new Map<string, number>();
    const subsets = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const items = [0, 1, 2, 3];
      stream.shuffle(items);
      orders.set(items.join(''), (orders.get(items.join('')) ?? 0) + 1);
      const subset = stream.choose(6, 3).join('');
      subsets.set(subset, (subsets.get(subset) ?? 0) + 1);
    }
    const chiSquare = (counts: Map<string, number>, classes: number) =>
      [...counts.values()].reduce((sum, count) => sum + (count - 12_000 / classes) ** 2 / (12_000 / classes), 0);
    expect(orders.size).toBe(24);
    expect(chiSquare(orders, 24)).toBeLessThan(49.7); // 23 degrees of freedom, p = 0.001
    expect(subsets.size).toBe(20);
    expect(chiSquare(subsets, 20)).toBeLessThan(43.8); // 19 degrees of freedom, p = 0.001
    expect(stream.choose(5, 5)).toEqual([0, 1, 2, 3, 4]);
  });
});
