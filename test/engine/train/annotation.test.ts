import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { annotate, type NamedFeatures } from '../../../server/src/engine/train/annotation.js';
import type { Call, Json } from '../../../server/src/protocol.js';
import { call, Workbench } from '../methods/workbench.js';
import { CAUSAL, cohort, genesOf, PATHWAYS, VARIANTS } from './pathway-cohort.js';

const EXAMPLES = join(import.meta.dirname, '../../../examples');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annotation-'));
});
afterAll(() => rm(folder, { recursive: true }));

const layer = (name: string, given: Readonly<Record<string, Json>> = {}): Call => call('layer', name, given);
const network = (...layers: Call[]): Call => call('network', 'layers', { layers: layers as unknown as Json });

/** Annotates a network whose tables are given as text, by their names. */
async function annotated(
  features: NamedFeatures,
  layers: readonly Call[],
  tables: Readonly<Record<string, string | Buffer>>,
) {
  const files: Record<string, string> = {};
  for (const [name, text] of Object.entries(tables)) {
    files[name] = join(folder, name);
    await writeFile(files[name], text);
  }
  return annotate(network(...layers), features, files);
}

const variants = (...places: string[]): NamedFeatures => ({
  length: places.length,
  features: places.map((_, i) => `rs${i}`),
  places,
});
const gtf = (name: string, from: number, to: number, id = name): string =>
  `1\thavana\tgene\t${from}\t${to}\t.\t-\t.\tgene_id "${id}"; gene_name "${name}";\n`;
const genes = (given: Readonly<Record<string, Json>> = {}): Call =>
  layer('masked_dense', { annotation: 'genes', ...given });
const pathways = (given: Readonly<Record<string, Json>> = {}): Call =>
  layer('masked_dense', { annotation: 'sets.gmt', ...given });

