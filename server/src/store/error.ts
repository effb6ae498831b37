/** What goes wrong with a result store, for people: what was found, where, and what to do about it. */
export class StoreError extends Error {
  /** Stable identifier, for example `store/full`. */
  readonly code: string;
  readonly place: string;
  readonly remedy: string | undefined;

  constructor(code: string, message: string, place: string, remedy?: string) {
    super(message);
    this.name = 'StoreError';
    this.code = code;
    this.place = place;
    this.remedy = remedy;
  }
}

/** The `code` of a system error (`ENOENT`, `EEXIST` …), if it is one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Turns the system's "no space left" into an error with a remedy; every other error stays what it is. */
export function explainWriteError(error: unknown, place: string): unknown {
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StoreError(
      'store/full',
      `No space is left for results at ${place}.`,
      place,
      'Free disk space, for example with `xome gc`, and run again: finished blocks are kept.',
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new StoreError(
      'store/not-writable',
      `The result store cannot be written at ${place}.`,
      place,
      'Make the folder writable, or keep the experiment in a folder that is.',
    );
  }
  return error;
}
