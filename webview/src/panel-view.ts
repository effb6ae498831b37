/**
 * The results panel beside an experiment. It gets whole views and replaces only what differs; what the reader has chosen
 * (tab, example, order, window, scroll) outlives new results and a reload of the window.
 */
import '@vscode-elements/elements/dist/vscode-badge/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import '@vscode-elements/elements/dist/vscode-tab-header/index.js';
import '@vscode-elements/elements/dist/vscode-tab-panel/index.js';
import '@vscode-elements/elements/dist/vscode-tabs/index.js';
import type { DocumentView, Snapshot, ToPanel } from '../../server/src/protocol.js';
import type { Arrays } from './arrays.js';
import { attributions, figuresOf } from './attributions.js';
import { benchmarkArticle } from './benchmark.js';
import { differenceLabel } from './difference.js';
import { editorControls } from './editor-controls.js';
import { element } from './element.js';
import { expectations } from './expectations.js';
import type { Host } from './host.js';
import { arrange, type Piece } from './kept.js';
import { metricArticle } from './measurements.js';
import { metricComparison } from './metric-comparison.js';
import { missing } from './missing.js';
import { panelHead } from './panel-head.js';
import { readState, stateOf, TABS, type FileState, type Tab } from './panel-state.js';
import { badgeOf, staleNames } from './panel-status.js';
import { experimentText, methods, provenance } from './provenance.js';
import { NOTHING, received } from './received.js';
import { standIn } from './stand-in.js';
import type { Surroundings } from './surroundings.js';
import { tableArticle } from './tables.js';
import { watchTheme } from './theme.js';

export interface PanelView {
  readonly node: HTMLElement;
  readonly receive: (message: ToPanel) => void;
  /** Says what went wrong, above what is shown. */
  readonly fail: (reason: string) => void;
}

const TITLES: Readonly<Record<Tab, string>> = {
  attributions: 'Attributions',
  metrics: 'Metrics',
  provenance: 'Provenance',
};
/** How long the reader may scroll and choose before it is written down, in milliseconds. */
const SAVE_AFTER = 150;

