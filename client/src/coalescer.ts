/** Merges requests that come faster than they can be answered: a run tells of its progress ten times a second. */

export class Coalescer {
  /** Keys at work → whether they were requested again meanwhile. */
  private readonly busy = new Map<string, boolean>();

  /**
   * @param work what to do for a key; a failure ends it and is not caught here
   * @param pause milliseconds between the end of one piece of work and the next for the same key
   */
  constructor(
    private readonly work: (key: string) => Promise<void>,
    private readonly pause: number,
  ) {}

  /** Does the work of a key at once, or once more after the present piece of it. */
  request(key: string): void {
    if (this.busy.has(key)) this.busy.set(key, true);
    else void this.run(key);
  }

  private async run(key: string): Promise<void> {
    try {
      do {
        this.busy.set(key, false);
        await this.work(key);
        await new Promise(resolve => setTimeout(resolve, this.pause));
      } while (this.busy.get(key));
    } finally {
      this.busy.delete(key);
    }
  }
}
