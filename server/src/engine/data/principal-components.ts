/**
 * Principal components of genotypes, which follow ancestry. Genotypes are standardised as in Patterson, Price & Reich 2006,
 * PLoS Genet. 2:e190; the leading components come from random vectors multiplied by XXᵀ again and again, all products kept
 * (Rokhlin, Szlam & Tygert 2009, SIAM J. Matrix Anal. Appl. 31:1100, as in FastPCA: Galinsky et al. 2016, Am. J. Hum. Genet. 98:456)
 * and at right angles, as in block Lanczos iteration (Golub & Underwood 1977), until what is left of each component is small.
 * Beside the genotypes only vectors over people and variants are in memory: nothing is standardised but where it is multiplied.
 */
import { Stream } from '../random/philox.js';
import { meanProduct, standardise } from '../simulate/moments.js';
import type { Rows } from './examples.js';

/** Random vectors beyond the components that are asked for. */
const EXTRA = 10;
const MOST_ROUNDS = 15;
/** ‖XXᵀu − λu‖ / λ of every component at the end. */
const TOLERANCE = 1e-4;
/** Variants whose genotypes are multiplied at a time: their loadings stay near the processor. */
const TILE = 256;

/**
 * The leading components, each with mean 0 and variance 1 over the people; fewer where there are not as many.
 *
 * @returns [component][person]
 */
export function principalComponents(rows: Rows, count: number): Float64Array[] {
  if (count === 0) return [];
  const people = rows.names.length;
  const matrix = standardisation(rows);
  const stream = new Stream(1, 'principal_components');
  let block = orthonormal(
    Array.from({ length: Math.min(count + EXTRA, people) }, () =>
      Float64Array.from({ length: people }, () => stream.normal()),
    ),
  );
  const basis: Float64Array[] = [];
  const small: Float64Array[] = [];
  for (let round = 1; ; round++) {
    basis.push(...block);
    const images = multiply(matrix, people, block);
    // QᵀXXᵀQ, row by row: its eigenvectors are the components within what the basis Q spans.
    for (const image of images) small.push(Float64Array.from(basis, vector => people * meanProduct(vector, image)));
    const { values, vectors } = symmetricEigen(symmetric(small));
    const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, count);
    for (const image of images) removeSpan(image, basis);
    const rests = order.map(at => {
      const rest = new Float64Array(people);
      images.forEach((image, i) => addScaled(rest, vectors[basis.length - images.length + i]![at]!, image));
      return Math.sqrt(people * meanProduct(rest, rest));
    });
    block = orthonormal(images, basis);
    const isDone = order.every((at, i) => rests[i]! <= TOLERANCE * values[at]!);
    if (!isDone && block.length > 0 && round < MOST_ROUNDS) continue;
    return order
      .filter(at => values[at]! > 1e-9 * Math.max(...values))
      .map(at => {
        const component = new Float64Array(people);
        basis.forEach((vector, row) => addScaled(component, vectors[row]![at]!, vector));
        return standardise(component);
      });
  }
}

/** A matrix whose lower triangle is given by rows; rows of one block reach beyond the diagonal. */
function symmetric(rows: readonly Float64Array[]): Float64Array[] {
  return rows.map((_, i) => Float64Array.from(rows, (__, j) => (i >= j ? rows[i]![j]! : rows[j]![i]!)));
}

/** Genotypes, and what makes X of them: (g − 2p) / √(2p(1 − p)); 0 where a variant does not vary. */
interface Standardised {
  /** [person, variant] */
  readonly values: Float32Array;
  readonly means: Float64Array;
  readonly scales: Float64Array;
}

function standardisation({ values, length, names }: Rows): Standardised {
  const means = new Float64Array(length);
  for (let at = 0; at < values.length;)
    for (let variant = 0; variant < length; variant++) means[variant]! += values[at++]! / names.length;
  const scales = means.map(mean => (mean > 0 && mean < 2 ? 1 / Math.sqrt(mean * (1 - mean / 2)) : 0));
  return { values, means, scales };
}

