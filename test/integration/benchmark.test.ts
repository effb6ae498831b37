/** A benchmark in the real engine: its cells lead to arrays, an addition computes what is missing only, lints look inside. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDocument } from '../../server/src/cli/documents.js';
import { ResultMeta } from '../../server/src/store/result.js';
import { buildXome, declaration, Desk, removeXome } from './xome.js';

const TIMEOUT = 120_000;
const PLANTED = join(import.meta.dirname, '../../examples/planted_motifs.onnx');
const experiment = (methods: string): string => `
model  net   = onnx("planted_motifs.onnx", input: dna(100))
target score = logit of net
data   few   = simulate_motifs(["TGASTCA", "WGATAAR", "CACGTGAC"], sequences: 12, positives: 100%, seed: 8)
benchmark table = compare(methods: [${methods}], corrections: [none, simplex_correction], metrics: [sparseness, simplex_angle]) of score on few
`;

describe('a benchmark', () => {
  let desk: Desk;
  let first: RunDocument;
  let second: RunDocument;
  beforeAll(async () => {
    await buildXome();
    desk = await Desk.create(experiment('saliency'), PLANTED);
    first = await desk.run();
    await desk.write(experiment('saliency, input_x_gradient, guided_backpropagation'));
    second = await desk.run();
  }, TIMEOUT);
  afterAll(async () => {
    await desk.remove();
    await removeXome();
  });

  const cellsOf = (document: RunDocument, method: string) =>
    declaration(document, 'table').table!.rows.filter(row => row.method === method);

  /** What is known of a result, by its key. */
  async function meta(key: string): Promise<ResultMeta> {
    const results = dirname(dirname(declaration(second, 'table').array!.path));
    return ResultMeta.parse(JSON.parse(await readFile(join(results, key, 'meta.json'), 'utf8')));
  }

  it('has in each cell the key of a measurement, which has that of the map', async () => {
    for (const { correction, cells } of cellsOf(first, 'saliency'))
      for (const cell of cells) {
        if (!('key' in cell)) throw new Error(cell.reason);
        const { task, kind } = await meta(cell.key);
        expect(kind).toBe('metric');
        const [map = ''] = (task as { subjects: string[] }).subjects;
        expect((await meta(map)).kind).toBe(correction === 'none' ? 'attribution' : 'correction');
      }
  });

  it('computes the cells of an added method only', async () => {
    expect(cellsOf(second, 'saliency')).toEqual(cellsOf(first, 'saliency'));
    const created = async (method: string): Promise<string[]> => {
      const cells = cellsOf(second, method).flatMap(row => row.cells);
      return Promise.all(cells.flatMap(cell => ('key' in cell ? [meta(cell.key).then(one => one.created)] : [])));
    };
    const [old, added] = [await created('saliency'), await created('guided_backpropagation')];
    const { created: before } = await meta(declaration(first, 'table').key!);
    expect(old.every(time => time <= before)).toBe(true);
    expect(added.length).toBeGreaterThan(0);
    expect(added.every(time => time > before)).toBe(true);
  });

  it('leaves out what is not defined, and says why', () => {
    const corrected = cellsOf(second, 'input_x_gradient').find(row => row.correction === 'simplex_correction')!;
    for (const cell of corrected.cells)
      expect(cell).toEqual({ reason: expect.stringContaining('contribution') as string });
  });

  it('repeats lints of what stands behind its cells', async () => {
    const { out } = await desk.xome('run', 'a.xome');
    expect(out).toMatch(/table: score saliency: Up to .* Likewise 1 more of its results\. \[GA003\]/);
  });

  it('measures each network of an ensemble alone', { timeout: TIMEOUT }, async () => {
    await desk.write(`
data few = simulate_motifs(["TGASTCA"], sequences: 60, length: 30, seed: 8)
network small = layers([conv1d(4, 7, padding: same), relu, global_max_pool, dense(1), sigmoid])
ensemble nets = train(small, members: 3, epochs: 2, batch: 20, seed: 1) on few
target score = logit of nets
benchmark apart = compare(methods: [saliency], metrics: [simplex_angle], networks: each) of score on few
`);
    const [cell] = declaration(await desk.run(), 'apart').table!.rows[0]!.cells;
    if (cell === undefined || !('value' in cell)) throw new Error('the cell has a value');
    const { task } = await meta(cell.key);
    const { networks } = task as { networks: string[] };
    const each = await Promise.all(networks.map(async key => (await meta(key)).statistics!['over_30']!.value));
    const middle = each.reduce((a, b) => a + b) / 3;
    expect(cell.value).toBeCloseTo(middle, 6);
    expect(cell.spread!.networks).toBe(3);
    expect(cell.spread!.deviation).toBeCloseTo(Math.sqrt(each.reduce((sum, v) => sum + (v - middle) ** 2, 0) / 2), 6);
    expect((await desk.xome('run', 'a.xome')).out).toMatch(/score saliency +[\d.]+\s% ± \d/);
  });

  it('compares along its data: paired where they are the same examples', { timeout: TIMEOUT }, async () => {
    const contrasts = ['reordered', 'part', 'others'].map(
      to => `metric to_${to} = contrast(simplex_angle, axis: data_sets, from: few, to: ${to}) of table`,
    );
    await desk.write(`
model  net   = onnx("planted_motifs.onnx", input: dna(100))
target score = logit of net
data few       = simulate_motifs(["TGASTCA"], sequences: 24, seed: 8)
data reordered = few | sample(24, seed: 2)
data part      = few | take(16)
data others    = simulate_motifs(["TGASTCA"], sequences: 20, seed: 9)
benchmark table = compare(methods: [saliency], metrics: [simplex_angle], data: [reordered, part, others]) of score on few
${contrasts.join('\n')}
`);
    const document = await desk.run();
    const found = (of: string) => {
      const statistics = declaration(document, `to_${of}`).statistics!;
      return Object.fromEntries(statistics.map(({ name, value, interval }) => [name, { value, interval }]));
    };
    // The same examples in another order differ by nothing; other batches of the gradient may round differently.
    const { mean, paired } = found('reordered');
    expect(mean!.value).toBeCloseTo(0, 5);
    expect(mean!.interval![1] - mean!.interval![0]).toBeLessThan(1e-4);
    expect([paired, found('part')['paired'], found('others')['paired']].map(one => one!.value)).toEqual([
      1,
      expect.closeTo(16 / 24, 6),
      0,
    ]);
    expect(found('others')).not.toHaveProperty('improved');
    const { interval } = found('others')['mean']!;
    expect(interval![1] - interval![0]).toBeGreaterThan(0.001);
  });
});
