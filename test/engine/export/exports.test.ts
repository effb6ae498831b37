/** Exports read back: the same arrays, rows and networks, by readers that know only the formats. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BigWig } from '@gmod/bbi';
import { unzipSync } from 'fflate';
import h5wasm from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceExecutor } from '../../../server/src/engine/backends/reference.js';
import { parseMotifs } from '../../../server/src/engine/data/motifs.js';
import { runExport } from '../../../server/src/engine/export/exports.js';
import { placeOf, regionName, regionOf } from '../../../server/src/engine/data/region.js';
import { Failure } from '../../../server/src/engine/failure.js';
import { Stream } from '../../../server/src/engine/random/philox.js';
import type { Json } from '../../../server/src/protocol.js';
import { network, sequences } from '../methods/networks.js';
import { call, path as integrated, Workbench, type Result } from '../methods/workbench.js';
import { readBigWig } from './bigwig-reader.js';

const LENGTH = 24;
let workbench: Workbench;
let folder: string;

beforeAll(async () => {
  workbench = await Workbench.create(referenceExecutor);
  folder = join(workbench.folder, 'out');
  await mkdir(folder);
});
afterAll(() => workbench.remove());

async function write(name: string, of: Result | string, given: Record<string, Json> = {}, file = name) {
  const key = typeof of === 'string' ? of : of.key;
  return runExport({
    call: call('export', name, { of: key, path: 'any', ...given }),
    path: join(folder, file),
    store: workbench.store,
    files: workbench.paths,
    version: 'test',
    checkpoint: () => Promise.resolve(),
  });
}

const read = (file: string): Promise<Buffer> => readFile(join(folder, file));

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Failure ? error.problem.code : String(error);
}

/** A saliency map of these sequences; names as bedtools writes them. */
async function mapOf(names: readonly string[], letters: readonly string[], method = call('method', 'saliency')) {
  const fasta = join(workbench.folder, `${createHash('md5').update(names.join()).digest('hex')}.fa`);
  await writeFile(fasta, names.map((name, i) => `>${name}\n${letters[i]}\n`).join(''));
  const data = await workbench.data(call('source', 'fasta', { path: await workbench.file(fasta) }));
  const target = await workbench.target(network({ length: LENGTH }), LENGTH);
  return { data, map: await workbench.explain(method, target, data.key) };
}

/** What each base should get, by brute force over the stored scores. */
function expected(names: readonly string[], scores: Float32Array | Float64Array): Map<string, number> {
  const found = new Map<string, number[]>();
  names.forEach((name, row) => {
    const { chromosome, start, strand } = regionOf(name, LENGTH)!;
    for (let at = 0; at < LENGTH; at++) {
      const place = `${chromosome}:${start + (strand === '-' ? LENGTH - 1 - at : at)}`;
      found.set(place, [...(found.get(place) ?? []), scores[row * LENGTH + at]!]);
    }
  });
  return new Map(
    [...found].map(([place, values]) => [place, Math.fround(values.reduce((a, b) => a + b, 0) / values.length)]),
  );
}

/** Examples on three chromosomes in no order, on both strands, many of which overlap. */
function places(count: number): string[] {
  const random = new Stream(3, 'places');
  return Array.from({ length: count }, (_, i) => {
    const start = i % 2 === 0 ? 40 * i : 40 * i - random.integer(60);
    const chromosome = ['chr10', 'chr2', 'chrX'][random.integer(3)]!;
    return regionName({ chromosome, start, end: start + LENGTH, strand: '+-.'[random.integer(3)] as '+' | '-' | '.' });
  });
}

describe('places', () => {
  it.each([
    ['chr1:100-124', 100, '.'],
    ['chr1:101-124', 100, '.'],
    ['peak 7::chr1:100-124(-)', 100, '-'],
    ['HLA:A*01:100-124(+) more', 100, '+'],
    ['chr1:100-130', undefined, undefined],
    ['sequence 5', undefined, undefined],
    ['shuffled chr1:100-124', undefined, undefined],
    ['shuffled peak::chr1:100-124(-)', undefined, undefined],
  ])('of %s', (name, start, strand) => {
    const region = regionOf(name, 24);
    expect([region?.start, region?.strand]).toEqual([start, strand]);
    expect(region && regionOf(regionName(region), 24)).toEqual(region);
  });
});

