import { describe, expect, it } from 'vitest';
import { DRAWS, estimate, mean } from '../../../server/src/engine/metrics/bootstrap.js';
import { decoyPrecision } from '../../../server/src/engine/metrics/decoy-precision.js';
import { deviationOver, overNetworks, type OfNetwork } from '../../../server/src/engine/metrics/over-networks.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const normals = (count: number, purpose: string): Float64Array => {
  const stream = new Stream(3, purpose);
  return Float64Array.from({ length: count }, () => stream.normal());
};

/** The mean over examples of e + b, where e is of the example and b of the network. */
function measured(examples: Float64Array, offset: number): OfNetwork {
  const values = examples.map(value => value + offset);
  const { statistics, draws } = estimate({ level: { n: values.length, of: mean(values) } });
  return { statistics: { level: statistics['level']!.value }, draws };
}

describe('a measurement over networks', () => {
  const examples = normals(200, 'examples');
  const offsets = normals(20, 'networks');
  const networks = [...offsets].map(offset => measured(examples, offset));

  it('is the mean of the networks, beside what each of them has', () => {
    const { statistics, columns, units, axis } = overNetworks(networks);
    const each = networks.map(network => network.statistics['level']!);
    expect({ units, axis }).toEqual({ units: 20, axis: 'network' });
    expect([...columns[0]!.values]).toEqual(each);
    expect(statistics['level']!.value).toBeCloseTo(each.reduce((a, b) => a + b) / 20, 12);
  });

  it('varies as examples and networks together, not as either alone', () => {
    const both = deviationOver(overNetworks(networks).draws.get('level')!);
    const spread = (values: Float64Array): number => deviationOver(values) ** 2 * (1 - 1 / values.length);
    const expected = Math.sqrt(spread(examples) / 200 + spread(offsets) / 20);
    expect(both / expected).toBeGreaterThan(0.95);
    expect(both / expected).toBeLessThan(1.05);
    // Networks that are all alike vary as their examples do.
    const alike = overNetworks(Array.from({ length: 20 }, () => networks[0]!));
    expect([...alike.draws.get('level')!]).toEqual(
      [...networks[0]!.draws.get('level')!].map((value): unknown => expect.closeTo(value, 12)),
    );
  });

  it('varies over networks alone where there are no draws over examples', () => {
    const plain = networks.map(({ statistics }) => ({ statistics, draws: new Map<string, Float64Array>() }));
    const { draws } = overNetworks(plain);
    expect(draws.get('level')).toHaveLength(DRAWS);
    expect(deviationOver(draws.get('level')!) / Math.sqrt(deviationOver(offsets) ** 2 / 20)).toBeCloseTo(1, 1);
  });

  it('has no interval for a few networks, and says which have no value', () => {
    const few = [...networks.slice(0, 3), { statistics: {}, draws: new Map<string, Float64Array>() }];
    const { statistics, notes } = overNetworks(few);
    expect(statistics['level']).toMatchObject({ n: 3, withheld: '3 of at least 10 networks that an interval needs' });
    expect(notes[0]!.message).toBe('level is not defined for 1 of 4 networks, which are left out.');
  });

  it('narrows what each network errs in by itself, and not what all of them share', () => {
    const variants = 1000;
    const decoy = Float64Array.from({ length: variants }, (_, variant) => Number(variant >= variants / 2));
    const truth = { columns: ['decoy'], values: decoy };
    const precisionOf = (scores: Float64Array): OfNetwork => {
      const { statistics, draws } = decoyPrecision({ scores, truth, top: 0.1 });
      return { statistics: { precision: statistics['precision']!.value }, draws };
    };
    const width = (each: readonly OfNetwork[]): number => {
      const [low, high] = overNetworks(each).statistics['precision']!.interval!;
      return high - low;
    };
    const own = Array.from({ length: 20 }, (_, network) => precisionOf(normals(variants, `scores ${network}`)));
    const [first] = own;
    const shared = own.map(() => first!);
    // Twenty networks that err apart; a crossed bootstrap has up to three times the variance (Owen 2007), so √(3 / 20).
    expect(width(own) / width(shared)).toBeLessThan(0.5);
    const [low, high] = overNetworks(own).statistics['precision']!.interval!;
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
  });
});
