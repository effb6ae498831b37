/** Declarations without a result, and why. */
import type { Snapshot } from '../../server/src/protocol.js';
import { element } from './element.js';
import type { Surroundings } from './surroundings.js';
import { table } from './table.js';

/** Nothing where nothing is missing. */
export function missing({ name }: Surroundings, entries: Snapshot['missing']): HTMLElement[] {
  if (entries.length === 0) return [];
  return [
    element(
      'section',
      {},
      element('h2', {}, 'Without a result'),
      table(
        'Declarations without a result',
        ['declaration', 'kind', 'reason'],
        entries.map(entry => [name(entry.name), entry.kind, entry.reason]),
        'stacked missing',
      ),
    ),
  ];
}
