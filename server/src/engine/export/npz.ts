/**
 * A map and its sequences as TF-MoDISco reads them: one array `arr_0` [example, base, position] each, and the examples that
 * were kept as BED. Layout: tfmodisco-lite, https://github.com/jmschrei/tfmodisco-lite; BED: UCSC Genome Browser.
 */
import type { npz as specification } from '../../catalog/exports.js';
import { encodeHeader } from '../../store/npy.js';
import { StoredExamples } from '../data/stored-examples.js';
import { Failure } from '../failure.js';
import { dataOf, metaOf } from '../steps/results.js';
import type { Export } from './export.js';
import { regionOf } from '../data/region.js';
import { ZipWriter } from './zip.js';

const ROWS_AT_ONCE = 256;

export const npz: Export<typeof specification> = async ({ of }, { store, path, create, checkpoint }) => {
  const { map, title, arrays } = await metaOf(store, of);
  const axes = arrays.find(({ name }) => name === 'array')?.axes ?? [];
  if ((map !== 'hypothetical' && map !== 'gradient') || axes[2]?.name !== 'base')
    throw new Failure(
      'export/not-hypothetical',
      `${map === undefined ? 'the result' : `a ${map} result`} has no value for bases that are not there`,
      {
        place: title,
        remedy: 'Write a hypothetical map: `attribution h = ig | hypothetical`.',
      },
    );
  const examples = await StoredExamples.open(store, await dataOf(store, of));
  const { length, count, names } = examples;
  const kept: number[] = [];
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    await checkpoint();
    const letters = await examples.letters(from, Math.min(from + ROWS_AT_ONCE, count));
    for (let row = 0; row * length < letters.length; row++)
      if (letters.subarray(row * length, (row + 1) * length).every(code => code < 4)) kept.push(from + row);
  }
  if (kept.length === 0)
    throw new Failure('export/empty', 'every sequence has ambiguity codes, so no row is left', { place: title });

  const base = path.replace(/\.npz$/i, '');
  const shape = [kept.length, 4, length];
  const values = await store.array(of);
  const write = async (to: string, read: (from: number, to: number) => Promise<ArrayLike<number>>): Promise<void> => {
    const zip = new ZipWriter(await create(to));
    await zip.add('arr_0.npy', transposed(shape, kept, read, checkpoint));
    await zip.finish();
  };
  await write(path, (from, to) => values.read(from, to));
  await write(`${base}.sequences.npz`, (from, to) => examples.inputs(from, to));

  const bed = await create(`${base}.bed`);
  let placed = 0;
  for (const row of kept) {
    const name = names[row]!;
    const region = regionOf(name, length);
    if (region) placed++;
    // A record without a place in a genome is a sequence of its own.
    const { chromosome, start, end, strand } = region ?? { chromosome: name, start: 0, end: length, strand: '.' };
    await bed.write(`${word(chromosome)}\t${start}\t${end}\t${word(name)}\t0\t${strand}\n`);
  }
  const left = count - kept.length;
  return [
    ...(left > 0
      ? [
          {
            level: 'warning' as const,
            code: 'export/ambiguous',
            message: `${left} of ${count} sequences have ambiguity codes and were left out.`,
          },
        ]
      : []),
    ...(placed < kept.length
      ? [
          {
            level: 'information' as const,
            code: 'export/no-place',
            message: `${kept.length - placed} sequences do not say where in the genome they lie; in the BED file each stands for itself.`,
          },
        ]
      : []),
    ...(map === 'gradient'
      ? [
          {
            level: 'information' as const,
            code: 'export/gradient',
            message:
              'The map is a gradient, which TF-MoDISco takes for hypothetical contributions from a reference of zeros.',
          },
        ]
      : []),
  ];
};

/** The bytes of a `.npy` file: rows [position, base] as [base, position]. */
async function* transposed(
  shape: readonly number[],
  rows: readonly number[],
  read: (from: number, to: number) => Promise<ArrayLike<number>>,
  checkpoint: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  yield encodeHeader('float32', shape);
  const length = shape[2]!;
  for (const row of rows) {
    await checkpoint();
    const values = await read(row, row + 1);
    const turned = Float32Array.from(
      { length: 4 * length },
      (_, at) => values[4 * (at % length) + Math.floor(at / length)]!,
    );
    yield new Uint8Array(turned.buffer);
  }
}

/** Blanks end a field of BED for many tools. */
const word = (text: string): string => text.replace(/\s+/g, '_');