it('a variant lies where its window does', () => {
  expect(placeOf('17:1051:GA>G', 100)).toEqual({ chromosome: '17', start: 1000, end: 1100, strand: '.' });
  expect(placeOf('chr1:100-124(-)', 24)).toEqual(regionOf('chr1:100-124(-)', 24));
  expect(placeOf('sequence 5', 24)).toBeUndefined();
  expect(placeOf('17:11:G>A', 24)).toBeUndefined();
});

describe('tracks', () => {
  const names = places(700);
  let map: Result;
  let truth: Map<string, number>;
  beforeAll(async () => {
    ({ map } = await mapOf(names, sequences(names.length, LENGTH)));
    truth = expected(names, map.arrays['scores']!);
  });

  it('bedGraph is sorted, covers each base once, and has the scores', async () => {
    const { notes } = await write('bedgraph', map, {}, 'track.bedgraph');
    const lines = (await read('track.bedgraph')).toString().trimEnd().split('\n');
    const found = new Map<string, number>();
    let [last, end] = ['', 0];
    for (const line of lines) {
      const [chromosome, from, to, value] = line.split('\t') as [string, string, string, string];
      expect(chromosome > last || (chromosome === last && Number(from) >= end)).toBe(true);
      [last, end] = [chromosome, Number(to)];
      for (let at = Number(from); at < end; at++) found.set(`${chromosome}:${at}`, Math.fround(Number(value)));
    }
    expect(found).toEqual(truth);
    expect(notes.map(note => note.code)).toEqual(['export/overlaps']);
  });

  it('bigWig has the scores in an index of several levels, their summary, and zoom levels that agree', async () => {
    const sizes = join(workbench.folder, 'chrom.sizes');
    await writeFile(sizes, 'chrX\t50000\nchr2\t40000\nchr10\t60000\nchrM\t16571\n');
    await write('bigwig', map, { sizes: await workbench.file(sizes) }, 'track.bw');
    const found = readBigWig(await read('track.bw'));
    expect(found.values).toEqual(truth);
    expect(found.sizes).toEqual(
      new Map([
        ['chr10', 60000],
        ['chr2', 40000],
        ['chrM', 16571],
        ['chrX', 50000],
      ]),
    );
    expect(found.depth).toBe(2);
    const values = [...truth.values()];
    const summary = (of: readonly number[]): number[] => [
      of.length,
      Math.min(...of),
      Math.max(...of),
      of.reduce((sum, value) => sum + value, 0),
      of.reduce((sum, value) => sum + value * value, 0),
    ];
    summary(values).forEach((value, i) => expect(found.total[i]).toBeCloseTo(value, 6));
    expect(found.zooms.map(({ reduction }) => reduction)).toEqual([16, 64, 256, 1024, 4096, 16384]);
    for (const { reduction, records } of found.zooms) {
      let covered = 0;
      for (const { chromosome, start, end, values: shown } of records) {
        const inside = Array.from(
          { length: end - start },
          (_, i) => truth.get(`${chromosome}:${start + i}`) ?? [],
        ).flat();
        expect(end - start).toBeLessThanOrEqual(reduction);
        summary(inside).forEach((value, i) => expect(shown[i]).toBeCloseTo(value, 3));
        covered += inside.length;
      }
      expect(covered).toBe(values.length);
    }
  });

  it('bigWig spells chromosomes as their lengths do', async () => {
    const sizes = join(workbench.folder, 'ensembl.sizes');
    await writeFile(sizes, 'X\t50000\n2\t40000\n10\t60000\n');
    await write('bigwig', map, { sizes: await workbench.file(sizes) }, 'ensembl.bw');
    const found = readBigWig(await read('ensembl.bw'));
    expect([...found.sizes.keys()]).toEqual(['10', '2', 'X']);
    expect(found.values).toEqual(new Map([...truth].map(([place, value]) => [place.replace(/^chr/, ''), value])));
  });

  it('bigWig is read by another library, base by base and in the view of a browser', async () => {
    const { paths } = await write('bigwig', map, {}, 'other.bw');
    const file = new BigWig({ path: paths[0]! });
    const found = new Map<string, number>();
    for (const chromosome of ['chr10', 'chr2', 'chrX']) {
      const features: { start: number; end: number; score: number }[] = await file.getFeatures(chromosome, 0, 60_000, {
        basesPerSpan: 1,
      });
      for (const { start, end, score } of features)
        for (let at = start; at < end; at++) found.set(`${chromosome}:${at}`, score);
    }
    expect(found).toEqual(truth);
    const shown = await file.getFeatures('chr2', 0, 60_000, { basesPerSpan: 2_000 });
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.length).toBeLessThan(200);
  });

  it('refuses overlaps, places outside the chromosomes, and names without a place, and leaves no file', async () => {
    const sizes = join(workbench.folder, 'small.sizes');
    await writeFile(sizes, 'chrX\t500\nchr2\t60000\nchr10\t60000\n');
    const before = await readdir(folder);
    expect(await refusal(write('bedgraph', map, { overlaps: 'error' }, 'no.bg'))).toBe('export/overlap');
    const given = { sizes: await workbench.file(sizes) };
    expect(await refusal(write('bigwig', map, given, 'no.bw'))).toBe('export/outside');
    const unplaced = await mapOf(['one'], sequences(1, LENGTH));
    expect(await refusal(write('bigwig', unplaced.map, {}, 'no.bw'))).toBe('export/no-place');
    expect(await refusal(write('bigwig', unplaced.data, {}, 'no.bw'))).toBe('export/no-positions');
    expect(await readdir(folder)).toEqual(before);
  });
});

