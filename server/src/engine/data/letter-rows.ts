/** Sequences of one length, gathered one by one in one piece of memory. */
export class LetterRows {
  private bytes = new Uint8Array(1 << 16);
  private used = 0;

  /** Appends a sequence: letter codes. */
  push(row: Uint8Array): void {
    const needed = this.used + row.length;
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
      larger.set(this.bytes.subarray(0, this.used));
      this.bytes = larger;
    }
    this.bytes.set(row, this.used);
    this.used = needed;
  }

  /** All of them, [sequence, position]. */
  get letters(): Uint8Array {
    return this.bytes.subarray(0, this.used);
  }
}
