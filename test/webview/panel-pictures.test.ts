/**
 * The pictures of the panel under docs/images: real results of the planted-motifs example. `UPDATE=1` takes them anew; the
 * example must have been run.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Snapshot } from '../../server/src/protocol.js';
import { chromium } from './browser.js';
import type { Fixture } from './fixture.js';
import { PanelHost, settled, viewOf } from './panel-host.js';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Results of an experiment as its report holds them. */
function resultsOf(experiment: string): Fixture {
  const folder = mkdtempSync(join(tmpdir(), 'explainome-pictures-'));
  try {
    const report = join(folder, 'report.html');
    execFileSync(process.execPath, [path('dist/cli.js'), 'report', path(experiment), '-o', report], {
      stdio: 'ignore',
    });
    const html = readFileSync(report, 'utf8');
    const json = /<script[^>]*id="snapshot"[^>]*>([^<]*)<\/script>/.exec(html)?.[1] ?? '';
    const blocks = html.matchAll(/<script[^>]*data-array="([^"]*)" data-type="([^"]*)"[^>]*>([^<]*)<\/script>/g);
    const arrays = new Map(
      [...blocks].map(([, name = '', type = '', text = '']) => {
        const bytes = new Uint8Array(Buffer.from(text, 'base64'));
        return [name, type === 'uint8' ? bytes : new Float32Array(bytes.buffer)] as const;
      }),
    );
    return { snapshot: Snapshot.parse(JSON.parse(json)), arrays };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(process.env['UPDATE'] === undefined || chromium === undefined)(
  'pictures of the panel (UPDATE=1)',
  () => {
    let host: PanelHost;
    let results: Fixture;
    beforeAll(async () => {
      host = await PanelHost.start();
      results = resultsOf('examples/planted-motifs.xome');
      mkdirSync(path('docs/images'), { recursive: true });
    }, 60_000);
    afterAll(() => host.stop());

    const themes = ['dark', 'light', 'hc-dark', 'hc-light'] as const;
    it.each([
      ...themes.flatMap(theme => [
        [`panel-${theme}`, theme, 900, 1000, 0] as const,
        [`panel-${theme}-600`, theme, 600, 1000, 0] as const,
        [`panel-${theme}-320`, theme, 320, 1000, 0] as const,
      ]),
      ['panel-metrics-dark', 'dark', 900, 1000, 1] as const,
      ['panel-metrics-light', 'light', 900, 1000, 1] as const,
    ])('%s', async (name, theme, width, height, tab) => {
      const panel = await host.open(theme, width, height);
      await panel.send(viewOf(results));
      await panel.page.locator('vscode-tab-header').nth(tab).click();
      await panel.page.mouse.move(0, 0);
      await settled(panel.page);
      await panel.page.screenshot({ path: path(`docs/images/${name}.png`) });
      await panel.page.close();
    });
  },
);