/** Shape and values of a float32 `.npy` file in an archive. */
function arrayIn(archive: Buffer): { shape: string; values: Float32Array } {
  const bytes = unzipSync(archive)['arr_0.npy']!;
  const offset = 10 + bytes[8]! + 256 * bytes[9]!;
  const header = Buffer.from(bytes.subarray(10, offset)).toString('latin1');
  expect(header).toContain("'descr': '<f4', 'fortran_order': False");
  return { shape: /\(.*\)/.exec(header)![0], values: new Float32Array(bytes.slice(offset).buffer) };
}

describe('npz', () => {
  it('has map and sequences as [example, base, position] and BED lines of the rows that were kept', async () => {
    const names = ['chr1:100-124', 'chr1:200-224(-)', 'spaced name'];
    const letters = sequences(3, LENGTH);
    letters[1] = `N${letters[1]!.slice(1)}`;
    const { map, data } = await mapOf(names, letters);
    const { paths, notes } = await write('npz', map, {}, 'm.npz');
    expect(paths.map(path => basename(path))).toEqual(['m.npz', 'm.sequences.npz', 'm.bed']);
    expect(notes.map(note => note.code)).toEqual(['export/ambiguous', 'export/no-place', 'export/gradient']);
    for (const [file, array] of [
      ['m.npz', map.arrays['array']!],
      ['m.sequences.npz', data.arrays['array']!],
    ] as const) {
      const { shape, values } = arrayIn(await read(file));
      expect(shape).toBe(`(2, 4, ${LENGTH})`);
      const back = [0, 2].flatMap((row, kept) =>
        Array.from({ length: LENGTH * 4 }, (_, at) => [
          values[(kept * 4 + (at % 4)) * LENGTH + Math.floor(at / 4)],
          array[row * LENGTH * 4 + at],
        ]),
      );
      expect(back.every(([found, stored]) => found === stored)).toBe(true);
    }
    expect((await read('m.bed')).toString()).toBe(
      `chr1\t100\t124\tchr1:100-124\t0\t.\nspaced_name\t0\t${LENGTH}\tspaced_name\t0\t.\n`,
    );
  });

  it('is read back as data by `numpy`', async () => {
    const { map, data } = await mapOf(['chr1:100-124', 'chr1:200-224'], sequences(2, LENGTH));
    const { paths } = await write('npz', map, {}, 'back.npz');
    const again = await workbench.data(call('source', 'numpy', { path: await workbench.file(paths[1]!) }));
    expect(again.arrays['array']).toEqual(data.arrays['array']);
  });

  it('refuses maps without a value for bases that are not there', async () => {
    const { map } = await mapOf(['chr1:0-24'], sequences(1, LENGTH), integrated(call('reference', 'zeros')));
    expect(await refusal(write('npz', map, {}, 'c.npz'))).toBe('export/not-hypothetical');
  });
});

