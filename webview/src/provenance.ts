/** From what the results were made: the experiment's text, the versions of what computed them, the keys in the store. */
import type { Snapshot } from '../../server/src/protocol.js';
import { element } from './element.js';
import type { Surroundings } from './surroundings.js';
import { moment } from './times.js';

export function experimentText(snapshot: Snapshot): HTMLElement {
  return element('section', {}, element('h2', {}, 'The experiment'), element('pre', { tabindex: 0 }, snapshot.source));
}

/** The paragraph for a paper, and a way to take it along. */
export function methods({ controls, copy }: Surroundings, { methods: text }: Snapshot): HTMLElement | undefined {
  if (text === undefined) return undefined;
  const said = element('span', { class: 'dim small', role: 'status' });
  const take = async (): Promise<void> => {
    await copy(text);
    said.textContent = 'copied';
  };
  return element(
    'section',
    { class: 'methods' },
    element(
      'div',
      { class: 'bar' },
      element('h2', {}, 'Methods'),
      element(
        'span',
        { class: 'push bar controls' },
        said,
        controls.button('Copy methods paragraph', 'Copy methods paragraph', () => void take()),
      ),
    ),
    ...text.split('\n').map(line => element('p', {}, line)),
  );
}

/** @param open whether the keys are shown at once */
export function provenance({ name }: Surroundings, snapshot: Snapshot, open: boolean): HTMLElement {
  const versions: [string, string][] = [['written', moment(snapshot.created)], ...Object.entries(snapshot.versions)];
  const { data, maps, tables, benchmarks, metrics } = snapshot;
  const results = [...data, ...maps, ...tables, ...benchmarks, ...metrics];
  return element(
    'section',
    {},
    element('h2', {}, 'Provenance'),
    element('dl', {}, ...versions.flatMap(([of, value]) => [element('dt', {}, of), element('dd', {}, value)])),
    element(
      'details',
      { class: 'behind', ...(open && { open: '' }) },
      element('summary', {}, `Keys of ${results.length} results`),
      element(
        'dl',
        { class: 'mono' },
        ...results.flatMap(result => [element('dt', {}, name(result.name)), element('dd', {}, result.key)]),
      ),
    ),
  );
}
