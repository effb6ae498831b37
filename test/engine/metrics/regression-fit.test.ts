/** How predictions fit measured labels, beside numpy and the theory of the correlation. */
import { expect, it } from 'vitest';
import { regressionFit } from '../../../server/src/engine/metrics/regression-fit.js';
import { Stream } from '../../../server/src/engine/random/philox.js';

const outputs = Float64Array.of(1.5, 0.2, -0.7, 2.4, 0.9, -1.1);
const labels = [1.25, undefined, -1, 3.5, 0.5, -0.25];
// p, y without the second: 1 - ((y - p)**2).sum() / ((y - y.mean())**2).sum(), np.corrcoef(y, p)[0, 1], abs(y - p).mean()
const JUDGED = { r2: 0.8117400419287212, correlation: 0.9120014151691628, mean_absolute: 0.58 };

it('has the values of numpy, over the examples that have a label', () => {
  const { statistics } = regressionFit({ outputs, labels });
  expect(statistics['r2']).toMatchObject({ value: expect.closeTo(JUDGED.r2, 10) as number, n: 5 });
  expect(statistics['correlation']!.value).toBeCloseTo(JUDGED.correlation, 10);
  expect(statistics['mean_absolute']!.value).toBeCloseTo(JUDGED.mean_absolute, 10);
});

it('does not depend on where the scale of the labels begins', () => {
  const far = regressionFit({ outputs: outputs.map(v => v + 1e6), labels: labels.map(v => v && v + 1e6) });
  expect(far.statistics['r2']!.value).toBeCloseTo(JUDGED.r2, 8);
  expect(far.statistics['correlation']!.value).toBeCloseTo(JUDGED.correlation, 8);
});

it('has the interval of a correlation: Fisher 1921, standard error of artanh r 1 / √(n − 3)', () => {
  const [n, rho] = [400, 0.6];
  const stream = new Stream(2, 'regression fit test');
  const predicted = Float64Array.from({ length: n }, () => stream.normal());
  const measured = Array.from(predicted, value => rho * value + Math.sqrt(1 - rho * rho) * stream.normal());
  const [low, high] = regressionFit({ outputs: predicted, labels: measured }).statistics['correlation']!.interval!;
  expect((Math.atanh(high) - Math.atanh(low)) / (2 * 1.96) / (1 / Math.sqrt(n - 3))).toBeCloseTo(1, 0);
  expect(low < rho && rho < high).toBe(true);
});

it('has no correlation of equal predictions, whatever rounding leaves of their variance', () => {
  for (let n = 3; n < 10; n++)
    for (let c = 1; c < 20; c++) {
      const measured = Array.from({ length: n }, (_, i) => Math.sin(i * c + 1));
      const { statistics } = regressionFit({ outputs: new Float32Array(n).fill(c / 7), labels: measured });
      expect(Object.keys(statistics)).toEqual(['r2', 'mean_absolute']);
    }
});

it('is not defined for equal labels, and refused without any', () => {
  const equal = regressionFit({ outputs, labels: outputs.reduce<number[]>(all => [...all, 2], []) });
  expect(Object.keys(equal.statistics)).toEqual(['mean_absolute']);
  expect(equal.notes).toMatchObject([{ code: 'metric/undefined' }]);
  expect(() => regressionFit({ outputs, labels: labels.map(() => undefined) })).toThrow(
    expect.objectContaining({ problem: expect.objectContaining({ code: 'metric/no-labels' }) as object }),
  );
});
