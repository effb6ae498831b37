/**
 * Calls, data, targets and attributions of a plan in words, with all their parameters and numbered citations: what the methods
 * paragraph is made of. A result that has no name of its own is told in full where it is needed.
 */
import { basename } from 'node:path';
import { findEntry } from '../catalog/index.js';
import type { ValueType } from '../catalog/specification.js';
import type { Plan, Step } from '../plan/plan.js';
import { quantity, type Call, type Target, type Task } from '../protocol.js';

type Value = Call['parameters'][string];

/** Names by the keys that tasks hold, and citations in the order in which they are needed. */
export class Wording {
  readonly citations: string[] = [];
  /** Names of declarations by the keys of their results. */
  private readonly names = new Map<string, string>();
  private readonly steps: ReadonlyMap<string, Step>;
  private readonly targets = new Map<string, string>();
  private readonly files = new Map<string, string>();

  constructor({ steps, declarations }: Plan) {
    this.steps = new Map(steps.map(step => [step.key, step]));
    for (const { files } of steps)
      for (const [hash, path] of Object.entries(files)) this.files.set(hash, basename(path));
    for (const { declaration, key } of declarations) if (key !== undefined) this.names.set(key, declaration.name);
  }

  stepOf(key: string | undefined): Step | undefined {
    return this.steps.get(key ?? '');
  }

  /** A result by its name; what has none in its own words, for the sentence about `result`. */
  result(key: string, result: string): string {
    const name = this.names.get(key);
    if (name !== undefined) return `“${name}”`;
    const task = this.stepOf(key)?.task;
    if (task?.kind === 'data') return `the examples of ${this.data(task, result)}`;
    if (task?.kind === 'attribution' || task?.kind === 'correction') return this.attribution(task, result);
    return this.stepOf(key)?.title ?? `result ${key.slice(0, 8)}`;
  }

  /** What a metric is about: a result, or a target itself. */
  subject(subject: string | Target, result: string): string {
    return typeof subject === 'string' ? this.result(subject, result) : this.target(subject, result);
  }

  /** Where examples come from and what became of them. */
  data({ source, stages }: Extract<Task, { kind: 'data' }>, result: string): string {
    const begin = typeof source === 'string' ? this.result(source, result) : this.call(source);
    return [begin, ...stages.map(stage => this.call(stage))].join(', then ');
  }

  /** A method with its target and data, and the stages behind it. */
  attribution(task: Extract<Task, { kind: 'attribution' | 'correction' }>, result: string): string {
    if (task.kind === 'correction') {
      const before = this.result(task.attribution, result);
      const isFurther = !this.names.has(task.attribution) && this.stepOf(task.attribution)?.task.kind === 'correction';
      return `${before}${isFurther ? ', then ' : ' after '}${this.call(task.correction)}`;
    }
    return `${this.call(task.method)} of ${this.target(task.target, result)}, on ${this.result(task.data, result)}`;
  }

  /** `integrated gradients [1] (steps auto, tolerance 1 %)` */
  call({ call, category, parameters }: Call, leaving: readonly string[] = []): string {
    const entry = findEntry(category, call);
    const source = entry?.citation === undefined ? '' : ` [${this.cite(entry.citation)}]`;
    const given = Object.entries(parameters)
      .filter(([name]) => !leaving.includes(name))
      .map(([name, value]) => {
        const text = this.value(value, entry?.parameters[name]?.type);
        // A record may begin with the parameter's own name.
        return text.startsWith(`${words(name)} `) ? text : `${words(name)} ${text}`;
      });
    return `${words(call)}${source}${given.length === 0 ? '' : ` (${given.join(', ')})`}`;
  }

  /** In full for the first result that is about it, by that result afterwards. */
  target(task: Target, result: string): string {
    const known = this.targets.get(JSON.stringify(task));
    if (known !== undefined) return `the target of “${known}”`;
    this.targets.set(JSON.stringify(task), result);
    const explained = this.call(task.target);
    const { call, parameters } = task.model;
    const trained = call === 'trained' && typeof parameters['of'] === 'string' ? parameters['of'] : undefined;
    const model =
      trained === undefined ? `the model ${this.call(task.model, ['layout', 'order'])}` : this.result(trained, result);
    return `the ${explained} of ${model}`;
  }

  private cite(citation: string): number {
    const known = this.citations.indexOf(citation);
    return known >= 0 ? known + 1 : this.citations.push(citation);
  }

  private value(value: Value, type?: ValueType): string {
    if (typeof value === 'number') {
      if (type?.is === 'share') return quantity(value, 'share');
      const unit = unitOf(type);
      return unit === undefined ? String(value) : `${value} ${unit}`;
    }
    if (typeof value === 'boolean') return value ? 'on' : 'off';
    if (typeof value === 'string') {
      if (!/^[0-9a-f]{64}$/.test(value)) return words(value);
      const file = this.files.get(value);
      return file === undefined
        ? this.result(value, '').replace(/^“|”$/g, '')
        : `${file} (SHA-256 ${value.slice(0, 12)}…)`;
    }
    if (Array.isArray(value))
      return value.map(one => this.value(one, type?.is === 'list' ? type.of : undefined)).join(', ');
    if (isCall(value)) return this.call(value);
    if (type?.is === 'amount') {
      const { share, absolute, unit } = value;
      return typeof share === 'number'
        ? `${quantity(share, 'share')} of the range of the input`
        : `${this.value(absolute ?? '')} ${this.value(unit ?? '')}`;
    }
    return Object.entries(value)
      .map(([name, one]) => `${words(name)} ${this.value(one)}`)
      .join(', ');
  }
}

/** The unit of a number; of a number or a word, that of the number. */
function unitOf(type: ValueType | undefined): string | undefined {
  if (type?.is === 'either') return type.of.map(unitOf).find(unit => unit !== undefined);
  return type && 'unit' in type ? type.unit : undefined;
}

/** Names of the catalog as words. */
export const words = (name: string): string => name.replaceAll('_', ' ');

const isCall = (value: Value): value is Value & Call => typeof value === 'object' && 'call' in value;
