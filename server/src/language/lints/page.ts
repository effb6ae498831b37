/** docs/lints.md: every lint with its evidence, generated from the lints themselves. */
import type { Evidence, Lint } from './lint.js';
import { LINTS } from './lints.js';

const SHOWN: Readonly<Record<Evidence, string>> = {
  text: 'while typing',
  header: 'when the header of the model is known',
  result: 'after a run',
};

const SEVERITIES: Readonly<Record<Lint['severity'], string>> = {
  error: 'error',
  warning: 'warning',
  info: 'information',
  hint: 'hint',
};

/** Numbers of the catalogue that nothing here can raise, and why. */
const ABSENT: readonly (readonly [code: string, why: string])[] = [
  ['GA002', 'division of a map by its mean over the bases: the language has no such correction'],
  ['GA011', 'dropout or batch statistics active while explaining: models are always evaluated as in inference'],
  ['GA017', 'positions of a sorted list taken for ranks: ranks are computed by the engine'],
  ['GA027', 'filters ranked by their weights: motifs are made from what activates a filter'],
  ['GA040', 'areas under the precision–recall curve of unstated definition: the reference states it for each metric'],
];

/** The text of the page. */
export function lintsPage(): string {
  const rows = LINTS.map(
    ({ code, title, severity, shows }) =>
      `| [${code}](#${code.toLowerCase()}) | ${title} | ${SEVERITIES[severity]} | ${shows.map(evidence => SHOWN[evidence]).join(', ')} |`,
  );
  return [
    '# Lints',
    '',
    'Doubts about explanations that an experiment, the header of a model or a result can raise, each with its evidence. Generated from the lints by `UPDATE=1 npx vitest run test/language/lints/page`; changes by hand are lost.',
    '',
    'A lint does not keep an experiment from running. `// xome-ignore GA006: reason` at the end of a line or above it takes one away from what stands there, `// xome-ignore-file GA006: reason` from the whole document; one that is not needed is a hint. The setting `explainome.lints` changes severities: `{ "GA018": "off", "GA006": "error" }`; an error does keep an experiment from running. A text that cannot be parsed is not linted.',
    '',
    '| code | lint | severity | shows |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    ...LINTS.flatMap(section),
    '## What cannot arise here',
    '',
    ...ABSENT.map(([code, why]) => `- ${code}: ${why}.`),
    '',
  ].join('\n');
}

function section({ code, title, severity, shows, why, citation, fine, remedy }: Lint): string[] {
  return [
    `## ${code}`,
    '',
    `**${title}.** Shows ${shows.map(evidence => SHOWN[evidence]).join(', ')}; ${SEVERITIES[severity]}.`,
    '',
    why,
    '',
    `- What to do: ${remedy}`,
    `- Fine to ignore: ${fine}`,
    `- Evidence: ${citation}.`,
    '',
  ];
}