describe('hdf5', () => {
  it('has sequences and scores as the HDF5 library reads them, and is data again', async () => {
    const names = ['chr1:100-124', 'chr1:200-224(-)', 'chr1:300-324'];
    const letters = sequences(3, LENGTH);
    letters[1] = `N${letters[1]!.slice(1)}`;
    const { map, data } = await mapOf(names, letters);
    const { paths, notes } = await write('hdf5', map, {}, 'scores.h5');
    expect(paths.map(path => basename(path))).toEqual(['scores.h5', 'scores.bed']);
    expect(notes.map(note => note.code)).toEqual(['export/ambiguous', 'export/gradient']);
    await h5wasm.ready;
    const file = new h5wasm.File(paths[0]!, 'r');
    const part = (name: string): Float32Array => {
      const found = file.get(name) as InstanceType<typeof h5wasm.Dataset>;
      expect(found.shape).toEqual([2, 4, LENGTH]);
      return found.value as Float32Array;
    };
    const turned = (values: ArrayLike<number>): number[] =>
      [0, 2].flatMap(row =>
        Array.from(
          { length: 4 * LENGTH },
          (_, at) => values[(row * LENGTH + (at % LENGTH)) * 4 + Math.floor(at / LENGTH)]!,
        ),
      );
    const [stored, oneHot] = [map.arrays['array']!, data.arrays['array']!];
    expect([...part('shap/seq')]).toEqual(turned(stored));
    expect([...part('raw/seq')]).toEqual(turned(oneHot));
    expect([...part('projected_shap/seq')].map(Math.abs)).toEqual(
      turned(stored.map((value, at) => value * oneHot[at]!)).map(Math.abs),
    );
    file.close();
    const source = call('source', 'one_hot_hdf5', { path: await workbench.file(paths[0]!), inputs: 'raw/seq' });
    const again = await workbench.data(source);
    expect(turned(again.arrays['array']!).slice(0, 4 * LENGTH)).toEqual(turned(oneHot).slice(0, 4 * LENGTH));
    const first = await read('scores.h5');
    await write('hdf5', map, {}, 'scores.h5');
    expect((await read('scores.h5')).equals(first)).toBe(true);
  });
});

describe('tsv', () => {
  it('holds every number of a map, the letters and the names', async () => {
    const names = ['chr1:100-124', 'two\\t'];
    const letters = sequences(2, LENGTH);
    const { map, data } = await mapOf(names, letters);
    await write('tsv', map, {}, 'map.tsv');
    const [header, ...lines] = (await read('map.tsv')).toString().trimEnd().split('\n');
    expect(header).toBe('name\tposition\tletter\tscore\tA\tC\tG\tT');
    const cells = lines.map(line => line.split('\t'));
    expect(cells.flatMap(row => row.slice(4).map(Number)).map(Math.fround)).toEqual([...map.arrays['array']!]);
    expect(cells.map(row => Math.fround(Number(row[3])))).toEqual([...map.arrays['scores']!]);
    expect(cells.map(row => row[2]).join('')).toBe(letters.join(''));
    expect(cells.map(row => `${row[0]} ${row[1]}`)).toEqual(
      names.flatMap(name => Array.from({ length: LENGTH }, (_, at) => `${name} ${at + 1}`)),
    );
    await write('tsv', data, {}, 'data.tsv');
    const rows = (await read('data.tsv'))
      .toString()
      .trimEnd()
      .split('\n')
      .map(line => line.split('\t'));
    expect(rows.map(row => row.at(-1))).toEqual(['sequence', ...letters]);
  });
});

describe('rows of numbers', () => {
  it('go out as a table and come back as data', async () => {
    const source = call('source', 'simulate_genotypes', { people: 20, variants: 8, seed: 1 });
    const data = await workbench.data(source);
    const { paths } = await write('tsv', data, {}, 'rows.tsv');
    const given = { as: 'genotypes', names: 'name', label: 'label', skip: ['source', 'index'] };
    const again = await workbench.data(call('source', 'table', { path: await workbench.file(paths[0]!), ...given }));
    expect(again.arrays['array']).toEqual(data.arrays['array']);
    const rows = async (of: Result): Promise<unknown> =>
      (await workbench.store.rows(of.key)).rows.map(row => row.slice(0, 2));
    expect(await rows(again)).toEqual(await rows(data));
  });
});

