/** Text of results in Markdown with HTML. Names and notes come from files of other people: nothing in them is markup. */

import type { Note } from '../protocol.js';

/** A text that shows as it is written, also in a cell of a table. */
export function plainText(text: string): string {
  return text
    .replace(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
    .replace(/[&<>]/g, character => `&#${character.charCodeAt(0)};`)
    .replace(/[\t\r\n ]+/g, ' ');
}

/** A table whose columns stand apart: editors give cells no padding. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join('&emsp; | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** An image that the text describes for those who do not see it. */
export function image(uri: string, description: string): string {
  const alt = description.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
  return `<img src="${uri}" alt="${alt}">`;
}

export function noteLine({ level, message }: Note): string {
  return `${level === 'warning' ? '⚠' : 'ℹ'} ${plainText(message)}`;
}

/** Paragraphs, without those that are empty. */
export function joined(...parts: (string | undefined)[]): string {
  return parts.filter(part => part !== undefined && part !== '').join('\n\n');
}
