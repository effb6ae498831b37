/** Catalog entries as text: signatures, and the Markdown of hovers and of the reference. */
import { isMap } from '../catalog/index.js';
import type { Entry, ParameterSpecification, PlainValue, ValueType } from '../catalog/index.js';
import { format, percent, typeLabel } from './wording.js';

/** `dinucleotide_shuffle(copies: 20, seed: integer)`: defaults where there are some, else types; `?` for optional. */
export function signatureOf(entry: Entry): string {
  const parameters = Object.entries(entry.parameters).map(([name, parameter]) => parameterLabel(name, parameter));
  return parameters.length === 0 ? entry.name : `${entry.name}(${parameters.join(', ')})`;
}

/** One parameter of a signature. */
export function parameterLabel(name: string, parameter: ParameterSpecification): string {
  if (parameter.variadic) return `${name}, …: ${typeLabel(parameter.type)}`;
  if (parameter.default !== undefined) return `${name}: ${writeDefault(parameter.default, parameter.type)}`;
  return `${name}${parameter.optional ? '?' : ''}: ${typeLabel(parameter.type)}`;
}

/** A default as an author would write it (0.01 of a share is `1%`, a text has quotes). */
export function writeDefault(value: PlainValue, type: ValueType): string {
  if (typeof value === 'number') return hasShare(type) ? percent(value) : `${value}`;
  if (typeof value === 'string') return isWord(value, type) ? value : JSON.stringify(value);
  if (Array.isArray(value)) {
    const element = type.is === 'list' ? type.of : type;
    return `[${value.map((item: PlainValue) => writeDefault(item, element)).join(', ')}]`;
  }
  if (typeof value === 'object' && 'call' in value && typeof value.call === 'string') return value.call;
  return JSON.stringify(value);
}

function hasShare(type: ValueType): boolean {
  return type.is === 'share' || (type.is === 'either' && type.of.some(hasShare));
}

function isWord(value: string, type: ValueType): boolean {
  if (type.is === 'keyword') return type.values.includes(value);
  return type.is === 'either' && type.of.some(option => isWord(value, option));
}

/** Unit and range of a parameter for a table: `bp, 1–10,000,000`. */
export function limitsOf(type: ValueType): string {
  if (type.is === 'either') return type.of.map(limitsOf).filter(Boolean).join('; ');
  if (type.is === 'path') return type.extensions.join(' ');
  if (type.is !== 'integer' && type.is !== 'number' && type.is !== 'share') return '';
  const write = type.is === 'share' ? percent : format;
  const unit = type.is === 'share' ? '%' : type.unit;
  const low = type.min === undefined ? undefined : write(type.min);
  const high = type.max === undefined ? undefined : write(type.max);
  const range =
    low === undefined
      ? high === undefined
        ? undefined
        : `≤ ${high}`
      : high === undefined
        ? `≥ ${low}`
        : `${low}–${high}`;
  return [unit, range].filter(part => part !== undefined).join(', ');
}

/** What an entry is beyond its parameters: the map it makes, what it accepts, what it costs. */
export function traitsOf(entry: Entry): string[] {
  const inputs = entry.alphabets ? [`For ${entry.alphabets.join(', ')} only`] : [];
  switch (entry.category) {
    case 'method':
      return [
        entry.produces === 'same'
          ? 'Map: that of the method inside'
          : `${isMap(entry.produces) ? 'Map' : 'Makes'}: ${entry.produces}`,
        entry.complete ? 'claims completeness' : 'does not claim completeness',
        `Cost per example: ${entry.cost}`,
        ...inputs,
      ];
    case 'correction':
      return [
        `Takes: ${entry.accepts.join(', ')}`,
        `Gives: ${entry.produces === 'same' ? 'the same kind' : entry.produces}`,
        ...inputs,
      ];
    case 'metric': {
      const { kind, min, max, maps, complete } = entry.subjects;
      const count = min === max ? `${min}` : `${min} to ${max}`;
      const subject = `Of: ${count} ${kind}${max === 1 ? '' : 's'}${maps ? ` (${maps.join(', ')})` : ''}`;
      return [
        complete ? `${subject} of a method that claims completeness, uncorrected` : subject,
        entry.on ? 'needs `on data`' : undefined,
        `Intervals over ${entry.unit}`,
        ...inputs,
      ].filter(trait => trait !== undefined);
    }
    default:
      return inputs;
  }
}

/** The hover of a catalog name: signature, what it does, parameters, statistics, source. */
export function hoverOf(entry: Entry): string {
  const parts = [
    '```xome\n' + signatureOf(entry) + '\n```',
    `*${entry.category}* — ${entry.summary}`,
    entry.documentation,
  ];
  const traits = traitsOf(entry);
  if (traits.length > 0) parts.push(traits.join(' · '));
  const parameters = Object.entries(entry.parameters);
  if (parameters.length > 0) {
    parts.push(parameters.map(([name, parameter]) => `- ${describeParameter(name, parameter)}`).join('\n'));
  }
  if (entry.category === 'metric') {
    parts.push(
      Object.entries(entry.statistics)
        .map(([name, statistic]) => {
          const better = statistic.better === 'neither' ? '' : `; ${statistic.better} is better`;
          return `- \`.${name}\` ${statistic.summary} (${statistic.unit}${better})`;
        })
        .join('\n'),
    );
  }
  if (entry.category === 'method') {
    const { stage, model, scope, assumptions, errorControl } = entry.typology;
    const control = errorControl === 'none' ? 'nothing bounds its error' : `error control: ${errorControl}`;
    parts.push(`Assumes: ${assumptions}`, `${stage}, model-${model}, ${scope}; ${control}`);
  }
  if (entry.citation !== undefined) parts.push(`Source: ${entry.citation}`);
  return parts.join('\n\n');
}

/** One parameter in one line of Markdown: name, type, limits, default, summary. */
export function describeParameter(name: string, parameter: ParameterSpecification): string {
  const limits = limitsOf(parameter.type);
  const required =
    parameter.default !== undefined
      ? `default \`${writeDefault(parameter.default, parameter.type)}\``
      : parameter.optional
        ? 'optional'
        : 'required';
  return `\`${name}\` (${[typeLabel(parameter.type), limits, required].filter(Boolean).join('; ')}): ${parameter.summary}`;
}
