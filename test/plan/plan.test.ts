import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Declaration } from '../../server/src/language/experiment.js';
import { canonicalJson } from '../../server/src/plan/key.js';
import type { Plan, PlanOptions } from '../../server/src/plan/plan.js';
import { makePlan } from '../../server/src/plan/plan.js';
import { PlanError } from '../../server/src/plan/problem.js';
import { Task } from '../../server/src/protocol.js';
import { call, declare, example, expectation, experiment, name } from './fixture.js';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const options: PlanOptions = { hashFile: path => Promise.resolve(sha(path)), backend: 'onnxruntime' };

function keys(plan: Plan): Record<string, string | undefined> {
  return Object.fromEntries(plan.declarations.map(({ declaration, key }) => [declaration.name, key]));
}

/** The example with some declarations exchanged. */
function changed(...others: Declaration[]): Declaration[] {
  return example().map(declaration => others.find(other => other.name === declaration.name) ?? declaration);
}

describe('a plan', () => {
  it('has one step per result, each after those it needs, with tasks the engine accepts', async () => {
    const plan = await makePlan(experiment(example()), options);
    expect(plan.steps.map(step => step.title)).toEqual([
      'fasta | sample',
      'saliency of binding on peaks',
      'raw | simplex_correction',
      'path of binding on peaks',
      'completeness of ig',
      'rank_agreement of grad, ig',
      'prediction_summary of binding on peaks',
    ]);
    const before = new Set<string>();
    for (const step of plan.steps) {
      expect(step.needs.every(key => before.has(key))).toBe(true);
      before.add(step.key);
      expect(Task.parse(step.task)).toEqual(step.task);
    }
  });

  it('fills in defaults, inlines methods and references, and replaces files by their hash', async () => {
    const plan = await makePlan(experiment(example()), options);
    const step = plan.steps.find(one => one.title.startsWith('path'));
    const model = sha('/somewhere/ctcf.onnx');
    expect(step?.files).toMatchObject({ [model]: '/somewhere/ctcf.onnx' });
    expect(step?.task).toEqual({
      kind: 'attribution',
      method: {
        call: 'integrated_gradients',
        category: 'method',
        parameters: {
          baseline: { call: 'dinucleotide_shuffle', category: 'reference', parameters: { copies: 20, seed: 1 } },
          steps: 'auto',
          rule: 'gauss_legendre',
          tolerance: 0.01,
        },
      },
      target: {
        target: { call: 'logit', category: 'target', parameters: {} },
        model: {
          call: 'onnx',
          category: 'format',
          parameters: {
            path: model,
            input: { call: 'dna', category: 'alphabet', parameters: { length: 100 } },
            layout: 'auto',
            order: 'ACGT',
          },
        },
      },
      data: keys(plan).peaks,
    });
  });

  it('accepts lists, records, keywords as calls, truths and variadic names', async () => {
    const plan = await makePlan(
      experiment([
        declare('data', 'sim', call('source', 'simulate_motifs', { motifs: ['TGASTCA'], seed: 1 })),
        declare('data', 'both', 'sim', { stages: [call('stage', 'concat', { data: [name('sim')] })] }),
        declare('truth', 'planted', call('truth', 'planted_motifs'), { of: ['sim'] }),
        declare(
          'model',
          'net',
          call('format', 'keras', {
            path: 'net.h5',
            input: call('alphabet', 'dna', { length: 100 }),
            custom_layers: { form: 'record', entries: { ConvDNA: 'Conv1D' } },
          }),
        ),
        declare('target', 'score', call('target', 'class', { class: 1 }), { of: ['net'] }),
        declare(
          'attribution',
          'ig',
          call('method', 'integrated_gradients', {
            baseline: call('reference', 'uniform'),
            steps: call('keyword', 'auto'),
          }),
          { of: ['score'], on: call('source', 'fasta', { path: 'a.fa' }) },
        ),
        declare('metric', 'found', call('metric', 'interpretability', { truth: name('planted') }), { of: ['ig'] }),
      ]),
      options,
    );
    const { sim, ig } = keys(plan);
    const task = (title: string): unknown => plan.steps.find(step => step.title.startsWith(title))?.task;
    expect(task('sim | concat')).toMatchObject({ source: sim, stages: [{ parameters: { data: [sim] } }] });
    expect(task('integrated')).toMatchObject({
      method: { parameters: { steps: 'auto' } },
      target: { target: { parameters: { class: 1 } }, model: { parameters: { custom_layers: { ConvDNA: 'Conv1D' } } } },
    });
    expect(task('interpretability')).toMatchObject({
      subjects: [ig],
      metric: { parameters: { truth: { truth: { call: 'planted_motifs' }, of: sim } } },
    });
    expect(plan.steps.find(step => step.title.startsWith('interpretability'))?.needs).toEqual([sim, ig]);
  });

  it('resolves expectations and views, and plans only what is asked', async () => {
    const full = await makePlan(experiment(example(), [expectation('gap', 'max', { is: '<', bound: 0.01 })]), options);
    expect(full.expectations[0]).toMatchObject({ name: 'gap', entry: 'completeness', key: keys(full).gap });
    const part = await makePlan(experiment(example(), [expectation('gap', 'max', { is: '<', bound: 0.01 })]), {
      ...options,
      only: ['grad'],
    });
    expect(part.steps.map(step => step.kind)).toEqual(['data', 'attribution', 'correction']);
    expect(part.expectations[0]).not.toHaveProperty('key');
    await expect(makePlan(experiment(example()), { ...options, only: ['gradd'] })).rejects.toThrow(/called "gradd"/);
  });

  it('crosses a benchmark into steps that it shares, with every statistic, the headline first', async () => {
    const head = call('benchmark', 'compare', {
      methods: [call('method', 'saliency'), name('path')],
      corrections: ['none', call('correction', 'simplex_correction')],
      metrics: [call('metric', 'simplex_angle')],
    });
    const crossed = declare('benchmark', 'crossed', head, { of: ['binding'], on: 'peaks' });
    const plan = await makePlan(experiment([...example(), crossed]), options);
    const { task } = plan.steps.find(step => step.kind === 'benchmark')!;
    const cells = task.kind === 'benchmark' ? task.cells : [];
    const headlines = cells.filter(({ statistic }) => statistic === 'over_30');
    expect(cells.slice(0, 4).map(({ statistic }) => statistic)).toEqual(['over_30', 'over_45', 'over_60', 'sd']);
    expect(headlines.map(({ method, correction, result }) => [method, correction, 'key' in result])).toEqual([
      ['saliency', 'none', true],
      ['saliency', 'simplex_correction', true],
      ['path', 'none', false],
      ['path', 'simplex_correction', false],
    ]);
    // The gradient of the example, not a second one.
    expect(plan.steps.filter(step => step.kind === 'attribution')).toHaveLength(2);
  });

  it('crosses data sets, leaves out truths of others, and names what metrics refer to', async () => {
    const truth = (of: string) => call('metric', 'interpretability', { truth: name(of) });
    const simulated = (declared: string, seed: number) =>
      declare(
        'data',
        declared,
        call('source', 'simulate_motifs', { motifs: ['TGACTCA'], sequences: 9, length: 100, seed }),
      );
    const head = call('benchmark', 'compare', {
      methods: [call('method', 'saliency')],
      metrics: [truth('planted'), truth('other'), call('metric', 'sparseness')],
      data: [name('two')],
    });
    const { steps } = await makePlan(
      experiment([
        ...example(),
        simulated('one', 1),
        simulated('two', 2),
        declare('truth', 'planted', call('truth', 'planted_motifs'), { of: ['one'] }),
        declare('truth', 'other', call('truth', 'planted_motifs'), { of: ['two'] }),
        declare('benchmark', 'crossed', head, { of: ['binding'], on: 'one' }),
      ]),
      { ...options, only: ['crossed'] },
    );
    const { task } = steps.at(-1)!;
    const cells = task.kind === 'benchmark' ? task.cells : [];
    const headlines = cells.filter(({ statistic }) => ['auroc', 'gini'].includes(statistic));
    const other = { reason: 'the truth is of other data' };
    expect(headlines.map(({ data, metric, result }) => [data, metric, 'key' in result || result])).toEqual([
      ['one', 'interpretability(truth: planted)', true],
      ['one', 'interpretability(truth: other)', other],
      ['one', 'sparseness', true],
      ['two', 'interpretability(truth: planted)', other],
      ['two', 'interpretability(truth: other)', true],
      ['two', 'sparseness', true],
    ]);
  });

  it('crosses methods with the corrections that take their maps', async () => {
    const corrections = [call('correction', 'normalise', { by: 'l1' }), call('correction', 'normalise', { by: 'l2' })];
    const head = call('benchmark', 'compare', {
      methods: [call('method', 'saliency'), call('method', 'input_x_gradient'), name('path')],
      corrections: [...corrections, call('correction', 'multiply_by_input'), call('correction', 'hypothetical')],
      metrics: [call('metric', 'sparseness')],
    });
    const { steps } = await makePlan(
      experiment([...example(), declare('benchmark', 'crossed', head, { of: ['binding'], on: 'peaks' })]),
      { ...options, only: ['crossed'] },
    );
    const { task } = steps.at(-1)!;
    const cells = task.kind === 'benchmark' ? task.cells.filter(({ statistic }) => statistic === 'gini') : [];
    const found = cells.map(({ method, correction, result }) => [
      method,
      correction,
      'key' in result ? 'measured' : result.reason,
    ]);
    const scaled = (method: string) => ['l1', 'l2'].map(by => [method, `normalise(by: ${by})`, 'measured']);
    const refused = (method: string, correction: string, map: string) => [
      method,
      correction,
      `${correction} does not take ${map} maps`,
    ];
    expect(found).toEqual([
      ...scaled('saliency'),
      ['saliency', 'multiply_by_input', 'measured'],
      refused('saliency', 'hypothetical', 'gradient'),
      ...scaled('input_x_gradient'),
      refused('input_x_gradient', 'multiply_by_input', 'contribution'),
      ['input_x_gradient', 'hypothetical', 'hypothetical needs multipliers'],
      ...scaled('path'),
      refused('path', 'multiply_by_input', 'contribution'),
      ['path', 'hypothetical', 'measured'],
    ]);
  });

  it('trains the networks of an ensemble one by one, so that more of them cost the new ones', async () => {
    const train = (given: Readonly<Record<string, number>>) =>
      call('training', 'train', { network: call('network', 'layers', { layers: [] }), seed: 1, ...given });
    const keysOf = async (given: Readonly<Record<string, number>>) => {
      const declarations = [...example(), declare('ensemble', 'nets', train(given), { on: 'peaks' })];
      const { steps } = await makePlan(experiment(declarations), { ...options, only: ['nets'] });
      return steps.filter(({ kind }) => kind === 'training').map(({ key }) => key);
    };
    const [one, three, four] = [await keysOf({}), await keysOf({ members: 3 }), await keysOf({ members: 4 })];
    expect(three.slice(0, 1)).toEqual(one);
    expect(four.slice(0, 3)).toEqual(three.slice(0, 3));
    expect(new Set([...three, ...four]).size).toBe(4 + 2);
    expect(await keysOf({ threads: 2 })).not.toEqual(one);
  });

  it('explains each network of an ensemble alone where a benchmark asks for it', async () => {
    const layers = [call('layer', 'flatten'), call('layer', 'dense', { units: 1 })];
    const head = (networks: string) =>
      call('benchmark', 'compare', {
        methods: [call('method', 'saliency')],
        corrections: ['none', call('correction', 'simplex_correction')],
        metrics: [call('metric', 'simplex_angle')],
        networks,
      });
    const declarations = (networks: string) => [
      ...example(),
      declare('network', 'small', call('network', 'layers', { layers })),
      declare('ensemble', 'nets', call('training', 'train', { network: name('small'), members: 3, seed: 1 }), {
        on: 'peaks',
      }),
      declare('target', 'mean', call('target', 'logit'), { of: ['nets'] }),
      declare('benchmark', 'crossed', head(networks), { of: ['mean', 'binding'], on: 'peaks' }),
    ];
    const { steps } = await makePlan(experiment(declarations('each')), { ...options, only: ['crossed'] });
    const tasks = steps.map(step => Task.parse(step.task));
    const members = tasks.flatMap(task =>
      task.kind === 'attribution' ? [task.target.model.parameters['member']] : [],
    );
    expect(members).toEqual([1, 2, 3, undefined]);
    const combined = tasks.filter(task => task.kind === 'metric' && task.networks !== undefined);
    const single = steps.filter(({ task }) => task.kind === 'metric' && task.networks === undefined);
    expect(single).toHaveLength(2 * (3 + 1));
    expect(combined).toMatchObject(
      [0, 1].map(at => ({ subjects: [], networks: single.slice(3 * at, 3 * at + 3).map(({ key }) => key) })),
    );
    const together = await makePlan(experiment(declarations('together')), { ...options, only: ['crossed'] });
    expect(together.steps.filter(step => step.kind === 'attribution')).toHaveLength(2);
  });

  it('tells calls of one entry in a benchmark apart by the arguments in which they differ', async () => {
    const head = call('benchmark', 'compare', {
      methods: [call('method', 'saliency')],
      wrappers: [
        call('method', 'smooth_grad', { samples: 5, seed: 1 }),
        call('method', 'smooth_grad', { samples: 9, seed: 1 }),
      ],
      metrics: [
        call('metric', 'attribution_recall'),
        call('metric', 'attribution_recall', { top: 0.07 }),
        call('metric', 'stability'),
      ],
    });
    const plan = await makePlan(
      experiment([...example(), declare('benchmark', 'crossed', head, { of: ['binding'], on: 'peaks' })]),
      options,
    );
    const { task } = plan.steps.find(step => step.kind === 'benchmark')!;
    const labels = new Set(task.kind === 'benchmark' ? task.cells.flatMap(cell => [cell.wrapper, cell.metric]) : []);
    expect([...labels]).toEqual([
      'smooth_grad(samples: 5)',
      'attribution_recall',
      'attribution_recall(top: 7%)',
      'stability',
      'smooth_grad(samples: 9)',
    ]);
  });

  it('crosses a benchmark: shares what is shared, leaves out what is not defined, and says why', async () => {
    const wrapper = call('method', 'smooth_grad', {
      samples: 5,
      noise: { form: 'amount', amount: { share: 0.1 } },
      seed: 1,
    });
    const head = call('benchmark', 'compare', {
      methods: [call('method', 'saliency'), name('path')],
      wrappers: ['none', wrapper],
      corrections: ['none', call('correction', 'simplex_correction')],
      metrics: [call('metric', 'simplex_angle'), call('metric', 'completeness')],
    });
    const grid = declare('benchmark', 'grid', head, { of: ['binding'], on: 'peaks' });
    const plan = await makePlan(experiment([...example(), grid]), options);
    const step = plan.steps.at(-1)!;
    if (step.task.kind !== 'benchmark') throw new Error('the benchmark comes after its cells');
    const cells = step.task.cells.filter(({ statistic }) => ['over_30', 'max'].includes(statistic));
    const found = (method: string, wrapped: boolean, correction: string, metric: string) =>
      cells.find(
        cell =>
          cell.method === method &&
          (cell.wrapper !== 'none') === wrapped &&
          cell.correction === correction &&
          cell.metric === metric,
      )!.result;
    expect(cells).toHaveLength(2 * 2 * 2 * 2);
    expect(found('path', true, 'none', 'completeness')).toEqual({ reason: 'the map does not claim completeness' });
    expect(found('path', false, 'simplex_correction', 'simplex_angle')).toEqual({
      reason: 'simplex_correction does not take contribution maps',
    });
    // What the experiment computes anyway is the same step.
    expect(found('path', false, 'none', 'completeness')).toEqual({ key: keys(plan)['gap'] });
    expect(step.needs.filter(key => plan.steps.some(other => other.key === key))).toHaveLength(step.needs.length);
  });

  it('names a missing file, the place and the remedy', async () => {
    const missing: PlanOptions = {
      ...options,
      hashFile: () => Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' })),
    };
    const error: unknown = await makePlan(experiment(example()), missing).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PlanError);
    expect(error instanceof PlanError && error.problem).toMatchObject({
      code: 'plan/file',
      message: expect.stringContaining('"ctcf.fa.gz" does not exist') as string,
      remedy: expect.stringContaining('/somewhere') as string,
      place: '/somewhere/ctcf.xome:1',
    });
  });
});

