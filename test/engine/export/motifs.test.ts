/** Seqlets and patterns as files of other tools. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import h5wasm from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { withHdf5, type Hdf5Dataset, type Hdf5Group } from '../../../server/src/engine/data/hdf5.js';
import { parseMotifs, readMotifs } from '../../../server/src/engine/data/motifs.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { runExport } from '../../../server/src/engine/export/exports.js';
import { BASES_OF } from '../../../server/src/engine/data/one-hot.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import type { Json } from '../../../server/src/protocol.js';
import { call, PLANTED, Workbench, type Result } from '../methods/workbench.js';

let bench: Workbench;
let letters: string[];
let seqlets: Result;
let patterns: Result;

/** Every other example lies on the minus strand of its chromosome. */
const placeOf = (i: number): string => `chr1:${1000 * i}-${1000 * i + 100}(${i % 2 === 0 ? '+' : '-'})`;

beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(1));
  await mkdir(join(bench.folder, 'out'));
  const random = new Stream(1, 'test');
  letters = Array.from({ length: 60 }, () => {
    const background = Array.from({ length: 92 }, () => 'ACGT'[random.integer(4)]!).join('');
    const at = random.integer(85);
    const gap = random.integer(2) === 0 ? 'TGAGTCA' : 'TGACTCA';
    return `${background.slice(0, at)}${gap}${background.slice(at)}A`;
  });
  const fasta = join(bench.folder, 'placed.fa');
  await writeFile(fasta, letters.map((sequence, i) => `>${placeOf(i)}\n${sequence}\n`).join(''));
  const data = await bench.data(call('source', 'fasta', { path: await bench.file(fasta) }));
  const map = await bench.explain(call('method', 'in_silico_mutagenesis'), await bench.target(PLANTED, 100), data.key);
  const stage = (name: string, of: Result, given: Record<string, Json>) =>
    bench.run({ kind: 'correction', correction: call('correction', name, given), attribution: of.key });
  seqlets = await stage('seqlets', map, { fdr: 0.2, window: 7 });
  patterns = await stage('patterns', seqlets, { seed: 1 });
});
afterAll(() => bench.remove());

async function written(name: string, of: Result, file: string): Promise<string> {
  await runExport({
    call: call('export', name, { of: of.key, path: 'any' }),
    path: join(bench.folder, 'out', file),
    store: bench.store,
    files: bench.paths,
    version: 'test',
    checkpoint: () => Promise.resolve(),
  });
  return readFile(join(bench.folder, 'out', file), 'utf8');
}

const turned = (text: string): string =>
  [...text]
    .reverse()
    .map(letter => 'TGCA'['ACGT'.indexOf(letter)])
    .join('');

/** The plus strand at a place of the genome. */
function genome(start: number, end: number): string {
  const example = Math.floor(start / 1000);
  const plus = example % 2 === 0 ? letters[example]! : turned(letters[example]!);
  return plus.slice(start - 1000 * example, end - 1000 * example);
}

describe('BED', () => {
  it('holds every seqlet where the genome has it', async () => {
    const lines = (await written('bed', seqlets, 'seqlets.bed')).trimEnd().split('\n');
    expect(lines).toHaveLength(seqlets.meta.rows);
    const values = seqlets.arrays['array']!;
    lines.forEach((line, row) => {
      const [chromosome, start, end, , , strand, score] = line.split('\t');
      const [example, first, last, sum] = values.subarray(5 * row);
      const own = letters[example!]!.slice(first, last);
      expect([chromosome, strand]).toEqual(['chr1', '.']);
      expect(genome(Number(start), Number(end))).toBe(example! % 2 === 0 ? own : turned(own));
      expect(Number(score)).toBeCloseTo(sum!, 4);
    });
  });

  it('holds the members of a pattern so that all read alike on their strand', async () => {
    const lines = (await written('bed', patterns, 'patterns.bed')).trimEnd().split('\n');
    const sequences = lines.flatMap(line => {
      const [, start, end, name, , strand] = line.split('\t');
      const plus = genome(Number(start), Number(end));
      return name === 'positive_1' ? [strand === '-' ? turned(plus) : plus] : [];
    });
    const motifs = parseMotifs(await written('meme', patterns, 'patterns.meme'), 'patterns.meme');
    const best = motifs[0]!;
    expect(best.sites).toBe(sequences.length);
    const shares = Array.from({ length: best.width * 4 }, (_, at) => {
      const there = sequences.filter(sequence => sequence.length === best.width);
      return there.filter(sequence => sequence[at >> 2] === 'ACGT'[at % 4]).length / there.length;
    });
    shares.forEach((share, at) => expect(share).toBeCloseTo(best.matrix[at]!, 1));
    const consensus = Array.from({ length: best.width }, (_, i) => {
      const column = [...best.matrix.subarray(4 * i, 4 * i + 4)];
      return 'ACGT'[column.indexOf(Math.max(...column))]!;
    }).join('');
    const motif = [...'TGASTCA'].map(letter => `[${BASES_OF[letter]}]`).join('');
    expect(consensus).toMatch(new RegExp(motif));
  });

  it('is refused for results without seqlets', async () => {
    await expect(
      written('bed', { ...seqlets, key: await bench.sequences('A'.repeat(100)) }, 'no.bed'),
    ).rejects.toMatchObject({
      problem: { code: 'export/no-seqlets' },
    });
  });
});

