/**
 * The paragraph that a paper's methods section needs: what was computed of what, with every parameter, the numbers that speak
 * for it, and the citations of the catalog. Built from plan and snapshot, so it cannot say anything else than what ran.
 */
import { findEntry } from '../catalog/index.js';
import type { Plan } from '../plan/plan.js';
import { quantity, type Snapshot, type Task } from '../protocol.js';
import { Wording, words } from './methods-wording.js';

/** Kinds of steps in the order of a methods section. */
const ORDER: readonly (readonly Task['kind'][])[] = [
  ['data'],
  ['training'],
  ['attribution', 'correction'],
  ['metric'],
  ['benchmark'],
];

/** @returns sentences, an empty line, and the numbered references; empty where nothing was computed */
export function methodsParagraph(plan: Plan, snapshot: Snapshot): string {
  const wording = new Wording(plan);
  const { data, maps, tables, benchmarks, metrics } = snapshot;
  const computed = new Set([...data, ...maps, ...tables, ...benchmarks, ...metrics].map(({ name }) => name));
  const declared = plan.declarations.flatMap(({ declaration: { name }, key }) => {
    const task = computed.has(name) ? wording.stepOf(key)?.task : undefined;
    return task ? [{ name, task }] : [];
  });
  const sentences = ORDER.flatMap(kinds =>
    declared
      .filter(({ task }) => kinds.includes(task.kind))
      .map(({ name, task }) => sentenceOf(task, name, snapshot, wording)),
  );
  if (sentences.length === 0) return '';
  const { explainome, ...others } = snapshot.versions;
  const versions = Object.entries(others).map(([name, version]) => `${name} ${version}`);
  const software = `Explanations were computed with Explainome ${explainome ?? ''} (${versions.join(', ')}).`;
  const references = wording.citations.map((citation, i) => `[${i + 1}] ${citation}`);
  return [[software, ...sentences].join(' '), ...(references.length === 0 ? [] : ['', ...references])].join('\n');
}

function sentenceOf(task: Task, name: string, snapshot: Snapshot, wording: Wording): string {
  switch (task.kind) {
    case 'data': {
      const examples = snapshot.data.find(set => set.name === name)?.examples ?? NaN;
      return `The data set “${name}” holds ${quantity(examples, 'count')} examples: ${wording.data(task, name)}.`;
    }
    case 'training':
      return `“${name}” was trained on ${wording.result(task.data, name)} by ${wording.call(task.training)}.`;
    case 'attribution':
    case 'correction':
      return `“${name}” is ${wording.attribution(task, name)}.`;
    case 'metric':
      return `“${name}” is ${measurement(task, name, wording)}${found(name, snapshot)}.`;
    case 'benchmark':
      return `“${name}” ${comparison(task, name, wording)}.`;
  }
}

function measurement(task: Extract<Task, { kind: 'metric' }>, name: string, wording: Wording): string {
  // In the order of the sentence: citations are numbered as they come.
  const metric = wording.call(task.metric);
  const subjects = task.subjects.map(subject => wording.subject(subject, name));
  const of = subjects.length === 0 ? '' : ` of ${subjects.join(', ')}`;
  const on = task.data === undefined ? '' : `, on ${wording.result(task.data, name)}`;
  const over = task.networks ? `, the mean over ${task.networks.length} networks` : '';
  return `${metric}${of}${on}${over}`;
}

/** The headline of a metric, with interval and number of units. */
function found(name: string, { metrics }: Snapshot): string {
  const metric = metrics.find(entry => entry.name === name);
  const headline = metric?.statistics.find(entry => entry.name === metric.headline);
  if (!headline) return '';
  const { value, unit, interval, n } = headline;
  const range = interval ? `, 95 % interval ${quantity(interval[0], unit)} to ${quantity(interval[1], unit)}` : '';
  return `: ${words(headline.name)} ${quantity(value, unit)}${range}, n = ${quantity(n, 'count')}`;
}

/** What a benchmark crosses: every explanation and every metric of its cells once. */
function comparison({ cells }: Extract<Task, { kind: 'benchmark' }>, name: string, wording: Wording): string {
  const measured = (key: string): Extract<Task, { kind: 'metric' }>[] => {
    const task = wording.stepOf(key)?.task;
    if (task?.kind !== 'metric') return [];
    return task.networks ? task.networks.flatMap(measured) : [task];
  };
  const tasks = cells.flatMap(({ result }) => ('key' in result ? measured(result.key) : []));
  const explanations = new Set(
    tasks.flatMap(({ subjects }) => subjects.map(subject => wording.subject(subject, name))),
  );
  const metrics = new Set(tasks.map(({ metric }) => wording.call(metric)));
  const without = cells.filter(({ result }) => 'reason' in result).length;
  const overNetworks = cells.some(({ result }) => {
    const task = 'key' in result ? wording.stepOf(result.key)?.task : undefined;
    return task?.kind === 'metric' && task.networks !== undefined;
  });
  return `compares ${[...explanations].join('; ')} by ${[...metrics].join('; ')}${
    without > 0 ? `; ${without} of ${cells.length} combinations are not defined` : ''
  }; ${intervalsOver(tasks, overNetworks)}`;
}

/** What intervals count as drawn, and what they do not. */
function intervalsOver(tasks: readonly Extract<Task, { kind: 'metric' }>[], networks: boolean): string {
  const units = [...new Set(tasks.map(({ metric }) => findEntry('metric', metric.call)?.unit ?? 'units'))].join(' or ');
  return networks
    ? `intervals are over networks and ${units}, on the same data and draws in every row`
    : `intervals are over ${units}, for the same networks, data and draws in every row`;
}
