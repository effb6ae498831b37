/**
 * The paragraph that a paper's methods section needs: what was computed of what, with every parameter, the numbers that speak
 * for it, and the citations of the catalog. Built from plan and snapshot, so it cannot say anything else than what ran.
 */
import { basename } from 'node:path';
import { findEntry } from '../catalog/index.js';
import type { Plan, Step } from '../plan/plan.js';
import { quantity, type Call, type Snapshot, type Target } from '../protocol.js';

type Value = Call['parameters'][string];

/** Names by the keys that tasks hold, and citations in the order in which they are needed. */
class Wording {
  readonly citations: string[] = [];
  private readonly names = new Map<string, string>();
  private readonly targets = new Map<string, string>();
  private readonly files = new Map<string, string>();

  constructor({ steps, declarations }: Plan) {
    for (const { key, title, files } of steps) {
      this.names.set(key, title);
      for (const [hash, path] of Object.entries(files)) this.files.set(hash, basename(path));
    }
    for (const { declaration, key } of declarations) if (key !== undefined) this.names.set(key, declaration.name);
  }

  nameOf(key: string): string {
    return this.names.get(key) ?? `result ${key.slice(0, 8)}`;
  }

  /** `integrated gradients [1] (steps auto, tolerance 1 %)` */
  call({ call, category, parameters }: Call, leaving: readonly string[] = []): string {
    const entry = findEntry(category, call);
    const source = entry?.citation === undefined ? '' : ` [${this.cite(entry.citation)}]`;
    const given = Object.entries(parameters)
      .filter(([name]) => !leaving.includes(name))
      .map(([name, value]) => {
        const text = this.value(value, entry?.parameters[name]?.type.is === 'share');
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
    return `the ${this.call(task.target)} of the model ${this.call(task.model, ['layout', 'order'])}`;
  }

  private cite(citation: string): number {
    const known = this.citations.indexOf(citation);
    return known >= 0 ? known + 1 : this.citations.push(citation);
  }

  private value(value: Value, share: boolean): string {
    if (typeof value === 'number') return share ? quantity(value, 'share') : String(value);
    if (typeof value === 'boolean') return value ? 'on' : 'off';
    if (typeof value === 'string') {
      if (!/^[0-9a-f]{64}$/.test(value)) return words(value);
      const file = this.files.get(value);
      return file === undefined ? this.nameOf(value) : `${file} (SHA-256 ${value.slice(0, 12)}…)`;
    }
    if (Array.isArray(value)) return value.map(one => this.value(one, share)).join(', ');
    if (isCall(value)) return this.call(value);
    return Object.entries(value)
      .map(([name, one]) => `${words(name)} ${this.value(one, share)}`)
      .join(', ');
  }
}

/** @returns sentences, an empty line, and the numbered references; empty where nothing was computed */
export function methodsParagraph(plan: Plan, snapshot: Snapshot): string {
  const wording = new Wording(plan);
  const declared = new Map(plan.declarations.map(({ declaration, key }) => [declaration.name, key]));
  const steps = new Map(plan.steps.map(step => [step.key, step]));
  const stepOf = (name: string): Step | undefined => steps.get(declared.get(name) ?? '');
  const sentences = [
    ...snapshot.data.flatMap(({ name, examples }) => {
      const task = stepOf(name)?.task;
      if (task?.kind !== 'data') return [];
      const parts = [
        typeof task.source === 'string' ? wording.nameOf(task.source) : wording.call(task.source),
        ...task.stages.map(stage => wording.call(stage)),
      ];
      return `The data set “${name}” holds ${quantity(examples, 'count')} examples: ${parts.join(', then ')}.`;
    }),
    ...snapshot.maps.flatMap(({ name }) => {
      const task = stepOf(name)?.task;
      if (task?.kind === 'attribution')
        return `“${name}” is ${wording.call(task.method)} of ${wording.target(task.target, name)}, on “${wording.nameOf(task.data)}”.`;
      if (task?.kind !== 'correction') return [];
      return `“${name}” is “${wording.nameOf(task.attribution)}” after ${wording.call(task.correction)}.`;
    }),
    ...snapshot.metrics.flatMap(metric => {
      const task = stepOf(metric.name)?.task;
      const headline = metric.statistics.find(({ name }) => name === metric.headline);
      if (task?.kind !== 'metric' || !headline) return [];
      const subjects = task.subjects.map(subject =>
        typeof subject === 'string' ? `“${wording.nameOf(subject)}”` : wording.target(subject, metric.name),
      );
      const { value, unit, interval, n } = headline;
      const range = interval ? `, 95 % interval ${quantity(interval[0], unit)} to ${quantity(interval[1], unit)}` : '';
      const found = `${words(headline.name)} ${quantity(value, unit)}${range}, n = ${quantity(n, 'count')}`;
      return `“${metric.name}” is ${wording.call(task.metric)} of ${subjects.join(', ')}: ${found}.`;
    }),
  ];
  if (sentences.length === 0) return '';
  const { explainome, ...others } = snapshot.versions;
  const versions = Object.entries(others).map(([name, version]) => `${name} ${version}`);
  const software = `Explanations were computed with Explainome ${explainome ?? ''} (${versions.join(', ')}).`;
  const references = wording.citations.map((citation, i) => `[${i + 1}] ${citation}`);
  return [[software, ...sentences].join(' '), ...(references.length === 0 ? [] : ['', ...references])].join('\n');
}

const words = (name: string): string => name.replaceAll('_', ' ');

const isCall = (value: Value): value is Value & Call => typeof value === 'object' && 'call' in value;
