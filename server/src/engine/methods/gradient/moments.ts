/** Mean and variance of maps that come one after the other, in float64. Welford 1962, Technometrics 4:419. */
export class Moments {
  private count = 0;
  private readonly means: Float64Array;
  /** Sums of squared distances from the mean. */
  private readonly squares: Float64Array;

  constructor(size: number) {
    this.means = new Float64Array(size);
    this.squares = new Float64Array(size);
  }

  add(values: ArrayLike<number>): void {
    this.count++;
    for (let i = 0; i < this.means.length; i++) {
      const distance = values[i]! - this.means[i]!;
      this.means[i]! += distance / this.count;
      this.squares[i]! += distance * (values[i]! - this.means[i]!);
    }
  }

  mean(): Float32Array {
    return Float32Array.from(this.means);
  }

  /** The mean square distance from the mean. */
  variance(): Float32Array {
    return Float32Array.from(this.squares, square => square / this.count);
  }

  /** The mean of the squares. */
  meanSquare(): Float32Array {
    return Float32Array.from(this.squares, (square, i) => square / this.count + this.means[i]! ** 2);
  }

  /** The standard error of the mean; zero for a single map. */
  standardError(): Float32Array {
    const { count } = this;
    return Float32Array.from(this.squares, square => (count > 1 ? Math.sqrt(square / (count - 1) / count) : 0));
  }
}
