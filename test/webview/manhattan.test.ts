/** The Manhattan plot of a cohort: the planted variant stands out, has its name or its gene, and is found by keys and pointer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium } from './browser.js';
import { fixture, type Fixture } from './fixture.js';
import { PanelHost, settled, THEME_KINDS, viewOf } from './panel-host.js';

const PEOPLE = 20;
const VARIANTS = 2000;
/** The variant whose effect is known. */
const PLANTED = 777;

/** A map of a cohort whose variants lie on three chromosomes; the last 200 are decoys. */
function cohort(): Fixture {
  const { snapshot } = fixture(1, 20);
  const features = Array.from({ length: VARIANTS }, (_, i) =>
    i >= 1800 ? `decoy:chr3:${(i - 1200) * 1000}` : `chr${1 + Math.floor(i / 600)}:${(i % 600) * 1000 + 1}`,
  );
  const [set] = snapshot.data;
  const { letters: _letters, labels: _labels, ...rest } = set!;
  const data = {
    ...rest,
    examples: PEOPLE,
    alphabet: 'genotypes' as const,
    length: VARIANTS,
    features,
    names: Array.from({ length: PEOPLE }, (_, i) => `person ${i + 1}`),
    notes: [],
  };
  const [map] = snapshot.maps;
  const { predictions: _predictions, ...scored } = map!;
  const scores = Float32Array.from({ length: PEOPLE * VARIANTS }, (_, i) =>
    i % VARIANTS === PLANTED ? 5 : Math.sin(i * 12.9898) ** 3,
  );
  return {
    snapshot: { ...snapshot, data: [data], maps: [scored], metrics: [], expectations: [], views: [] },
    arrays: new Map([['ig.scores', scores]]),
  };
}

describe.skipIf(chromium === undefined)('the Manhattan plot (needs Chromium; set CHROME to its path)', () => {
  let host: PanelHost;
  beforeAll(async () => {
    host = await PanelHost.start();
  }, 30_000);
  afterAll(() => host.stop());

  it.each(THEME_KINDS)('names the strongest variant and shows its numbers, in the theme %s', async theme => {
    const panel = await host.open(theme, 900, 700);
    await panel.send(viewOf(cohort()));
    const plot = panel.page.locator('.manhattan canvas');
    expect(await panel.page.locator('.manhattan > p').innerText()).toMatch(/by chromosome and position\.$/);
    await plot.focus();
    await panel.page.keyboard.press('Home');
    expect(await plot.getAttribute('aria-valuetext')).toMatch(/^chr2:177001 +5 logit$/);
    await panel.page.keyboard.press('ArrowDown');
    expect(await plot.getAttribute('aria-valuenow')).toBe('2');
    // The planted variant stands at the top; chromosomes take the place that they need: 599, 599 and 799 kb.
    const { x, y, width } = (await plot.boundingBox())!;
    await panel.page.mouse.move(x + 46 + (width - 54) * ((599 + 177) / 1997), y + 18);
    await settled(panel.page);
    expect(await panel.page.locator('.manhattan .readout').innerText()).toMatch(/^chr2:177001/);
    if (process.env['LOOK']) await panel.page.screenshot({ path: `/tmp/look-${theme}.png` });
    expect(await panel.complaints()).toEqual([]);
    await panel.page.close();
  });

  it('names the genes of the strongest variants, each once, and says them in words and tables', async () => {
    const { snapshot, arrays } = cohort();
    const genes = Array.from({ length: 1800 }, (_, i) =>
      Math.abs(i - PLANTED) < 3 ? 'near BRCA1' : i < 600 ? `GENE${Math.floor(i / 20)}` : '',
    );
    // Five more peaks: two beside the planted one in its gene, two side by side, one in a gene far away.
    for (const [at, height] of [
      [PLANTED + 1, 4.8],
      [PLANTED + 2, 4.6],
      [PLANTED + 8, 4.9],
      [1000, 4.2],
      [100, 4],
    ] as const)
      for (let person = 0; person < PEOPLE; person++) arrays.get('ig.scores')![person * VARIANTS + at] = height;
    const panel = await host.open('light', 900, 700);
    await panel.send(viewOf({ snapshot: { ...snapshot, data: [{ ...snapshot.data[0]!, genes }] }, arrays }));
    const plot = panel.page.locator('.manhattan canvas');
    await plot.focus();
    await panel.page.keyboard.press('Home');
    expect(await plot.getAttribute('aria-valuetext')).toMatch(/^chr2:177001 · near BRCA1 +5 logit$/);
    const table = panel.page.locator('table.bars').first();
    expect(await table.locator('th').allInnerTexts()).toContain('gene');
    expect(await table.locator('tr', { hasText: 'chr2:177001' }).innerText()).toContain('near BRCA1');
    if (process.env['LOOK']) await panel.page.screenshot({ path: '/tmp/look-genes.png' });
    expect(await panel.complaints()).toEqual([]);
    await panel.page.close();
  });
});
