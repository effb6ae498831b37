/**
 * Arguments of calls: checks values against the types of the catalog and turns them into plain data, in one walk. A value
 * that cannot be understood is reported and becomes `undefined`; unresolved names are the linker's to report.
 */
/* eslint-disable @typescript-eslint/no-unnecessary-condition -- after a syntax error the tree lacks parts that its types promise */
import { AstUtils, UriUtils } from 'langium';
import { entriesNamed, findEntry, isWrapper } from '../../catalog/index.js';
import type { Entry, ParameterSpecification, ValueType } from '../../catalog/index.js';
import type { WrittenAmount, WrittenCall, WrittenName, WrittenValue } from '../experiment.js';
import { isBuiltin, isCall, isDefinition, isList, isQuantity, isRecord, isText, isTruth } from '../generated/ast.js';
import type { Argument, Call, Definition, Quantity, Text, Value } from '../generated/ast.js';
import { likelyName, listNames, meantName } from '../names.js';
import { entriesIn, holderOf, placeOfType } from '../places.js';
import type { Place } from '../places.js';
import { ignore } from '../problems.js';
import type { Problem } from '../problems.js';
import { conversion, INPUT_UNITS, unitsLike } from '../units.js';
import { categoryWords, didYouMean, format, kindWords, percent, placeWords, typeWords } from '../wording.js';
import { isFile, isStore, resolveFile } from './context.js';
import type { Context } from './context.js';

/** Unique over all files: `<absolute path>#<name>`. */
export function idOf(definition: Definition): string {
  return `${AstUtils.getDocument(definition).uri.fsPath}#${definition.name}`;
}

/**
 * A catalog call or the name of a declaration, where `place` says which of them are right.
 *
 * @param what the place in words, for messages: `a model`, `\`baseline\``
 */
export function interpretReference(
  call: Call,
  place: Place,
  what: string,
  context: Context,
): WrittenCall | WrittenName | undefined {
  const named = call.callee?.ref;
  if (named === undefined) return undefined;
  // The place decides about a name that is both declared and in the catalog.
  const entry = place.categories.map(category => findEntry(category, named.name)).find(found => found !== undefined);
  if (isDefinition(named)) {
    if (place.kinds.includes(named.kind)) return interpretName(call, named, context);
    if (entry === undefined) {
      context.report(wrongKind(call, named, place, what));
      return undefined;
    }
  }
  if (entry !== undefined) return interpretCall(call, entry, context);
  context.report(wrongEntry(call, named.name, place, what));
  return undefined;
}

function interpretName(call: Call, definition: Definition, context: Context): WrittenName | undefined {
  if (call.parenthesised) {
    context.report({
      severity: 'error',
      code: 'call/not-callable',
      message: `\`${definition.name}\` is a declared name and takes no arguments.`,
      remedy: 'Write its name without parentheses, or call the catalog entry that it stands for.',
      node: call,
    });
    return undefined;
  }
  return { form: 'name', id: idOf(definition) };
}

function wrongKind(call: Call, found: Definition, place: Place, what: string): Problem {
  const wantsTarget = place.kinds.includes('target') && found.kind === 'model';
  return {
    severity: 'error',
    code: wantsTarget ? 'type/model-without-target' : 'type/kind',
    message: `\`${found.name}\` is ${kindWords(found.kind)}; ${what} must be ${placeWords(place)}.`,
    ...(wantsTarget && {
      remedy: `A model has many numbers to explain: declare which one, for example \`target score = logit of ${found.name}\`, and name the target here.`,
    }),
    node: call,
    property: 'callee',
  };
}

function wrongEntry(call: Call, name: string, place: Place, what: string): Problem {
  const entries = entriesNamed(name);
  const first = entries[0];
  const is = first === undefined ? 'a word that some parameters take' : categoryWords(first.category);
  const holder = entries.map(holderOf).find(kind => kind !== undefined && place.kinds.includes(kind));
  const follows = entries.some(({ category }) => category === 'stage' || category === 'correction');
  const fitting = entriesIn(place).map(entry => entry.name);
  const meant = holder === undefined ? meantName(name, fitting) : undefined;
  const remedy = [
    holder && `Declare it in a line of its own, \`${holder} name = ${name}…\`, and write the name here.`,
    meant && didYouMean(meant, place),
    follows && `It is written behind what it works on: \`name | ${name}…\`.`,
  ].find(Boolean);
  return {
    severity: 'error',
    code: holder === undefined ? 'type/category' : 'type/not-declared',
    message: `\`${name}\` is ${is}; ${what} must be ${placeWords(place)}.`,
    ...(remedy && { remedy }),
    ...(meant !== undefined && { replacement: meant }),
    node: call,
    property: 'callee',
  };
}

