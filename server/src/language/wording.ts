/** How types, kinds and places are called in messages. */
import { findEntry, isWrapper } from '../catalog/index.js';
import type { Category, Kind, ValueType } from '../catalog/index.js';
import { listNames } from './names.js';
import { entriesIn } from './places.js';
import type { Place } from './places.js';

const CATEGORY_WORDS: { readonly [C in Category]: string } = {
  format: 'a model format',
  alphabet: 'an alphabet',
  target: 'a target',
  genome: 'a genome',
  source: 'a data source',
  stage: 'a data stage',
  truth: 'a truth',
  reference: 'a reference',
  method: 'a method',
  correction: 'a correction',
  metric: 'a metric',
  view: 'a view',
  export: 'an export',
  network: 'a network',
  layer: 'a layer',
  training: 'a training',
  optimizer: 'an optimizer',
  schedule: 'a schedule',
  benchmark: 'a benchmark',
  keyword: 'a keyword',
};

/** `a method`, `an attribution`. */
export function categoryWords(category: Category): string {
  return CATEGORY_WORDS[category];
}

/** `a target`, `an attribution`, `data`. */
export function kindWords(kind: Kind): string {
  if (kind === 'data') return 'data';
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/** `a method (`saliency`, …) or the name of an attribution`. */
export function placeWords(place: Place): string {
  const calls = place.categories.map(category => {
    const names = entriesIn({ categories: [category], kinds: [] }).map(entry => entry.name);
    return `${categoryWords(category)} (${names.length === 0 ? 'none in this version' : listNames(names)})`;
  });
  const names = place.kinds.map(kind => `the name of ${kindWords(kind)}`);
  return [...calls, ...names].join(' or ');
}

/** `Did you mean …?`, with what an entry of the catalog is for. */
export function didYouMean(name: string, place: Place): string {
  const summary = place.categories
    .map(category => findEntry(category, name)?.summary)
    .find(found => found !== undefined);
  return [`Did you mean \`${name}\`?`, summary].filter(Boolean).join(' ');
}

/** Methods that take a method. */
const wrapperNames = (): string[] =>
  entriesIn({ categories: ['method'], kinds: [] })
    .filter(entry => entry.category === 'method' && isWrapper(entry))
    .map(entry => entry.name);

/** A parameter's type in words, with range and unit: `a whole number of at least 1`. */
export function typeWords(type: ValueType): string {
  switch (type.is) {
    case 'integer':
      return `a whole number${rangeWords(type.min, type.max, format)}${unitWords(type.unit)}`;
    case 'number':
      return `a number${rangeWords(type.min, type.max, format)}${unitWords(type.unit)}`;
    case 'share':
      return `a share such as \`10%\`${rangeWords(type.min, type.max, percent)}`;
    case 'amount':
      return 'a share of the input range such as `10%`, or an amount such as `1.0 alleles`';
    case 'wrapper':
      return `a method that takes another one, without its parameter \`method\` (${listNames(wrapperNames())})`;
    case 'word':
      return 'a name';
    case 'text':
      return 'text in double quotes';
    case 'path':
      return `a file path in double quotes (${type.extensions.join(', ')})`;
    case 'output':
      return `the path of a file to write, in double quotes (${type.extensions.join(', ')})`;
    case 'truth':
      return '`true` or `false`';
    case 'keyword':
      return type.values.length === 1 ? listNames(type.values) : `one of ${listNames(type.values, 20)}`;
    case 'call':
    case 'declared':
      return type.is === 'call'
        ? placeWords({ categories: [type.category], kinds: [] })
        : `the name of ${kindWords(type.kind)}`;
    case 'list':
      return `a list \`[…]\`, each element ${typeWords(type.of)}`;
    case 'record':
      return `a record \`{ key: … }\`, each value ${typeWords(type.of)}`;
    case 'either':
      return type.of.map(typeWords).join(', or ');
  }
}

/** A type as one short word for signatures and tables: `integer`, `share`, `auto | integer`. */
export function typeLabel(type: ValueType): string {
  switch (type.is) {
    case 'keyword':
      return type.values.join(' | ');
    case 'call':
      return type.category;
    case 'declared':
      return `name of ${kindWords(type.kind)}`;
    case 'list':
      return `[${typeLabel(type.of)}]`;
    case 'record':
      return `{ key: ${typeLabel(type.of)} }`;
    case 'either':
      return type.of.map(typeLabel).join(' | ');
    case 'truth':
      return 'true | false';
    default:
      return type.is;
  }
}

/** 0.1 → `10%`, without the noise of binary fractions. */
export function percent(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(12))}%`;
}

/** 4294967295 → `4,294,967,295`; small numbers as they are. */
export function format(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 12 });
}

function unitWords(unit: string | undefined): string {
  return unit === undefined ? '' : ` (${unit})`;
}

function rangeWords(min: number | undefined, max: number | undefined, write: (value: number) => string): string {
  if (min !== undefined && max !== undefined) return ` from ${write(min)} to ${write(max)}`;
  if (min !== undefined) return ` of at least ${write(min)}`;
  if (max !== undefined) return ` of at most ${write(max)}`;
  return '';
}
