/** Seqlets and patterns as files of other tools. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import { parseMotifs } from '../../../server/src/engine/data/motifs.js';
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
