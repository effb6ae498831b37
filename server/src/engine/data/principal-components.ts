/**
 * Principal components of genotypes, which follow ancestry. Genotypes are standardised as in Patterson, Price & Reich 2006,
 * PLoS Genet. 2:e190; the leading components are found by randomised subspace iteration (Halko, Martinsson & Tropp 2011, SIAM
 * Rev. 53:217) with the extra vectors and the number of iterations of FastPCA (Galinsky et al. 2016, Am. J. Hum. Genet. 98:456).
 */
import { Stream } from '../random/philox.js';
import { meanProduct, standardise } from '../simulate/moments.js';
import type { Rows } from './examples.js';

const EXTRA = 10;
const ITERATIONS = 10;

/**
 * The leading components, each with mean 0 and variance 1 over the people; fewer where there are not as many.
 *
 * @returns [component][person]
 */
export function principalComponents(rows: Rows, count: number): Float64Array[] {
  const people = rows.names.length;
  const scaled = standardisedGenotypes(rows);
  const width = Math.min(count + EXTRA, people);
  const stream = new Stream(1, 'principal_components');
  let basis = orthonormal(
    Array.from({ length: width }, () => Float64Array.from({ length: people }, () => stream.normal())),
  );
  for (let i = 0; i < ITERATIONS; i++) basis = orthonormal(multiply(scaled, people, basis));
  // Within the subspace, the components are the eigenvectors of the small matrix QᵀXXᵀQ.
  const image = multiply(scaled, people, basis);
  const small = basis.map(a => Float64Array.from(image, b => people * meanProduct(a, b)));
  const { values, vectors } = symmetricEigen(small);
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!);
  return order
    .slice(0, count)
    .filter(at => values[at]! > 1e-9 * Math.max(...values))
    .map(at => {
      const component = new Float64Array(people);
      basis.forEach((vector, row) => addScaled(component, vectors[row]![at]!, vector));
      return standardise(component);
    });
}

/** (g − 2p) / √(2p(1 − p)), [person, variant]; 0 where a variant does not vary. */
function standardisedGenotypes({ values, length, names }: Rows): Float32Array {
  const people = names.length;
  const means = new Float64Array(length);
  values.forEach((value, at) => (means[at % length]! += value / people));
  const scales = means.map(mean => (mean > 0 && mean < 2 ? 1 / Math.sqrt(mean * (1 - mean / 2)) : 0));
  return values.map((value, at) => (value - means[at % length]!) * scales[at % length]!);
}

/** X·(Xᵀ·v) for each vector v over the people. @param matrix X, [person, variant] */
function multiply(matrix: Float32Array, people: number, vectors: readonly Float64Array[]): Float64Array[] {
  const length = matrix.length / people;
  return vectors.map(vector => {
    const loadings = new Float64Array(length);
    for (let person = 0, at = 0; person < people; person++) {
      const weight = vector[person]!;
      for (let variant = 0; variant < length; variant++) loadings[variant]! += weight * matrix[at++]!;
    }
    const result = new Float64Array(people);
    for (let person = 0, at = 0; person < people; person++) {
      let sum = 0;
      for (let variant = 0; variant < length; variant++) sum += loadings[variant]! * matrix[at++]!;
      result[person] = sum;
    }
    return result;
  });
}

function addScaled(target: Float64Array, factor: number, vector: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * vector[i]!;
}

/** Vectors of length 1 at right angles with the same span (Gram–Schmidt, twice for precision); others are left out. */
export function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const result: Float64Array[] = [];
  for (const vector of vectors) {
    const left = vector.slice();
    const before = Math.sqrt(left.length * meanProduct(left, left));
    for (let pass = 0; pass < 2; pass++)
      for (const other of result) addScaled(left, -left.length * meanProduct(left, other), other);
    const size = Math.sqrt(left.length * meanProduct(left, left));
    if (size > 1e-9 * before) result.push(left.map(value => value / size));
  }
  return result;
}

/** Eigenvalues and eigenvectors (columns) of a symmetric matrix by Jacobi's rotations. */
export function symmetricEigen(matrix: readonly Float64Array[]): { values: number[]; vectors: Float64Array[] } {
  const a = matrix.map(row => row.slice());
  const size = a.length;
  const vectors = a.map((_, row) => Float64Array.from({ length: size }, (__, column) => Number(row === column)));
  for (let sweep = 0; sweep < 30; sweep++)
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        const off = a[p]![q]!;
        if (off === 0) continue;
        const theta = (a[q]![q]! - a[p]![p]!) / (2 * off);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const cosine = 1 / Math.sqrt(t * t + 1);
        const sine = t * cosine;
        for (let k = 0; k < size; k++) rotate(a[k]!, p, q, cosine, sine);
        const [first, second] = [a[p]!.slice(), a[q]!.slice()];
        for (let k = 0; k < size; k++) {
          a[p]![k] = cosine * first[k]! - sine * second[k]!;
          a[q]![k] = sine * first[k]! + cosine * second[k]!;
          rotate(vectors[k]!, p, q, cosine, sine);
        }
      }
  return { values: a.map((row, i) => row[i]!), vectors };
}

function rotate(row: Float64Array, p: number, q: number, cosine: number, sine: number): void {
  const [x, y] = [row[p]!, row[q]!];
  row[p] = cosine * x - sine * y;
  row[q] = sine * x + cosine * y;
}