describe('a key', () => {
  it('does not depend on names, places, documentation, thresholds or written defaults', async () => {
    const before = keys(await makePlan(experiment(example()), options));
    const after = keys(
      await makePlan(
        experiment(
          changed(
            declare('reference', 'shuffled', call('reference', 'dinucleotide_shuffle', { copies: 20, seed: 1 }), {}, 7),
            {
              ...declare('attribution', 'raw', call('method', 'saliency'), { of: ['binding'], on: 'peaks' }, 9),
              documentation: 'new',
            },
          ),
          [expectation('gap', 'max', { is: '<', bound: 0.5 })],
        ),
        options,
      ),
    );
    expect(after).toEqual(before);
  });

  it('is the same for a correction written inline and on its own line', async () => {
    const stages = [call('correction', 'simplex_correction')];
    const inline = declare('attribution', 'grad', call('method', 'saliency'), { of: ['binding'], on: 'peaks', stages });
    const plan = await makePlan(experiment(changed(inline)), options);
    expect(keys(plan).grad).toBe(keys(await makePlan(experiment(example()), options)).grad);
    expect(plan.steps).toHaveLength(7);
  });

  it('changes with a parameter, downstream only', async () => {
    const before = keys(await makePlan(experiment(example()), options));
    const path = call('method', 'integrated_gradients', { baseline: name('shuffled'), steps: 64 });
    const after = keys(await makePlan(experiment(changed(declare('method', 'path', path))), options));
    const differ = Object.keys(before).filter(one => before[one] !== after[one]);
    expect(differ).toEqual(['ig', 'gap', 'agree']);
  });

  it('changes with the content of a file', async () => {
    const before = keys(await makePlan(experiment(example()), options));
    const after = keys(
      await makePlan(experiment(example()), { ...options, hashFile: path => Promise.resolve(sha(`${path}'`)) }),
    );
    expect(Object.keys(before).filter(one => before[one] !== after[one])).toEqual([
      'peaks',
      'raw',
      'grad',
      'ig',
      'gap',
      'agree',
      'level',
    ]);
  });

  it('depends on the backend where a model runs, and not otherwise', async () => {
    const before = keys(await makePlan(experiment(example()), options));
    const after = keys(await makePlan(experiment(example()), { ...options, backend: 'reference' }));
    expect(after.peaks).toBe(before.peaks);
    expect(after.raw).not.toBe(before.raw);
    expect(after.level).not.toBe(before.level);
  });

  it('is of JSON in which the order of members does not matter', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), record => {
        const reversed = Object.fromEntries(Object.entries(record).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(record));
        expect(JSON.parse(canonicalJson(record))).toEqual(JSON.parse(JSON.stringify(record)));
      }),
      { seed: 1 },
    );
  });
});
