/** The stages of motif discovery on a network that was trained on planted motifs, as steps with stored results. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntimeExecutor } from '../../../server/src/engine/backends/onnxruntime.js';
import type { Json, Target } from '../../../server/src/protocol.js';
import { call, PLANTED, Workbench, type Result } from '../methods/workbench.js';

const MOTIFS = ['TGASTCA', 'WGATAAR', 'CACGTGAC'];
const LIBRARY = `>AP1 ap-1\nA 0 0 8 0 0 0 8\nC 0 0 0 4 0 8 0\nG 0 8 0 4 0 0 0\nT 8 0 0 0 8 0 0
>EBOX e-box\nA 0 8 0 0 0 0\nC 8 0 8 0 0 0\nG 0 0 0 8 0 8\nT 0 0 0 0 8 0
>TATA tata\nA 0 8 0 8 8 8\nC 0 0 0 0 0 0\nG 0 0 0 0 0 0\nT 8 0 8 0 0 0\n`;

let bench: Workbench;
let target: Target;
let map: Result;
let data: Result;

beforeAll(async () => {
  bench = await Workbench.create(await onnxruntimeExecutor(1));
  target = await bench.target(PLANTED, 100);
  data = await bench.data(call('source', 'simulate_motifs', { motifs: MOTIFS, sequences: 150, positives: 1, seed: 8 }));
  map = await bench.explain(call('method', 'in_silico_mutagenesis'), target, data.key);
});
afterAll(() => bench.remove());

const stage = (name: string, of: Result, given: Readonly<Record<string, Json>>): Promise<Result> =>
  bench.run({ kind: 'correction', correction: call('correction', name, given), attribution: of.key });
const rowsOf = async ({ key }: Result) => (await bench.store.rows(key)).rows;

describe('motifs of a trained network', () => {
  let seqlets: Result;
  let patterns: Result;

  it('are cut as seqlets whose scores are sums of the map’s', async () => {
    seqlets = await stage('seqlets', map, { fdr: 0.2 });
    expect(seqlets.meta.map).toBe('seqlet');
    const values = seqlets.arrays['array']!;
    for (let row = 0; row * 5 < values.length; row++) {
      const [example, start, end, score, rate] = values.subarray(row * 5);
      const scores = Array.from(map.arrays['scores']!.subarray(100 * example! + start!, 100 * example! + end!));
      expect(score).toBeCloseTo(
        scores.reduce((sum, value) => sum + value, 0),
        4,
      );
      expect(rate).toBeLessThanOrEqual(0.2);
    }
    const [name, example] = (await rowsOf(seqlets))[0]!;
    expect(name).toBe(`${example}:${values[1]}-${values[2]}`);
    expect(seqlets.meta.notes[0]!.message).toMatch(/windows of \d+ bp, at which the strongest/);
  });

  it('are patterns whose matrices are those of their members', async () => {
    patterns = await stage('patterns', seqlets, { seed: 1 });
    const { arrays, meta } = patterns;
    const width = meta.arrays[0]!.axes[1]!.size;
    const members = arrays['members']!;
    const counts = new Float64Array(arrays['counts']!.length);
    for (let row = 0; row * 8 < members.length; row++) {
      const [pattern, example, start, end, minus] = members.subarray(row * 8) as Float64Array;
      expect(end! - start!).toBe(width);
      for (let column = 0; column < width; column++) {
        const position = minus === 1 ? end! - 1 - column : start! + column;
        if (position < 0 || position >= 100) continue;
        for (let base = 0; base < 4; base++)
          counts[(pattern! * width + column) * 4 + (minus === 1 ? 3 - base : base)]! +=
            data.arrays['array']![(example! * 100 + position) * 4 + base]!;
      }
    }
    expect([...arrays['counts']!]).toEqual([...counts]);
    const sums = arrays['contributions']!.map((value, at) => value * Number(arrays['counts']![at] === 0));
    expect(sums.every(value => value === 0)).toBe(true);
  });

  it('are the motifs of a library that were planted, with q-values', async () => {
    const path = join(bench.folder, 'library.pfm');
    await writeFile(path, LIBRARY);
    const found = await stage('match_motifs', patterns, { library: await bench.file(path) });
    const rows = await rowsOf(found);
    expect(rows.map(([, , consensus]) => consensus).join(' ')).toMatch(/TGA[CG]TCA|CACGTGAC|GTCACGTG/i);
    expect(
      rows
        .map(cells => cells[3])
        .slice(0, 2)
        .sort(),
    ).toEqual(['AP1', 'EBOX']);
    expect(found.arrays['array']).toEqual(patterns.arrays['array']);
    rows.forEach(([, , , , , p, e, q], row) => {
      const qs = [...found.arrays['q_values']!.subarray(3 * row, 3 * row + 3)];
      expect(Number(q) / Math.min(...qs)).toBeCloseTo(1, 3);
      expect(Number(e) / Number(p)).toBeCloseTo(3, 2);
    });
    // The matched motif lies where the pattern has its letters.
    const [matched, ppm] = [found.arrays['matched']!, found.arrays['array']!];
    const size = matched.length / rows.length;
    const agreeing = [...matched.subarray(0, size).keys()].filter(at => matched[at] === 1 && ppm[at]! > 0.5);
    expect(agreeing.length).toBeGreaterThanOrEqual(5);

    const metric = call('metric', 'motif_match', { motif: 'e-box' });
    const match = await bench.run({ kind: 'metric', metric, subjects: [found.key] });
    const best = Math.min(...rows.map((_, row) => found.arrays['q_values']![3 * row + 1]!));
    expect(match.meta.statistics!['q']!.value).toBe(best);
  });

  it('are planted motifs, in patterns more surely than in seqlets alone', async () => {
    const metric = call('metric', 'seqlet_recovery', {
      truth: { truth: call('truth', 'planted_motifs') as unknown as Json, of: data.key },
    });
    const [cut, clustered] = await Promise.all(
      [seqlets, patterns].map(({ key }) => bench.run({ kind: 'metric', metric, subjects: [key] })),
    );
    const value = (result: Result | undefined, name: string) => result!.meta.statistics![name]!.value;
    // The network relies on two of the three motifs.
    for (const result of [cut, clustered]) expect(value(result, 'recall')).toBeGreaterThan(0.6);
    expect(value(cut, 'precision')).toBeGreaterThan(0.7);
    expect(value(clustered, 'precision')).toBeGreaterThan(value(cut, 'precision'));
  });

  it('are found against a background that is given, and not in the background itself', async () => {
    const nothing = await bench.data(data.key, [call('stage', 'shuffle_sequences', { seed: 1 })]);
    const background = await bench.explain(call('method', 'in_silico_mutagenesis'), target, nothing.key);
    const given = { fdr: 0.05, window: 8, background: background.key };
    const found = await stage('seqlets', map, given);
    expect(found.meta.rows).toBeGreaterThan(150);
    await expect(stage('seqlets', background, given)).rejects.toMatchObject({ problem: { code: 'seqlets/none' } });
  });

  it('refuse windows that do not fit', async () => {
    await expect(stage('seqlets', map, { fdr: 0.2, window: 101 })).rejects.toMatchObject({
      problem: { code: 'seqlets/window' },
    });
    await expect(stage('patterns', seqlets, { seed: 1, least: 1000 })).rejects.toMatchObject({
      problem: { code: 'patterns/none' },
    });
  });
});