export function panelView(host: Host): PanelView {
  const state = readState(host.load());
  let file: FileState | undefined;
  let known = NOTHING;
  let selected: string | undefined;
  /** The declaration that the reader has just gone to from here: the editor's answer must not scroll the panel. */
  let revealed: string | undefined;
  /** What was last asked to be compared: pictures of its maps are drawn anew. */
  let comparison: readonly [string, string] | undefined;
  let comparisons = 0;

  /** The frame in which the scroll of a restored panel is set once more. */
  let restoring = 0;

  let saving: ReturnType<typeof setTimeout> | undefined;
  const save = (): void => {
    clearTimeout(saving);
    saving = setTimeout(() => host.save(state), SAVE_AFTER);
  };

  const reveal = (name: string): void => {
    revealed = name;
    host.post({ type: 'reveal', name });
  };
  const surroundings: Surroundings = {
    theme: watchTheme(),
    controls: editorControls,
    name: (declaration, text) => declared(declaration, text, reveal),
    save: (name, content) => host.post({ type: 'save', name, content }),
    copy: text => host.post({ type: 'copy', text }),
    remedy: 'Run the experiment again.',
  };

  const head = panelHead(host, () => activate('metrics'));
  const instead = element('div', { class: 'view instead' });
  const bodies = { attributions: body(), metrics: body(), provenance: body() };
  const measurements = element('div');
  const measured = element('section', {}, element('h2', {}, 'Measurements'), measurements);
  const metricParts = element('div');
  bodies.metrics.append(metricParts, measured);
  const panels = TABS.map(tab => element('vscode-tab-panel', { class: tab }, bodies[tab]));
  const failures = element('vscode-badge', { slot: 'content-after', variant: 'tab-header-counter' });
  const tabs = element(
    'vscode-tabs',
    {},
    ...TABS.map(tab =>
      element('vscode-tab-header', { slot: 'header' }, TITLES[tab], tab === 'metrics' ? failures : undefined),
    ),
    ...panels,
  );
  const node = element('main', { class: 'panel' }, head.node, instead, tabs);
  showInstead('Waiting for the results of the experiment …');

  function activate(tab: Tab): void {
    const index = TABS.indexOf(tab);
    tabs.selectedIndex = index;
    // The element follows a moment later; what is to be scrolled must be visible now.
    panels.forEach((panel, place) => panel.toggleAttribute('hidden', place !== index));
    entered(tab);
  }
  function entered(tab: Tab): void {
    if (!file) return;
    file.tab = tab;
    const panel = panels[TABS.indexOf(tab)];
    if (panel) panel.scrollTop = file.scroll[tab] ?? 0;
    save();
  }
  /** Goes where the reader was. The controls above get their height a moment later, hence twice. */
  function restore(tab: Tab): void {
    const top = file?.scroll[tab] ?? 0;
    activate(tab);
    restoring = requestAnimationFrame(() => {
      const panel = panels[TABS.indexOf(tab)];
      if (panel) panel.scrollTop = top;
    });
  }
  tabs.addEventListener('vsc-tabs-select', () => entered(TABS[tabs.selectedIndex] ?? 'attributions'));
  panels.forEach((panel, index) =>
    panel.addEventListener('scroll', () => {
      const tab = TABS[index];
      if (!file || !tab || panel.hidden) return;
      file.scroll[tab] = Math.round(panel.scrollTop);
      save();
    }),
  );

  function showInstead(
    content: string,
    build: () => HTMLElement = () => element('p', { class: 'dim' }, content),
  ): void {
    arrange(instead, [{ id: 'instead', content, build }]);
    instead.hidden = false;
    tabs.hidden = true;
  }

  function update(view: DocumentView, arrays: Arrays): void {
    const entering = view.uri !== file?.uri;
    file = stateOf(state, view.uri);
    head.show(view);
    const { snapshot } = view;
    if (!snapshot || snapshot.data.length + snapshot.metrics.length === 0) {
      const { running, blocked, marks } = view;
      const named = marks.map(({ name, kind }) => [name, kind]);
      showInstead(JSON.stringify([view.uri, running, blocked, named, snapshot?.missing]), () =>
        standIn(surroundings, view, () => host.post({ type: 'run' })),
      );
    } else {
      instead.hidden = true;
      tabs.hidden = false;
      showAttributions(snapshot, arrays, file);
      showMetrics(snapshot);
      showProvenance(snapshot);
    }
    mark(view);
    if (entering) restore(file.tab);
    save();
  }

  function showAttributions(snapshot: Snapshot, arrays: Arrays, { viewpoints }: FileState): void {
    const absent = snapshot.missing.filter(({ kind }) => kind !== 'metric');
    const sections = snapshot.data.flatMap((data): Piece[] => {
      const maps = snapshot.maps.filter(map => map.data === data.key);
      if (maps.length + data.notes.length === 0) return [];
      const sizes = [data.letters ?? '', ...maps.flatMap(map => [map.scores, map.predictions ?? ''])].map(
        name => arrays.get(name)?.length,
      );
      const figures = maps.map(map => figuresOf(map.name, snapshot.metrics));
      const at = (viewpoints[data.name] ??= {});
      const before = [...known.earlier.values()];
      const asked = comparison?.every(name => maps.some(map => map.name === name)) && comparisons;
      return [
        {
          id: `data ${data.name}`,
          content: JSON.stringify([
            data,
            maps,
            snapshot.views,
            sizes,
            figures,
            before.map(({ map }) => map.key),
            asked,
          ]),
          build: () =>
            attributions(surroundings, snapshot, data, arrays, { at, changed: save }, before) ?? element('section'),
        },
      ];
    });
    const compared = snapshot.benchmarks.map((benchmark): Piece => ({
      id: `benchmark ${benchmark.name}`,
      content: JSON.stringify(benchmark),
      build: () => element('section', {}, benchmarkArticle(surroundings, benchmark)),
    }));
    const further = snapshot.tables.map((result): Piece => ({
      id: `table ${result.name}`,
      content: JSON.stringify([result, arrays.get(result.values)?.length]),
      build: () => element('section', {}, tableArticle(surroundings, result, arrays)),
    }));
    const none = element('p', { class: 'dim' }, 'This experiment has no attribution to draw.');
    arrange(bodies.attributions, [
      ...(sections.length + compared.length + further.length + absent.length === 0
        ? [{ id: 'none', content: '', build: () => none }]
        : []),
      ...sections,
      ...compared,
      ...further,
      ...missingPiece(absent),
    ]);
  }

  function showMetrics(snapshot: Snapshot): void {
    const statistics = snapshot.metrics.map(metric => [metric.name, metric.statistics]);
    const pair = comparison?.flatMap(name => snapshot.metrics.find(metric => metric.name === name) ?? []) ?? [];
    const [first, second] = pair;
    arrange(metricParts, [
      ...(first && second
        ? [
            {
              id: 'comparison',
              content: JSON.stringify(pair),
              build: () => metricComparison(surroundings, first, second),
            },
          ]
        : []),
      {
        id: 'expectations',
        content: JSON.stringify([snapshot.expectations, statistics]),
        build: () => expectations(surroundings, snapshot),
      },
      ...missingPiece(snapshot.missing.filter(({ kind }) => kind === 'metric')),
    ]);
    measured.hidden = snapshot.metrics.length === 0;
    arrange(
      measurements,
      snapshot.metrics.map(metric => ({
        id: metric.name,
        content: JSON.stringify(metric),
        build: () => metricArticle(surroundings, metric),
      })),
    );
    const failed = snapshot.expectations.filter(
      ({ outcome }) => outcome === 'failed' || outcome === 'not shown',
    ).length;
    failures.hidden = failed === 0;
    failures.textContent = String(failed);
    failures.title = `${failed} not met`;
  }

  function missingPiece(absent: Snapshot['missing']): Piece[] {
    const content = JSON.stringify(absent);
    const build = (): HTMLElement => missing(surroundings, absent)[0] ?? element('section');
    return absent.length === 0 ? [] : [{ id: 'missing', content, build }];
  }

  function showProvenance(snapshot: Snapshot): void {
    const { source, versions, created, data, maps, tables, benchmarks, metrics } = snapshot;
    const keys = [...data, ...maps, ...tables, ...benchmarks, ...metrics].map(({ name, key }) => [name, key]);
    const paragraph = methods(surroundings, snapshot);
    arrange(bodies.provenance, [
      ...(paragraph ? [{ id: 'methods', content: snapshot.methods ?? '', build: () => paragraph }] : []),
      { id: 'text', content: source, build: () => experimentText(snapshot) },
      {
        id: 'keys',
        content: JSON.stringify([versions, created, keys]),
        build: () => provenance(surroundings, snapshot, true),
      },
    ]);
  }

  /** Writes the state of each declaration beside its name, and dims what belongs to an earlier text. */
  function mark(view: DocumentView): void {
    const stale = staleNames(view);
    const marks = new Map(view.marks.map(entry => [entry.name, entry]));
    for (const name of node.querySelectorAll<HTMLElement>('.declared')) {
      const declaration = name.dataset['name'] ?? '';
      const { state: known, progress } = marks.get(declaration) ?? { state: 'done' as const };
      const text = badgeOf(known === 'done' && stale.has(declaration) ? 'stale' : known, progress);
      name.classList.toggle('stale', stale.has(declaration));
      const badge = name.querySelector('vscode-badge');
      if (!badge) continue;
      badge.textContent = text;
      badge.hidden = text === '';
    }
    for (const part of parts()) part.classList.toggle('stale', stale.has(part.dataset['declaration'] ?? ''));
    highlight();
  }

  function compare(names: readonly [string, string]): void {
    comparison = names;
    comparisons++;
    const { view, arrays } = known;
    if (!view?.snapshot || !file) return;
    const { data, maps } = view.snapshot;
    const [first, second] = maps.filter(({ name }) => names.includes(name));
    const explained = data.find(({ key }) => key === first?.data);
    if (first && second && explained)
      (file.viewpoints[explained.name] ??= {}).difference = differenceLabel(first.name, second.name);
    update(view, arrays);
    activate(first ? 'attributions' : 'metrics');
    const [target] = first
      ? parts().filter(part => part.dataset['declaration'] === first.name)
      : metricParts.querySelectorAll('.comparison');
    target?.scrollIntoView({ block: 'start' });
  }

  const parts = (): HTMLElement[] => [...node.querySelectorAll<HTMLElement>('[data-declaration]')];

  function highlight(): void {
    for (const part of parts()) part.classList.toggle('selected', part.dataset['declaration'] === selected);
  }

  function select(name: string): void {
    selected = name;
    highlight();
    const own = revealed === name;
    revealed = undefined;
    const found = parts().filter(part => part.dataset['declaration'] === name);
    if (own || found.some(inSight)) return;
    const active = panels.find(panel => !panel.hidden);
    const target = found.find(part => active?.contains(part)) ?? found[0];
    const tab = TABS.find((_, index) => target && panels[index]?.contains(target));
    if (!target || !tab) return;
    cancelAnimationFrame(restoring);
    if (tab !== file?.tab) activate(tab);
    target.scrollIntoView({ block: 'start' });
  }

  return {
    node,
    receive: message => {
      // A failure to draw stays on screen until there is something else to show.
      if (message.type !== 'select') head.fail(undefined);
      if (message.type === 'select') select(message.name);
      else if (message.type === 'compare') compare(message.names);
      else if (message.type === 'view') {
        known = received(message, known);
        update(message.view, known.arrays);
      } else {
        head.show(undefined);
        showInstead(message.message);
      }
    },
    fail: reason => head.fail(reason),
  };
}

const body = (): HTMLElement => element('div', { class: 'view' });

/** A declaration's name that leads to its text, with its state where that is worth a word. */
function declared(declaration: string, text: string | undefined, reveal: (name: string) => void): HTMLElement {
  const title = `Show ${declaration} in the editor`;
  const link = element('button', { type: 'button', class: 'link mono', title }, text ?? declaration);
  link.addEventListener('click', () => reveal(declaration));
  const badge = text === undefined ? element('vscode-badge', { hidden: '' }) : undefined;
  return element('span', { class: 'declared', 'data-name': declaration }, link, badge);
}

/** Whether the beginning of an element can be seen in the tab that it lies in. */
function inSight(part: HTMLElement): boolean {
  const frame = part.closest('vscode-tab-panel')?.getBoundingClientRect();
  const { top, height } = part.getBoundingClientRect();
  return frame !== undefined && height > 0 && top >= frame.top - 1 && top < frame.bottom - 24;
}
