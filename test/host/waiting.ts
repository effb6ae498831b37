/** Waiting for what another process does. */

/** Waits for what `look` finds. @throws Error when it has found nothing after `limit` milliseconds */
export async function until<Found>(
  what: string,
  look: () => Found | undefined | false | PromiseLike<Found | undefined | false>,
  limit = 20_000,
): Promise<Found> {
  const end = Date.now() + limit;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Still no ${what} after ${limit / 1000} s.`);
    await pause(50);
  }
}

export const pause = (milliseconds: number): Promise<void> => new Promise(done => setTimeout(done, milliseconds));
