/** Differences of maps: their numbers, and how a reader comes to see them. */
import { afterAll, assert, beforeAll, describe, expect, it } from 'vitest';
import { comparableWith, quantity } from '../../server/src/protocol.js';
import { scoredMapOf, sequencesOf } from '../../webview/src/arrays.js';
import { differenceOf } from '../../webview/src/difference.js';
import { chromium } from './browser.js';
import { fixture } from './fixture.js';
import { PanelHost, settled, viewOf } from './panel-host.js';

const results = fixture(12, 40);
const sequences = sequencesOf(results.snapshot.data[0]!, results.arrays);
const [ig, grad] = results.snapshot.maps.map(map => scoredMapOf(map, sequences, results.arrays));

describe('the difference of two maps', () => {
  it('is that of their scores where both mean the same, and leads to the first', () => {
    const other = { ...grad!, map: { ...grad!.map, kind: ig!.map.kind } };
    const { map, scores, declaration } = differenceOf(ig!, other);
    expect([map.name, map.unit, declaration]).toEqual(['ig − grad', 'logit', 'ig']);
    scores.values.forEach((value, i) => expect(value).toBeCloseTo(ig!.scores.values[i]! - other.scores.values[i]!, 5));
  });

  it('compares shapes where units differ: a multiple of a map does not differ from it', () => {
    const double = { ...ig!.scores, values: ig!.scores.values.map(score => 2 * score) };
    const other = { ...ig!, map: { ...ig!.map, unit: 'counts' }, scores: double };
    const { map, scores } = differenceOf(ig!, other);
    expect(Math.max(...scores.values.map(Math.abs))).toBeLessThan(1e-6);
    expect(map.written).toContain('each divided by');
  });

  it('needs the same examples', () => {
    const fewer = { ...grad!, scores: { ...grad!.scores, rows: 3 } };
    expect(() => differenceOf(ig!, fewer)).toThrow(/examples differ/);
  });
});

describe.skipIf(chromium === undefined)('differences in the panel (need Chromium; set CHROME to its path)', () => {
  let host: PanelHost;
  beforeAll(async () => {
    host = await PanelHost.start();
  }, 30_000);
  afterAll(() => host.stop());

  it('are drawn below the maps, of two maps or of two runs', async () => {
    const panel = await host.open('dark', 900, 1200);
    await panel.send(viewOf(results));
    const titles = (): Promise<string[]> => panel.page.locator('.track .title strong').allInnerTexts();
    const choose = async (label: string): Promise<void> => {
      await panel.page.locator('.difference vscode-single-select').click();
      await panel.page.getByRole('option', { name: label, exact: true }).click();
      await settled(panel.page);
    };
    await choose('ig − ism');
    expect(await titles()).toEqual(['ig', 'grad', 'ism', 'ig − ism']);
    expect(await panel.page.locator('.examples .picture').count()).toBe(4);
    expect(await panel.page.evaluate(() => document.activeElement?.getAttribute('label'))).toBe('difference');

    // Another run gives ig other numbers: what it was before is still there to compare with.
    const { snapshot, arrays } = results;
    const maps = snapshot.maps.map(map =>
      map.name === 'ig' ? { ...map, key: 'f'.repeat(64), scores: 'ig.again' } : map,
    );
    const again = (arrays.get('ig.scores') as Float32Array).map(score => score + 1);
    await panel.send(viewOf({ snapshot: { ...snapshot, maps }, arrays: new Map([...arrays, ['ig.again', again]]) }));
    expect(await titles()).toEqual(['ig', 'grad', 'ism', 'ig − ism']);
    await choose('ig − ig before');
    const label = await panel.page.locator('.track canvas[role=img]').last().getAttribute('aria-label');
    expect(label).toMatch(/by ig − ig before\. Strongest positions: (\d+ [ACGTN] 1(, )?){3}\.$/);
    await choose('none');
    expect(await titles()).toEqual(['ig', 'grad', 'ism']);

    // A link in the editor asks for one in whichever order.
    expect(comparableWith(snapshot, 'ism')).toEqual(['ig', 'grad']);
    await panel.send({ type: 'compare', names: ['ism', 'grad'] });
    expect(await titles()).toEqual(['ig', 'grad', 'ism', 'grad − ism']);
    expect(await panel.complaints()).toEqual([]);
    await panel.page.close();
  });

  it('are put into numbers for two metrics with statistics in common', async () => {
    const panel = await host.open('dark', 900, 1200);
    const [metric, ...others] = results.snapshot.metrics;
    assert(metric);
    const statistics = metric.statistics.map(one => ({ ...one, value: one.value + 0.25 }));
    const metrics = [metric, { ...metric, name: 'other', statistics }, ...others];
    const snapshot = { ...results.snapshot, metrics };
    expect(comparableWith(snapshot, 'other')).toContain(metric.name);
    expect(comparableWith(snapshot, 'nobody')).toEqual([]);
    await panel.send(viewOf({ ...results, snapshot }));
    await panel.send({ type: 'compare', names: ['other', metric.name] });
    const rows = panel.page.locator('.comparison tbody tr');
    expect(await rows.count()).toBe(metric.statistics.length);
    const [first] = metric.statistics;
    assert(first);
    expect(await rows.first().locator('td').last().innerText()).toBe(quantity(0.25, first.unit));
    expect(await panel.complaints()).toEqual([]);
    await panel.page.close();
  });
});
