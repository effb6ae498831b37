/**
 * Damaged files: cut off, with flipped bits, hostile sizes, pieces lost or doubled. Every reader answers each with a value or
 * a failure that names what is wrong, soon and in little memory. `npm run fuzz` tries 10,000 of each.
 */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import h5wasm from 'h5wasm/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { CATALOG, findEntry, type Entry } from '../../../server/src/catalog/index.js';
import { chromosomeSizes } from '../../../server/src/engine/data/chromosome-sizes.js';
import { readMotifs } from '../../../server/src/engine/data/motifs.js';
import { describeSource, readSource } from '../../../server/src/engine/data/sources.js';
import { groupsOf } from '../../../server/src/engine/methods/groups.js';
import type { Call } from '../../../server/src/protocol.js';
import { hdf5, integers, text, twoBit, type Group } from './fuzz/files.js';
import { ROWS } from './fuzz/rows.js';
import { SEQUENCES } from './fuzz/sequences.js';
import { CASES, survive } from './survive.js';

const READERS = [...SEQUENCES, ...ROWS];
const hashOf = (file: string): string => Buffer.from(file).toString('hex').padEnd(64, '0');

const JASPAR = '>MA0001.1\tX\nA  [ 1 2 3 ]\nC  [ 4 0 1 ]\nG  [ 0 9 1 ]\nT  [ 5 1 1 ]\n';
const MEME =
  'MEME version 4\n\nALPHABET= ACGT\n\nMOTIF m1 one\nletter-probability matrix: alength= 4 w= 2 nsites= 20 E= 0\n 0.1 0.2 0.3 0.4\n 0.7 0.1 0.1 0.1\n';
const MOTIFS: readonly (readonly [string, () => Buffer])[] = [
  ['motifs of JASPAR', () => text(JASPAR)],
  ['motifs of JASPAR, gzipped', () => gzipSync(JASPAR)],
  ['motifs of MEME', () => text(MEME)],
  [
    'motifs of HOMER',
    () => text('>ACG\tone\t6.5\t-100\t0\n0.7\t0.1\t0.1\t0.1\n0.1\t0.7\t0.1\t0.1\n0.1\t0.1\t0.7\t0.1\n'),
  ],
  [
    'motifs of TF-MoDISco-lite',
    () =>
      hdf5(file => {
        file.create_group('pos_patterns');
        const pattern = (file.get('pos_patterns') as Group).create_group('pattern_0');
        pattern.create_dataset({ name: 'sequence', data: new Float64Array(12).fill(0.25), shape: [3, 4], dtype: '<d' });
        integers(pattern.create_group('seqlets'), 'n_seqlets', [7]);
      }),
  ],
];

describe(`damaged files (${CASES} of each)`, () => {
  beforeAll(() => h5wasm.ready);

  it.each(READERS.map(reader => [reader.name, reader] as const))('%s', async (name, { files, pack, call }) => {
    const asked = call(hashOf);
    const made = files();
    await survive({
      name,
      files: made,
      ...(pack && { pack }),
      read: folder => {
        const named = Object.keys(made).flatMap(file => [file, file.split('/')[0]!]);
        const paths = Object.fromEntries(named.map(file => [hashOf(file), join(folder, file)]));
        return [() => describeSource(asked, paths), () => readSource(asked, paths)];
      },
    });
  });

  it.each(MOTIFS)('%s', (name, motifs) =>
    survive({ name, files: { motifs: motifs() }, read: folder => [() => readMotifs(join(folder, 'motifs'))] }),
  );

  it.each([
    ['groups.tsv', '# pathways\nTP53\tp53\nMDM2\tp53\nACTB\tcytoskeleton\n'],
    ['sets.gmt', 'p53\thttps://example.org\tTP53\tMDM2\ncytoskeleton\t\tACTB\n'],
  ])('groups of features, %s', (file, lines) =>
    survive({
      name: `groups of features, ${file}`,
      files: { [file]: text(lines) },
      read: folder => {
        const genes = { length: 3, features: ['TP53', 'MDM2', 'ACTB'] };
        return [() => groupsOf({ groups: file, window: 2 }, genes, { [file]: join(folder, file) })];
      },
    }),
  );

  it.each([
    ['table', () => text('chr1\t248956422\nchr2\t242193529\n')],
    ['2bit', twoBit],
  ])('lengths of chromosomes, %s', (kind, bytes) =>
    survive({
      name: `lengths of chromosomes, ${kind}`,
      files: { sizes: bytes() },
      read: folder => [() => chromosomeSizes(join(folder, 'sizes'))],
    }),
  );
});

/** `source.parameter` for each file that a call names. */
function filesNamed({ category, call: name, parameters }: Call): string[] {
  const entry = findEntry(category, name)!;
  return Object.entries(parameters).flatMap(([parameter, value]) => {
    if (entry.parameters[parameter]?.type.is === 'path') return [`${name}.${parameter}`];
    return typeof value === 'object' && 'call' in value ? filesNamed(value as unknown as Call) : [];
  });
}

it('damages every file that a source or a genome names', () => {
  const reads = ({ category, name }: Entry): boolean =>
    (category === 'source' && !name.startsWith('simulate_')) || category === 'genome';
  const known = CATALOG.filter(reads).flatMap(({ name, parameters }) =>
    Object.entries(parameters).flatMap(([parameter, { type }]) => (type.is === 'path' ? [`${name}.${parameter}`] : [])),
  );
  const damaged = new Set(READERS.flatMap(reader => filesNamed(reader.call(hashOf))));
  expect(known.filter(file => !damaged.has(file))).toEqual([]);
});
