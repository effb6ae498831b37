/** Variants and strands: beside mutagenesis, beside the same sequences written out, and in closed form. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import VcfParser from '@gmod/vcf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shownRows } from '../../../../server/src/cli/shown-rows.js';
import { onnxruntimeExecutor } from '../../../../server/src/engine/backends/onnxruntime.js';
import { variantOf } from '../../../../server/src/engine/data/variant.js';
import { runExport } from '../../../../server/src/engine/export/exports.js';
import { Failure } from '../../../../server/src/engine/failure.js';
import type { Call, Json, Target } from '../../../../server/src/protocol.js';
import { expectSameMap, sum } from '../close.js';
import { network, scalarFunction, sequences, weightedSum } from '../networks.js';
import { call, path as integrated, Workbench, type Result } from '../workbench.js';

const LENGTH = 24;
const HALF = LENGTH / 2;
const PEAKS = '../shared/data/peaks/ctcf.fa.gz';
const CTCF = '../shared/data/peaks/ctcf_vs_pu1.onnx';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(1));
  await mkdir(join(bench.folder, 'out'));
});
afterAll(() => bench.remove());

const turned = (sequence: string): string =>
  [...sequence]
    .map(base => 'TGCA'['ACGT'.indexOf(base)]!)
    .reverse()
    .join('');

/** A data set of variants of one chromosome. */
async function variantsOf(bases: string, rows: readonly string[], length = LENGTH): Promise<Result> {
  const fasta = join(bench.folder, `genome${bases.length}.fa`);
  await writeFile(fasta, `>chr1\n${bases}\n`);
  await writeFile(`${fasta}.fai`, `chr1\t${bases.length}\t6\t${bases.length}\t${bases.length + 1}\n`);
  const vcf = join(bench.folder, 'variants.vcf');
  const lines = rows.map(row => `1\t${row.replaceAll(' ', '\t')}\t.\t.\t.\n`).join('');
  await writeFile(vcf, `##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n${lines}`);
  const genome = call('genome', 'indexed_fasta', { path: await bench.file(fasta) });
  return bench.data(call('source', 'variants', { path: await bench.file(vcf), genome, length }));
}

const variantEffect = (given: Record<string, Json> = {}): Call => call('method', 'variant_effect', given);
const columns = (result: Result, column: number): number[] =>
  Array.from(result.arrays['array']!).filter((_, at) => at % 3 === column);

/** The target at sequences, by a data set of their own. */
async function predictions(target: Target, all: readonly string[]): Promise<number[]> {
  const { arrays } = await bench.explain(call('method', 'saliency'), target, await bench.sequences(...all));
  return Array.from(arrays['predictions']!);
}

const BASES = sequences(4, LENGTH, 5).join('');
const ROWS = [30, 41, 55].map(position => {
  const at = position - 1;
  const base = BASES[at]!;
  // A substitution, a deletion of two bases and an insertion that cannot move.
  return [
    `${position} . ${base} ${base === 'G' ? 'T' : 'G'}`,
    `${position} . ${BASES.slice(at, at + 3)} ${base}`,
    `${position} . ${base} ${base}${BASES[at + 1] === 'A' ? 'C' : 'A'}${base === 'T' ? 'G' : 'T'}`,
  ];
});

/** The windows of every variant, by cutting the changed genome. */
function windows(names: readonly string[]): { before: string[]; after: string[] } {
  const cut = (name: string, allele: 'reference' | 'alternative'): string => {
    const variant = variantOf(name)!;
    const changed =
      BASES.slice(0, variant.start) + variant[allele] + BASES.slice(variant.start + variant.reference.length);
    return changed.slice(variant.start - HALF, variant.start + HALF);
  };
  return { before: names.map(name => cut(name, 'reference')), after: names.map(name => cut(name, 'alternative')) };
}

