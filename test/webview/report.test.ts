/** The drawn report in a real browser: pixels, layout, interaction, and what hostile names can do. */
import { beforeAll, describe, expect, it } from 'vitest';
import { reportHtml } from '../../server/src/run/report.js';
import { ask, chromium, pixels, reportScript } from './browser.js';
import { fixture, type Fixture, rowsFixture } from './fixture.js';

/** Letters A, C, G, T and the ends of the heatmap's scale, as the stylesheet has them. */
const COLOURS = {
  light: { background: '#ffffff', bases: ['#1b7f45', '#1f66cc', '#a86600', '#cc3330'], ends: ['#8a3800', '#0b3f78'] },
  dark: { background: '#1c1e21', bases: ['#4fbf78', '#5aa5ff', '#f0b34a', '#f4716c'], ends: ['#ffc78f', '#a9d8ff'] },
} as const;

const around =
  ({ snapshot, arrays }: Fixture) =>
  (script: string): string =>
    reportHtml(snapshot, arrays, script);

describe.skipIf(chromium === undefined)('the drawn report (needs Chromium; set CHROME to its path)', () => {
  let script = '';
  const usual = fixture(48, 100);
  beforeAll(() => {
    script = reportScript();
  });

  describe.each(['light', 'dark'] as const)('in the %s theme', scheme => {
    it.each([320, 900])('draws letters and both ends of the heatmap at %i px', width => {
      const { background, bases, ends } = COLOURS[scheme];
      const counts = pixels(around(usual)(script), width, 3600, scheme);
      const count = (colour: string): number => counts.get(colour) ?? 0;
      expect(count(background)).toBeGreaterThan(0.5 * width * 3600);
      // 17 motif letters of a few hundred pixels each, in three logos; the rarest of the four bases is T.
      for (const base of bases) expect(count(base), base).toBeGreaterThan(150);
      // The strongest positive scores fill cells; negative ones stay small in this fixture, the legend holds their end.
      expect(count(ends[0])).toBeGreaterThan(200);
      expect(count(ends[1])).toBeGreaterThan(5);
      const other = COLOURS[scheme === 'light' ? 'dark' : 'light'];
      expect(count(other.background)).toBeLessThan(0.01 * width * 3600);
    });
  });

  it.each([
    [320, 48, 100],
    [600, 1, 100],
    [1600, 12, 3000],
  ])('fits into %i px with %i × %i, and nothing is refused by its policy', (width, rows, length) => {
    const answer = ask(
      around(fixture(rows, length)),
      width,
      `const clipped = [...document.querySelectorAll('.view *')].filter(node => !node.closest('pre, .scroll, .unseen, thead')
         && node.getClientRects().length > 0 && node.getBoundingClientRect().right > innerWidth + 0.5);
       return { clipped: clipped.map(node => node.outerHTML.slice(0, 80)), width: document.documentElement.scrollWidth, violations };`,
    );
    expect(answer).toEqual({ clipped: [], width, violations: 0 });
  });

  it('moves through the examples by button, key, click and search, logos and heatmaps in step', () => {
    const answer = ask(
      around(usual),
      900,
      `const name = () => document.querySelector('.view .bar strong.mono').textContent;
       const maps = [...document.querySelectorAll('canvas[role=slider][aria-orientation=vertical]')];
       const places = () => maps.map(map => map.getAttribute('aria-valuenow'));
       const seen = [];
       const press = key => maps[1].dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
       press('Home'); seen.push(places());
       document.querySelector('[aria-label="Next example"]').click(); seen.push(places());
       press('ArrowRight'); seen.push(places());
       press('End'); press('ArrowDown'); seen.push(places());
       const box = maps[0].getBoundingClientRect();
       maps[0].dispatchEvent(new MouseEvent('click', { clientX: box.left + 400, clientY: box.top + 5 * 5 + 2 })); seen.push(places());
       const search = document.querySelector('input[type=search]');
       search.value = 'ctcf-201'; search.dispatchEvent(new Event('input'));
       return { seen, name: name(), label: document.querySelector('canvas[role=img]').getAttribute('aria-label') };`,
    );
    const header =
      'ENSG00000102974.17|ENST00000264010.10|CTCF-201|chr16:67562407-67639185(+)|a_header_that_nobody_shortened';
    expect(answer).toEqual({
      seen: ['1', '2', '3', '48', '6'].map(place => [place, place, place]),
      name: header,
      label: expect.stringContaining(`Logo of ${header} by ig. Strongest positions: `) as unknown,
    });
  });

  it('shows a long sequence through a window that keyboard and pointer move', () => {
    const answer = ask(
      around(fixture(3, 3000)),
      900,
      `const strip = [...document.querySelectorAll('canvas[role=slider]')].find(node => !node.getAttribute('aria-orientation'));
       const track = document.querySelector('canvas[role=img]');
       const frame = () => new Promise(drawn => setTimeout(drawn, 100));
       const seen = [];
       const note = async () => { await frame(); seen.push(strip.getAttribute('aria-valuetext')); };
       const press = key => strip.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
       press('Home'); await note();
       press('ArrowRight'); await note();
       document.querySelector('[aria-label="Show fewer positions"]').click(); await note();
       press('End'); await note();
       const box = track.getBoundingClientRect();
       track.dispatchEvent(new PointerEvent('pointermove', { clientX: box.right - 12, clientY: box.top + 30 }));
       await frame();
       return { seen, hidden: strip.hidden, readout: document.querySelector('.readout').textContent.slice(0, 14) };`,
    );
    expect(answer).toEqual({
      seen: [
        'positions 1 to 64 of 3000',
        'positions 17 to 80 of 3000',
        'positions 33 to 64 of 3000',
        'positions 2969 to 3000 of 3000',
      ],
      hidden: false,
      readout: 'position 3000,',
    });
  });

  it('has the numbers of every picture in a table behind it', () => {
    const answer = ask(
      around(usual),
      900,
      `const tables = [...document.querySelectorAll('details.behind')].filter(node => node.textContent.startsWith('Table'));
       tables.forEach(node => { node.open = true; });
       await new Promise(opened => setTimeout(opened, 100));
       return tables.map(node => node.querySelectorAll('tbody tr').length);`,
    );
    // One for the logos, one per heatmap, one for the three maps that agree, one for the histogram of 36 bins.
    expect(answer).toEqual([10, 10, 10, 10, 3, 36]);
  });

  it('ranks the features of rows, and rules in their order', () => {
    const answer = ask(
      around(rowsFixture()),
      900,
      `return [...document.querySelectorAll('table.bars')].map(table => [
         table.querySelectorAll('tbody tr').length,
         [...table.querySelector('tbody tr').children].map(cell => cell.textContent).filter(text => text !== ''),
       ]);`,
    );
    expect(answer).toMatchObject([
      [20, [expect.stringMatching(/^GENE\d+$/), expect.anything(), expect.anything()]],
      [20, [expect.stringMatching(/^GENE\d+$/), expect.anything(), expect.anything()]],
      [20, [expect.stringMatching(/^GENE\d+$/), expect.anything(), expect.anything()]],
      [20, ['GENE1', '1']],
      [2, ['if GENE1 > 2', '0.25', expect.stringMatching(/^10\s% to 50\s%; 20\s% of the examples, 8$/)]],
    ]);
  });

  it('draws the interactions of one example when it is chosen, the strongest in the table behind', () => {
    const answer = ask(
      around(rowsFixture()),
      900,
      `const part = document.querySelector('[data-declaration=pairs]');
       const choice = part.querySelector('.matrix select');
       choice.selectedIndex = 2;
       choice.dispatchEvent(new Event('change'));
       part.querySelector('details.behind').open = true;
       await new Promise(opened => setTimeout(opened, 100));
       const canvas = part.querySelector('canvas[role=slider]');
       canvas.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
       return {
         options: [...choice.options].map(option => option.textContent),
         rows: [...part.querySelectorAll('tbody tr')].map(row => [...row.children].map(cell => cell.textContent)),
         text: canvas.getAttribute('aria-valuetext').replace(/\\s+/g, ' '),
       };`,
    );
    expect(answer).toEqual({
      options: ['mean of 2', 'cell 1', 'cell 2'],
      rows: [['4', 'GENE5', '0.5']],
      text: 'gene 2, gene GENE1 0 target',
    });
  });

  it('marks the best of a benchmark and says why a cell is empty', () => {
    const answer = ask(
      around(rowsFixture()),
      900,
      `const table = document.querySelector('table.benchmark');
       return [
         [...table.querySelectorAll('th')].map(cell => cell.textContent),
         [...table.querySelectorAll('strong')].map(cell => cell.textContent.replace(/\\s/g, ' ')),
         table.querySelector('[title]').title,
       ];`,
    );
    expect(answer).toEqual([
      ['method', 'agreement.local ↑', 'completeness.max ↓'],
      ['70 % ★', '20 % ★'],
      'the map does not claim completeness',
    ]);
  });

  it('tells a value from the bound that it rounds to', () => {
    const { snapshot, arrays } = fixture(2, 20);
    const [first] = snapshot.expectations;
    const answer = ask(
      around({ snapshot: { ...snapshot, expectations: [{ ...first!, value: 0.0099999, high: 0.01 }] }, arrays }),
      900,
      `return document.querySelector('.expectations .numbers strong').textContent;`,
    );
    expect(answer).toBe('just below 1\u00a0%');
  });

  it('says what is left out and what is averaged with 10,000 examples', () => {
    const answer = ask(
      around(fixture(10_000, 100)),
      900,
      `const text = document.querySelector('.view').textContent;
       return [/2.000 of 10.000 examples, one of every 5;/.test(text), text.includes('each cell is the mean of 6 examples')];`,
    );
    expect(answer).toEqual([true, true]);
  });

  it('shows a hostile FASTA header as text', () => {
    const header = `</script><img src=x onerror="window.taken=true"><script>window.taken=true</script>`;
    const { snapshot, arrays } = fixture(1, 100);
    const hostile = {
      ...snapshot,
      file: header,
      data: snapshot.data.map(data => ({ ...data, name: header, names: [header] })),
    };
    const answer = ask(
      around({ snapshot: hostile, arrays }),
      600,
      `return { taken: window.taken ?? false, images: document.images.length, shown: document.querySelector('.view .bar strong.mono').textContent };`,
    );
    expect(answer).toEqual({ taken: false, images: 0, shown: header });
  });

  it('leaves the reason in place of a picture whose array is missing, and draws the rest', () => {
    const { snapshot, arrays } = usual;
    const rest = new Map([...arrays].filter(([name]) => name !== 'grad.scores'));
    const answer = ask(
      around({ snapshot, arrays: rest }),
      600,
      `return { notes: [...document.querySelectorAll('.note')].map(node => node.textContent)[0], heatmaps: document.querySelectorAll('.examples .picture').length };`,
    );
    expect(answer).toEqual({
      notes: 'Warning: grad cannot be drawn: its float32 array “grad.scores” is missing. Write the report again.',
      heatmaps: 2,
    });
  });

  it('keeps the plain tables when the snapshot cannot be read', () => {
    const broken = (text: string): string => around(usual)(text).replace('"version":1', '"version":2');
    const answer = ask(
      broken,
      600,
      `return { alert: document.querySelector('[role=alert]').textContent.split('\\n')[0], plain: document.querySelectorAll('#plain table').length };`,
    );
    expect(answer).toEqual({
      alert:
        'The pictures of this report cannot be drawn: The snapshot in this file cannot be read. Write the report again.',
      plain: 3,
    });
  });
});