describe('annotate', () => {
  it('connects every variant with all genes around it, as a search over all pairs does', async () => {
    const interval = fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 60 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(interval, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 0, max: 40 }),
        async (intervals, positions, within) => {
          const text = intervals.map(([from, size], i) => gtf(`G${i}`, from, from + size)).join('');
          const reached = intervals.map(([from, size]) =>
            positions.flatMap((at, i) => (at >= from - within && at <= from + size + within ? [i] : [])),
          );
          const expected = reached.flatMap((members, i) => (members.length > 0 ? [[`G${i}`, members]] : []));
          const { units, masks } = await annotated(
            variants(...positions.map(at => `chr1:${at}`)),
            [genes({ within })],
            {
              genes: text,
            },
          ).catch(() => ({ units: { masked_dense_1: [] as string[] }, masks: new Map<string, Float32Array>() }));
          const own = units['masked_dense_1'];
          const mask = masks.get('masked_dense_1/mask');
          const found = own.map((name, unit) => [
            name,
            positions.flatMap((_, variant) => (mask![variant * own.length + unit] === 1 ? [variant] : [])),
          ]);
          expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('goes from variants over genes to pathways, leaves out what cannot matter, and says so', async () => {
    const tables = {
      genes: gzipSync(
        `#!genome-build\n${gtf('B', 300, 400)}${gtf('A', 100, 200)}${gtf('C', 150, 160)}${gtf('D', 900, 950)}`,
      ),
      'sets.gmt': 'P\tx\tB\tA\nQ\tx\tA\tE\nR\tx\tE\n',
    };
    const places = ['1:150', '1:250', '1:305', '1:910', ''];
    const {
      units,
      masks,
      notes,
      network: found,
    } = await annotated(
      variants(...places),
      [
        layer('dropout', { rate: 0.1 }),
        genes(),
        layer('tanh'),
        layer('batch_norm'),
        pathways(),
        layer('dense', { units: 1 }),
      ],
      tables,
    );
    // C has a variant and no pathway, D neither way out; E has no variant, so R has no gene.
    expect(units).toEqual({ masked_dense_1: ['A', 'B'], masked_dense_2: ['P', 'Q'] });
    expect([...masks.get('masked_dense_1/mask')!]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect([...masks.get('masked_dense_2/mask')!]).toEqual([1, 1, 1, 0]);
    expect(notes.map(({ message }) => message)).toEqual([
      'masked_dense_1: 3 of 5 features are in no group and do not reach the network; 2 of 4 groups were left out: no feature reaches them, or they reach no group behind them.',
      'masked_dense_2: 1 of 3 groups were left out: no feature reaches them, or they reach no group behind them.',
    ]);
    const sizes = (found.parameters['layers'] as unknown as Call[]).map(({ parameters }) => parameters['units']);
    expect(sizes).toEqual([undefined, 2, undefined, undefined, 2, 1]);
  });

  it('finds genes by identifier, Ensembl’s without its version', async () => {
    const tables = {
      genes: gtf('TP53', 100, 200, 'ENSG00000141510.17'),
      'sets.gmt': 'P\tx\tENSG00000141510\n',
    };
    const { units } = await annotated(variants('1:150'), [genes({ names: 'gene_id' }), pathways()], tables);
    expect(units['masked_dense_1']).toEqual(['ENSG00000141510']);
    await expect(annotated(variants('1:150'), [genes(), pathways()], tables)).rejects.toMatchObject({
      problem: {
        message: 'no feature in the table is one of the units of masked_dense_1',
        remedy: expect.stringContaining('such as TP53') as string,
      },
    });
  });

  it.each<[string, NamedFeatures, readonly Call[], string]>([
    ['an annotation for what has no place', { length: 1, features: ['TP53'] }, [genes()], 'network/annotation'],
    ['a name that no gene has', variants('1:150'), [genes({ names: 'symbol' })], 'data/no-feature'],
    ['an annotation for units', variants('1:150'), [genes(), genes()], 'network/annotation'],
    ['another number of units', variants('1:150'), [genes({ units: 2 })], 'network/annotation'],
    ['chromosomes of another name', variants('X:150'), [genes()], 'data/chromosome'],
    [
      'a layer between that mixes units',
      variants('1:150'),
      [genes(), layer('dense', { units: 1 }), pathways()],
      'network/features',
    ],
    ['softmax between', variants('1:150'), [genes(), layer('softmax'), pathways()], 'network/features'],
  ])('refuses %s', async (_, features, layers, code) => {
    const tables = { genes: gtf('A', 100, 200), 'sets.gmt': 'P\tx\tA\n' };
    await expect(annotated(features, layers, tables)).rejects.toMatchObject({ problem: { code } });
  });
});

describe('the cohort of examples/pathways.xome', () => {
  it.each(Object.entries(cohort()))('is what stands in pathways.%s', async (ending, bytes) => {
    const path = join(EXAMPLES, `pathways.${ending}`);
    if (process.env['UPDATE']) await writeFile(path, bytes);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it('gives values of its layers the names of genes and pathways', async () => {
    const bench = await Workbench.create(referenceExecutor);
    try {
      const [bed, gff, gmt] = await Promise.all(
        ['bed', 'gff3', 'gmt'].map(one => bench.file(join(EXAMPLES, `pathways.${one}`))),
      );
      const data = await bench.data(call('source', 'plink', { path: bed! }), [call('stage', 'take', { size: 40 })]);
      const training = call('training', 'train', {
        network: network(
          layer('masked_dense', { annotation: gff!, within: 1000 }),
          layer('masked_dense', { annotation: gmt! }),
          layer('dense', { units: 1 }),
        ) as unknown as Json,
        epochs: 1,
        loss: 'mean_squared',
        optimizer: call('optimizer', 'adam', {}) as unknown as Json,
      });
      const trained = await bench.run({ kind: 'training', training, data: data.key });
      expect(trained.meta.units!['masked_dense_2']).toEqual(PATHWAYS);
      expect(trained.meta.units!['masked_dense_1']).toContain(genesOf(PATHWAYS.indexOf(CAUSAL))[0]);
      const between = VARIANTS.filter(({ gene }) => gene === undefined).length;
      expect(trained.meta.notes[0]!.message).toContain(`${between} of ${VARIANTS.length} features are in no group`);
      const model = { call: 'trained', category: 'training' as const, parameters: { of: trained.key } };
      const target = { target: call('target', 'output'), model };
      const activation = call('method', 'layer_activation', { layer: 'masked_dense_2' });
      const values = await bench.explain(activation, target, data.key);
      expect(values.meta.arrays[0]!.axes[1]).toEqual({ name: 'unit', size: 10, labels: PATHWAYS });
      const method = call('method', 'mean_attribution', { method: activation as unknown as Json, sign: 'kept' });
      const mean = await bench.explain(method, target, data.key);
      expect((await bench.store.rows(mean.key)).rows.map(([name]) => name)).toEqual(PATHWAYS);
      const own = Array.from(values.arrays['array']!).filter((_, at) => at % 10 === 4);
      expect(mean.arrays['array']![4]).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / 40, 5);
    } finally {
      await bench.remove();
    }
  });
});