describe('variant_effect', () => {
  let data: Result;
  let names: string[];
  beforeAll(async () => {
    data = await variantsOf(BASES, ROWS.flat());
    names = (await bench.store.rows(data.key)).rows.map(([name]) => name!);
    expect(names).toHaveLength(9);
  });

  it('is the target at both windows, and their difference', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const found = await bench.explain(variantEffect(), target, data.key);
    const { before, after } = windows(names);
    expectSameMap(columns(found, 0), await predictions(target, before), 1e-6);
    expectSameMap(columns(found, 1), await predictions(target, after), 1e-6);
    const difference = columns(found, 1).map((value, row) => value - columns(found, 0)[row]!);
    expectSameMap(columns(found, 2), difference, 1e-6);
    expect(found.meta).toMatchObject({ map: 'edit', notes: [{ code: 'method/variants' }] });
    const shown = await shownRows(found.meta, bench.store);
    expect(shown[0]).toMatch(/^example +reference +alternative +effect$/);
    expect(shown.slice(1).map(line => line.split(' ')[0])).toEqual(names);
  });

  it('takes the mean over strands before the logarithm of the ratio', async () => {
    const positive = scalarFunction(LENGTH, (builder, flat) =>
      builder.add('Exp', [
        weightedSum(
          builder,
          flat,
          Array.from({ length: 4 * LENGTH }, (_, at) => Math.sin(at)),
        ),
      ]),
    );
    const target = await bench.target(positive, LENGTH, call('target', 'output'));
    const found = await bench.explain(variantEffect({ score: 'log_ratio', strands: 'both' }), target, data.key);
    const both = async (all: readonly string[]): Promise<number[]> => {
      const [own, other] = [await predictions(target, all), await predictions(target, all.map(turned))];
      return own.map((value, at) => (value + other[at]!) / 2);
    };
    const { before, after } = windows(names);
    const [reference, alternative] = [await both(before), await both(after)];
    expectSameMap(
      columns(found, 2),
      reference.map((value, at) => Math.log2(alternative[at]! / value)),
      1e-5,
    );
  });

  it('refuses sequences without alleles, and ratios of what is not positive', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const codeOf = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 'explained',
        (error: unknown) => (error instanceof Failure ? error.problem.code : error),
      );
    const plain = await bench.sequences(...sequences(2, LENGTH, 1));
    expect(await codeOf(bench.explain(variantEffect(), target, plain))).toBe('method/no-variants');
    const negative = scalarFunction(LENGTH, (builder, flat) =>
      weightedSum(builder, flat, new Float32Array(4 * LENGTH), -1),
    );
    const other = await bench.target(negative, LENGTH);
    expect(await codeOf(bench.explain(variantEffect({ score: 'log_ratio' }), other, data.key))).toBe(
      'method/log-ratio',
    );
  });

  it('survives the stages of a data pipeline', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const whole = await bench.explain(variantEffect(), target, data.key);
    const some = await bench.data(data.key, [call('stage', 'take', { size: 2, from: 4 })]);
    const joined = await bench.data(some.key, [call('stage', 'concat', { data: [data.key] })]);
    const found = await bench.explain(variantEffect(), target, joined.key);
    expectSameMap(columns(found, 2), [...columns(whole, 2).slice(4, 6), ...columns(whole, 2)], 1e-6);
  });

  it('is written as VCF that bcftools reads, and as a table', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const found = await bench.explain(variantEffect(), target, data.key);
    const write = async (name: string): Promise<string> => {
      const path = join(bench.folder, 'out', `effects.${name}`);
      const request = { store: bench.store, files: bench.paths, version: '', checkpoint: () => Promise.resolve() };
      await runExport({ call: call('export', name, { of: found.key, path: 'any' }), path, ...request });
      return path;
    };
    const path = await write('vcf');
    const [header = [], records = []] = [true, false].map(isHeader =>
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .filter(line => line.startsWith('#') === isHeader),
    );
    const parser = new VcfParser({ header: header.join('\n') });
    const read = new Map(
      records.map(line => {
        const { CHROM, POS, REF, ALT, INFO } = parser.parseLine(line);
        const values = ['XOME_REF', 'XOME_ALT', 'XOME_EFFECT'].map(key => (INFO[key] as number[])[0]!);
        return [`${CHROM}:${POS}:${REF}>${ALT![0]}`, values.map(Math.fround)];
      }),
    );
    const rows = (at: number): number[] => Array.from(found.arrays['array']!.subarray(3 * at, 3 * at + 3));
    names.forEach((name, at) => expect(read.get(name)).toEqual(rows(at)));
    const table = readFileSync(await write('tsv'), 'utf8')
      .trim()
      .split('\n');
    expect(table[0]).toBe('name\treference\talternative\teffect');
    expect(table.slice(1).map(line => Math.fround(Number(line.split('\t')[3])))).toEqual(columns(found, 2));
    if (spawnSync('bcftools', ['--version']).status !== 0) return;
    const positions = execFileSync('bcftools', ['query', '-f', '%POS\n', path], { stdio: ['ignore', 'pipe', 'pipe'] });
    const written = positions.toString().trim().split('\n').map(Number);
    expect(written).toEqual(names.map(name => variantOf(name)!.start + 1).sort((a, b) => a - b));
  });
});

describe.skipIf(!existsSync(PEAKS) || !existsSync(CTCF))('variant_effect on CTCF sites', () => {
  it('of every substitution around a summit is what mutagenesis says', async () => {
    const peaks = gunzipSync(readFileSync(PEAKS))
      .toString()
      .split('\n')
      .filter(line => !line.startsWith('>') && !/[^acgt]/i.test(line))
      .slice(0, 3)
      .join('')
      .toUpperCase();
    const rows = Array.from({ length: 30 }, (_, i) => {
      const position = 136 + i;
      const base = peaks[position - 1]!;
      return `${position} . ${base} ${[...'ACGT'].filter(other => other !== base).join(',')}`;
    });
    const data = await variantsOf(peaks, rows, 100);
    const target = await bench.target(CTCF, 100);
    const effects = columns(await bench.explain(variantEffect(), target, data.key), 2);
    const map = (await bench.explain(call('method', 'in_silico_mutagenesis'), target, data.key)).arrays['array']!;
    const { rows: named } = await bench.store.rows(data.key);
    const expected = named.map(([name], row) => map[row * 400 + 50 * 4 + 'ACGT'.indexOf(name!.at(-1)!)]!);
    expect(effects).toHaveLength(90);
    expectSameMap(effects, expected, 1e-5);
  });
});

