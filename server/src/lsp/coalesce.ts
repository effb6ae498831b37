/** Many calls, few effects: the first takes effect at once, those that follow within `pause` together at its end. */
export function coalesce(pause: number, effect: () => void): () => void {
  let waiting: NodeJS.Timeout | undefined;
  let again = false;
  const act = (): void => {
    again = false;
    waiting = setTimeout(() => {
      waiting = undefined;
      if (again) act();
    }, pause);
    effect();
  };
  return () => {
    if (waiting === undefined) act();
    else again = true;
  };
}
