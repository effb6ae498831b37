import { expect, it } from 'vitest';
import type { Step } from '../../server/src/plan/plan.js';
import { nextStep, trainingBytes } from '../../server/src/run/side-by-side.js';

const key = '0'.repeat(64);
const call = (category: 'training' | 'source', parameters: Readonly<Record<string, number>> = {}) => ({
  call: 'any',
  category,
  parameters: { ...parameters },
});

function step(title: string, task: Step['task']): Step {
  const place = { file: '/a.xome', range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } } };
  return { key: title, kind: task.kind, title, task, needs: [], files: {}, declarations: [], place };
}

const training = (title: string, threads = 1, networks?: string[]): Step =>
  step(title, { kind: 'training', training: call('training', { threads }), data: key, ...(networks && { networks }) });
const data = step('data', { kind: 'data', source: call('source'), stages: [] });
const metric = step('metric', {
  kind: 'metric',
  metric: { call: 'm', category: 'metric', parameters: {} },
  subjects: [],
});

const [a, b, c] = [training('a'), training('b'), training('c')];
const [wide, gathering] = [training('wide', 3), training('gathering', 3, [key])];
const GiB = 2 ** 30;

it.each<[string, Step[], Step[], number, number, Step | undefined]>([
  ['data before trainings before the rest', [metric, a, data], [], 2, 16, data],
  ['a training before what explains, though that stands in front', [metric, a], [], 2, 16, a],
  ['a second training beside the first', [metric, b, c], [a], 2, 16, b],
  ['no third one on two cores', [c], [a, b], 2, 16, undefined],
  ['nothing else beside a training', [metric, data], [a], 8, 16, undefined],
  ['nothing beside what is no training', [a], [metric], 8, 16, undefined],
  ['a training of three threads where three cores are left', [wide], [a], 4, 16, wide],
  ['another one in its place where two are left', [wide, b], [a], 3, 16, b],
  ['what gathers networks needs one core, however many their training had', [gathering], [a], 2, 16, gathering],
  ['a large training alone on a small machine', [wide], [], 1, 0.1, wide],
  ['as many as memory carries', [b], [a], 8, 2, undefined],
])('%s', (_, ready, running, cores, gibibytes, expected) => {
  expect(nextStep(ready, running, { cores, memory: gibibytes * GiB }, () => GiB)).toBe(expected);
});

it('a training of 14,000 sequences of 200 nt counts for less than a gibibyte', () => {
  expect(trainingBytes(14_000 * 200 * 4)).toBeLessThan(GiB);
});
