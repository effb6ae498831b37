/**
 * Written values → plain values: defaults filled in, paths replaced by the hash of the file's content, names by what
 * they stand for (a key, or the call itself).
 */
import { resolve } from 'node:path';
import type { ParameterSpecification, PlainValue, ValueType } from '../catalog/index.js';
import { findEntry } from '../catalog/index.js';
import type { Declaration, WrittenAmount, WrittenCall, WrittenName, WrittenValue } from '../language/experiment.js';
import type { Call, Json, Target } from '../protocol.js';
import { PlanError } from './problem.js';

/** Where a call is written: paths are relative to the folder. */
export type Site = Pick<Declaration, 'place' | 'folder'>;

/** What a step is made of, gathered while its values are converted. */
export class Ingredients {
  /** Keys of the results that it reads. */
  readonly needs = new Set<string>();
  /** Content hash → absolute path. */
  readonly files = new Map<string, string>();
  /** `category name` → revision, for every catalog entry that takes part. */
  readonly revisions = new Map<string, number>();
  /** Whether a model is among them. */
  runsModel = false;
}

/** What the conversion asks about the rest of the experiment. */
export interface Surroundings {
  declaration(name: WrittenName, at: Site): Declaration;
  /** The key of the result of a data set or an attribution. */
  keyOf(declaration: Declaration): Promise<string>;
  hashFile(path: string): Promise<string>;
}

export class Values {
  constructor(private readonly surroundings: Surroundings) {}

  /** A call with all its parameters; the name of a declaration stands for the call that it holds. */
  async call(written: WrittenCall | WrittenName, at: Site, into: Ingredients): Promise<Call> {
    if (written.form === 'name') {
      const declared = this.surroundings.declaration(written, at);
      return this.call(declared.value.head, declared, into);
    }
    const entry = findEntry(written.category, written.name);
    if (!entry) {
      throw new PlanError('plan/unknown-call', `The catalog has no ${written.category} "${written.name}".`, at.place);
    }
    into.revisions.set(`${entry.category} ${entry.name}`, entry.revision);
    const parameters: Record<string, Json> = {};
    for (const [name, parameter] of Object.entries(entry.parameters)) {
      const value = await this.parameter(parameter, written.arguments[name], `${entry.name}(${name}: …)`, at, into);
      if (value !== undefined) parameters[name] = value;
    }
    return { call: entry.name, category: entry.category, parameters };
  }

  /** A declared target with its model. */
  async target(declared: Declaration, into: Ingredients): Promise<Target> {
    const { head, of } = declared.value;
    if (head.form === 'name') return this.target(this.surroundings.declaration(head, declared), into);
    const model = of[0];
    if (!model) {
      throw new PlanError('plan/no-model', `Target "${declared.name}" does not say of which model.`, declared.place);
    }
    into.runsModel = true;
    const trained = model.form === 'name' ? this.surroundings.declaration(model, declared) : undefined;
    return {
      target: await this.call(head, declared, into),
      model: trained?.kind === 'ensemble' ? await this.trained(trained, into) : await this.call(model, declared, into),
    };
  }

  /** A network that the experiment trains, by the key of its training. */
  private async trained(ensemble: Declaration, into: Ingredients): Promise<Call> {
    const key = await this.surroundings.keyOf(ensemble);
    into.needs.add(key);
    return { call: 'trained', category: 'training', parameters: { of: key } };
  }

  private async parameter(
    parameter: ParameterSpecification,
    written: WrittenValue | undefined,
    what: string,
    at: Site,
    into: Ingredients,
  ): Promise<Json | undefined> {
    if (written === undefined) {
      if (parameter.default !== undefined) return copy(parameter.default);
      if (parameter.optional) return undefined;
      if (parameter.variadic) return [];
      throw new PlanError('plan/missing-parameter', `${what} must be given.`, at.place);
    }
    const type: ValueType = parameter.variadic ? { is: 'list', of: parameter.type } : parameter.type;
    return this.value(type, written, what, at, into);
  }

