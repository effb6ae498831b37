/** Who wrote a file: what Keras's weights and configurations mean depends on it. */

export interface Origin {
  /** Generation of Keras: the dialect of the configuration and the layout of the weights. */
  readonly keras: 1 | 2 | 3;
  /** `tensorflow`, `theano`, …; undefined where nobody says so. */
  readonly backend: string | undefined;
}

/** A file without a version is one of Keras 1, as Keras 2 takes it. */
export function originOf(version: string | undefined, backend: string | undefined): Origin {
  const generation = Number.parseInt(version ?? '1', 10);
  return { keras: generation >= 3 ? 3 : generation === 2 ? 2 : 1, backend };
}
