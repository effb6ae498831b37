/**
 * What the author is in the middle of writing, read from the tokens in front of the cursor. Unlike the syntax tree it is
 * there for every half-written line. Completion and signature help stand on it.
 */
import type { IToken } from 'chevrotain';
import type { Lexer } from 'langium';
import { entriesNamed, findEntry, KINDS } from '../../catalog/index.js';
import type { Entry, Kind, ParameterSpecification, ValueType } from '../../catalog/index.js';
import { expectedOf } from '../expected.js';
import type { Expected } from '../expected.js';
import { placeIn } from '../places.js';
import type { Clause } from '../places.js';
import { statementStarts } from '../statements.js';
import { INPUT_UNITS, unitsLike } from '../units.js';

/** What fits at the cursor. */
export type Slot =
  | { readonly is: 'statement' }
  /** A value of an expected type; `parameters` are those that could be named instead. */
  | { readonly is: 'value'; readonly expected: Expected; readonly parameters: readonly NamedParameter[] }
  /** A clause word after a complete operand; on a new line also a new statement. */
  | { readonly is: 'clause'; readonly words: readonly ClauseWord[]; readonly newLine: boolean }
  | { readonly is: 'metric' }
  /** Words and signs of an expectation, and units behind a number. */
  | { readonly is: 'words'; readonly words: readonly string[]; readonly newLine: boolean }
  | { readonly is: 'statistic'; readonly metric: string }
  | { readonly is: 'file'; readonly extensions: readonly string[]; readonly written: string }
  | { readonly is: 'nothing' };

export type ClauseWord = 'of' | 'on' | '|';
export type NamedParameter = readonly [name: string, specification: ParameterSpecification];

/** The innermost open call around the cursor. */
export interface OpenCall {
  readonly entry: Entry;
  /** Name of the parameter that is being written; undefined when there is none left. */
  readonly parameter: string | undefined;
}

export interface Cursor {
  readonly slot: Slot;
  /** Offsets of the word under the cursor, which a completion replaces. */
  readonly from: number;
  readonly to: number;
  readonly call: OpenCall | undefined;
}

/** An opened bracket: what it belongs to, and where in it the cursor is. */
interface Frame {
  readonly opened: '(' | '[' | '{';
  readonly entry?: Entry | undefined;
  /** Type of the list or record that a `[` or `{` opens. */
  readonly type?: ValueType | undefined;
  readonly given: Set<string>;
  index: number;
  /** Parameter or key in front of the last `:`. */
  label?: string | undefined;
}

const NOTHING: Slot = { is: 'nothing' };
const WORD = /[A-Za-z0-9_]/;
const COMPARISONS: readonly string[] = ['<', '<=', '>', '>=', 'in'];

/** A line that begins a statement whatever stands in front of it, as `statementStarts` takes it. */
const BEGINNING = new RegExp(
  `^[ \\t]*(?:(?:${KINDS.join('|')})\\s+\\w+\\s*=|(?:view|export|expect|import)\\b(?!\\s*:))`,
);

/** The tokens in front of the cursor back to where a statement begins: to read a long text at every key would take too long. */
function tokensBefore(text: string, offset: number, lexer: Lexer): IToken[] {
  let from = text.lastIndexOf('\n', offset - 1) + 1;
  while (from > 0 && !BEGINNING.test(text.slice(from, offset))) from = text.lastIndexOf('\n', from - 2) + 1;
  // In a comment of several lines nothing begins.
  if (text.slice(from, offset).includes('*/')) from = 0;
  return lexer.tokenize(text.slice(from, offset)).tokens.map(token => ({
    ...token,
    startOffset: token.startOffset + from,
    endOffset: (token.endOffset ?? token.startOffset) + from,
  }));
}

/**
 * @param text of the whole document
 * @param offset of the cursor
 */
