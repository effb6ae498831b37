/**
 * Rows in clusters: k-means (Lloyd 1982) on the rows' shapes, begun from rows that are far from each other (Gonzalez 1985), so
 * that the same data always give the same order. Clusters follow each other by the place where their mean is strongest; within
 * one, the rows that are most like the mean come first. Pure.
 */
import { averageRows, type ScoreMatrix } from './rows.js';

const CLUSTERS = 12;
/** Cells to which a row is reduced: shapes matter, single positions do not. */
const CELLS = 64;
/** Rows that find the means; the others join the nearest. */
const SAMPLED = 2000;
const ROUNDS = 12;

/** @returns all rows, cluster by cluster */
export function clustered(matrix: ScoreMatrix): number[] {
  const rows = Array.from({ length: matrix.rows }, (_, row) => row);
  const shapes = rows.map(row => shapeOf(matrix, row));
  const sample = matrix.rows <= SAMPLED ? shapes : spreadRows(matrix.rows).map(row => shapes[row]!);
  const means = startingMeans(sample, Math.min(CLUSTERS, sample.length));
  for (let round = 0; round < ROUNDS; round++) moveMeans(means, sample);
  const places = means.map(strongestCell);
  const ranks = [...means.keys()].sort((a, b) => places[a]! - places[b]! || a - b);
  const found = shapes.map(shape => nearest(shape, means));
  return rows.sort((a, b) => {
    const [x, y] = [found[a]!, found[b]!];
    return ranks.indexOf(x.mean) - ranks.indexOf(y.mean) || x.distance - y.distance || a - b;
  });
}

/** Rows from everywhere by the golden ratio: data may repeat with any period, and this does with none. */
const spreadRows = (rows: number): number[] =>
  Array.from({ length: SAMPLED }, (_, i) => Math.floor(((i * 0.6180339887498949) % 1) * rows));

/** The row at low resolution, of length 1: how strong an example is does not decide where it belongs. */
function shapeOf(matrix: ScoreMatrix, row: number): Float32Array {
  const per = Math.ceil(matrix.length / CELLS);
  const shape = new Float32Array(Math.ceil(matrix.length / per));
  averageRows(shape, matrix, [row], 0, per);
  const norm = Math.hypot(...shape.map(value => value || 0)) || 1;
  return shape.map(value => (value || 0) / norm);
}

/** The first row, then always the row that is farthest from all that were taken. */
function startingMeans(shapes: readonly Float32Array[], count: number): Float32Array[] {
  const means = [Float32Array.from(shapes[0] ?? [])];
  const distances = shapes.map(shape => distance(shape, means[0]!));
  while (means.length < count) {
    const farthest = distances.reduce((best, value, i) => (value > distances[best]! ? i : best), 0);
    const mean = Float32Array.from(shapes[farthest]!);
    means.push(mean);
    shapes.forEach((shape, i) => (distances[i] = Math.min(distances[i]!, distance(shape, mean))));
  }
  return means;
}

function moveMeans(means: Float32Array[], shapes: readonly Float32Array[]): void {
  const sums = means.map(mean => new Float64Array(mean.length));
  const counts = means.map(() => 0);
  for (const shape of shapes) {
    const { mean } = nearest(shape, means);
    counts[mean]!++;
    shape.forEach((value, cell) => (sums[mean]![cell]! += value));
  }
  // A mean without rows stays where it is.
  means.forEach((mean, i) => {
    if (counts[i]! > 0) mean.set(sums[i]!.map(sum => sum / counts[i]!));
  });
}

function nearest(shape: Float32Array, means: readonly Float32Array[]): { mean: number; distance: number } {
  const distances = means.map(mean => distance(shape, mean));
  const mean = distances.reduce((best, value, i) => (value < distances[best]! ? i : best), 0);
  return { mean, distance: distances[mean]! };
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

const strongestCell = (mean: Float32Array): number =>
  mean.reduce((best, value, cell) => (Math.abs(value) > Math.abs(mean[best]!) ? cell : best), 0);