  private async value(
    type: ValueType,
    written: WrittenValue,
    what: string,
    at: Site,
    into: Ingredients,
  ): Promise<Json> {
    switch (type.is) {
      case 'integer':
      case 'number':
      case 'share':
        if (typeof written === 'number') return written;
        break;
      case 'amount':
        if (isAmount(written)) return { ...written.amount };
        break;
      case 'text':
      case 'output':
        if (typeof written === 'string') return written;
        break;
      case 'truth':
        if (typeof written === 'boolean') return written;
        break;
      case 'keyword': {
        const word = keywordOf(written);
        if (word !== undefined && type.values.includes(word)) return word;
        break;
      }
      case 'path':
        if (typeof written === 'string') return this.path(written, at, into);
        break;
      case 'call':
        if (isCallOrName(written)) return this.call(written, at, into);
        break;
      case 'declared':
        if (isCallOrName(written) && written.form === 'name') {
          return this.declared(this.surroundings.declaration(written, at), into);
        }
        break;
      case 'word':
        if (typeof written === 'string') return written;
        break;
      case 'wrapper':
        break;
      case 'list':
        if (isList(written)) {
          const values: Json[] = [];
          for (const element of written) values.push(await this.value(type.of, element, what, at, into));
          return values;
        }
        break;
      case 'record':
        if (typeof written === 'object' && !isList(written) && written.form === 'record') {
          const record: Record<string, Json> = {};
          for (const [key, entry] of Object.entries(written.entries)) {
            record[key] = await this.value(type.of, entry, what, at, into);
          }
          return record;
        }
        break;
      case 'either': {
        const fitting = type.of.find(one => fits(one, written));
        if (fitting) return this.value(fitting, written, what, at, into);
        break;
      }
    }
    throw new PlanError('plan/value', `${what} is not of the type that the catalog asks for (${type.is}).`, at.place);
  }

  private async path(written: string, at: Site, into: Ingredients): Promise<string> {
    const path = resolve(at.folder, written);
    try {
      const hash = await this.surroundings.hashFile(path);
      into.files.set(hash, path);
      return hash;
    } catch (error) {
      const reason =
        error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'does not exist' : 'cannot be read';
      throw new PlanError(
        'plan/file',
        `The file "${written}" ${reason} (looked for at ${path}).`,
        at.place,
        `Paths are relative to the folder of the document that names them, here ${at.folder}. Correct the path, or put the file there.`,
      );
    }
  }

  /** What the name of a declaration stands for, where a parameter asks for one. */
  private async declared(declared: Declaration, into: Ingredients): Promise<Json> {
    switch (declared.kind) {
      case 'target':
        return this.target(declared, into);
      case 'truth': {
        const [of] = declared.value.of;
        if (of?.form !== 'name') {
          throw new PlanError('plan/no-data', `Truth "${declared.name}" does not say of which data.`, declared.place);
        }
        const key = await this.surroundings.keyOf(this.surroundings.declaration(of, declared));
        into.needs.add(key);
        return { truth: await this.call(declared.value.head, declared, into), of: key };
      }
      case 'data':
      case 'ensemble':
      case 'attribution':
      case 'metric':
      case 'benchmark': {
        const key = await this.surroundings.keyOf(declared);
        into.needs.add(key);
        return key;
      }
      default:
        return this.call(declared.value.head, declared, into);
    }
  }
}

function isList(written: WrittenValue): written is readonly WrittenValue[] {
  return Array.isArray(written);
}

function isCallOrName(written: WrittenValue): written is WrittenCall | WrittenName {
  return typeof written === 'object' && !isList(written) && (written.form === 'call' || written.form === 'name');
}

function isAmount(written: WrittenValue): written is WrittenAmount {
  return typeof written === 'object' && !isList(written) && written.form === 'amount';
}

/** A keyword may reach the plan as its word, or as a call to it. */
function keywordOf(written: WrittenValue): string | undefined {
  if (typeof written === 'string') return written;
  return isCallOrName(written) && written.form === 'call' && written.category === 'keyword' ? written.name : undefined;
}

/** Whether a value can be of a type, as far as its form shows. */
function fits(type: ValueType, written: WrittenValue): boolean {
  switch (type.is) {
    case 'integer':
    case 'number':
    case 'share':
      return typeof written === 'number';
    case 'amount':
      return isAmount(written);
    case 'text':
    case 'path':
    case 'output':
      return typeof written === 'string';
    case 'truth':
      return typeof written === 'boolean';
    case 'keyword':
      return type.values.includes(keywordOf(written) ?? '');
    case 'word':
      return typeof written === 'string';
    case 'call':
    case 'wrapper':
      return isCallOrName(written) && keywordOf(written) === undefined;
    case 'declared':
      return isCallOrName(written) && written.form === 'name';
    case 'list':
      return isList(written);
    case 'record':
      return typeof written === 'object' && !isList(written) && written.form === 'record';
    case 'either':
      return type.of.some(one => fits(one, written));
  }
}

/** Catalog values are read-only; those of a task are not. */
function copy(value: PlainValue): Json {
  if (typeof value !== 'object') return value;
  return structuredClone(value) as Json; // the same values, without the readonly marks
}
