/** What the panel keeps of the views that it has received: arrays that are not sent twice, and what maps were before. */
import { arrayNames, type DocumentView, type ToPanel } from '../../server/src/protocol.js';
import type { Arrays } from './arrays.js';
import type { EarlierMap } from './attributions.js';

export interface Received {
  readonly arrays: Arrays;
  /** Of the experiment that is shown, by name: what maps were before they were computed anew. */
  readonly earlier: ReadonlyMap<string, EarlierMap>;
  readonly view?: DocumentView;
}

export const NOTHING: Received = { arrays: new Map(), earlier: new Map() };

/**
 * What the message brings, and what of the arrays before it names again.
 *
 * @throws RangeError when a float32 array has bytes left over
 */
export function received({ view, arrays }: Extract<ToPanel, { type: 'view' }>, before: Received): Received {
  const named = view.snapshot ? arrayNames(view.snapshot) : new Set<string>();
  const brought = arrays.map(
    ({ name, type, data }) => [name, type === 'uint8' ? new Uint8Array(data) : new Float32Array(data)] as const,
  );
  return {
    view,
    arrays: new Map([...before.arrays, ...brought].filter(([name]) => named.has(name))),
    earlier: earlierMaps(view, before),
  };
}

/** Maps of the view before that this one has under the same name with other numbers, beside those that are known. */
function earlierMaps({ uri, snapshot }: DocumentView, { view, arrays, earlier }: Received): Map<string, EarlierMap> {
  if (view?.uri !== uri) return new Map();
  const found = new Map(earlier);
  for (const map of view.snapshot?.maps ?? []) {
    const scores = arrays.get(map.scores);
    const now = snapshot?.maps.find(({ name }) => name === map.name);
    if (now && now.key !== map.key && scores instanceof Float32Array) found.set(map.name, { map, scores });
  }
  return found;
}