describe('variant_attribution', () => {
  const weights = Array.from({ length: 4 * LENGTH }, (_, at) => Math.cos(3 * at));
  const linear = () => scalarFunction(LENGTH, (builder, flat) => weightedSum(builder, flat, weights));
  const of = (method: Call): Call => call('method', 'variant_attribution', { method });
  const saliency = call('method', 'saliency');
  const base = (letter: string): number => 'ACGT'.indexOf(letter);

  it('shows the lost and the new base of a substitution, and follows the genome behind an insertion', async () => {
    const data = await variantsOf(BASES, ROWS[0]!);
    const names = (await bench.store.rows(data.key)).rows.map(([name]) => name!);
    const target = await bench.target(linear(), LENGTH);
    const { arrays } = await bench.explain(of(saliency), target, data.key);
    const { before, after } = windows(names);
    const expected = names.flatMap((name, row) => {
      const map = new Array<number>(4 * LENGTH).fill(0);
      const { reference, alternative } = variantOf(name)!;
      // What an insertion pushes out of the window has nothing to be compared with.
      const shared = LENGTH - Math.max(0, alternative.length - reference.length);
      [...before[row]!.slice(0, shared)].forEach(
        (letter, at) => (map[4 * at + base(letter)]! -= weights[4 * at + base(letter)]!),
      );
      [...after[row]!].forEach((letter, at) => {
        const behind = at >= HALF + alternative.length;
        const place = behind ? at + reference.length - alternative.length : Math.min(at, HALF + reference.length - 1);
        if (place < LENGTH) map[4 * place + base(letter)]! += weights[4 * at + base(letter)]!;
      });
      return map;
    });
    expectSameMap(arrays['array']!, expected, 1e-6);
    // A substitution touches its own position only.
    const touched = Array.from(arrays['array']!.subarray(0, 4 * LENGTH), (value, at) => (value === 0 ? -1 : at >> 2));
    expect(new Set(touched)).toEqual(new Set([-1, HALF]));
  });

  it('sums to the effect of a substitution for a method that is complete', async () => {
    const data = await variantsOf(
      BASES,
      ROWS.map(([substitution]) => substitution!),
    );
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const path = integrated(call('reference', 'uniform'), { tolerance: 1e-4 });
    const { arrays } = await bench.explain(of(path), target, data.key);
    const effects = columns(await bench.explain(variantEffect(), target, data.key), 2);
    const sums = effects.map((_, row) => sum(arrays['array']!.subarray(row * 4 * LENGTH, (row + 1) * 4 * LENGTH)));
    expectSameMap(sums, effects, 2e-3);
  });
});

describe('reverse_complement', () => {
  const uniform = call('reference', 'uniform');
  it.each<Call>([
    call('method', 'saliency'),
    call('method', 'in_silico_mutagenesis'),
    call('method', 'deep_lift', { baseline: uniform, rule: 'genomics_default' }),
    call('method', 'lrp', { rule: ['box', 'gamma'], dense: 'epsilon' }),
    integrated(uniform, { steps: 16 }),
  ])('$call: is the mean of the maps of both strands', async method => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const chosen = sequences(3, LENGTH, 4);
    const own = await bench.explain(method, target, await bench.sequences(...chosen));
    const other = await bench.explain(method, target, await bench.sequences(...chosen.map(turned)));
    const size = 4 * LENGTH;
    // Reversed in position and base at once.
    const back = other.arrays['array']!.map(
      (_, at) => other.arrays['array']![Math.floor(at / size) * size + size - 1 - (at % size)]!,
    );
    const expected = own.arrays['array']!.map((value, at) => (value + back[at]!) / 2);
    const wrapped = call('method', 'reverse_complement', { method });
    const found = await bench.explain(wrapped, target, await bench.sequences(...chosen));
    expect(found.meta.map).toBe(own.meta.map);
    expectSameMap(found.arrays['array']!, expected, 1e-5);
    expectSameMap(found.arrays['predictions']!, own.arrays['predictions']!, 1e-6);
  });

  it('explains what a wrapper around it gives it', async () => {
    const target = await bench.target(network({ length: LENGTH }), LENGTH);
    const data = await bench.sequences(...sequences(2, LENGTH, 4));
    const inner = call('method', 'reverse_complement', { method: integrated(uniform, { steps: 8 }) });
    const still = { samples: 2, noise: { share: 1e-7 }, seed: 1 };
    const found = await bench.explain(call('method', 'smooth_grad', { method: inner, ...still }), target, data);
    expectSameMap(found.arrays['array']!, (await bench.explain(inner, target, data)).arrays['array']!, 1e-4);
  });
});
