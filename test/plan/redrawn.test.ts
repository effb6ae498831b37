import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { WrittenValue } from '../../server/src/language/experiment.js';
import { makePlan, type Plan } from '../../server/src/plan/plan.js';
import { call, declare, experiment } from './fixture.js';

const options = {
  hashFile: (path: string) => Promise.resolve(createHash('sha256').update(path).digest('hex')),
  backend: 'onnxruntime',
} as const;

/** Knockoffs on the half of a simulated cohort, their error rates, and a method on data that are none of its business. */
function planOf(given: Readonly<Record<string, WrittenValue>>, of = 'knockoffs'): Promise<Plan> {
  const people = (seed: number) => call('source', 'simulate_genotypes', { people: 50, variants: 5, seed });
  const split = call('stage', 'split', { part: 'test', seed: 1 });
  const cohort = { form: 'name', id: declare('data', 'cohort', 'cohort').id } as const;
  return makePlan(
    experiment([
      declare('data', 'cohort', people(7)),
      declare('data', 'half', 'cohort', { stages: [split] }),
      declare('data', 'others', people(1)),
      declare('model', 'net', call('format', 'onnx', { path: 'net.onnx' })),
      declare('target', 'trait', call('target', 'logit'), { of: ['net'] }),
      declare('attribution', 'knockoffs', call('method', 'knockoff_importance', { seed: 1 }), {
        of: ['trait'],
        on: 'half',
      }),
      declare('attribution', 'elsewhere', call('method', 'knockoff_importance', { seed: 1 }), {
        of: ['trait'],
        on: 'others',
      }),
      declare('metric', 'rates', call('metric', 'error_rates', { cohort, ...given }), { of: [of] }),
    ]),
    options,
  );
}

const cohortsOf = ({ steps }: Plan) =>
  steps.flatMap(({ task }) =>
    task.kind === 'data' && typeof task.source !== 'string' && task.source.parameters['seed'] !== 1
      ? [[task.source.parameters['correlation'], task.source.parameters['seed']]]
      : [],
  );

it('plans everything behind a subject once for each value and draw', async () => {
  const plan = await planOf({ values: [0, 0.9], repeats: 3 });
  const drawn = [0, 0.9].flatMap(correlation => [7, 8, 9].map(seed => [correlation, seed]));
  // The one that is declared has the simulation's own correlation, 0.9: it is also the first draw of that value.
  expect(cohortsOf(plan).sort()).toEqual(drawn.sort());
  const rates = plan.steps.find(({ title }) => title === 'error_rates of knockoffs')!;
  const { subjects } = rates.task as { subjects: string[] };
  const known = plan.declarations.find(({ declaration }) => declaration.name === 'knockoffs')!.key;
  expect(new Set(subjects).size).toBe(6);
  expect(subjects[3]).toBe(known);
  expect(rates.needs).toEqual(expect.arrayContaining(subjects));
  const order = plan.steps.map(({ key }) => key);
  for (const [i, step] of plan.steps.entries())
    for (const need of step.needs) expect(order.indexOf(need)).toBeLessThan(i);
});

it('gives declared names to declared results only', async () => {
  const named = (await planOf({ values: [0, 0.9], repeats: 3 })).steps.filter(
    ({ declarations }) => declarations.length > 0,
  );
  expect(named.map(({ title }) => title)).toEqual([
    'simulate_genotypes',
    'cohort | split',
    'simulate_genotypes',
    'knockoff_importance of trait on half',
    'knockoff_importance of trait on others',
    'error_rates of knockoffs',
  ]);
});

it('refuses what does not depend on the draws, and what cannot be drawn', async () => {
  await expect(planOf({ values: [0], repeats: 2 }, 'elsewhere')).rejects.toThrow('is the same for different draws');
  await expect(planOf({ values: [0, 0], repeats: 2 })).rejects.toThrow('is the same for different draws');
  await expect(planOf({ values: [0], repeats: 2, vary: 'genes' })).rejects.toThrow('error_rates(vary: …)');
  await expect(planOf({ values: [0, 1.5], repeats: 2 })).rejects.toThrow('numbers from 0 to 0.9999');
  await expect(planOf({ vary: 'people', values: [50.5], repeats: 2 })).rejects.toThrow('whole numbers from 2');
  const half = { form: 'name', id: declare('data', 'half', 'cohort').id } as const;
  await expect(planOf({ values: [0], repeats: 2, cohort: half })).rejects.toThrow('cannot be drawn again');
});