/** X·(Xᵀ·v) for each vector v over the people. */
function multiply(matrix: Standardised, people: number, vectors: readonly Float64Array[]): Float64Array[] {
  const [length, width] = [matrix.means.length, vectors.length];
  // Numbers of a person lie together.
  const given = new Float64Array(people * width);
  vectors.forEach((vector, k) => vector.forEach((value, person) => (given[person * width + k] = value)));
  const result = new Float64Array(people * width);
  const row = new Float64Array(width);
  for (let from = 0; from < length; from += TILE) {
    const count = Math.min(TILE, length - from);
    const loadings = new Float64Array(count * width);
    const x = new Float64Array(count);
    for (let person = 0; person < people; person++) {
      standardiseInto(x, matrix, person, from);
      row.set(given.subarray(person * width, (person + 1) * width));
      for (let variant = 0, at = 0; variant < count; variant++) {
        const factor = x[variant]!;
        for (let k = 0; k < width; k++) loadings[at++]! += factor * row[k]!;
      }
    }
    for (let person = 0; person < people; person++) {
      standardiseInto(x, matrix, person, from);
      row.fill(0);
      for (let variant = 0, at = 0; variant < count; variant++) {
        const factor = x[variant]!;
        for (let k = 0; k < width; k++) row[k]! += factor * loadings[at++]!;
      }
      for (let k = 0; k < width; k++) result[person * width + k]! += row[k]!;
    }
  }
  return vectors.map((_, k) => Float64Array.from({ length: people }, (__, person) => result[person * width + k]!));
}

/** A person's standardised genotypes at the variants from `from` on. */
function standardiseInto(x: Float64Array, { values, means, scales }: Standardised, person: number, from: number): void {
  const begin = person * means.length + from;
  for (let i = 0; i < x.length; i++) x[i] = (values[begin + i]! - means[from + i]!) * scales[from + i]!;
}

function addScaled(target: Float64Array, factor: number, vector: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * vector[i]!;
}

/** Takes away what lies in the span of orthonormal vectors; twice for precision. */
function removeSpan(vector: Float64Array, basis: readonly Float64Array[]): void {
  for (let pass = 0; pass < 2; pass++)
    for (const other of basis) addScaled(vector, -vector.length * meanProduct(vector, other), other);
}

/**
 * Vectors of length 1 at right angles with the same span (Gram–Schmidt); others are left out.
 *
 * @param basis orthonormal vectors to which they are at right angles too
 */
export function orthonormal(vectors: readonly Float64Array[], basis: readonly Float64Array[] = []): Float64Array[] {
  const result: Float64Array[] = [];
  for (const vector of vectors) {
    const left = vector.slice();
    const before = Math.sqrt(left.length * meanProduct(left, left));
    removeSpan(left, [...basis, ...result]);
    const size = Math.sqrt(left.length * meanProduct(left, left));
    if (size > 1e-9 * before) result.push(left.map(value => value / size));
  }
  return result;
}
/** An entry beside the diagonal that is smaller than this share of the diagonal's is rounding. */
const NEGLIGIBLE = Number.EPSILON / 4;
const MOST_SWEEPS = 30;

/** Eigenvalues and eigenvectors (columns) of a symmetric matrix by Jacobi's rotations. */
export function symmetricEigen(matrix: readonly Float64Array[]): { values: number[]; vectors: Float64Array[] } {
  const a = matrix.map(row => row.slice());
  const size = a.length;
  const vectors = a.map((_, row) => Float64Array.from({ length: size }, (__, column) => Number(row === column)));
  let rotations = 1;
  for (let sweep = 0; sweep < MOST_SWEEPS && rotations > 0; sweep++) {
    rotations = 0;
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        const [off, first, second] = [a[p]![q]!, a[p]![p]!, a[q]![q]!];
        if (Math.abs(off) <= NEGLIGIBLE * Math.sqrt(Math.abs(first * second))) continue;
        const theta = (second - first) / (2 * off);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const cosine = 1 / Math.sqrt(t * t + 1);
        const sine = t * cosine;
        for (let k = 0; k < size; k++) rotate(a[k]!, p, a[k]!, q, cosine, sine);
        for (let k = 0; k < size; k++) {
          rotate(a[p]!, k, a[q]!, k, cosine, sine);
          rotate(vectors[k]!, p, vectors[k]!, q, cosine, sine);
        }
        rotations++;
      }
  }
  return { values: a.map((row, i) => row[i]!), vectors };
}

/** Turns the plane of two numbers. */
function rotate(a: Float64Array, p: number, b: Float64Array, q: number, cosine: number, sine: number): void {
  const [x, y] = [a[p]!, b[q]!];
  a[p] = cosine * x - sine * y;
  b[q] = sine * x + cosine * y;
}
