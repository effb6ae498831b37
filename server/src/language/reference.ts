/** The reference documentation of the language, written from the catalog. */
import { entriesOf, KINDS } from '../catalog/index.js';
import type { Category, Entry, StatisticSpecification } from '../catalog/index.js';
import { limitsOf, signatureOf, traitsOf, writeDefault } from './markdown.js';
import { placeIn } from './places.js';
import type { Clause } from './places.js';
import { categoryWords, typeLabel } from './wording.js';

/** Chapters in the order in which an experiment is written. */
const CHAPTERS: readonly (readonly [Category, string])[] = [
  ['format', 'Model formats'],
  ['alphabet', 'Alphabets'],
  ['network', 'Networks'],
  ['layer', 'Layers of networks'],
  ['training', 'Training'],
  ['optimizer', 'Optimizers'],
  ['schedule', 'Schedules of the learning rate'],
  ['target', 'Targets'],
  ['genome', 'Genomes'],
  ['source', 'Data sources'],
  ['stage', 'Data stages'],
  ['truth', 'Truths'],
  ['reference', 'References'],
  ['method', 'Methods'],
  ['correction', 'Corrections and motifs'],
  ['metric', 'Metrics'],
  ['benchmark', 'Benchmarks'],
  ['view', 'Views'],
  ['export', 'Exports'],
];

const CLAUSES: readonly Clause[] = ['head', 'of', 'on', 'stage'];

/** The whole of docs/reference.md. */
export function referenceText(): string {
  const chapters = CHAPTERS.filter(([category]) => entriesOf(category).length > 0);
  return [
    '# Reference',
    'Everything that an experiment can declare and call. Generated from the catalog by `UPDATE=1 npx vitest run test/language/reference`; changes by hand are lost.',
    chapters.map(([, title]) => `- [${title}](#${anchor(title)})`).join('\n'),
    '## Declarations',
    'A declaration is `kind name = head of subjects on data | stages`. What may stand where:',
    table(
      ['kind', 'value', '`of`', '`on`', 'stages after `\\|`'],
      KINDS.map(kind => [`\`${kind}\``, ...CLAUSES.map(clause => placeText(placeIn(kind, clause)))]),
    ),
    'Besides: `import "file.xome"` makes the declarations of another file visible (not what that file imports itself); `view` and `export` show results; `expect metric.statistic < bound at 95%` (also `<=`, `>`, `>=`, `in low..high`) says what must hold. Without a statistic the headline one is meant. `///` in front of a declaration documents it.',
    ...chapters.flatMap(([category, title]) => [`## ${title}`, ...entriesOf(category).flatMap(entryText)]),
  ]
    .join('\n\n')
    .concat('\n');
}

function placeText(place: ReturnType<typeof placeIn>): string {
  if (place === undefined) return '–';
  const calls = place.categories.map(category => categoryWords(category).replace(/^an? /, ''));
  return [...calls, ...place.kinds.map(kind => `name of ${kind}`)].join(' or ');
}

function entryText(entry: Entry): string[] {
  const parts = [
    `### ${entry.name}`,
    '```xome\n' + signatureOf(entry) + '\n```',
    `**${entry.summary}** ${entry.documentation}`,
  ];
  const traits = traitsOf(entry);
  if (traits.length > 0) parts.push(traits.join(' · '));
  const parameters = Object.entries(entry.parameters);
  if (parameters.length > 0) {
    parts.push(
      table(
        ['parameter', 'type', 'unit, range', 'default', ''],
        parameters.map(([name, parameter]) => [
          `\`${name}\`${parameter.variadic ? ' …' : ''}`,
          typeLabel(parameter.type),
          limitsOf(parameter.type),
          parameter.default !== undefined
            ? `\`${writeDefault(parameter.default, parameter.type)}\``
            : parameter.optional
              ? 'optional'
              : '**required**',
          parameter.summary,
        ]),
      ),
    );
  }
  if (entry.category === 'metric') parts.push(statisticsTable(entry.statistics, entry.headline));
  if (entry.category === 'correction') parts.push(`On other maps: ${entry.refusal}`);
  if (entry.citation !== undefined) parts.push(`Source: ${entry.citation}`);
  return parts;
}

function statisticsTable(statistics: { readonly [name: string]: StatisticSpecification }, headline: string): string {
  return table(
    ['statistic', 'unit', 'better', 'interval', ''],
    Object.entries(statistics).map(([name, { unit, better, interval, summary }]) => [
      name === headline ? `**\`${name}\`** (headline)` : `\`${name}\``,
      unit,
      better,
      interval ? 'yes' : 'no',
      summary,
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const body = rows.map(cells => line(cells.map(cell => cell.replaceAll('|', '\\|'))));
  return [line(head), line(head.map(() => '---')), ...body].join('\n');
}

function anchor(title: string): string {
  return title.toLowerCase().replaceAll(' ', '-');
}
