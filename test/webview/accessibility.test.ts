/** What screen readers and keyboards meet: axe finds nothing to object to, in any theme and any state. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DocumentView } from '../../server/src/protocol.js';
import { chromium } from './browser.js';
import { fixture, rowsFixture } from './fixture.js';
import { PanelHost, settled, THEME_KINDS, viewOf, type Message, type PanelPage } from './panel-host.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds: each rule with the first elements that break it. */
async function violations({ page }: PanelPage): Promise<string[]> {
  const found = await page.evaluate<Violation[]>(
    `(async () => {
      if (!('axe' in window)) { ${AXE} }
      const { violations } = await axe.run(document, { resultTypes: ['violations'] });
      return violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) }));
    })()`,
  );
  return found.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .slice(0, 3)
        .map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary.split('\n').slice(1, 3).join(' ')}`)
        .join('\n  ')}`,
  );
}

const results = fixture(48, 100);
const { view } = viewOf(results);
const { snapshot: _, ...bare } = view;
const running: Partial<DocumentView> = {
  running: true,
  marks: view.marks.map((mark, i) => ({
    ...mark,
    state: i < 2 ? 'done' : i === 2 ? 'running' : 'waiting',
    progress: 0.4,
  })),
};
const STATES: readonly (readonly [string, Message | undefined])[] = [
  ['before the first message', undefined],
  ['without a document', { type: 'empty', message: 'Open an experiment to see its results here.' }],
  [
    'without results',
    {
      type: 'view',
      view: { ...bare, marks: view.marks.map(mark => ({ ...mark, state: 'missing' })) },
      arrays: new Map(),
    },
  ],
  ['restricted', viewOf(results, { blocked: 'This workspace is restricted: trust it to run experiments.' })],
  ['during a run', viewOf(results, running)],
  [
    'stale and failed',
    viewOf(results, {
      stale: ['ig', 'gap'],
      marks: view.marks.map((mark, i) => ({ ...mark, state: i === 4 ? 'failed' : 'done' })),
    }),
  ],
  ['with a picture that cannot be drawn', { ...viewOf(results), arrays: new Map([...results.arrays].slice(1)) }],
  ['after an unknown message', { type: 'dance' }],
  ['with rows of numbers, matrices, rankings and a benchmark', viewOf(rowsFixture())],
];

describe.skipIf(chromium === undefined)('accessibility of the panel (needs Chromium; set CHROME to its path)', () => {
  let host: PanelHost;
  beforeAll(async () => {
    host = await PanelHost.start();
  }, 30_000);
  afterAll(() => host.stop());

  it.each(THEME_KINDS)('every tab is accessible in the theme %s', async theme => {
    const panel = await host.open(theme, 900, 1000);
    await panel.send(viewOf(results));
    for (const tab of [0, 1, 2]) {
      await panel.page.locator('vscode-tab-header').nth(tab).click();
      for (const summary of await panel.page.locator('summary:visible').all()) await summary.click();
      await settled(panel.page);
      expect(await violations(panel), `tab ${tab + 1}`).toEqual([]);
    }
    await panel.page.close();
  });

  it.each(STATES)('is accessible %s', async (_name, message) => {
    for (const theme of ['dark', 'light'] as const) {
      const panel = await host.open(theme, 500, 900);
      if (message) await panel.send(message);
      await settled(panel.page);
      expect(await violations(panel), theme).toEqual([]);
      const metrics = panel.page.locator('vscode-tab-header').nth(1);
      if (await metrics.isVisible()) {
        await metrics.click();
        await settled(panel.page);
        expect(await violations(panel), `${theme}, metrics`).toEqual([]);
      }
      await panel.page.close();
    }
  });
});
