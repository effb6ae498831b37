/** Motifs in the drawn report: logos with names for screen readers, the table behind them, and what is trimmed. */
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../server/src/protocol.js';
import { reportHtml } from '../../server/src/run/report.js';
import { ask, chromium } from './browser.js';
import { fixture } from './fixture.js';

const CONSENSUS = 'ATGACTCAT';

/** One-hot columns of letters, but for a share that is spread over all bases. */
const columns = (letters: string, certain = 0.9): number[] =>
  [...letters].flatMap(letter => [...'ACGT'].map(base => (base === letter ? certain : 0) + (1 - certain) / 4));

function withMotifs(): ReturnType<typeof fixture> {
  const { snapshot, arrays } = fixture(4, 30);
  const motifs: Snapshot['tables'][number] = {
    name: 'motifs',
    key: 'e'.repeat(64),
    form: 'pattern',
    written: 'ig | seqlets(fdr: 20%) | patterns(seed: 1) | match_motifs("jaspar.pfm")',
    unit: 'probability',
    axes: [
      { name: 'pattern', size: 2 },
      { name: 'position', size: 9 },
      { name: 'base', size: 4 },
    ],
    rows: ['positive 1', 'negative 1'],
    values: 'motifs.values',
    motifs: {
      tracks: [
        { array: 'contributions', name: 'motifs.contributions', title: 'mean contributions', is: 'contributions' },
        { array: 'array', name: 'motifs.values', title: 'bases', is: 'probabilities' },
        { array: 'matched', name: 'motifs.matched', title: 'known motif', is: 'probabilities' },
      ],
      rows: [
        { from: 1, to: 8, sites: 397, match: { id: 'MA0099.2', name: 'FOS::JUN', q: 2.6e-20, e: 1e-18 } },
        { from: 0, to: 9, sites: 28 },
      ],
    },
    seconds: 1,
    notes: [],
  };
  const both = [...columns(CONSENSUS), ...columns('CCCCAAAAA', 0.4)];
  return {
    snapshot: { ...snapshot, tables: [motifs] },
    arrays: new Map([
      ...arrays,
      ['motifs.values', Float32Array.from(both)],
      ['motifs.contributions', Float32Array.from(both, (value, at) => (at < 36 ? value : -value))],
      ['motifs.matched', Float32Array.from(both, (value, at) => (at < 36 ? value : 0))],
    ]),
  };
}

describe.skipIf(chromium === undefined)('motifs in the report (need Chromium; set CHROME to its path)', () => {
  it('are logos with their consensus in words, the known motif where there is one, and a table', () => {
    const { snapshot, arrays } = withMotifs();
    const answer = ask(
      script => reportHtml(snapshot, arrays, script),
      600,
      `const article = document.querySelector('article[data-declaration=motifs]');
       const details = article.querySelector('details.behind');
       details.open = true;
       await new Promise(done => setTimeout(done, 100));
       return {
         labels: [...article.querySelectorAll('canvas[role=img]')].map(canvas => canvas.getAttribute('aria-label')),
         heads: [...article.querySelectorAll('.pattern > p')].map(node => node.textContent),
         cells: [...details.querySelectorAll('tbody tr')].map(row => [...row.cells].map(cell => cell.textContent)),
         wide: document.documentElement.scrollWidth,
       };`,
    );
    expect(answer).toEqual({
      labels: [
        'mean contributions of positive 1 (target): TGACTCA',
        'bases of positive 1 (bit): TGACTCA',
        'known motif FOS::JUN (MA0099.2) of positive 1 (bit): TGACTCA',
        'mean contributions of negative 1 (target): CCCCAAAAA',
        'bases of negative 1 (bit): CCCCAAAAA',
      ],
      heads: ['positive 1 · 397 sites · FOS::JUN (MA0099.2), q 2.6e−20', 'negative 1 · 28 sites'],
      cells: [
        ['positive 1', '397', 'TGACTCA', 'FOS::JUN (MA0099.2)', '1e−18', '2.6e−20'],
        ['negative 1', '28', 'CCCCAAAAA', '', '', ''],
      ],
      wide: 600,
    });
  });
});
