/** Changes of the text that take a finding away. */
import { AstUtils } from 'langium';
import type { AstNode } from 'langium';
import type { Definition } from '../generated/ast.js';
import type { Edit, Fix } from '../problems.js';
import { argumentOf, rangeOf } from './reading.js';
import type { Called } from './reading.js';

/** A fix, or none where a part of the text that it needs is missing. */
export function fix(title: string, ...edits: readonly (Edit | undefined)[]): readonly Fix[] {
  return edits.every(edit => edit !== undefined) ? [{ title, edits }] : [];
}

/** Another text in place of a node or of one of its properties. */
export function replace(node: AstNode | undefined, newText: string, property?: string): Edit | undefined {
  const range = node && rangeOf(node, property);
  return range && { range, newText };
}

/** Text directly behind a node. */
export function append(node: AstNode | undefined, newText: string): Edit | undefined {
  const end = node && rangeOf(node)?.end;
  return end && { range: { start: end, end }, newText };
}

/** Gives a parameter a value: in place of the one that it has, or as a further argument. */
export function setArgument(called: Called, parameter: string, text: string): Edit | undefined {
  const given = argumentOf(called, parameter);
  if (given !== undefined) return replace(given.value, text);
  const { node } = called;
  const last = node.arguments.at(-1);
  if (last !== undefined) return append(last, `, ${parameter}: ${text}`);
  // `saliency` and `saliency()` both become `saliency(parameter: …)`.
  return replace(node, `${node.callee.$refText}(${parameter}: ${text})`);
}

/** Another callee with the same arguments. */
export function rename(called: Called, name: string): Edit | undefined {
  return replace(called.node, name, 'callee');
}

/** A line of its own below a declaration and what else stands on its last line. */
export function lineBelow(definition: Definition, text: string): Edit | undefined {
  const { line } = rangeOf(definition)?.end ?? {};
  if (line === undefined) return undefined;
  const { textDocument } = AstUtils.getDocument(definition);
  const rest = textDocument.getText({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } });
  const end = { line, character: rest.replace(/\r?\n$/, '').length };
  return { range: { start: end, end }, newText: `\n${text}` };
}

/** A name that no declaration of the document has, made from a wish. */
export function freeName(near: Definition, wish: string): string {
  const root = AstUtils.getDocument(near).parseResult.value;
  const taken = new Set(AstUtils.streamContents(root).map(node => ('name' in node ? node.name : undefined)));
  let name = wish;
  for (let number = 2; taken.has(name); number++) name = `${wish}_${number}`;
  return name;
}
