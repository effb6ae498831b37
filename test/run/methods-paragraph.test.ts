/** The paragraph names what ran, in order, with its parameters; every citation is used and every number is cited. */
import { createHash } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { CATALOG, entriesOf, findEntry, type Entry } from '../../server/src/catalog/index.js';
import type { ParameterSpecification, ValueType } from '../../server/src/catalog/specification.js';
import { makePlan, type Step } from '../../server/src/plan/plan.js';
import type { Call, Json, Target, Task } from '../../server/src/protocol.js';
import { methodsParagraph } from '../../server/src/run/methods-paragraph.js';
import { fixture } from '../webview/fixture.js';
import { declare, example, experiment, place } from '../plan/fixture.js';

const hash = (path: string): string => createHash('sha256').update(path).digest('hex');

/** What the views know of the example: its maps, and one metric. */
async function paragraph(): Promise<string> {
  const plan = await makePlan(experiment(example()), {
    hashFile: path => Promise.resolve(hash(path)),
    backend: 'onnxruntime',
  });
  const { snapshot } = fixture(48, 100);
  const [ig, grad, ism] = snapshot.maps;
  const maps = [{ ...ism!, name: 'raw' }, grad!, ig!];
  const metrics = snapshot.metrics.filter(({ name }) => name === 'gap' || name === 'agree');
  return methodsParagraph(plan, { ...snapshot, maps, metrics });
}

