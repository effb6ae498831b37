/** Lints of results as diagnostics: where they stand, how serious they are, and what takes them away. */
import { DiagnosticSeverity } from 'vscode-languageserver';
import { expect, test } from 'vitest';
import type { LintLevels } from '../../server/src/language/lints/lint.js';
import { doubts } from '../../server/src/lsp/diagnostics.js';
import { fixture } from '../webview/fixture.js';

const { snapshot } = fixture(2, 10);
const [map] = snapshot.maps;
if (!map) throw new Error('The fixture has no map.');
const notes = [
  { level: 'information' as const, code: 'GA013', message: '1 of 50.' },
  { level: 'warning' as const, code: 'GA005', message: '2 of 50.' },
  { level: 'information' as const, code: 'method/loss', message: 'No lint.' },
];
const shown = {
  snapshot: { data: [], maps: [{ ...map, name: 'ig', notes }], tables: [], benchmarks: [], metrics: [] },
};
const at = (from: number, to: number) => ({ start: { line: 1, character: from }, end: { line: 1, character: to } });

function found(comment: string, levels: LintLevels = {}, stale: readonly string[] = []) {
  const checked = {
    file: '/w/a.xome',
    texts: new Map([['/w/a.xome', `// ${comment}\nattribution ig = path of score on peaks`]]),
    declarations: [{ name: 'ig', kind: 'attribution', range: at(0, 40), nameRange: at(12, 14) }],
  };
  const lints = { levels: () => levels, page: 'file:///docs/lints.md' };
  return doubts({ checked, shown, stale: new Set(stale) }, lints);
}

test('stand at the name, with the remedy and the page of the lint', () => {
  expect(found('')).toMatchObject([
    { code: 'GA013', severity: DiagnosticSeverity.Information, range: at(12, 14) },
    {
      code: 'GA005',
      severity: DiagnosticSeverity.Warning,
      message: expect.stringMatching(/^2 of 50\.\n.*steps: auto/),
      codeDescription: { href: 'file:///docs/lints.md#ga005' },
    },
  ]);
});

test('follow settings and ignores, and leave with the result', () => {
  expect(found('', { GA013: 'off', GA005: 'hint' })).toMatchObject([{ severity: DiagnosticSeverity.Hint }]);
  expect(found('xome-ignore GA013: errors are the question').map(({ code }) => code)).toEqual(['GA005']);
  expect(found('', {}, ['ig'])).toEqual([]);
});

test('what is true of the examples is said once, not at each of their attributions', () => {
  const twice = { ...map, name: 'ig', notes };
  const other = { ...map, name: 'ism', notes };
  const declared = (name: string) => ({ name, kind: 'attribution', range: at(0, 40), nameRange: at(12, 14) });
  const checked = { file: '/w/a.xome', texts: new Map<string, string>(), declarations: ['ig', 'ism'].map(declared) };
  const both = { snapshot: { ...shown.snapshot, maps: [twice, other] } };
  const told = doubts({ checked, shown: both, stale: new Set() }, { levels: () => ({}) });
  expect(told.map(({ code }) => code)).toEqual(['GA013', 'GA005']);
});
