/** Rows that wait to be run together, so that a model is asked in full batches whatever each row is for. */

/**
 * What a model says of some rows: [row, …shape of an example] → [row, …], the probabilities of all classes or the target.
 *
 * @param examples the example that each row is a changed copy of
 */
export type Ask = (rows: Float32Array, examples: readonly number[]) => Promise<Float32Array>;

/** Numbers that wait at a time: 16 MiB. */
const MOST_NUMBERS = 2 ** 22;
const MOST_ROWS = 4096;

export class RowQueue {
  private readonly buffer: Float32Array;
  private readonly waiting: { readonly example: number; readonly then: (said: Float32Array) => void }[] = [];
  private readonly most: number;

  /** @param size numbers of a row */
  constructor(
    private readonly size: number,
    private readonly ask: Ask,
  ) {
    this.most = Math.min(MOST_ROWS, Math.max(1, Math.floor(MOST_NUMBERS / size)));
    this.buffer = new Float32Array(this.most * size);
  }

  /**
   * @param row copied
   * @param example that the row is a changed copy of
   * @param then called with what the model says of the row, in the order in which rows were added
   */
  async add(row: Float32Array | Float64Array, example: number, then: (said: Float32Array) => void): Promise<void> {
    if (this.put(row, example, then)) await this.flush();
  }

  /** Adds as `add` does, which a row of a few numbers would wait for longer than it takes; to be flushed when it returns true. */
  put(row: Float32Array | Float64Array, example: number, then: (said: Float32Array) => void): boolean {
    this.buffer.set(row, this.waiting.length * this.size);
    return this.waiting.push({ example, then }) === this.most;
  }

  /** To be awaited after the last row. */
  async flush(): Promise<void> {
    const count = this.waiting.length;
    if (count === 0) return;
    const waiting = this.waiting.splice(0);
    const all = await this.ask(
      this.buffer.subarray(0, count * this.size),
      waiting.map(({ example }) => example),
    );
    const width = all.length / count;
    waiting.forEach(({ then }, row) => then(all.subarray(row * width, (row + 1) * width)));
  }
}