describe('motifs and networks', () => {
  it('MEME text gives the matrices and sites back', async () => {
    const { map } = await mapOf(places(20), sequences(20, LENGTH), call('method', 'filters_to_pwms'));
    await write('meme', map, {}, 'm.meme');
    const motifs = parseMotifs((await read('m.meme')).toString(), 'm.meme');
    const sites = [...map.arrays['sites']!];
    const size = map.arrays['array']!.length / sites.length;
    const kept = sites.flatMap((count, row) => (count > 0 ? [row] : []));
    expect(motifs.map(motif => motif.sites)).toEqual(kept.map(row => sites[row]));
    expect(motifs.flatMap(motif => [...motif.matrix].map(Math.fround))).toEqual(
      kept.flatMap(row => [...map.arrays['array']!.subarray(row * size, (row + 1) * size)]),
    );
    expect(await refusal(write('npz', map, {}, 'no.npz'))).toBe('export/not-hypothetical');
  });

  it('ONNX files of an ensemble predict what its members predict', async () => {
    const layers = [call('layer', 'flatten'), call('layer', 'dense', { units: 1 })];
    const fasta = join(workbench.folder, 'labelled.fa');
    await writeFile(
      fasta,
      sequences(16, LENGTH)
        .map((letters, i) => `>s${i}\n${letters}\n`)
        .join(''),
    );
    const source = call('source', 'fasta', { path: await workbench.file(fasta), label: 1 });
    const data = await workbench.data(source);
    const optimizer = call('optimizer', 'adam');
    const training = call('training', 'train', {
      network: call('network', 'layers', { layers }),
      loss: 'mean_squared',
      optimizer,
      members: 2,
      epochs: 1,
      seed: 1,
    });
    const trained = await workbench.run({ kind: 'training', training, data: data.key });
    const { paths } = await write('onnx', trained, {}, 'net.onnx');
    expect(paths.map(path => basename(path))).toEqual(['net.1.onnx', 'net.2.onnx']);
    const target = { target: call('target', 'logit'), model: call('training', 'train') };
    const ensemble = {
      ...target,
      model: { call: 'trained', category: 'training' as const, parameters: { of: trained.key } },
    };
    const saliency = call('method', 'saliency');
    const files = await Promise.all(
      paths.map(async path => workbench.explain(saliency, await workbench.target(path, LENGTH), data.key)),
    );
    const members = await workbench.explain(saliency, ensemble, data.key);
    const mean = files[0]!.arrays['predictions']!.map((value, i) => (value + files[1]!.arrays['predictions']![i]!) / 2);
    members.arrays['predictions']!.forEach((value, i) => expect(value).toBeCloseTo(mean[i]!, 6));
  });
});

describe('files', () => {
  it('are described by a record, are the same bytes again, and replace nothing that is not their own', async () => {
    const { map, data } = await mapOf(['chr1:100-124'], sequences(1, LENGTH));
    await write('tsv', map, {}, 'again.tsv');
    const first = [await read('again.tsv'), await read('again.tsv.json')];
    const record = JSON.parse(first[1]!.toString()) as {
      files: Record<string, { sha256: string }>;
      results: Record<string, unknown>;
      inputs: Record<string, string>;
      rows: Record<string, unknown>;
    };
    expect(record.files['again.tsv']?.sha256).toBe(createHash('sha256').update(first[0]!).digest('hex'));
    expect(Object.keys(record.results).sort()).toEqual([map.key, data.key].sort());
    expect(Object.values(record.inputs).some(name => name.endsWith('.fa'))).toBe(true);
    const sha256 = createHash('sha256').update('chr1:100-124\n').digest('hex');
    expect(record.rows).toEqual({ [map.key]: { count: 1, sha256, names: ['chr1:100-124'] } });
    await write('tsv', map, {}, 'again.tsv');
    expect([await read('again.tsv'), await read('again.tsv.json')]).toEqual(first);

    await writeFile(join(folder, 'mine.tsv'), 'precious');
    expect(await refusal(write('tsv', map, {}, 'mine.tsv'))).toBe('export/exists');
    await writeFile(join(folder, 'other.tsv.json'), '{"precious": true}');
    expect(await refusal(write('tsv', map, {}, 'other.tsv'))).toBe('export/exists');
    expect((await read('mine.tsv')).toString()).toBe('precious');
    expect((await readdir(folder)).filter(name => name.endsWith('.tmp'))).toEqual([]);
  });
});
