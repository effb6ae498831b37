/** Motifs as minimal MEME text. https://meme-suite.org/meme/doc/meme-format.html */
import { readFile } from 'node:fs/promises';
import type { meme as specification } from '../../catalog/exports.js';
import { parseMotifs } from '../data/motifs.js';
import { Failure } from '../failure.js';
import { metaOf } from '../steps/results.js';
import type { Export } from './export.js';
import { float32Text } from './number-text.js';
import { requireSame } from './read-back.js';
import { once } from './tree.js';

const HEADER = `MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25
`;

export const meme: Export<typeof specification> = async ({ of }, { store, path, create }) => {
  const { map, title, arrays } = await metaOf(store, of);
  const { axes = [], unit } = arrays.find(({ name }) => name === 'array') ?? {};
  if (map !== 'pattern' || axes.length !== 3 || axes[2]!.name !== 'base' || unit !== 'probability')
    throw new Failure('export/no-motifs', 'the result holds no motifs of probabilities', {
      place: title,
      remedy: 'Name an attribution that yields motifs, such as filters_to_pwms.',
    });
  const has = (array: string): boolean => arrays.some(({ name }) => name === array);
  const spans = has('span') ? await (await store.array(of, 'span')).read() : undefined;
  const { rows, columns } = await store.rows(of);
  const values = await store.array(of);
  const sites = has('sites') ? await (await store.array(of, 'sites')).read() : undefined;
  const file = await create(path);
  await file.write(HEADER);
  let left = 0;
  const kept: number[] = [];
  for (const [row, cells] of rows.entries()) {
    if (sites?.[row] === 0) {
      left++;
      continue;
    }
    const matrix = await values.read(row, row + 1);
    const [from, to] = spans ? [spans[2 * row]!, spans[2 * row + 1]!] : [0, axes[1]!.size];
    const count = sites ? ` nsites= ${Math.round(sites[row]!)}` : '';
    const names = [cells[0], cells[columns.indexOf('called')]].filter(Boolean).map(text => text!.replace(/\s+/g, '_'));
    await file.write(`\nMOTIF ${names.join(' ')}\nletter-probability matrix: alength= 4 w= ${to - from}${count}\n`);
    kept.push(...matrix.subarray(4 * from, 4 * to));
    for (let column = from; column < to; column++)
      await file.write(`${Array.from(matrix.subarray(4 * column, 4 * column + 4), float32Text).join(' ')}\n`);
  }
  // A file without motifs is none to the reader.
  if (kept.length > 0)
    file.readBack(async written => {
      const found = parseMotifs(await readFile(written, 'utf8'), path).flatMap(({ matrix }) => [...matrix]);
      await requireSame(once(Float32Array.from(found)), once(Float32Array.from(kept)), at => `number ${at + 1}`);
    });
  if (left === 0) return [];
  const message = `${left} of ${rows.length} motifs have no site and were left out.`;
  return [{ level: 'information', code: 'export/no-sites', message }];
};