export function cursorAt(text: string, offset: number, lexer: Lexer): Cursor {
  const tokens = tokensBefore(text, offset, lexer);
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  const outside = /^(?:[^"\\/]|\/(?!\/)|"(?:[^"\\]|\\.)*")*/.exec(line)?.[0].length ?? 0;
  const rest = line.slice(outside);
  if (rest.startsWith('//')) return { slot: NOTHING, from: offset, to: offset, call: undefined };
  if (rest.startsWith('"')) return inText(text, tokens, offset, rest.slice(1));
  let from = offset;
  while (from > 0 && WORD.test(text[from - 1] ?? '')) from--;
  let to = offset;
  while (WORD.test(text[to] ?? '')) to++;
  const before = statement(tokens.filter(token => token.startOffset < from));
  const [slot, frames] = read(before, text.slice(lastEnd(before), from).includes('\n'));
  return { slot, from, to, call: openCall(frames) };
}

function inText(text: string, tokens: readonly IToken[], offset: number, written: string): Cursor {
  const start = offset - written.length - 1;
  const before = statement(tokens.filter(token => token.startOffset < start));
  const [slot, frames] = read(before, false);
  const folder = written.slice(0, written.lastIndexOf('/') + 1);
  const rest = /^[^"\r\n]*/.exec(text.slice(offset))?.[0].length ?? 0;
  const range = { from: start + 1 + folder.length, to: offset + (text[offset + rest] === '"' ? rest : 0) };
  const call = openCall(frames);
  if (before.length === 1 && before[0]?.image === 'import') {
    return { slot: { is: 'file', extensions: ['.xome'], written }, ...range, call };
  }
  const type = frames.at(-1) && typeIn(frames);
  const extensions = slot.is === 'value' && type !== undefined ? extensionsOf(type) : [];
  return { slot: extensions.length > 0 ? { is: 'file', extensions, written } : NOTHING, ...range, call };
}

function extensionsOf(type: ValueType): readonly string[] {
  if (type.is === 'path') return type.extensions;
  return type.is === 'either' ? type.of.flatMap(extensionsOf) : [];
}

function lastEnd(tokens: readonly IToken[]): number {
  return (tokens.at(-1)?.endOffset ?? -1) + 1;
}

/** The tokens of the statement that the last token belongs to. */
function statement(tokens: readonly IToken[]): readonly IToken[] {
  return tokens.slice(statementStarts(tokens).at(-1) ?? 0);
}

function read(tokens: readonly IToken[], newLine: boolean): [Slot, Frame[]] {
  const [first, second, third] = tokens;
  if (first === undefined) return [{ is: 'statement' }, []];
  switch (first.image) {
    case 'import':
      return [second !== undefined && newLine ? { is: 'statement' } : NOTHING, []];
    case 'expect': {
      if (second === undefined) return [{ is: 'metric' }, []];
      if (third?.image === '.' && tokens.length === 3) return [{ is: 'statistic', metric: second.image }, []];
      return [{ is: 'words', words: wordsAfter(tokens), newLine }, []];
    }
    case 'view':
    case 'export':
      return readPipeline(tokens.slice(1), first.image, newLine);
    default: {
      const kind = KINDS.find(known => known === first.image);
      if (kind === undefined) return [newLine ? { is: 'statement' } : NOTHING, []];
      return third?.image === '=' ? readPipeline(tokens.slice(3), kind, newLine) : [NOTHING, []];
    }
  }
}

/** What goes on with an expectation: a comparison, and behind its bound the confidence. */
function wordsAfter(tokens: readonly IToken[]): readonly string[] {
  const images = tokens.map(({ image }) => image);
  const compared = images.findIndex(image => COMPARISONS.includes(image));
  if (compared < 0) return COMPARISONS;
  const last = tokens.at(-1);
  if (images.includes('at') || (last?.tokenType.name !== 'NUMBER' && last?.image !== '%')) return [];
  return images[compared] === 'in' && !images.includes('..') ? ['..'] : ['at'];
}

/** Walks over `head(…) of a, b on c | d(…)` and says what comes next. */
function readPipeline(tokens: readonly IToken[], kind: Kind | 'view' | 'export', newLine: boolean): [Slot, Frame[]] {
  const frames: Frame[] = [];
  let clause: Clause = 'head';
  let head: string | undefined;
  let operand: string | undefined;
  const expected = (): Expected => {
    if (frames.length > 0) {
      const type = typeIn(frames);
      return type === undefined ? { place: { categories: [], kinds: [] }, keywords: [] } : expectedOf(type);
    }
    const nowhere = { categories: [], kinds: [] };
    if (kind === 'view' || kind === 'export') return { place: { categories: [kind], kinds: [] }, keywords: [] };
    return { place: placeIn(kind, clause, head) ?? nowhere, keywords: [] };
  };

  for (const [index, { image }] of tokens.entries()) {
    const frame = frames.at(-1);
    if (image === '(') {
      const { place } = expected();
      const name: string = operand ?? '';
      const entry = place.categories.map(category => findEntry(category, name)).find(found => found !== undefined);
      frames.push({ opened: '(', entry: entry ?? entriesNamed(name)[0], given: new Set(), index: 0 });
      operand = undefined;
    } else if (image === '[' || image === '{') {
      frames.push({ opened: image, type: typeIn(frames), given: new Set(), index: 0 });
      operand = undefined;
    } else if (image === ')' || image === ']' || image === '}') {
      frames.pop();
      operand = image;
    } else if (image === ',') {
      if (frame !== undefined) {
        frame.index++;
        frame.label = undefined;
      }
      operand = undefined;
    } else if (frame !== undefined && image === ':') {
      frame.label = tokens[index - 1]?.image;
      if (frame.label !== undefined) frame.given.add(frame.label);
      operand = undefined;
    } else if (frame === undefined && (image === 'of' || image === 'on' || image === '|')) {
      clause = image === '|' ? 'stage' : image;
      operand = undefined;
    } else {
      operand = image;
      if (clause === 'head' && frames.length === 0) head ??= image;
    }
  }

  if (operand !== undefined) {
    if (frames.length > 0) return [{ is: 'words', words: unitsAfter(tokens, frames), newLine: false }, frames];
    const words = kind === 'view' || kind === 'export' ? [] : clausesAfter(kind, clause, head);
    return [{ is: 'clause', words, newLine }, frames];
  }
  const frame = frames.at(-1);
  const parameters = frame?.opened === '(' && frame.label === undefined ? openParameters(frame) : [];
  if (frame?.opened === '{' && frame.label === undefined) return [NOTHING, frames];
  return [{ is: 'value', expected: expected(), parameters }, frames];
}

/** Units that the number at the end may have. */
function unitsAfter(tokens: readonly IToken[], frames: readonly Frame[]): readonly string[] {
  const type = tokens.at(-1)?.tokenType.name === 'NUMBER' ? typeIn(frames) : undefined;
  const units = (one: ValueType): readonly string[] => {
    if (one.is === 'either') return one.of.flatMap(units);
    if (one.is === 'amount') return ['%', ...INPUT_UNITS];
    if (one.is === 'share') return ['%'];
    return (one.is === 'integer' || one.is === 'number') && one.unit !== undefined ? unitsLike(one.unit) : [];
  };
  return type === undefined ? [] : [...new Set(units(type))];
}

function clausesAfter(kind: Kind, clause: Clause, head: string | undefined): ClauseWord[] {
  const order: readonly Clause[] = ['head', 'of', 'on', 'stage'];
  const words = { of: 'of', on: 'on', stage: '|' } as const;
  return (['of', 'on', 'stage'] as const)
    .filter(next => order.indexOf(next) > order.indexOf(clause) || (next === 'stage' && clause === 'stage'))
    .filter(next => placeIn(kind, next, head) !== undefined)
    .map(next => words[next]);
}

/** The type of the value at the end of the innermost frame. */
function typeIn(frames: readonly Frame[]): ValueType | undefined {
  const frame = frames.at(-1);
  if (frame?.opened === '(') return parameterOfFrame(frame)?.[1].type;
  return frame?.type && insideOf(frame.type);
}

function insideOf(type: ValueType): ValueType {
  if (type.is === 'list' || type.is === 'record') return type.of;
  if (type.is === 'either') return { is: 'either', of: type.of.map(insideOf) };
  return type;
}

function parameterOfFrame(frame: Frame): NamedParameter | undefined {
  const parameters = Object.entries<ParameterSpecification>(frame.entry?.parameters ?? {});
  if (frame.label !== undefined) return parameters.find(([name]) => name === frame.label);
  if (frame.given.size > 0) return undefined;
  const last = parameters.at(-1);
  return parameters[frame.index] ?? (last?.[1].variadic ? last : undefined);
}

/** Parameters that are not given yet, neither by name nor by position. */
function openParameters(frame: Frame): NamedParameter[] {
  const positional = frame.index - frame.given.size;
  return Object.entries<ParameterSpecification>(frame.entry?.parameters ?? {}).filter(
    ([name, parameter], index) => !frame.given.has(name) && index >= positional && !parameter.variadic,
  );
}

function openCall(frames: readonly Frame[]): OpenCall | undefined {
  const frame = frames.findLast(({ opened }) => opened === '(');
  if (frame?.entry === undefined) return undefined;
  return { entry: frame.entry, parameter: parameterOfFrame(frame)?.[0] };
}