describe('HDF5 of TF-MoDISco-lite', () => {
  it('holds each pattern as the mean of its seqlets, and each seqlet where its example has it', async () => {
    await written('modisco', patterns, 'patterns.h5');
    const path = join(bench.folder, 'out', 'patterns.h5');
    await withHdf5(
      path,
      'data',
      () => new Failure('data/not-hdf5', ''),
      file => {
        const numbers = (name: string): number[] => Array.from((file.get(name) as Hdf5Dataset).value as Float32Array);
        const names = (file.get('pos_patterns') as Hdf5Group).keys();
        expect(names.length).toBe(patterns.meta.rows);
        for (const name of names) {
          const of = (part: string): number[] => numbers(`pos_patterns/${name}/${part}`);
          const [count] = of('seqlets/n_seqlets') as [number];
          const [starts, ends] = [of('seqlets/start'), of('seqlets/end')];
          const [examples, turns, own] = [of('seqlets/example_idx'), of('seqlets/is_revcomp'), of('seqlets/sequence')];
          const width = ends[0]! - starts[0]!;
          const sum = new Float64Array(4 * width);
          for (let seqlet = 0; seqlet < count; seqlet++) {
            const hot = own.slice(4 * width * seqlet, 4 * width * (seqlet + 1));
            hot.forEach((value, at) => (sum[at]! += value));
            const found = Array.from(
              { length: width },
              (_, i) => 'ACGT'[hot.slice(4 * i, 4 * i + 4).indexOf(1)] ?? '-',
            );
            const [start, end] = [starts[seqlet]!, ends[seqlet]!];
            const inside = letters[examples[seqlet]!]!.slice(Math.max(0, start), end);
            const padded = '-'.repeat(Math.max(0, -start)) + inside + '-'.repeat(Math.max(0, end - 100));
            expect(found.join('').replaceAll('-', '')).toBe(turns[seqlet] === 1 ? turned(inside) : inside);
            expect(found).toHaveLength(padded.length);
          }
          const columns = of('sequence');
          columns.forEach((share, at) => {
            const position = at - (at % 4);
            const total = sum.slice(position, position + 4).reduce((all, one) => all + one, 0);
            expect(share).toBeCloseTo(sum[at]! / total, 5);
          });
          // Contributions add up to those of the pattern, which are means over its seqlets.
          for (const track of ['contrib_scores', 'hypothetical_contribs']) {
            const each = of(`seqlets/${track}`);
            of(track).forEach((value, at) => {
              let mean = 0;
              for (let seqlet = 0; seqlet < count; seqlet++) mean += each[4 * width * seqlet + at]! / count;
              expect(Math.abs(value - mean)).toBeLessThan(1e-4 * (1 + Math.abs(mean)));
            });
          }
        }
      },
    );
  });

  it('is a library of motifs', async () => {
    await written('modisco', patterns, 'library.h5');
    const path = join(bench.folder, 'out', 'library.h5');
    const library = await readMotifs(path);
    expect(library.map(({ id, sites }) => [id, sites])).toEqual(
      library.map((_, i) => [`pos_patterns/pattern_${i}`, patterns.arrays['sites']![i]]),
    );
    expect(Float32Array.from(library.flatMap(({ matrix }) => [...matrix]))).toEqual(patterns.arrays['array']);
    const correction = call('correction', 'match_motifs', { library: await bench.file(path) });
    const matched = await bench.run({ kind: 'correction', correction, attribution: patterns.key });
    const best = matched.meta.rows;
    expect(best).toBe(library.length);
    const count = library.length;
    // Each is most like itself.
    for (let row = 0; row < count; row++) {
      const own = matched.arrays['p_values']!.slice(row * count, (row + 1) * count);
      expect(own.indexOf(Math.min(...own))).toBe(row);
    }
  });

  it('is refused where there are no patterns, and a file of another kind is none', async () => {
    await expect(written('modisco', seqlets, 'none.h5')).rejects.toMatchObject({
      problem: { code: 'export/no-patterns' },
    });
    const other = join(bench.folder, 'out', 'other.h5');
    const file = new h5wasm.File(other, 'w');
    file.create_dataset({ name: 'x', data: Float32Array.of(1), shape: [1], dtype: '<f' });
    file.close();
    await expect(readMotifs(other)).rejects.toMatchObject({ problem: { code: 'data/not-motifs' } });
  });
});