test('everything that ran is named with its parameters, and nothing else', async () => {
  const text = await paragraph();
  expect(text).toMatch(/^Explanations were computed with Explainome 0\.1\.0 \(.*onnxruntime-node 1\.30\.0/);
  for (const part of [
    /“peaks” holds 48 examples: fasta.* \(.*ctcf\.fa\.gz .*label 1.*\), then sample \(size 500, seed 1/,
    /“raw” is saliency \[\d\] of the logit .* of the model onnx .*ctcf\.onnx \(SHA-256 [0-9a-f]{12}…\)/,
    /“grad” is “raw” after simplex correction \[\d\]\./,
    /“ig” is integrated gradients \[\d\] \(baseline dinucleotide shuffle \[\d\] \(copies 20, seed 1\), steps auto, .*tolerance 1 %/,
    /of the target of “raw”, on “peaks”\./,
    /“gap” is completeness \[\d+\] of “ig”: max 0\.86 %, n = 48\./,
    /“agree” is rank agreement \[\d+\] \(top .*\) of “grad”, “ig”: median 83 %, 95 % interval 79 % to 86 %, n = 48\./,
  ])
    expect(text.replace(/[\u00a0\u202f]/g, ' ')).toMatch(part);
  expect(text).not.toMatch(/level|undefined|[0-9a-f]{40}/);
});

test('citations are numbered in the order of the text, and each stands below', async () => {
  const [text = '', references = ''] = (await paragraph()).split('\n\n');
  const used = [...text.matchAll(/\[(\d+)\]/g)].map(([, number]) => Number(number));
  const listed = references.split('\n').map(line => Number(/^\[(\d+)\] \S/.exec(line)?.[1]));
  expect([...new Set(used)]).toEqual(listed);
  expect(listed).toEqual(listed.map((_, i) => i + 1));
});

describe('every entry of the catalog that a step can call', () => {
  const key = (name: string): string => hash(name);
  /** A value that a parameter of this type may have, as tasks hold it. */
  const valueOf = (type: ValueType): Json => {
    switch (type.is) {
      case 'integer':
      case 'number':
      case 'share':
        return type.min ?? 1;
      case 'either':
        return valueOf(type.of[0]!);
      case 'keyword':
        return type.values[0]!;
      case 'truth':
        return true;
      case 'list':
        return [valueOf(type.of)];
      case 'record':
        return { group: valueOf(type.of) };
      case 'amount':
        return { share: 0.1 };
      case 'path':
        return key('file');
      case 'declared':
        return key('peaks');
      case 'call':
        return callOf(
          entriesOf(type.category).find(({ parameters }) => Object.keys(parameters).length === 0) ??
            entriesOf(type.category)[0]!,
        );
      default:
        return 'text';
    }
  };
  const callOf = ({ category, name, parameters }: Entry): Call & Json => ({
    call: name,
    category,
    parameters: Object.fromEntries(
      Object.entries<ParameterSpecification>(parameters).map(([of, { type }]) => [of, valueOf(type)]),
    ),
  });
  const target = {
    target: callOf(findEntry('target', 'logit')!),
    model: { call: 'trained', category: 'training', parameters: { of: key('net') } },
  } satisfies Target;
  /** The task in which a call of this entry does its work; none for what only stands inside of other calls. */
  const taskOf = (entry: Entry): Task | undefined => {
    const call = callOf(entry);
    switch (entry.category) {
      case 'source':
        return { kind: 'data', source: call, stages: [] };
      case 'stage':
        return { kind: 'data', source: key('peaks'), stages: [call] };
      case 'training':
        return { kind: 'training', training: call, data: key('peaks') };
      case 'method':
        return { kind: 'attribution', method: call, target, data: key('peaks') };
      case 'reference':
        return {
          kind: 'attribution',
          method: { call: 'deep_lift', category: 'method', parameters: { baseline: call } },
          target,
          data: key('peaks'),
        };
      case 'correction':
        return { kind: 'correction', correction: call, attribution: key('inner') };
      case 'metric':
        return { kind: 'metric', metric: call, subjects: [key('inner')] };
      case 'benchmark': {
        const texts = { target: '', method: '', wrapper: '', correction: '', data: '', metric: '', statistic: '' };
        const cells = [
          { ...texts, result: { key: key('measured') } },
          { ...texts, result: { reason: 'no' } },
        ];
        return { kind: 'benchmark', cells };
      }
      default:
        return undefined;
    }
  };
  const inner: Task = {
    kind: 'attribution',
    method: { call: 'saliency', category: 'method', parameters: {} },
    target,
    data: key('peaks'),
  };
  const measured: Task = {
    kind: 'metric',
    metric: callOf(findEntry('metric', 'completeness')!),
    subjects: [key('inner')],
  };
  const told = CATALOG.flatMap(entry => {
    const task = taskOf(entry);
    return task ? [[`${entry.category} ${entry.name}`, entry, task] as const] : [];
  });

  it.each(told)('%s has its sentence with parameters and citation', (_name, entry, task) => {
    const step = (name: string, of: Task, declarations: string[]): Step => ({
      key: key(name),
      kind: of.kind,
      title: 'never said',
      task: of,
      needs: [],
      files: { [key('file')]: '/somewhere/file.txt' },
      declarations,
      place: place(0),
    });
    const data: Task = { kind: 'data', source: callOf(findEntry('source', 'fasta')!), stages: [] };
    const steps = [
      step('peaks', data, ['#peaks']),
      step('inner', inner, []),
      step('measured', measured, []),
      step('subject', task, ['#subject']),
    ];
    const declarations = ['peaks', 'subject', 'net'].map(name => ({
      declaration: { ...declare('data', name, 'peaks'), name },
      key: key(name),
    }));
    const plan = { file: '', complete: true, steps, declarations, expectations: [], views: [], exports: [] };
    const { snapshot } = fixture(3, 20);
    const result = { ...snapshot.metrics[0]!, name: 'subject' };
    const text = methodsParagraph(plan, { ...snapshot, data: [], maps: [], metrics: [result] });
    const words = (name: string): string => name.replaceAll('_', ' ');
    expect(text).toContain('“subject”');
    expect(text).not.toMatch(/never said|undefined|\[object|[0-9a-f]{40}|NaN/);
    if (entry.category === 'benchmark') {
      expect(text).toMatch(
        /compares saliency .* by completeness .*; 1 of 2 combinations .*; intervals are over examples, for the same networks/,
      );
      return;
    }
    expect(text).toContain(`${words(entry.name)}${entry.citation === undefined ? '' : ' ['}`);
    if (entry.citation !== undefined)
      expect(text.split('\n').map(line => line.replace(/^\[\d+\] /, ''))).toContain(entry.citation);
    for (const name of Object.keys(entry.parameters)) expect(text).toContain(words(name));
    // What a correction or a metric is about has no name here: it is told in full.
    if (entry.category === 'correction' || entry.category === 'metric')
      expect(text).toMatch(/saliency \[\d+\] of the logit .* of “net”, on “peaks”/);
  });
});