/** A call of a method around methods; which method it is around follows from the benchmark. */
function interpretWrapper(call: Call, type: ValueType, what: string, context: Context): WrittenValue | undefined {
  const named = call.callee?.ref;
  if (named === undefined) return undefined;
  const entry = isBuiltin(named) ? findEntry('method', named.name) : undefined;
  return entry !== undefined && isWrapper(entry)
    ? interpretCall(call, entry, context, 'method')
    : mismatch(call, type, what, context);
}

/**
 * A call of a known entry: every argument checked, keyed by its parameter.
 *
 * @param without a parameter that the place fills
 */
export function interpretCall(call: Call, entry: Entry, context: Context, without?: string): WrittenCall | undefined {
  const parameters = Object.entries<ParameterSpecification>(entry.parameters).filter(([name]) => name !== without);
  const written: Record<string, WrittenValue> = {};
  const given = new Set<string>();
  let sound = true;
  const fail = (problem: Problem): void => {
    sound = false;
    context.report(problem);
  };
  const keep = (name: string, parameter: ParameterSpecification, value: WrittenValue | undefined): void => {
    if (value === undefined) sound = false;
    else if (parameter.variadic) written[name] = [...((written[name] ?? []) as readonly WrittenValue[]), value];
    else written[name] = value;
  };

  let named = false;
  call.arguments.forEach((argument, index) => {
    if (argument.parameter !== undefined) named = true;
    else if (named) {
      fail({
        severity: 'error',
        code: 'parameter/order',
        message: `An argument without a name stands after a named one in \`${entry.name}\`.`,
        remedy: 'Name it, or move it to the front.',
        node: argument,
      });
      return;
    }
    const found = parameterOf(argument, index, parameters);
    if (found === undefined) {
      fail(noSuchParameter(argument, index, entry));
      return;
    }
    const [name, parameter] = found;
    if (given.has(name) && !(parameter.variadic && argument.parameter === undefined)) {
      fail({
        severity: 'error',
        code: 'parameter/duplicate',
        message: `\`${name}\` of \`${entry.name}\` is given twice.`,
        node: argument,
        ...(argument.parameter !== undefined && { property: 'parameter' }),
      });
      return;
    }
    given.add(name);
    if (argument.value === undefined) {
      sound = false;
      return;
    }
    if (parameter.variadic && argument.parameter !== undefined && isList(argument.value)) {
      for (const element of argument.value.elements) {
        keep(name, parameter, interpretValue(element, parameter.type, `\`${name}\``, context));
      }
      return;
    }
    keep(name, parameter, interpretValue(argument.value, parameter.type, `\`${name}\``, context));
  });

  for (const [name, parameter] of parameters) {
    if (given.has(name) || parameter.default !== undefined || parameter.optional) continue;
    fail({
      severity: 'error',
      code: 'parameter/missing',
      message: `\`${entry.name}\` needs \`${name}\`: ${parameter.summary}`,
      remedy: `Give ${typeWords(parameter.type)}.`,
      node: call,
      property: 'callee',
    });
  }
  return sound ? { form: 'call', name: entry.name, category: entry.category, arguments: written } : undefined;
}

/** The parameter that an argument fills: by name, or by position (the last one takes the rest when it is variadic). */
export function parameterOf(
  argument: Argument,
  index: number,
  parameters: readonly (readonly [string, ParameterSpecification])[],
): readonly [string, ParameterSpecification] | undefined {
  if (argument.parameter !== undefined) return parameters.find(([name]) => name === argument.parameter);
  const last = parameters.at(-1);
  return parameters[index] ?? (last?.[1].variadic ? last : undefined);
}

