/** What the panel shows of an experiment without results: what to do, or how far its first run is. */
import type { DocumentView } from '../../server/src/protocol.js';
import { textButton } from './editor-controls.js';
import { element } from './element.js';
import { fileOf } from './panel-head.js';
import type { Surroundings } from './surroundings.js';
import { table } from './table.js';

export function standIn({ name }: Surroundings, view: DocumentView, run: () => void): HTMLElement {
  const { running, blocked, marks, snapshot } = view;
  const reasons = new Map(snapshot?.missing.map(({ name: of, reason }) => [of, reason]));
  const file = element('code', {}, fileOf(view));
  return element(
    'section',
    {},
    element('h2', {}, running ? 'The first run is under way' : 'No results yet'),
    running
      ? element('p', { class: 'dim' }, 'Results appear here as soon as they are computed.')
      : blocked === undefined
        ? element(
            'p',
            {},
            'Run all computes every declaration of ',
            file,
            ' in the background; logos, heatmaps and metrics appear here. ',
            'A code lens above a declaration runs that one alone.',
          )
        : element('p', {}, 'Nothing can run at present, for the reason given above.'),
    running || blocked !== undefined ? undefined : element('p', { class: 'first' }, textButton('Run all', false, run)),
    marks.length === 0
      ? undefined
      : table(
          'Declarations',
          ['declaration', 'kind', ...(reasons.size > 0 ? ['reason'] : [])],
          marks.map(entry => [
            name(entry.name),
            entry.kind,
            ...(reasons.size > 0 ? [reasons.get(entry.name) ?? ''] : []),
          ]),
          'stacked missing',
        ),
  );
}
