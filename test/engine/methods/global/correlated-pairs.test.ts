import { describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { correlatedPairs } from '../../../../server/src/engine/methods/global/correlated-pairs.js';
import { Correlations } from '../../../../server/src/engine/methods/global/correlations.js';
import { Stream } from '../../../../server/src/engine/random/philox.js';

describe('correlated pairs', () => {
  it('are those of every pair taken by itself, over the borders of tiles too', async () => {
    const [examples, features] = [12, 1100];
    const stream = new Stream(4, 'columns');
    const values = Float32Array.from({ length: examples * features }, () => stream.normal());
    // The same column far apart, its opposite, and one that does not vary.
    for (let row = 0; row < examples; row++) {
      values[row * features + 1090] = values[row * features + 3]!;
      values[row * features + 1091] = -values[row * features + 3]!;
      values[row * features + 5] = 2;
    }
    const correlations = new Correlations(values, examples, features);
    const expected = [];
    for (let one = 0; one < features; one++)
      for (let other = 0; other < one; other++) {
        const correlation = correlations.between(one, other);
        if (correlation > 0.5) expected.push({ one, other, correlation });
      }
    const executor = await onnxruntimeExecutor(1);
    const found = await correlatedPairs(correlations, 0.5, executor, () => Promise.resolve());
    expect(found.length).toBeGreaterThan(1000);
    expect(found).toContainEqual({ one: 1090, other: 3, correlation: expect.closeTo(1, 6) as number });
    expect(found).toEqual(expected);
  });
});