function noSuchParameter(argument: Argument, index: number, entry: Entry): Problem {
  const names = Object.keys(entry.parameters);
  const has = names.length === 0 ? 'takes no parameters' : `takes ${listNames(names)}`;
  if (argument.parameter === undefined) {
    return {
      severity: 'error',
      code: 'parameter/too-many',
      message: `Argument ${index + 1} is one too many: \`${entry.name}\` ${has}.`,
      node: argument,
    };
  }
  const nearest = likelyName(argument.parameter, names);
  return {
    severity: 'error',
    code: 'parameter/unknown',
    message: `\`${entry.name}\` has no parameter \`${argument.parameter}\`; it ${has}.`,
    ...(nearest !== undefined && { remedy: `Did you mean \`${nearest}\`?`, replacement: nearest }),
    node: argument,
    property: 'parameter',
  };
}

/** A value of a parameter, converted: percentages to fractions, units to the unit of the parameter. */
export function interpretValue(
  value: Value,
  type: ValueType,
  what: string,
  context: Context,
): WrittenValue | undefined {
  switch (type.is) {
    case 'either':
      return interpretEither(value, type.of, what, context);
    case 'integer':
    case 'number':
    case 'share':
      return isQuantity(value) ? interpretQuantity(value, type, what, context) : mismatch(value, type, what, context);
    case 'amount':
      return isQuantity(value) ? interpretAmount(value, what, context) : mismatch(value, type, what, context);
    case 'text':
      return isText(value) ? value.text : mismatch(value, type, what, context);
    case 'path':
      return isText(value)
        ? interpretPath(value, type.extensions, what, context)
        : mismatch(value, type, what, context);
    case 'output':
      return isText(value)
        ? interpretOutput(value, type.extensions, what, context)
        : mismatch(value, type, what, context);
    case 'truth':
      return isTruth(value) ? value.value : mismatch(value, type, what, context);
    case 'keyword':
      return interpretKeyword(value, type, what, context);
    case 'call':
    case 'declared': {
      if (!isCall(value)) return mismatch(value, type, what, context);
      return interpretReference(value, placeOfType(type), what, context);
    }
    case 'wrapper':
      return isCall(value) ? interpretWrapper(value, type, what, context) : mismatch(value, type, what, context);
    case 'word':
      return keywordText(value) ?? mismatch(value, type, what, context);
    case 'list': {
      if (!isList(value)) return mismatch(value, type, what, context);
      const elements = value.elements.map(element =>
        interpretValue(element, type.of, `each element of ${what}`, context),
      );
      return elements.every(element => element !== undefined) ? elements : undefined;
    }
    case 'record':
      return interpretRecord(value, type, what, context);
  }
}

function interpretRecord(
  value: Value,
  type: Extract<ValueType, { is: 'record' }>,
  what: string,
  context: Context,
): WrittenValue | undefined {
  if (!isRecord(value)) return mismatch(value, type, what, context);
  const entries: Record<string, WrittenValue> = {};
  let sound = true;
  for (const pair of value.entries) {
    if (Object.hasOwn(entries, pair.key)) {
      sound = false;
      context.report({
        severity: 'error',
        code: 'value/duplicate-key',
        message: `The key \`${pair.key}\` stands twice in ${what}.`,
        node: pair,
        property: 'key',
      });
      continue;
    }
    const entry = pair.value && interpretValue(pair.value, type.of, `\`${pair.key}\` of ${what}`, context);
    if (entry === undefined) sound = false;
    else entries[pair.key] = entry;
  }
  return sound ? { form: 'record', entries } : undefined;
}

function interpretKeyword(
  value: Value,
  type: Extract<ValueType, { is: 'keyword' }>,
  what: string,
  context: Context,
): WrittenValue | undefined {
  const word = keywordText(value);
  if (word !== undefined && type.values.includes(word)) return word;
  // A word that nothing knows is reported once, by the linker, with its nearest name.
  if (isCall(value) && value.callee?.ref === undefined) return undefined;
  return mismatch(value, type, what, context);
}

/** The bare word of a value, whatever it refers to. */
function keywordText(value: Value): string | undefined {
  return isCall(value) && !value.parenthesised ? value.callee?.$refText : undefined;
}

