/** Beside every export of the catalog lies a record that names its files, the results behind them, their inputs and rows. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { EXPORTS, runExport } from '../../../server/src/engine/export/exports.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import type { Call, Json } from '../../../server/src/protocol.js';
import { call, PLANTED, Workbench, type Result } from '../methods/workbench.js';

const LENGTH = 100;

let bench: Workbench;
/** A result that each export can write. */
let subjects: Readonly<Record<keyof typeof EXPORTS, Result>>;

interface Written {
  readonly writer: string;
  readonly export: Call;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
  readonly results: Readonly<Record<string, { readonly task: Json; readonly versions: object }>>;
  readonly inputs: Readonly<Record<string, string>>;
  readonly rows: Readonly<Record<string, { readonly count: number }>>;
}

/** 60 sequences of 100 bases with one of two forms of a motif each, on one chromosome, 1 kb apart. */
function genome(): string {
  const random = new Stream(1, 'test');
  const bases = (count: number): string => Array.from({ length: count }, () => 'ACGT'[random.integer(4)]!).join('');
  return Array.from({ length: 60 }, () => {
    const at = 10 + random.integer(70);
    return `${bases(at)}${random.integer(2) === 0 ? 'TGAGTCA' : 'TGACTCA'}${bases(1000 - at - 7)}`;
  }).join('');
}

beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(1));
  await mkdir(join(bench.folder, 'out'));
  const text = async (name: string, content: string): Promise<string> => {
    const path = join(bench.folder, name);
    await writeFile(path, content);
    return bench.file(path);
  };
  const sequence = genome();
  await writeFile(
    join(bench.folder, 'genome.fa.fai'),
    `chr1\t${sequence.length}\t6\t${sequence.length}\t${sequence.length + 1}\n`,
  );
  const reference = call('genome', 'indexed_fasta', {
    path: await text('genome.fa', `>chr1\n${sequence}\n`),
  }) as unknown as Json;
  const places = Array.from({ length: 60 }, (_, i) => `chr1\t${1000 * i}\t${1000 * i + LENGTH}\n`).join('');
  const sites = await bench.data(
    call('source', 'intervals', { path: await text('sites.bed', places), genome: reference, label: 1 }),
  );
  const target = await bench.target(PLANTED, LENGTH);
  const explain = (name: string, data: Result): Promise<Result> =>
    bench.explain(call('method', name), target, data.key);
  const gradients = await explain('saliency', sites);
  const stage = (name: string, of: Result, given: Record<string, Json>): Promise<Result> =>
    bench.run({ kind: 'correction', correction: call('correction', name, given), attribution: of.key });
  const seqlets = await stage('seqlets', await explain('in_silico_mutagenesis', sites), { fdr: 0.2, window: 7 });
  const record = [`chr1`, 501, '.', sequence[500]!, sequence[500] === 'A' ? 'C' : 'A', '.', '.', '.'].join('\t');
  const vcf = `##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n${record}\n`;
  const variants = await bench.data(
    call('source', 'variants', { path: await text('v.vcf', vcf), genome: reference, length: LENGTH }),
  );
  const training = (input: Call[]): Call =>
    call('training', 'train', {
      network: call('network', 'layers', {
        layers: [...input, call('layer', 'dense', { units: 1 })] as unknown as Json,
      }) as unknown as Json,
      loss: 'mean_squared',
      optimizer: call('optimizer', 'adam') as unknown as Json,
      epochs: 1,
    });
  const trained = await bench.run({
    kind: 'training',
    training: training([call('layer', 'flatten')]),
    data: sites.key,
  });
  const people = await bench.data(call('source', 'simulate_genotypes', { people: 40, variants: 6, seed: 1 }));
  const scored = await bench.run({ kind: 'training', training: training([]), data: people.key });
  const trait = {
    target: call('target', 'output'),
    model: { call: 'trained', category: 'training' as const, parameters: { of: scored.key } },
  };
  const genotypes = await bench.explain(call('method', 'saliency'), trait, people.key);
  const patterns = await stage('patterns', seqlets, { seed: 1 });
  const filters = await explain('filters_to_pwms', sites);
  const effects = await explain('variant_effect', variants);
  subjects = {
    ...{ tsv: gradients, npz: gradients, hdf5: gradients, zarr: gradients, bedgraph: gradients, bigwig: gradients },
    ...{ anndata: genotypes, meme: filters, modisco: patterns, bed: seqlets, vcf: effects, onnx: trained },
  };
}, 120_000);
afterAll(() => bench.remove());

const ENDINGS: Readonly<Record<keyof typeof EXPORTS, string>> = {
  ...{ tsv: 'tsv', npz: 'npz', hdf5: 'h5', zarr: 'zarr.zip', anndata: 'h5ad', bedgraph: 'bedgraph', bigwig: 'bw' },
  ...{ meme: 'meme', modisco: 'h5', bed: 'bed', vcf: 'vcf', onnx: 'onnx' },
};

describe('the record of an export', () => {
  // The types of the tables above hold them to the exports that there are.
  it.each(Object.keys(EXPORTS) as (keyof typeof EXPORTS)[])('%s', async name => {
    const subject = subjects[name];
    const path = join(bench.folder, 'out', `${name}.${ENDINGS[name]}`);
    const { paths } = await runExport({
      call: call('export', name, { of: subject.key, path: 'any' }),
      path,
      store: bench.store,
      files: bench.paths,
      version: 'test',
      checkpoint: () => Promise.resolve(),
    });
    const record = JSON.parse(await readFile(`${path}.json`, 'utf8')) as Written;
    expect(record).toMatchObject({ writer: 'explainome', version: 'test', export: { call: name } });
    expect(Object.keys(record.files).sort()).toEqual(paths.map(one => basename(one)).sort());
    for (const one of paths) {
      const bytes = await readFile(one);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(record.files[basename(one)]).toEqual({ bytes: bytes.length, sha256 });
    }
    // The result itself, with its task, down to the data that everything came from.
    expect(record.results[subject.key]?.task).toEqual(JSON.parse(JSON.stringify(subject.meta.task)));
    const kinds = Object.keys(record.results).map(async key => (await bench.store.meta(key))!.kind);
    expect(await Promise.all(kinds)).toContain('data');
    const inputs = Object.values(record.inputs);
    if (name === 'anndata') expect(inputs).toEqual([]);
    else expect(inputs).toEqual(expect.arrayContaining(['genome.fa', name === 'vcf' ? 'v.vcf' : 'sites.bed']));
    const { rows } = await bench.store.rows(subject.key);
    expect(record.rows[subject.key]?.count).toBe(rows.length);
  });
});
