/** Points along a feature at which curves are known. */
import { Failure } from '../../failure.js';
import { finder, type Features } from '../groups.js';

/** The quantiles 0, 1/bins … 1 of a feature that are different: values that occur, ascending. */
export function quantileGrid(values: Float32Array, bins: number): Float32Array {
  const sorted = Float32Array.from(values).sort();
  const grid = Array.from(
    { length: bins + 1 },
    (_, bin) => sorted[Math.max(0, Math.ceil((bin / bins) * sorted.length) - 1)]!,
  );
  return Float32Array.from(new Set(grid));
}

/** Values of one feature, [example], from [example, feature]. */
export function columnOf(x: Float32Array, feature: number, features: number): Float32Array {
  return Float32Array.from({ length: x.length / features }, (_, example) => x[example * features + feature]!);
}

/** Writes a row of points, the last one repeated to the end. */
export function padded(points: ArrayLike<number>, size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => points[Math.min(i, points.length - 1)]!);
}

/** The features that a parameter names, each once. @throws Failure `method/feature` for one that the data lack */
export function featuresOf(asked: readonly (string | number)[], of: Features): number[] {
  const find = finder(of);
  const found = asked.flatMap(one => {
    const features = typeof one === 'number' ? [one].filter(at => at < of.length) : find(one);
    if (features.length > 0) return features;
    throw new Failure('method/feature', `the data have no feature ${JSON.stringify(one)}`, {
      remedy: `Name one of ${of.features.slice(0, 5).join(', ') || '0, 1, 2'}…, or its number from 0 to ${of.length - 1}.`,
    });
  });
  return [...new Set(found)];
}