function interpretEither(
  value: Value,
  options: readonly ValueType[],
  what: string,
  context: Context,
): WrittenValue | undefined {
  const possible = options.filter(option => hasForm(value, option));
  const [first] = possible;
  if (first === undefined) return mismatch(value, { is: 'either', of: options }, what, context);
  if (possible.length === 1) return interpretValue(value, first, what, context);
  for (const option of possible) {
    const understood = interpretValue(value, option, what, { ...context, report: ignore });
    if (understood !== undefined) return understood;
  }
  // What is called with arguments was meant as a call: its fault is the one to report.
  const called = isCall(value) && value.parenthesised ? possible.find(option => option.is !== 'keyword') : undefined;
  return interpretValue(value, called ?? first, what, context);
}

/** Whether a value has the outer form of a type: a quantity for numbers, a name or call for keywords, and so on. */
function hasForm(value: Value, type: ValueType): boolean {
  switch (type.is) {
    case 'integer':
    case 'number':
    case 'share':
    case 'amount':
      return isQuantity(value);
    case 'text':
    case 'path':
    case 'output':
      return isText(value);
    case 'truth':
      return isTruth(value);
    case 'keyword':
    case 'call':
    case 'wrapper':
    case 'word':
    case 'declared':
      return isCall(value);
    case 'list':
      return isList(value);
    case 'record':
      return isRecord(value);
    case 'either':
      return type.of.some(option => hasForm(value, option));
  }
}

function mismatch(value: Value, type: ValueType, what: string, context: Context): WrittenValue | undefined {
  context.report({
    severity: 'error',
    code: 'type/mismatch',
    message: `${capital(what)} is ${valueWords(value)}; expected ${typeWords(type)}.`,
    node: value,
  });
  return undefined;
}

