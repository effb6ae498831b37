/** Lengths of chromosomes: of a 2bit genome, or the first two columns of a table (UCSC `chrom.sizes`, samtools `.fai`). */
import { Failure } from '../failure.js';
import { bytesOf } from './bytes.js';
import { firstBytes } from './source.js';
import { TwoBit } from './twobit.js';

/** Characters of a table; assemblies with a million scaffolds stay below. */
const LARGEST = 2 ** 27;

/** @throws Failure */
export async function chromosomeSizes(path: string): Promise<ReadonlyMap<string, number>> {
  return (await isTwoBit(path)) ? ofGenome(path) : ofTable(path);
}

async function isTwoBit(path: string): Promise<boolean> {
  return [0x1a412743, 0x4327411a].includes((await firstBytes(path)).readUInt32LE());
}

async function ofGenome(path: string): Promise<ReadonlyMap<string, number>> {
  const genome = await TwoBit.open(path);
  try {
    const sizes = new Map<string, number>();
    for (const name of genome.chromosomes) sizes.set(name, (await genome.size(name))!);
    return sizes;
  } finally {
    await genome.close();
  }
}

async function ofTable(path: string): Promise<ReadonlyMap<string, number>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytesOf(path)) {
    length += chunk.length;
    if (length > LARGEST)
      throw new Failure('data/too-large', 'the table of chromosome lengths has more than 128 MiB', {
        place: path,
        remedy: 'Give a table with one line per chromosome.',
      });
    chunks.push(chunk);
  }
  const sizes = new Map<string, number>();
  for (const [index, line] of Buffer.concat(chunks).toString('utf8').split(/\r?\n/).entries()) {
    if (line === '') continue;
    const [name = '', size = ''] = line.split('\t');
    if (name === '' || !/^[1-9]\d{0,9}$/.test(size) || sizes.has(name))
      throw new Failure('data/chromosome-size', 'expected the name of a chromosome, once, a tab and its length', {
        place: `${path}, line ${index + 1}`,
        remedy: "Give a table as UCSC's `chrom.sizes` or the `.fai` index of samtools.",
      });
    sizes.set(name, Number(size));
  }
  return sizes;
}