function valueWords(value: Value): string {
  if (isQuantity(value)) return `the number ${value.$cstNode?.text ?? ''}`.trim();
  if (isText(value)) return 'a text';
  if (isTruth(value)) return `\`${value.value}\``;
  if (isList(value)) return 'a list';
  if (isRecord(value)) return 'a record';
  const named = value.callee?.ref;
  const name = `\`${value.callee?.$refText ?? ''}\``;
  if (isDefinition(named)) return `${name} (${kindWords(named.kind)})`;
  const category = isBuiltin(named) ? entriesNamed(named.name)[0]?.category : undefined;
  return category === undefined ? name : `${name} (${categoryWords(category)})`;
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The number that a quantity writes, without its unit. */
export function numberOf(quantity: Quantity): number {
  return quantity.sign === '-' ? -quantity.value : quantity.value;
}

function interpretQuantity(
  quantity: Quantity,
  type: Extract<ValueType, { is: 'integer' | 'number' | 'share' }>,
  what: string,
  context: Context,
): number | undefined {
  const value =
    type.is === 'share' ? shareOf(quantity, what, context) : plainNumber(quantity, type.unit, what, context);
  if (value === undefined) return undefined;
  const wrong =
    (type.is === 'integer' && !Number.isSafeInteger(value)) ||
    !Number.isFinite(value) ||
    (type.min !== undefined && value < type.min) ||
    (type.max !== undefined && value > type.max);
  if (!wrong) return value;
  context.report({
    severity: 'error',
    code: 'value/range',
    message: `${capital(what)} is ${quantity.$cstNode?.text ?? format(value)}; expected ${typeWords(type)}.`,
    node: quantity,
  });
  return undefined;
}

/** A percentage as a fraction; a bare number is ambiguous (is 1 all or a hundredth?) and refused, with the percent form as fix. */
export function shareOf(quantity: Quantity, what: string, context: Context): number | undefined {
  const value = numberOf(quantity);
  if (quantity.unit === '%') return value / 100;
  if (quantity.unit !== undefined) {
    unknownUnit(quantity, quantity.unit, 'a percentage', ['%'], what, context);
    return undefined;
  }
  const proposal = percentForm(value);
  context.report({
    severity: 'error',
    code: 'unit/percent-missing',
    message: `${capital(what)} is a share and needs a percent sign.`,
    remedy: `Write \`${proposal}\`.`,
    replacement: proposal,
    node: quantity,
  });
  return undefined;
}

/** What the author of a bare number most likely meant: fractions as fractions, anything above 1 as percent. */
export function percentForm(value: number): string {
  return Math.abs(value) <= 1 ? percent(value) : `${value}%`;
}

/** A share of the input's range, or so many alleles or counts; a bare number could be either and is refused. */
function interpretAmount(quantity: Quantity, what: string, context: Context): WrittenAmount | undefined {
  const value = numberOf(quantity);
  const { unit } = quantity;
  if (unit === '%') return { form: 'amount', amount: { share: value / 100 } };
  if (INPUT_UNITS.some(known => known === unit)) return { form: 'amount', amount: { absolute: value, unit: unit! } };
  if (unit !== undefined) {
    unknownUnit(quantity, unit, 'an amount', ['%', ...INPUT_UNITS], what, context);
    return undefined;
  }
  const proposal = percentForm(value);
  context.report({
    severity: 'error',
    code: 'unit/amount-missing',
    message: `${capital(what)} is ${value} of what? It is a share of the input's range or an absolute amount.`,
    remedy: `Write \`${proposal}\` for a share of the range, or \`${value} alleles\` or \`${value} counts\` for an absolute amount.`,
    replacement: proposal,
    node: quantity,
  });
  return undefined;
}

function plainNumber(
  quantity: Quantity,
  unit: Parameters<typeof unitsLike>[0] | undefined,
  what: string,
  context: Context,
): number | undefined {
  const value = numberOf(quantity);
  if (quantity.unit === undefined) return value;
  const factor = unit === undefined ? undefined : conversion(quantity.unit, unit);
  // Rounded to 12 digits: 0.3 kb is 300 bp, not 299.99999999999994.
  if (factor !== undefined) return Number((value * factor).toPrecision(12));
  const allowed = unit === undefined ? [] : unitsLike(unit);
  unknownUnit(quantity, quantity.unit, 'a number', allowed, what, context);
  return undefined;
}

/** Reports a unit that does not belong, also where a stray word of the next line was read as one. */
export function unknownUnit(
  quantity: Quantity,
  unit: string,
  expected: string,
  allowed: readonly string[],
  what: string,
  context: Context,
): void {
  const takes = allowed.length === 0 ? 'without a unit' : `in ${listNames(allowed)}`;
  const number = `${quantity.sign ?? ''}${quantity.value}`;
  context.report({
    severity: 'error',
    code: 'unit/unknown',
    message: `\`${unit}\` stands after ${number} as its unit; ${what} is ${expected} ${takes}.`,
    remedy:
      allowed.length === 0
        ? `Write \`${number}\`.`
        : `Write \`${number}${allowed[0] === '%' ? '%' : ` ${allowed[0] ?? ''}`}\`.`,
    node: quantity,
    property: 'unit',
  });
}

/** A file to write. Whether it lies inside the workspace is known when it is written; an absolute path never does. */
function interpretOutput(
  text: Text,
  extensions: readonly string[],
  what: string,
  context: Context,
): string | undefined {
  if (/^([\\/]|[A-Za-z]:)/.test(text.text)) {
    context.report({
      severity: 'error',
      code: 'file/absolute',
      message: `"${text.text}" is an absolute path.`,
      remedy: 'Files are written inside the workspace: give a path relative to this document.',
      node: text,
    });
    return undefined;
  }
  if (!extensions.some(extension => text.text.toLowerCase().endsWith(extension))) {
    context.report({
      severity: 'error',
      code: 'file/extension',
      message: `"${text.text}" does not end in ${extensions.join(', ')}.`,
      remedy: `${capital(what)} must name a file of that kind.`,
      node: text,
    });
    return undefined;
  }
  return text.text;
}

function interpretPath(text: Text, extensions: readonly string[], what: string, context: Context): string | undefined {
  const lower = text.text.toLowerCase();
  const problem = (code: string, message: string, remedy: string): string | undefined => {
    context.report({ severity: 'error', code, message, remedy, node: text });
    return undefined;
  };
  if (!extensions.some(extension => lower.endsWith(extension))) {
    return problem(
      'file/extension',
      `"${text.text}" does not end in ${extensions.join(', ')}.`,
      `${capital(what)} must name a file of that kind.`,
    );
  }
  const uri = resolveFile(text, text.text);
  if (!isFile(context.files, uri) && !isStore(context.files, uri)) {
    const folder = UriUtils.dirname(AstUtils.getDocument(text).uri).fsPath;
    return problem(
      'file/missing',
      `There is no file "${text.text}".`,
      `Paths are relative to the folder of this document, ${folder}.`,
    );
  }
  return text.text;
}
